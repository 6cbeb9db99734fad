//! What ended, told to all instances over pub/sub, so that calls and streams end with their session wherever they are
//! (requirement R31).

use std::{convert::Infallible, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use overblik_connectors::Pseudonym;
use redis::{RedisResult, aio::PubSub};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};

use super::{
    link::pause,
    target::{Target, within},
};
use crate::session::store::{End, Owner, ProviderSession, SessionKey};

/// How long the subscription may be away until everything that is open is looked at, and from one look to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a silent subscription is asked whether it still stands.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// How long one attempt to subscribe may take.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(1);

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

/// Whoever listens has gone.
struct Gone;

/// Passes announcements on for as long as somebody listens. Whenever some may have been lost it says so: after
/// subscribing, and every second while there is no subscription.
pub(super) async fn follow(target: &Target, channel: &str, ends: &mpsc::Sender<End>) {
    let following = async {
        loop {
            let subscription = subscribe_and_tell(target, channel, ends).await?;
            pass_on(subscription, ends).await?;
            tracing::warn!("the subscription to ended sessions was lost");
        }
    };
    let Err(Gone) = tokio::select! {
        ended = following => ended,
        () = ends.closed() => Err::<Infallible, _>(Gone),
    };
}

async fn subscribe_and_tell(target: &Target, channel: &str, ends: &mpsc::Sender<End>) -> Result<PubSub, Gone> {
    let mut looks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
    let subscribing = subscribed(target, channel);
    tokio::pin!(subscribing);
    let subscription = loop {
        tokio::select! {
            subscription = &mut subscribing => break subscription,
            _ = looks.tick() => tell(ends, End::Missed).await?,
        }
    };
    tell(ends, End::Missed).await?;
    Ok(subscription)
}

/// A subscription, as soon as there can be one.
async fn subscribed(target: &Target, channel: &str) -> PubSub {
    let attempt = async || -> RedisResult<PubSub> {
        let mut subscription = target.connect_to_announcements().await?;
        subscription.subscribe(channel).await?;
        Ok(subscription)
    };
    let mut told = false;
    loop {
        match within(ATTEMPT_WITHIN, attempt()).await {
            Ok(subscription) => return subscription,
            Err(error) if !told => {
                tracing::error!(error.kind = ?error.kind(), error.code = error.code(), "ended sessions are not announced");
                told = true;
            }
            Err(_) => {}
        }
        pause().await;
    }
}

/// Passes on what a subscription says, until it ends or no longer answers.
async fn pass_on(subscription: PubSub, ends: &mpsc::Sender<End>) -> Result<(), Gone> {
    let (mut asking, mut said) = subscription.split();
    loop {
        match timeout(PROBE_EVERY, said.next()).await {
            Ok(Some(said)) => tell(ends, read(said.get_payload_bytes())).await?,
            Ok(None) => return Ok(()),
            Err(_) => {
                let answer = within(PROBE_EVERY, asking.ping::<redis::Value>()).await;
                if answer.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

async fn tell(ends: &mpsc::Sender<End>, end: End) -> Result<(), Gone> {
    ends.send(end).await.map_err(|_| Gone)
}

/// The stream of what [`follow`] sends.
pub(super) fn stream() -> (mpsc::Sender<End>, BoxStream<'static, End>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let next = async |mut receiver: mpsc::Receiver<End>| receiver.recv().await.map(|end| (end, receiver));
    (sender, futures::stream::unfold(receiver, next).boxed())
}
