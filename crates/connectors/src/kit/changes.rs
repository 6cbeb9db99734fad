//! What a new version of a contract changes for citizens, for the source and for whoever approved the old one.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{change_rules::weigh, reads::conditions};

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
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        let (was, is) = (text(&self.was), text(&self.is));
        let same = was.chars().zip(is.chars()).take_while(|(was, is)| was == is).count();
        writeln!(f, "{weight}{}: {} -> {}", self.path, around(&was, same), around(&is, same))?;
        write!(f, "               {}", self.reason)
    }
}

/// Longest value that is shown whole, in characters, and how much stands before the place where two long ones differ.
const WHOLE: usize = 72;
const BEFORE: usize = 24;

/// A text, or of a long one the part around a place.
fn around(text: &str, place: usize) -> String {
    let length = text.chars().count();
    if length <= WHOLE {
        return text.to_owned();
    }
    let start = place.saturating_sub(BEFORE).min(length - WHOLE);
    let part: String = text.chars().skip(start).take(WHOLE).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if start + WHOLE < length { "…" } else { "" });
    format!("{before}{part}{after}")
}

/// What to do about the version, if it was not raised by as much as the changes ask for.
#[must_use]
pub fn version_to_raise(old: &Value, new: &Value, changes: &[Change]) -> Option<String> {
    let version = |document: &Value| -> Option<(String, Vec<u64>)> {
        let text = document.pointer("/metadata/version")?.as_str()?;
        Some((text.to_owned(), text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?))
    };
    let others = changes.iter().filter(|change| change.path != "metadata.version");
    let heaviest = others.map(|change| change.weight).max()?;
    let ((_, old), (written, new)) = (version(old)?, version(new)?);
    let (numbers, which) = match heaviest {
        Breaking => (1, "first"),
        NeedsApproval => (2, "middle"),
        Harmless => (3, "last"),
    };
    let raised = new.get(..numbers) > old.get(..numbers);
    (!raised).then(|| format!("metadata.version is {written}: raise its {which} number"))
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
        match (plan(path), old, new) {
            (["widgets"], Some(Value::Array(old)), Some(Value::Array(new))) => self.compare_widgets(path, old, new),
            (["widgets", _, _, "fields", _], Some(was), Some(is)) if has_ways(was) || has_ways(is) => {
                self.compare_ways(path, was, is);
            }
            (_, Some(old), Some(new)) if is_conditions(path) => self.compare_conditions(path, old, new),
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

    /// A value is read in the first of several ways that leads to one: a way that is added at the end takes nothing away.
    fn compare_ways(&mut self, path: &[&str], old: &Value, new: &Value) {
        let (old, new) = (ways(old), ways(new));
        let below: Vec<_> = path.iter().copied().chain(["firstOf"]).collect();
        for (index, was) in old.iter().enumerate() {
            match new.get(index) {
                Some(is) if was == is => {}
                // Read in another way, or after another: judged by what has changed in it.
                Some(is) if new.contains(was) || reads_the_same(was, is) => {
                    let index = format!("[{index}]");
                    let place: Vec<_> = below.iter().copied().chain([index.as_str()]).collect();
                    self.compare(&place, Some(was), Some(is));
                }
                _ if new.contains(was) => {}
                _ => self.note(&below, Some(was), None),
            }
        }
        for added in new.iter().skip(old.len()).filter(|added| !old.contains(added)) {
            self.note(&below, None, Some(added));
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

    /// A condition is the one that looks at the same place; of several, and of the others, the next.
    fn compare_conditions(&mut self, path: &[&str], old: &Value, new: &Value) {
        let mut left: Vec<&Value> = conditions(new).iter().collect();
        let mut unmatched = Vec::new();
        for was in conditions(old) {
            match left.iter().position(|is| is.get("path") == was.get("path")) {
                Some(at) => self.compare_condition(path, was, left.remove(at)),
                None => unmatched.push(was),
            }
        }
        let mut left = left.into_iter();
        for was in unmatched {
            match left.next() {
                Some(is) => self.compare_condition(path, was, is),
                None => self.note(path, Some(was), None),
            }
        }
        left.for_each(|is| self.note(path, None, Some(is)));
    }

    fn compare_condition(&mut self, path: &[&str], was: &Value, is: &Value) {
        let none = Map::new();
        self.compare_objects(path, was.as_object().unwrap_or(&none), is.as_object().unwrap_or(&none));
    }

    /// Widgets have no names: those of one kind, from one request, are the same.
    fn compare_widgets(&mut self, path: &[&str], old: &[Value], new: &[Value]) {
        let mut left: Vec<&Value> = new.iter().collect();
        for (index, was) in old.iter().enumerate() {
            let same = |key: &str, is: &Value| was.get(key) == is.get(key);
            let found = left
                .iter()
                .position(|is| same("kind", is) && same("from", is) && same("where", is) && same("each", is))
                .or_else(|| left.iter().position(|is| same("kind", is) && same("from", is) && same("where", is)))
                .or_else(|| left.iter().position(|is| same("kind", is) && same("from", is)))
                .or_else(|| left.iter().position(|is| same("kind", is)));
            let is = found.map(|at| left.remove(at));
            let index = format!("[{index}]");
            self.compare(&[path, &[&index, kind_of(was)]].concat(), Some(was), is);
        }
        for is in left {
            self.compare(&[path, &["[new]", kind_of(is)]].concat(), None, Some(is));
        }
    }

    fn note(&mut self, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        let (weight, reason) = weigh(path, old, new);
        let path = path.join(".").replace(".[", "[");
        self.found.push(Change { weight, path, was: old.cloned(), is: new.cloned(), reason });
    }
}

/// A path within what is asked and shown, of the source or of one item alike; nothing for any other.
fn plan<'p, 'k>(path: &'p [&'k str]) -> &'p [&'k str] {
    match path {
        ["spec", "detail", within @ ..] | ["spec", within @ ..] => within,
        _ => &[],
    }
}

fn has_ways(field: &Value) -> bool {
    field.get("firstOf").is_some_and(Value::is_array)
}

/// The ways to a field's value, in their order.
fn ways(field: &Value) -> &[Value] {
    let several = field.get("firstOf").and_then(Value::as_array);
    several.map_or(std::slice::from_ref(field), Vec::as_slice)
}

fn reads_the_same(was: &Value, is: &Value) -> bool {
    let same = |key: &str| was.get(key) == is.get(key);
    was.get("path").is_some() && same("path") && same("join")
}

fn kind_of(widget: &Value) -> &str {
    widget.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// What is judged as a whole, because its keys mean nothing one by one.
fn is_one_thing(path: &[&str]) -> bool {
    matches!(
        plan(path),
        ["requests", _, "identity" | "body" | "query" | "headers" | "pages" | "asOf" | "emptyWhen"]
            | ["lookups", _, "body" | "query" | "headers"]
            | ["codes", _, "texts", _]
            | ["widgets", _, _, "fields", _, "firstOf", _]
            | ["widgets", _, _, "sortBy"]
    )
}

fn is_conditions(path: &[&str]) -> bool {
    matches!(plan(path), ["widgets", _, _, "where"])
}

fn is_a_set(path: &[&str]) -> bool {
    matches!(
        path.last(),
        Some(
            &("municipalities"
                | "displayClients"
                | "linkHosts"
                | "emptyStatus"
                | "contact"
                | "formats"
                | "in"
                | "ignore")
        )
    )
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
                }, "item": "$.id" }],
                "detail": {
                    "timeoutMs": 1000,
                    "requests": { "loan": { "path": "/a/{item.key}", "identity": { "path": "$.cpr" } } },
                    "widgets": [{ "kind": "loan", "from": "loan", "one": "$", "fields": {
                        "due_on": { "path": "$.due" }, "title": { "firstOf": [{ "path": "$.title" }] },
                    } }],
                },
            },
        })
    }

    fn heaviest_of(was: &Value, is: &Value) -> Option<Weight> {
        let of = |title: &Value| {
            let mut contract = contract();
            *contract.pointer_mut("/spec/widgets/0/fields/title").expect("a field") = title.clone();
            contract
        };
        changes(&of(was), &of(is)).iter().map(|change| change.weight).max()
    }

    #[test]
    fn a_way_more_to_a_value_takes_nothing_away_and_one_that_is_gone_does() {
        let (a, b) = (json!({ "path": "$.a", "as": "text" }), json!({ "path": "$.b", "as": "text" }));
        let first_of = |ways: &[&Value]| json!({ "firstOf": ways });
        for (was, is, expected) in [
            (a.clone(), first_of(&[&a, &b]), Some(Harmless)),
            (first_of(&[&a]), first_of(&[&a, &b]), Some(Harmless)),
            (a.clone(), first_of(&[&a]), None),
            (a.clone(), first_of(&[&b, &a]), Some(NeedsApproval)),
            (first_of(&[&a, &b]), first_of(&[&b, &a]), Some(NeedsApproval)),
            (first_of(&[&a, &b]), a.clone(), Some(Breaking)),
            (first_of(&[&a, &b]), b.clone(), Some(Breaking)),
            (a.clone(), first_of(&[&b]), Some(Breaking)),
        ] {
            assert_eq!(heaviest_of(&was, &is), expected, "{was} -> {is}");
        }
    }

    #[test]
    fn what_is_hidden_from_now_on_breaks() {
        let of = |codes: Value| {
            let mut contract = contract();
            contract.pointer_mut("/spec/widgets/0").expect("a widget")["where"] = codes;
            contract
        };
        let old = of(json!({ "path": "$.t", "in": ["A", "B"] }));
        let found = changes(&old, &of(json!({ "path": "$.t", "in": ["A"], "ignore": ["B"] })));
        let told: Vec<_> = found.iter().map(|change| (change.weight, change.path.as_str())).collect();
        let [shown, hidden] = ["in", "ignore"].map(|key| format!("spec.widgets[0].loan.where.{key}"));
        assert_eq!(told, [(Breaking, hidden.as_str()), (Breaking, shown.as_str())]);
        assert!(found.iter().any(|change| change.reason.contains("hidden now, and nobody is told")), "{found:?}");
        let more = changes(&old, &of(json!({ "path": "$.t", "in": ["A", "B", "C"] })));
        assert_eq!(more.iter().map(|change| change.weight).collect::<Vec<_>>(), [NeedsApproval]);
    }

    #[test]
    fn conditions_are_compared_by_what_they_look_at() {
        let heaviest = |was: &Value, is: &Value| {
            let of = |chosen: &Value| {
                let mut contract = contract();
                contract.pointer_mut("/spec/widgets/0").expect("a widget")["where"] = chosen.clone();
                contract
            };
            changes(&of(was), &of(is)).iter().map(|change| change.weight).max()
        };
        let code = |codes: Value| json!({ "path": "$.t", "in": codes });
        let time = |exists: bool| json!({ "path": "$.time", "exists": exists });
        for (was, is, expected) in [
            (code(json!(["A"])), json!([code(json!(["A"]))]), None),
            (json!([code(json!(["A"])), time(true)]), json!([time(true), code(json!(["A"]))]), None),
            (code(json!(["A"])), json!([code(json!(["A"])), time(true)]), Some(Breaking)),
            (json!([code(json!(["A"])), time(true)]), code(json!(["A"])), Some(NeedsApproval)),
            (
                json!([code(json!(["A"])), time(true)]),
                json!([code(json!(["A", "B"])), time(true)]),
                Some(NeedsApproval),
            ),
            (json!([code(json!(["A"])), time(true)]), json!([code(json!(["A"])), time(false)]), Some(Breaking)),
        ] {
            assert_eq!(heaviest(&was, &is), expected, "{was} -> {is}");
        }
        let hidden = json!([{ "path": "$.t", "in": ["A"], "ignore": ["B"] }, time(true)]);
        assert_eq!(heaviest(&json!([code(json!(["A"])), time(true)]), &hidden), Some(Breaking));
    }

    #[test]
    fn a_long_value_is_shown_where_it_differs() {
        let text = |end: &str| Some(json!(format!("{}{end}", "x".repeat(200))));
        let change = Change { weight: Harmless, path: "a".into(), was: text("old"), is: text("new"), reason: "a text" };
        let told = change.to_string();
        assert!(told.contains("xold\" -> …") && told.contains("xnew\"\n") && told.len() < 300, "{told}");
    }

    #[test]
    fn a_version_that_was_not_raised_enough_is_told() {
        let note = |version: &str, limit: u64| {
            let mut new = contract();
            new["metadata"]["version"] = json!(version);
            new["spec"]["limits"]["timeoutMs"] = json!(limit);
            version_to_raise(&contract(), &new, &changes(&contract(), &new))
        };
        assert_eq!(note("1.0.0", 3000), None, "nothing has changed");
        assert_eq!(note("1.0.0", 4000).as_deref(), Some("metadata.version is 1.0.0: raise its last number"));
        assert_eq!(note("1.0.1", 4000), None);
        assert_eq!(note("1.0.1", 2000).as_deref(), Some("metadata.version is 1.0.1: raise its middle number"));
        assert_eq!(note("1.1.0", 2000), None);
        assert_eq!(note("2.0.0", 2000), None);
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
            ("/spec/widgets/0/each", Some(json!("$.loans")), NeedsApproval),
            ("/spec/widgets/0/each", Some(json!("$.loans[?@.open == true]")), Breaking),
            ("/spec/widgets/0/optional", Some(json!(true)), NeedsApproval),
            ("/spec/widgets", Some(json!([])), Breaking),
            ("/spec/widgets/0/item", None, Breaking),
            ("/spec/widgets/0/item", Some(json!("$.number")), NeedsApproval),
            ("/spec/detail", None, Breaking),
            ("/spec/detail/timeoutMs", Some(json!(500)), NeedsApproval),
            ("/spec/detail/timeoutMs", None, Harmless),
            ("/spec/detail/bodyKib", Some(json!(16)), NeedsApproval),
            ("/spec/detail/requests/loan/identity", Some(json!({ "none": "for a reason" })), Breaking),
            ("/spec/detail/requests/steps", Some(json!({ "path": "/b" })), NeedsApproval),
            ("/spec/detail/requests/loan", None, Breaking),
            ("/spec/detail/widgets/0/fields/due_on", None, Breaking),
            ("/spec/detail/widgets/0/fields/author", Some(json!({ "path": "$.author" })), Harmless),
            ("/spec/detail/widgets", Some(json!([])), Breaking),
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
    fn more_about_items_needs_approval_where_there_was_none_before() {
        let mut old = contract();
        old["spec"].as_object_mut().expect("an object").remove("detail");
        old["spec"]["widgets"][0].as_object_mut().expect("an object").remove("item");
        let found = changes(&old, &contract());
        let told: Vec<_> = found.iter().map(|change| (change.weight, change.path.as_str())).collect();
        assert_eq!(told, [(NeedsApproval, "spec.detail"), (NeedsApproval, "spec.widgets[0].loan.item")]);
    }

    #[test]
    fn a_change_is_named_by_its_path() {
        let found = weight("/spec/widgets/0/fields/due_on", None);
        assert_eq!(found, [(Breaking, "spec.widgets[0].loan.fields.due_on".to_owned())]);
        let found = weight("/spec/source/coverage/municipalities", Some(json!(["0901"])));
        assert_eq!(found, [(Breaking, "spec.source.coverage.municipalities".to_owned())]);
        let found = weight("/spec/detail/widgets/0/fields/due_on", None);
        assert_eq!(found, [(Breaking, "spec.detail.widgets[0].loan.fields.due_on".to_owned())]);
    }
}
