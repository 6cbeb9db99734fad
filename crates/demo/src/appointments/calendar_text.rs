//! Events as the text of a calendar: lines that end with CRLF, folded at 75 bytes, texts with escapes, times in a named
//! zone that the calendar describes itself.

use super::events::{Event, When};
use crate::calendar::Calendar;

/// Longest line in bytes, without its end (RFC 5545 section 3.1).
const LONGEST_LINE: usize = 75;

/// Denmark's time, as the hospitals' system describes it.
const TIME_ZONE: [&str; 16] = [
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Copenhagen",
    "BEGIN:DAYLIGHT",
    "DTSTART:19810329T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19961027T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
    "X-WR-TIMEZONE:Europe/Copenhagen",
];

/// The calendar of one patient.
pub(super) fn calendar(events: &[Event], calendar: &Calendar) -> String {
    let mut lines: Vec<String> =
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Region Birkeland//Aftaler 1.4//DA", "METHOD:PUBLISH"]
            .into_iter()
            .chain(TIME_ZONE)
            .map(str::to_owned)
            .collect();
    for (event, number) in events.iter().zip(1_u32..) {
        lines.extend(self::event(event, number, calendar));
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line) + "\r\n").collect()
}

fn event(event: &Event, number: u32, calendar: &Calendar) -> Vec<String> {
    let mut lines = vec!["BEGIN:VEVENT".to_owned(), format!("UID:{number:06}@aftaler.region-birkeland.example")];
    lines.push(format!("DTSTAMP:{}", calendar.compact_utc_now()));
    lines.push(format!("SUMMARY:{}", escaped(event.title)));
    match event.when {
        When::Local(day, time, minutes) => {
            lines.push(format!("DTSTART;TZID=Europe/Copenhagen:{}", calendar.compact(day, time)));
            lines.extend(minutes.map(|minutes| format!("DURATION:PT{minutes}M")));
        }
        When::Utc(day, from, until) => {
            lines.push(format!("DTSTART:{}Z", calendar.compact(day, from)));
            lines.push(format!("DTEND:{}Z", calendar.compact(day, until)));
        }
        When::AllDay(day) => lines.push(format!("DTSTART;VALUE=DATE:{}", calendar.compact_date(day))),
        When::Missing => {}
    }
    lines.extend(event.rule.map(|rule| format!("RRULE:{rule}")));
    lines.extend(event.place.map(|place| format!("LOCATION;LANGUAGE=da:{}", escaped(place))));
    lines.extend(event.preparation.map(|text| format!("DESCRIPTION:{}", escaped(text))));
    lines.extend(event.status.map(|status| format!("STATUS:{status}")));
    // A reminder of its own, whose summary is not the appointment's.
    lines.extend(
        ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", "DESCRIPTION:Husk", "END:VALARM"].map(str::to_owned),
    );
    lines.push("END:VEVENT".to_owned());
    lines
}

/// A text with its commas, semicolons, backslashes and line breaks escaped (section 3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line, folded without a letter torn apart.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len());
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            // The blank is part of the line that it begins.
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_and_no_letter_is_torn() {
        let line = format!("SUMMARY:{}", "æøå".repeat(40));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= LONGEST_LINE && !part.is_empty()));
        assert!(folded.split("\r\n").skip(1).all(|part| part.starts_with(' ')));
        assert_eq!(folded.replace("\r\n ", ""), line);
        assert_eq!(super::folded("SUMMARY:kort"), "SUMMARY:kort");
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("a, b; c\\d\ne"), "a\\, b\\; c\\\\d\\ne");
    }
}
