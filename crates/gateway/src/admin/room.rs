//! Room for whatever runs or looks at contracts: so much at once, and one thing for each authority, so that none waits for another's.

use std::sync::Arc;

use overblik_registry::Side;

use super::{AdminRefusal, error::AdminError};
use crate::edge::tally::{Taken, Tally};

pub(super) struct Room {
    all: Arc<Tally<()>>,
    sides: Arc<Tally<Side>>,
}

/// A place, for as long as it lives.
pub(super) struct Place {
    _all: Taken<()>,
    _side: Taken<Side>,
}

impl Room {
    pub(super) fn new(at_once: u32) -> Self {
        Self { all: Tally::new(Some(at_once)), sides: Tally::new(Some(1)) }
    }

    /// A place for somebody's test.
    ///
    /// # Errors
    /// [`AdminRefusal::Busy`].
    pub(super) fn take(&self, side: &Side) -> Result<Place, AdminError> {
        let side = self.sides.take(side.clone()).ok_or(AdminRefusal::Busy)?;
        Ok(Place { _side: side, _all: self.all.take(()).ok_or(AdminRefusal::Busy)? })
    }
}

#[cfg(test)]
mod tests {
    use overblik_registry::Slug;

    use super::*;

    #[test]
    fn r73_no_authority_takes_all_places() {
        let authority = |name: &str| Side::Authority(Slug::parse(name).expect("a name"));
        let room = Room::new(2);
        let one = room.take(&authority("one")).expect("a place");
        assert!(room.take(&authority("one")).is_err(), "one each");
        let operator = room.take(&Side::Operator).expect("a place");
        assert!(room.take(&authority("other")).is_err(), "two in all");
        drop(operator);
        let other = room.take(&authority("other")).expect("a place");
        drop((one, other));
        assert!(room.take(&authority("one")).is_ok() && room.take(&authority("other")).is_ok());
    }
}
