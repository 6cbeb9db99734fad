//! Answers of the admin API, for people.

use serde_json::Value;

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// A source: what citizens see, what holds it back, and each version.
pub(super) fn source(view: &Value) -> String {
    let name = text(view, "/source").unwrap_or_default();
    let seen = match (number(view, "/main"), number(view, "/beside/version")) {
        (None, _) => "no version is live".to_owned(),
        (Some(main), None) => format!("version {main} is live"),
        (Some(main), Some(beside)) => {
            let share = number(view, "/beside/share").unwrap_or_default();
            format!("version {main} is live, version {beside} for {share} of 100 citizens")
        }
    };
    let mut lines = vec![format!(
        "{name} of {}: {seen} (record {})",
        text(view, "/authority").unwrap_or_default(),
        number(view, "/record").unwrap_or_default()
    )];
    if let Some(reason) = text(view, "/suspended/reason") {
        let until = text(view, "/suspended/until").map_or_else(String::new, |until| format!(" until {until}"));
        lines.push(format!("  suspended{until}: {reason} ({})", done(view, "/suspended/done")));
    }
    if let Some(reason) = text(view, "/retired/reason") {
        lines.push(format!("  retired: {reason} ({})", done(view, "/retired/done")));
    }
    // What is live on record may lack something at the gateway that answered; then citizens are not shown it there.
    let mistakes = items(view, "/here/mistakes").filter_map(Value::as_str);
    lines.extend(mistakes.map(|mistake| format!("  not asked as on record: {mistake}")));
    for window in items(view, "/windows") {
        let at = |pointer| text(window, pointer).unwrap_or_default();
        lines.push(format!("  closed from {} to {}: {}", at("/from"), at("/to"), at("/text/en")));
    }
    lines.extend(items(view, "/versions").map(|version| format!("  {}", self::version(version))));
    let agreements = view.get("agreements").and_then(Value::as_object).into_iter().flatten();
    for (client, agreement) in agreements {
        let told = [("/current/value", ""), ("/pending/value", " (waits for a second person)")];
        let told = told.iter().filter_map(|(pointer, more)| {
            let value = agreement.pointer(pointer)?;
            Some(format!("  agreement with {client}: {}{more}", municipalities(value)))
        });
        lines.extend(told);
    }
    lines.join("\n")
}

/// The index of a source: whether there is one, and whether others are left out.
pub(super) fn index(view: &Value) -> String {
    let name = text(view, "/source").unwrap_or_default();
    let Some(entries) = number(view, "/loaded/entries") else {
        return format!("{name} has no index: it is asked about all citizens");
    };
    let expires = to_the_second(text(view, "/loaded/expires").unwrap_or_default());
    let loaded = format!("{name}: {entries} citizens, expires {expires}, loaded {}", done(view, "/loaded/done"));
    match (number(view, "/in_use"), text(view, "/not_in_use")) {
        (Some(now), _) => format!("{loaded}\n  in use: {now} citizens by now; it is not asked about others"),
        (None, why) => format!("{loaded}\n  not in use, all are asked about: {}", why.unwrap_or_default()),
    }
}

fn municipalities(value: &Value) -> String {
    let codes: Vec<_> = items(value, "/these").filter_map(Value::as_str).collect();
    if codes.is_empty() { "all municipalities".to_owned() } else { codes.join(", ") }
}

/// A version: its state, and who did what.
pub(super) fn version(view: &Value) -> String {
    let mut told = format!(
        "version {} {}: pushed {}",
        number(view, "/version").unwrap_or_default(),
        text(view, "/state").unwrap_or_default(),
        done(view, "/pushed")
    );
    for (what, pointer) in [
        ("tested", "/tested/done"),
        ("submitted", "/submitted/done"),
        ("approved", "/approved"),
        ("refused", "/refused/done"),
        ("released", "/released"),
        ("retired", "/retired/done"),
    ] {
        if view.pointer(pointer).is_some_and(Value::is_object) {
            told = format!("{told}, {what} {}", done(view, pointer));
        }
    }
    if let Some(share) = number(view, "/approved_share").or_else(|| number(view, "/submitted/share")) {
        told = format!("{told}, for {share} of 100 citizens");
    }
    for (what, pointer) in [("note", "/submitted/note"), ("why", "/refused/reason"), ("why", "/retired/reason")] {
        if let Some(line) = text(view, pointer) {
            told = format!("{told}\n    {what}: {line}");
        }
    }
    told
}

fn done(view: &Value, pointer: &str) -> String {
    let at = |rest: &str| text(view, &format!("{pointer}{rest}")).unwrap_or_default().to_owned();
    format!("{} by {}", to_the_second(&at("/at")), at("/name"))
}

/// A moment without what is below a second.
fn to_the_second(moment: &str) -> String {
    match moment.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => moment.to_owned(),
    }
}

