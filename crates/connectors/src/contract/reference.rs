//! References for people, written from a schema and its examples: of the language of contracts, and of what else is
//! described by a schema of its types.

use std::collections::BTreeSet;

use serde_json::Value;

use overblik_widgets::{FieldSpec, FieldType, WidgetKind};

use super::{
    language::contract_schema,
    reading::{name_of, readings_for},
    schema_walk::{SchemaWalk, own_keys},
};

/// An example of a part of the language.
pub struct ReferenceExample<'a> {
    /// The definitions of the schema whose section it stands in.
    pub of: &'a str,
    /// The example: what a whole contract holds instead of, or beside, its own.
    pub yaml: &'a str,
}

const HEAD: &str = "\
# Reference of the contract language

Every key of `connector.yaml`, part by part from the outside in. [contracts.md](contracts.md) is the introduction. This page
is written from the language itself and its examples are loaded by a test; do not edit it:

```sh
OVERBLIK_WRITE=1 cargo test -p overblik-connectors --test connectors language
```

A key in **bold** must be there. All keys are written as they stand here, capitals included; an unknown key is a mistake. A
contract is at most 64 KiB.
";

/// The reference, in Markdown.
#[must_use]
pub fn contract_reference(examples: &[ReferenceExample<'_>]) -> String {
    let mut text = schema_reference(HEAD, "Contract", &contract_schema().to_value(), examples);
    text.push_str(&widget_kinds());
    text
}

/// A reference of whatever a schema describes, in Markdown: `head`, then a section for the schema itself, called `root`, and
/// for each of its definitions.
#[must_use]
pub fn schema_reference(head: &str, root: &str, schema: &Value, examples: &[ReferenceExample<'_>]) -> String {
    let page = Page { root, walk: SchemaWalk(schema), examples };
    let mut text = head.to_owned();
    for (name, path, node) in page.definitions() {
        text.push_str(&page.section(name, &path, node));
    }
    text
}

struct Page<'a> {
    root: &'a str,
    walk: SchemaWalk<'a>,
    examples: &'a [ReferenceExample<'a>],
}

impl<'a> Page<'a> {
    /// The definitions with the first path where each stands, each after the one that refers to it.
    fn definitions(&self) -> Vec<(&'a str, String, &'a Value)> {
        let mut found = vec![(self.root, String::new(), self.walk.0)];
        let mut seen = BTreeSet::new();
        let mut next = 0;
        while let Some((_, path, node)) = found.get(next).cloned() {
            next += 1;
            let mut names = Vec::new();
            references(node, &path, &mut names);
            for (name, path) in names {
                if let (true, Some(node)) = (seen.insert(name), self.walk.0.pointer(&format!("/$defs/{name}"))) {
                    found.push((name, path, node));
                }
            }
        }
        found
    }

    fn section(&self, name: &str, path: &str, node: &'a Value) -> String {
        let description = node.get("description").and_then(Value::as_str).unwrap_or_default();
        let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        let mut lines = vec![format!("\n## {name}\n\n{place}{description}\n\n")];
        if node.get("properties").is_some() {
            lines.push("| key | type | meaning |\n| --- | --- | --- |\n".to_owned());
            let required = required(node);
            for key in own_keys(node) {
                let inner = node.get("properties").and_then(|properties| properties.get(key)).unwrap_or(&Value::Null);
                let shown = if required.contains(key) { format!("**`{key}`**") } else { format!("`{key}`") };
                lines.push(self.row(&shown, inner));
            }
        } else if let Some(branches) = node.get("oneOf").or_else(|| node.get("anyOf")).and_then(Value::as_array) {
            lines.push("One of:\n\n| form | type | meaning |\n| --- | --- | --- |\n".to_owned());
            lines.extend(branches.iter().map(|branch| self.branch(branch)));
        } else {
            lines.push(format!("{}\n", self.type_of(node)));
        }
        let examples = self.examples.iter().filter(|example| example.of == name);
        lines.extend(examples.map(|example| format!("\n```yaml\n{}\n```\n", example.yaml.trim())));
        lines.concat()
    }

    fn row(&self, shown: &str, node: &'a Value) -> String {
        let meaning = node.get("description").and_then(Value::as_str).unwrap_or_default();
        let default = node.get("default").map(|default| format!(" Default: `{default}`.")).unwrap_or_default();
        format!("| {shown} | {} | {}{default} |\n", cell(&self.type_of(node)), cell(meaning))
    }

