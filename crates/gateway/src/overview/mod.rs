//! Orchestration: from who is asking to all sections of their overview.
//!
//! Law of this room: no HTTP server, no HTTP client, no store in it, and it cannot fail. Whatever a source does becomes
//! a section (law 3: a source's failure is data, not an error).
//!
//! 1. `plan` decides which sources of the `source_list` are asked, and by which version of their contracts; the others become
//!    sections at once. Of those that have an index (`crate::index`), whom it names.
//! 2. `kept` says what was answered earlier in the session, and whether it will do; what will is a section at once too, and
//!    so is a source that is not asked now, as its gate says.
//! 3. `fan_out` waits for the rest at the same time and hands out sections as they arrive, until the page deadline.
//! 4. `fetches` runs each call once, lets it outlive a page that had to answer, and ends it when nobody waits; `waiting` is
//!    a view's side of it. What a call brings is handed out and kept in `arrivals`, under its `section_key`: all that it
//!    depends on.
//! 5. `asking` asks one source, for all it has or for more about one item, which browsers know by an `item_id`; `answer` is
//!    what it said, written once; `outcome` makes the section of it, which is `shown` with the source's declaration,
//!    `declared`.
//!
//! `declaration` tells what would be asked, and asks nobody; `tried` shows a contract that is only tried.

mod answer;
mod arrivals;
mod asking;
mod collected;
mod declaration;
mod declared;
mod fan_out;
mod fetches;
mod item_id;
mod kept;
mod outcome;
mod plan;
mod section_key;
mod shown;
mod source_list;
#[cfg(test)]
mod tests;
mod tried;
mod waiting;
mod writing;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use overblik_connectors::{ConnectorSet, ItemKey, Pseudonym, SourceInfo, TraceContext};
use overblik_widgets::{Attention, Counts, Date, Language, SectionState, Summary};
use tokio::time::Instant;

use crate::{
    audit::{Trail, entry::Purpose},
    clock::Clock,
    index::Indexes,
    lateness::Lateness,
    session::{SectionCache, Viewing},
    statistics::Recorder,
    telemetry::{CallersSpan, Face, SureSpan, Traces, Underway},
};
pub use collected::Collected;
pub use declaration::Declaration;
use declared::Declared;
use fan_out::FanOut;
pub use fan_out::SessionOver;
pub use fetches::Fetches;
use fetches::Wanted;
use item_id::ItemIds;
pub use kept::Freshness;
use kept::Shelf;
use plan::Planned;
use section_key::ViewKey;
pub use shown::Shown;
pub use source_list::SourceList;
pub use tried::section_of_trial;

/// Makes overviews.
#[derive(Clone)]
pub struct OverviewService {
    /// Exchanged whole: what begins takes the list that is there, and keeps it.
    sources: Arc<RwLock<Arc<SourceList>>>,
    fetches: Fetches,
    recorder: Recorder,
    indexes: Indexes,
    traces: Traces,
    clock: Clock,
}

impl OverviewService {
    /// A service over the sources of a set, with a cache for what they answer, a recorder that counts it, and the trail of it.
    #[must_use]
    pub fn new(
        set: Arc<ConnectorSet>,
        cache: SectionCache,
        (recorder, audit): (Recorder, Trail),
        lateness: Arc<Lateness>,
        clock: Clock,
    ) -> Self {
        let indexes = Indexes::new(clock.clone());
        let sources = Arc::new(RwLock::new(Arc::new(SourceList::new(set, &recorder, indexes.clone()))));
        let fetches = Fetches::new(cache, audit, lateness, clock.clone());
        Self { sources, fetches, recorder, indexes, traces: Traces::default(), clock }
    }

    /// The same, which keeps traces there.
    #[must_use]
    pub(crate) fn with_traces(mut self, traces: Traces) -> Self {
        self.fetches.keep_traces(traces.clone());
        Self { traces, ..self }
    }

