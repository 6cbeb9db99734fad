//! The session in which a portal shows a citizen's sections: what its server got for the citizen's access token, or what the
//! citizen gave it in a window of ours (`connected`). It is kept as every session is, and opens no door of the citizen's own.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Session, SessionKey, Standing, Viewer, Viewing, current,
    master_keys::MasterKey,
    sealing::{Purpose, Ticket},
    sessions::{Activity, Sections, Sessions},
    store::StoreError,
};

/// Which sources may be shown to whoever asks, of those that agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Every,
    /// These alone, by slug.
    Only(Arc<BTreeSet<String>>),
}

impl Reach {
    /// Whether a source may be shown.
    #[must_use]
    pub fn includes(&self, source: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Only(sources) => sources.contains(source),
        }
    }

    /// No more than before, and of these sources alone.
    #[must_use]
    pub fn within<'s>(&self, sources: impl IntoIterator<Item = &'s str>) -> Self {
        let both = sources.into_iter().filter(|source| self.includes(source)).map(str::to_owned);
        Self::Only(Arc::new(both.collect()))
    }
}

/// What a session is, if it is a portal's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalAccess {
    /// The portal, by our name for it.
    pub portal: String,
    /// What may be shown in it.
    pub sources: BTreeSet<String>,
    /// Thumbprint of the key whose holder alone may use it, if the citizen's access token was bound to one.
    pub key_thumbprint: Option<String>,
    /// The citizen's own session in which they let a connected frame show it, and without which it opens nothing; none if
    /// the portal's server got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_session: Option<SessionKey>,
}

impl fmt::Debug for PortalAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortalAccess({}, ..)", self.portal)
    }
}

/// Somebody whose sections a portal shows.
#[derive(Debug)]
pub struct PortalViewing {
    /// The citizen, within what the session may show.
    pub viewing: Viewing,
    /// Whose session it is.
    pub access: PortalAccess,
    /// When it ends whatever happens.
    pub ends: jiff::Timestamp,
}

impl Sessions {
    /// What opens the session that a portal has already for a citizen's access token: the same for the same token and
    /// portal, whatever sources are named, so that exchanging a token again asks no source again.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn found_for_portal(&self, session: &Session, token: &str) -> Result<Option<Ticket>, StoreError> {
        let Some(access) = &session.portal else { return Ok(None) };
        for master in self.ring().keys().iter() {
            let ticket = ticket(master, access, token);
            if self.open_for_portal(&ticket, Activity::DoesNotCount).await?.is_some() {
                return Ok(Some(ticket));
            }
        }
        Ok(None)
    }

    /// Keeps the session that a portal gets for a citizen's access token, and gives what opens it; `None` if the citizen has
    /// logged out, or if the token began one that has ended: it begins no other.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn begin_for_portal(&self, session: &Session, token: &str) -> Result<Option<Ticket>, StoreError> {
        let Some(access) = &session.portal else { return Ok(None) };
        let begun = match self.begin_by(session, |master| ticket(master, access, token)).await {
            // Somebody else was exchanging the same token at the same moment, or else the store is away.
            Err(error) => return self.found_for_portal(session, token).await?.map(Some).ok_or(error),
            Ok(begun) => begun,
        };
        let Some(ticket) = begun else { return Ok(None) };
        let ends = session.ends_at_provider.unwrap_or(session.started);
        let lasts = Duration::try_from(ends.duration_since(self.clock.now())).unwrap_or_default();
        if self.remember(&[b"portal-session", ticket.reveal().as_bytes()], lasts).await? {
            return Ok(Some(ticket));
        }
        for key in self.keys_of(ticket.id()) {
            self.end(key).await?;
        }
        Ok(None)
    }

    /// The session of a portal's server that a ticket opens, if it is not over, with what is kept for it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn open_for_portal(
        &self,
        ticket: &Ticket,
        activity: Activity,
    ) -> Result<Option<PortalViewing>, StoreError> {
        let found = self.open_for_any_portal(ticket, activity).await?;
        Ok(found.filter(|found| found.access.own_session.is_none()))
    }

    /// As [`Sessions::open_for_portal`], whoever gave the session.
    pub(super) async fn open_for_any_portal(
        &self,
        ticket: &Ticket,
        activity: Activity,
    ) -> Result<Option<PortalViewing>, StoreError> {
        let Some((opened, Sections { seal, kept })) = self.open_whosever(ticket, activity).await? else {
            return Ok(None);
        };
        let Some(access) = opened.session.portal.clone() else { return Ok(None) };
        let (ends, now) = (opened.ends, self.clock.now());
        let Viewing { viewer, kept } = current::viewing(opened, Sections { seal, kept }, now);
        let reach = Reach::Only(Arc::new(access.sources.clone()));
        let viewer = Viewer { standing: Standing::Portal { ends }, reach, name: None, ..viewer };
        Ok(Some(PortalViewing { viewing: Viewing { viewer, kept }, access, ends }))
    }

    /// A ticket of a portal's session as it may be given out of the portal's server: nobody reads it but us. `place` is what
    /// it is bound to.
    #[must_use]
    pub fn wrap(&self, ticket: &Ticket, id: [u8; 32], place: &[&[u8]]) -> Vec<u8> {
        let contents = Zeroizing::new(ticket.reveal().as_bytes().to_vec());
        self.ring().keys().first().seal(Purpose::WrappedTicket, &Ticket::of(id, [0; 32]), place, contents)
    }

    /// The ticket that [`Sessions::wrap`] wrapped in this place; `None` if it did not.
    #[must_use]
    pub fn unwrap(&self, wrapped: &[u8], id: [u8; 32], place: &[&[u8]]) -> Option<Ticket> {
        let keys = self.ring().keys();
        let open = |master: &MasterKey| master.open(Purpose::WrappedTicket, &Ticket::of(id, [0; 32]), place, wrapped);
        let contents = keys.iter().find_map(|master| open(master).ok())?;
        Ticket::parse(std::str::from_utf8(&contents).ok()?)
    }
}

/// Known to whoever has the citizen's token *and* a master key. What it opens says itself that it is a portal's.
fn ticket(master: &MasterKey, access: &PortalAccess, token: &str) -> Ticket {
    let PortalAccess { portal, key_thumbprint, .. } = access;
    let thumbprint = key_thumbprint.as_deref().unwrap_or_default();
    let hash = |what: &[u8]| master.hash(&[what, portal.as_bytes(), thumbprint.as_bytes(), token.as_bytes()]);
    Ticket::of(hash(b"portal ticket"), hash(b"portal half"))
}
