//! What becomes of what a call brought: it is handed to everybody who waits, and then kept, or left for a view to come.

use std::{sync::Arc, time::Duration};

use overblik_connectors::{Kept, SourceInfo};
use overblik_widgets::AssuranceLevel;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    answer::Answer,
    fetches::{Entry, Fetches},
    outcome::Outcome,
    section_key::{self, SectionKey, ViewKey},
};
use crate::session::{SealedSection, SessionKey, Viewer};

/// How long an answer that is being kept can be had from here: a view that began meanwhile did not find it yet.
const WHILE_BEING_KEPT: Duration = Duration::from_secs(1);
/// How long an answer that may not be kept, and came too late for its page, waits for a view to read it.
const LATE_ANSWER_WAITS: Duration = Duration::from_mins(1);
/// The same for a failure: long enough to be told, short enough that trying again soon asks again.
const LATE_FAILURE_WAITS: Duration = Duration::from_secs(5);

/// A call, and whom it is for.
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) key: SectionKey,
    /// What its calls belong to.
    pub(super) session: SessionKey,
    pub(super) over: Arc<CancellationToken>,
    pub(super) viewer: Viewer,
    pub(super) view: Arc<ViewKey>,
}

impl Fetches {
    /// Hands an outcome out, and then keeps it if it may be kept.
    pub(super) async fn deliver(&self, call: &Call, source: &SourceInfo, outcome: Outcome) {
        if matches!(&outcome, Outcome::Failed(error) if error.cuts_off()) {
            self.doubt(source);
        }
        let may_be_kept = self.hand_out(call, source, &outcome);
        if let Outcome::Answered(answer) = outcome
            && may_be_kept
        {
            self.keep(call, source, &answer).await;
        }
    }

    /// What the source said to others before it mixed up two persons cannot be trusted either.
    fn doubt(&self, source: &SourceInfo) {
        self.doubts().raise(&source.slug, self.clock.now());
        for other in self.lock().values_mut() {
            other.entries.retain(|key, entry| key.source != source.slug || matches!(entry, Entry::Running(_)));
        }
        self.cache().drop_source(&source.slug);
    }

    /// Hands an outcome to everybody who waits for it; whether it may be kept.
    fn hand_out(&self, call: &Call, source: &SourceInfo, outcome: &Outcome) -> bool {
        let mut sessions = self.lock();
        // A session that was forgotten meanwhile has no entry, and an aborted call may find its successor's.
        let Some(session) = sessions.get_mut(&call.session) else { return false };
        let entries = &mut session.entries;
        if !matches!(entries.get(&call.key), Some(Entry::Running(running)) if running.call == call.number) {
            return false;
        }
        let Some(Entry::Running(running)) = entries.remove(&call.key) else { return false };
        let mut reached_somebody = false;
        for sender in running.waiting.into_values() {
            reached_somebody |= sender.send(outcome.clone()).is_ok();
        }
        // More about an item is asked for each time it is opened: what is kept is read with every request of the session.
        let is_kept = self.cache().keeps() && call.key.item.is_none();
        let kept = if is_kept { source.kept } else { Kept::NOT };
        let may_be_kept = matches!(outcome, Outcome::Answered(answer) if answer.may_be_kept(kept));
        session.keeps |= may_be_kept;
        let is_soon_found = may_be_kept && !kept.fresh.is_zero();
        if let Some(time) = waits(outcome, source.level, is_soon_found, reached_somebody) {
            let (outcome, until) = (outcome.clone(), Instant::now() + time);
            entries.insert(call.key.clone(), Entry::Arrived { outcome, until, number: self.number() });
        }
        may_be_kept
    }

    /// Seals an answer for the one it is about, and keeps it.
    async fn keep(&self, call: &Call, source: &SourceInfo, answer: &Answer) {
        if !self.doubts().spare(&source.slug, answer) {
            return;
        }
        let keys = call.view.keys(&call.viewer);
        let name = section_key::name(&keys, source);
        let sealed = keys.seal(&name, answer.to_contents(&call.viewer, source));
        let section = SealedSection { name, source: source.slug.clone(), sealed };
        self.cache().keep(&call.viewer, &call.over, section).await;
    }
}

/// How long an outcome waits here after it was handed out. Data of the highest level do not wait at all (requirement R51).
fn waits(outcome: &Outcome, level: AssuranceLevel, is_soon_found: bool, reached_somebody: bool) -> Option<Duration> {
    match outcome {
        _ if is_soon_found => Some(WHILE_BEING_KEPT),
        _ if reached_somebody => None,
        Outcome::Failed(_) => Some(LATE_FAILURE_WAITS),
        Outcome::Answered(_) => (level < AssuranceLevel::High).then_some(LATE_ANSWER_WAITS),
    }
}
