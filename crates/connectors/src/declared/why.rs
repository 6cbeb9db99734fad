//! Why an answer is not used, in words for whoever tries a contract. Nothing here runs at a gateway at work: nobody asks
//! for an explanation there.

use http::StatusCode;
use serde_json::Value;

use super::{
    answer::AnswerReading,
    asking::{Answered, Request},
    codes::{Codes, Stated},
    fetch::Plan,
    identity::Identity,
    lookup::Lookup,
    selector::{One, Selector},
};
use crate::{
    error::ConnectorError,
    explanation::{Explanation, Reason, Values, told, told_code},
    upstream::Answer,
};

/// A call that a contract declares.
#[derive(Clone, Copy)]
pub(super) enum Called<'c> {
    Request(&'c Request),
    Lookup(&'c Lookup),
}

impl Called<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Request(asked) => &asked.name,
            Self::Lookup(lookup) => &lookup.name,
        }
    }

    fn reading(&self) -> &AnswerReading {
        match self {
            Self::Request(asked) => &asked.reading,
            Self::Lookup(lookup) => &lookup.reading,
        }
    }

    /// The path of one of its keys in the contract; empty for the call itself.
    fn key(&self, key: &str) -> String {
        match self {
            Self::Request(asked) => key_of(asked, key),
            Self::Lookup(lookup) => below(&format!("spec.lookups.{}", lookup.name), key),
        }
    }
}

/// The path of a request's key in the contract. The requests of data models stand in no contract.
pub(super) fn key_of(asked: &Request, key: &str) -> String {
    if asked.interface.is_some() {
        return "spec.orkestrering".to_owned();
    }
    below(&asked.at, key)
}

fn below(path: &str, key: &str) -> String {
    if key.is_empty() { path.to_owned() } else { format!("{path}.{key}") }
}

/// What stands where a path leads, or how far it leads.
pub(super) fn found_at(path: &Selector, holder: &Value, values: Values) -> String {
    match path.one(holder) {
        One::Node(node) => told(node, values),
        One::Several => format!("{} values", path.all(holder).len()),
        One::Absent => not_found(path, holder, values),
    }
}

/// How far a path leads that finds nothing.
pub(super) fn not_found(path: &Selector, holder: &Value, values: Values) -> String {
    let (reached, at) = path.farthest(holder);
    format!("nothing; {reached} is {}", told(at, values))
}

/// No answer came.
pub(super) fn unanswered(explanation: &Explanation, called: Called<'_>, failure: ConnectorError) {
    let hint = match failure {
        ConnectorError::Unreachable => {
            "is the source running, is the address right, and does it speak http or https as the address says?"
        }
        ConnectorError::TimedOut => "see spec.limits.timeoutMs",
        ConnectorError::TooLarge => "see spec.limits.bodyKib",
        _ => return,
    };
    explanation.tell(|_| {
        Reason::new(called.name(), called.key(""), "an answer", failure.to_string()).with_hint(Some(hint.to_owned()))
    });
}

/// The status is none of success.
pub(super) fn status(explanation: &Explanation, called: Called<'_>, status: StatusCode) {
    explanation.tell(|_| {
        let hint = match status.as_u16() {
            401 | 403 => "the source does not take the credentials, or was shown none",
            404 => "is the path right? \"emptyStatus\" is for a source that says \"nothing\" by it",
            300..=399 => "redirects are not followed: write the address that the source leads to",
            400..=499 => "the source does not understand the request: look at path, method, headers and body",
            _ => "look at the source's own log",
        };
        Reason::new(called.name(), called.key("path"), "a status of success", format!("status {}", status.as_u16()))
            .with_hint(Some(hint.to_owned()))
    });
}

/// The status says that there is nothing. Not a failure, but what a mistyped path looks like too.
pub(super) fn nothing_by_status(explanation: &Explanation, asked: &Request, status: StatusCode) {
    explanation.tell(|_| {
        let found = format!("status {}, which is read as \"nothing\"", status.as_u16());
        let hint = "a mistyped path is answered like that too: try a citizen about whom there is something";
        let path = key_of(asked, "emptyStatus");
        Reason::new(&asked.name, path, "an answer or this", found).with_hint(Some(hint.to_owned()))
    });
}

/// The answer cannot be read.
pub(super) fn unread(explanation: &Explanation, called: Called<'_>, answer: &Answer) {
    explanation.tell(|_| {
        let expected = match called.reading().format {
            super::Format::Json => "JSON",
            super::Format::Xml(_) => "XML of one reading",
        };
        Reason::new(called.name(), called.key("format"), expected, called.reading().mistake(answer))
    });
}

/// The answer is about somebody else.
pub(super) fn another_person(explanation: &Explanation, asked: &Request) {
    explanation.tell(|_| {
        Reason::new(&asked.name, identity_key(asked), "the number of the citizen who is asked about", "another one")
    });
}

fn identity_key(asked: &Request) -> String {
    key_of(asked, if matches!(asked.identity, Identity::Header(_)) { "identity.header" } else { "identity.path" })
}

/// The answer does not say whom it is about.
pub(super) fn nobody_named(explanation: &Explanation, asked: &Request, body: &Value) {
    explanation.tell(|values| {
        let found = match &asked.identity {
            Identity::Path(path) => match path.stated(body).as_slice() {
                [] => not_found(path, body, values),
                [Some(one)] => told(one, Values::InShape),
                several => {
                    let without = several.iter().position(|stated| stated.is_none_or(|stated| !names_somebody(stated)));
                    format!("{} statements, of which the one at {} names nobody", several.len(), without.unwrap_or(0))
                }
            },
            Identity::Header(name) => format!("no header {name} that can be read"),
            Identity::Unstated => "nothing".to_owned(),
        };
        Reason::new(&asked.name, identity_key(asked), "the number of the citizen who is asked about", found)
            .with_hint(attribute_hint(&asked.identity, body))
    });
}

