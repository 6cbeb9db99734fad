//! Login: this gateway as an OpenID Connect relying party.
//!
//! Authorisation code flow with PKCE, `state` and `nonce`; parameters pushed beforehand (PAR) where the provider offers
//! it, so that nothing about the citizen stands in a browser's address. Many logins may be under way in one browser.

mod claims;
mod exchange;
mod keys;
mod metadata;
mod provider;
mod renewed;
mod return_to;
mod token;
mod verification_key;

use openidconnect::{
    AuthenticationContextClass, AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse as _,
    core::{CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreResponseType},
};
use overblik_widgets::AssuranceLevel;
use url::Url;

use crate::{
    api_error::ApiError,
    app::BuildError,
    clock::Clock,
    config::{Config, IdTokenAlgorithm, LoginConfig},
};
use claims::Expected;
pub use claims::VerifiedLogin;
use exchange::{Exchange, ExchangeError};
use provider::Provider;
pub(crate) use return_to::return_to;

/// The relying party.
pub struct Login {
    provider: Provider,
    config: LoginConfig,
    /// Seconds that a session can last: no ID token is older.
    session_s: i64,
    callback: RedirectUrl,
    logged_out: Url,
    clock: Clock,
}

/// A login that was begun: where to send the browser, and what must be remembered.
pub struct Begun {
    /// The provider's authorisation endpoint with what it needs.
    pub redirect: Url,
    /// The attempt's `state`.
    pub state: String,
    /// The attempt's `nonce`.
    pub nonce: String,
    /// The attempt's PKCE verifier.
    pub verifier: String,
}

impl Login {
    /// The relying party for a provider. Asks nothing yet.
    ///
    /// # Errors
    /// When an address is no URL or the HTTP client cannot be made.
    pub fn new(config: &Config, clock: Clock) -> Result<Self, BuildError> {
        let public_url = &config.server.public_url;
        Ok(Self {
            provider: Provider::new(config)?,
            callback: RedirectUrl::from_url(public_url.join("/auth/callback")?),
            logged_out: public_url.join("/auth/logged-out")?,
            config: config.login.clone(),
            session_s: i64::try_from(config.session.absolute_s).unwrap_or(i64::MAX),
            clock,
        })
    }

    /// The provider's issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Least level that opens a session.
    #[must_use]
    pub fn minimum_level(&self) -> AssuranceLevel {
        self.config.minimum_level
    }

    /// Begins a login at a level.
    ///
    /// # Errors
    /// [`ApiError::ProviderAway`] when the provider does not answer.
    pub async fn begin(&self, level: AssuranceLevel) -> Result<Begun, ApiError> {
        let known = self.provider.known().await?;
        let client = known.client(&self.config, self.callback.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                // 256 random bits each.
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .set_pkce_challenge(challenge)
            .add_auth_context_value(AuthenticationContextClass::new(self.config.levels.name(level).to_owned()));
        for scope in self.config.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (authorise, state, nonce) = request.url();
        let redirect = self.provider.push(&known, authorise).await?;
        Ok(Begun {
            redirect,
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    /// Checks the `iss` parameter of an authorisation response (RFC 9207, requirement R4).
    ///
    /// # Errors
    /// [`ApiError::LoginRefused`] when it is missing though announced, or another's.
    pub async fn check_issuer(&self, issuer: Option<&str>) -> Result<(), ApiError> {
        let announced = self.provider.known().await?.names_issuer_in_responses();
        match issuer {
            Some(issuer) if issuer == self.config.issuer => Ok(()),
            None if !announced => Ok(()),
            _ => Err(refused("the authorisation response names another issuer")),
        }
    }

    /// Redeems a code and verifies the ID token that comes for it.
    ///
    /// # Errors
    /// [`ApiError::ProviderAway`], [`ApiError::LoginRefused`] when anything about the answer is not right,
    /// [`ApiError::LoginWithoutCpr`].
    pub async fn finish(&self, code: String, nonce: String, verifier: String) -> Result<VerifiedLogin, ApiError> {
        let known = self.provider.known().await?;
        let client = known.client(&self.config, self.callback.clone());
        let exchange = Exchange::new(self.provider.http(), &self.config.algorithms);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| refused("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&exchange)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(ExchangeError::Call(_)) => ApiError::ProviderAway,
                RequestTokenError::Request(ExchangeError::Token(reason)) => refused(reason),
                // The provider's own words stay out of our log: they may hold what it was sent.
                RequestTokenError::ServerResponse(_) => refused("the provider refused the code"),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => refused("the token answer is malformed"),
            })?;
        let id_token = answer.id_token().ok_or_else(|| refused("the token answer holds no ID token"))?;
        let header = exchange.into_header().ok_or_else(|| refused("the token answer holds no single ID token"))?;
        let key = self.provider.key_for(&header).await?;
        let now = self.clock.now();
        let latest_expired = now.as_second().saturating_sub(claims::CLOCK_SKEW_S);
        let time = chrono::DateTime::from_timestamp(latest_expired, 0).unwrap_or_default();
        // `new_public_client`: signatures by key pair only, never with our shared secret (requirement R9).
        let key_set = CoreJsonWebKeySet::new(vec![key]);
        let token_verifier = CoreIdTokenVerifier::new_public_client(known.client_id(), known.issuer(), key_set)
            .set_allowed_algs(self.config.algorithms.iter().map(|algorithm| core_algorithm(*algorithm)))
            .set_other_audience_verifier_fn(|_| false)
            .set_time_fn(move || time);
        let claims = id_token
            .claims(&token_verifier, &Nonce::new(nonce))
            .map_err(|_| refused("the ID token does not verify"))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|_| refused("the ID token names no algorithm"))?;
            let key = id_token.signing_key(&token_verifier).map_err(|_| refused("the ID token names no key"))?;
            let actual = openidconnect::AccessTokenHash::from_token(answer.access_token(), algorithm, key)
                .map_err(|_| refused("the access token's hash cannot be made"))?;
            if actual != *expected {
                return Err(refused("the access token is not the ID token's"));
            }
        }
        let expected = Expected { config: &self.config, oldest_s: self.session_s, now };
        claims::read(&id_token.to_string(), &expected)
    }

    /// Where to send a browser so that the provider ends its session too; our own page if it offers nothing.
    /// Asks nobody: whoever is logged in logged in with metadata that is still held.
    #[must_use]
    pub fn end_session_url(&self) -> Url {
        let Some(known) = self.provider.held() else { return self.logged_out.clone() };
        let Some(mut url) = known.end_session_endpoint() else { return self.logged_out.clone() };
        // No `id_token_hint`: it would carry the CPR claim into an address (requirement R27).
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", self.logged_out.as_str());
        url
    }
}

/// Logs why a login is refused. The reasons are ours; the citizen is told only that it was.
fn refused(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "login refused");
    ApiError::LoginRefused
}

fn core_algorithm(algorithm: IdTokenAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        IdTokenAlgorithm::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        IdTokenAlgorithm::ES384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        IdTokenAlgorithm::PS256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        IdTokenAlgorithm::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    }
}
