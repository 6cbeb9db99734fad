//! Announcements over pub/sub, with the certainty that whoever listens knows when some may have been missed.

use std::{convert::Infallible, time::Duration};

use futures::StreamExt;
use redis::{RedisResult, aio::PubSub};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};

use super::{
    link::pause,
    target::{Target, within},
};

/// How long the subscription may be away until everything that is open is looked at, and from one look to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a silent subscription is asked whether it still stands.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// How long one attempt to subscribe may take.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(1);

/// What is listened to.
pub(crate) struct Channel<T> {
    /// Its name at Redis.
    pub(crate) name: String,
    /// What is announced there, as the log calls it.
    pub(crate) announced: &'static str,
    /// What an announcement says; without one, that some may have been missed.
    pub(crate) read: fn(Option<&[u8]>) -> T,
}

/// Whoever listens has gone.
struct Gone;

/// Passes announcements on for as long as somebody listens. Whenever some may have been lost it says so: after
/// subscribing, and every second while there is no subscription.
pub(crate) async fn follow<T>(target: &Target, channel: &Channel<T>, listener: &mpsc::Sender<T>) {
    let following = async {
        loop {
            let subscription = subscribe_and_tell(target, channel, listener).await?;
            pass_on(subscription, channel, listener).await?;
            tracing::warn!(announced = channel.announced, "a subscription at Redis was lost");
        }
    };
    let Err(Gone) = tokio::select! {
        ended = following => ended,
        () = listener.closed() => Err::<Infallible, _>(Gone),
    };
}

async fn subscribe_and_tell<T>(
    target: &Target,
    channel: &Channel<T>,
    listener: &mpsc::Sender<T>,
) -> Result<PubSub, Gone> {
    let mut looks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
    let subscribing = subscribed(target, channel);
    tokio::pin!(subscribing);
    let subscription = loop {
        tokio::select! {
            subscription = &mut subscribing => break subscription,
            _ = looks.tick() => tell(listener, (channel.read)(None)).await?,
        }
    };
    tell(listener, (channel.read)(None)).await?;
    Ok(subscription)
}

/// A subscription, as soon as there can be one.
async fn subscribed<T>(target: &Target, channel: &Channel<T>) -> PubSub {
    let attempt = async || -> RedisResult<PubSub> {
        let mut subscription = target.connect_to_announcements().await?;
        subscription.subscribe(&channel.name).await?;
        Ok(subscription)
    };
    let mut told = false;
    loop {
        match within(ATTEMPT_WITHIN, attempt()).await {
            Ok(subscription) => return subscription,
            Err(error) if !told => {
                let announced = channel.announced;
                tracing::error!(error.kind = ?error.kind(), error.code = error.code(), announced, "announcements at Redis cannot be heard");
                told = true;
            }
            Err(_) => {}
        }
        pause().await;
    }
}

/// Passes on what a subscription says, until it ends or no longer answers.
async fn pass_on<T>(subscription: PubSub, channel: &Channel<T>, listener: &mpsc::Sender<T>) -> Result<(), Gone> {
    let (mut asking, mut said) = subscription.split();
    loop {
        match timeout(PROBE_EVERY, said.next()).await {
            Ok(Some(said)) => tell(listener, (channel.read)(Some(said.get_payload_bytes()))).await?,
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

async fn tell<T>(listener: &mpsc::Sender<T>, said: T) -> Result<(), Gone> {
    listener.send(said).await.map_err(|_| Gone)
}
