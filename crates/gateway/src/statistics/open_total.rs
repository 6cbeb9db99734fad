//! What everybody is told: all sources together, by month. It is added up beside the requests, and those are answered with what is
//! there: nobody makes this process read by asking.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp, ToSpan};
use overblik_widgets::Date;

use super::{
    days::oldest_kept,
    statement::{Row, for_everybody},
    store::Store,
};
use crate::clock::Clock;

/// How often it is added up anew within a day: other instances hand in what they counted a little later.
const RENEWED_EVERY: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Default)]
pub(super) struct OpenTotal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rows: Option<Arc<Vec<Row>>>,
    /// Months before the last, which do not change any more.
    months: BTreeMap<Date, Option<Row>>,
    /// On which day, and when.
    added_up: Option<(Date, Timestamp)>,
}

impl OpenTotal {
    /// The months, if they have been added up.
    pub(super) fn rows(&self) -> Option<Arc<Vec<Row>>> {
        self.state().rows.clone()
    }

    /// Adds up anew, where it is due. What cannot be read now is as it was, and is read the next time.
    pub(super) async fn renew(&self, store: &Store, clock: &Clock) {
        let (now, today) = (clock.now(), clock.moment().date());
        let is_due = |(day, at): (Date, Timestamp)| day != today || now.duration_since(at) >= RENEWED_EVERY;
        let mut months = {
            let state = self.state();
            if !state.added_up.is_none_or(is_due) {
                return;
            }
            state.months.clone()
        };
        let oldest = oldest_kept(today);
        let last_month = today.first_of_month().saturating_sub(1.month());
        months.retain(|month, _| (oldest..last_month).contains(month));
        for month in oldest.series(1.month()).take_while(|month| *month <= today) {
            if months.contains_key(&month) {
                continue;
            }
            // Days that are over.
            let end = month.last_of_month().min(today.saturating_sub(1.day()));
            let Ok(days) = store.between((month, end), |_| true).await else { return };
            months.insert(month, for_everybody(month, &days, today));
        }
        let mut state = self.state();
        state.rows = Some(Arc::new(months.values().flatten().cloned().collect()));
        state.months = months;
        state.added_up = Some((today, now));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
