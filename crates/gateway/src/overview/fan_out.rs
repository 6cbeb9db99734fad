//! All sources at once: sections as they arrive, until the page deadline.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{StreamExt, stream::FuturesUnordered};
use overblik_connectors::SourceInfo;
use overblik_widgets::{Section, SectionState};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{outcome, waiting::Waiting};

/// The session ended while its overview was on the way. Nothing more of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOver;

/// Sections of one overview on their way. Dropping it ends the calls that nobody else waits for.
#[derive(Debug)]
pub(super) struct FanOut {
    known: VecDeque<Section>,
    waiting: FuturesUnordered<WaitingSource>,
    deadline: Instant,
    session_over: Arc<CancellationToken>,
}

impl FanOut {
    pub(super) fn new(deadline: Instant, session_over: Arc<CancellationToken>) -> Self {
        Self { known: VecDeque::new(), waiting: FuturesUnordered::new(), deadline, session_over }
    }

    pub(super) fn add_known(&mut self, section: Section) {
        self.known.push_back(section);
    }

    pub(super) fn add_waiting(&mut self, source: Arc<SourceInfo>, waiting: Waiting) {
        self.waiting.push(WaitingSource { source, waiting });
    }

    /// The next section; `None` when all have been handed out. At the page deadline every source that has not answered
    /// becomes `pending`, and its call goes on without us.
    pub(super) async fn next(&mut self) -> Result<Option<Section>, SessionOver> {
        if self.session_over.is_cancelled() {
            return Err(SessionOver);
        }
        if let Some(section) = self.known.pop_front() {
            return Ok(Some(section));
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        match tokio::time::timeout_at(self.deadline, self.waiting.next()).await {
            Ok(Some(Some(section))) if !self.session_over.is_cancelled() => Ok(Some(Arc::unwrap_or_clone(section))),
            // A call that was ended from outside was ended with its session.
            Ok(Some(_)) => Err(SessionOver),
            Ok(None) => Ok(None),
            Err(_elapsed) => {
                for WaitingSource { source, waiting } in std::mem::take(&mut self.waiting) {
                    let arrived = waiting.leave_running().map(Arc::unwrap_or_clone);
                    let pending = || outcome::without_answer(&source, SectionState::Pending);
                    self.known.push_back(arrived.unwrap_or_else(pending));
                }
                Ok(self.known.pop_front())
            }
        }
    }
}

#[derive(Debug)]
struct WaitingSource {
    source: Arc<SourceInfo>,
    waiting: Waiting,
}

impl Future for WaitingSource {
    type Output = Option<Arc<Section>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.waiting).poll(context)
    }
}
