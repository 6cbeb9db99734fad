//! The identity provider as we know it: metadata and keys, fetched when first needed and renewed now and then.

use std::{sync::Arc, time::Duration};

use openidconnect::{HttpRequest, HttpResponse, core::CoreJsonWebKey};
use serde::Deserialize;
use url::Url;

use super::{keys::Keys, metadata::Known, refused, renewed::Renewed, token::TokenHeader};
use crate::{
    api_error::ApiError,
    app::BuildError,
    config::{Config, LoginConfig},
};

const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// Largest answer read from the provider, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// The provider.
pub(super) struct Provider {
    config: LoginConfig,
    loopback_http: bool,
    discovery: Url,
    http: reqwest::Client,
    known: Renewed<Known>,
    keys: Keys,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "the one client towards the identity provider")]
    pub(super) fn new(config: &Config) -> Result<Self, BuildError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT)
            .build()?;
        // OpenID Connect Discovery 1.0 section 4.1: a slash at the issuer's end is taken off first.
        let issuer = config.login.issuer.strip_suffix('/').unwrap_or(&config.login.issuer);
        Ok(Self {
            discovery: Url::parse(&format!("{issuer}/.well-known/openid-configuration"))?,
            loopback_http: config.development.loopback_http,
            config: config.login.clone(),
            http,
            known: Renewed::new("metadata"),
            keys: Keys::new(),
        })
    }

    /// What the provider published about itself.
    pub(super) async fn known(&self) -> Result<Arc<Known>, ApiError> {
        let read = || async { Known::read(&self.fetch(&self.discovery).await?, &self.config, self.loopback_http) };
        self.known.get(read).await
    }

    /// What the provider published when it was last asked.
    pub(super) fn held(&self) -> Option<Arc<Known>> {
        self.known.held()
    }

    /// The provider's key that a token's header points to.
    pub(super) async fn key_for(&self, header: &TokenHeader) -> Result<CoreJsonWebKey, ApiError> {
        let known = self.known().await?;
        self.keys.key_for(header, || self.fetch(known.key_set_url())).await
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, ProviderCallError> {
        let request = self.http.get(url.clone()).header(http::header::ACCEPT, "application/json");
        let response = request.send().await.map_err(|_| ProviderCallError::Unreachable)?;
        if response.status() != http::StatusCode::OK {
            return Err(ProviderCallError::Status);
        }
        read_capped(response).await
    }

    pub(super) fn http(&self) -> ProviderHttp {
        ProviderHttp(self.http.clone())
    }

    /// Pushes an authorisation request's parameters (RFC 9126) and returns the short address that stands for them; the
    /// address itself where the provider offers no pushing.
    pub(super) async fn push(&self, known: &Known, authorise: Url) -> Result<Url, ApiError> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let Some(endpoint) = known.pushed_request_endpoint() else { return Ok(authorise) };
        let secret = self.config.client_secret.as_ref().map(|secret| encoded(secret.reveal()));
        let request = self
            .http
            .post(endpoint)
            // RFC 6749 section 2.3.1: both are form-encoded before they become Basic credentials.
            .basic_auth(encoded(&self.config.client_id), secret)
            .form(&authorise.query_pairs().collect::<Vec<_>>());
        let response = request.send().await.map_err(|_| ApiError::ProviderAway)?;
        if response.status() != http::StatusCode::CREATED {
            return Err(refused("the provider refused the pushed authorisation request"));
        }
        let body = read_capped(response).await.map_err(|_| ApiError::ProviderAway)?;
        let pushed: Pushed = serde_json::from_slice(&body)
            .map_err(|_| refused("the provider's answer to the pushed request is malformed"))?;
        let mut short = known.authorization_endpoint();
        short
            .query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(short)
    }
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// The provider's HTTP client in the library's terms.
pub(super) struct ProviderHttp(reqwest::Client);

/// Why the provider gave no answer. Holds no address and no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProviderCallError {
    #[error("the identity provider cannot be reached")]
    Unreachable,
    #[error("the identity provider's answer is too large")]
    TooLarge,
    #[error("the request to the identity provider cannot be made")]
    Request,
    #[error("the identity provider's answer has another status than 200")]
    Status,
    #[error("the identity provider's answer is malformed")]
    Malformed,
    #[error("the identity provider's metadata speaks for another issuer than the one configured")]
    ForeignIssuer,
    #[error("the identity provider's metadata names an endpoint that is not https or on a host that was not named")]
    ForeignEndpoint,
}

impl ProviderHttp {
    /// Sends a request that the library made.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ProviderCallError> {
        let request = reqwest::Request::try_from(request).map_err(|_| ProviderCallError::Request)?;
        let response = self.0.execute(request).await.map_err(|_| ProviderCallError::Unreachable)?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let body = read_capped(response).await?;
        answer.body(body).map_err(|_| ProviderCallError::Request)
    }
}

async fn read_capped(mut response: reqwest::Response) -> Result<Vec<u8>, ProviderCallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ProviderCallError::Unreachable)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(ProviderCallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
