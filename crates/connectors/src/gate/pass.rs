//! Being let in at a source, and waiting for it. Whatever becomes of whoever holds one of these, the room is given back.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures::FutureExt;
use tokio::{sync::oneshot, time::Instant};

use super::{Gate, breaker::Lesson, line::Call, pace::Reply};
use crate::error::ConnectorError;

/// On what terms somebody was let in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// The breaker's era then.
    pub(super) era: u64,
    /// How often the source had been stopped by then.
    pub(super) stops: u64,
    pub(super) begun: Instant,
}

/// Room at a source. Dropped without a word, it says nothing of the source: somebody gave up, or our own code failed.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    pub(super) ticket: Ticket,
    is_returned: bool,
}

impl<'a> Pass<'a> {
    pub(super) fn new(gate: &'a Gate, ticket: Ticket) -> Self {
        Self { gate, ticket, is_returned: false }
    }

    /// Gives the room back and tells what was learnt.
    ///
    /// # Errors
    /// If the source was stopped since: then the answer must not be used, even if it is asked again by now.
    pub(super) fn give_back(mut self, lesson: Lesson, reply: Option<Reply>) -> Result<(), ConnectorError> {
        self.is_returned = true;
        self.gate.leave(self.ticket, lesson, reply, Instant::now())
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.is_returned {
            // Whether the answer may be used is nobody's question any more.
            let _usable = self.gate.leave(self.ticket, Lesson::Nothing, None, Instant::now());
        }
    }
}

/// A place in the line. Dropped, it is given up; if the call had come already, the room goes to the next.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    gate: &'a Gate,
    number: u64,
    call: oneshot::Receiver<Call>,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(gate: &'a Gate, number: u64, call: oneshot::Receiver<Call>) -> Self {
        Self { gate, number, call }
    }
}

impl<'a> Future for Waiting<'a> {
    type Output = Result<Pass<'a>, ConnectorError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waiting = self.get_mut();
        waiting.call.poll_unpin(context).map(|call| match call {
            Ok(called) => called.map(|ticket| Pass::new(waiting.gate, ticket)),
            // The line belongs to the gate and lives as long, so nobody is forgotten in it.
            Err(_forgotten) => Err(ConnectorError::Crowded),
        })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // From here on no call is heard; one that came before is.
        self.call.close();
        match self.call.try_recv() {
            Ok(Ok(ticket)) => drop(Pass::new(self.gate, ticket)),
            Ok(Err(_)) => {}
            Err(_) => self.gate.give_up(self.number),
        }
    }
}
