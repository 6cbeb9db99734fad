//! What a party was sent, for tests that must know what left the gateway.

use std::{collections::VecDeque, sync::Arc};

use http::{HeaderMap, Method, Uri, header::REFERER};
use tokio::sync::watch;

/// How many requests a party remembers; the oldest go first.
pub const REMEMBERED: usize = 1000;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being answered.
    InFlight,
    /// The whole answer was handed to the connection.
    Answered,
    /// The connection ended before the answer was complete: the caller left, or the party cut it.
    Aborted,
}

/// One request as a party saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The absolute URI: the party's origin, the path and the query.
    pub uri: String,
    /// The `Referer` header, where one was sent.
    pub referer: Option<String>,
    /// The headers of W3C Trace Context and Baggage.
    pub trace: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
}

#[derive(Default)]
struct Record {
    /// The sequence number of the oldest remembered request.
    first: usize,
    requests: VecDeque<Received>,
    in_flight: usize,
}

/// Writes down what one party receives.
#[derive(Clone)]
pub(crate) struct Recorder {
    origin: Arc<str>,
    record: Arc<watch::Sender<Record>>,
}

impl Recorder {
    pub(crate) fn new(origin: &str) -> Self {
        Self { origin: origin.into(), record: Arc::new(watch::Sender::new(Record::default())) }
    }

    /// Writes down a request as it arrives.
    pub(crate) fn begin(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Answering {
        let request = Received {
            method: method.clone(),
            uri: format!("{}{uri}", self.origin),
            referer: headers.get(REFERER).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            trace: ["traceparent", "tracestate", "baggage"]
                .into_iter()
                .flat_map(|name| headers.get_all(name))
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect(),
            outcome: Outcome::InFlight,
        };
        let mut sequence = 0;
        self.record.send_modify(|record| {
            sequence = record.first + record.requests.len();
            record.requests.push_back(request);
            record.in_flight += 1;
            if record.requests.len() > REMEMBERED {
                record.requests.pop_front();
                record.first += 1;
            }
        });
        Answering { recorder: self.clone(), sequence, outcome: Outcome::Aborted }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.record.borrow().requests.iter().cloned().collect()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.record.borrow().in_flight
    }

    /// Waits until the remembered requests meet a condition, and returns them.
    pub(crate) async fn received_when(&self, condition: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let mut changes = self.record.subscribe();
        loop {
            changes.mark_unchanged();
            let received = self.received();
            if condition(&received) {
                return received;
            }
            if changes.changed().await.is_err() {
                return received;
            }
        }
    }
}

/// A request that is being answered. Dropped before [`Answering::done`], it counts as aborted.
pub(crate) struct Answering {
    recorder: Recorder,
    sequence: usize,
    outcome: Outcome,
}

impl Answering {
    /// The whole answer was handed over.
    pub(crate) fn done(mut self) {
        self.outcome = Outcome::Answered;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.recorder.record.send_modify(|record| {
            record.in_flight = record.in_flight.saturating_sub(1);
            let index = self.sequence.checked_sub(record.first);
            if let Some(request) = index.and_then(|index| record.requests.get_mut(index)) {
                request.outcome = self.outcome;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(recorder: &Recorder, path: &str) -> Answering {
        recorder.begin(&Method::GET, &path.parse().expect("a path"), &HeaderMap::new())
    }

    #[test]
    fn the_record_is_bounded_and_keeps_the_newest() {
        let recorder = Recorder::new("http://party.example");
        let oldest = begin(&recorder, "/oldest");
        for number in 0..REMEMBERED {
            begin(&recorder, &format!("/{number}")).done();
        }
        let received = recorder.received();
        assert_eq!(received.len(), REMEMBERED);
        assert_eq!(received[0].uri, "http://party.example/0");
        assert_eq!(recorder.in_flight(), 1, "a forgotten request is still counted");
        drop(oldest);
        assert_eq!(recorder.in_flight(), 0);
        assert!(recorder.received().iter().all(|request| request.outcome == Outcome::Answered));
    }

    #[test]
    fn an_answer_that_is_dropped_was_aborted() {
        let recorder = Recorder::new("http://party.example");
        let answering = begin(&recorder, "/a?b=c");
        assert_eq!(recorder.received()[0].outcome, Outcome::InFlight);
        drop(answering);
        assert_eq!(recorder.received()[0].outcome, Outcome::Aborted);
    }
}
