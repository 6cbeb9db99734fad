//! Lines on standard output, for whatever collects them. The log goes to standard error, so that nothing else is among them.
//!
//! Each process begins a trail of its own, and says from time to time how far it has come: a line `{"mark":…}`.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use overblik_registry::{Digest, Head};
use serde::Serialize;

use super::{
    AuditAway,
    names::{AuditKeys, Mark, MarkOf},
    record::{json, of_nothing},
    writer::Written,
};
/// A mark among the lines.
#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkLine {
    pub(super) mark: Mark,
}

#[derive(Debug)]
pub(super) struct StandardOutput {
    chain: Digest,
    head: Arc<Mutex<Head>>,
}

impl StandardOutput {
    pub(super) fn new(chain: Digest) -> Self {
        Self { chain, head: Arc::new(Mutex::new(of_nothing())) }
    }

    pub(super) fn chain(&self) -> Digest {
        self.chain
    }

    pub(super) async fn append(&self, written: Arc<Vec<Written>>) -> Result<(), AuditAway> {
        let last = written.last().map(|written| written.record.head());
        let lines: String = written.iter().flat_map(|written| [written.line.as_str(), "\n"]).collect();
        print(lines).await?;
        if let Some(last) = last {
            *self.head.lock().unwrap_or_else(PoisonError::into_inner) = last;
        }
        Ok(())
    }

    pub(super) async fn mark(&self, keys: &AuditKeys) -> Result<(), AuditAway> {
        let head = *self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if head.number == 0 {
            return Ok(());
        }
        let Some(mark) = keys.mark(MarkOf::Head, self.chain, head) else { return Ok(()) };
        print(format!("{}\n", json(&MarkLine { mark }))).await
    }
}

/// A pipe that nobody reads holds up a thread of its own, and no worker.
async fn print(lines: String) -> Result<(), AuditAway> {
    let done = crate::blocking::run(move || {
        let mut output = io::stdout().lock();
        output.write_all(lines.as_bytes()).and_then(|()| output.flush())
    });
    let done = done.await.map_err(|error| AuditAway(error.to_string()))?;
    done.map_err(|error| AuditAway(format!("standard output: {error}")))
}
