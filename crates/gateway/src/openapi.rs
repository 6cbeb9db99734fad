//! The description of the API for browsers and apps (OpenAPI 3.1): what is under `/api` in `routes`. A test holds it against
//! those routes, another the published one against it.

mod operations;

use std::collections::BTreeMap;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use self::operations::{Operation, Who, operations};
use crate::{api_error::ApiError, session::cookie::SESSION_COOKIE};

const PROBLEM: &str = "application/problem+json";

/// The description, as `contracts/schemas/api.openapi.json` has it.
#[must_use]
pub fn description() -> String {
    serde_json::to_string_pretty(&document()).unwrap_or_default()
}

/// Every path with its methods in lower case, in the order of the description.
#[must_use]
pub fn described() -> BTreeMap<&'static str, Vec<String>> {
    let mut paths: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for operation in operations() {
        paths.entry(operation.path).or_default().push(operation.method.as_str().to_ascii_lowercase());
    }
    paths
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in operations() {
        let described = describe(&operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.as_str().to_ascii_lowercase(), described);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("ProblemDocument".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Overblik",
            "version": "1",
            "description": "One citizen's overview of their dealings with the public sector. A browser that is logged in at \
                /auth/login sends its session's cookie and asks from the gateway's own pages; a native app shows an access token \
                of the identity provider (docs/native-apps.md). What goes wrong at a source is a section that says so; \
                what goes wrong here is a problem document, whose codes contracts/problems.md explains.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": SESSION_COOKIE,
                    "description": "The session of a browser. Nothing of it is for programs to read." },
                "token": { "type": "http", "scheme": "bearer",
                    "description": "An access token for this gateway, where it lets apps in." },
                "bound_token": { "type": "http", "scheme": "dpop",
                    "description": "The same bound to the app's key, with a proof (RFC 9449)." },
            },
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let Operation { path, does, who, parameters, answers, .. } = operation;
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(
        |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    );
    let others = parameters.iter().map(|parameter| {
        let schema = match parameter.pattern {
            Some(pattern) => json!({ "type": "string", "pattern": pattern }),
            None => json!({ "type": "string" }),
        };
        json!({ "name": parameter.name, "in": parameter.place, "required": false,
            "description": parameter.told, "schema": schema })
    });
    let parameters: Vec<Value> = in_path.chain(others).collect();
    let mut responses = Map::new();
    for answer in answers {
        let mut described = json!({ "description": answer.told });
        if let Some(members) = described.as_object_mut().filter(|_| !answer.content.is_empty()) {
            let content = answer.content.iter().map(|(media_type, shape)| {
                let schema = shape.map_or_else(|| json!({ "type": "string" }), |shape| shape(generator).to_value());
                ((*media_type).to_owned(), json!({ "schema": schema }))
            });
            members.insert("content".to_owned(), Value::Object(content.collect()));
        }
        responses.insert(answer.status.to_string(), described);
    }
    for (status, codes) in problems(operation) {
        responses.insert(status.to_string(), refused(&codes));
    }
    let security = match who {
        Who::Everybody => json!([]),
        Who::Session => json!([{ "session": [] }]),
        Who::Citizen => json!([{ "session": [] }, { "token": [] }, { "bound_token": [] }]),
    };
    json!({ "summary": does, "parameters": parameters, "responses": responses, "security": security })
}

/// What an operation may be refused with: the codes, by their status.
fn problems(operation: &Operation) -> BTreeMap<u16, Vec<&'static str>> {
    let mut by_status: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for error in operation.refusals() {
        let face = error.face();
        let codes = by_status.entry(face.status.as_u16()).or_default();
        if !codes.contains(&face.code) {
            codes.push(face.code);
        }
    }
    by_status
}

fn refused(codes: &[&str]) -> Value {
    let code = json!({ "properties": { "code": { "enum": codes } } });
    let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/ProblemDocument" }, code] });
    json!({ "description": codes.join(", "), "content": { (PROBLEM): { "schema": schema } } })
}

fn problem() -> Value {
    let codes: Vec<&str> =
        operations().iter().flat_map(Operation::refusals).map(|error: ApiError| error.face().code).collect();
    let codes: std::collections::BTreeSet<&str> = codes.into_iter().collect();
    json!({
        "type": "object",
        "required": ["type", "code", "title", "status", "detail", "reference"],
        "properties": {
            "type": { "type": "string" },
            "code": { "type": "string", "enum": codes, "description": "Stable; contracts/problems.md explains them." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "reference": { "type": "string", "description": "Finds the occurrence in the logs." },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The routes of the API as they stand in `routes`, each with its methods.
    fn routed() -> BTreeMap<String, BTreeSet<String>> {
        let source = include_str!("routes.rs");
        let routes = source.split(".route(\"").skip(1).filter_map(|rest| rest.split_once('"'));
        let of_api = routes.filter(|(path, _)| path.starts_with("/api/"));
        let with_methods = of_api.map(|(path, rest)| {
            let line = rest.lines().next().unwrap_or_default();
            let methods = ["get", "post", "put", "patch", "delete"];
            let methods = methods
                .into_iter()
                .filter(|method| line.contains(&format!(" {method}(")) || line.contains(&format!(".{method}(")));
            (path.to_owned(), methods.map(str::to_owned).collect())
        });
        with_methods.collect()
    }

    #[test]
    fn every_route_of_the_api_is_described_and_no_other() {
        let described: BTreeMap<_, BTreeSet<_>> =
            described().into_iter().map(|(path, methods)| (path.to_owned(), methods.into_iter().collect())).collect();
        assert!(described.len() >= 8, "{described:?}");
        assert_eq!(described, routed());
    }

    #[test]
    fn every_operation_says_who_may_ask_and_what_it_is_refused_with() {
        let document = document();
        for (path, methods) in described() {
            for method in methods {
                let operation = &document["paths"][path][&method];
                assert!(operation["security"].is_array(), "{method} {path}");
                let responses = operation["responses"].as_object().expect("responses");
                assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
                for status in ["429", "500"] {
                    assert!(responses.contains_key(status), "{method} {path} lacks {status}");
                }
                let asks_for_somebody = operation["security"] != json!([]);
                assert_eq!(responses.contains_key("401"), asks_for_somebody, "{method} {path}");
            }
        }
    }
}
