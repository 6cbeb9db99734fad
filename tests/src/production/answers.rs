//! Whether an answer is what it must be: about its own citizen, and complete or said not to be.

use serde_json::Value;

use crate::crowd::{Look, Person, Seen, find};

/// The sources that every overview declares.
const DECLARED: [&str; 3] = ["daycare", "library", "payments"];

/// Where only the national authority is connected.
const ELSEWHERE: &str = "0101";

/// What a page says when the session ended while it was being written, and at no other time.
const SESSION_OVER_ON_PAGE: &str = "Du er logget ud. Der vises ikke mere.";

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be, everything there.
    Complete,
    /// As it should be: something is missing, and the answer says what; the first such section and its state.
    Declared(String),
    /// A stream that was told to come back: its gateway stops.
    ToReconnect,
    /// An overview that ended in the middle, as an overview does whose session cannot be found to live.
    Cut,
    /// Refused, or no answer: of which kind.
    Failed(String),
    /// The citizen is told to log in.
    LoggedOut,
    /// What must never be.
    Wrong(String),
}

/// Judges an answer to somebody who is logged in.
pub(super) fn judge(look: Look, person: &Person, seen: &Seen) -> Verdict {
    if seen.status == 401 || seen.header("set-cookie").contains("Max-Age=0") {
        return Verdict::LoggedOut;
    }
    if seen.status != 200 {
        return Verdict::Failed(kind(seen));
    }
    match look {
        Look::Session => Verdict::Complete,
        Look::Json => serde_json::from_slice(&seen.body)
            .map_or_else(|_| Verdict::Wrong("no JSON".to_owned()), |document| overview(&document, person)),
        Look::Stream => stream(&seen.text(), person),
        Look::Page => page(&seen.body, person),
    }
}

/// The status, and the problem's code where one is told: a page tells none, and neither does the proxy.
pub(super) fn kind(seen: &Seen) -> String {
    let problem: Option<Value> = serde_json::from_slice(&seen.body).ok();
    let code = problem.as_ref().and_then(|problem| problem.get("code")?.as_str()).map(str::to_owned);
    let by_proxy = || if find(&seen.body, b"nginx").is_some() { " by nginx" } else { "" }.to_owned();
    format!("{}{}", seen.status, code.map_or_else(by_proxy, |code| format!(" {code}")))
}

fn overview(document: &Value, person: &Person) -> Verdict {
    let sections = document.get("sections").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    sum_up(sections, document.get("complete"), person)
}

fn stream(text: &str, person: &Person) -> Verdict {
    let (mut sections, mut end) = (Vec::new(), None);
    for block in text.split("\n\n") {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let data = || serde_json::from_str::<Value>(field("data:").unwrap_or_default()).unwrap_or_default();
        match field("event:") {
            Some("section") => sections.push(data()),
            Some("end") => end = Some(data()),
            Some("session_over") => return Verdict::Cut,
            Some("reconnect") => return Verdict::ToReconnect,
            _ => {}
        }
    }
    match end {
        Some(end) => sum_up(&sections, end.get("complete"), person),
        None => Verdict::Failed("stream without an end".to_owned()),
    }
}

/// A page's sections are not told apart here: it is looked at for whose it is, and whether it came to its end.
fn page(body: &[u8], person: &Person) -> Verdict {
    if find(body, SESSION_OVER_ON_PAGE.as_bytes()).is_some() {
        return Verdict::Cut;
    }
    if !body.trim_ascii_end().ends_with(b"</html>") {
        return Verdict::Failed("page without an end".to_owned());
    }
    let surname = person.name.split(' ').next_back().unwrap_or_default();
    if find(body, surname.as_bytes()).is_none() {
        return Verdict::Wrong("a page without its citizen's name".to_owned());
    }
    Verdict::Complete
}

