//! How much one answer may hold, whatever it is written in (requirement R43).

use std::cell::Cell;

use crate::error::ConnectorError;

/// Deepest nesting.
pub(super) const MAX_DEPTH: usize = 32;
/// Most values: every element, attribute and list of XML is one; the keys of JSON are not counted.
pub(super) const MAX_NODES: usize = 10_000;
/// Longest text, key or name, in characters.
pub(super) const MAX_TEXT: usize = 10_000;

/// An answer holds more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BeyondLimit;

impl From<BeyondLimit> for ConnectorError {
    fn from(_: BeyondLimit) -> Self {
        Self::TooLarge
    }
}

/// What is left of the limits while an answer is read.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Budget {
    /// The whole of it.
    pub(super) fn new() -> Self {
        Self { nodes: Cell::new(MAX_NODES), exceeded: Cell::new(false) }
    }

    /// Takes one value.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn take_node(&self) -> Result<(), BeyondLimit> {
        let left = self.nodes.get().checked_sub(1).ok_or_else(|| self.exceed())?;
        self.nodes.set(left);
        Ok(())
    }

    /// Checks the length of a text.
    ///
    /// # Errors
    /// When it is too long.
    pub(super) fn check_text(&self, text: &str) -> Result<(), BeyondLimit> {
        // Characters are counted only where the bytes leave a doubt.
        if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT { Err(self.exceed()) } else { Ok(()) }
    }

    /// Checks how deep a value stands.
    ///
    /// # Errors
    /// When that is too deep.
    pub(super) fn check_depth(&self, depth: usize) -> Result<(), BeyondLimit> {
        if depth > MAX_DEPTH { Err(self.exceed()) } else { Ok(()) }
    }

    /// Whether a limit was passed.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }

    fn exceed(&self) -> BeyondLimit {
        self.exceeded.set(true);
        BeyondLimit
    }
}
