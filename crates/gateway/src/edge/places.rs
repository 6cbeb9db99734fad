//! Overviews under way: how many there are in all, of one citizen, and in one session.
//!
//! Each holds memory, calls to sources and a connection until it has been read to its end, so each takes a place. The
//! place is given back when whatever holds it is dropped: the end, a client that went away, a logout, a panic.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use overblik_connectors::Pseudonym;

use super::tally::{Taken, Tally};
use crate::{api_error::ApiError, config::LimitsConfig, secrets::random_bytes, session::SessionKey};

/// Seconds after which an overview that found no place may try again, spread so that not all come back at once. Most
/// overviews are over in less.
const COME_BACK_S: (u32, u32) = (2, 5);

/// The places of overviews.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Tally<()>>,
    citizens: Arc<Tally<Pseudonym>>,
    sessions: Arc<Tally<SessionKey>>,
}

/// An overview's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _all: Taken<()>,
    _citizen: Taken<Pseudonym>,
    _session: Taken<SessionKey>,
}

impl Places {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        Self {
            all: Tally::new(limits.overviews_in_flight),
            citizens: Tally::new(limits.streams_per_citizen),
            sessions: Tally::new(limits.streams_per_session),
        }
    }

    /// Takes other limits. Whoever has a place keeps it.
    pub(super) fn limit(&self, limits: &LimitsConfig) {
        self.all.limit(limits.overviews_in_flight);
        self.citizens.limit(limits.streams_per_citizen);
        self.sessions.limit(limits.streams_per_session);
    }

    /// How many there are in all.
    pub(super) fn most(&self) -> Option<u32> {
        self.all.most()
    }

    /// A place for an overview of this citizen in this session. Nobody else's overview ends for it, nor one of the same citizen.
    ///
    /// # Errors
    /// [`ApiError::TooManyStreams`] when session or citizen have as many as they may, [`ApiError::Overloaded`] when
    /// every place is taken.
    pub(crate) fn take(&self, session: SessionKey, citizen: &Pseudonym) -> Result<Place, ApiError> {
        let too_many = || ApiError::TooManyStreams { retry_after_s: come_back_s() };
        let session = self.sessions.take(session).ok_or_else(too_many)?;
        let citizen = self.citizens.take(citizen.clone()).ok_or_else(too_many)?;
        let all = self.all.take(()).ok_or_else(|| ApiError::Overloaded { retry_after_s: come_back_s() })?;
        Ok(Place { _all: all, _citizen: citizen, _session: session })
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> u32 {
        self.all.of(&())
    }
}

impl Place {
    /// A stream that holds this place until it is dropped.
    pub(crate) fn held_by<S: Stream>(self, stream: S) -> impl Stream<Item = S::Item> {
        stream.map(move |item| {
            let _held = &self;
            item
        })
    }
}

pub(super) fn come_back_s() -> u32 {
    let (soonest, latest) = COME_BACK_S;
    let [chance, ..] = random_bytes();
    soonest + u32::from(chance) % (latest - soonest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(all: u32, citizen: u32, session: u32) -> Places {
        Places::new(&LimitsConfig {
            overviews_in_flight: Some(all),
            streams_per_citizen: Some(citizen),
            streams_per_session: Some(session),
            ..LimitsConfig::NONE
        })
    }

    fn take(places: &Places, session: u8, citizen: u8) -> Result<Place, ApiError> {
        places.take(SessionKey([session; 32]), &Pseudonym::from_keyed_hash([citizen; 16]))
    }

    fn is_too_many(outcome: &Result<Place, ApiError>) -> bool {
        matches!(outcome, Err(ApiError::TooManyStreams { retry_after_s: 2..=5 }))
    }

    #[test]
    fn a_session_a_citizen_and_all_together_have_a_limit_each() {
        let places = places(6, 3, 2);
        let mut held: Vec<_> = (0..2).map(|_| take(&places, 1, 1).expect("a place")).collect();
        assert!(is_too_many(&take(&places, 1, 1)), "the session has two");
        held.push(take(&places, 2, 1).expect("another session of the same citizen"));
        assert!(is_too_many(&take(&places, 2, 1)), "the citizen has three");
        assert!(is_too_many(&take(&places, 3, 1)));
        held.extend((0..2).map(|_| take(&places, 4, 2).expect("another citizen")));
        held.push(take(&places, 5, 3).expect("the last place"));
        assert!(matches!(take(&places, 6, 4), Err(ApiError::Overloaded { retry_after_s: 2..=5 })));
        assert_eq!(places.taken(), 6, "whoever was refused holds nothing");
        held.clear();
        assert_eq!(places.taken(), 0);
        assert!(take(&places, 6, 4).is_ok());
    }

    #[test]
    fn a_refusal_leaves_nothing_counted() {
        let places = places(1, 1, 1);
        let held = take(&places, 1, 1).expect("a place");
        for _ in 0..3 {
            assert!(take(&places, 2, 2).is_err());
        }
        drop(held);
        assert!(take(&places, 2, 2).is_ok(), "neither its session nor its citizen is full");
    }

    #[tokio::test]
    async fn a_stream_holds_its_place_until_it_is_dropped() {
        let places = places(1, 1, 1);
        let stream = take(&places, 1, 1).expect("a place").held_by(futures::stream::iter([1, 2]));
        let mut stream = Box::pin(stream);
        assert_eq!((stream.next().await, places.taken()), (Some(1), 1));
        drop(stream);
        assert_eq!(places.taken(), 0);
    }
}
