//! What a contract's mappings read of an answer, as far as the kit changes it.

use std::collections::BTreeSet;

use overblik_widgets::WidgetKind;
use serde_json::{Map, Value};
use serde_json_path::{JsonPath, NormalizedPath};

use super::{
    answers::{format_of, read_all},
    recording::Case,
};
use crate::declared::Format;

/// One mapping of a contract.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads<'c> {
    /// Its place among the contract's widgets.
    pub(super) index: usize,
    pub(super) kind: WidgetKind,
    /// The request whose answer it reads.
    pub(super) from: &'c str,
    pub(super) items: Items<'c>,
    /// Where an item's code is that assigns it to this kind, and the codes that do.
    chosen_by: Option<(&'c str, &'c [Value])>,
    fields: &'c Map<String, Value>,
    document: &'c Value,
}

/// Where the items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Items<'c> {
    /// Those of the list at this path.
    Each(&'c str),
    /// The one thing at this path.
    One(&'c str),
}

impl<'c> Reads<'c> {
    /// The mappings of a contract that read requests; none for one without mappings.
    pub(super) fn all(document: &'c Value) -> Vec<Self> {
        let declared = document.pointer("/spec/widgets").and_then(Value::as_array);
        declared
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, widget)| Self::read(document, index, widget))
            .collect()
    }

    fn read(document: &'c Value, index: usize, widget: &'c Value) -> Option<Self> {
        let text = |key: &str| widget.get(key).and_then(Value::as_str);
        let items = text("each").map(Items::Each).or_else(|| text("one").map(Items::One))?;
        Some(Self {
            index,
            kind: WidgetKind::from_tag(text("kind")?)?,
            from: text("from")?,
            items,
            chosen_by: chosen_by(widget),
            fields: widget.get("fields")?.as_object()?,
            document,
        })
    }

    /// How reports name it.
    pub(super) fn name(&self) -> String {
        format!("widgets[{}]", self.index)
    }

    /// The names of the fields that it maps.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'c str> {
        self.fields.keys().map(String::as_str)
    }

    pub(super) fn is_required(&self, field: &str) -> bool {
        self.kind.fields().iter().any(|spec| spec.name == field && spec.required)
    }

    /// Where in an item a field's value comes from: every path, keys of look-ups included. `None` if it comes, or may
    /// come, from no place in the item, so that nothing done to the item takes it away.
    pub(super) fn origins(&self, field: &str) -> Option<Vec<&'c str>> {
        let mut origins = Vec::new();
        collect_origins(self.fields.get(field)?, &mut origins).then_some(origins)
    }

    /// The fields that are read as codes, each with its path in the item.
    pub(super) fn codes(&self) -> Vec<(&'c str, &'c str)> {
        let codes = self.fields.iter().filter_map(|(name, field)| {
            let is_code = field.get("as").and_then(Value::as_str) == Some("code") && field.get("join").is_none();
            let path = field.get("path").and_then(Value::as_str).filter(|_| is_code)?;
            // Items that a code assigns to this kind are another kind's with another code.
            (self.chosen_by.map(|(chosen_by, _)| chosen_by) != Some(path)).then_some((name.as_str(), path))
        });
        codes.collect()
    }

    /// Paths in the item that an item cannot be shown without, or is chosen by.
    pub(super) fn needed(&self) -> BTreeSet<&'c str> {
        let required = self.fields().filter(|field| self.is_required(field));
        let origins = required.filter_map(|field| self.origins(field)).flatten();
        origins.chain(self.chosen_by.map(|(path, _)| path)).collect()
    }

    /// The pointers of the items in an answer, in their order. `None` if what should hold them is not there.
    pub(super) fn items_in(&self, answer: &Value) -> Option<Vec<String>> {
        match self.items {
            Items::One(path) => Some(pointers(path, answer)).filter(|found| !found.is_empty()),
            Items::Each(path) => {
                let list = pointers(path, answer).into_iter().next()?;
                let items = answer.pointer(&list)?.as_array()?;
                let ours = items.iter().enumerate().filter(|(_, item)| self.is_ours(item));
                Some(ours.map(|(index, _)| format!("{list}/{index}")).collect())
            }
        }
    }

    /// Whether an item is of this kind, and not of another by its code.
    fn is_ours(&self, item: &Value) -> bool {
        self.chosen_by.is_none_or(|(path, codes)| {
            pointers(path, item).iter().filter_map(|pointer| item.pointer(pointer)).any(|code| codes.contains(code))
        })
    }

    /// What its answers are written in.
    pub(super) fn format(&self) -> Format {
        format_of(self.document, self.from)
    }

    /// The pages of a case that it reads.
    pub(super) fn pages(&self, case: &Case) -> Vec<Value> {
        case.answers.get(self.from).map(|pages| read_all(&self.format(), pages)).unwrap_or_default()
    }
}