    fn branch(&self, branch: &'a Value) -> String {
        let meaning = branch.get("description").and_then(Value::as_str).unwrap_or_default();
        if let Some(word) = branch.get("const") {
            return format!("| `{}` | | {} |\n", word.as_str().unwrap_or_default(), cell(meaning));
        }
        if let Some(words) = branch.get("enum").and_then(Value::as_array) {
            let rows = words.iter().map(|word| format!("| `{}` | | |\n", word.as_str().unwrap_or_default()));
            return rows.collect::<Vec<_>>().concat();
        }
        match branch.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                let keys = own_keys(branch).join(", ");
                let types: Vec<String> = properties.values().map(|inner| self.type_of(inner)).collect();
                format!("| `{keys}:` | {} | {} |\n", cell(&types.join(", ")), cell(meaning))
            }
            None => format!("| | {} | {} |\n", cell(&self.type_of(branch)), cell(meaning)),
        }
    }

    /// The type of a value, with its bounds.
    fn type_of(&self, node: &Value) -> String {
        if let Some(name) = definition(node) {
            return format!("[{name}](#{})", name.to_lowercase());
        }
        if let Some(other) = beside_null(node) {
            return format!("{} or `null`", self.type_of(&other));
        }
        let words = self.walk.words(node);
        if !words.is_empty() && node.get("properties").is_none() {
            return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        }
        let bound = |name: &str| node.get(name).map(Value::to_string);
        if let Some(examples) = node.get("examples").and_then(Value::as_array) {
            let examples: Vec<String> =
                examples.iter().map(|word| format!("`{}`", word.as_str().unwrap_or_default())).collect();
            return examples.join(", ");
        }
        match node.get("type").and_then(Value::as_str) {
            Some("string") => match bound("maxLength") {
                Some(most) => format!("text, at most {most} characters"),
                None => "text".to_owned(),
            },
            Some("integer") => format!("whole number{}", range(bound("minimum"), bound("maximum"), " ")),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("array") => {
                let items = node.get("items").map(|items| self.type_of(items)).unwrap_or_default();
                format!("list of {items}{}", range(bound("minItems"), bound("maxItems"), ", "))
            }
            Some("object") => match node.get("additionalProperties").filter(|rest| rest.is_object()) {
                Some(rest) => {
                    let count = range(bound("minProperties"), bound("maxProperties"), ", ");
                    format!("names of your own, each with {}{count}", self.type_of(rest))
                }
                None => {
                    let keys = own_keys(node).into_iter().map(|key| {
                        let inner = node.get("properties").and_then(|properties| properties.get(key));
                        format!("`{key}`: {}", inner.map(|inner| self.type_of(inner)).unwrap_or_default())
                    });
                    keys.collect::<Vec<_>>().join("; ")
                }
            },
            _ => "anything".to_owned(),
        }
    }
}

/// The widget kinds and their fields.
fn widget_kinds() -> String {
    let head = "\n## Widget kinds\n\nThe fields that a widget of each kind can be given. A field in **bold** must be there: an \
                item without it is left out and counted.\n";
    let mut lines = vec![head.to_owned()];
    for kind in WidgetKind::ALL {
        lines.push(format!("\n### {}\n\n| field | read | values |\n| --- | --- | --- |\n", kind.tag()));
        lines.extend(kind.fields().iter().map(widget_field));
    }
    lines.concat()
}

fn widget_field(field: &FieldSpec) -> String {
    let FieldSpec { name, field_type, required } = field;
    let shown = if *required { format!("**`{name}`**") } else { format!("`{name}`") };
    let readings: Vec<_> =
        readings_for(*field_type).iter().map(|reading| format!("`as: {}`", name_of(*reading))).collect();
    let values = match field_type {
        FieldType::Choice(values) => values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "),
        FieldType::Code => "`texts` of your own".to_owned(),
        _ => String::new(),
    };
    format!("| {shown} | {} | {values} |\n", readings.join(", "))
}

/// What a schema refers to, and the path of each there.
fn references<'a>(node: &'a Value, path: &str, names: &mut Vec<(&'a str, String)>) {
    if let Some(name) = definition(node) {
        names.push((name, path.to_owned()));
    }
    for key in own_keys(node) {
        if let Some(inner) = node.get("properties").and_then(|properties| properties.get(key)) {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            references(inner, &path, names);
        }
    }
    let branches = ["oneOf", "anyOf"].into_iter().filter_map(|choice| node.get(choice)?.as_array()).flatten();
    branches.for_each(|branch| references(branch, path, names));
    if let Some(items) = node.get("items") {
        references(items, &format!("{path}[]"), names);
    }
    if let Some(rest) = node.get("additionalProperties") {
        references(rest, &format!("{path}.<name>"), names);
    }
}

/// What a value may be that may also be `null`.
fn beside_null(node: &Value) -> Option<Value> {
    let is_null = |name: &Value| *name == "null";
    if let Some(types) = node.get("type").and_then(Value::as_array).filter(|types| types.iter().any(is_null)) {
        let mut other = node.as_object()?.clone();
        let [name] = types.iter().filter(|name| !is_null(name)).collect::<Vec<_>>()[..] else { return None };
        other.insert("type".to_owned(), name.clone());
        return Some(Value::Object(other));
    }
    let branches = node.get("anyOf")?.as_array()?;
    let (null, other): (Vec<_>, Vec<_>) = branches.iter().partition(|branch| branch.get("type").is_some_and(is_null));
    match (null[..].is_empty(), &other[..]) {
        (false, [only]) => Some((*only).clone()),
        _ => None,
    }
}

fn definition(node: &Value) -> Option<&str> {
    node.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn required(node: &Value) -> BTreeSet<&str> {
    node.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn range(least: Option<String>, most: Option<String>, between: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{between}{least} to {most}"),
        (None, Some(most)) => format!("{between}at most {most}"),
        (Some(least), None) => format!("{between}at least {least}"),
        (None, None) => String::new(),
    }
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
