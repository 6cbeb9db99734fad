//! Values that can be fetched once, for a while, by whoever holds the ticket.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::secret::{self, NoRandomness};

/// The most tickets of one kind at a time; the oldest go first.
const MOST_TICKETS: usize = 1000;

/// Tickets of one kind.
pub(crate) struct Tickets<T> {
    lifetime: SignedDuration,
    issued: Mutex<VecDeque<Issued<T>>>,
}

struct Issued<T> {
    ticket: String,
    expires: Timestamp,
    value: T,
}

impl<T> Tickets<T> {
    pub(crate) fn lasting(lifetime: SignedDuration) -> Self {
        Self { lifetime, issued: Mutex::default() }
    }

    /// The unexpired tickets.
    fn current(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<Issued<T>>> {
        // A panic elsewhere cannot leave the queue half-changed.
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|entry| entry.expires > now);
        issued
    }

    /// Issues a ticket for a value.
    pub(crate) fn issue(&self, value: T, now: Timestamp) -> Result<String, NoRandomness> {
        let ticket = secret::random()?;
        let expires = now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let mut issued = self.current(now);
        if issued.len() == MOST_TICKETS {
            issued.pop_front();
        }
        issued.push_back(Issued { ticket: ticket.clone(), expires, value });
        Ok(ticket)
    }

    /// Looks at the value; the ticket stays.
    pub(crate) fn look(&self, ticket: &str, now: Timestamp) -> Option<T>
    where
        T: Clone,
    {
        let issued = self.current(now);
        let found = issued.iter().find(|entry| secret::equal(entry.ticket.as_bytes(), ticket.as_bytes()));
        found.map(|entry| entry.value.clone())
    }

    /// Fetches the value; the ticket is used up.
    pub(crate) fn redeem(&self, ticket: &str, now: Timestamp) -> Option<T> {
        let mut issued = self.current(now);
        let position = issued.iter().position(|entry| secret::equal(entry.ticket.as_bytes(), ticket.as_bytes()))?;
        issued.remove(position).map(|entry| entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_ticket_works_once() {
        let tickets = Tickets::lasting(SignedDuration::from_secs(60));
        let ticket = tickets.issue("value", START).expect("a ticket");
        assert_eq!(tickets.redeem("another", START), None);
        assert_eq!(tickets.redeem(&ticket, START), Some("value"));
        assert_eq!(tickets.redeem(&ticket, START), None);
    }

    #[test]
    fn a_ticket_works_for_its_lifetime() {
        let tickets = Tickets::lasting(SignedDuration::from_secs(60));
        let (first, second) = (tickets.issue(1, START), tickets.issue(2, START));
        let late = START + SignedDuration::from_secs(59);
        let too_late = START + SignedDuration::from_secs(60);
        assert_eq!(tickets.redeem(&first.expect("a ticket"), late), Some(1));
        assert_eq!(tickets.redeem(&second.expect("a ticket"), too_late), None);
    }

    #[test]
    fn the_oldest_ticket_makes_room() {
        let tickets = Tickets::lasting(SignedDuration::from_secs(60));
        let oldest = tickets.issue(0, START).expect("a ticket");
        let newest = (0..MOST_TICKETS).map(|value| tickets.issue(value, START).expect("a ticket")).last();
        assert_eq!(tickets.redeem(&oldest, START), None);
        assert_eq!(tickets.redeem(&newest.expect("many tickets"), START), Some(MOST_TICKETS - 1));
    }
}
