//! How much a change of a contract matters: one rule for each key.
//!
//! Nothing is harmless by default: what no rule knows needs a second person's eyes.

use overblik_widgets::WidgetKind;
use serde_json::Value;

use super::changes::Weight::{self, Breaking, Harmless, NeedsApproval};

/// How much a change matters, and why.
pub(super) fn weigh(path: &[&str], old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
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
        ["spec", "detail"] if gone => (Breaking, "more about an item is no longer shown"),
        ["spec", "detail"] => (NeedsApproval, "more is asked, and shown, about the items that citizens open"),
        ["spec", "detail", "timeoutMs" | "bodyKib"] => detail_limit(old, new),
        ["spec", "detail", "requests", _, rest @ ..] | ["spec", "requests", _, rest @ ..] => request(rest, old, new),
        ["spec", "lookups", _, rest @ ..] => lookup(rest, old, new),
        ["spec", "codes", _, rest @ ..] => code(rest, old, new),
        ["spec", "detail", "widgets", _, kind, rest @ ..] | ["spec", "widgets", _, kind, rest @ ..] => {
            widget(kind, rest, old, new)
        }
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

/// Without one, the source's own holds, which is never lower.
fn detail_limit(old: Option<&Value>, new: Option<&Value>) -> (Weight, &'static str) {
    let highest = Value::from(u64::MAX);
    limit(old.or(Some(&highest)), new.or(Some(&highest)))
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
        ["each"] if new.and_then(Value::as_str).is_some_and(|path| path.contains("[?")) => {
            (Breaking, "items that the path leaves out are hidden, and nobody is told")
        }
        ["optional"] if added => (NeedsApproval, "that it is not there is no failure any more"),
        ["item"] if gone => (Breaking, "nothing leads to more about these items any more"),
        ["item"] if added => (NeedsApproval, "more is asked about these items when citizens open them"),
        ["where"] if added => (Breaking, "items that do not fulfil this are no longer shown"),
        ["where"] => (NeedsApproval, "items that do not fulfil this are shown too"),
        ["where", "exists"] => (Breaking, "the items that are chosen by this are others now"),
        ["where", "in"] if gone => (Breaking, "items of this code are no longer shown as this kind"),
        ["where", "in"] => (NeedsApproval, "items of this code are shown as this kind"),
        ["where", "ignore"] if gone => (NeedsApproval, "items of this code are no longer hidden"),
        ["where", "ignore"] => (Breaking, "items of this code are hidden now, and nobody is told"),
        ["fields", field] if gone && fields.iter().any(|spec| spec.name == *field && spec.required) => {
            (Breaking, "a field that the kind requires is gone")
        }
        ["fields", _] if gone => (Breaking, "this is no longer shown"),
        ["fields", _, "firstOf"] if gone => (Breaking, "a way to this value is gone"),
        ["fields", _, "firstOf"] => (Harmless, "one way more to this value, where the others lead to none"),
        ["fields", _] if added => (Harmless, "one thing more is shown of the same items"),
        ["fields", _, .., "formats"] if gone => (Breaking, "dates written in this way are no longer read"),
        ["fields", _, .., "formats"] if added => (Harmless, "dates written in this way are read too"),
        _ => (NeedsApproval, "what is shown is read from elsewhere, or in another way"),
    }
}
