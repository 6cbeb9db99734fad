//! Ways into the crate for `fuzz/` and `bench/`, which must reach what no user of it may. Thin: what is found or measured
//! behind them is the product's own code. Not public API, and never there without the feature of this name.

use std::path::Path;

use serde_json::Value;

pub use crate::declared::door::{LookedUp, Source, Told, decoded, holds};
use crate::{
    contract::{ContractMistakes, from_text},
    declared::{ListPath, Selector},
};

/// Checks a contract as if it stood in a source's folder.
///
/// # Errors
/// All mistakes in it.
pub fn check(contract: &str, folder: &Path) -> Result<(), ContractMistakes> {
    from_text::check(contract, folder)
}

/// What an expression selects; `None` if contracts may not use it.
#[must_use]
pub fn selected<'v>(expression: &str, value: &'v Value) -> Option<Vec<&'v Value>> {
    Selector::parse(expression).ok().map(|selector| selector.all(value))
}

/// How many items of a list an expression names; `None` if contracts may not count by it.
#[must_use]
pub fn counted(expression: &str, value: &Value) -> Option<usize> {
    ListPath::parse(expression).ok().map(|list| crate::declared::door::counted(&list, value))
}