    /// What is kept of overviews for a collector.
    pub(crate) fn traces(&self) -> &Traces {
        &self.traces
    }

    /// The sources as they are now.
    #[must_use]
    pub fn sources(&self) -> Arc<SourceList> {
        // Under the lock one pointer is exchanged for another.
        Arc::clone(&self.sources.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes overviews of another set's sources from now on; those that have begun go on with theirs.
    pub fn exchange(&self, set: Arc<ConnectorSet>) {
        let list = Arc::new(self.sources().followed_by(set, &self.recorder));
        let exchange = || *self.sources.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&list);
        list.set().take_over(exchange);
    }

    /// Whom sources hold nothing about, as they say by now.
    pub(crate) fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    /// The running fetches, for ending those of a session.
    #[must_use]
    pub fn fetches(&self) -> &Fetches {
        &self.fetches
    }

    /// Starts asking every source that may be asked about this citizen, and of which nothing is kept that will do. Waiting
    /// for sections ends `deadline` from now.
    #[must_use]
    pub fn begin(&self, viewing: &Viewing, language: Language, freshness: Freshness, deadline: Duration) -> Begun {
        let planned = plan::plan(&self.sources(), &viewing.viewer);
        self.start(viewing, planned, &For::Overview, language, freshness, deadline)
    }

    /// The same, counted as shown so.
    #[must_use]
    pub(crate) fn begin_shown(
        &self,
        viewing: &Viewing,
        language: Language,
        freshness: Freshness,
        deadline: Duration,
        face: Face,
    ) -> Begun {
        let underway = Some(self.recorder.overviews().begun(face));
        let mut begun = self.begin(viewing, language, freshness, deadline);
        if let Some(recorded) = &mut begun.recorded {
            recorded.shown_as(face);
        }
        Begun { underway, ..begun }
    }

    /// The same for one source alone, by the same rules; `None` for one that does not exist, or not for this viewer.
    #[must_use]
    pub fn begin_section(
        &self,
        viewing: &Viewing,
        source: &str,
        language: Language,
        freshness: Freshness,
        deadline: Duration,
    ) -> Option<Begun> {
        let planned = self.plan_one(viewing, source)?;
        Some(self.start(viewing, vec![planned], &For::Section, language, freshness, deadline))
    }

    /// Starts asking one source for more about an item, by the id that this viewer was given; `None` for any other id.
    #[must_use]
    pub fn begin_item(
        &self,
        viewing: &Viewing,
        source: &str,
        id: &str,
        language: Language,
        deadline: Duration,
    ) -> Option<Begun> {
        let (planned, viewer) = (self.plan_one(viewing, source)?, &viewing.viewer);
        let item = {
            let source = planned.source();
            ItemIds::new(viewer, source).open(id).filter(|_| source.offers_detail && viewer.may_open_items())?
        };
        // Nothing is kept of items; but what came too late for the view that asked is there for this one.
        Some(self.start(viewing, vec![planned], &For::Item(item), language, Freshness::Kept, deadline))
    }

    fn plan_one(&self, viewing: &Viewing, source: &str) -> Option<Planned> {
        plan::plan_one(&self.sources(), &viewing.viewer, source)
    }

    fn start(
        &self,
        viewing: &Viewing,
        planned: Vec<Planned>,
        wanted_for: &For,
        language: Language,
        freshness: Freshness,
        deadline: Duration,
    ) -> Begun {
        let viewer = &viewing.viewer;
        let view = Arc::new(ViewKey::of(viewer, language));
        let answered_before = Shelf::new(viewing, &view, self.fetches.cache(), self.fetches.doubts(), &self.clock);
        let (started, now) = (Instant::now(), self.clock.moment());
        // Never one that came with the request: it would be somebody else's word in our calls (requirement R44).
        let (trace, recorded) = self.traces.begin(TraceContext::random(), wanted_for.name(), now.timestamp());
        let mut begun = Begun {
            underway: None,
            recorded,
            deadline,
            sources: Vec::with_capacity(planned.len()),
            is_about_item: wanted_for.item().is_some(),
            told: Vec::new(),
            fan_out: FanOut::new(started + deadline, self.fetches.session_over(viewer)),
            kept: 0,
            started_calls: false,
            started,
            today: now.date(),
            citizen: viewer.scope.subject().pseudonym.clone(),
            trace,
            clock: self.clock.clone(),
        };
        for (place, planned) in planned.into_iter().enumerate() {
            let declared = match planned {
                Planned::Skip(shown) => {
                    begun.sources.push(Arc::clone(&shown.declared));
                    begun.fan_out.add_known(place, shown);
                    continue;
                }
                Planned::Ask(declared) => declared,
            };
            begun.sources.push(Arc::clone(&declared));
            let suspension = declared.connector.gate().suspension(now.timestamp());
            // Whoever is shut out for what they said, or by an operator, is not shown either.
            let is_shut_out = suspension.as_ref().is_some_and(|suspension| !suspension.reason.stale_allowed());
            let earlier = match wanted_for.item() {
                None => answered_before.find(declared.source()).filter(|_| !is_shut_out),
                Some(_) => None,
            };
            let fresh = earlier.as_ref().filter(|_| freshness != Freshness::Anew).and_then(kept::Earlier::fresh);
            if let Some(answer) = fresh {
                begun.kept += 1;
                declared.counters.kept();
                begun.fan_out.add_known(place, outcome::with_answer(&declared, answer));
                continue;
            }
            if let Some(suspension) = suspension {
                // There at once: nobody waits to hear that nobody is asked.
                begun.fan_out.add_known(place, outcome::of_suspension(&declared, suspension, earlier.as_ref(), now));
                continue;
            }
            let (item, purpose) = (wanted_for.item().cloned(), wanted_for.purpose(freshness));
            let wanted = Wanted { declared: &declared, view: &view, language, trace, freshness, item, purpose };
            let (waiting, has_started) = self.fetches.join_or_start(viewer, wanted);
            begun.started_calls |= has_started;
            begun.fan_out.add_waiting(place, declared, earlier, waiting);
        }
        begun.told.resize_with(begun.sources.len(), || None);
        begun
    }
}

/// What sources are asked for.
enum For {
    Overview,
    Section,
    /// More about this one.
    Item(ItemKey),
}

impl For {
    fn item(&self) -> Option<&ItemKey> {
        match self {
            Self::Item(item) => Some(item),
            Self::Overview | Self::Section => None,
        }
    }

