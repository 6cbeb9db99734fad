//! What is wrong with a source here, for whoever may know of it.

use std::fmt;

use overblik_connectors::ContractMistake;

/// Something that keeps a version of a source from being asked at this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    said: String,
    /// It is about this deployment: its settings and files are its operators' alone to know.
    is_of_deployment: bool,
}

impl Mistake {
    /// What the contract's check, or a look at its authority's domains, found.
    pub(super) fn of_version(mistake: &overblik_registry::Mistake) -> Self {
        Self { said: mistake.to_string(), is_of_deployment: false }
    }

    /// What keeps it from running here although nothing is wrong with it by itself, as a key that is not there.
    pub(super) fn of_deployment(mistake: &ContractMistake) -> Self {
        Self { said: mistake.to_string(), is_of_deployment: true }
    }

    /// What the registry does not have as it was put there.
    pub(super) fn of_registry(what: String) -> Self {
        Self { said: what, is_of_deployment: true }
    }

    /// What its authority is told.
    pub(crate) fn for_authority(&self) -> &str {
        if self.is_of_deployment { "this deployment cannot ask it; its operators see why" } else { &self.said }
    }

    /// What operators are told.
    pub(crate) fn for_operators(&self) -> &str {
        &self.said
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}
