//! The identity provider as we know it: metadata and keys, fetched when first needed and renewed now and then.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, ProviderMetadata, RedirectUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
        CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::refused;
use crate::{api_error::ApiError, app::BuildError, config::LoginConfig};

/// Age after which metadata and keys are fetched anew.
const RENEW_AFTER: Duration = Duration::from_mins(10);
/// Age up to which they serve when fetching them anew fails.
const SERVE_AT_MOST: Duration = Duration::from_hours(24);
/// How long the provider is left alone after a failure, in which logins are refused at once.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// Largest answer read from the provider, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Metadata that the library does not know.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    /// RFC 9126.
    pushed_authorization_request_endpoint: Option<Url>,
    /// OpenID Connect RP-Initiated Logout.
    end_session_endpoint: Option<Url>,
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider.
pub(super) struct Provider {
    issuer: IssuerUrl,
    client_id: String,
    client_secret: String,
    http: reqwest::Client,
    state: Mutex<State>,
    /// Held by whoever fetches the metadata.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<(Arc<Known>, Instant)>,
    /// When fetching last failed, if it has not succeeded since.
    failed: Option<Instant>,
}

impl State {
    /// Whether the provider is left alone for a while after a failure.
    fn is_resting(&self) -> bool {
        self.failed.is_some_and(|failed| failed.elapsed() < REST_AFTER_FAILURE)
    }
}

/// What the provider published, at one time.
pub(super) struct Known {
    metadata: Metadata,
    client_id: ClientId,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "the one client towards the identity provider")]
    pub(super) fn new(config: &LoginConfig) -> Result<Self, BuildError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT)
            .build()?;
        Ok(Self {
            issuer: IssuerUrl::new(config.issuer.clone())?,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.as_ref().map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
            http,
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// What the provider published. Fetched anew when it is old, by one request at a time; meanwhile, and if fetching
    /// fails, the old serves for up to a day.
    pub(super) async fn known(&self) -> Result<Arc<Known>, ApiError> {
        let usable = |state: &State| match &state.held {
            Some((known, since)) if since.elapsed() < RENEW_AFTER => Some(Ok(Arc::clone(known))),
            Some((known, since)) if since.elapsed() < SERVE_AT_MOST && state.is_resting() => {
                Some(Ok(Arc::clone(known)))
            }
            _ if state.is_resting() => Some(Err(ApiError::ProviderAway)),
            _ => None,
        };
        if let Some(answer) = usable(&self.lock()) {
            return answer;
        }
        let old = self.held();
        let _fetching = match (self.fetching.try_lock(), old) {
            (Ok(fetching), _) => fetching,
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.fetching.lock().await,
        };
        // Somebody else may have fetched it while we waited.
        if let Some(answer) = usable(&self.lock()) {
            return answer;
        }
        let fetched = Metadata::discover_async(self.issuer.clone(), &self.http()).await;
        let mut state = self.lock();
        match fetched {
            Ok(metadata) => {
                let known = Arc::new(Known { metadata, client_id: ClientId::new(self.client_id.clone()) });
                *state = State { held: Some((Arc::clone(&known), Instant::now())), failed: None };
                Ok(known)
            }
            Err(_) => {
                tracing::warn!("the identity provider's metadata cannot be fetched");
                state.failed = Some(Instant::now());
                usable(&state).unwrap_or(Err(ApiError::ProviderAway))
            }
        }
    }

    /// What the provider published when it was last asked.
    pub(super) fn held(&self) -> Option<Arc<Known>> {
        self.lock().held.as_ref().map(|(known, _)| Arc::clone(known))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only whole values are put in; a panic elsewhere cannot leave one half-made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn http(&self) -> ProviderHttp {
        ProviderHttp(self.http.clone())
    }

    /// Pushes an authorisation request's parameters (RFC 9126) and returns the short address that stands for them; the
    /// address itself where the provider offers no pushing.
    pub(super) async fn push(&self, known: &Known, authorise: Url) -> Result<Url, ApiError> {
        let Some(endpoint) = &known.metadata.additional_metadata().pushed_authorization_request_endpoint else {
            return Ok(authorise);
        };
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self
            .http
            .post(endpoint.clone())
            // RFC 6749 section 2.3.1: both are form-encoded before they become Basic credentials.
            .basic_auth(encoded(&self.client_id), Some(encoded(&self.client_secret)))
            .form(&authorise.query_pairs().collect::<Vec<_>>());
        let response = request.send().await.map_err(|_| ApiError::ProviderAway)?;
        if response.status() != http::StatusCode::CREATED {
            return Err(refused("the provider refused the pushed authorisation request"));
        }
        let body = read_capped(response).await.map_err(|_| ApiError::ProviderAway)?;
        let pushed: Pushed = serde_json::from_slice(&body)
            .map_err(|_| refused("the provider's answer to the pushed request is malformed"))?;
        let mut short = known.metadata.authorization_endpoint().url().clone();
        short
            .query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(short)
    }
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl Known {
    pub(super) fn client(&self, config: &LoginConfig, callback: RedirectUrl) -> Client {
        let secret = config.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        CoreClient::from_provider_metadata(self.metadata.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(callback)
    }

    pub(super) fn client_id(&self) -> ClientId {
        self.client_id.clone()
    }

    pub(super) fn issuer(&self) -> IssuerUrl {
        self.metadata.issuer().clone()
    }

    pub(super) fn keys(&self) -> CoreJsonWebKeySet {
        self.metadata.jwks().clone()
    }

    pub(super) fn names_issuer_in_responses(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    pub(super) fn end_session_endpoint(&self) -> Option<Url> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }
}

/// The provider's HTTP client in the form that the library asks for.
pub(super) struct ProviderHttp(reqwest::Client);

/// Why the provider gave no answer. Holds no address and no content.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum ProviderCallError {
    #[error("the identity provider cannot be reached")]
    Unreachable,
    #[error("the identity provider's answer is too large")]
    TooLarge,
    #[error("the request to the identity provider cannot be made")]
    Request,
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = ProviderCallError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(|_| ProviderCallError::Request)?;
            let response = self.0.execute(request).await.map_err(|_| ProviderCallError::Unreachable)?;
            let mut answer = http::Response::builder().status(response.status());
            for (name, value) in response.headers() {
                answer = answer.header(name, value);
            }
            let body = read_capped(response).await?;
            answer.body(body).map_err(|_| ProviderCallError::Request)
        })
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