fn sum_up(sections: &[Value], complete: Option<&Value>, person: &Person) -> Verdict {
    let text = |section: &Value, name: &str| section.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut sources: Vec<_> = sections.iter().map(|section| text(section, "source")).collect();
    sources.sort();
    if sources != DECLARED {
        return Verdict::Wrong(format!("an overview of {sources:?}"));
    }
    let (mut in_full, mut missing) = (true, None);
    for section in sections {
        let (source, state) = (text(section, "source"), text(section, "state"));
        let shows_own = section.get("widgets").is_some_and(|widgets| widgets.to_string().contains(&person.marker));
        let elsewhere = person.municipality == ELSEWHERE && source != "payments";
        let is_so = match state.as_str() {
            "ready" => shows_own && !elsewhere,
            "stale" | "partial" => shows_own,
            "not_covered" => elsewhere,
            // Everybody of a crowd has something everywhere: nobody is told that there is nothing.
            "empty" | "" => false,
            _ => !shows_own,
        };
        if !is_so {
            return Verdict::Wrong(format!("{source} is {state}, shows its own: {shows_own}"));
        }
        in_full &= state == "ready";
        if !["ready", "not_covered"].contains(&state.as_str()) {
            missing.get_or_insert(format!("{source} {state}"));
        }
    }
    match complete.and_then(Value::as_bool) {
        Some(said) if said == in_full => {}
        said => return Verdict::Wrong(format!("complete is {said:?} and should be {in_full}")),
    }
    missing.map_or(Verdict::Complete, Verdict::Declared)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::crowd::Persons;

    fn section(source: &str, state: &str, marker: &str) -> Value {
        json!({ "source": source, "state": state, "widgets": [{ "text": marker }] })
    }

    fn document(states: [&str; 3], marker: &str, complete: bool) -> String {
        let sections: Vec<_> =
            DECLARED.iter().zip(states).map(|(source, state)| section(source, state, marker)).collect();
        json!({ "sections": sections, "complete": complete }).to_string()
    }

    fn seen(status: u16, body: &str) -> Seen {
        Seen { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec(), whole: true }
    }

    #[test]
    fn an_overview_is_complete_or_says_what_is_missing_and_is_about_its_own_citizen() {
        let persons = Persons::new(4);
        let (person, other, elsewhere) = (persons.of(0), persons.of(1), persons.of(3));
        let of = |person: &Person, text: String| judge(Look::Json, person, &seen(200, &text));
        let all_ready = |marker: &str, complete| document(["ready"; 3], marker, complete);
        assert_eq!(of(person, all_ready(&person.marker, true)), Verdict::Complete);
        let one_less = json!({ "sections": [section("daycare", "failed", ""), section("library", "ready", &person.marker),
            section("payments", "ready", &person.marker)], "complete": false });
        assert_eq!(of(person, one_less.to_string()), Verdict::Declared("daycare failed".into()));
        let not_asked = json!({ "sections": [section("daycare", "not_covered", ""), section("library", "not_covered", ""),
            section("payments", "ready", &elsewhere.marker)], "complete": false });
        assert_eq!(of(elsewhere, not_asked.to_string()), Verdict::Complete);
        let wrong = [
            all_ready(&other.marker, true),
            all_ready(&person.marker, false),
            one_less.to_string().replace("false", "true"),
            one_less.to_string().replace("failed", "empty"),
            one_less.to_string().replace("failed", "ready"),
            one_less.to_string().replace("failed", "not_covered"),
            json!({ "sections": [section("daycare", "ready", &person.marker)], "complete": true }).to_string(),
            "{}".to_owned(),
            "<html>".to_owned(),
        ];
        for text in wrong {
            assert!(matches!(of(person, text.clone()), Verdict::Wrong(_)), "{text}");
        }
    }

    #[test]
    fn a_stream_is_what_its_events_add_up_to() {
        let persons = Persons::new(1);
        let person = persons.of(0);
        let of = |text: &str| judge(Look::Stream, person, &seen(200, text));
        let sections = DECLARED
            .iter()
            .map(|source| format!("event: section\ndata: {}\n\n", section(source, "ready", &person.marker)))
            .collect::<Vec<_>>()
            .concat();
        let end = "event: end\ndata: {\"complete\":true}\n\n";
        assert_eq!(of(&format!("{sections}: heartbeat\n\n{end}")), Verdict::Complete);
        assert_eq!(of(&sections), Verdict::Failed("stream without an end".into()));
        assert_eq!(of(&format!("{sections}event: session_over\ndata: {{}}\n\n")), Verdict::Cut);
        assert_eq!(of("event: reconnect\ndata: {}\n\n"), Verdict::ToReconnect);
        assert!(matches!(of(end), Verdict::Wrong(_)));
    }

    #[test]
    fn refusals_say_by_whom() {
        let persons = Persons::new(1);
        let person = persons.of(0);
        let of = |status, body: &str| judge(Look::Page, person, &seen(status, body));
        assert_eq!(of(401, ""), Verdict::LoggedOut);
        assert_eq!(of(502, "<center>nginx</center>"), Verdict::Failed("502 by nginx".into()));
        assert_eq!(of(503, "{\"code\":\"going-away\"}"), Verdict::Failed("503 going-away".into()));
        assert_eq!(of(200, &format!("{} </html>\n", person.name)), Verdict::Complete);
        assert_eq!(of(200, &person.name), Verdict::Failed("page without an end".into()));
        assert!(matches!(of(200, "</html>"), Verdict::Wrong(_)));
        assert_eq!(of(200, SESSION_OVER_ON_PAGE), Verdict::Cut);
    }
}
