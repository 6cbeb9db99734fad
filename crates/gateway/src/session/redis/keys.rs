//! What everything is called in Redis. A name holds a keyed hash and no more.
//!
//! What stands in braces decides in which slot of a cluster a key lies: everything of a session lies together, and
//! everything of an owner. So one command reaches all of it.

use std::fmt::Write;

use crate::session::store::{AttemptKey, Mark, Owner, SessionKey};

/// Makes names under a prefix.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// A session's facts and its sealed record.
    pub(super) fn session(&self, key: &SessionKey) -> String {
        format!("{}:session:{{{}}}", self.prefix, hex(&key.0))
    }

    /// The session of a name that [`Keys::session`] made.
    pub(super) fn session_of(&self, name: &[u8]) -> Option<SessionKey> {
        let hex = name.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b":session:{")?.strip_suffix(b"}")?;
        let mut key = [0; 32];
        let pairs = hex.chunks_exact(2);
        if hex.len() != 64 {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(SessionKey(key))
    }

    /// What every name that [`Keys::session`] makes looks like, in the notation of `SCAN`.
    pub(super) fn every_session(&self) -> String {
        format!("{}:session:{{*", self.prefix)
    }

    /// Which sessions an owner has.
    pub(super) fn sessions_of(&self, owner: &Owner) -> String {
        format!("{}:owner:{{{}}}:sessions", self.prefix, owner_tag(owner))
    }

    /// When an owner was logged out last.
    pub(super) fn logout_of(&self, owner: &Owner) -> String {
        format!("{}:owner:{{{}}}:logout", self.prefix, owner_tag(owner))
    }

    /// A login attempt.
    pub(super) fn attempt(&self, key: &AttemptKey) -> String {
        format!("{}:attempt:{{{}}}", self.prefix, hex(&key.0))
    }

    /// A mark of what was seen before.
    pub(super) fn mark(&self, mark: &Mark) -> String {
        format!("{}:mark:{{{}}}", self.prefix, hex(&mark.0))
    }

    /// What is written to see whether Redis takes anything.
    pub(super) fn probe(&self) -> String {
        format!("{}:probe", self.prefix)
    }

    /// The channel on which ended sessions are announced.
    pub(super) fn ended(&self) -> String {
        format!("{}:ended", self.prefix)
    }
}

fn owner_tag(owner: &Owner) -> String {
    match owner {
        Owner::Citizen(citizen) => format!("citizen-{}", hex(&citizen.bytes())),
        Owner::ProviderSession(session) => format!("provider-session-{}", hex(&session.0)),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a text does not fail.
        let _ok = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_s_name_leads_back_to_it_and_no_other_does() {
        let keys = Keys::new("a:b");
        let session = SessionKey(std::array::from_fn(|at| u8::try_from(at * 8).expect("a byte")));
        let name = keys.session(&session);
        assert!(name.starts_with("a:b:session:{0008"), "{name}");
        assert!(keys.session_of(name.as_bytes()) == Some(session));
        for other in [
            &name.replacen("a:", "", 1),
            &name.replace('}', ""),
            "a:b:session:{}",
            "a:b:session:{0g}",
            &format!("{name}x"),
        ] {
            assert!(keys.session_of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
