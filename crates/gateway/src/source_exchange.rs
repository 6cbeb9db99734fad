//! The exchange of the sources while the process runs: all of them at once, and nobody who is under way notices.
//!
//! - Whoever began an overview, or anything else, goes on with the sources that they began with; who begins after, with the
//!   new ones. What is fetched by a version that is asked no more is still handed to whoever waits for it.
//! - What is suspended is not even used if it comes.
//! - A version that cannot be asked here leaves the former one of its source, and every other source, as they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use overblik_connectors::{ConnectorSet, ContractMistakes, LiveSource, LoadOptions};

use crate::{app::App, expected_sources::ExpectedSources, telemetry::ToldAgain};

/// What is needed for an exchange. One at a time, or of two that meet the former could win.
pub(crate) struct SourceExchange(Mutex<Turn>);

struct Turn {
    options: LoadOptions,
    expected: ExpectedSources,
    /// What a registry wanted asked the last time, and what of it could not be. `None` where contracts are files.
    wanted: Option<(BTreeMap<String, LiveSource>, BTreeSet<String>)>,
    told: Told,
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
        Self(Mutex::new(Turn { options, expected, wanted: None, told: Told::default() }))
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // Nothing under it can be left half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut turn = self.source_exchange.turn();
        let Turn { options, expected, wanted, told } = &mut *turn;
        let fits = |source: &_| expected.fits(source);
        let (set, mistakes) = ConnectorSet::load_sources(asked, options, &self.connectors(), &fits);
        *wanted = Some((asked.clone(), mistakes.keys().cloned().collect()));
        let missing = tell_missing(expected, &set, &mut told.missing);
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
        Exchanged { mistakes, missing }
    }

    /// Asks the sources as another configuration has it from now on: by these options, and by the contracts in that
    /// directory if contracts are files. It takes time: not on a thread that serves requests.
    ///
    /// # Errors
    /// All that is wrong with it; then everything is as it was.
    pub(crate) fn exchange_settings(
        &self,
        contracts: Option<&Path>,
        options: LoadOptions,
        expected: ExpectedSources,
    ) -> Result<(), Vec<String>> {
        let mut turn = self.source_exchange.turn();
        let turn = &mut *turn;
        let former = self.connectors();
        let set = match (contracts, &mut turn.wanted) {
            (Some(directory), _) => {
                let set =
                    ConnectorSet::load_again(directory, &options, &former).map_err(|wrong| vec![wrong.to_string()])?;
                expected.are_in(&set).map_err(|wrong| vec![wrong.to_string()])?;
                set
            }
            (None, Some((asked, refused))) => {
                let fits = |source: &_| expected.fits(source);
                let (set, mistakes) = ConnectorSet::load_sources(asked, &options, &former, &fits);
                let is_new = |slug: &String| asked.contains_key(slug) && !refused.contains(slug);
                let of_these = mistakes.iter().filter(|(slug, _)| is_new(slug));
                let of_these: Vec<_> = of_these.map(|(_, mistakes)| mistakes.to_string()).collect();
                if !of_these.is_empty() {
                    return Err(of_these);
                }
                *refused = mistakes.into_keys().collect();
                tell_missing(&expected, &set, &mut turn.told.missing);
                set
            }
            // The registry has not said yet what is to be asked. It will be by these.
            (None, None) => {
                (turn.options, turn.expected) = (options, expected);
                return Ok(());
            }
        };
        (turn.options, turn.expected) = (options, expected);
        self.overviews.exchange(Arc::new(set));
        Ok(())
    }
}

/// Tells what the configuration expects of all sources together and is missing since now; all of it.
fn tell_missing(expected: &ExpectedSources, set: &ConnectorSet, told: &mut Vec<String>) -> Vec<String> {
    let missing: Vec<String> = expected.missing(set).iter().map(ToString::to_string).collect();
    for missing in missing.iter().filter(|missing| !told.contains(missing)) {
        tracing::error!(event = "sources_missing", missing, "the configuration expects what no source offers");
    }
    told.clone_from(&missing);
    missing
}
