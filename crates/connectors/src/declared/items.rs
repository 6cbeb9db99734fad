//! Where an answer has what becomes widgets.

use serde_json::Value;

use super::{
    item_path::{Item, ItemPath},
    selector::{One, Selector},
};
use crate::error::ConnectorError;

/// Where the items of an answer are.
#[derive(Debug)]
pub(crate) enum Items {
    /// In a list, or in the lists of another's items.
    Each(ItemPath),
    /// There is exactly one, an object.
    One(Selector),
}

impl Items {
    /// The items of a page. If they may be absent, `None` if there is nothing that would hold them.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if there is no list, or no one object.
    pub(super) fn on<'v>(&self, page: &'v Value, may_be_absent: bool) -> Result<Option<Vec<Item<'v>>>, ConnectorError> {
        match self {
            Self::Each(path) => path.items(page, may_be_absent).map_err(|_| ConnectorError::ContractBroken),
            Self::One(path) => match path.one(page) {
                One::Node(own @ Value::Object(_)) => Ok(Some(vec![Item { own, outer: page, undecided: false }])),
                One::Absent if may_be_absent => Ok(None),
                One::Node(_) | One::Absent | One::Several => Err(ConnectorError::ContractBroken),
            },
        }
    }
}

/// Whether a value says nothing at all.
pub(crate) fn is_bare(node: &Value) -> bool {
    match node {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The one list that a path leads to. An absent list is not an empty one: a renamed key must not read as "nothing".
pub(super) fn the_list<'v>(selector: &Selector, answer: &'v Value) -> Result<&'v [Value], ConnectorError> {
    match selector.one(answer) {
        One::Node(Value::Array(items)) => Ok(items),
        One::Node(_) | One::Absent | One::Several => Err(ConnectorError::ContractBroken),
    }
}
