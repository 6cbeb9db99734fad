//! Login: this gateway as an OpenID Connect relying party.
//!
//! Authorisation code flow with PKCE, `state` and `nonce`; parameters pushed beforehand (PAR) where the provider offers
//! it, so that nothing about the citizen stands in a browser's address. Many logins may be under way in one browser.

mod claims;
mod client_authentication;
pub(crate) mod client_keys;
mod clocks;
mod id_token;
mod keys;
mod metadata;
mod provider;
mod refresh;
mod renewed;
mod return_to;
mod signer;
mod token_answer;
mod verification_key;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use openidconnect::{
    AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl, Scope, core::CoreResponseType,
};
use overblik_widgets::AssuranceLevel;
use url::Url;

use crate::{
    api_error::ApiError,
    build_error::BuildError,
    clock::Clock,
    config::{Config, LoginConfig},
    followed_file::FileStanding,
    telemetry::{PartOf, ProviderMetrics, Traces},
    tokens::{self, KeySource, LogoutToken, TokenError, TokenHeader},
};
pub(crate) use claims::CitizenClaims;
use claims::{Claims, Expected};
use keys::Bringer;
use overblik_connectors::Signer;
use provider::{PostFailure, Provider};
pub use refresh::{KnownIdentity, RefreshFailure};
pub(crate) use return_to::{is_page, return_to};
use signer::OurSigner;
use token_answer::TokenAnswer;
pub use token_answer::Tokens;
pub(crate) use verification_key::{VerificationKey, thumbprint};

/// The relying party.
pub struct Login {
    provider: Provider,
    config: LoginConfig,
    /// Seconds that a session can last: no ID token is older.
    session_s: i64,
    callback: RedirectUrl,
    logged_out: Url,
    /// Signs for us, if we have keys. One and the same, by which it is known that nothing changed.
    signer: Option<Arc<dyn Signer>>,
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

/// What an app runs on, from which a citizen logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// An iPhone or iPad.
    Ios,
    /// An Android phone or tablet.
    Android,
}

/// What a verified login says. Not yet a person: the CPR number is still text.
pub struct VerifiedLogin {
    /// The provider's stable name for the citizen.
    pub subject: String,
    /// CPR number as the provider wrote it.
    pub cpr: String,
    /// The citizen's name.
    pub name: Option<String>,
    /// Municipality of residence as the provider wrote it.
    pub municipality: Option<String>,
    /// How surely the citizen was identified.
    pub level: AssuranceLevel,
    /// When the ID token was issued.
    pub issued: Timestamp,
    /// When the citizen was authenticated, if the provider says so.
    pub authenticated: Option<Timestamp>,
    /// The provider's name for its session, if it gives one.
    pub provider_session: Option<String>,
    /// The absolute end of the provider's session, if it names one.
    pub session_expiry: Option<Timestamp>,
    /// What came with the ID token.
    pub tokens: Tokens,
}

/// What a verified login at the console says.
pub(crate) struct VerifiedColleague {
    /// The provider's stable name for them.
    pub(crate) subject: String,
    /// What people know them by.
    pub(crate) name: Option<String>,
    /// What they may, as the provider writes it.
    pub(crate) roles: Vec<String>,
    /// When the ID token was issued.
    pub(crate) issued: Timestamp,
    /// The provider's name for its session, if it gives one.
    pub(crate) provider_session: Option<String>,
    /// The absolute end of the provider's session, if it names one.
    pub(crate) session_expiry: Option<Timestamp>,
}

fn signer(provider: &Provider, public_url: &Url) -> Option<Arc<dyn Signer>> {
    let (keys, origin) = (provider.client_authentication(), public_url.origin().ascii_serialization());
    keys.has_keys().then(|| Arc::new(OurSigner { keys: Arc::clone(keys), origin }) as Arc<dyn Signer>)
}

impl Login {
    /// The relying party for a provider. Asks nothing yet.
    ///
    /// # Errors
    /// When an address is no URL or the HTTP client cannot be made.
    pub fn new(config: &Config, clock: Clock, metrics: ProviderMetrics) -> Result<Self, BuildError> {
        let public_url = &config.server.public_url;
        let provider = Provider::new(&config.login, config.development.loopback_http, clock.clone(), metrics)?;
        Ok(Self {
            signer: signer(&provider, public_url),
            provider,
            callback: RedirectUrl::from_url(public_url.join("/auth/callback")?),
            logged_out: public_url.join("/auth/logged-out")?,
            config: config.login.clone(),
            session_s: i64::try_from(config.session.absolute_s).unwrap_or(i64::MAX),
            clock,
        })
    }

