//! A contract in plain words, for the person who approves it and reads no YAML.

use overblik_widgets::{SectionState, WidgetKind};
use serde_json::Value;

use super::{contract::Contract, planned::tag, reads::conditions};
use crate::{
    connector::Coverage,
    contract::{model_path, model_widgets},
    gate::GateLimits,
    native::{self, Native},
};

/// The contract in plain words, in lines.
#[must_use]
pub fn plain_words(contract: &Contract) -> String {
    let words = Words { contract, document: contract.document() };
    let detail = contract.of_detail();
    let about_item = detail.as_ref().map(|detail| Words { contract: detail, document: detail.document() });
    let about_item = about_item.as_ref();
    let parts = [
        ("Who", words.who()),
        ("About whom, and on what ground", words.whom()),
        ("What is asked", words.asked()),
        ("What is asked when a citizen opens an item", about_item.map(Words::asked).unwrap_or_default()),
        ("Which data are shown", words.shown()),
        ("Which data are shown of an item that is opened", about_item.map(Words::widgets).unwrap_or_default()),
        ("Where it goes", words.hosts()),
        ("Limits", words.limits()),
        ("What is never shown", [words.never(), about_item.map(Words::unchecked).unwrap_or_default()].concat()),
    ];
    let source = contract.source();
    let mut text = format!("{} / {} (contract {} {})", source.title.en, source.title.da, source.slug, source.version);
    for (heading, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        text.extend(["\n\n", heading]);
        for line in lines {
            text.extend(["\n  ", line.as_str()]);
        }
    }
    text
}

struct Words<'c> {
    contract: &'c Contract,
    document: &'c Value,
}

