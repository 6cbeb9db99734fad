//! The page of what was asked about the citizen who reads it.

use askama::Template;
use overblik_widgets::{AccessLog, AccessLogEntry, Date, LogClientKind, LogDeed, LogKept, OnBehalf};

use super::{
    assets::SCRIPT,
    html,
    layout::{Layout, PageFrame, Step},
    texts::Texts,
};

/// An entry as it is read.
struct Line {
    clock: String,
    datetime: String,
    sentence: String,
    outcome: Option<&'static str>,
    /// What may be wanted by whoever complains or looks into it.
    details: Vec<(&'static str, String)>,
}

impl Line {
    fn of(entry: &AccessLogEntry, texts: Texts) -> Self {
        let (clock, datetime) = (entry.at.clock(), entry.at.to_string());
        let client = texts.of(&entry.via.name);
        let LogDeed::Asked(question) = &entry.what else {
            return Self {
                clock,
                datetime,
                sentence: texts.you_read_log().to_owned(),
                outcome: None,
                details: Vec::new(),
            };
        };
        let unnamed = texts.authority_with_cvr(&question.cvr);
        let authority = question.authority.as_ref().map_or(unnamed.as_str(), |name| texts.of(name));
        let title = question.title.as_ref().map_or(question.source.as_str(), |title| texts.of(title));
        let sentence = match (entry.via.kind, entry.on_behalf) {
            (_, OnBehalf::ByAnother) => texts.asked_by_another(client, authority, title),
            (LogClientKind::Overview, OnBehalf::Own) => texts.overview_asked(authority, title),
            (LogClientKind::Portal, OnBehalf::Own) => texts.portal_asked(client, authority, title),
            (LogClientKind::App, OnBehalf::Own) => texts.app_asked(client, authority, title),
        };
        let details = vec![
            (texts.asked_for(), texts.purpose(question.purpose).to_owned()),
            (texts.agreement_number(), question.agreement.clone()),
            (texts.contract_version(), question.contract.clone()),
            (texts.cvr_number(), question.cvr.clone()),
        ];
        Self { clock, datetime, sentence, outcome: Some(texts.log_outcome(question.outcome)), details }
    }
}

/// The entries of one day.
struct Day {
    date: Date,
    words: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "access_log.html")]
struct AccessLogView<'a> {
    layout: Layout<'a>,
    script: &'static str,
    texts: Texts,
    is_here: bool,
    lead: &'static str,
    notices: Vec<String>,
    nothing: &'static str,
    kept_for: String,
    days: Vec<Day>,
    next: Option<&'a str>,
}

/// A page of a citizen's log: from the newest entry on, or from another on.
#[must_use]
pub fn access_log(frame: &PageFrame<'_>, log: &AccessLog, from_the_newest: bool) -> String {
    let texts = frame.texts();
    let mut days: Vec<Day> = Vec::new();
    for entry in &log.entries {
        let (date, line) = (entry.at.date(), Line::of(entry, texts));
        match days.last_mut() {
            Some(day) if day.date == date => day.lines.push(line),
            _ => days.push(Day { date, words: texts.date(date), lines: vec![line] }),
        }
    }
    let place = match log.kept {
        LogKept::Here => None,
        LogKept::Partly => Some(texts.log_partly()),
        LogKept::Elsewhere => Some(texts.log_elsewhere()),
        LogKept::Nowhere => Some(texts.log_nowhere()),
    };
    let lacking = log.may_lack.then(|| texts.log_lacking().to_owned());
    let unreadable = (log.unreadable > 0).then(|| texts.log_unreadable(log.unreadable));
    let notices: Vec<_> = place.map(str::to_owned).into_iter().chain(lacking).chain(unreadable).collect();
    // Where something is said against it the page does not claim to hold everything.
    let lead = if notices.is_empty() { texts.log_lead() } else { texts.log_lead_lacking() };
    let nothing = if notices.is_empty() && from_the_newest { texts.log_empty() } else { texts.log_no_lines() };
    let overview = Step { title: texts.overview_title(), href: Some("/".to_owned()) };
    let trail = vec![overview, Step { title: texts.log_title(), href: None }];
    html(&AccessLogView {
        layout: Layout { trail, ..Layout::new(frame, texts.log_title()) },
        script: &SCRIPT.path,
        texts,
        is_here: matches!(log.kept, LogKept::Here | LogKept::Partly),
        lead,
        notices,
        nothing,
        kept_for: texts.log_kept_for(log.kept_days),
        days,
        next: log.next.as_deref(),
    })
}

#[cfg(test)]
mod tests {
    use overblik_widgets::{Language, LocalizedText, LogClient, LogOutcome, LogPurpose, LogQuestion, Moment};

    use super::*;
    use crate::page::specimens::frame;

