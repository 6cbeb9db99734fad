//! Sessions: who is logged in, kept sealed on the server, found and opened by a random cookie.

mod attempts;
#[cfg(test)]
pub(crate) mod conformance;
mod connected;
pub mod console;
mod contents;
pub mod cookie;
#[cfg(test)]
mod cookie_fuzz;
pub mod current;
pub mod key_file;
pub mod master_keys;
pub(crate) mod measured;
pub mod memory;
pub mod portal_access;
pub mod pseudonyms;
pub mod redis;
pub mod sealing;
pub mod section_cache;
mod section_memory;
pub mod section_seal;
pub mod sessions;
#[cfg(test)]
mod sessions_tests;
#[cfg(test)]
mod specimen;
pub mod store;
pub mod token_login;
pub mod tokens;

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use overblik_connectors::{Authentication, CitizenScope, Secret};
use serde::{Deserialize, Serialize};

use crate::api_error::ApiError;
pub use portal_access::{PortalAccess, PortalViewing, Reach};
pub use section_cache::SectionCache;
pub use section_seal::{SectionKeys, SectionName, SectionSeal};
pub use store::{KeptSections, Owner, ProviderSession, SealedSection, SessionKey, StoreError};
pub use tokens::{LoginToken, Renewal, SessionTokens};

/// A login that lasts.
#[derive(Clone)]
pub struct Session {
    authentication: Authentication,
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
    /// When the citizen logged in.
    pub started: Timestamp,
    /// Who the citizen is to the identity provider.
    pub identity: Identity,
    /// When it ends at the latest, where the provider says when its own session does.
    pub ends_at_provider: Option<Timestamp>,
    /// Tokens that are renewed while it lasts, where the provider gave any.
    pub tokens: Option<SessionTokens>,
    /// The access token of the login, where a source is asked with one that it is exchanged for.
    pub login_token: Option<LoginToken>,
    /// Whose it is and what it may show, if it is a portal's. Such a session opens nothing but what portals are shown.
    pub portal: Option<PortalAccess>,
}

/// Who somebody is to an identity provider, as a login's ID token said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its stable name for the citizen.
    pub subject: String,
    /// Its own session (`sid`), where it names one.
    pub provider_session: Option<String>,
    /// When it issued the ID token, by its clock.
    pub issued: Timestamp,
    /// When the citizen proved who they are (`auth_time`), where it says so.
    pub authenticated: Option<Timestamp>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Session {
    /// The session of a login that was just verified.
    #[must_use]
    pub fn begin(authentication: Authentication, name: Option<String>, identity: Identity, now: Timestamp) -> Self {
        Self {
            authentication,
            name,
            started: now,
            identity,
            ends_at_provider: None,
            tokens: None,
            login_token: None,
            portal: None,
        }
    }

    /// The token by which the provider's tokens could be renewed.
    #[must_use]
    pub fn into_refresh_token(self) -> Option<Secret> {
        match self.tokens?.renewal {
            Renewal::Possible { token, .. } => Some(token),
            Renewal::Spent { .. } => None,
        }
    }

    /// The scope that this session opens.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a session holds what a verified login established: the one source of scopes"
    )]
    pub fn scope(&self) -> CitizenScope {
        CitizenScope::from_authentication(self.authentication.clone())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

/// A logged-in citizen: what they may see, and the session that everything fetched for them belongs to.
#[derive(Clone)]
pub struct Viewer {
    /// Whose data, at which level, for whom.
    pub scope: CitizenScope,
    /// The session.
    pub session: SessionKey,
    /// The session at the identity provider, where it names one: a logout there ends what is shown here.
    pub provider_session: Option<ProviderSession>,
    /// Which sources they are shown, of those that agree.
    pub reach: Reach,
    /// How long this lasts.
    pub standing: Standing,
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
    /// The access token of the login, for exchange at the identity provider and for nothing else (requirement R45).
    pub login_token: Option<Secret>,
    /// What seals and opens what is kept for them.
    pub seal: Arc<SectionSeal>,
}

/// A citizen who asks for their overview, with what is kept of it, sealed.
#[derive(Debug)]
pub struct Viewing {
    /// The citizen.
    pub viewer: Viewer,
    /// What is kept.
    pub kept: KeptSections,
}

/// What somebody is logged in by, and so how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A session: as long as the store keeps it.
    Session {
        /// When it ends if the citizen does nothing more; never after `ends`.
        idle_end: Timestamp,
        /// When it ends however active they are.
        ends: Timestamp,
    },
    /// A session of a portal, which shows sections: the same.
    Portal {
        /// When it ends whatever happens.
        ends: Timestamp,
    },
    /// An access token of an app.
    Token {
        /// When it was issued, by the provider's clock.
        issued: Timestamp,
        /// When it expires.
        expires: Timestamp,
    },
}

impl Viewer {
    /// Whether there is a door to more about one item for whoever asks. A portal has none, and is shown no way there.
    #[must_use]
    pub fn may_open_items(&self) -> bool {
        !matches!(self.standing, Standing::Portal { .. })
    }

    /// What a view is told when it ends before its time.
    #[must_use]
    pub fn over(&self) -> ApiError {
        match self.standing {
            Standing::Session { .. } => ApiError::SessionOver,
            Standing::Portal { .. } | Standing::Token { .. } => ApiError::TokenRefused,
        }
    }

    /// Everybody whose logout ends what is shown.
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        let citizen = Owner::Citizen(self.scope.actor().pseudonym.clone());
        [citizen].into_iter().chain(self.provider_session.map(Owner::ProviderSession))
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Viewer(..)")
    }
}

/// A login that was begun and awaits the identity provider's answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginAttempt {
    /// Ties the ID token to this attempt.
    pub nonce: String,
    /// PKCE verifier.
    pub verifier: String,
    /// When it was begun.
    pub begun: Timestamp,
    /// Least level asked for.
    pub level: overblik_widgets::AssuranceLevel,
    /// Path on our own origin to show afterwards.
    pub return_to: String,
    /// The session that is to be raised to a higher level; `None` for a login from the beginning.
    pub steps_up: Option<StepUp>,
}

/// A session on its way to a higher level: whoever comes back must be the same person (requirement R8).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// The session.
    pub session: SessionKey,
    /// A keyed hash of who it is of.
    pub person: [u8; 32],
}

impl fmt::Debug for LoginAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginAttempt(..)")
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without activity.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}