impl Words<'_> {
    fn text(&self, pointer: &str) -> &str {
        self.document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, pointer: &str) -> u64 {
        self.document.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
    }

    fn who(&self) -> Vec<String> {
        let source = self.contract.source();
        let authority = &source.authority;
        let contact: Vec<_> = source.contact.iter().map(|contact| contact.value.as_str()).collect();
        vec![
            format!("{} / {}, CVR {}", authority.name.en, authority.name.da, authority.cvr),
            format!("the system {}", source.it_system_id),
            format!(
                "the contract is answered for by {}, {}",
                self.text("/metadata/owner/team"),
                self.text("/metadata/owner/email")
            ),
            format!("citizens reach the authority by {}", contact.join(", ")),
        ]
    }

    fn whom(&self) -> Vec<String> {
        let source = self.contract.source();
        let where_from = match &source.coverage {
            Coverage::Everywhere => "citizens of the whole country".to_owned(),
            Coverage::Municipalities(codes) => {
                let codes: Vec<_> = codes.iter().map(crate::citizen::Municipality::code).collect();
                format!("citizens of the municipalities {}, and nobody else", codes.join(", "))
            }
        };
        let clients: Vec<_> = source.display_clients.keys().map(String::as_str).collect();
        vec![
            where_from,
            format!("who are logged in at level \"{}\" or higher", self.text("/spec/level")),
            format!("legal basis: {}", self.text("/spec/agreement/legalBasis")),
            format!("agreement: {}", self.text("/spec/agreement/reference")),
            format!("shown by {} only; no other display client learns that the source exists", clients.join(", ")),
        ]
    }

    fn asked(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, request) in self.entries("/spec/requests") {
            let item =
                if request.to_string().contains("{item.key}") { ", and what the source knows the item by" } else { "" };
            lines.push(format!("{name}: {}, with the citizen's number {}{item}", line_of(request), place_of(request)));
            lines.push(format!("  {}", identity(request)));
            if let Some(path) = request.pointer("/authority/path").and_then(Value::as_str) {
                lines.push(format!("  an answer is dropped unless it names an agreed authority at {path}"));
            }
            if let Some(statuses) = request.get("emptyStatus") {
                lines.push(format!("  an answer with status {} means: nothing registered", plain(statuses)));
            }
            if let Some(word) = request.get("emptyWhen") {
                lines.push(format!("  an answer with {} means: nothing registered", plain(word)));
            }
        }
        for (name, lookup) in self.entries("/spec/lookups") {
            let most = lookup.get("max").and_then(Value::as_u64).unwrap_or_default();
            lines.push(format!("{name}: {}, for at most {most} keys found in the other answers", line_of(lookup)));
            lines.push("  it never carries the citizen's number".to_owned());
        }
        for (model, version, declared) in self.models() {
            let path = declared.get("path").and_then(Value::as_str).map(str::to_owned);
            let path = path.or_else(|| model_path(model, version)).unwrap_or_default();
            let line = format!("{model}: POST {path}, version {version}, with the citizen's number in the body");
            lines.extend([line, "  every CPR-nr in the answer must be the citizen's".to_owned()]);
            let authorities = self.document.pointer("/spec/orkestrering/authorities").map(plain).unwrap_or_default();
            lines.push(format!("  an answer is dropped unless every MyndighedsId in it is one of {authorities}"));
        }
        if lines.is_empty() {
            let by = self.document.pointer("/spec/native");
            lines.push(format!("as the gateway's own code asks: {}", by.map(plain).unwrap_or_default()));
        }
        lines
    }

    fn entries(&self, pointer: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.document.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
    }

    /// The data models, each with its version and what else is declared of it.
    fn models(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let declared = self.document.pointer("/spec/orkestrering/models").and_then(Value::as_array);
        declared.into_iter().flatten().filter_map(|declared| {
            let text = |key: &str| declared.get(key).and_then(Value::as_str);
            Some((text("name")?, text("version")?, declared))
        })
    }

    fn shown(&self) -> Vec<String> {
        let mut lines = [self.widgets(), self.codes()].concat();
        if lines.is_empty() {
            let name = self.text("/spec/native/connector");
            let kinds = native::named(name).map(Native::kinds).unwrap_or_default().iter().map(|kind| kind.tag());
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            lines.push(format!("what the gateway's own code makes of the answer: {kinds}"));
        }
        lines
    }

    fn widgets(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let declared = self.document.pointer("/spec/widgets").and_then(Value::as_array).into_iter().flatten().cloned();
        let of_models = self.models().flat_map(|(model, version, _)| model_widgets(model, version));
        for widget in declared.chain(of_models) {
            let text = |key: &str| widget.get(key).and_then(Value::as_str).unwrap_or_default();
            let limit = widget.get("limit").and_then(Value::as_u64);
            let most = limit.map(|limit| format!(", at most {limit}")).unwrap_or_default();
            let each = widget.get("each").and_then(Value::as_str).map(|path| format!(", each item of {path}"));
            let one = widget.get("one").and_then(Value::as_str).map(|path| format!(", the one at {path}"));
            let optional = widget.get("optional").is_some_and(|optional| optional == true);
            let optional = if optional { ", which may be absent" } else { "" };
            let items = each.or(one).unwrap_or_default() + optional;
            lines.push(format!("{} from {}{items}{most}:", text("kind"), text("from")));
            lines.extend(chosen(&widget));
            let specs = WidgetKind::from_tag(text("kind")).map(WidgetKind::fields).unwrap_or_default();
            for (field, origin) in widget.get("fields").and_then(Value::as_object).into_iter().flatten() {
                let required = specs.iter().any(|spec| spec.name == field && spec.required);
                let required = if required { " (an item without it is left out, and counted)" } else { "" };
                lines.push(format!("  {field}: {}{required}", origin_of(origin)));
            }
            if let Some(path) = widget.get("item").and_then(Value::as_str) {
                lines.push(format!("  each can be opened; the source knows it by {path}, which no browser is shown"));
            }
        }
        lines
    }

    fn codes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (list, codes) in self.entries("/spec/codes") {
            lines.push(format!("the codes of {list}; any other is shown as unknown:"));
            let meant = codes.get("values").and_then(Value::as_object).into_iter().flatten();
            lines.extend(meant.map(|(code, value)| format!("  {code} means {}", plain(value))));
            let texts = codes.get("texts").and_then(Value::as_object).into_iter().flatten();
            lines.extend(texts.map(|(code, text)| {
                let in_language = |tag: &str| text.get(tag).and_then(Value::as_str).unwrap_or_default();
                format!("  {code} is shown as {} / {}", in_language("en"), in_language("da"))
            }));
        }
        lines
    }

    fn hosts(&self) -> Vec<String> {
        let hosts = self.document.pointer("/spec/source/linkHosts").and_then(Value::as_array);
        let hosts: Vec<_> = hosts.into_iter().flatten().filter_map(Value::as_str).collect();
        let mut lines = vec![format!("asked at {}", self.text("/spec/baseUrl"))];
        for (kind, settings) in self.entries("/spec/auth") {
            let details = if settings.as_object().is_some_and(serde_json::Map::is_empty) {
                String::new()
            } else {
                format!(": {}", plain(settings))
            };
            lines.push(format!("the gateway shows who it is by {kind}{details}"));
        }
        lines.push(format!("links lead citizens to {} and hosts below them only", hosts.join(", ")));
        lines
    }

    fn limits(&self) -> Vec<String> {
        let or = |pointer: &str, usual: u64| self.document.pointer(pointer).and_then(Value::as_u64).unwrap_or(usual);
        let usual = GateLimits::default();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut lines = vec![
            format!("given up after {} ms, all calls included", self.number("/spec/limits/timeoutMs")),
            format!("no answer of more than {} KiB is read", self.number("/spec/limits/bodyKib")),
            format!(
                "asked for at most {} citizens at the same time by one gateway; {} more wait for room",
                or("/spec/limits/concurrency", count(usual.concurrency)),
                or("/spec/limits/waiting", count(usual.waiting)),
            ),
            format!(
                "after {} failures in a row not asked for {} seconds, and longer if it still fails",
                or("/spec/limits/breaker/failures", u64::from(usual.failures)),
                or("/spec/limits/breaker/openSeconds", usual.rest.as_secs()),
            ),
        ];
        if let Some(timeout) = self.document.pointer("/spec/detail/timeoutMs") {
            lines.push(format!("more about an item given up after {timeout} ms"));
        }
        if let Some(kib) = self.document.pointer("/spec/detail/bodyKib") {
            lines.push(format!("no answer about an item of more than {kib} KiB is read"));
        }
        if self.document.pointer("/spec/limits/hedge").is_some_and(|hedge| hedge == true) {
            lines.push("asked once more, for one question in twenty at most, when its answer is late".to_owned());
        }
        let windows = self.document.pointer("/spec/limits/serviceWindows").and_then(Value::as_array);
        lines.extend(windows.into_iter().flatten().map(|window| format!("not asked while closed: {}", plain(window))));
        lines
    }

    fn never(&self) -> Vec<String> {
        let unchecked = self.unchecked();
        let mut lines = vec![
            "anything in an answer that is not listed above; it is forgotten when the answer has been read".to_owned(),
            "the citizen's number, which is in no address and in no log either".to_owned(),
            format!(
                "\"nothing registered\" ({}) when the source failed, was late, or answered otherwise than agreed",
                tag(SectionState::Empty)
            ),
        ];
        if unchecked.is_empty() {
            lines.push(
                "an answer about another person: it is dropped whole, and the source is not asked again".to_owned(),
            );
        }
        [lines, unchecked].concat()
    }

    /// Requests whose answers may be about anybody.
    fn unchecked(&self) -> Vec<String> {
        let requests = self.entries("/spec/requests");
        let unchecked = requests.filter(|(_, request)| request.pointer("/identity/none").is_some());
        let names: Vec<_> = unchecked.map(|(name, _)| name.as_str()).collect();
        let line = || format!("BUT whom the answers to {} are about is not checked", names.join(", "));
        (!names.is_empty()).then(line).into_iter().collect()
    }
}