    fn entry(at: &str, kind: LogClientKind, what: LogDeed) -> AccessLogEntry {
        AccessLogEntry {
            at: Moment::new(at.parse().expect("a time")),
            via: LogClient { kind, name: LocalizedText::new("Birkerup <Kommune>", "Birkerup <Municipality>") },
            on_behalf: OnBehalf::Own,
            what,
        }
    }

    fn asked(outcome: LogOutcome) -> LogDeed {
        LogDeed::Asked(Box::new(LogQuestion {
            source: "library".into(),
            title: Some(LocalizedText::new("Bibliotek", "Library")),
            authority: Some(LocalizedText::new("Birkerup Biblioteker", "Birkerup Libraries")),
            cvr: "90000018".into(),
            agreement: "BIB-2026-003".into(),
            contract: "1.2.0".into(),
            purpose: LogPurpose::Overview,
            outcome,
            duration_ms: 12,
        }))
    }

    fn log(kept: LogKept, entries: Vec<AccessLogEntry>) -> AccessLog {
        AccessLog { kept, kept_days: 180, may_lack: false, unreadable: 0, entries, next: Some("7-0".into()) }
    }

    #[test]
    fn r63_a_citizen_reads_in_plain_words_who_was_asked_for_whom_when_and_with_what_end() {
        let entries = vec![
            entry("2026-11-22T09:15:00Z", LogClientKind::Overview, asked(LogOutcome::Ready)),
            entry("2026-11-22T09:14:00Z", LogClientKind::Portal, asked(LogOutcome::TimedOut)),
            entry("2026-11-21T09:14:00Z", LogClientKind::Overview, LogDeed::LogRead),
        ];
        for (language, words) in [
            (
                Language::Da,
                [
                    "Overblikket spurgte Birkerup Biblioteker om dig (Bibliotek), på dine egne vegne.",
                    "10:15",
                    "22. november 2026",
                    "Der kom svar.",
                    "Der kom ikke svar i tide.",
                    "Du læste denne log.",
                    "BIB-2026-003",
                    "180 dage",
                ],
            ),
            (
                Language::En,
                [
                    "The overview asked Birkerup Libraries about you (Library), on your own behalf.",
                    "10:15",
                    "22 November 2026",
                    "It answered.",
                    "It did not answer in time.",
                    "You read this log.",
                    "BIB-2026-003",
                    "180 days",
                ],
            ),
        ] {
            let page = access_log(&frame(language), &log(LogKept::Here, entries.clone()), true);
            for word in words {
                assert!(page.contains(word), "{word}: {page}");
            }
            assert!(!page.contains("<Kommune>") && !page.contains("<Municipality>"), "R64: names are text");
            assert!(page.contains("href=\"/access-log?before=7-0\""), "{page}");
        }
    }

    #[test]
    fn a_log_that_is_kept_elsewhere_is_never_said_to_be_empty() {
        let nothing = "Der er ikke spurgt om dig";
        let of = |kept| access_log(&frame(Language::Da), &AccessLog { next: None, ..log(kept, Vec::new()) }, true);
        assert!(of(LogKept::Here).contains(nothing));
        for (kept, said) in [(LogKept::Elsewhere, "et andet sted"), (LogKept::Nowhere, "ingen log")] {
            let page = of(kept);
            assert!(page.contains(said) && !page.contains(nothing), "{page}");
        }
        let older =
            access_log(&frame(Language::Da), &AccessLog { next: None, ..log(LogKept::Here, Vec::new()) }, false);
        assert!(older.contains("ingen linjer") && !older.contains(nothing), "what is newer is not on this page");
        let partly = of(LogKept::Partly);
        assert!(partly.contains("andre servere") && !partly.contains(nothing));
    }

    #[test]
    fn r63_a_log_that_may_lack_something_says_so_and_does_not_claim_to_be_whole() {
        let claims = ["hver gang", "Der er ikke spurgt om dig", "every time", "Nobody was asked"];
        let here = log(LogKept::Here, Vec::new());
        for (language, lacking, unreadable) in [
            (Language::Da, "Der kan derfor mangle linjer", "ikke er vist her: 3."),
            (Language::En, "Lines may therefore be missing", "not shown here: 3."),
        ] {
            let whole = access_log(&frame(language), &here, true);
            assert_eq!(claims.iter().filter(|claim| whole.contains(**claim)).count(), 2, "the control: {whole}");
            for (log, said) in [
                (AccessLog { may_lack: true, ..here.clone() }, lacking),
                (AccessLog { unreadable: 3, ..here.clone() }, unreadable),
            ] {
                let page = access_log(&frame(language), &log, true);
                assert!(page.contains(said), "{page}");
                assert!(!claims.iter().any(|claim| page.contains(claim)), "{page}");
            }
        }
    }
}
