//! What an authority's OpenAPI 3.0 or 3.1 says about one of its operations.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::guess::{Candidate, Form};

/// Deepest nesting of a schema that is followed; schemas may contain themselves.
const MAX_DEPTH: usize = 8;
/// Most values that are listed of one schema.
const MAX_CANDIDATES: usize = 400;

/// Why a contract cannot be drafted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotDraft(pub(super) String);

/// One operation, as far as a contract needs it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The server's address, if it is an absolute one.
    pub base_url: Option<String>,
    /// The path, with its parameters in braces.
    pub path: String,
    /// The method, in capitals.
    pub method: String,
    pub(super) summary: String,
    /// Keys of the request's body.
    pub(super) body_keys: Vec<String>,
    /// Paths of the lists in the answer, from the outside in.
    pub(super) lists: Vec<String>,
    /// Every single value in the answer.
    pub(super) candidates: Vec<Candidate>,
}

impl Operation {
    /// Reads an operation from an OpenAPI document, YAML or JSON, by its `operationId`. It may be left out where the
    /// document has only one.
    ///
    /// # Errors
    /// What is wrong, with the operations that there are.
    pub fn read(text: &str, id: Option<&str>) -> Result<Self, CannotDraft> {
        // YAML 1.2 holds JSON.
        let document: Value = serde_saphyr::from_str(text).map_err(|error| CannotDraft(error.to_string()))?;
        let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if !version.starts_with("3.") {
            return Err(CannotDraft("is no OpenAPI 3.0 or 3.1: \"openapi\" must say 3.0.x or 3.1.x".to_owned()));
        }
        let all = operations(&document);
        let found: Vec<_> = all
            .iter()
            .filter(|(_, _, operation)| id.is_none() || operation.get("operationId").and_then(Value::as_str) == id)
            .collect();
        let [(path, method, operation)] = found.as_slice() else {
            let known = all.iter().filter_map(|(_, _, operation)| operation.get("operationId").and_then(Value::as_str));
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(CannotDraft(match id {
                Some(id) => format!("has no operation \"{id}\"; there are: {known}"),
                None => format!("has not exactly one operation: choose with --operation; there are: {known}"),
            }));
        };
        let mut reading = Reading { document: &document, lists: Vec::new(), candidates: Vec::new() };
        if let Some(schema) = answer_schema(&document, operation) {
            reading.follow(schema, "$", None, 0);
        }
        let body = operation.pointer("/requestBody/content/application~1json/schema");
        let body = body.and_then(|schema| resolved(&document, schema)).and_then(|schema| schema.get("properties"));
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            base_url: base_url(&document),
            path: (*path).clone(),
            method: method.to_ascii_uppercase(),
            summary: text("summary").lines().next().unwrap_or_default().to_owned(),
            body_keys: body.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            lists: reading.lists,
            candidates: reading.candidates,
        })
    }

    /// The path as a contract may have it: without parameters, which end up in logs.
    #[must_use]
    pub fn plain_path(&self) -> String {
        self.path.replace(['{', '}'], "")
    }
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for method in ["get", "post"] {
            if let Some(operation) = item.get(method) {
                found.push((path.clone(), method.to_owned(), operation));
            }
        }
    }
    found
}

fn base_url(document: &Value) -> Option<String> {
    let servers = document.get("servers").and_then(Value::as_array)?;
    let urls = servers.iter().filter_map(|server| server.get("url").and_then(Value::as_str));
    urls.filter_map(|url| Url::parse(url).ok().map(|parsed| (url, parsed)))
        .find(|(url, parsed)| parsed.scheme() == "https" && !url.contains('{'))
        .map(|(url, _)| url.trim_end_matches('/').to_owned())
}

/// The schema of the first answer of success that is JSON.
fn answer_schema<'d>(document: &'d Value, operation: &'d Value) -> Option<&'d Value> {
    let answers = operation.get("responses").and_then(Value::as_object)?;
    let (_, answer) = answers.iter().find(|(status, _)| status.starts_with('2'))?;
    let content = resolved(document, answer)?.get("content").and_then(Value::as_object)?;
    content.iter().find(|(media_type, _)| media_type.contains("json"))?.1.get("schema")
}

