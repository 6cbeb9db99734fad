//! All sources at once: sections as they arrive, until the page deadline.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{StreamExt, stream::FuturesUnordered};
use overblik_connectors::{ConnectorError, SourceInfo};
use overblik_widgets::{Section, SectionState};
use tokio::time::Instant;

use super::{fetches::Waiting, outcome};
use crate::clock::Clock;

/// Sections of one overview on their way. Dropping it ends the calls that nobody else waits for.
#[derive(Debug)]
pub struct FanOut {
    known: VecDeque<Section>,
    waiting: FuturesUnordered<WaitingSource>,
    deadline: Instant,
    clock: Clock,
}

impl FanOut {
    pub(super) fn new(deadline: Instant, clock: Clock) -> Self {
        Self { known: VecDeque::new(), waiting: FuturesUnordered::new(), deadline, clock }
    }

    pub(super) fn add_known(&mut self, section: Section) {
        self.known.push_back(section);
    }

    pub(super) fn add_waiting(&mut self, source: SourceInfo, waiting: Waiting) {
        self.waiting.push(WaitingSource { source, waiting });
    }

    /// The next section. At the page deadline every source that has not answered becomes `pending`, and its call goes
    /// on without us.
    pub(super) async fn next(&mut self) -> Option<Section> {
        if let Some(section) = self.known.pop_front() {
            return Some(section);
        }
        if self.waiting.is_empty() {
            return None;
        }
        match tokio::time::timeout_at(self.deadline, self.waiting.next()).await {
            Ok(arrived) => arrived.map(|(source, section)| {
                // The call was ended from outside: the session is over, and nothing of it is shown.
                section.unwrap_or_else(|| {
                    outcome::of_fetch(&source, Err(ConnectorError::Unreachable), self.clock.moment())
                })
            }),
            Err(_elapsed) => {
                for WaitingSource { source, waiting } in std::mem::take(&mut self.waiting) {
                    waiting.leave_running();
                    self.known.push_back(outcome::without_answer(&source, SectionState::Pending));
                }
                self.known.pop_front()
            }
        }
    }
}

#[derive(Debug)]
struct WaitingSource {
    source: SourceInfo,
    waiting: Waiting,
}

impl Future for WaitingSource {
    type Output = (SourceInfo, Option<Section>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let section = std::task::ready!(Pin::new(&mut self.waiting).poll(context));
        Poll::Ready((self.source.clone(), section))
    }
}
