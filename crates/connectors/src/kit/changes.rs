//! What a new version of a contract changes for citizens, for the source and for whoever approved the old one.
//!
//! Nothing is harmless by default: what no rule knows needs a second person's eyes.

use std::{collections::BTreeSet, fmt};

use overblik_widgets::WidgetKind;
use serde::Serialize;
use serde_json::{Map, Value};

use Weight::{Breaking, Harmless, NeedsApproval};

/// How much a change matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Nobody sees less, and nothing is asked elsewhere or otherwise.
    Harmless,
    /// Not less is seen, but a second person must have looked at it.
    NeedsApproval,
    /// Somebody sees less than before, or what protects them is weaker.
    Breaking,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How much it matters.
    pub weight: Weight,
    /// The path of keys (`spec.limits.timeoutMs`).
    pub path: String,
    /// What it was; `None` if it was not there.
    pub was: Option<Value>,
    /// What it is now; `None` if it is there no more.
    pub is: Option<Value>,
    /// Why it matters that much.
    pub reason: &'static str,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Harmless => "harmless       ",
            NeedsApproval => "needs approval ",
            Breaking => "BREAKING       ",
        };
        let short = |value: &Option<Value>| match value {
            None => "nothing".to_owned(),
            Some(value) => {
                let text = value.to_string();
                let cut = text.char_indices().nth(60).and_then(|(at, _)| text.get(..at));
                cut.map_or(text.clone(), |cut| format!("{cut}…"))
            }
        };
        writeln!(f, "{weight}{}: {} -> {}", self.path, short(&self.was), short(&self.is))?;
        write!(f, "               {}", self.reason)
    }
}

/// The changes from one contract to another, those that matter most first.
#[must_use]
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut comparison = Comparison { found: Vec::new() };
    comparison.compare(&[], Some(old), Some(new));
    let mut found = comparison.found;
    found.sort_by(|a, b| (b.weight, &a.path).cmp(&(a.weight, &b.path)));
    found
}

struct Comparison {
    found: Vec<Change>,
}

impl Comparison {
    fn compare(&mut self, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        match (path, old, new) {
            (["spec", "widgets"], Some(Value::Array(old)), Some(Value::Array(new))) => self.compare_widgets(old, new),
            (_, Some(Value::Object(old)), Some(Value::Object(new))) if !is_one_thing(path) => {
                self.compare_objects(path, old, new);
            }
            (_, Some(Value::Array(old)), Some(Value::Array(new))) if is_a_set(path) => {
                self.compare_sets(path, old, new);
            }
            _ => self.note(path, old, new),
        }
    }

    fn compare_objects(&mut self, path: &[&str], old: &Map<String, Value>, new: &Map<String, Value>) {
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let below: Vec<_> = path.iter().copied().chain([key.as_str()]).collect();
            self.compare(&below, old.get(key), new.get(key));
        }
    }

    fn compare_sets(&mut self, path: &[&str], old: &[Value], new: &[Value]) {
        for gone in old.iter().filter(|value| !new.contains(value)) {
            self.note(path, Some(gone), None);
        }
        for added in new.iter().filter(|value| !old.contains(value)) {
            self.note(path, None, Some(added));
        }
    }

    /// Widgets have no names: those of one kind, from one request, are the same.
    fn compare_widgets(&mut self, old: &[Value], new: &[Value]) {
        let mut left: Vec<&Value> = new.iter().collect();
        for (index, was) in old.iter().enumerate() {
            let same = |key: &str, is: &Value| was.get(key) == is.get(key);
            let found = left
                .iter()
                .position(|is| same("kind", is) && same("from", is) && same("where", is))
                .or_else(|| left.iter().position(|is| same("kind", is) && same("from", is)))
                .or_else(|| left.iter().position(|is| same("kind", is)));
            let is = found.map(|at| left.remove(at));
            let index = format!("[{index}]");
            self.compare(&["spec", "widgets", &index, kind_of(was)], Some(was), is);
        }
        for is in left {
            self.compare(&["spec", "widgets", "[new]", kind_of(is)], None, Some(is));
        }
    }

    fn note(&mut self, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        let (weight, reason) = weigh(path, old, new);
        let path = path.join(".").replace(".[", "[");
        self.found.push(Change { weight, path, was: old.cloned(), is: new.cloned(), reason });
    }
}

