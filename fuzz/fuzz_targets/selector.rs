//! A line with an expression, then JSON: what contracts may use selects what RFC 9535's own implementation selects, and
//! never more than there is.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use overblik_connectors::fuzzing::{counted, selected};
use overblik_fuzz::size;
use serde_json::Value;
use serde_json_path::JsonPath;

fuzz_target!(|text: &str| -> Corpus {
    let (expression, json) = text.split_once('\n').unwrap_or((text, ""));
    let value = serde_json::from_str(json).unwrap_or(Value::Null);
    let count = counted(expression, &value);
    let Some(nodes) = selected(expression, &value) else {
        assert_eq!(count, None, "a list is a selection too");
        return Corpus::Keep;
    };
    assert!(nodes.len() <= size(&value).0, "{} nodes of {}", nodes.len(), size(&value).0);
    assert!(count.unwrap_or(0) <= size(&value).0);
    let path = JsonPath::parse(expression).expect("what contracts may use is a JSONPath");
    assert_eq!(nodes, path.query(&value).all());
    Corpus::Keep
});
