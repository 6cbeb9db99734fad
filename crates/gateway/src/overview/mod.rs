//! Orchestration: from who is asking to all sections of their overview.
//!
//! Law of this room: no HTTP server, no HTTP client, no store in it, and it cannot fail. Whatever a source does becomes
//! a section (law 3: a source's failure is data, not an error).
//!
//! 1. `plan` decides which sources are asked; the others become sections at once.
//! 2. `fan_out` waits for them all at the same time and hands out sections as they arrive, until the page deadline.
//! 3. `fetches` runs each call once, lets it outlive a page that had to answer, and ends it when nobody waits;
//!    `waiting` is a view's side of it.
//! 4. `asking` asks one source; `outcome` makes the section of what came of it.

mod asking;
mod fan_out;
mod fetches;
mod outcome;
mod plan;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod tests;
mod waiting;

use std::{sync::Arc, time::Duration};

use overblik_connectors::{Registry, SourceInfo, TraceContext};
use overblik_widgets::{Counts, Language, Overview, Section};
use tokio::time::Instant;

use crate::{clock::Clock, session::Viewer};
use fan_out::FanOut;
pub use fan_out::SessionOver;
pub use fetches::Fetches;
use plan::Planned;

/// Makes overviews.
#[derive(Clone)]
pub struct OverviewService {
    registry: Arc<Registry>,
    fetches: Fetches,
    clock: Clock,
}

impl OverviewService {
    /// A service over the sources of a registry.
    #[must_use]
    pub fn new(registry: Arc<Registry>, clock: Clock) -> Self {
        Self { registry, fetches: Fetches::new(clock.clone()), clock }
    }

    /// The running fetches, for ending those of a session.
    #[must_use]
    pub fn fetches(&self) -> &Fetches {
        &self.fetches
    }

    /// Starts asking every source that may be asked about this citizen. Waiting for sections ends `deadline` from now.
    #[must_use]
    pub fn begin(&self, viewer: &Viewer, language: Language, deadline: Duration) -> Begun {
        let planned = plan::plan(self.registry.connectors(), &viewer.scope);
        let sources = planned.iter().map(|planned| Arc::clone(planned.source())).collect();
        let started = Instant::now();
        // Never one that came with the request: it would be somebody else's word in our calls (requirement R44).
        let trace = TraceContext::random();
        let mut fan_out = FanOut::new(started + deadline, self.fetches.session_over(viewer));
        for planned in planned {
            match planned {
                Planned::Skip(skipped) => fan_out.add_known(skipped.section),
                Planned::Ask(connector) => {
                    let source = Arc::clone(connector.source());
                    fan_out.add_waiting(source, self.fetches.join_or_start(viewer, connector, language, trace));
                }
            }
        }
        Begun { sources, fan_out, started, trace, clock: self.clock.clone() }
    }
}

/// An overview that is being put together.
#[derive(Debug)]
pub struct Begun {
    /// The sources listed, in the order of the page.
    pub sources: Vec<Arc<SourceInfo>>,
    fan_out: FanOut,
    started: Instant,
    trace: TraceContext,
    clock: Clock,
}

impl Begun {
    /// The next section to arrive; `None` when all have.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ended meanwhile; then nothing more may be shown, nor what arrived before.
    pub async fn next(&mut self) -> Result<Option<Section>, SessionOver> {
        self.fan_out.next().await
    }

    /// The overview of sections that arrived, in the order of the page.
    #[must_use]
    pub fn finish(&self, mut sections: Vec<Section>) -> Overview {
        let position = |section: &Section| self.sources.iter().position(|source| source.slug == section.source);
        sections.sort_by_key(position);
        let overview = Overview::new(sections, self.clock.moment());
        let Counts { asked, answered, pending, failed, not_asked } = overview.counts;
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let trace = self.trace;
        tracing::info!(asked, answered, pending, failed, not_asked, duration_ms, %trace, "overview answered");
        overview
    }

    /// Waits for all sections, at most until the page deadline.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ended meanwhile.
    pub async fn collect(mut self) -> Result<Overview, SessionOver> {
        let mut sections = Vec::with_capacity(self.sources.len());
        while let Some(section) = self.next().await? {
            sections.push(section);
        }
        Ok(self.finish(sections))
    }
}
