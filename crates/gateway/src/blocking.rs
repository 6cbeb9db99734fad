//! Work that may hold up its thread: files, and what takes long. It has threads of its own, so that nobody else waits for it.

use tokio::task::{JoinHandle, spawn_blocking};

use crate::telemetry::Reference;

/// Does such work, for the request that is being worked on here, if any. A thread for it waits for more when it is done, and
/// one that waits gives nothing back of what it needed: so it does before, at most once a second
/// (docs/decisions/0032-the-allocator.md).
pub(crate) fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let work = Reference::kept_around(work);
    spawn_blocking(move || {
        let done = work();
        overblik_allocator::tidy();
        done
    })
}
