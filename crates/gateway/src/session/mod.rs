//! Sessions: who is logged in, kept sealed on the server, found and opened by a random cookie.

#[cfg(test)]
mod conformance;
mod contents;
pub mod cookie;
pub mod current;
pub mod key_file;
pub mod master_keys;
pub mod memory;
pub mod sealing;
pub mod sessions;
#[cfg(test)]
mod sessions_tests;
#[cfg(test)]
mod specimen;
pub mod store;

use std::{fmt, time::Duration};

use jiff::Timestamp;
use overblik_connectors::{Authentication, CitizenScope};
use serde::{Deserialize, Serialize};

pub use store::{SessionKey, StoreError};

/// A login that lasts.
#[derive(Clone)]
pub struct Session {
    authentication: Authentication,
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
    /// When the citizen logged in.
    pub started: Timestamp,
}

impl Session {
    /// The session of a login that was just verified.
    #[must_use]
    pub fn begin(authentication: Authentication, name: Option<String>, now: Timestamp) -> Self {
        Self { authentication, name, started: now }
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
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
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
    /// The session that the browser had when it began, which the new one replaces (requirement R20).
    pub replaces: Option<SessionKey>,
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
