//! The exchange of the sources while the process runs: all of them at once, and nobody who is under way notices.
//!
//! - Whoever began an overview, or anything else, goes on with the sources that they began with; who begins after, with the
//!   new ones. What is fetched by a version that is asked no more is still handed to whoever waits for it.
//! - What is suspended is not even used if it comes.
//! - A version that cannot be asked here leaves the former one of its source, and every other source, as they are.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use overblik_connectors::{ConnectorSet, ContractMistakes, LiveSource, LoadOptions};

use crate::{app::App, expected_sources::ExpectedSources, telemetry::ToldAgain};

/// What is needed for an exchange.
pub(crate) struct SourceExchange {
    options: LoadOptions,
    expected: ExpectedSources,
    /// One at a time, or of two that meet the former could win. What was told of the last ones.
    turn: Mutex<Told>,
}

/// What was told of the last exchanges.
#[derive(Default)]
struct Told {
    missing: Vec<String>,
    mistakes: ToldAgain,
}

/// What came of an exchange.
#[derive(Debug)]
pub struct Exchanged {
    /// What is wrong with sources, or with what is set for them, by slug: those are asked as before, or not at all if they
    /// were not.
    pub mistakes: BTreeMap<String, ContractMistakes>,
    /// What the configuration expects of all of them together and is missing.
    pub missing: Vec<String>,
}

impl SourceExchange {
    pub(crate) fn new(options: LoadOptions, expected: ExpectedSources) -> Self {
        Self { options, expected, turn: Mutex::default() }
    }
}

impl App {
    /// The connectors that are asked now.
    #[must_use]
    pub fn connectors(&self) -> Arc<ConnectorSet> {
        Arc::clone(self.overviews.sources().set())
    }

    /// Asks these sources from now on, by slug, as they say, and no others. It compiles contracts, which takes time: not on
    /// a thread that serves requests.
    pub fn exchange_sources(&self, asked: &BTreeMap<String, LiveSource>) -> Exchanged {
        let SourceExchange { options, expected, turn } = &self.source_exchange;
        // Nothing under it can be left half-done.
        let mut told = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |source: &_| expected.fits(source);
        let (set, mistakes) = ConnectorSet::load_sources(asked, options, &self.connectors(), &fits);
        let missing: Vec<String> = expected.missing(&set).iter().map(ToString::to_string).collect();
        let sources = set.sources().len();
        self.overviews.exchange(Arc::new(set));
        tracing::info!(event = "sources_exchanged", sources, "these sources are asked from now on");
        for (source, mistakes) in &mistakes {
            // It is tried again and again.
            if !told.mistakes.is_due(source, &mistakes.to_string()) {
                continue;
            }
            if !asked.contains_key(source) {
                tracing::warn!(source.id = source, event = "source_unknown", %mistakes, "settings for a source that is not asked");
                continue;
            }
            tracing::error!(source.id = source, event = "source_refused", %mistakes, "something is wrong with a source, which stays as it was");
        }
        for missing in missing.iter().filter(|missing| !told.missing.contains(missing)) {
            tracing::error!(event = "sources_missing", missing, "the configuration expects what no source offers");
        }
        told.missing.clone_from(&missing);
        Exchanged { mistakes, missing }
    }
}
