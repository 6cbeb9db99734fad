//! What a contract's mappings read of an answer, as far as the kit changes it.

use std::collections::BTreeSet;

use overblik_widgets::WidgetKind;
use serde_json::{Map, Value};
use serde_json_path::{JsonPath, NormalizedPath};

use super::{
    answers::{format_of, read_all},
    recording::Case,
};
use crate::declared::{Format, ItemPath, Spelling, is_bare};

/// One mapping of a contract.
#[derive(Clone, Debug)]
pub(super) struct Reads<'c> {
    /// Its place among the contract's widgets.
    pub(super) index: usize,
    pub(super) kind: WidgetKind,
    /// The request whose answer it reads.
    pub(super) from: &'c str,
    pub(super) items: Items<'c>,
    /// Whether the items may be absent together with what holds them.
    pub(super) optional: bool,
    /// What an item must be to be of this kind.
    chosen_by: &'c [Value],
    fields: &'c Map<String, Value>,
    document: &'c Value,
}

/// Where the items are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Items<'c> {
    /// Those of lists.
    Each(Spelling),
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
        let each = text("each").and_then(ItemPath::parse).map(|path| Items::Each(path.spelling().clone()));
        let items = each.or_else(|| text("one").map(Items::One))?;
        Some(Self {
            index,
            kind: WidgetKind::from_tag(text("kind")?)?,
            from: text("from")?,
            items,
            optional: widget.get("optional").is_some_and(|optional| optional == true),
            chosen_by: widget.get("where").map(conditions).unwrap_or_default(),
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
            (!self.chosen_at().any(|chosen_by| chosen_by == path)).then_some((name.as_str(), path))
        });
        codes.collect()
    }

    /// Paths in the item that an item cannot be shown without, or is chosen by.
    pub(super) fn needed(&self) -> BTreeSet<&'c str> {
        let required = self.fields().filter(|field| self.is_required(field));
        let origins = required.filter_map(|field| self.origins(field)).flatten();
        origins.chain(self.chosen_at()).collect()
    }

    /// Where in an item it is told of what kind it is.
    pub(super) fn chosen_at(&self) -> impl Iterator<Item = &'c str> {
        self.chosen_by.iter().filter_map(|condition| condition.get("path").and_then(Value::as_str))
    }

    /// Whether another mapping reads the same lists.
    pub(super) fn shares_lists_with(&self, other: &Self) -> bool {
        let lists = |items: &Items<'_>| match items {
            Items::Each(path) => Some(path.lists.clone()),
            Items::One(_) => None,
        };
        self.from == other.from && lists(&self.items).is_some() && lists(&self.items) == lists(&other.items)
    }

    /// The pointers of the items in an answer, in their order. `None` if what should hold them is not there.
    pub(super) fn items_in(&self, answer: &Value) -> Option<Vec<String>> {
        match &self.items {
            Items::One(path) => Some(pointers(path, answer)).filter(|found| !found.is_empty()),
            Items::Each(path) => {
                let mut items = pointers(&path.items, answer);
                if items.is_empty() && pointers(&path.lists, answer).is_empty() {
                    return None;
                }
                items.retain(|item| answer.pointer(item).is_some_and(|item| self.is_ours(item)));
                Some(items)
            }
        }
    }

    /// Whether an item is of this kind, and not of another.
    fn is_ours(&self, item: &Value) -> bool {
        self.chosen_by.iter().all(|condition| {
            let path = condition.get("path").and_then(Value::as_str).unwrap_or_default();
            let found = pointers(path, item);
            let mut found = found.iter().filter_map(|pointer| item.pointer(pointer));
            match (condition.get("in").and_then(Value::as_array), condition.get("exists")) {
                (Some(codes), _) => found.any(|code| codes.contains(code)),
                (None, exists) => Some(&Value::from(found.any(|node| !is_bare(node)))) == exists,
            }
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

/// The conditions of a `where`, which is one or a list of them.
pub(super) fn conditions(chosen: &Value) -> &[Value] {
    chosen.as_array().map_or(std::slice::from_ref(chosen), Vec::as_slice)
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
