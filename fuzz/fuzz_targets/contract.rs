//! Any text as a contract: it is taken, or every mistake names a place that is there. `-timeout` watches the time.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use overblik_connectors::fuzzing::{Source, check};

fuzz_target!(|text: &str| {
    let folder = folder(text);
    let folder = Path::new(&folder);
    match check(text, folder) {
        // A source may have no requests of its own: a native connector, say.
        Ok(()) => {
            if !text.contains("native") {
                assert!(Source::compile(text, folder).is_some(), "what is taken can be compiled");
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.as_slice().is_empty());
            // To YAML a carriage return alone ends a line too.
            let lines = text.matches(['\n', '\r']).count() + 1;
            for mistake in mistakes.as_slice() {
                assert!(!mistake.message.is_empty());
                assert!(mistake.to_string().len() <= text.len() * 2 + 4096, "a message is no bomb: {mistake}");
                if let Some(position) = mistake.position {
                    assert!((1..=lines).contains(&position.line) && position.column >= 1, "{mistake}");
                }
            }
        }
    }
});

/// The folder that a contract must stand in by its own word, so that this is not what is wrong with every text.
fn folder(text: &str) -> String {
    let word = |before: &str| {
        let (_, after) = text.split_once(before)?;
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(after.len());
        after.get(..end).filter(|word| !word.is_empty()).map(str::to_owned)
    };
    let authority = word("    code: ").unwrap_or_else(|| "birkerup".into());
    let source = word("  name: ").unwrap_or_else(|| "permits".into());
    format!("no-such-folder/{authority}/{source}")
}
