//! What is told of the figures. What says how a source does is told exactly; what says something of citizens, whether sources
//! hold data about them, is told as a share, in steps, of days that are over and on which there were enough of them.

use std::collections::BTreeMap;

use overblik_widgets::{Date, SectionState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    days::{Days, Source},
    few_citizens::ENOUGH_CITIZENS,
    figures::{CallEnd, Figures, Measure},
    latency::{Percentile, percentile},
};

/// What a row covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A Danish calendar day.
    #[default]
    Day,
    /// A month, as far as it was asked for.
    Month,
}

/// Calls, by how they ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Calls {
    /// All of them: for everything that a source has about a citizen, or for more about one item of it.
    pub all: u64,
    /// With a usable answer.
    pub answered: u64,
    /// Without a whole answer within the time limit.
    pub timed_out: u64,
    /// Without a connection, or with an answer that the source failed.
    pub failed: u64,
    /// With an answer that cannot be read or breaks the contract.
    pub invalid: u64,
    /// With our credentials refused.
    pub refused: u64,
    /// By us, because nobody waited for them any more.
    pub ended: u64,
}

/// Sections that citizens were shown, by their state; `answered` is `ready` and `empty` together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sections {
    /// As the source answered, something or that there is nothing.
    pub answered: u64,
    /// Answered in part.
    pub partial: u64,
    /// With what was answered earlier, because the source failed.
    pub stale: u64,
    /// Not there yet when the page had to answer.
    pub pending: u64,
    /// As `calls`.
    pub timed_out: u64,
    /// As `calls`.
    pub failed: u64,
    /// As `calls`.
    pub invalid: u64,
    /// As `calls`.
    pub refused: u64,
    /// Not asked for now: closed, suspended, or resting after failures.
    pub suspended: u64,
    /// Not asked: the citizen would have to log in at a higher level.
    pub step_up_required: u64,
    /// Not asked: the citizen is outside the source's coverage.
    pub not_covered: u64,
}

/// Figures of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// `2026-11-26` or `2026-11`.
    pub period: String,
    /// The authority; none where all are added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The source; none where all are added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Calls to the source.
    pub calls: Calls,
    /// Milliseconds that half of the calls did not exceed, as the bound of a class; `over 30000` beyond the last.
    pub p50_ms: Option<Percentile>,
    /// The same for 95 per cent.
    pub p95_ms: Option<Percentile>,
    /// The same for 99 per cent.
    pub p99_ms: Option<Percentile>,
    /// Of the answers about a citizen, those with data, in per cent, in steps of 5; 5 stands for less too, 95 for more. Of days that
    /// are over and had at least ten citizens; none without such a day.
    pub with_data_per_cent: Option<u8>,
    /// Sections shown.
    pub sections: Sections,
    /// Of them, those shown as kept for the session, without a call.
    pub kept: u64,
}

/// What becomes a row.
#[derive(Default)]
struct Sum {
    figures: Figures,
    /// Answers of the days that may be told of, and those of them with data.
    answers: (u64, u64),
}

impl Sum {
    fn add(&mut self, figures: &Figures, is_over: bool) {
        self.figures.add(figures);
        if is_over && figures.get(Measure::CitizensAnswered) >= ENOUGH_CITIZENS {
            self.answers.0 = self.answers.0.saturating_add(figures.get(Measure::Whole));
            self.answers.1 = self.answers.1.saturating_add(figures.get(Measure::WithData));
        }
    }

    fn row(self, period: String, authority: Option<String>, source: Option<String>) -> Row {
        let figures = &self.figures;
        let call = |end| figures.get(Measure::Call(end));
        let section = |state| figures.get(Measure::Section(state));
        let (answers, with_data) = self.answers;
        Row {
            period,
            authority,
            source,
            calls: Calls {
                all: figures.calls(),
                answered: call(CallEnd::Answered),
                timed_out: call(CallEnd::TimedOut),
                failed: call(CallEnd::Failed),
                invalid: call(CallEnd::Invalid),
                refused: call(CallEnd::Refused),
                ended: call(CallEnd::Ended),
            },
            p50_ms: percentile(figures, 50),
            p95_ms: percentile(figures, 95),
            p99_ms: percentile(figures, 99),
            with_data_per_cent: share(with_data, answers),
            sections: Sections {
                answered: section(SectionState::Ready).saturating_add(section(SectionState::Empty)),
                partial: section(SectionState::Partial),
                stale: section(SectionState::Stale),
                pending: section(SectionState::Pending),
                timed_out: section(SectionState::TimedOut),
                failed: section(SectionState::Failed),
                invalid: section(SectionState::Invalid),
                refused: section(SectionState::Refused),
                suspended: section(SectionState::Suspended),
                step_up_required: section(SectionState::StepUpRequired),
                not_covered: section(SectionState::NotCovered),
            },
            kept: figures.get(Measure::Kept),
        }
    }
}

/// A part of a whole in per cent, to the nearest step of 5, and neither none nor all of it.
fn share(part: u64, whole: u64) -> Option<u8> {
    let steps = part.saturating_mul(20).saturating_add(whole / 2).checked_div(whole)?;
    u8::try_from(steps.clamp(1, 19) * 5).ok()
}

fn period(day: Date, by: By) -> String {
    match by {
        By::Day => day.to_string(),
        By::Month => day.strftime("%Y-%m").to_string(),
    }
}

/// A row for each period and source.
pub(super) fn by_source(days: &Days, by: By, today: Date) -> Vec<Row> {
    let mut sums: BTreeMap<(String, &Source), Sum> = BTreeMap::new();
    for (day, source, figures) in days.iter() {
        sums.entry((period(day, by), source)).or_default().add(figures, day < today);
    }
    let row = |((period, source), sum): ((String, &Source), Sum)| {
        sum.row(period, Some(source.authority.clone()), Some(source.slug.clone()))
    };
    sums.into_iter().map(row).collect()
}

/// A row for each period and authority.
pub(super) fn by_authority(days: &Days, by: By, today: Date) -> Vec<Row> {
    let mut sums: BTreeMap<(String, &str), Sum> = BTreeMap::new();
    for (day, source, figures) in days.iter() {
        sums.entry((period(day, by), &source.authority)).or_default().add(figures, day < today);
    }
    let row = |((period, authority), sum): ((String, &str), Sum)| sum.row(period, Some(authority.to_owned()), None);
    sums.into_iter().map(row).collect()
}

/// The row of a month for everybody, of all sources together, of days that are over: a day on which a source was asked about too few
/// citizens is not in it. None where that leaves nothing.
pub(super) fn for_everybody(month: Date, days: &Days, today: Date) -> Option<Row> {
    let told =
        days.iter().filter(|(day, _, figures)| *day < today && figures.get(Measure::CitizensAsked) >= ENOUGH_CITIZENS);
    let sum = told.fold(None, |sum: Option<Sum>, (_, _, figures)| {
        let mut sum = sum.unwrap_or_default();
        sum.add(figures, true);
        Some(sum)
    });
    Some(sum?.row(period(month, By::Month), None, None))
}