/// A part of the document, or what it refers to within the document.
fn resolved<'d>(document: &'d Value, part: &'d Value) -> Option<&'d Value> {
    let mut part = part;
    for _ in 0..MAX_DEPTH {
        let Some(reference) = part.get("$ref").and_then(Value::as_str) else { return Some(part) };
        part = document.pointer(reference.strip_prefix('#')?)?;
    }
    None
}

struct Reading<'d> {
    document: &'d Value,
    lists: Vec<String>,
    candidates: Vec<Candidate>,
}

impl<'d> Reading<'d> {
    /// Follows a schema; `list` is the innermost list that it stands in.
    fn follow(&mut self, schema: &'d Value, path: &str, list: Option<&str>, depth: usize) {
        if depth > MAX_DEPTH || self.candidates.len() >= MAX_CANDIDATES {
            return;
        }
        let Some(schema) = resolved(self.document, schema) else { return };
        for part in ["allOf", "oneOf", "anyOf"] {
            for part in schema.get(part).and_then(Value::as_array).into_iter().flatten() {
                self.follow(part, path, list, depth + 1);
            }
        }
        let types = types(schema);
        if let Some(items) = schema.get("items") {
            let whole = list.map_or(path.to_owned(), |list| format!("{list}[*]{}", path.trim_start_matches('$')));
            self.lists.push(whole.clone());
            self.follow(items, "$", Some(&whole), depth + 1);
        } else if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                self.follow(property, &below(path, name), list, depth + 1);
            }
        } else if let Some(form) = form(schema, &types) {
            let enumeration = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            self.candidates.push(Candidate {
                list: list.map(str::to_owned),
                path: path.to_owned(),
                form,
                codes: enumeration.filter_map(Value::as_str).map(str::to_owned).collect(),
            });
        }
    }
}

fn below(path: &str, name: &str) -> String {
    let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if plain { format!("{path}.{name}") } else { format!("{path}['{}']", name.replace('\'', "\\'")) }
}

/// In OpenAPI 3.1 a type may be a list of types.
fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn form(schema: &Value, types: &BTreeSet<&str>) -> Option<Form> {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if schema.get("enum").is_some() && types.contains("string") {
        return Some(Form::Code);
    }
    if types.contains("string") {
        return Some(match format {
            "date" => Form::Date,
            "date-time" => Form::Moment,
            "uri" | "url" => Form::Link,
            _ => Form::Text,
        });
    }
    if types.contains("integer") {
        return Some(Form::Integer);
    }
    if types.contains("number") {
        return Some(Form::Number);
    }
    types.contains("boolean").then_some(Form::Flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r##"
openapi: 3.1.0
servers: [{ url: "https://api.tandlaege.example/v2/" }]
paths:
  /patients/{id}/recalls:
    get:
      operationId: recalls
      responses:
        "200":
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Recalls" }
components:
  schemas:
    Recalls:
      type: object
      properties:
        patientCpr: { type: string }
        recalls: { type: array, items: { $ref: "#/components/schemas/Recall" } }
    Recall:
      type: object
      properties:
        due-date: { type: string, format: date }
        clinic: { type: object, properties: { name: { type: [string, "null"] } } }
        state: { type: string, enum: [open, done] }
        parent: { $ref: "#/components/schemas/Recall" }
"##;

    #[test]
    fn an_operation_is_read_with_its_lists_and_values() {
        let operation = Operation::read(DOCUMENT, None).expect("an operation");
        assert_eq!(operation.base_url.as_deref(), Some("https://api.tandlaege.example/v2"));
        assert_eq!((operation.method.as_str(), operation.plain_path().as_str()), ("GET", "/patients/id/recalls"));
        assert_eq!(operation.lists, ["$.recalls"]);
        let has = |path: &str, form: Form| operation.candidates.iter().any(|one| one.path == path && one.form == form);
        assert!(
            has("$.patientCpr", Form::Text) && has("$['due-date']", Form::Date) && has("$.clinic.name", Form::Text)
        );
        assert!(has("$.state", Form::Code));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_what_there_is() {
        let error = Operation::read(DOCUMENT, Some("recall")).expect_err("no such operation");
        assert_eq!(error.to_string(), "has no operation \"recall\"; there are: recalls");
        assert!(Operation::read("swagger: '2.0'", None).is_err());
        assert!(Operation::read("[", None).is_err());
    }
}
