//! A view's waiting for one section.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::FutureExt;
use overblik_widgets::Section;
use tokio::sync::oneshot;

use super::fetches::{Fetches, SectionKey};
use crate::session::SessionKey;

/// Waiting for one section. Dropping it gives up waiting; if nobody else waits, the call ends.
#[derive(Debug)]
pub(super) struct Waiting(WaitingFor);

#[derive(Debug)]
enum WaitingFor {
    /// An answer that came too late for an earlier page.
    Late(Box<LateAnswer>),
    /// A call under way.
    Call { receiver: oneshot::Receiver<Arc<Section>>, place: Box<Place> },
}

impl Waiting {
    pub(super) fn for_late_answer(
        fetches: Fetches,
        session: SessionKey,
        key: SectionKey,
        section: Arc<Section>,
    ) -> Self {
        Self(WaitingFor::Late(Box::new(LateAnswer { fetches, session, key, section })))
    }

    pub(super) fn for_call(
        fetches: Fetches,
        session: SessionKey,
        key: SectionKey,
        waiter: u64,
        receiver: oneshot::Receiver<Arc<Section>>,
    ) -> Self {
        let place = Box::new(Place { fetches, session, key, waiter, leave_running: false });
        Self(WaitingFor::Call { receiver, place })
    }

    /// Gives up waiting but lets the call go on, for the next view; or takes the answer that came this moment.
    pub(super) fn leave_running(mut self) -> Option<Arc<Section>> {
        match &mut self.0 {
            WaitingFor::Late(late) => Some(late.read()),
            WaitingFor::Call { receiver, place } => {
                // From here on an answer finds nobody and is kept.
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
    type Output = Option<Arc<Section>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            WaitingFor::Late(late) => Poll::Ready(Some(late.read())),
            WaitingFor::Call { receiver, .. } => receiver.poll_unpin(context).map(Result::ok),
        }
    }
}

#[derive(Debug)]
struct LateAnswer {
    fetches: Fetches,
    session: SessionKey,
    key: SectionKey,
    section: Arc<Section>,
}

impl LateAnswer {
    fn read(&self) -> Arc<Section> {
        self.fetches.read(self.session, &self.key, &self.section);
        Arc::clone(&self.section)
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