    /// As traces call it.
    fn name(&self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Section => "section",
            Self::Item(_) => "item",
        }
    }

    /// As the audit trail calls it.
    fn purpose(&self, freshness: Freshness) -> Purpose {
        match self {
            Self::Overview | Self::Section if freshness == Freshness::Background => Purpose::Background,
            Self::Overview => Purpose::Overview,
            Self::Section => Purpose::Section,
            Self::Item(_) => Purpose::Item,
        }
    }
}

/// An overview that is being put together.
#[derive(Debug)]
pub struct Begun {
    /// Counts it, if it is a whole overview.
    underway: Option<Underway>,
    /// Its part of the trace, if one is kept.
    recorded: Option<SureSpan>,
    /// How long is waited.
    deadline: Duration,
    sources: Vec<Arc<Declared>>,
    /// Whether it is more about one item, and not a section.
    is_about_item: bool,
    /// Of each section that was handed out, in the order of the page, what the end tells of it.
    told: Vec<Option<Told>>,
    fan_out: FanOut,
    /// Sections that are shown as they were kept.
    kept: usize,
    started_calls: bool,
    started: Instant,
    /// What is due and what is overdue is told as of this day.
    today: Date,
    /// About whom, as operators know them: by that name they end a citizen's sessions.
    citizen: Pseudonym,
    trace: TraceContext,
    clock: Clock,
}

