//! The one task that writes: it takes what is in the queue, chains it, and hands it to the sink until the sink has taken it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use overblik_registry::Head;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Trail,
    entry::{Event, Happened},
    names::CitizenName,
    record::{Record, of_nothing},
    sink::NotTaken,
};

/// Most entries that are handed to the sink at once.
const AT_ONCE: usize = 500;

/// How long after a sink did not take something it is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How often it is looked for what has been kept long enough.
const TIDY_EVERY: Duration = Duration::from_mins(10);

/// How long a process that is told to stop waits for a sink that does not take what is left.
const LAST_TRIES: Duration = Duration::from_secs(10);

/// An entry as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) record: Record,
    /// Without an end of line.
    pub(super) line: String,
}

impl Written {
    pub(super) fn next(head: Head, happened: Happened) -> Self {
        let record = Record::next(head, happened);
        Self { line: record.to_line(), record }
    }

    pub(super) fn citizen(&self) -> Option<&CitizenName> {
        self.record.event.citizen()
    }
}

pub(super) struct Writer {
    trail: Trail,
    entries: mpsc::Receiver<Happened>,
    head: Head,
    /// When what was handed over last must be on the disk.
    sync_at: Option<Instant>,
    tidy_at: Instant,
    /// When it is over, once nothing follows: for all that is left together, however many times it is handed over.
    gives_up_at: Option<Instant>,
}

impl Writer {
    pub(super) fn new(trail: Trail, entries: mpsc::Receiver<Happened>, head: Head) -> Self {
        Self { trail, entries, head, sync_at: None, tidy_at: Instant::now(), gives_up_at: None }
    }

    pub(super) async fn run(mut self) {
        let ending = self.trail.0.ending.clone();
        let mut batch = Vec::new();
        loop {
            let next = self.sync_at.map_or(self.tidy_at, |sync_at| sync_at.min(self.tidy_at));
            tokio::select! {
                biased;
                () = ending.cancelled(), if !self.entries.is_closed() => self.entries.close(),
                count = self.entries.recv_many(&mut batch, AT_ONCE) => {
                    if count == 0 {
                        break;
                    }
                    self.write(&mut batch).await;
                }
                () = sleep_until(next) => {}
            }
            self.keep_up().await;
        }
        self.write(&mut batch).await;
        self.sync().await;
    }

    /// What is due beside writing.
    async fn keep_up(&mut self) {
        let now = Instant::now();
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync().await;
        }
        if self.tidy_at <= now {
            self.tidy_at = now + TIDY_EVERY;
            let Trail(parts) = &self.trail;
            let tidied = parts.sink.tidy(&parts.keys, &parts.clock).await;
            if let Err(error) = tidied {
                tracing::warn!(event = "audit_not_tidied", %error, "audit entries that need not be kept any more are still there");
            }
        }
    }

    async fn write(&mut self, batch: &mut Vec<Happened>) {
        let not_written = self.trail.0.not_written.swap(0, Ordering::Relaxed);
        if not_written > 0 {
            tracing::error!(event = "audit_not_written", entries = not_written, "audit entries were not written");
            let event = Event::NotWritten { entries: not_written };
            batch.push(Happened { at: self.trail.0.clock.now(), event });
        }
        if batch.is_empty() {
            return;
        }
        let trail = self.trail.clone();
        let in_hand = &trail.0.standing.in_hand;
        in_hand.store(batch.len(), Ordering::Relaxed);
        let is_taken = self.hand_over(std::mem::take(batch)).await;
        in_hand.store(0, Ordering::Relaxed);
        if is_taken {
            self.sync_at.get_or_insert_with(|| Instant::now() + self.trail.0.sync);
        }
    }

    /// What happened, chained to what was written before. A trail that has no beginning yet gets one.
    fn chained(&self, happened: &[Happened]) -> Vec<Written> {
        let Trail(parts) = &self.trail;
        let begun = (self.head.number == 0).then(|| Event::Begun { chain: parts.sink.chain() });
        let begun = begun.map(|event| Happened { at: parts.clock.now(), event });
        let mut head = self.head;
        let next = |happened: Happened| {
            let written = Written::next(head, happened);
            head = written.record.head();
            written
        };
        begun.into_iter().chain(happened.iter().cloned()).map(next).collect()
    }

    /// Hands entries to the sink, and again until it has taken them; whether it did.
    async fn hand_over(&mut self, happened: Vec<Happened>) -> bool {
        let mut written = Arc::new(self.chained(&happened));
        loop {
            let Trail(parts) = &self.trail;
            match parts.sink.append(&parts.keys, Arc::clone(&written)).await {
                Ok(()) => {
                    if parts.standing.is_away.swap(false, Ordering::Relaxed) {
                        tracing::info!(event = "audit_back", "audit entries are written again");
                    }
                    self.head = written.last().map_or(self.head, |last| last.record.head());
                    return true;
                }
                Err(NotTaken::Lost) => {
                    let (chain, after_record) = (parts.sink.chain(), self.head.number);
                    tracing::error!(
                        event = "audit_trail_lost",
                        %chain,
                        after_record,
                        "the audit trail is not where this process had brought it: entries were lost there, and another trail begins"
                    );
                    parts.sink.begin_another();
                    self.head = of_nothing();
                    written = Arc::new(self.chained(&happened));
                    continue;
                }
                Err(NotTaken::Away(error)) => {
                    if !parts.standing.is_away.swap(true, Ordering::Relaxed) {
                        tracing::error!(event = "audit_away", %error, "audit entries cannot be written; they wait in memory");
                    }
                }
            }
            if parts.ending.is_cancelled() {
                let until = *self.gives_up_at.get_or_insert_with(|| Instant::now() + LAST_TRIES);
                if until <= Instant::now() {
                    self.entries.close();
                    let waited = std::iter::from_fn(|| self.entries.try_recv().ok()).count();
                    let entries = happened.len().saturating_add(waited);
                    tracing::error!(event = "audit_lost", entries, "the process ends, and audit entries are lost");
                    return false;
                }
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    async fn sync(&mut self) {
        let Trail(parts) = &self.trail;
        let synced = parts.sink.sync(&parts.keys).await;
        parts.standing.is_unsure.store(synced.is_err(), Ordering::Relaxed);
        match synced {
            Ok(()) => self.sync_at = None,
            Err(error) => {
                tracing::error!(event = "audit_away", %error, "audit entries are written, and not surely kept");
                self.sync_at = Some(Instant::now() + AGAIN_AFTER);
            }
        }
    }
}
