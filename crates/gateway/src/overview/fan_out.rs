//! All sources at once: sections as they arrive, until the page deadline.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{StreamExt, stream::FuturesUnordered};
use overblik_widgets::SectionState;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    declared::Declared,
    kept::Earlier,
    outcome::{self, Outcome},
    shown::Shown,
    waiting::Waiting,
};

/// The session ended while its overview was on the way. Nothing more of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOver;

/// Sections of one overview on their way, each with its source's place in the order of the page. Dropping it ends the calls
/// that nobody else waits for.
#[derive(Debug)]
pub(super) struct FanOut {
    known: VecDeque<(usize, Shown)>,
    waiting: FuturesUnordered<WaitingSource>,
    deadline: Instant,
    session_over: Arc<CancellationToken>,
}

impl FanOut {
    pub(super) fn new(deadline: Instant, session_over: Arc<CancellationToken>) -> Self {
        Self { known: VecDeque::new(), waiting: FuturesUnordered::new(), deadline, session_over }
    }

    /// A section that nobody has to wait for.
    pub(super) fn add_known(&mut self, place: usize, shown: Shown) {
        self.known.push_back((place, shown));
    }

    /// A section that is waited for, and what can be shown if it is a failure.
    pub(super) fn add_waiting(
        &mut self,
        place: usize,
        declared: Arc<Declared>,
        earlier: Option<Earlier>,
        waiting: Waiting,
    ) {
        self.waiting.push(WaitingSource { source: Source { place, declared, earlier }, waiting });
    }

    /// The next section; `None` when all have been handed out. At the page deadline every source that has not answered
    /// becomes `pending`, and its call goes on without us.
    pub(super) async fn next(&mut self) -> Result<Option<(usize, Shown)>, SessionOver> {
        if self.session_over.is_cancelled() {
            return Err(SessionOver);
        }
        if let Some(known) = self.known.pop_front() {
            return Ok(Some(known));
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        match tokio::time::timeout_at(self.deadline, self.waiting.next()).await {
            Ok(Some(Some(arrived))) if !self.session_over.is_cancelled() => Ok(Some(arrived)),
            // A call that was ended from outside was ended with its session.
            Ok(Some(_)) => Err(SessionOver),
            Ok(None) => Ok(None),
            Err(_elapsed) => {
                for WaitingSource { source, waiting } in std::mem::take(&mut self.waiting) {
                    self.known.push_back(match waiting.leave_running() {
                        Some(arrived) => source.shown(arrived),
                        None => (source.place, outcome::without_answer(&source.declared, SectionState::Pending)),
                    });
                }
                Ok(self.known.pop_front())
            }
        }
    }
}

#[derive(Debug)]
struct WaitingSource {
    source: Source,
    waiting: Waiting,
}

#[derive(Debug)]
struct Source {
    place: usize,
    declared: Arc<Declared>,
    earlier: Option<Earlier>,
}

impl Source {
    fn shown(&self, outcome: Outcome) -> (usize, Shown) {
        let earlier = |error| self.earlier.as_ref()?.instead_of(error);
        (self.place, outcome::of_call(&self.declared, outcome, earlier))
    }
}

impl Future for WaitingSource {
    /// `None` when the call was ended from outside, as at logout.
    type Output = Option<(usize, Shown)>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let arrived = std::task::ready!(Pin::new(&mut self.waiting).poll(context));
        Poll::Ready(arrived.map(|outcome| self.source.shown(outcome)))
    }
}
