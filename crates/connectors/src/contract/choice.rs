//! Deviations where one of several shapes could stand: told about the one that the author meant.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use serde_json::{Map, Value};

use super::{
    schema_walk::{Step, written},
    shape::{Teller, listed},
    suggestion::{nearest, suggestion},
};

/// Tells what is wrong with a value for which every shape of a choice was tried; each has its own errors.
pub(super) fn tell(teller: &mut Teller<'_>, at: &[Step], tried: &[Vec<ValidationError<'static>>]) {
    let node = teller.node(at);
    let branches = teller.walk.branches(node);
    let tags: Vec<Option<&str>> = branches.iter().map(|branch| tag(branch)).collect();
    let words = teller.walk.words(node);
    match teller.given(at) {
        Value::Null => teller.no_value(at),
        Value::Object(given) if tags.iter().any(Option::is_some) => match named(given, &tags).as_slice() {
            [] => none_named(teller, at, given, &tags),
            [index] => tried.get(*index).into_iter().flatten().for_each(|error| teller.tell(error)),
            [.., _] => several_named(teller, at, given, &tags),
        },
        Value::String(given) if tags.iter().any(Option::is_some) => {
            let known: Vec<&str> = words.iter().copied().chain(tags.iter().flatten().copied()).collect();
            if tags.iter().flatten().any(|tag| tag == given) {
                let hint = format!("write {{ {given}: … }}");
                teller.wrong_value(at, format!("\"{given}\" needs a value of its own"), Some(hint));
            } else if words.is_empty() {
                let hint = format!("write one of {}", forms(&words, &tags));
                teller.wrong_value(at, "must say which it is", Some(hint));
            } else {
                let all = format!("write one of {}", forms(&words, &tags));
                let hint = match nearest(given, known) {
                    Some(nearest) => format!("did you mean \"{nearest}\"? {all}"),
                    None => all,
                };
                teller.wrong_value(at, format!("no such value \"{given}\""), Some(hint));
            }
        }
        _ if !words.is_empty() && tags.iter().all(Option::is_none) => teller.no_such_value(at),
        _ if words.is_empty() && tags.iter().all(Option::is_none) => nearest_branch(teller, at, &branches, tried),
        _ => {
            let hint = format!("write one of {}", forms(&words, &tags));
            teller.wrong_value(at, "has none of the forms that can stand here", Some(hint));
        }
    }
}

/// The one key that names a shape of a choice.
fn tag(branch: &Value) -> Option<&str> {
    let properties = branch.get("properties")?.as_object()?;
    let required = branch.get("required")?.as_array()?;
    match (properties.len(), required.as_slice()) {
        (1, [Value::String(name)]) => Some(name),
        _ => None,
    }
}

/// Which shapes are named.
fn named(given: &Map<String, Value>, tags: &[Option<&str>]) -> Vec<usize> {
    let is_named = |tag: Option<&str>| tag.is_some_and(|tag| given.contains_key(tag));
    tags.iter().enumerate().filter(|(_, tag)| is_named(**tag)).map(|(index, _)| index).collect()
}

fn none_named(teller: &mut Teller<'_>, at: &[Step], given: &Map<String, Value>, tags: &[Option<&str>]) {
    let known: Vec<&str> = tags.iter().flatten().copied().collect();
    if given.is_empty() {
        let hint = format!("write one of {}", forms(&[], tags));
        return teller.wrong_value(at, "says nothing", Some(hint));
    }
    let misspelt =
        given.keys().find(|key| nearest(key, known.iter().copied()).is_some()).or_else(|| given.keys().next());
    if let Some(key) = misspelt {
        let mut path = at.to_vec();
        path.push(Step::Key(key.clone()));
        let place = teller.outline.key(&written(&path));
        teller.wrong_key(place, at, &path, format!("no such key \"{key}\""), suggestion(key, "keys here", known));
    }
}

fn several_named(teller: &mut Teller<'_>, at: &[Step], given: &Map<String, Value>, tags: &[Option<&str>]) {
    let mut keys: Vec<&str> = tags.iter().flatten().copied().filter(|tag| given.contains_key(*tag)).collect();
    let path_of = |key: &str| {
        let mut path = at.to_vec();
        path.push(Step::Key(key.to_owned()));
        path
    };
    keys.sort_by_key(|key| teller.outline.key(&written(&path_of(key))));
    if let [first, second, ..] = keys.as_slice() {
        let path = path_of(second);
        let place = teller.outline.key(&written(&path));
        let message = format!("\"{first}\" and \"{second}\" exclude each other");
        teller.wrong_key(place, at, &path, message, Some("keep one of them".to_owned()));
    }
}

/// Of shapes without names, that of the value's own type was meant; of several, the first with the errors deepest inside.
fn nearest_branch(teller: &mut Teller<'_>, at: &[Step], branches: &[&Value], tried: &[Vec<ValidationError<'static>>]) {
    let given = match teller.given(at) {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        _ => "",
    };
    let of_type = |index: usize| {
        let alternatives = branches.get(index).map(|branch| teller.walk.alternatives(branch)).unwrap_or_default();
        alternatives.iter().any(|node| node.get("type").is_some_and(|name| name == given))
    };
    let depth = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().map(|error| error.instance_path().segments().count()).min().unwrap_or(0)
    };
    let wrong = tried.iter().enumerate().filter(|(_, errors)| !errors.is_empty());
    let nearest = wrong.max_by_key(|(index, errors)| (of_type(*index), depth(errors), std::cmp::Reverse(*index)));
    match nearest {
        Some((_, errors)) => errors.iter().for_each(|error| teller.tell(error)),
        None => teller.wrong_value(at, "has several of the forms that can stand here", None),
    }
}

/// The shapes, as an author would write them.
fn forms(words: &[&str], tags: &[Option<&str>]) -> String {
    let tagged = tags.iter().flatten().map(|tag| format!("{{ {tag}: … }}"));
    let forms: BTreeSet<String> = words.iter().map(|word| (*word).to_owned()).chain(tagged).collect();
    listed(&forms)
}
