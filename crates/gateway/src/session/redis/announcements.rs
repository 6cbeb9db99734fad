//! What ended, told to all instances over pub/sub, so that calls and streams end with their session wherever they are
//! (requirement R31).

use futures::{StreamExt, stream::BoxStream};
use overblik_connectors::Pseudonym;
use tokio::sync::mpsc;

use crate::{
    redis_link::announcements::Channel,
    session::store::{End, Owner, ProviderSession, SessionKey},
};

/// Announcements that wait for whoever listens. Beyond it they wait in the connection.
const WAITING: usize = 1024;

/// The announcement that a session ended: its key.
pub(super) fn of_session(key: SessionKey) -> Vec<u8> {
    key.0.to_vec()
}

/// The announcement that an owner was logged out: shorter than that of a session.
pub(super) fn of_owner(owner: &Owner) -> Vec<u8> {
    match owner {
        Owner::Citizen(citizen) => [&[CITIZEN][..], &citizen.bytes()].concat(),
        Owner::ProviderSession(session) => [&[PROVIDER_SESSION][..], &session.0].concat(),
    }
}

const CITIZEN: u8 = b'c';
const PROVIDER_SESSION: u8 = b'p';

/// The channel of this name.
pub(super) fn channel(name: String) -> Channel<End> {
    Channel { name, announced: "ended sessions", read: |payload| payload.map_or(End::Missed, read) }
}

/// What an announcement says. One that cannot be read is one that was missed.
fn read(payload: &[u8]) -> End {
    if let Ok(key) = payload.try_into() {
        return End::Session(SessionKey(key));
    }
    let Some((kind, Ok(owner))) = payload.split_first().map(|(kind, owner)| (*kind, owner.try_into())) else {
        return End::Missed;
    };
    match kind {
        CITIZEN => End::Owner(Owner::Citizen(Pseudonym::from_keyed_hash(owner))),
        PROVIDER_SESSION => End::Owner(Owner::ProviderSession(ProviderSession(owner))),
        _ => End::Missed,
    }
}

/// Whom the link tells, and the stream of what it tells.
pub(super) fn stream() -> (mpsc::Sender<End>, BoxStream<'static, End>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let next = async |mut receiver: mpsc::Receiver<End>| receiver.recv().await.map(|end| (end, receiver));
    (sender, futures::stream::unfold(receiver, next).boxed())
}
