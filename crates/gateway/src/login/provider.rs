//! The identity provider as we know it: metadata and keys, fetched when first needed and renewed now and then.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use super::{
    client_authentication::{ClientAuthentication, Proof},
    clocks::Clocks,
    keys::{self, Bringer, Keys},
    metadata::Known,
    refused,
    renewed::Renewed,
    verification_key::VerificationKey,
};
use crate::{
    api_error::ApiError,
    build_error::BuildError,
    clock::Clock,
    config::LoginConfig,
    telemetry::{Fetch, PartOf, Post, ProviderMetrics, ProviderTraces, Traces},
    tokens::{TokenError, TokenHeader},
};

const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// How long a refresh may take: its token may be used up, so that giving up early helps nobody.
const REFRESH_LIMIT: Duration = Duration::from_secs(10);
/// Largest answer read from the provider, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// How often what the provider published is looked at, whether or not anybody logs in.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// For our log, where a login is refused for it.
pub(super) const DISBELIEVED: &str = "the provider does not believe that it is us: it may not know our key or secret";

/// The provider.
pub(super) struct Provider {
    reader: Reader,
    known: Renewed<Known>,
    keys: Keys,
    client: Arc<ClientAuthentication>,
    metrics: ProviderMetrics,
    traces: ProviderTraces,
}

/// Reads what the provider publishes.
#[derive(Clone)]
struct Reader {
    http: reqwest::Client,
    config: Arc<LoginConfig>,
    loopback_http: bool,
    discovery: Url,
    clocks: Clocks,
}

impl Reader {
    async fn metadata(self) -> Result<Known, ProviderCallError> {
        let document = self.fetch(&self.discovery).await?;
        Known::read(&document, &self.config, self.loopback_http)
    }