    /// The relying party for those who work at the console: of this provider, at that address, for sessions of so many
    /// seconds.
    ///
    /// # Errors
    /// As [`Login::new`].
    pub(crate) fn of_console(
        login: &LoginConfig,
        (public_url, loopback_http): (&Url, bool),
        session_s: i64,
        clock: Clock,
        metrics: ProviderMetrics,
    ) -> Result<Self, BuildError> {
        let provider = Provider::new(login, loopback_http, clock.clone(), metrics)?;
        Ok(Self {
            signer: signer(&provider, public_url),
            provider,
            callback: RedirectUrl::from_url(public_url.join("/console/callback")?),
            logged_out: public_url.join("/console/logged-out")?,
            config: login.clone(),
            session_s,
            clock,
        })
    }

    /// The same, which tells there what it asks of the provider.
    #[must_use]
    pub(crate) fn with_traces(mut self, traces: Traces) -> Self {
        self.provider.keep_traces(traces, self.clock.clone());
        self
    }

    /// How the file of our keys at the provider stands, if there is one.
    pub(crate) fn client_keys_file(&self) -> Option<Arc<FileStanding>> {
        self.provider.client_authentication().keys_file()
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

    /// Longest that a session can last, in seconds: no token that says who somebody is may be older.
    #[must_use]
    pub(crate) fn longest_session_s(&self) -> i64 {
        self.session_s
    }

    /// How the provider's claims are read.
    #[must_use]
    pub(crate) fn config(&self) -> &LoginConfig {
        &self.config
    }

    /// What the provider calls the levels that open a session, the least one first.
    #[must_use]
    pub(crate) fn sufficient_level_names(&self) -> Vec<&str> {
        let levels = [AssuranceLevel::Low, AssuranceLevel::Substantial, AssuranceLevel::High].into_iter();
        levels.filter(|level| *level >= self.minimum_level()).map(|level| self.config.levels.name(level)).collect()
    }

    /// Begins a login at a level, perhaps from an app on a platform, as a part of that step.
    ///
    /// # Errors
    /// [`ApiError::ProviderAway`] when the provider does not answer.
    pub async fn begin(
        &self,
        level: AssuranceLevel,
        platform: Option<Platform>,
        part_of: PartOf,
    ) -> Result<Begun, ApiError> {
        let known = self.provider.known(part_of).await?;
        let client = known.client(self.callback.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                // 256 random bits each.
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .set_pkce_challenge(challenge)
            .add_extra_param(self.config.level_request.parameter.clone(), self.config.level_request.value(level));
        if let Some(age) = self.config.max_age_s {
            request = request.set_max_age(Duration::from_secs(age));
        }
        for (name, value) in &self.config.parameters {
            request = request.add_extra_param(name.clone(), value.clone());
        }
        if let (Some(platform), Some(switch)) = (platform, &self.config.app_switch) {
            let value = match platform {
                Platform::Ios => &switch.ios,
                Platform::Android => &switch.android,
            };
            request = request.add_extra_param(switch.parameter.clone(), value.clone());
        }
        for scope in self.config.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (authorise, state, nonce) = request.url();
        let redirect = self.provider.push(&known, authorise, part_of).await?;
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
    pub async fn check_issuer(&self, issuer: Option<&str>, part_of: PartOf) -> Result<(), ApiError> {
        let announced = self.provider.known(part_of).await?.names_issuer_in_responses();
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
    pub async fn finish(
        &self,
        code: String,
        nonce: String,
        verifier: String,
        part_of: PartOf,
    ) -> Result<VerifiedLogin, ApiError> {
        let (claims, tokens) = self.verified((&code, &nonce, &verifier), None, part_of).await?;
        Ok(VerifiedLogin {
            level: claims.level.ok_or_else(|| refused("the ID token names no level"))?,
            cpr: claims.cpr.ok_or(ApiError::LoginWithoutCpr)?,
            subject: claims.subject,
            name: claims.name,
            municipality: claims.municipality,
            issued: claims.issued,
            authenticated: claims.authenticated,
            provider_session: claims.provider_session,
            session_expiry: claims.session_expiry,
            tokens,
        })
    }

    /// As [`Login::finish`], for somebody who works here: who they are, and what this claim says that they may. Tokens, and
    /// whatever else the provider says, are dropped.
    ///
    /// # Errors
    /// [`ApiError::ProviderAway`], [`ApiError::LoginRefused`], [`ApiError::LoginLevelTooLow`].
    pub(crate) async fn finish_for_work(
        &self,
        brought: (&str, &str, &str),
        role: &str,
        part_of: PartOf,
    ) -> Result<VerifiedColleague, ApiError> {
        let (claims, _) = self.verified(brought, Some(role), part_of).await?;
        if claims.level.is_none_or(|level| level < self.minimum_level()) {
            return Err(ApiError::LoginLevelTooLow);
        }
        Ok(VerifiedColleague {
            subject: claims.subject,
            name: claims.name,
            roles: claims.roles,
            issued: claims.issued,
            provider_session: claims.provider_session,
            session_expiry: claims.session_expiry,
        })
    }

    /// Redeems a code and verifies the ID token that comes for it.
    async fn verified(
        &self,
        (code, nonce, verifier): (&str, &str, &str),
        role: Option<&str>,
        part_of: PartOf,
    ) -> Result<(Claims, Tokens), ApiError> {
        let known = self.provider.known(part_of).await?;
        let redeemed = self.provider.redeem(&known, code, verifier, &self.callback, part_of).await;
        let body = redeemed.map_err(|failure| match failure {
            PostFailure::Refused => refused("the provider refused the code"),
            PostFailure::Disbelieved => refused(provider::DISBELIEVED),
            PostFailure::NotSent | PostFailure::Unavailable | PostFailure::Uncertain => ApiError::ProviderAway,
        })?;
        let now = self.clock.now();
        let TokenAnswer { tokens, id_token } = TokenAnswer::read(&body, now).map_err(refused)?;
        let id_token = id_token.ok_or_else(|| refused("the token answer holds no ID token"))?;
        let expected = Expected {
            config: &self.config,
            oldest_s: self.session_s,
            now,
            nonce: Some(nonce),
            role,
            max_age_s: self.config.max_age_s.map(|age| i64::try_from(age).unwrap_or(i64::MAX)),
        };
        let claims = id_token::verify(&self.provider, &id_token, tokens.access.reveal(), &expected, part_of).await?;
        Ok((claims, tokens))
    }

    /// The public halves of our keys at the provider, if we have any, as a JSON Web Key Set.
    #[must_use]
    pub fn client_keys(&self) -> Option<serde_json::Value> {
        self.provider.client_authentication().published()
    }

    /// What signs for us, if we have keys.
    #[must_use]
    pub fn signer(&self) -> Option<Arc<dyn Signer>> {
        self.signer.clone()
    }

    /// Takes our keys at the provider from their file whenever it changes, and keeps what the provider publishes fresh.
    /// Never ends.
    pub async fn follow(&self) {
        futures::join!(self.provider.client_authentication().follow(), self.provider.keep_fresh());
    }

    /// Has what the provider publishes, as a login needs it.
    ///
    /// # Errors
    /// [`ApiError::ProviderAway`] when it cannot be had.
    pub(crate) async fn reach(&self) -> Result<(), ApiError> {
        self.provider.known(PartOf::NOTHING).await.map(|_known| ())
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

impl Login {
    /// Verifies a logout token of the provider.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(crate) async fn logout_token(&self, token: &str) -> Result<LogoutToken, TokenError> {
        let expected = tokens::Expected {
            algorithms: &self.config.algorithms,
            issuer: &self.config.issuer,
            audience: &self.config.client_id,
            oldest_s: self.session_s,
            now: self.clock.now(),
        };
        LogoutToken::verify(token, &expected, self).await
    }
}

/// Keys for access tokens and logout tokens, which anybody may bring.
impl KeySource for Login {
    async fn key_for(&self, header: &TokenHeader) -> Result<VerificationKey, TokenError> {
        self.provider.key_for(header, Bringer::Anybody, PartOf::NOTHING).await
    }

    async fn newer_key_for(&self, header: &TokenHeader) -> Option<VerificationKey> {
        self.provider.newer_key_for(header, Bringer::Anybody, PartOf::NOTHING).await
    }
}

/// Logs why a login is refused. The reasons are ours; the citizen is told only that it was.
fn refused(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "login refused");
    ApiError::LoginRefused
}