fn kind_of(widget: &Value) -> &str {
    widget.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// What is judged as a whole, because its keys mean nothing one by one.
fn is_one_thing(path: &[&str]) -> bool {
    matches!(
        path,
        ["spec", "requests", _, "identity" | "body" | "query" | "headers" | "pages" | "asOf" | "emptyWhen"]
            | ["spec", "lookups", _, "body" | "query" | "headers"]
            | ["spec", "codes", _, "texts", _]
            | ["spec", "widgets", _, _, "where" | "sortBy"]
    )
}

fn is_a_set(path: &[&str]) -> bool {
    matches!(
        path.last(),
        Some(&("municipalities" | "displayClients" | "linkHosts" | "emptyStatus" | "contact" | "formats" | "in"))
    )
}

/// The rules.
fn weigh(path: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let gone = new.is_none();
    let added = old.is_none();
    match path {
        ["metadata", "name"] | ["spec", "source", "itSystemId"] => (Breaking, "this is another source"),
        ["spec", "authority", "code" | "cvr"] => (Breaking, "this is another authority"),
        ["metadata", ..] => (Harmless, "says who answers for the contract, or which version it is"),
        ["spec", "authority", ..] => (Harmless, "a text or a way to reach the authority"),
        ["spec", "source", "title" | "expect" | "theme" | "link", ..] => {
            (Harmless, "a text, a place on the page, or a link")
        }
        ["spec", "source", "linkHosts"] if gone => (Breaking, "links to this host are no longer shown"),
        ["spec", "source", "linkHosts"] => (NeedsApproval, "links may lead citizens to another host"),
        ["spec", "source", "coverage", ..] => coverage(path, old, new),
        ["spec", "agreement", "displayClients"] if gone => (Breaking, "this display client no longer sees the source"),
        ["spec", "agreement", "displayClients"] => (NeedsApproval, "another display client gets citizens' data"),
        ["spec", "agreement", ..] => (NeedsApproval, "the legal basis is not the one that was approved"),
        ["spec", "level"] => level(old, new),
        ["spec", "baseUrl"] => (NeedsApproval, "citizens' numbers and our credentials go to another address"),
        ["spec", "auth", rest @ ..] => auth(rest),
        ["spec", "limits", "timeoutMs" | "bodyKib"] => limit(old, new),
        ["spec", "limits", "concurrency" | "waiting"] => {
            (NeedsApproval, "the source is asked by more, or by fewer, at the same time")
        }
        ["spec", "limits", "breaker", ..] => {
            (NeedsApproval, "the source is left alone sooner, or later, after failing")
        }
        ["spec", "limits", "hedge"] => (NeedsApproval, "whether late answers are asked for once more"),
        ["spec", "limits", "serviceWindows", ..] => (Harmless, "when the source is closed"),
        ["spec", "requests", _, rest @ ..] => request(rest, old, new),
        ["spec", "lookups", _, rest @ ..] => lookup(rest, old, new),
        ["spec", "codes", _, rest @ ..] => code(rest, old, new),
        ["spec", "widgets", _, kind, rest @ ..] => widget(kind, rest, old, new),
        ["spec", "codes" | "lookups"] if added => (NeedsApproval, "nothing like it was approved"),
        ["apiVersion" | "kind"] => (Breaking, "this is another language"),
        _ => (NeedsApproval, "no rule says that it is harmless"),
    }
}

fn coverage(path: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    const SHRUNK: (Weight, &str) = (Breaking, "citizens there no longer see the source");
    const GROWN: (Weight, &str) = (NeedsApproval, "more citizens' numbers are sent to the source");
    match (path, old, new) {
        ([.., "municipalities"], Some(_), None) if old.is_some_and(Value::is_string) => SHRUNK,
        ([.., "municipalities"], None, Some(one)) if one.is_string() => GROWN,
        (_, Some(Value::String(everywhere)), _) if everywhere == "everywhere" => SHRUNK,
        _ => GROWN,
    }
}

fn level(old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let rank = |value: Option<&Value>| match value.and_then(Value::as_str) {
        Some("low") => 0,
        Some("substantial") => 1,
        _ => 2,
    };
    if rank(new) < rank(old) {
        (Breaking, "the data are shown to somebody who is less surely identified")
    } else {
        (NeedsApproval, "citizens who are logged in at a lower level must log in again")
    }
}

fn auth(rest: &[&str]) -> (Weight, &'static str) {
    match rest {
        [_, .., "tokenUrl" | "exchangeUrl"] => (NeedsApproval, "our credentials go to another address"),
        [_] => (Breaking, "a deployment must show other credentials than it has"),
        _ => (NeedsApproval, "the credentials are shown, or asked for, in another way"),
    }
}

fn limit(old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    if number(new) < number(old) {
        (NeedsApproval, "lower: answers that used to be shown may be given up")
    } else {
        (Harmless, "higher: citizens may wait longer for more")
    }
}

fn request(rest: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let (gone, added) = (new.is_none(), old.is_none());
    let says_none = |value: Option<&Value>| value.is_some_and(|value| value.get("none").is_some());
    match rest {
        [] if gone => (Breaking, "what this request brought is no longer shown"),
        [] => (NeedsApproval, "citizens' numbers are sent with one request more"),
        ["identity"] if says_none(old) && says_none(new) => (Harmless, "another reason for the same"),
        ["identity"] if says_none(old) => (Harmless, "whom the answer is about is checked now"),
        ["identity"] if says_none(new) => (Breaking, "whom the answer is about is no longer checked"),
        ["identity", ..] => (NeedsApproval, "whom the answer is about is read elsewhere"),
        ["authority"] if gone => (Breaking, "whose data these are is no longer checked"),
        ["authority"] if added => (Harmless, "whose data these are is checked now"),
        ["authority", "in"] if gone => (Breaking, "this authority's answers are dropped now"),
        ["authority", ..] => (NeedsApproval, "another authority's answers are taken now"),
        ["emptyStatus" | "emptyWhen", ..] if gone => (Breaking, "what was \"nothing\" is a failure now"),
        ["emptyStatus" | "emptyWhen", ..] => (NeedsApproval, "more answers are read as \"nothing\""),
        ["asOf"] if gone => (Breaking, "when the data were true is no longer told"),
        ["asOf", ..] => (NeedsApproval, "when the data were true is read in another way"),
        _ => (NeedsApproval, "the source is asked, or its answer read, in another way"),
    }
}

fn lookup(rest: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    match rest {
        [] if new.is_none() => (Breaking, "what it looked up is no longer shown"),
        [] => (NeedsApproval, "keys found in citizens' data are sent with one request more"),
        ["max" | "timeoutMs"] => limit(old, new),
        _ => (NeedsApproval, "the source is asked, or its answer read, in another way"),
    }
}

fn code(rest: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    match rest {
        [] | [_] if new.is_none() => (Breaking, "its codes are shown as unknown now"),
        [_, _] if new.is_none() => (Breaking, "this code is shown as unknown now"),
        ["texts", _, ..] if old.is_some() => (Harmless, "a text"),
        ["values", _] if old.is_some() => (Breaking, "the same code means something else now"),
        _ => (Harmless, "a code that was shown as unknown has words now"),
    }
}

fn widget(kind: &str, rest: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let (gone, added) = (new.is_none(), old.is_none());
    let fields = WidgetKind::from_tag(kind).map(WidgetKind::fields).unwrap_or_default();
    match rest {
        [] if gone => (Breaking, "widgets of this kind are no longer shown"),
        [] => (NeedsApproval, "data are shown that the agreement may not cover"),
        ["limit"] if limit(old, new).0 == NeedsApproval => (Breaking, "items beyond it are no longer shown"),
        ["limit"] => (Harmless, "more items may be shown"),
        ["sortBy", ..] => (Harmless, "another order of the same"),
        ["fields", field] if gone && fields.iter().any(|spec| spec.name == *field && spec.required) => {
            (Breaking, "a field that the kind requires is gone")
        }
        ["fields", _] if gone => (Breaking, "this is no longer shown"),
        ["fields", _] if added => (Harmless, "one thing more is shown of the same items"),
        ["fields", _, .., "formats"] if gone => (Breaking, "dates written in this way are no longer read"),
        ["fields", _, .., "formats"] if added => (Harmless, "dates written in this way are read too"),
        _ => (NeedsApproval, "what is shown is read from elsewhere, or in another way"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Value {
        json!({
            "apiVersion": "overblik/v1",
            "metadata": { "name": "library", "version": "1.0.0" },
            "spec": {
                "source": { "title": { "da": "Bibliotek", "en": "Library" }, "coverage": { "municipalities": ["0901", "0902"] } },
                "level": "substantial",
                "baseUrl": "https://api.birkerup.example",
                "auth": { "clientCredentials": { "tokenUrl": "https://token.birkerup.example", "scope": "a" } },
                "limits": { "timeoutMs": 3000 },
                "requests": { "loans": { "path": "/a", "identity": { "path": "$.cpr" } } },
                "codes": { "renewal": { "values": { "a": "x" }, "texts": { "b": { "da": "B", "en": "B" } } } },
                "widgets": [{ "kind": "loan", "from": "loans", "limit": 50, "fields": {
                    "due_on": { "path": "$.due", "formats": ["iso"] }, "title": { "path": "$.title" },
                } }],
            },
        })
    }

    fn weight(pointer: &str, is: Option<Value>) -> Vec<(Weight, String)> {
        let mut new = contract();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = new.pointer_mut(parent).expect("a place").as_object_mut().expect("an object");
        match is {
            Some(is) => drop(parent.insert(key.to_owned(), is)),
            None => drop(parent.remove(key).expect("something to remove")),
        }
        changes(&contract(), &new).into_iter().map(|change| (change.weight, change.path)).collect()
    }

    #[test]
    fn every_change_is_weighed_by_what_it_does_to_citizens() {
        let cases = [
            ("/metadata/version", Some(json!("1.0.1")), Harmless),
            ("/spec/source/title/da", Some(json!("Biblioteket")), Harmless),
            ("/spec/baseUrl", Some(json!("https://other.birkerup.example")), NeedsApproval),
            ("/spec/auth/clientCredentials/tokenUrl", Some(json!("https://other.example")), NeedsApproval),
            ("/spec/auth/clientCredentials", None, Breaking),
            ("/spec/level", Some(json!("low")), Breaking),
            ("/spec/level", Some(json!("high")), NeedsApproval),
            ("/spec/source/coverage/municipalities", Some(json!(["0901"])), Breaking),
            ("/spec/source/coverage/municipalities", Some(json!(["0901", "0902", "0903"])), NeedsApproval),
            ("/spec/source/coverage", Some(json!("everywhere")), NeedsApproval),
            ("/spec/limits/timeoutMs", Some(json!(4000)), Harmless),
            ("/spec/limits/timeoutMs", Some(json!(2000)), NeedsApproval),
            ("/spec/limits/concurrency", Some(json!(100)), NeedsApproval),
            ("/spec/limits/breaker", Some(json!({ "failures": 10 })), NeedsApproval),
            ("/spec/limits/hedge", Some(json!(true)), NeedsApproval),
            ("/spec/limits/serviceWindows", Some(json!([{ "once": {} }])), Harmless),
            ("/spec/requests/loans/identity", Some(json!({ "none": "for a reason" })), Breaking),
            ("/spec/requests/loans/identity", Some(json!({ "path": "$.person" })), NeedsApproval),
            ("/spec/requests/loans/path", Some(json!("/b")), NeedsApproval),
            ("/spec/requests/loans/emptyStatus", Some(json!([404])), NeedsApproval),
            ("/spec/codes/renewal/values/a", None, Breaking),
            ("/spec/codes/renewal/values/a", Some(json!("y")), Breaking),
            ("/spec/codes/renewal/values/c", Some(json!("x")), Harmless),
            ("/spec/codes/renewal/texts/b", Some(json!({ "da": "Bee", "en": "Bee" })), Harmless),
            ("/spec/widgets/0/fields/due_on", None, Breaking),
            ("/spec/widgets/0/fields/author", Some(json!({ "path": "$.author" })), Harmless),
            ("/spec/widgets/0/fields/title/path", Some(json!("$.name")), NeedsApproval),
            ("/spec/widgets/0/fields/due_on/formats", Some(json!(["dd.MM.yyyy"])), Breaking),
            ("/spec/widgets/0/fields/due_on/formats", Some(json!(["iso", "dd.MM.yyyy"])), Harmless),
            ("/spec/widgets/0/limit", Some(json!(10)), Breaking),
            ("/spec/widgets/0/limit", Some(json!(100)), Harmless),
            ("/spec/widgets", Some(json!([])), Breaking),
            ("/spec/something", Some(json!(1)), NeedsApproval),
        ];
        for (pointer, is, expected) in cases {
            let found = weight(pointer, is.clone());
            let heaviest = found.iter().map(|(weight, _)| *weight).max();
            assert_eq!(heaviest, Some(expected), "{pointer} {is:?}: {found:?}");
        }
        assert!(changes(&contract(), &contract()).is_empty());
    }

    #[test]
    fn a_change_is_named_by_its_path() {
        let found = weight("/spec/widgets/0/fields/due_on", None);
        assert_eq!(found, [(Breaking, "spec.widgets[0].loan.fields.due_on".to_owned())]);
        let found = weight("/spec/source/coverage/municipalities", Some(json!(["0901"])));
        assert_eq!(found, [(Breaking, "spec.source.coverage.municipalities".to_owned())]);
    }
}