    async fn key_set(self, url: Url) -> Result<Vec<VerificationKey>, ProviderCallError> {
        keys::read(&self.fetch(&url).await?)
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, ProviderCallError> {
        let request = self.http.get(url.clone()).header(http::header::ACCEPT, "application/json");
        let asked = self.clocks.now();
        let response = request.send().await.map_err(|_| ProviderCallError::Unreachable)?;
        self.clocks.compare(asked, response.headers());
        if response.status() != http::StatusCode::OK {
            return Err(ProviderCallError::Status);
        }
        read_capped(response).await
    }
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "the one client towards the identity provider")]
    pub(super) fn new(
        login: &LoginConfig,
        loopback_http: bool,
        clock: Clock,
        metrics: ProviderMetrics,
    ) -> Result<Self, BuildError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // No connection is used twice: a late answer to one citizen's call must not meet the next one's (R52).
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT)
            .build()?;
        // OpenID Connect Discovery 1.0 section 4.1: a slash at the issuer's end is taken off first.
        let issuer = login.issuer.strip_suffix('/').unwrap_or(&login.issuer);
        let discovery = Url::parse(&format!("{issuer}/.well-known/openid-configuration"))?;
        let clocks = Clocks::new(clock.clone(), metrics.clone());
        Ok(Self {
            reader: Reader { http, config: Arc::new(login.clone()), loopback_http, discovery, clocks },
            known: Renewed::new("metadata", metrics.metadata()),
            keys: Keys::new(metrics.keys()),
            client: Arc::new(ClientAuthentication::new(login, clock)?),
            metrics,
            traces: ProviderTraces::none(),
        })
    }

    /// From now on whatever is asked of the provider is told there.
    pub(super) fn keep_traces(&mut self, traces: Traces, clock: Clock) {
        self.traces = ProviderTraces::new(traces, self.metrics.whose(), clock);
    }

    /// What the provider published about itself.
    pub(super) async fn known(&self, part_of: PartOf) -> Result<Arc<Known>, ApiError> {
        self.known.get(|| self.told("metadata", part_of, self.reader.clone().metadata())).await
    }

    /// The provider's keys, fetched.
    fn key_set(
        &self,
        known: &Known,
        part_of: PartOf,
    ) -> impl Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + use<> {
        self.told("keys", part_of, self.reader.clone().key_set(known.key_set_url().clone()))
    }

    /// A fetch that tells what it came to.
    fn told<T, F>(
        &self,
        what: &'static str,
        part_of: PartOf,
        fetch: F,
    ) -> impl Future<Output = Result<T, ProviderCallError>> + Send + use<T, F>
    where
        F: Future<Output = Result<T, ProviderCallError>> + Send,
        T: Send,
    {
        let recorded = self.traces.asked(what, part_of);
        async move {
            let fetched = fetch.await;
            if let Some(span) = recorded {
                span.came_to(Fetch::name(fetched.is_ok()), fetched.is_ok());
            }
            fetched
        }
    }

    /// What the provider published when it was last asked.
    pub(super) fn held(&self) -> Option<Arc<Known>> {
        self.known.held()
    }

    /// Fetches metadata and keys anew when they grow old, so that nobody who logs in after a quiet time waits for them.
    /// Never ends.
    pub(super) async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.held().is_some()
                && let Ok(known) = self.known(PartOf::NOTHING).await
            {
                self.keys.keep_fresh(|| self.key_set(&known, PartOf::NOTHING)).await;
            }
        }
    }

    /// How we prove who we are.
    pub(super) fn client_authentication(&self) -> &Arc<ClientAuthentication> {
        &self.client
    }

    /// Brings a code to the provider and returns its answer.
    pub(super) async fn redeem(
        &self,
        known: &Known,
        code: &str,
        verifier: &str,
        callback: &str,
        part_of: PartOf,
    ) -> Result<Zeroizing<Vec<u8>>, PostFailure> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", callback),
        ];
        let endpoint = known.token_endpoint().ok_or(PostFailure::Refused)?;
        self.post(("token", part_of), (known, endpoint), &form, http::StatusCode::OK, CALL_LIMIT).await
    }

    /// Brings a refresh token to the provider and returns its answer.
    pub(super) async fn refresh(&self, known: &Known, refresh_token: &str) -> Result<Zeroizing<Vec<u8>>, PostFailure> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let endpoint = known.token_endpoint().ok_or(PostFailure::NotSent)?;
        self.post(("refresh", PartOf::NOTHING), (known, endpoint), &form, http::StatusCode::OK, REFRESH_LIMIT).await
    }

    /// Tells the provider that a refresh token is used no more, where it wants to know.
    pub(super) async fn revoke(&self, known: &Known, refresh_token: &str) -> Result<(), PostFailure> {
        let Some(endpoint) = known.revocation_endpoint() else { return Ok(()) };
        let form = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        self.post(("revocation", PartOf::NOTHING), (known, endpoint), &form, http::StatusCode::OK, CALL_LIMIT)
            .await
            .map(drop)
    }

    /// Pushes an authorisation request's parameters (RFC 9126) and returns the short address that stands for them; the
    /// address itself where the provider offers no pushing.
    pub(super) async fn push(&self, known: &Known, authorise: Url, part_of: PartOf) -> Result<Url, ApiError> {
        let Some(endpoint) = known.pushed_request_endpoint() else { return Ok(authorise) };
        let pairs: Vec<_> = authorise.query_pairs().collect();
        let form: Vec<_> = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        let pushed =
            self.post(("pushed", part_of), (known, endpoint), &form, http::StatusCode::CREATED, CALL_LIMIT).await;
        let body = pushed.map_err(|failure| match failure {
            PostFailure::Refused => refused("the provider refused the pushed authorisation request"),
            PostFailure::Disbelieved => refused(DISBELIEVED),
            PostFailure::NotSent | PostFailure::Unavailable | PostFailure::Uncertain => ApiError::ProviderAway,
        })?;
        let pushed: Pushed = serde_json::from_slice(&body)
            .map_err(|_| refused("the provider's answer to the pushed request is malformed"))?;
        let mut short = known.authorization_endpoint();
        short
            .query_pairs_mut()
            .append_pair("client_id", &self.reader.config.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(short)
    }

    /// Posts a form as the client that we are, and returns the body of an answer with the status that means success.
    async fn post(
        &self,
        (what, part_of): (&'static str, PartOf),
        (known, endpoint): (&Known, &Url),
        form: &[(&str, &str)],
        success: http::StatusCode,
        limit: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, PostFailure> {
        let (asked, recorded) = (Instant::now(), self.traces.asked(what, part_of));
        let answer = self.post_uncounted(known, endpoint, form, success, limit).await;
        let came_to = answer.as_ref().map_or_else(|failure| failure.counted_as(), |_| Post::Answered);
        self.metrics.posted(came_to, asked.elapsed());
        if let Some(span) = recorded {
            span.came_to(came_to.name(), came_to == Post::Answered);
        }
        answer
    }

    async fn post_uncounted(
        &self,
        known: &Known,
        endpoint: &Url,
        form: &[(&str, &str)],
        success: http::StatusCode,
        limit: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, PostFailure> {
        let request =
            self.reader.http.post(endpoint.clone()).timeout(limit).header(http::header::ACCEPT, "application/json");
        let request = match self.client.prove(known.takes_secret_in_form_only()).ok_or(PostFailure::NotSent)? {
            Proof::Basic { name, secret } => request.basic_auth(name, Some(secret.reveal())).form(form),
            Proof::Fields(fields) => {
                let more = fields.iter().map(|(name, value)| (*name, value.reveal()));
                // A pushed request names us already.
                let more = more.filter(|(name, _)| form.iter().all(|(own, _)| own != name));
                request.form(&form.iter().copied().chain(more).collect::<Vec<_>>())
            }
        };
        let asked = self.reader.clocks.now();
        let response = request.send().await.map_err(|error| {
            // Whoever could not connect has sent nothing. Any other failure came when something may have been sent.
            if error.is_connect() || error.is_builder() { PostFailure::NotSent } else { PostFailure::Uncertain }
        })?;
        self.reader.clocks.compare(asked, response.headers());
        let status = response.status();
        let body = Zeroizing::new(read_capped(response).await.map_err(|_| PostFailure::Uncertain)?);
        match status {
            status if status == success => Ok(body),
            http::StatusCode::TOO_MANY_REQUESTS => Err(PostFailure::Unavailable),
            // The word of a proxy in front of the provider, which does not know what became of the request behind it.
            http::StatusCode::BAD_GATEWAY | http::StatusCode::GATEWAY_TIMEOUT => Err(PostFailure::Uncertain),
            status if status.is_server_error() => Err(PostFailure::Unavailable),
            // The provider's own words stay out of our log: they may hold what it was sent.
            status if status.is_client_error() && doubts_us(status, &body) => Err(PostFailure::Disbelieved),
            status if status.is_client_error() => Err(PostFailure::Refused),
            _ => Err(PostFailure::Uncertain),
        }
    }
}

impl Provider {
    /// As [`crate::tokens::KeySource::key_for`], for tokens that somebody brings.
    pub(super) async fn key_for(
        &self,
        header: &TokenHeader,
        bringer: Bringer,
        part_of: PartOf,
    ) -> Result<VerificationKey, TokenError> {
        let known = self.known(part_of).await.map_err(|_| TokenError::KeysAway)?;
        let fetch = || self.key_set(&known, part_of);
        self.keys.key_for(header, bringer, fetch).await.map_err(|error| match error {
            ApiError::LoginRefused => TokenError::Refused("no key of the provider fits the token"),
            _ => TokenError::KeysAway,
        })
    }

    /// As [`crate::tokens::KeySource::newer_key_for`], for tokens that somebody brings.
    pub(super) async fn newer_key_for(
        &self,
        header: &TokenHeader,
        bringer: Bringer,
        part_of: PartOf,
    ) -> Option<VerificationKey> {
        let known = self.held()?;
        self.keys.newer_key_for(header, bringer, || self.key_set(&known, part_of)).await
    }
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// An answer that refuses (RFC 6749 section 5.2).
#[derive(Deserialize)]
struct Refusal<'r> {
    error: &'r str,
}

/// Whether a refusal is about who asks, and not about what was asked.
fn doubts_us(status: http::StatusCode, body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(Refusal { error }) => error == "invalid_client",
        Err(_) => status == http::StatusCode::UNAUTHORIZED,
    }
}

/// Why a form that was posted to the provider brought nothing: what is known of its effect there. Holds no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PostFailure {
    /// No connection came about.
    NotSent,
    /// A complete answer that refuses.
    Refused,
    /// A complete answer by which the provider does not believe that it is us who ask. It looked at nothing else.
    Disbelieved,
    /// A complete answer by which the provider is in trouble, or has too much to do.
    Unavailable,
    /// It was sent, or part of it, and no complete answer came.
    Uncertain,
}

impl PostFailure {
    fn counted_as(self) -> Post {
        match self {
            Self::NotSent => Post::NotSent,
            Self::Refused => Post::Refused,
            Self::Disbelieved => Post::Disbelieved,
            Self::Unavailable => Post::Unavailable,
            Self::Uncertain => Post::NoAnswer,
        }
    }
}

/// Why the provider gave no answer. Holds no address and no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProviderCallError {
    #[error("the identity provider cannot be reached")]
    Unreachable,
    #[error("the identity provider's answer is too large")]
    TooLarge,
    #[error("the identity provider's answer has another status than 200")]
    Status,
    #[error("the identity provider's answer is malformed")]
    Malformed,
    #[error("the identity provider's metadata speaks for another issuer than the one configured")]
    ForeignIssuer,
    #[error("the identity provider's metadata names an endpoint that is not https or on a host that was not named")]
    ForeignEndpoint,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r26_a_refusal_is_about_us_if_it_says_so_or_says_nothing_and_is_unauthorised() {
        for (status, body, about_us) in [
            (401, r#"{"error":"invalid_client"}"#, true),
            (400, r#"{"error":"invalid_client","error_description":"unknown key"}"#, true),
            (401, "{}", true),
            (401, "<html>", true),
            (400, r#"{"error":"invalid_grant"}"#, false),
            (401, r#"{"error":"invalid_grant"}"#, false),
            (400, "", false),
            (403, "{}", false),
        ] {
            let status = http::StatusCode::from_u16(status).expect("a status");
            assert_eq!(doubts_us(status, body.as_bytes()), about_us, "{status} {body}");
        }
    }
}
