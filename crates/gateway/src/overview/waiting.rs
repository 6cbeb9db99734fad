//! A view's waiting for one section.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures::FutureExt;
use tokio::sync::oneshot;

use super::{fetches::Fetches, outcome::Outcome, section_key::SectionKey};
use crate::session::SessionKey;

/// Waiting for one section. Dropping it gives up waiting; if nobody else waits, the call ends.
#[derive(Debug)]
pub(super) struct Waiting(WaitingFor);

#[derive(Debug)]
enum WaitingFor {
    /// What came a moment ago, or too late for an earlier page.
    Arrived(Box<Arrived>),
    /// A call under way.
    Call { receiver: oneshot::Receiver<Outcome>, place: Box<Place> },
}

impl Waiting {
    pub(super) fn for_arrived(
        fetches: Fetches,
        session: SessionKey,
        key: SectionKey,
        arrival: u64,
        outcome: Outcome,
    ) -> Self {
        Self(WaitingFor::Arrived(Box::new(Arrived { fetches, session, key, arrival, outcome })))
    }

    pub(super) fn for_call(
        fetches: Fetches,
        session: SessionKey,
        key: SectionKey,
        waiter: u64,
        receiver: oneshot::Receiver<Outcome>,
    ) -> Self {
        let place = Box::new(Place { fetches, session, key, waiter, leave_running: false });
        Self(WaitingFor::Call { receiver, place })
    }

    /// Gives up waiting but lets the call go on, for the next view; or takes the outcome that came this moment.
    pub(super) fn leave_running(mut self) -> Option<Outcome> {
        match &mut self.0 {
            WaitingFor::Arrived(arrived) => Some(arrived.read()),
            WaitingFor::Call { receiver, place } => {
                // From here on an answer finds nobody and waits for the next view.
                receiver.close();
                let arrived = receiver.try_recv().ok();
                place.leave_running = arrived.is_none();
                arrived
            }
        }
    }
}

impl Future for Waiting {
    /// `None` when the call was ended from outside, as at logout.
    type Output = Option<Outcome>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            WaitingFor::Arrived(arrived) => Poll::Ready(Some(arrived.read())),
            WaitingFor::Call { receiver, .. } => receiver.poll_unpin(context).map(Result::ok),
        }
    }
}

#[derive(Debug)]
struct Arrived {
    fetches: Fetches,
    session: SessionKey,
    key: SectionKey,
    arrival: u64,
    outcome: Outcome,
}

impl Arrived {
    fn read(&self) -> Outcome {
        self.fetches.read(self.session, &self.key, self.arrival);
        self.outcome.clone()
    }
}

/// A place among those who wait for a call.
#[derive(Debug)]
struct Place {
    fetches: Fetches,
    session: SessionKey,
    key: SectionKey,
    waiter: u64,
    leave_running: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.fetches.leave(self.session, &self.key, self.waiter, self.leave_running);
    }
}
