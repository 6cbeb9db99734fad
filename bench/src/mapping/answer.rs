//! An answer as a system of bills gives it: 44 bills, 10 KB.

use serde_json::{Value, json};

/// Whom it is about: a fictitious person.
pub(crate) const CPR: &str = "6101010001";

/// How many bills it has.
pub(crate) const BILLS: usize = 44;

/// The lists of its XML.
pub(crate) const XML_LISTS: [(&str, &str); 2] = [("bills", "bill"), ("links", "link")];

const TEXTS: [&str; 5] =
    ["Vand og spildevand", "Daginstitution", "Ejendomsskat", "Gebyr for nyt pas", "Rottebekæmpelse"];

/// The answer.
pub(crate) fn bills() -> Value {
    let bills: Vec<Value> = (0..BILLS).map(bill).collect();
    json!({ "cpr": CPR, "bills": bills })
}

fn bill(number: usize) -> Value {
    let status = ["KOM", "BET", "OVS", "GST"].get(number % 4).copied();
    json!({
        "id": 40_000 + number,
        "text": TEXTS.get(number % TEXTS.len()),
        "about": { "name": format!("Møllevej {number}") },
        "office": format!("K{}", number % 6),
        "amount": 125.5 + f64::from(u8::try_from(number).unwrap_or_default()),
        "left": (!number.is_multiple_of(3)).then(|| format!("1.{:03},50", 100 + number)),
        "status": status,
        "due": format!("2026-{:02}-{:02}", 1 + number * 7 % 12, 1 + number * 5 % 28),
        "paid": (number % 4 == 1).then(|| format!("2026-11-{:02}", 1 + number % 28)),
        "links": [{ "href": format!("https://betal.birkerup.example/regning/{number}") }],
    })
}

/// The answer to the look-up of whom the bills are from.
pub(crate) fn offices() -> Value {
    let offices: Vec<Value> =
        (0..6).map(|number| json!({ "id": format!("K{number}"), "name": format!("Kontor {number}") })).collect();
    json!({ "offices": offices })
}

/// The same in XML, padded by nothing.
pub(crate) fn as_xml(page: &Value) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><answer>{}</answer>", elements(page))
}

fn elements(value: &Value) -> String {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Value::Array(items) => {
                    let entry = name.trim_end_matches('s');
                    let entries: String = items.iter().map(|item| element(entry, item)).collect();
                    format!("<{name}>{entries}</{name}>")
                }
                other => element(name, other),
            })
            .collect(),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn element(name: &str, value: &Value) -> String {
    format!("<{name}>{}</{name}>", elements(value))
}

/// A schema of the answer.
pub(crate) fn schema() -> Value {
    let text = json!({ "type": "string", "maxLength": 200 });
    let maybe = json!({ "type": ["string", "null"], "maxLength": 200 });
    json!({
        "type": "object",
        "required": ["cpr", "bills"],
        "properties": {
            "cpr": { "type": "string", "pattern": "^[0-9]{10}$" },
            "bills": { "type": "array", "items": {
                "type": "object",
                "required": ["id", "text", "amount", "due"],
                "properties": {
                    "id": { "type": "integer" }, "text": text, "office": text, "amount": { "type": "number" },
                    "left": maybe, "paid": maybe, "status": { "enum": ["KOM", "BET", "OVS", "GST"] },
                    "due": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
                },
            } },
        },
    })
}
