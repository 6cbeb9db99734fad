//! Finds, in the schema of contracts, what is said about the value at a path, and makes a value that it would take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A path as mistakes write it.
pub(super) fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(name) if path.is_empty() => path.push_str(name),
            Step::Key(name) => {
                path.push('.');
                path.push_str(name);
            }
            Step::Index(index) => path = format!("{path}[{index}]"),
        }
    }
    path
}

/// The steps of a JSON Pointer into a value: there, a key of digits cannot be told from an index.
pub(super) fn steps(root: &Value, pointer: &str) -> Vec<Step> {
    let mut at = Some(root);
    let mut steps = Vec::new();
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        let index = at.filter(|value| value.is_array()).and_then(|_| name.parse::<usize>().ok());
        let step = index.map_or(Step::Key(name), Step::Index);
        at = at.and_then(|value| child(value, &step));
        steps.push(step);
    }
    steps
}

/// The value one step below another.
pub(super) fn child<'v>(value: &'v Value, step: &Step) -> Option<&'v Value> {
    match step {
        Step::Key(name) => value.get(name),
        Step::Index(index) => value.get(index),
    }
}

/// The value at a path.
pub(super) fn value_at<'v>(root: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(root, child)
}

/// The keys of one schema alone, those that must be there first.
pub(super) fn own_keys(node: &Value) -> Vec<&str> {
    let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
    let all = node.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let mut keys: Vec<&str> = required.filter_map(Value::as_str).collect();
    for key in all {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    keys
}

/// A schema of contracts.
#[derive(Clone, Copy)]
pub(super) struct SchemaWalk<'s>(pub(super) &'s Value);

impl<'s> SchemaWalk<'s> {
    /// What is said about the value at a path.
    pub(super) fn at(self, steps: &[Step]) -> Option<&'s Value> {
        steps.iter().try_fold(self.0, |node, step| {
            self.alternatives(node).into_iter().find_map(|node| match step {
                Step::Key(name) => {
                    let own = node.get("properties").and_then(|properties| properties.get(name));
                    own.or_else(|| node.get("additionalProperties").filter(|rest| rest.is_object()))
                }
                Step::Index(_) => node.get("items"),
            })
        })
    }

    /// A schema and everything it refers to or chooses from.
    pub(super) fn alternatives(self, node: &'s Value) -> Vec<&'s Value> {
        let mut all = vec![node];
        all.extend(self.referred(node).into_iter().flat_map(|node| self.alternatives(node)));
        for choices in ["oneOf", "anyOf", "allOf"] {
            let choices = node.get(choices).and_then(Value::as_array).into_iter().flatten();
            all.extend(choices.flat_map(|choice| self.alternatives(choice)));
        }
        all
    }

    fn referred(self, node: &Value) -> Option<&'s Value> {
        self.0.pointer(node.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// The branches of a choice.
    pub(super) fn branches(self, node: &'s Value) -> Vec<&'s Value> {
        let choice =
            self.alternatives(node).into_iter().find_map(|node| node.get("oneOf").or_else(|| node.get("anyOf")));
        choice.and_then(Value::as_array).into_iter().flatten().collect()
    }

    /// The keys that a mapping may hold: first those that it must, in the order of the language.
    pub(super) fn keys(self, node: &'s Value) -> Vec<&'s str> {
        let alternatives = self.alternatives(node);
        let required = alternatives.iter().filter_map(|node| node.get("required")?.as_array()).flatten();
        let all = alternatives.iter().filter_map(|node| node.get("properties")?.as_object()).flat_map(Map::keys);
        let mut keys = Vec::new();
        for key in required.filter_map(Value::as_str).chain(all.map(String::as_str)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The values that a text may be.
    pub(super) fn words(self, node: &'s Value) -> Vec<&'s str> {
        let mut words = Vec::new();
        for node in self.alternatives(node) {
            words.extend(node.get("const").and_then(Value::as_str));
            words.extend(node.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
        }
        words
    }

    /// The least value that has the shape of a schema; its texts mean nothing. Of several shapes it is the one that a
    /// given value names.
    pub(super) fn sample(self, node: &'s Value, given: &Value) -> Value {
        if let Some(word) = node.get("const").or_else(|| node.get("enum")?.get(0)) {
            return word.clone();
        }
        if let Some(node) = self.referred(node) {
            return self.sample(node, given);
        }
        let branches = self.branches(node);
        let named = branches.iter().find(|branch| self.keys(branch).iter().any(|key| given.get(key).is_some()));
        if let Some(node) = named.or(branches.first()) {
            return self.sample(node, given);
        }
        match node.get("type").and_then(Value::as_str) {
            Some("string") => Value::from("x"),
            Some("integer" | "number") => node.get("minimum").cloned().unwrap_or_else(|| Value::from(1)),
            Some("boolean") => Value::from(false),
            Some("array") => Value::Array(Vec::new()),
            Some("object") => {
                let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
                let entries = required.filter_map(|name| {
                    let name = name.as_str()?;
                    let inner = given.get(name).unwrap_or(&Value::Null);
                    Some((name.to_owned(), self.sample(node.get("properties")?.get(name)?, inner)))
                });
                Value::Object(entries.collect())
            }
            _ => Value::Null,
        }
    }

    /// Where each key of the language belongs: the paths of its holders, with `<name>` for names of an author's own.
    pub(super) fn holders(self) -> BTreeMap<&'s str, BTreeSet<String>> {
        let mut holders = BTreeMap::new();
        self.collect_holders(self.0, "", 0, &mut holders);
        holders
    }

    fn collect_holders(
        self,
        node: &'s Value,
        path: &str,
        depth: usize,
        holders: &mut BTreeMap<&'s str, BTreeSet<String>>,
    ) {
        // Fields hold fields; nothing else comes back to itself.
        if depth > 8 || path.matches("firstOf").count() > 1 {
            return;
        }
        for node in self.alternatives(node) {
            for (name, inner) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
                holders.entry(name).or_default().insert(path.to_owned());
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.collect_holders(inner, &below, depth + 1, holders);
            }
            if let Some(rest) = node.get("additionalProperties").filter(|rest| rest.is_object()) {
                self.collect_holders(rest, &format!("{path}.<name>"), depth + 1, holders);
            }
            if let Some(items) = node.get("items") {
                self.collect_holders(items, &format!("{path}[]"), depth + 1, holders);
            }
        }
    }
}
