//! Which items of a list a mapping is for.

use serde_json::Value;

use super::{
    codes::{Codes, Stated},
    items::is_bare,
    selector::Selector,
};

/// What an item must be for a mapping to be its own.
#[derive(Debug)]
pub(crate) enum Condition {
    /// It states one of these codes; those of the second list are meant for nobody.
    Code { listed: Codes, ignored: Codes },
    /// It has something somewhere, or has nothing there.
    Existence { path: Selector, exists: bool },
}

impl Condition {
    /// What an item says to it: that it holds, that it does not, or neither.
    pub(super) fn of(&self, item: &Value) -> Stated {
        match self {
            Self::Code { listed, .. } => listed.one(item),
            Self::Existence { path, exists } => {
                let is_there = path.all(item).into_iter().any(|node| !is_bare(node));
                if is_there == *exists { Stated::Listed } else { Stated::Other }
            }
        }
    }
}

/// The conditions of a mapping, all of which must hold. Without any, every item is its own.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) all: Vec<Condition>,
    /// Whether the contract has them in a list, if only in a list of one.
    pub(crate) is_list: bool,
}

impl Conditions {
    /// What an item says to all of them. One that does not hold makes it another mapping's, whatever it says to the
    /// others; one that it says nothing to leaves open whose it is.
    pub(super) fn of(&self, item: &Value) -> Stated {
        let mut all = Stated::Listed;
        for condition in &self.all {
            match condition.of(item) {
                Stated::Other => return Stated::Other,
                Stated::Nothing => all = Stated::Nothing,
                Stated::Listed => {}
            }
        }
        all
    }

    /// Whether an item is meant for nobody, in the contract's own word.
    pub(super) fn ignore(&self, item: &Value) -> bool {
        self.all.iter().any(|condition| match condition {
            Condition::Code { ignored, .. } => ignored.one(item) == Stated::Listed,
            Condition::Existence { .. } => false,
        })
    }

    /// The first condition to which an item says this, with the key of the contract that it stands under.
    pub(super) fn first_with(&self, stated: Stated, item: &Value) -> Option<(String, &Condition)> {
        let found = self.all.iter().enumerate().find(|(_, condition)| condition.of(item) == stated);
        found.map(|(index, condition)| {
            (if self.is_list { format!("where[{index}]") } else { "where".to_owned() }, condition)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selector(path: &str) -> Selector {
        Selector::parse(path).expect("a path")
    }

    fn code(path: &str, listed: &[&str], ignored: &[&str]) -> Condition {
        let codes = |codes: &[&str]| Codes {
            path: selector(path),
            listed: codes.iter().map(|code| (*code).to_owned()).collect(),
        };
        Condition::Code { listed: codes(listed), ignored: codes(ignored) }
    }

    fn existence(path: &str, exists: bool) -> Condition {
        Condition::Existence { path: selector(path), exists }
    }

    #[test]
    fn what_says_nothing_does_not_exist() {
        let exists = |item: Value| existence("$.time", true).of(&item) == Stated::Listed;
        for something in [json!("09:30"), json!(0), json!(false), json!({ "at": null })] {
            assert!(exists(json!({ "time": something })), "{something}");
        }
        for nothing in [json!(null), json!(""), json!(" "), json!([]), json!({})] {
            assert!(!exists(json!({ "time": nothing })), "{nothing}");
            assert_eq!(existence("$.time", false).of(&json!({ "time": nothing })), Stated::Listed);
        }
        assert!(!exists(json!({})) && !exists(json!(null)));
    }

    #[test]
    fn all_must_hold_and_one_that_does_not_decides() {
        let both =
            Conditions { all: vec![code("$.kind", &["a"], &["note"]), existence("$.time", true)], is_list: true };
        for (item, stated) in [
            (json!({ "kind": "a", "time": "x" }), Stated::Listed),
            (json!({ "kind": "a" }), Stated::Other),
            (json!({ "kind": "b", "time": "x" }), Stated::Other),
            (json!({ "time": "x" }), Stated::Nothing),
            (json!({}), Stated::Other),
        ] {
            assert_eq!(both.of(&item), stated, "{item}");
        }
        assert!(both.ignore(&json!({ "kind": "note" })) && !both.ignore(&json!({ "kind": "a" })));
        let key = |stated, item: Value| both.first_with(stated, &item).map(|(key, _)| key);
        assert_eq!(key(Stated::Other, json!({ "kind": "a" })).as_deref(), Some("where[1]"));
        assert_eq!(key(Stated::Nothing, json!({ "time": "x" })).as_deref(), Some("where[0]"));
        assert_eq!(Conditions::default().of(&json!(null)), Stated::Listed);
    }
}