fn names_somebody(stated: &Value) -> bool {
    stated.is_string() || stated.is_number()
}

/// An attribute of XML is another key than an element of its name.
fn attribute_hint(identity: &Identity, body: &Value) -> Option<String> {
    let Identity::Path(path) = identity else { return None };
    let (reached, at) = path.farthest(body);
    let attribute = at.as_object()?.keys().find(|key| key.starts_with('@'))?;
    Some(format!("an attribute is written {reached}['{attribute}']"))
}

/// The data are those of an authority that the contract does not name.
pub(super) fn another_authority(explanation: &Explanation, asked: &Request, said: Option<&Value>) {
    authority(explanation, asked, said.unwrap_or(&Value::Null), Stated::Other);
}

/// The answer does not say whose data it holds.
pub(super) fn no_authority_named(explanation: &Explanation, asked: &Request, body: &Value) {
    authority(explanation, asked, body, Stated::Nothing);
}

fn authority(explanation: &Explanation, asked: &Request, body: &Value, wrong: Stated) {
    let Some(codes) = &asked.authority else { return };
    explanation.tell(|values| {
        let stated = codes.path.stated(body).into_iter().flatten();
        let found = stated.zip(codes.each(body)).find(|(_, stated)| *stated == wrong);
        let found = found.map_or_else(|| not_found(&codes.path, body, values), |(node, _)| told_code(node, values));
        Reason::new(&asked.name, key_of(asked, "authority.path"), listed(codes), found)
    });
}

/// The codes that are meant, in words.
pub(super) fn listed(codes: &Codes) -> String {
    let codes: Vec<_> = codes.listed.iter().map(String::as_str).collect();
    format!("one of the codes {}", codes.join(", "))
}

/// Every list of the answer may be absent, and every one is.
pub(super) fn silent(explanation: &Explanation, asked: &Request) {
    explanation.tell(|_| {
        let hint = "say under \"emptyWhen\" how the answer says that there is nothing";
        Reason::new(
            &asked.name,
            key_of(asked, "emptyWhen"),
            "a word for \"nothing\", or one of the lists",
            "none of them",
        )
        .with_hint(Some(hint.to_owned()))
    });
}

/// The answer is none of the national data-source interface, or of another model, version or system.
pub(super) fn not_as_the_interface_says(explanation: &Explanation, asked: &Request, found: &str) {
    explanation.tell(|_| {
        let expected = "Datamodel, Version and every ItSystemID as the contract names them, and each name once";
        Reason::new(&asked.name, "spec.orkestrering.models".to_owned(), expected, found)
    });
}

/// The answer is not as the contract's schema says.
pub(super) fn against_schema(explanation: &Explanation, called: Called<'_>, body: &Value) {
    explanation.tell(|values| {
        let (at, rule) = called.reading().against_schema(body).unwrap_or_default();
        let found = body.pointer(&at).map_or_else(|| "nothing".to_owned(), |node| told(node, values));
        let place = if at.is_empty() { "the answer" } else { &at };
        let expected = format!("what #{rule} of the schema says of {place}");
        Reason::new(called.name(), called.key("schema"), expected, found)
    });
}

/// A word says that there is nothing, and there is something.
pub(super) fn nothing_and_something(explanation: &Explanation, asked: &Request) {
    explanation.tell(|_| {
        let found = "that word, and something where the widgets are read from";
        Reason::new(&asked.name, key_of(asked, "emptyWhen"), "the word for \"nothing\" and nothing beside it", found)
    });
}

/// The next page is named by something that cannot name it.
pub(super) fn wrong_cursor(explanation: &Explanation, asked: &Request, body: &Value) {
    let Some(pages) = &asked.pages else { return };
    explanation.tell(|_| {
        let found = found_at(&pages.next, body, Values::InShape);
        let expected = "nothing, or a short text or number without the citizen's number in it";
        Reason::new(&asked.name, key_of(asked, "pages.next"), expected, found)
    });
}

/// A page names one that was there before.
pub(super) fn cursor_again(explanation: &Explanation, asked: &Request) {
    explanation.tell(|_| {
        let found = "the same as before: the source would go round in circles";
        Reason::new(&asked.name, key_of(asked, "pages.next"), "another word for each next page", found)
    });
}

/// The answer to a look-up has no list of entries.
pub(super) fn no_entries(explanation: &Explanation, lookup: &Lookup, body: &Value) {
    let called = Called::Lookup(lookup);
    explanation.tell(|values| {
        Reason::new(called.name(), called.key("entries"), "a list", found_at(&lookup.entries, body, values))
    });
}

/// What is missing of an answer that is used: its age, its further pages, and items of codes that no mapping knows.
pub(super) fn answered(explanation: &Explanation, plan: &Plan, index: usize, asked: &Request, answered: &Answered) {
    if !explanation.is_asked_for() {
        return;
    }
    if answered.goes_on {
        let reason = || Reason::new(&asked.name, key_of(asked, "pages.max"), "no more pages than that", "another one");
        explanation.tell(|_| reason());
    }
    for page in &answered.pages {
        if let Some(as_of) = asked.as_of.as_ref().filter(|as_of| as_of.read(page).is_none()) {
            explanation.tell(|values| {
                let formats: Vec<_> = as_of.formats.iter().map(|format| format.name()).collect();
                let expected = format!("a time as {}", formats.join(" or "));
                Reason::new(&asked.name, key_of(asked, "asOf.path"), expected, found_at(&as_of.path, page, values))
            });
        }
        super::why_mapping::unclaimed(explanation, plan, index, asked, page);
    }
}
