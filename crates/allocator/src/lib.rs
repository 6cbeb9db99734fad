//! The process's allocator, and giving memory back when a crowd has left.
//!
//! The one crate with a line of unsafe code in it (docs/decisions/0032-the-allocator.md).

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

pub use mimalloc::MiMalloc;

/// What a thread freed stays with it at least this long: looking for it costs some microseconds, and a busy thread would
/// ask for the same memory again at once.
const TIDIED_EVERY: Duration = Duration::from_secs(1);

thread_local! {
    static TIDIED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Gives memory that this thread no longer uses back to the operating system, at most once a second. For threads that
/// are about to have nothing to do: one that sleeps gives nothing back by itself.
pub fn tidy() {
    let now = Instant::now();
    TIDIED.with(|tidied| {
        if tidied.get().is_some_and(|before| now.duration_since(before) < TIDIED_EVERY) {
            return;
        }
        tidied.set(Some(now));
        give_back();
    });
}

#[expect(
    unsafe_code,
    reason = "a function of C that takes a flag, touches only the allocator's own state and may be called by any thread at any time"
)]
fn give_back() {
    // SAFETY: `mi_collect` has no preconditions; it works on the heap of the thread that calls it, which is this one.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[global_allocator]
    static ALLOCATOR: MiMalloc = MiMalloc;

    /// Resident memory of this process in bytes, by `/proc/self/statm` (proc(5)): its second figure, in pages.
    fn resident() -> usize {
        let statm = fs::read_to_string("/proc/self/statm").expect("proc(5)");
        let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("resident pages");
        pages * 4096
    }

    #[test]
    fn what_a_crowd_needed_goes_back_when_it_has_left() {
        give_back();
        let before = resident();
        let crowd: Vec<Vec<u8>> = (0..20_000).map(|one| vec![u8::try_from(one % 251).expect("small"); 2_000]).collect();
        let with_crowd = resident();
        assert!(with_crowd > before + 30_000_000, "{before} {with_crowd}");
        drop(crowd);
        give_back();
        let after = resident();
        assert!(after < before + 4_000_000, "{before} {with_crowd} {after}");
    }
}
