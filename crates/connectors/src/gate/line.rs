//! Who waits for room at a source: first come, first served, and no more than agreed.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::pass::Ticket;
use crate::error::ConnectorError;

/// What somebody in line waits for: to be let in, or to hear that nobody is any more.
pub(super) type Call = Result<Ticket, ConnectorError>;

/// The waiting line.
#[derive(Debug)]
pub(super) struct Line {
    places: VecDeque<Place>,
    longest: usize,
    next: u64,
}

#[derive(Debug)]
struct Place {
    number: u64,
    call: oneshot::Sender<Call>,
}

impl Line {
    pub(super) fn new(longest: usize) -> Self {
        Self { places: VecDeque::new(), longest, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A place at the end, if there is one.
    pub(super) fn join(&mut self) -> Option<(u64, oneshot::Receiver<Call>)> {
        if self.places.len() >= self.longest {
            return None;
        }
        let (call, receiver) = oneshot::channel();
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.places.push_back(Place { number, call });
        Some((number, receiver))
    }

    /// Gives up a place, if it is still held.
    pub(super) fn leave(&mut self, number: u64) {
        self.places.retain(|place| place.number != number);
    }

    /// Calls the first who still waits. Says whether somebody heard it.
    pub(super) fn call_first(&mut self, ticket: Ticket) -> bool {
        while let Some(place) = self.places.pop_front() {
            if place.call.send(Ok(ticket)).is_ok() {
                return true;
            }
        }
        false
    }

    /// Sends everybody away.
    pub(super) fn dismiss(&mut self, why: ConnectorError) {
        for place in self.places.drain(..) {
            // Who left meanwhile need not be told.
            let _told = place.call.send(Err(why));
        }
    }
}
