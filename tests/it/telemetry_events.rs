//! Every log event of the code is in the catalogue, and the catalogue has none that the code has not.

use std::collections::{BTreeMap, BTreeSet};

use overblik_gateway::telemetry::catalogue::{EVENTS, Event, FIELDS};

use crate::architecture::rust_files;

/// Where events come from that operators read. The demo world's are for whoever plays with it.
const ROOMS: [&str; 5] = [
    "crates/gateway/src/",
    "crates/connectors/src/",
    "crates/registry/src/",
    "crates/widgets/src/",
    "crates/allocator/src/",
];

const MACROS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// A call of one of `tracing`'s macros.
#[derive(Debug)]
struct Call {
    path: String,
    /// A level.
    what: String,
    arguments: Vec<String>,
}

impl Call {
    /// Names of what is handed in beside the message.
    fn fields(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter(|argument| !argument.starts_with('"')).map(|argument| {
            let name = argument.split_once('=').map_or(argument.as_str(), |(name, _)| name);
            name.trim().trim_start_matches(['%', '?'])
        })
    }

    /// The text that stands alone: an event's message.
    fn text(&self) -> &str {
        let texts: Vec<_> = self.arguments.iter().filter(|argument| argument.starts_with('"')).collect();
        assert_eq!(texts.len(), 1, "{}: one message, as a text: {:?}", self.path, self.arguments);
        texts[0].trim_matches('"')
    }
}

/// Every call in some code.
fn calls(path: &str, code: &str) -> Vec<Call> {
    let mut found = Vec::new();
    for rest in code.split("tracing::").skip(1) {
        let Some((name, arguments)) = rest.split_once("!(") else { continue };
        if !name.chars().all(|character| character.is_ascii_lowercase() || character == '_') {
            continue;
        }
        let arguments = arguments_of(arguments);
        found.push(Call { path: path.to_owned(), what: name.to_owned(), arguments });
    }
    found
}

/// What stands between a parenthesis and the one that closes it, apart at its commas.
fn arguments_of(text: &str) -> Vec<String> {
    let (mut arguments, mut current, mut depth, mut in_text) = (Vec::new(), String::new(), 0_usize, false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_text => {
                current.push(character);
                current.extend(characters.next());
                continue;
            }
            '"' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' if !in_text && depth == 0 => break,
            ')' | ']' | '}' if !in_text => depth -= 1,
            ',' if !in_text && depth == 0 => {
                arguments.push(std::mem::take(&mut current).trim().to_owned());
                continue;
            }
            _ => {}
        }
        current.push(character);
    }
    arguments.push(current.trim().to_owned());
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

fn all_calls() -> Vec<Call> {
    let files = rust_files().into_iter();
    let own = files.filter(|(path, _)| ROOMS.iter().any(|room| path.starts_with(room)));
    own.flat_map(|(path, code)| calls(&path, &code)).collect()
}

fn catalogued() -> impl Iterator<Item = &'static Event> {
    EVENTS.iter().flat_map(|chapter| chapter.events)
}

#[test]
fn every_log_event_is_in_the_catalogue_and_no_other() {
    let mut emitted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in all_calls() {
        let message = call.text();
        assert!(MACROS.contains(&call.what.as_str()), "{}: {}", call.path, call.what);
        assert!(!message.contains(['{', '}']), "{}: `{message}` changes; put what changes into fields", call.path);
        assert!(!message.ends_with('.') && message.len() > 3, "{}: `{message}`", call.path);
        emitted.entry(message.to_owned()).or_default().insert(call.what.clone());
    }
    let mut known = BTreeMap::new();
    for event in catalogued() {
        let levels: BTreeSet<String> = event.levels.iter().map(|level| level.name().to_owned()).collect();
        assert!(known.insert(event.message.to_owned(), levels).is_none(), "`{}` stands there twice", event.message);
        assert!(!event.meaning.is_empty() && event.action.ends_with(['.', '?']), "`{}` says what to do", event.message);
    }
    assert!(emitted.len() > 100, "the sources are looked through");
    let unknown: Vec<_> = emitted.iter().filter(|(message, levels)| known.get(*message) != Some(levels)).collect();
    assert!(unknown.is_empty(), "not in crates/gateway/src/telemetry/catalogue, or with other levels: {unknown:#?}");
    let gone: Vec<_> = known.keys().filter(|message| !emitted.contains_key(*message)).collect();
    assert!(gone.is_empty(), "in the catalogue, and nobody logs it: {gone:#?}");
}

#[test]
fn every_field_is_in_the_catalogue_and_no_other() {
    let calls = all_calls();
    let used: BTreeSet<&str> = calls.iter().flat_map(Call::fields).collect();
    let known: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(used, known);
    let of_every_line = ["timestamp", "level", "message", "target", "reference"];
    assert!(known.is_disjoint(&of_every_line.into()), "a JSON object has no name twice");
}

#[test]
fn nothing_is_logged_by_another_way() {
    let by_another_way =
        ["use tracing::info", "use tracing::warn", "use tracing::error", "use tracing::debug", "log::", "#[instrument"];
    for (path, code) in rust_files() {
        if ROOMS.iter().any(|room| path.starts_with(room)) {
            let found: Vec<_> = by_another_way.iter().filter(|name| crate::architecture::names(&code, name)).collect();
            assert!(found.is_empty(), "{path}: {found:?} escapes the catalogue; write tracing::info!(..) and the like");
        }
    }
}

#[test]
fn what_is_looked_for_is_found() {
    let code = "tracing::warn!(a, b.c = %d(1, 2), ?e, \"a, (b\\\" c\"); tracing::info_span!(\"request\", id = %id);";
    let found = calls("x.rs", code);
    assert_eq!(found.iter().map(|call| call.what.as_str()).collect::<Vec<_>>(), ["warn", "info_span"]);
    assert_eq!(found[0].fields().collect::<Vec<_>>(), ["a", "b.c", "e"]);
    assert_eq!((found[1].text(), found[1].fields().collect::<Vec<_>>()), ("request", vec!["id"]));
}
