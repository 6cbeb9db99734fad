//! Counts what is asked of an identity provider.

use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use super::{
    catalogue::metrics_of_the_process::{PROVIDER_CLOCK, PROVIDER_DURATION, PROVIDER_FETCHES, PROVIDER_POSTS},
    metrics::{Amounts, Book, Counters, Metrics, labels},
};

/// Counts what is asked of one identity provider. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ProviderMetrics {
    metadata: Fetch,
    keys: Fetch,
    posts: [Counter; Post::ALL.len()],
    took: Histogram,
    /// By how much clocks differ, and whose provider this is: there is no series before they were compared.
    clocks: (Amounts, &'static str),
}

/// Counts fetches of one thing that is published.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    fetched: Counter,
    failed: Counter,
}

impl Fetch {
    /// What is said of a fetch that brought it, or did not.
    pub(crate) fn name(is_there: bool) -> &'static str {
        if is_there { "fetched" } else { "failed" }
    }

    pub(crate) fn came_to(&self, is_there: bool) {
        if is_there { &self.fetched } else { &self.failed }.inc();
    }
}

/// What came of a request to one of the provider's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    Answered,
    Refused,
    Disbelieved,
    Unavailable,
    NoAnswer,
    NotSent,
}

impl Post {
    const ALL: [Self; 6] =
        [Self::Answered, Self::Refused, Self::Disbelieved, Self::Unavailable, Self::NoAnswer, Self::NotSent];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Disbelieved => "disbelieved",
            Self::Unavailable => "unavailable",
            Self::NoAnswer => "no_answer",
            Self::NotSent => "not_sent",
        }
    }
}

impl Default for ProviderMetrics {
    fn default() -> Self {
        Metrics::default().provider
    }
}

impl ProviderMetrics {
    /// Of the citizens' provider, and of the console's.
    pub(super) fn both(book: &mut Book) -> (Self, Self) {
        let (fetches, posts) = (book.counters(&PROVIDER_FETCHES), book.counters(&PROVIDER_POSTS));
        let took = book.histograms(&PROVIDER_DURATION);
        let clocks = book.amounts(&PROVIDER_CLOCK);
        let of = |whose| Self {
            metadata: fetch(&fetches, whose, "metadata"),
            keys: fetch(&fetches, whose, "keys"),
            posts: Post::ALL.map(|post| posts.get_or_create_owned(&labels(&PROVIDER_POSTS, [whose, post.name()]))),
            took: took.get_or_create_owned(&labels(&PROVIDER_DURATION, [whose])),
            clocks: (clocks.clone(), whose),
        };
        (of("citizens"), of("console"))
    }

    /// Whose provider it is.
    pub(crate) fn whose(&self) -> &'static str {
        self.clocks.1
    }

    pub(crate) fn metadata(&self) -> Fetch {
        self.metadata.clone()
    }

    pub(crate) fn keys(&self) -> Fetch {
        self.keys.clone()
    }

    /// Its clock is ahead of ours by so many seconds.
    pub(crate) fn clock_differs_by(&self, seconds: f64) {
        let (clocks, whose) = &self.clocks;
        clocks.get_or_create(&labels(&PROVIDER_CLOCK, [whose])).set(seconds);
    }

    pub(crate) fn posted(&self, came_to: Post, took: Duration) {
        let mut all = Post::ALL.iter().zip(&self.posts);
        if let Some(counter) = all.find_map(|(one, post)| (*one == came_to).then_some(post)) {
            counter.inc();
        }
        self.took.observe(took.as_secs_f64());
    }
}

fn fetch(fetches: &Counters, whose: &str, what: &str) -> Fetch {
    let outcome = |name| fetches.get_or_create_owned(&labels(&PROVIDER_FETCHES, [whose, what, name]));
    Fetch { fetched: outcome(Fetch::name(true)), failed: outcome(Fetch::name(false)) }
}
