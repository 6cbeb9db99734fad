//! A request's reference: in the header of its answer, on error pages, and in every log line about it.
//!
//! It goes with the task, not in a span of `tracing`: a registry of spans keeps for good what it needed for the most
//! requests that there ever were at once, in small pieces all over the heap, and a span's fields are written and read anew
//! for each line (docs/decisions/0059-a-request-s-reference.md).

use std::{fmt, sync::Arc};

use futures::{Stream, stream};

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

    /// Work on its request.
    pub(crate) fn within<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    /// Work of a task of its own, on the request that is being worked on here, if any.
    pub(crate) fn kept<F: Future>(work: F) -> impl Future<Output = F::Output> {
        Self::current().unwrap_or_default().within(work)
    }

    /// Work of a thread of its own, on the request that is being worked on here, if any.
    pub(crate) fn kept_around<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
        let reference = Self::current().unwrap_or_default();
        move || reference.around(work)
    }

    /// What is sent in parts to whoever made the request that is being worked on here: long after its head was.
    pub(crate) fn kept_by<S: Stream>(parts: S) -> impl Stream<Item = S::Item> {
        let (reference, mut parts) = (Self::current().unwrap_or_default(), Box::pin(parts));
        stream::poll_fn(move |context| reference.around(|| parts.as_mut().poll_next(context)))
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
    use futures::StreamExt;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::blocking;

    #[tokio::test]
    async fn what_goes_on_elsewhere_keeps_the_reference() {
        let (reference, tasks) = (Reference::random(), TaskTracker::new());
        let current = || Reference::current().map(|reference| reference.to_string());
        let begin = async {
            let task = tasks.spawn(Reference::kept(async move { current() }));
            assert_eq!(blocking::run(current).await.expect("no panic"), current());
            (task, Reference::kept_by(stream::iter(0..2).map(move |_| current())))
        };
        let (task, parts) = reference.clone().within(begin).await;
        let expected = Some(reference.to_string());
        assert_eq!(task.await.expect("no panic"), expected);
        assert_eq!(parts.collect::<Vec<_>>().await, [expected.clone(), expected]);
        assert_eq!(tasks.spawn(Reference::kept(async move { current() })).await.expect("no panic"), None);
    }

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
