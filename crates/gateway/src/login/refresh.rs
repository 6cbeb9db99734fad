//! New tokens for a session that lives on (requirements R25 and R26), and the end of those it had.

use jiff::Timestamp;
use overblik_connectors::Cpr;
use overblik_widgets::AssuranceLevel;

use super::{
    Login,
    claims::{Claims, Expected},
    id_token::{self, IdTokenError},
    provider::PostFailure,
    token_answer::{TokenAnswer, Tokens},
};
use crate::telemetry::PartOf;

/// Whose session it is, as the login established it.
#[derive(Clone, Copy)]
pub struct KnownIdentity<'s> {
    /// The provider's stable name for the citizen.
    pub subject: &'s str,
    /// The citizen's CPR number.
    pub cpr: &'s Cpr,
    /// The session's level: a new ID token that names a level names none below it.
    pub level: Option<AssuranceLevel>,
    /// When the citizen was authenticated, if the provider said so.
    pub authenticated: Option<Timestamp>,
    /// The provider's name for its session, if it gave one.
    pub provider_session: Option<&'s str>,
}

/// Why a refresh brought nothing. What the refresh token is still good for differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshFailure {
    /// The provider refused: the session is over there.
    #[error("the identity provider refused the refresh token")]
    Rejected,
    /// The provider does not believe that it is us who ask, so it did not look at the token: the same one may be sent later.
    #[error("the identity provider does not believe that it is us: it may not know our key or secret")]
    Disbelieved,
    /// No connection came about, so nothing was sent: the same token may be sent later.
    #[error("the identity provider cannot be reached")]
    NotSent,
    /// The provider answered that it cannot just now: the same token may be sent later.
    #[error("the identity provider is in trouble")]
    Unavailable,
    /// It was sent, and what became of it is not known: the provider may have used the token up, and it must never be
    /// sent again (requirement R25).
    #[error("the identity provider's answer did not arrive or cannot be read")]
    Uncertain,
    /// The new ID token is about another person.
    #[error("the new ID token is about another person")]
    OtherPerson,
    /// The new ID token is not to be trusted for another reason.
    #[error("the new ID token is not to be trusted")]
    Untrusted,
}

impl From<PostFailure> for RefreshFailure {
    fn from(failure: PostFailure) -> Self {
        match failure {
            PostFailure::NotSent => Self::NotSent,
            PostFailure::Refused => Self::Rejected,
            PostFailure::Disbelieved => Self::Disbelieved,
            PostFailure::Unavailable => Self::Unavailable,
            PostFailure::Uncertain => Self::Uncertain,
        }
    }
}

impl Login {
    /// Gets new tokens for a refresh token, within ten seconds; the refresh token among them is the former one where the
    /// provider gave no new one. The token may be used up as soon as this is first
    /// polled: whoever drops the future before it ends must treat that as [`RefreshFailure::Uncertain`].
    ///
    /// # Errors
    /// [`RefreshFailure`], which says what the token is still good for.
    pub async fn refresh(
        &self,
        refresh_token: &str,
        known_identity: &KnownIdentity<'_>,
    ) -> Result<Tokens, RefreshFailure> {
        let known = self.provider.known(PartOf::NOTHING).await.map_err(|_| RefreshFailure::NotSent)?;
        let body = self.provider.refresh(&known, refresh_token).await?;
        let now = self.clock.now();
        let mut answer = TokenAnswer::read(&body, now).map_err(|reason| {
            tracing::warn!(reason, "tokens not refreshed");
            RefreshFailure::Uncertain
        })?;
        if answer.tokens.refresh.is_none() {
            answer.tokens.refresh = Some(overblik_connectors::Secret::new(refresh_token.to_owned()));
        }
        if let Some(id_token) = answer.id_token {
            // A nonce belongs to a login; a new ID token need not have one (OpenID Connect Core section 12.2).
            let expected = Expected {
                config: &self.config,
                oldest_s: self.session_s,
                now,
                nonce: None,
                role: None,
                max_age_s: None,
            };
            let access_token = answer.tokens.access.reveal();
            let claims =
                match id_token::verify(&self.provider, &id_token, access_token, &expected, PartOf::NOTHING).await {
                    Ok(claims) => claims,
                    Err(IdTokenError::Doubt(reason)) => return Err(untrusted(reason)),
                    // The token is used up, and who the new ones belong to cannot be told.
                    Err(IdTokenError::ProviderAway) => return Err(RefreshFailure::Uncertain),
                };
            compare(&claims, known_identity)?;
        }
        Ok(answer.tokens)
    }

    /// Tells the provider that a refresh token, and with it what came of it, is used no more (RFC 7009). Whether the
    /// provider has done so, or offers nothing of the kind.
    pub async fn revoke(&self, refresh_token: &str) -> bool {
        let Ok(known) = self.provider.known(PartOf::NOTHING).await else { return false };
        match self.provider.revoke(&known, refresh_token).await {
            Ok(()) => true,
            Err(failure) => {
                tracing::warn!(?failure, "a refresh token is not revoked");
                false
            }
        }
    }
}

/// Whether a new ID token is about the same login (OpenID Connect Core section 12.2, requirements R8 and R26).
fn compare(claims: &Claims, known: &KnownIdentity<'_>) -> Result<(), RefreshFailure> {
    let other_cpr = claims.cpr.as_deref().is_some_and(|cpr| !known.cpr.matches(cpr));
    if claims.subject != known.subject || other_cpr {
        tracing::error!("a refresh brought an ID token about another person");
        return Err(RefreshFailure::OtherPerson);
    }
    if differ(claims.authenticated.as_ref(), known.authenticated.as_ref()) {
        return Err(untrusted("the new ID token names another time of authentication"));
    }
    if differ(claims.provider_session.as_deref(), known.provider_session) {
        return Err(untrusted("the new ID token names another session of the provider"));
    }
    if claims.level.is_some_and(|level| known.level.is_some_and(|known| level < known)) {
        return Err(untrusted("the new ID token names a lower level"));
    }
    Ok(())
}

/// Whether both are there and not the same.
fn differ<T: PartialEq + ?Sized>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn untrusted(reason: &'static str) -> RefreshFailure {
    tracing::warn!(reason, "tokens not refreshed");
    RefreshFailure::Untrusted
}