/// What is left of a section that was handed out: a stream that waits for a slow source does not hold what the others said.
#[derive(Debug)]
struct Told {
    state: SectionState,
    attention: Vec<Attention>,
}

impl Begun {
    /// The sources listed, in the order of the page.
    pub fn sources(&self) -> impl Iterator<Item = &SourceInfo> {
        self.sources.iter().map(|declared| &**declared.source())
    }

    /// Whoever asked has a trace of its own, and this is where in it they asked.
    pub(crate) fn called_from(&mut self, caller: CallersSpan) {
        if let Some(recorded) = &mut self.recorded {
            recorded.called_from(caller);
        }
    }

    /// Whether any source was asked for it. If none was, all of it came with the session, and there is nothing that a
    /// logout could have missed.
    #[must_use]
    pub fn started_calls(&self) -> bool {
        self.started_calls
    }

    /// The next section to arrive; `None` when all have. Those that nobody has to wait for come first.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ended meanwhile; then nothing more may be shown, nor what arrived before.
    pub async fn next(&mut self) -> Result<Option<Shown>, SessionOver> {
        Ok(self.next_in_place().await?.map(|(_, shown)| shown))
    }

    async fn next_in_place(&mut self) -> Result<Option<(usize, Shown)>, SessionOver> {
        let Some((place, shown)) = self.fan_out.next().await? else { return Ok(None) };
        let shown = if self.is_about_item {
            outcome::of_item(shown)
        } else {
            shown.declared.counters.section(shown.state);
            shown
        };
        if let Some(told) = self.told.get_mut(place) {
            *told = Some(Told { state: shown.state(), attention: shown.attention(self.today) });
        }
        Ok(Some((place, shown)))
    }

    /// What became of each source so far, in the order of the page.
    pub fn told(&self) -> impl Iterator<Item = (&SourceInfo, SectionState)> {
        self.sources().zip(&self.told).filter_map(|(source, told)| Some((source, told.as_ref()?.state)))
    }

    /// What the sections that were handed out add up to.
    #[must_use]
    pub fn finish(&mut self) -> Summary {
        let states: Vec<SectionState> = self.told().map(|(_, state)| state).collect();
        let attention = self.told.iter_mut().flatten().flat_map(|told| std::mem::take(&mut told.attention)).collect();
        let summary = Summary::new(&states, attention, self.clock.moment());
        let Counts { asked, answered, pending, failed, not_asked } = summary.counts;
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (kept, trace, deadline_met, citizen) = (self.kept, self.trace, summary.deadline_met, &self.citizen);
        if let Some(mut underway) = self.underway.take() {
            underway.ended(summary.complete, !deadline_met, self.started.elapsed(), self.deadline);
        }
        if let Some(recorded) = self.recorded.take() {
            recorded.ended(&summary.counts, kept, deadline_met);
        }
        tracing::info!(
            asked,
            answered,
            kept,
            pending,
            failed,
            not_asked,
            deadline_met,
            duration_ms,
            %trace,
            %citizen,
            "overview answered"
        );
        summary
    }

    /// Waits for the only section, at most until its deadline.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ended meanwhile, or there is none.
    pub async fn only(mut self) -> Result<Shown, SessionOver> {
        self.next().await?.ok_or(SessionOver)
    }

    /// Waits for all sections, at most until the page deadline.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ended meanwhile.
    pub async fn collect(mut self) -> Result<Collected, SessionOver> {
        let mut sections = Vec::with_capacity(self.sources.len());
        while let Some(section) = self.next_in_place().await? {
            sections.push(section);
        }
        sections.sort_unstable_by_key(|(place, _)| *place);
        Ok(Collected { summary: self.finish(), sections: sections.into_iter().map(|(_, shown)| shown).collect() })
    }
}
