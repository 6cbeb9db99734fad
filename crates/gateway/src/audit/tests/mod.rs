//! Trails on a real disk: what is found when something of them is removed or changed, whose entries are whose, what a crash
//! leaves, and what goes when its time is over.

mod changes;
mod crashes;
mod exports;
mod own;
mod places;
mod retention;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Cpr;
use overblik_registry::{Digest, Domain};

use super::{
    AuditAway, Trail,
    entry::{Asked, Ended, Event, Happened, Purpose, Via},
    exporting::ReadingError,
    files::Files,
    names::{AuditKeys, tests::keys},
    sink::Sink,
    verifying::Verified,
};
use crate::{clock::Clock, config::AuditConfig, session::master_keys::MasterKeys};

pub(super) use super::names::tests::{citizen, key};

pub(super) const SIGNE: &str = "6101010001";
pub(super) const GERT: &str = "6101010002";

/// A clock that a test moves.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<AtomicI64>);

impl Time {
    pub(super) fn pass_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400, Ordering::SeqCst);
    }

    pub(super) fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Clock::new(move || {
            let morning: Timestamp = "2026-11-22T09:00:00Z".parse().expect("a time");
            morning + SignedDuration::from_secs(seconds.load(Ordering::SeqCst))
        })
    }
}

/// A trail in a folder, with segments so small that there are many.
pub(super) fn trail(folder: &Path, time: &Time) -> Trail {
    trail_with(folder, time, keys(1), &AuditConfig::default())
}

pub(super) fn trail_with(folder: &Path, time: &Time, keys: AuditKeys, config: &AuditConfig) -> Trail {
    let chain = Digest::of(Domain::Blob, folder.display().to_string().as_bytes());
    let files = Files::with_segments(folder.join("audit"), config.retention_days, chain, 3_000);
    Trail::kept_in(Sink::Files(files), keys, None, config, time.clock())
}

pub(super) fn happened(trail: &Trail, about: &Cpr, source: &str) -> Happened {
    let asked = Asked {
        citizen: trail.keys().name(about),
        by: None,
        via: Via::Overview,
        source: source.to_owned(),
        authority: "90000018".to_owned(),
        agreement: "BIB-2026-003".to_owned(),
        contract: "1.2.0".to_owned(),
        purpose: Purpose::Overview,
        outcome: Ended::Ready,
        reason: None,
        duration_ms: 12,
    };
    Happened { at: trail.0.clock.now(), event: Event::Asked(asked) }
}

pub(super) fn ask(trail: &Trail, about: &str, source: &str) {
    trail.place().expect("a place").take(|| happened(trail, &citizen(about), source));
}

/// A trail that was written to its end: so many questions about either citizen.
pub(super) async fn written(folder: &Path, time: &Time, questions: usize) {
    let trail = trail(folder, time);
    trail.begin().await.expect("begun");
    for _ in 0..questions {
        for about in [SIGNE, GERT] {
            ask(&trail, about, "library");
            until_taken(&trail).await;
        }
    }
    trail.finish().await;
}

/// Waits until the writer has taken what waited. It takes the next only when it has written that, so what is asked with
/// this in between is written one by one, and how many segments there are does not depend on how busy the machine is.
async fn until_taken(trail: &Trail) {
    while trail.0.queue.capacity() < trail.0.queue.max_capacity() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

pub(super) async fn verified(folder: &Path) -> Result<Verified, String> {
    let all = trail(folder, &Time::default()).verify(None).await.map_err(|error: ReadingError| error.to_string())?;
    assert_eq!(all.len(), 1);
    Ok(all[0])
}

pub(super) async fn begins(folder: &Path) -> Result<(), AuditAway> {
    let trail = trail(folder, &Time::default());
    let begun = trail.begin().await;
    trail.finish().await;
    begun
}

/// Another process began and ended.
pub(super) async fn restarted(folder: &Path, time: &Time) {
    let trail = trail(folder, time);
    trail.begin().await.expect("begun");
    trail.finish().await;
}

/// A copy of a folder, to be spoilt.
pub(super) fn copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(copy.path().join("audit")).expect("made");
    for entry in std::fs::read_dir(folder.join("audit")).expect("a folder") {
        let from = entry.expect("a file").path();
        std::fs::copy(&from, copy.path().join("audit").join(from.file_name().expect("a name"))).expect("copied");
    }
    copy
}

/// The files of lines, in their order.
pub(super) fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(folder.join("audit")).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl")).collect();
    all.sort();
    all
}

/// Another ring than `keys(1)`.
pub(super) fn ring(first: (&str, u8), others: &[(&str, u8)]) -> AuditKeys {
    let others = others.iter().map(|(id, byte)| key(id, *byte)).collect();
    AuditKeys::new(MasterKeys::new(key(first.0, first.1), others))
}
