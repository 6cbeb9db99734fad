//! What is inside a sealed session. The one place where a CPR number is written down, and only into the seal.

use std::borrow::Cow;

use jiff::Timestamp;
use overblik_connectors::{AcceptedPersons, Authentication, Citizen, Cpr, Municipality, Pseudonym};
use overblik_widgets::AssuranceLevel;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Identity, LoginToken, PortalAccess, Session, SessionTokens,
    master_keys::MasterKey,
    tokens::{SealedLoginToken, SealedTokens},
};

/// Room for any contents, so that growing leaves no copies behind in memory.
const CAPACITY: usize = 40 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents<'a> {
    #[serde(borrow)]
    actor: Person<'a>,
    #[serde(borrow)]
    subject: Person<'a>,
    level: AssuranceLevel,
    municipality: Option<Cow<'a, str>>,
    display_client: Cow<'a, str>,
    name: Option<Cow<'a, str>>,
    started: Timestamp,
    identity: Cow<'a, Identity>,
    tokens: Option<SealedTokens>,
    /// Where there is none the record looks as it did before there could be one, and either reads the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login_token: Option<SealedLoginToken>,
    /// Likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portal: Option<PortalAccess>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person<'a> {
    // Ten digits need no escape in JSON, so that reading borrows them and makes no copy.
    cpr: &'a str,
    pseudonym: [u8; 16],
}

impl<'a> Person<'a> {
    #[expect(clippy::disallowed_methods, reason = "into the sealed record of the citizen's own session, nowhere else")]
    fn of(citizen: &'a Citizen) -> Self {
        Self { cpr: citizen.cpr.reveal(), pseudonym: citizen.pseudonym.bytes() }
    }

    fn citizen(&self) -> Option<Citizen> {
        // Whether this person may log in was decided at the login.
        let cpr = Cpr::parse(self.cpr, AcceptedPersons::FictitiousToo).ok()?;
        Some(Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash(self.pseudonym) })
    }
}

impl Session {
    /// The session as bytes for the seal.
    pub(super) fn to_contents(&self) -> Zeroizing<Vec<u8>> {
        let Authentication { actor, subject, level, municipality, display_client } = &self.authentication;
        let contents = Contents {
            actor: Person::of(actor),
            subject: Person::of(subject),
            level: *level,
            municipality: municipality.as_ref().map(|municipality| municipality.code().into()),
            display_client: display_client.into(),
            name: self.name.as_deref().map(Into::into),
            started: self.started,
            identity: Cow::Borrowed(&self.identity),
            tokens: self.tokens.as_ref().map(SealedTokens::from),
            login_token: self.login_token.as_ref().map(SealedLoginToken::from),
            portal: self.portal.clone(),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(CAPACITY));
        // Texts, numbers and a moment: JSON can say all of them, and a vector takes every byte.
        #[expect(clippy::expect_used, reason = "JSON has a form for every value of these types")]
        serde_json::to_writer(&mut *bytes, &contents).expect("contents have a form in JSON");
        bytes
    }

    /// A keyed hash of whose session this is: the provider's name for them and their CPR number.
    #[expect(clippy::disallowed_methods, reason = "into a keyed hash, of which nothing can be read")]
    pub(super) fn person(&self, key: &MasterKey) -> [u8; 32] {
        let Identity { issuer, subject, .. } = &self.identity;
        let cpr = self.authentication.actor.cpr.reveal();
        key.hash(&[b"person", issuer.as_bytes(), subject.as_bytes(), cpr.as_bytes()])
    }

    /// The session that a seal held; `None` if it is not the form that [`Session::to_contents`] writes.
    pub(super) fn from_contents(bytes: &[u8]) -> Option<Self> {
        let contents: Contents<'_> = serde_json::from_slice(bytes).ok()?;
        let municipality = match contents.municipality {
            Some(code) => Some(Municipality::parse(&code)?),
            None => None,
        };
        Some(Self {
            authentication: Authentication {
                actor: contents.actor.citizen()?,
                subject: contents.subject.citizen()?,
                level: contents.level,
                municipality,
                display_client: contents.display_client.into_owned(),
            },
            name: contents.name.map(Cow::into_owned),
            started: contents.started,
            identity: contents.identity.into_owned(),
            // Counted into the record's end when it was made.
            ends_at_provider: None,
            tokens: contents.tokens.map(SessionTokens::from),
            login_token: contents.login_token.map(LoginToken::from),
            portal: contents.portal,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::specimen;

    #[test]
    fn a_session_comes_out_as_it_went_in() {
        let session = specimen::session(Timestamp::UNIX_EPOCH);
        let read = Session::from_contents(&session.to_contents()).expect("a session");
        assert_eq!(read.authentication, session.authentication);
        assert_eq!((read.name, read.started), (session.name, session.started));
    }

    #[test]
    fn a_login_s_token_is_in_the_seal_where_there_is_one_and_a_record_without_is_read_all_the_same() {
        let mut session = specimen::session(Timestamp::UNIX_EPOCH);
        let without = session.to_contents();
        let text = std::str::from_utf8(&without).expect("text");
        assert!(!text.contains("login_token"), "as records were before");
        assert!(Session::from_contents(&without).expect("a session").login_token.is_none());
        let token = overblik_connectors::Secret::new("the-token".into());
        session.login_token = Some(LoginToken { token, expires: Timestamp::UNIX_EPOCH });
        let read = Session::from_contents(&session.to_contents()).expect("a session").login_token.expect("a token");
        assert_eq!((read.token.reveal(), read.expires), ("the-token", Timestamp::UNIX_EPOCH));
        assert!(!format!("{read:?} {session:?}").contains("the-token"));
    }

    #[test]
    fn contents_of_another_form_are_no_session() {
        let bytes = specimen::session(Timestamp::UNIX_EPOCH).to_contents();
        let text = std::str::from_utf8(&bytes).expect("text");
        for (from, to) in [("6101010001", "610101000"), ("\"0901\"", "\"901\""), ("\"level\"", "\"lvl\""), ("{", "")] {
            assert_ne!(text.replacen(from, to, 1), text, "{from}");
            assert!(Session::from_contents(text.replacen(from, to, 1).as_bytes()).is_none(), "{from}");
        }
    }
}
