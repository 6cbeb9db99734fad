//! More about one item: what a contract says of asking for it, and which items it may be asked about.

use std::time::Duration;

use super::fetch::Plan;
use crate::{citizen::Cpr, connector::Fetched, item_key::ItemKey};

/// Everything that a contract says about asking more about an item.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) plan: Plan,
    /// Its own time limit, within the source's.
    pub(crate) timeout: Option<Duration>,
}

impl Detail {
    /// Whether an item of a citizen's may be asked about by its key.
    pub(super) fn takes(&self, key: &ItemKey, cpr: &Cpr) -> bool {
        self.plan.requests.iter().all(|request| request.template.takes(key, cpr))
    }

    /// Leaves out of an answer the keys that nothing may be asked by: no way is shown that leads nowhere.
    pub(super) fn keep_usable_keys(&self, fetched: &mut Fetched, cpr: &Cpr) {
        for key in &mut fetched.keys {
            if key.as_ref().is_some_and(|known| !self.takes(known, cpr)) {
                *key = None;
            }
        }
    }
}