fn chosen_by(widget: &Value) -> Option<(&str, &[Value])> {
    Some((widget.pointer("/where/path")?.as_str()?, widget.pointer("/where/in")?.as_array()?.as_slice()))
}

/// Whether everything that gives the field its value is in the item.
fn collect_origins<'c>(field: &'c Value, origins: &mut Vec<&'c str>) -> bool {
    for several in ["firstOf", "concat"] {
        if let Some(parts) = field.get(several).and_then(Value::as_array) {
            let mut all = true;
            for part in parts {
                all &= collect_origins(part, origins);
            }
            return all;
        }
    }
    let path = ["key", "path", "count", "sum"].iter().find_map(|key| field.get(*key).and_then(Value::as_str));
    match path {
        Some(path) => {
            origins.push(path);
            // The whole item cannot be taken away from itself.
            path != "$"
        }
        None => false,
    }
}

/// The JSON pointers of what a path selects.
pub(super) fn pointers(path: &str, value: &Value) -> Vec<String> {
    let Ok(path) = JsonPath::parse(path) else { return Vec::new() };
    path.query_located(value).locations().map(NormalizedPath::to_json_pointer).collect()
}

/// Replaces whatever a path selects in the value at a pointer. Says whether there was anything.
pub(super) fn replace(value: &mut Value, at: &str, path: &str, with: &Value) -> bool {
    let Some(holder) = value.pointer_mut(at) else { return false };
    let found = pointers(path, holder);
    for pointer in &found {
        if let Some(node) = holder.pointer_mut(pointer) {
            node.clone_from(with);
        }
    }
    !found.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Value {
        json!({ "spec": { "widgets": [{
            "kind": "loan", "from": "loans", "each": "$.loans", "where": { "path": "$.kind", "in": ["book"] },
            "fields": {
                "due_on": { "path": "$.due", "as": "date", "formats": ["iso"] },
                "title": { "firstOf": [{ "path": "$.title", "as": "text" }, { "join": "titles", "key": "$.id", "path": "$.t" }] },
                "material": { "fixed": "Bog" },
                "renewal": { "path": "$.renewal", "as": "code", "list": "renewal" },
            },
        }] } })
    }

    #[test]
    fn a_mapping_tells_what_its_items_need() {
        let contract = contract();
        let reads = Reads::all(&contract);
        let [reads] = reads.as_slice() else { panic!("one mapping: {reads:?}") };
        assert_eq!(reads.needed(), BTreeSet::from(["$.due", "$.kind"]));
        assert_eq!(reads.origins("title"), Some(vec!["$.title", "$.id"]));
        assert_eq!(reads.origins("material"), None);
        assert_eq!(reads.codes(), [("renewal", "$.renewal")]);
        let answer = json!({ "loans": [{ "kind": "book" }, {}, { "kind": "film" }, { "kind": "book" }] });
        assert_eq!(reads.items_in(&answer), Some(vec!["/loans/0".to_owned(), "/loans/3".to_owned()]));
        assert_eq!(reads.items_in(&json!({})), None);
    }

    #[test]
    fn a_value_is_replaced_where_it_stands() {
        let mut value = json!({ "loans": [{ "due": "x" }, { "due": "y" }] });
        assert!(replace(&mut value, "/loans/1", "$.due", &Value::Null));
        assert!(!replace(&mut value, "/loans/1", "$.title", &Value::Null));
        assert_eq!(value, json!({ "loans": [{ "due": "x" }, { "due": null }] }));
    }
}
