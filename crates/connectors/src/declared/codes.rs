//! Codes of an answer that decide something: which items are whose, whether there is anything, whose data they are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    reading::code_of,
    selector::{One, Selector},
};

/// Where an answer or an item states a code, and the codes that are meant.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub(crate) path: Selector,
    pub(crate) listed: BTreeSet<String>,
}

/// What was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stated {
    /// A code of the list.
    Listed,
    /// Another code.
    Other,
    /// No code, or what cannot be one.
    Nothing,
}

impl Codes {
    /// What one statement says.
    pub(super) fn one(&self, holder: &Value) -> Stated {
        match self.path.one(holder) {
            One::Node(node) => self.of(node),
            One::Absent | One::Several => Stated::Nothing,
        }
    }

    /// What each of any number of statements says.
    pub(super) fn each(&self, holder: &Value) -> Vec<Stated> {
        let stated = self.path.stated(holder).into_iter();
        stated.map(|node| node.map_or(Stated::Nothing, |node| self.of(node))).collect()
    }

    fn of(&self, node: &Value) -> Stated {
        match code_of(node) {
            Some(code) if self.listed.contains(code.as_ref()) => Stated::Listed,
            Some(_) => Stated::Other,
            None => Stated::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_numbers_and_flags_are_codes_and_nothing_else_is() {
        let codes = |path: &str| Codes {
            path: Selector::parse(path).expect("a path"),
            listed: ["a", "7", "false"].map(str::to_owned).into(),
        };
        let one = |value: Value| codes("$.x").one(&json!({ "x": value }));
        for listed in [json!("a"), json!(7), json!("7"), json!(false), json!("false")] {
            assert_eq!(one(listed.clone()), Stated::Listed, "{listed}");
        }
        for other in [json!("A"), json!(""), json!(8), json!(true)] {
            assert_eq!(one(other.clone()), Stated::Other, "{other}");
        }
        for nothing in [json!(null), json!([]), json!({}), json!(["a"])] {
            assert_eq!(one(nothing.clone()), Stated::Nothing, "{nothing}");
        }
        assert_eq!(codes("$[*]").one(&json!(["a", "a"])), Stated::Nothing, "two are not one");
        let each = codes("$[*]").each(&json!(["a", "b", null]));
        assert_eq!(each, [Stated::Listed, Stated::Other, Stated::Nothing]);
    }
}
