//! Makes a whole contract of one with deviations in its shape, so that everything else in it can be examined too.
//!
//! A part with a deviation is exchanged for one that means nothing, and nothing is told about it but the deviation. A
//! part is a request, a look-up, a code list, a field of a widget, or one of the other keys of `metadata` and `spec`.

use serde_json::Value;

use super::{
    schema_walk::{SchemaWalk, Step, value_at, written},
    shape::Damage,
};

/// What is not examined, because its shape is wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Unexamined {
    /// Paths about which, with everything below, nothing more is told.
    parts: Vec<String>,
    /// Paths about which nothing more is told, while what is below is whole.
    holders: Vec<String>,
}

impl Unexamined {
    /// Whether anything is not examined.
    pub(super) fn any(&self) -> bool {
        !self.parts.is_empty() || !self.holders.is_empty()
    }

    /// Whether a path is in what is not examined.
    pub(super) fn holds(&self, path: &str) -> bool {
        let below = |part: &String| {
            path.strip_prefix(part.as_str())
                .is_some_and(|rest| part.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.parts.iter().any(below) || self.holders.iter().any(|holder| holder == path)
    }
}

/// Repairs a contract.
pub(super) fn repair(value: &mut Value, damages: &[Damage], schema: &Value) -> Unexamined {
    let walk = SchemaWalk(schema);
    let mut unexamined = Unexamined::default();
    for damage in damages {
        let part = match damage {
            Damage::Bound(_) => continue,
            Damage::Unknown { holder, key } | Damage::Missing { holder, key } if is_container(holder) => {
                unexamined.holders.push(written(holder));
                let mut at = holder.clone();
                at.push(Step::Key(key.clone()));
                if matches!(damage, Damage::Unknown { .. }) {
                    // What a misspelt part of `spec` was to declare, others refer to.
                    if let [Step::Key(_)] = holder.as_slice() {
                        unexamined.parts.extend(["spec.widgets".to_owned(), "spec.lookups".to_owned()]);
                        unexamined.holders.push("spec.requests".to_owned());
                    }
                    remove(value, holder, key);
                    continue;
                }
                at
            }
            Damage::Unknown { holder, .. } | Damage::Missing { holder, .. } => part_of(holder),
            Damage::Value(at) => part_of(at),
        };
        let part = with_dependents(part);
        let path = written(&part);
        if matches!(path.as_str(), "spec.requests" | "spec.lookups" | "spec.codes") {
            unexamined.parts.extend(["spec.widgets".to_owned(), "spec.lookups".to_owned()]);
        }
        unexamined.parts.push(path);
        let given = value_at(value, &part).cloned().unwrap_or_default();
        let sample = walk.at(&part).map_or(Value::Null, |node| walk.sample(node, &given));
        put(value, &part, sample);
    }
    unexamined
}

/// Whether the entries of a mapping or list stand for themselves: one can be wrong and the others can be examined.
fn is_container(path: &[Step]) -> bool {
    let names: Vec<&str> = path
        .iter()
        .map(|step| match step {
            Step::Key(name) => name.as_str(),
            Step::Index(_) => "[]",
        })
        .collect();
    matches!(
        names.as_slice(),
        [] | ["metadata" | "spec"]
            | ["spec", "requests" | "lookups" | "codes" | "widgets"]
            | ["spec", "widgets", "[]"]
            | ["spec", "widgets", "[]", "fields"]
    )
}

/// The part that a path is in.
fn part_of(path: &[Step]) -> Vec<Step> {
    let inside = (0..path.len()).find(|length| path.get(..*length).is_some_and(|start| !is_container(start)));
    path.get(..inside.unwrap_or(path.len())).unwrap_or_default().to_vec()
}

/// Without its kind, nothing can be said about the fields of a widget.
fn with_dependents(mut part: Vec<Step>) -> Vec<Step> {
    if let [Step::Key(_), Step::Key(widgets), Step::Index(_), Step::Key(kind)] = part.as_slice()
        && widgets == "widgets"
        && kind == "kind"
    {
        part.pop();
    }
    part
}

fn at_mut<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(name) => value.get_mut(name),
        Step::Index(index) => value.get_mut(index),
    })
}

fn remove(value: &mut Value, holder: &[Step], key: &str) {
    if let Some(Value::Object(entries)) = at_mut(value, holder) {
        entries.remove(key);
    }
}

/// Puts a value in the place of another. Where the holder itself is gone, it is part of what was exchanged before.
fn put(value: &mut Value, path: &[Step], replacement: Value) {
    if path.is_empty() || value_at(value, path).is_some() {
        if let Some(place) = at_mut(value, path) {
            *place = replacement;
        }
        return;
    }
    if let [holder @ .., Step::Key(key)] = path
        && let Some(Value::Object(entries)) = at_mut(value, holder)
    {
        entries.insert(key.clone(), replacement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn a_part_is_what_stands_for_itself() {
        let path = [key("spec"), key("requests"), key("loans"), key("identity"), key("path")];
        assert_eq!(written(&part_of(&path)), "spec.requests.loans");
        let path = [key("spec"), key("widgets"), Step::Index(1), key("fields"), key("title"), key("as")];
        assert_eq!(written(&part_of(&path)), "spec.widgets[1].fields.title");
        assert_eq!(written(&part_of(&[key("spec"), key("level")])), "spec.level");
        assert_eq!(written(&part_of(&[key("spec"), key("source"), key("theme")])), "spec.source");
        assert_eq!(written(&part_of(&[key("spec")])), "spec");
    }

    #[test]
    fn nothing_more_is_told_about_a_part_or_what_is_below_it() {
        let unexamined = Unexamined { parts: vec!["spec.a".into()], holders: vec!["spec".into()] };
        for (path, held) in
            [("spec.a", true), ("spec.a.b", true), ("spec.a[0]", true), ("spec.ab", false), ("spec", true)]
        {
            assert_eq!(unexamined.holds(path), held, "{path}");
        }
    }
}
