//! The sealed sections of everybody who is logged in, wherever they lie: those of a session with its record in the session
//! store, those of an app's access token, which has no record, in this process's memory.
//!
//! Nothing here fails: a store that is away keeps nothing, and that is counted.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use super::{
    SessionKey, Standing, Viewer,
    section_memory::SectionMemory,
    store::{KeptSections, SealedSection, SessionStore},
};

/// Kept sections. Cheap to clone.
#[derive(Clone)]
pub struct SectionCache(Arc<Parts>);

struct Parts {
    store: Arc<dyn SessionStore>,
    of_tokens: Mutex<SectionMemory>,
    keeps: bool,
    not_kept: AtomicU64,
    refused: AtomicU64,
}

impl SectionCache {
    /// The sections of sessions in a store, and those of tokens in so many bytes of memory. With no room for these, nothing
    /// is kept at all.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, most_bytes_of_tokens: usize) -> Self {
        let of_tokens = Mutex::new(SectionMemory::new(most_bytes_of_tokens));
        let keeps = most_bytes_of_tokens > 0;
        Self(Arc::new(Parts { store, of_tokens, keeps, not_kept: AtomicU64::new(0), refused: AtomicU64::new(0) }))
    }

    /// Whether anything is kept.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.0.keeps
    }

    /// What is kept for an access token. What is kept for a session comes with its record.
    #[must_use]
    pub fn of_token(&self, session: SessionKey) -> KeptSections {
        self.of_tokens().read(session)
    }

    /// Keeps a sealed section for whoever it was fetched for, unless they are gone meanwhile: of a logout and an answer
    /// that meet, the logout wins. `over` is cancelled before [`SectionCache::forget`] is called.
    pub async fn keep(&self, viewer: &Viewer, over: &CancellationToken, section: SealedSection) {
        match viewer.standing {
            Standing::Session { .. } | Standing::Portal { .. } => {
                if self.0.store.keep_section(viewer.session, section).await.is_err() {
                    let so_far = self.0.not_kept.fetch_add(1, Ordering::Relaxed) + 1;
                    tracing::warn!(so_far, "an answer was not kept: the session store is away");
                }
            }
            Standing::Token { .. } => {
                let mut of_tokens = self.of_tokens();
                if !over.is_cancelled() {
                    of_tokens.keep(viewer.session, section);
                }
            }
        }
    }

    /// Forgets what this process keeps for a token that ended. A session's sections end with its record.
    pub fn forget(&self, session: SessionKey) {
        self.of_tokens().forget(session);
    }

    /// Drops what lies in this process of a source that mixed two citizens up, whoever it is kept for.
    pub fn drop_source(&self, source: &str) {
        self.of_tokens().forget_source(source);
        self.0.store.drop_sections_here(source);
    }

    /// Counts a section that is not what it should be: it does not open, or is another's. Somebody changed the store, or
    /// there is a defect that must be found.
    pub fn refuse(&self) {
        let so_far = self.0.refused.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::error!(
            so_far,
            "a kept section is not what it should be: it was changed in the store, or is another's"
        );
    }

    /// How many sections were refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// How many answers were not kept so far because the store was away.
    #[must_use]
    pub fn not_kept(&self) -> u64 {
        self.0.not_kept.load(Ordering::Relaxed)
    }

    fn of_tokens(&self) -> MutexGuard<'_, SectionMemory> {
        // No code panics while holding the lock in a way that leaves it half-changed.
        self.0.of_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SectionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectionCache(..)")
    }
}
