//! Any answers to a compiled contract: widgets of the citizen's own, in bounds, and nothing missing in silence.
//!
//! The first byte chooses the contract, the second how the rest becomes answers (one to each request and look-up): as
//! texts between bytes 0xff, which UTF-8 does not have, or as choices of keys and values that the contract knows.
#![no_main]

use std::{path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use overblik_connectors::{
    AcceptedPersons, Cpr,
    fuzzing::{Source, Told},
};
use overblik_fuzz::{CPR, OTHER_CPR, size, told};
use overblik_widgets::SectionState;
use serde_json::{Map, Value, json};

/// Contracts, in the order in which `fuzz/run` numbers their seeds.
const CONTRACTS: [(&str, &str); 10] = [
    ("birkerup/permits", include_str!("../../crates/connectors/tests/connectors/permits.yaml")),
    ("birkerup/permits", include_str!("../../crates/connectors/tests/connectors/services.yaml")),
    ("birkerup/permits", include_str!("../../crates/connectors/tests/connectors/benefits.yaml")),
    ("birkerup/daycare", include_str!("../../contracts/authorities/birkerup/daycare/connector.yaml")),
    (
        "birkerup-libraries/library",
        include_str!("../../contracts/authorities/birkerup-libraries/library/connector.yaml"),
    ),
    ("public-payments/payments", include_str!("../../contracts/authorities/public-payments/payments/connector.yaml")),
    ("birkerup/child-book", include_str!("../../contracts/authorities/birkerup/child-book/connector.yaml")),
    ("citizens-mail/mailbox", include_str!("../../contracts/authorities/citizens-mail/mailbox/connector.yaml")),
    ("licence-agency/deadlines", include_str!("../../contracts/authorities/licence-agency/deadlines/connector.yaml")),
    (
        "person-register/master-data",
        include_str!("../../contracts/authorities/person-register/master-data/connector.yaml"),
    ),
];

/// A compiled contract, and the names and words in it, from which answers are put together.
struct Compiled {
    source: Source,
    words: Vec<String>,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compiled = CONTRACTS.iter().map(|(folder, text)| {
        let source = Source::compile(text, Path::new(folder)).unwrap_or_else(|| panic!("{folder} has mistakes"));
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').filter(|word| !word.is_empty());
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort();
        words.dedup();
        Compiled { source, words }
    });
    compiled.collect()
});

fuzz_target!(|data: &[u8]| {
    let [contract, way, rest @ ..] = data else { return };
    let Compiled { source, words } = &COMPILED[usize::from(*contract) % COMPILED.len()];
    let calls = source.requests() + source.lookups();
    let answers: Vec<Told> = if way % 2 == 0 {
        let parts = rest.split(|byte| *byte == 0xff).take(calls).enumerate();
        parts.map(|(call, text)| told(content_type(source, call), text.to_vec())).collect()
    } else {
        let mut choices = Choices { bytes: rest.iter(), words };
        let answers = (0..calls).map(|call| {
            let value = choices.value(5);
            let body = if source.reads_xml(call) { xml(&value) } else { value.to_string() };
            told(content_type(source, call), body)
        });
        answers.collect()
    };
    let cpr = Cpr::parse(CPR, AcceptedPersons::FictitiousToo).expect("a number");
    let outcome = source.answered(&cpr, &answers);
    assert_eq!(outcome, source.answered(&cpr, &answers), "the same answers are the same widgets");

    // Whom the answers are about, read without the product's decoder.
    let bodies: Vec<Option<Value>> =
        answers.iter().take(source.requests()).map(|told| serde_json::from_slice(&told.body).ok()).collect();
    let mut all_name_others = !bodies.is_empty() && bodies.len() == source.requests();
    for (request, body) in bodies.iter().enumerate() {
        let persons = body.as_ref().and_then(|body| source.persons(request, body));
        let names_other = persons.as_ref().is_some_and(|named| named.iter().any(|person| !is_citizen(person)));
        all_name_others &= names_other || persons.is_some_and(|named| named.is_empty());
    }
    let Ok(fetched) = outcome else { return };
    assert!(!all_name_others, "nothing is shown of an answer about another person");

    assert!(fetched.widgets.len() <= source.most_widgets());
    let nodes: usize = bodies.iter().flatten().map(|body| size(body).0).sum();
    let items = fetched.widgets.len() + usize::try_from(fetched.left_out).expect("32 bits");
    // An item may be of several kinds, never of more than there are mappings.
    if (0..source.requests()).all(|call| !source.reads_xml(call)) {
        assert!(items <= nodes * 16, "{items} items of {nodes} values");
    }
    if fetched.left_out > 0 {
        assert!(!fetched.problems.is_empty() && fetched.state() == SectionState::Partial);
    }
    let shown = serde_json::to_vec(&fetched.widgets).expect("widgets are JSON");
    assert!(shown.len() <= 2 + fetched.widgets.len() * 64 * 1024, "{} bytes", shown.len());
});

fn content_type(source: &Source, call: usize) -> &'static str {
    if source.reads_xml(call) { "text/xml; charset=utf-8" } else { "application/json" }
}

/// Whether a statement names the citizen: ten digits, perhaps with a hyphen, as text or number.
fn is_citizen(person: &Value) -> bool {
    match person {
        Value::String(text) => text == CPR || *text == format!("{}-{}", &CPR[..6], &CPR[6..]),
        Value::Number(number) => number.to_string() == CPR,
        _ => false,
    }
}

/// Answers of a contract's own words, one byte for each choice.
struct Choices<'d> {
    bytes: std::slice::Iter<'d, u8>,
    words: &'d [String],
}

impl Choices<'_> {
    fn next(&mut self) -> usize {
        self.bytes.next().copied().unwrap_or(0).into()
    }

    fn word(&mut self) -> &str {
        let index = self.next() << 8 | self.next();
        self.words.get(index % self.words.len()).map_or("", String::as_str)
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.next() % if depth == 0 { 10 } else { 16 } {
            0 => Value::Null,
            1 => json!(self.next().is_multiple_of(2)),
            2 => json!(self.next()),
            3 => json!(self.next() as f64 / 8.0),
            4 => json!(CPR),
            5 => json!(if self.next() == 7 { OTHER_CPR } else { CPR }),
            6 => json!(format!("20{:02}-{:02}-{:02}", self.next() % 100, self.next() % 14, self.next() % 33)),
            7 => json!("2026-10-25T02:30:00+02:00"),
            8 => json!("1.234,50"),
            9 => json!(self.word()),
            10..=12 => (0..self.next() % 5).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let mut members = Map::new();
                for _ in 0..self.next() % 9 {
                    let name = self.word().to_owned();
                    members.insert(name, self.value(depth - 1));
                }
                Value::Object(members)
            }
        }
    }
}

/// A value as elements.
fn xml(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("<{name}>{}</{name}>", xml(value))).collect()
        }
        Value::Array(items) => items.iter().map(xml).collect(),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
