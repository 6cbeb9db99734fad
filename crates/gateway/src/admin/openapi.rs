//! The description of the admin API (OpenAPI 3.1), made from the table of verbs. A test holds the published one against it.

use std::collections::BTreeSet;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    error::Mistake,
    index::LINES,
    verbs::{Condition, TOKEN, Verb, verbs},
};

/// `GET /admin/v1/openapi.json`
pub(super) async fn show() -> axum::Json<Value> {
    axum::Json(document())
}

/// The description, as `contracts/schemas/admin.openapi.json` has it.
#[must_use]
pub fn description() -> String {
    serde_json::to_string_pretty(&document()).unwrap_or_default()
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for verb in verbs() {
        let described = operation(&verb, &mut generator);
        let path = paths.entry(verb.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(verb.method.as_str().to_ascii_lowercase(), described);
        }
    }
    let mistake = generator.subschema_for::<Mistake>();
    let mut schemas = generator.take_definitions(true);
    schemas.insert("ProblemDocument".to_owned(), problem(&mistake.to_value()));
    schemas.insert("TokenRefusal".to_owned(), token_refusal());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Overblik: admin API",
            "version": "1",
            "description": "How authorities and operators manage sources. A client proves itself at /admin/v1/token by a \
                signed assertion (private_key_jwt) and shows the token that it gets with each request. A thing that is \
                not yours is answered like one that there is not.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(verb: &Verb, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = names_in(verb.path).map(in_path).collect();
    if let Some(query) = verb.query {
        parameters.extend(in_query(&query(generator).to_value()));
    }
    if verb.condition != Condition::None {
        let told = "The ETag of what you looked at.";
        let shape = json!({ "type": "string", "pattern": "^\"[0-9]{1,18}\"$" });
        parameters.push(header("If-Match", told, &shape, verb.condition == Condition::Existing));
    }
    if verb.condition == Condition::ExistingOrNew {
        let told = "*, for what there is not yet, in the place of If-Match.";
        parameters.push(header("If-None-Match", told, &json!({ "const": "*" }), false));
    }
    let mut answer = json!({ "description": verb.does });
    if let (Some(shape), Some(members)) = (verb.answer, answer.as_object_mut()) {
        let mut content = json!({ "application/json": { "schema": shape(generator) } });
        if let (true, Some(content)) = (verb.in_csv, content.as_object_mut()) {
            content.insert("text/csv".to_owned(), json!({ "schema": { "type": "string" } }));
        }
        members.insert("content".to_owned(), content);
    }
    let refused = json!({
        "description": "Why not: contracts/problems.md lists the codes",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/ProblemDocument" } } },
    });
    let mut operation = json!({
        "summary": verb.does,
        "parameters": parameters,
        "responses": { verb.status.to_string(): answer, "default": refused },
    });
    let Some(members) = operation.as_object_mut() else { return operation };
    if let Some((shape, example, largest)) = &verb.body {
        let content = json!({ "application/json": { "schema": shape(generator), "example": example } });
        let told = format!("At most {} kB.", largest / 1024);
        members.insert("requestBody".to_owned(), json!({ "required": true, "description": told, "content": content }));
    }
    if verb.takes_lines {
        let told = "A CPR number in quotation marks on each line: \"DDMMYYSSSS\". Only a keyed hash of each is kept.";
        let content = json!({ (LINES): { "schema": { "type": "string" } } });
        members.insert("requestBody".to_owned(), json!({ "required": true, "description": told, "content": content }));
    }
    if verb.open {
        members.insert("security".to_owned(), json!([]));
    }
    if verb.path == TOKEN {
        of_token_door(members);
    }
    operation
}

/// The names that stand for something in a path.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn in_path(name: &str) -> Value {
    let shape = if name == "version" {
        json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX })
    } else {
        json!({ "type": "string" })
    };
    json!({ "name": name, "in": "path", "required": true, "schema": shape })
}

fn in_query(shape: &Value) -> impl Iterator<Item = Value> {
    let required = shape.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let required: BTreeSet<_> = required.collect();
    let members = shape.get("properties").and_then(Value::as_object).into_iter().flatten();
    members.map(move |(name, schema)| {
        json!({ "name": name, "in": "query", "required": required.contains(name.as_str()), "schema": schema })
    })
}

fn header(name: &str, told: &str, shape: &Value, required: bool) -> Value {
    json!({ "name": name, "in": "header", "required": required, "description": told, "schema": shape })
}

/// What the token door takes and says: as RFC 6749 writes it, not as the verbs behind it.
fn of_token_door(operation: &mut Map<String, Value>) {
    let form = json!({
        "type": "object",
        "required": ["grant_type", "client_assertion_type", "client_assertion"],
        "properties": {
            "grant_type": { "const": "client_credentials" },
            "client_assertion_type": { "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" },
            "client_assertion": { "type": "string", "description": "A JWT that the client signed (private_key_jwt)." },
        },
        "additionalProperties": false,
    });
    let given = json!({
        "type": "object",
        "required": ["access_token", "token_type", "expires_in"],
        "properties": {
            "access_token": { "type": "string" },
            "token_type": { "const": "Bearer" },
            "expires_in": { "type": "integer", "description": "Seconds." },
        },
    });
    let content = json!({ "application/x-www-form-urlencoded": { "schema": form } });
    operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    let refused = json!({ "$ref": "#/components/schemas/TokenRefusal" });
    let problem = json!({ "$ref": "#/components/schemas/ProblemDocument" });
    let answers = json!({
        "200": { "description": "The token", "content": { "application/json": { "schema": given } } },
        "default": {
            "description": "Why not: contracts/problems.md lists the codes",
            "content": {
                "application/json": { "schema": refused },
                // From what stands before the door, such as limits.
                "application/problem+json": { "schema": problem },
            },
        },
    });
    operation.insert("responses".to_owned(), answers);
}

/// RFC 6749 section 5.2, with our own code.
fn token_refusal() -> Value {
    json!({
        "type": "object",
        "required": ["error", "error_description", "code"],
        "properties": {
            "error": { "type": "string" },
            "error_description": { "type": "string" },
            "code": { "type": "string", "description": "Stable; contracts/problems.md lists them." },
        },
    })
}

fn problem(mistake: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["type", "code", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string" },
            "code": { "type": "string", "description": "Stable; contracts/problems.md lists them." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What it is this time." },
            "mistakes": { "type": "array", "items": mistake },
        },
    })
}
