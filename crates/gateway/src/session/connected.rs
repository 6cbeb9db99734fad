//! The session of a connected frame: what a citizen, in a window of ours, lets a portal without a server show (decision 39).
//!
//! It is made of the citizen's own session and ends with it: its id is derived from that session and the portal, so that
//! whoever ends the one finds the other. The half of its key is random and stands in the frame's cookie alone; on the way
//! from the window to the frame a code stands for it, once and for a minute.

use jiff::{SignedDuration, Timestamp};
use overblik_connectors::{Authentication, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    PortalAccess, PortalViewing, Session, SessionKey,
    master_keys::MasterKey,
    sealing::{Purpose, Ticket},
    sessions::{Activity, Opened, Sessions, session_key},
    store::{AttemptKey, StoreError},
};
use crate::secrets::random_bytes;

/// Seconds that a citizen's word lasts at most, whatever they do.
const LIFE_S: i64 = 15 * 60;

/// Seconds within which the frame must bring the code: a script hands it on at once.
const CODE_LIFE_S: i64 = 60;

/// What a code stands for, as it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handover {
    portal: String,
    ticket: Zeroizing<String>,
    made: Timestamp,
}

impl Sessions {
    /// Begins the session in which a portal shows the sections of whoever opened their own session, in the place of the one
    /// that it may have, and gives the code that its frame gets it by; `None` if the citizen's own is over meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away, or when the same is begun twice at the same moment.
    pub async fn connect(
        &self,
        own: &Opened,
        access: PortalAccess,
        display_client: &str,
    ) -> Result<Option<Secret>, StoreError> {
        let (half, portal) = (random_bytes(), access.portal.clone());
        for former in self.connected_to(own.key, [portal.as_str()]) {
            self.end(former).await?;
        }
        let session = of_citizen(own, access, display_client, self.clock.now());
        let begun = self.begin_by(&session, |master| Ticket::of(id(master, own.key, &portal), half)).await?;
        let Some(ticket) = begun else { return Ok(None) };
        // A logout that came before it was kept could not find it.
        if !self.is_there(own.key).await? {
            self.end_opened_by(&ticket).await?;
            return Ok(None);
        }
        self.hand_over(&ticket, portal).await.map(Some)
    }

    async fn hand_over(&self, ticket: &Ticket, portal: String) -> Result<Secret, StoreError> {
        let ticket = Zeroizing::new(ticket.reveal().to_string());
        let handover = Handover { portal, ticket, made: self.clock.now() };
        #[expect(clippy::expect_used, reason = "JSON has a form for every value of these types")]
        let contents =
            Zeroizing::new(serde_json::to_vec(&handover).expect("two texts and a moment have a form in JSON"));
        let (keys, code) = (self.ring().keys(), Ticket::random());
        let sealed = keys.first().seal(Purpose::ConnectCode, &code, &[], contents);
        self.store.save_attempt(code_key(keys.first(), &code), sealed).await?;
        Ok(Secret::new(code.reveal().to_string()))
    }

    /// What opens the session that a code stands for, once. If the code comes too late or from another portal's frame, that
    /// session ends: somebody has it who should not.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn redeem(&self, code: &str, portal: &str) -> Result<Option<Ticket>, StoreError> {
        let Some(code) = Ticket::parse(code) else { return Ok(None) };
        for master in self.ring().keys().iter() {
            let Some(sealed) = self.store.take_attempt(code_key(master, &code)).await? else { continue };
            let contents = master.open(Purpose::ConnectCode, &code, &[], &sealed);
            let handover: Option<Handover> = contents.ok().and_then(|contents| serde_json::from_slice(&contents).ok());
            let Some((handover, ticket)) =
                handover.and_then(|one| Ticket::parse(&one.ticket).map(|ticket| (one, ticket)))
            else {
                tracing::error!("a code's record does not open: it was changed in the store, or the code was");
                return Ok(None);
            };
            let age = self.clock.now().duration_since(handover.made);
            if handover.portal == portal && age < SignedDuration::from_secs(CODE_LIFE_S) {
                return Ok(Some(ticket));
            }
            self.end_opened_by(&ticket).await?;
            return Ok(None);
        }
        Ok(None)
    }

    /// The session of a connected frame that a ticket opens, if neither it nor the citizen's own is over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn open_connected(
        &self,
        ticket: &Ticket,
        activity: Activity,
    ) -> Result<Option<PortalViewing>, StoreError> {
        let Some(found) = self.open_for_any_portal(ticket, activity).await? else { return Ok(None) };
        let Some(own) = found.access.own_session else { return Ok(None) };
        Ok(self.is_there(own).await?.then_some(found))
    }

    /// Everything that the store may know the sessions of these portals' connected frames by, of those that were given in a
    /// citizen's own session: one key for each portal and master key.
    #[must_use]
    pub fn connected_to<'p>(&self, own: SessionKey, portals: impl IntoIterator<Item = &'p str>) -> Vec<SessionKey> {
        let keys = self.ring().keys();
        let known_by = |portal| {
            keys.iter().map(move |master| session_key(master, Ticket::of(id(master, own, portal), [0; 32]).id()))
        };
        portals.into_iter().flat_map(known_by).collect()
    }

    async fn end_opened_by(&self, ticket: &Ticket) -> Result<(), StoreError> {
        for key in self.keys_of(ticket.id()) {
            self.end(key).await?;
        }
        Ok(())
    }
}

/// The session of a connected frame. It lasts no longer than the citizen's own would if they did nothing more, nor than
/// the tokens of that: only the citizen's own renews them.
fn of_citizen(own: &Opened, access: PortalAccess, display_client: &str, now: Timestamp) -> Session {
    let latest = now.checked_add(SignedDuration::from_secs(LIFE_S)).unwrap_or(now);
    let tokens = own.session.tokens.as_ref().map_or(latest, |tokens| tokens.expires);
    let Session { authentication, identity, login_token, .. } = own.session.clone();
    let authentication = Authentication { display_client: display_client.to_owned(), ..authentication };
    let mut session = Session::begin(authentication, None, identity, now);
    session.ends_at_provider = Some(latest.min(own.idle_end).min(tokens));
    session.login_token = login_token;
    session.portal = Some(PortalAccess { own_session: Some(own.key), ..access });
    session
}

/// Known to whoever has a master key and knows what the store knows the citizen's own session by. It opens nothing.
fn id(master: &MasterKey, own: SessionKey, portal: &str) -> [u8; 32] {
    master.hash(&[b"connected", &own.0, portal.as_bytes()])
}

fn code_key(master: &MasterKey, code: &Ticket) -> AttemptKey {
    AttemptKey(master.record_key(Purpose::ConnectCode, code.id()))
}
