//! The citizen for whom an app asks with an access token: no session is kept, and nothing of the token.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use overblik_connectors::{Authentication, CitizenScope, Secret};

use super::{Identity, Reach, SessionKey, Standing, Viewer, master_keys::MasterKeys, sealing::Ticket};
use crate::secrets::sha256;

/// What a verified access token establishes.
pub struct TokenLogin<'t> {
    /// The token itself.
    pub token: &'t str,
    /// Whom it speaks for, to the identity provider.
    pub identity: &'t Identity,
    /// Whom it speaks for, to us.
    pub authentication: Authentication,
    /// The citizen's name.
    pub name: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
}

impl TokenLogin<'_> {
    /// The citizen. What is fetched for them belongs to a keyed hash of the token: two tokens share nothing, be they of
    /// the same person and the same app.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "an access token establishes what a login did: who, and how surely")]
    pub fn viewer(self, keys: &MasterKeys) -> Viewer {
        let (master, Identity { issuer, provider_session, issued, .. }) = (keys.first(), self.identity);
        Viewer {
            scope: CitizenScope::from_authentication(self.authentication),
            session: SessionKey(master.hash(&[b"access-token", self.token.as_bytes()])),
            provider_session: provider_session.as_ref().map(|named| master.provider_session(issuer, named)),
            reach: Reach::Every,
            standing: Standing::Token { issued: *issued, expires: self.expires },
            name: self.name,
            // Meant for us, and proven to us by the holder of its key where it is bound to one; the exchange is told by
            // our own credentials who brings it. An exchange that wants more than that refuses (decision 22).
            login_token: Some(Secret::new(self.token.to_owned())),
            seal: Arc::new(master.section_seal(&section_ticket(self.token))),
        }
    }
}

/// An app holds the ticket to its citizen's sections as its token: neither half can be made without it.
fn section_ticket(token: &str) -> Ticket {
    Ticket::of(sha256(&format!("section ticket: {token}")), sha256(&format!("section half: {token}")))
}

impl fmt::Debug for TokenLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenLogin(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use overblik_connectors::Citizen;
    use overblik_widgets::AssuranceLevel;

    use super::*;
    use crate::session::{
        SessionLimits,
        conformance::{IDLE, ROOM, TestClock},
        master_keys::{KeyId, KeyRing, MasterKey},
        memory::MemorySessionStore,
        sessions::Sessions,
        specimen,
    };

    const ISSUER: &str = "https://login.example";

    fn keys(byte: u8) -> MasterKeys {
        MasterKeys::new(MasterKey::new(KeyId::parse("a").expect("an id"), [byte; 32]), vec![])
    }

    fn sessions(time: &TestClock) -> Sessions {
        let store = Arc::new(MemorySessionStore::new(IDLE, ROOM, time.clock()));
        let limits = SessionLimits { idle: IDLE, absolute: Duration::from_hours(8) };
        Sessions::new(store, KeyRing::new(keys(1)), limits, time.clock())
    }

    /// Somebody's token that was issued now and lasts five minutes.
    fn viewer(keys: &MasterKeys, token: &str, subject: &str, session: Option<&str>, time: &TestClock) -> Viewer {
        let identity = Identity {
            issuer: ISSUER.into(),
            subject: subject.into(),
            provider_session: session.map(str::to_owned),
            issued: time.now(),
            authenticated: None,
        };
        let citizen = Citizen { pseudonym: keys.first().pseudonym(ISSUER, subject), ..specimen::citizen() };
        let authentication = Authentication {
            actor: citizen.clone(),
            subject: citizen,
            level: AssuranceLevel::Substantial,
            municipality: None,
            display_client: "the-app".into(),
        };
        let expires = time.now() + Duration::from_mins(5);
        TokenLogin { token, identity: &identity, authentication, name: None, expires }.viewer(keys)
    }

    #[test]
    fn r53_what_is_fetched_belongs_to_the_token_and_to_no_other() {
        let time = TestClock::default();
        let key = |token, subject| viewer(&keys(1), token, subject, None, &time).session;
        assert_eq!(key("one", "s-1"), key("one", "s-1"));
        assert_ne!(key("one", "s-1"), key("two", "s-1"));
        assert_ne!(key("one", "s-1"), viewer(&keys(2), "one", "s-1", None, &time).session);
    }

    #[tokio::test]
    async fn r31_a_token_is_live_until_it_expires_or_its_owner_logs_out() {
        let time = TestClock::default();
        let sessions = sessions(&time);
        let live = async |viewer: &Viewer| sessions.is_live(viewer).await.expect("an answer");
        let of = |subject, session| viewer(&keys(1), "token", subject, session, &time);
        let (first, second, other) = (of("s-1", Some("sid-1")), of("s-1", Some("sid-2")), of("s-2", Some("sid-3")));
        let nameless = of("s-2", None);
        for viewer in [&first, &second, &other, &nameless] {
            assert!(live(viewer).await);
        }
        sessions.end_of(&sessions.as_provider_session(ISSUER, "sid-1"), time.now()).await.expect("ended");
        assert!(!live(&first).await && live(&second).await && live(&other).await);
        sessions.end_of(&sessions.as_citizen(ISSUER, "s-1"), time.now()).await.expect("ended");
        assert!(!live(&second).await && live(&other).await && live(&nameless).await);
        time.pass(299);
        assert!(live(&other).await);
        time.pass(1);
        assert!(!live(&other).await && !live(&nameless).await);
        assert!(live(&of("s-1", Some("sid-4"))).await, "a token of a login after the logout");
    }
}