/// Which items of a list a mapping shows, and which nobody is shown or told of.
fn chosen(widget: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if widget.get("each").and_then(Value::as_str).is_some_and(|path| path.contains("[?")) {
        lines.push("  ITEMS ARE HIDDEN, and nobody is told, which this path leaves out".to_owned());
    }
    for chosen in widget.get("where").map(conditions).unwrap_or_default() {
        let path = chosen.get("path").map(plain).unwrap_or_default();
        if let Some(codes) = chosen.get("in") {
            lines.push(format!("  only items in which {path} is one of: {}", plain(codes)));
        }
        if let Some(exists) = chosen.get("exists") {
            let something = if exists == true { "something" } else { "nothing" };
            lines.push(format!("  only items with {something} at {path}"));
        }
        if let Some(codes) = chosen.get("ignore") {
            lines.push(format!("  ITEMS ARE HIDDEN, and nobody is told, in which {path} is one of: {}", plain(codes)));
        }
    }
    lines
}

fn line_of(call: &Value) -> String {
    let text = |key: &str| call.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("method"), text("path"))
}

/// Where a request carries the citizen's number.
fn place_of(request: &Value) -> String {
    let carries = |part: &str| request.get(part).is_some_and(|part| part.to_string().contains("{citizen.cpr"));
    match (carries("headers"), carries("body")) {
        (true, true) => "in a header and in the body",
        (true, false) => "in a header",
        _ => "in the body",
    }
    .to_owned()
}

fn identity(request: &Value) -> String {
    let text = |key: &str| request.pointer(&format!("/identity/{key}")).and_then(Value::as_str);
    match (text("path"), text("header"), text("none")) {
        (Some(path), ..) => format!("an answer is dropped unless it names the citizen at {path}"),
        (_, Some(header), _) => format!("an answer is dropped unless it names the citizen in the header {header}"),
        (.., reason) => format!("WHOM THE ANSWER IS ABOUT IS NOT CHECKED: {}", reason.unwrap_or("no reason is given")),
    }
}

fn origin_of(origin: &Value) -> String {
    let text = |key: &str| origin.get(key).and_then(Value::as_str);
    if let Some(parts) = origin.get("firstOf").and_then(Value::as_array) {
        return parts.iter().map(origin_of).collect::<Vec<_>>().join(", else ");
    }
    if let Some(path) = text("outer") {
        return format!("{path} of what the item's list is in");
    }
    match (text("join"), text("path"), text("as")) {
        (Some(lookup), Some(path), _) => format!("{path} of what {lookup} found"),
        (_, Some(path), Some(reading)) => format!("{path}, as {reading}"),
        _ => plain(origin),
    }
}

/// A value without the punctuation of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