/// A record of the history, in a line.
pub(super) fn record(record: &Value) -> String {
    let change = record.get("change");
    let kind = change.and_then(|change| text(change, "/kind")).unwrap_or_default().replace('_', " ");
    let version =
        change.and_then(|change| number(change, "/version")).map_or_else(String::new, |v| format!(" version {v}"));
    let why = ["/reason", "/note"].iter().find_map(|pointer| text(change?, pointer));
    format!(
        "record {}, {}: {kind}{version} by {}{}",
        number(record, "/number").unwrap_or_default(),
        to_the_second(text(record, "/at").unwrap_or_default()),
        text(record, "/actor/name").unwrap_or_default(),
        why.map_or_else(String::new, |why| format!(" ({why})"))
    )
}

/// A history, a line for each record.
pub(super) fn history(view: &Value) -> String {
    let records = items(view, "/records").map(record);
    let head = format!(
        "the whole registry ends with {}:{}",
        number(view, "/head/number").unwrap_or_default(),
        text(view, "/head/hash").unwrap_or_default()
    );
    records.chain([head]).collect::<Vec<_>>().join("\n")
}

/// What the kit says: what failed, and how much there was.
pub(super) fn report(report: &Value) -> String {
    let mut lines = Vec::new();
    for check in items(report, "/checks").filter(|check| text(check, "/verdict") == Some("failed")) {
        let at = |pointer| text(check, pointer).unwrap_or_default();
        lines.push(format!("FAILED {}\n  expected: {}\n  came:     {}", at("/id"), at("/expected"), at("/came")));
    }
    let count = |name: &str| number(report, &format!("/tally/{name}")).unwrap_or_default();
    lines.push(format!(
        "{} passed, {} failed, {} not applicable",
        count("passed"),
        count("failed"),
        count("not_applicable")
    ));
    lines.join("\n")
}

/// Whether the kit found nothing wrong.
pub(super) fn passed(report: &Value) -> bool {
    number(report, "/tally/failed") == Some(0)
}

/// What one version changes of another.
pub(super) fn difference(difference: &Value) -> String {
    let value = |change: &Value, name: &str| match change.get(name) {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(value) => value.to_string(),
    };
    let changes = items(difference, "/changes").map(|change| {
        let weight = text(change, "/weight").unwrap_or_default().replace('_', " ");
        let (was, is) = (value(change, "was"), value(change, "is"));
        let at = |pointer| text(change, pointer).unwrap_or_default();
        format!("{weight:14} {}: {was} -> {is}\n               {}", at("/path"), at("/reason"))
    });
    let files = items(difference, "/files").filter_map(Value::as_str).map(|file| format!("another text: {file}"));
    let note = text(difference, "/note").map(|note| format!("note: {note}"));
    let lines: Vec<_> = changes.chain(files).chain(note).collect();
    if lines.is_empty() { "nothing has changed".to_owned() } else { lines.join("\n") }
}

/// An authority: what holds, and what waits.
pub(super) fn authority(view: &Value) -> String {
    let name = text(view, "/authority").unwrap_or_default();
    let mut lines = vec![format!("{name} (record {})", number(view, "/record").unwrap_or_default())];
    for (what, pointer) in [("on record", "/current"), ("waits for a second person", "/pending")] {
        let Some(value) = view.pointer(&format!("{pointer}/value")) else { continue };
        let domains: Vec<_> = items(value, "/domains").filter_map(Value::as_str).collect();
        let clients = value.get("clients").and_then(Value::as_object).into_iter().flatten();
        let clients: Vec<_> = clients.map(|(client, _)| format!("{name}/{client}")).collect();
        lines.push(format!(
            "  {what}: {}, CVR {}, domains {}, programs {} (proposed {})",
            text(value, "/name/da").unwrap_or_default(),
            text(value, "/cvr").unwrap_or_default(),
            or_none(&domains.join(", ")),
            or_none(&clients.join(", ")),
            done(view, &format!("{pointer}/proposed"))
        ));
    }
    lines.join("\n")
}

fn or_none(list: &str) -> &str {
    if list.is_empty() { "none" } else { list }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_live_on_record_and_not_asked_is_not_told_as_if_it_were() {
        let mistake =
            "birkerup-libraries/library/connector.yaml:34:11: spec.auth.apiKey: the deployment sets no API key";
        let mut view = json!({ "source": "library", "authority": "birkerup-libraries", "main": 1, "record": 9 });
        view["here"] = json!({ "main": 1, "beside": null, "mistakes": [] });
        assert_eq!(source(&view), "library of birkerup-libraries: version 1 is live (record 9)");
        view["here"] = json!({ "main": null, "beside": null, "mistakes": [mistake] });
        assert!(source(&view).contains(&format!("\n  not asked as on record: {mistake}")), "{}", source(&view));
    }
}
