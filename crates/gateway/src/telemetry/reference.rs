//! A request's reference: in the header of its answer, on error pages, and in every log line about it.
//!
//! It goes with the task, not in a span of `tracing`: a registry of spans keeps for good what it needed for the most
//! requests that there ever were at once, in small pieces all over the heap (docs/performance.md), and a span's fields are
//! written and read anew for each line.

use std::{fmt, sync::Arc};

use crate::secrets::random_token;

/// Enough that no two requests of which somebody may speak have the same, short enough to be read out.
const CHARACTERS: usize = 16;

tokio::task_local! {
    static CURRENT: Reference;
}

/// What tells one request apart from all others; empty for what belongs to none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference(Arc<str>);

impl Reference {
    /// A new one, that tells nothing.
    pub(crate) fn random() -> Self {
        Self(random_token().chars().take(CHARACTERS).collect::<String>().into())
    }

    /// That of the request which is being worked on here, if any.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok().filter(|reference| !reference.0.is_empty())
    }

    /// Works on its request.
    pub(crate) async fn within<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Does something that belongs to its request.
    pub(crate) fn around<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_task_has_the_reference_of_its_own_request() {
        assert!(Reference::current().is_none());
        let (one, other) = (Reference::random(), Reference::random());
        assert_eq!(one.as_str().len(), CHARACTERS);
        assert_ne!(one.as_str(), other.as_str());
        let seen = || async {
            let before = Reference::current().expect("a reference").to_string();
            tokio::task::yield_now().await;
            (before, Reference::current().expect("a reference").to_string())
        };
        let (of_one, of_other) = tokio::join!(one.clone().within(seen()), other.clone().within(seen()));
        assert_eq!(of_one, (one.to_string(), one.to_string()));
        assert_eq!(of_other, (other.to_string(), other.to_string()));
        assert!(Reference::current().is_none(), "and none when it is over");
        one.around(|| assert_eq!(Reference::current().expect("a reference").as_str(), one.as_str()));
        Reference::default().around(|| assert!(Reference::current().is_none()));
    }
}
