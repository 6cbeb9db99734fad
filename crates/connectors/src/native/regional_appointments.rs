//! Appointments at a region's hospitals, which answers as a calendar (iCalendar, RFC 5545) and not as JSON or XML: lines
//! that are folded, names with parameters, texts with escapes, times in named zones, and events that recur. The language
//! of contracts has no words for that, and should not.
//!
//! Asked by `POST` with `{"cpr": …}`; the answer names the patient in `x-patient-cpr`.

use async_trait::async_trait;
use http::{HeaderName, header};
use jiff::{
    SignedDuration, Span, Timestamp, ToSpan, Zoned,
    civil::{Date, DateTime},
    fmt::strtime,
    tz::TimeZone,
};
use overblik_widgets::{
    Appointment, AppointmentState, COPENHAGEN, Link, Moment, Problem, ProblemType, Widget, WidgetKind,
};

use super::{Native, NativeSource};
use crate::{
    connector::Fetched,
    declared::{Identity, shown_text},
    error::ConnectorError,
};

/// Where the answer names the patient.
const PATIENT: HeaderName = HeaderName::from_static("x-patient-cpr");
/// Most lines of a calendar, folded ones joined.
const MOST_LINES: usize = 10_000;
/// Most appointments shown; an overview is no calendar.
const MOST_APPOINTMENTS: usize = 100;
/// Most times that one recurring event is shown.
const MOST_OCCURRENCES: usize = 20;

/// The connector.
pub(super) struct RegionalAppointments;

#[async_trait]
impl Native for RegionalAppointments {
    fn kinds(&self) -> &'static [WidgetKind] {
        &[WidgetKind::Appointment]
    }

    async fn fetch(&self, source: &NativeSource<'_>) -> Result<Fetched, ConnectorError> {
        let cpr = &source.request.scope.subject().cpr;
        let answer = source.post_citizen("cpr", "text/calendar").await?.successful()?;
        Identity::Header(PATIENT).check(cpr, &answer.headers, None)?;
        let declared = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = declared.and_then(|value| value.split(';').next()).map(str::trim);
        if !media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("text/calendar")) {
            return Err(ConnectorError::Malformed);
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| ConnectorError::Malformed)?;
        fetched(text)
    }
}

/// What a calendar says: a calendar without events is the source's word that there are none.
fn fetched(text: &str) -> Result<Fetched, ConnectorError> {
    let mut appointments = Vec::new();
    let (mut left_out, mut incomplete) = (0_u32, false);
    let text = unfolded(text);
    let (events, others) = events(&text)?;
    incomplete |= others;
    for event in &events {
        match event.appointments(&moved_times(&events, event)) {
            Some((shown, all)) => {
                appointments.extend(shown);
                incomplete |= !all;
            }
            None => left_out = left_out.saturating_add(1),
        }
    }
    if appointments.is_empty() && !events.is_empty() {
        return Err(ConnectorError::ContractBroken);
    }
    appointments.sort_by_key(|appointment| appointment.starts_at);
    let beyond = appointments.len().saturating_sub(MOST_APPOINTMENTS);
    left_out = left_out.saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
    appointments.truncate(MOST_APPOINTMENTS);
    let problem = (incomplete || left_out > 0).then(|| Problem::new(ProblemType::DataValidation));
    Ok(Fetched {
        keys: Vec::new(),
        widgets: appointments.into_iter().map(Widget::Appointment).collect(),
        left_out,
        problems: problem.into_iter().collect(),
        as_of: None,
    })
}

/// One line of a calendar: a name, parameters, a value.
struct Property<'t> {
    name: String,
    parameters: Vec<(String, &'t str)>,
    value: &'t str,
}

impl<'t> Property<'t> {
    /// Reads a line (RFC 5545 section 3.1). A parameter's value may be quoted, and then hold `;` and `:`.
    fn read(line: &'t str) -> Option<Self> {
        let name_end = line.find([';', ':'])?;
        let (name, mut rest) = line.split_at(name_end);
        let mut parameters = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            let (name, value) = parameter.split_once('=')?;
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => value.split_at(value.find([';', ':'])?),
            };
            parameters.push((name.to_ascii_uppercase(), value));
            rest = after;
        }
        Some(Self { name: name.to_ascii_uppercase(), parameters, value: rest.strip_prefix(':')? })
    }

    fn parameter(&self, name: &str) -> Option<&'t str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// A text without its escapes (section 3.3.11).
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut characters = self.value.chars();
        while let Some(character) = characters.next() {
            match (character, character == '\\') {
                (_, true) => match characters.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                (plain, false) => text.push(plain),
            }
        }
        text
    }

    /// A point in time; `None` for a whole day, which is none.
    fn time(&self) -> Option<Zoned> {
        self.time_of(self.value)
    }

    /// One of the points in time that the value lists.
    fn time_of(&self, value: &str) -> Option<Zoned> {
        if self.parameter("VALUE") == Some("DATE") {
            return None;
        }
        let (local, zone) = match (value.strip_suffix('Z'), self.parameter("TZID")) {
            (Some(utc), _) => (utc, TimeZone::UTC),
            (None, Some(zone)) => (value, TimeZone::get(zone).ok()?),
            // A "floating" time is that of whoever reads it.
            (None, None) => (value, COPENHAGEN.clone()),
        };
        let plain = local.len() == "yyyyMMddTHHmmss".len();
        let local: DateTime = strtime::parse("%Y%m%dT%H%M%S", local).ok().filter(|_| plain)?.to_datetime().ok()?;
        local.to_zoned(zone).ok()
    }
}

/// One event: its properties, without those of the alarms within it.
struct Event<'t>(Vec<Property<'t>>);

impl Event<'_> {
    fn get(&self, name: &str) -> Option<&Property<'_>> {
        self.0.iter().find(|property| property.name == name)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|property| shown_text(&property.text())).filter(|text| !text.is_empty())
    }

    /// All properties of a name.
    fn all(&self, name: &str) -> impl Iterator<Item = &Property<'_>> {
        self.0.iter().filter(move |property| property.name == name)
    }

    /// The times that do not take place although the rule says so; `None` if one of them cannot be read.
    fn excluded(&self) -> Option<Vec<Timestamp>> {
        let times = self.all("EXDATE").flat_map(|property| property.value.split(',').map(move |time| (property, time)));
        times.map(|(property, time)| property.time_of(time).map(|time| time.timestamp())).collect()
    }

    /// The appointments of an event without those that other events have moved, and whether those are all of it; `None`
    /// for what cannot be shown.
    fn appointments(&self, moved: &[Timestamp]) -> Option<(Vec<Appointment>, bool)> {
        let title = self.text("SUMMARY")?;
        let start = self.get("DTSTART")?.time()?;
        let lasts = match (self.get("DTEND"), self.get("DURATION")) {
            (Some(end), _) => Some(end.time()?.duration_since(&start)),
            (None, Some(duration)) => {
                let span: Span = duration.value.parse().ok()?;
                Some(start.checked_add(span).ok()?.duration_since(&start))
            }
            (None, None) => None,
        };
        if lasts.is_some_and(|lasts| lasts.is_negative()) {
            return None;
        }
        let (starts, all) = match self.get("RRULE") {
            Some(rule) => occurrences(&start, rule.value).unwrap_or_else(|| (vec![start.clone()], false)),
            None => (vec![start.clone()], true),
        };
        // A time that is cancelled must not be shown, so one that cannot be read leaves the whole event out.
        let excluded = self.excluded()?;
        let takes_place =
            |start: &&Zoned| !excluded.contains(&start.timestamp()) && !moved.contains(&start.timestamp());
        // Further times, by a list or a rule that is not read, and changes of all times from one on.
        let further = ["RDATE", "EXRULE"].iter().any(|name| self.get(name).is_some());
        let from_one_on = self.get("RECURRENCE-ID").is_some_and(|id| id.parameter("RANGE").is_some());
        let all = all && !further && !from_one_on;
        let state = match self.get("STATUS").map(|status| status.value) {
            Some("CANCELLED") => Some(AppointmentState::Cancelled),
            Some("CONFIRMED") => Some(AppointmentState::Booked),
            Some("TENTATIVE") | None => None,
            Some(_) => Some(AppointmentState::Unknown),
        };
        let appointment = |start: &Zoned| Appointment {
            title: title.clone(),
            starts_at: Moment::new(start.timestamp()),
            ends_at: lasts.and_then(|lasts| start.timestamp().checked_add(lasts).ok()).map(Moment::new),
            place: self.text("LOCATION"),
            online: None,
            state,
            preparation: self.text("DESCRIPTION"),
            // A calendar's own links are not among the hosts that the contract vouches for.
            link: None::<Link>,
        };
        Some((starts.iter().filter(takes_place).map(appointment).collect(), all))
    }
}

/// The times of an event that other events of its name replace (section 3.8.4.4).
fn moved_times(events: &[Event<'_>], event: &Event<'_>) -> Vec<Timestamp> {
    let name = event.get("UID").map(|uid| uid.value);
    if name.is_none() || event.get("RECURRENCE-ID").is_some() {
        return Vec::new();
    }
    let others = events.iter().filter(|other| other.get("UID").map(|uid| uid.value) == name);
    others.filter_map(|other| other.get("RECURRENCE-ID")?.time()).map(|time| time.timestamp()).collect()
}

/// The times of a recurring event, and whether those are all; `None` for a rule of another form than "every so many days
/// or weeks". Local time is kept: a treatment at nine is at nine in summer too.
fn occurrences(start: &Zoned, rule: &str) -> Option<(Vec<Zoned>, bool)> {
    let (mut unit, mut interval, mut count, mut until) = (None, 1_i64, None, None);
    for part in rule.split(';') {
        match part.split_once('=')? {
            ("FREQ", "DAILY") => unit = Some(1.day()),
            ("FREQ", "WEEKLY") => unit = Some(1.week()),
            ("INTERVAL", number) => interval = number.parse().ok().filter(|number| *number > 0)?,
            ("COUNT", number) => count = Some(number.parse::<usize>().ok().filter(|number| *number > 0)?),
            ("UNTIL", time) => until = Some(until_time(start, time)?),
            // The week's first day changes nothing where no days of the week are listed.
            ("WKST", _) => {}
            _ => return None,
        }
    }
    let step = unit?.checked_mul(interval).ok()?;
    let (mut times, mut next) = (Vec::new(), start.clone());
    while times.len() < MOST_OCCURRENCES {
        if count.is_some_and(|count| times.len() >= count) || until.is_some_and(|until| next.timestamp() > until) {
            return Some((times, true));
        }
        times.push(next.clone());
        next = next.checked_add(step).ok()?;
    }
    let all = count == Some(times.len()) || until.is_some_and(|until| next.timestamp() > until);
    Some((times, all))
}

/// The last moment of a recurring event: a time in UTC, or the end of a day where the event is.
fn until_time(start: &Zoned, text: &str) -> Option<Timestamp> {
    let property = Property { name: "UNTIL".to_owned(), parameters: Vec::new(), value: text };
    if text.ends_with('Z') {
        return property.time().map(|time| time.timestamp());
    }
    let date: Date = strtime::parse("%Y%m%d", text).ok().filter(|_| text.len() == 8)?.to_date().ok()?;
    let next_day = date.tomorrow().ok()?.to_zoned(start.time_zone().clone()).ok()?;
    next_day.timestamp().checked_sub(SignedDuration::from_nanos(1)).ok()
}

/// The events of a calendar, whose lines are whole, and whether it holds anything else than events and time zones.
///
/// # Errors
/// [`ConnectorError::Malformed`] for what is not one whole calendar, [`ConnectorError::TooLarge`] beyond the limit.
fn events(text: &str) -> Result<(Vec<Event<'_>>, bool), ConnectorError> {
    let mut events = Vec::new();
    let mut others = false;
    // Names of components are the same in capitals and without (section 1.3).
    let mut open: Vec<String> = Vec::new();
    let mut calendars = 0;
    for (number, line) in text.lines().filter(|line| !line.is_empty()).enumerate() {
        if number >= MOST_LINES {
            return Err(ConnectorError::TooLarge);
        }
        let property = Property::read(line).ok_or(ConnectorError::Malformed)?;
        let component = || property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" if open.is_empty() && component() != "VCALENDAR" => return Err(ConnectorError::Malformed),
            "BEGIN" => {
                calendars += usize::from(open.is_empty());
                open.push(component());
                match open.as_slice() {
                    [_, event] if event == "VEVENT" => events.push(Event(Vec::new())),
                    [_, other] => others |= other != "VTIMEZONE",
                    _ => {}
                }
            }
            "END" if open.pop() == Some(component()) => {}
            "END" => return Err(ConnectorError::Malformed),
            _ if open.as_slice() == ["VCALENDAR", "VEVENT"] => {
                events.last_mut().ok_or(ConnectorError::Malformed)?.0.push(property);
            }
            _ if !open.is_empty() => {}
            _ => return Err(ConnectorError::Malformed),
        }
    }
    if calendars == 1 && open.is_empty() { Ok((events, others)) } else { Err(ConnectorError::Malformed) }
}

/// Joins folded lines (section 3.1): a line that begins with a blank goes on from the one before.
fn unfolded(text: &str) -> String {
    text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
}

#[cfg(test)]
mod tests {
    use overblik_widgets::SectionState;

    use super::*;

    fn calendar(events: &[&str]) -> String {
        let events: Vec<_> = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
        let events = events.concat();
        format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n").replace('\n', "\r\n")
    }

    fn read(events: &[&str]) -> Result<Fetched, ConnectorError> {
        fetched(&calendar(events))
    }

    fn appointments(fetched: &Fetched) -> Vec<&Appointment> {
        let appointments = fetched.widgets.iter().map(|widget| match widget {
            Widget::Appointment(appointment) => appointment,
            other => panic!("not an appointment: {other:?}"),
        });
        appointments.collect()
    }

    fn starts(events: &[&str]) -> Vec<String> {
        let fetched = read(events).expect("an answer");
        appointments(&fetched).iter().map(|appointment| appointment.starts_at.to_string()).collect()
    }

    const CONTROL: &str = "SUMMARY:Kontrol\nDTSTART;TZID=Europe/Copenhagen:20261201T093000";

    #[test]
    fn an_event_is_read_with_its_folds_escapes_and_parameters() {
        let event = "SUMMARY:Kontrol\\, øjen\n afdelingen\nDTSTART;TZID=\"Europe/Copenhagen\":20261201T093000\n\
                     DURATION:PT45M\nLOCATION;ALTREP=\"https://x.example/a:b;c\":Birkerup Sygehus\\; opgang 3\n\
                     DESCRIPTION:Mød fastende\\nTag medicin med\nSTATUS:CONFIRMED\n\
                     BEGIN:VALARM\nSUMMARY:Ikke denne\nEND:VALARM";
        let fetched = read(&[event]).expect("an answer");
        let [appointment] = appointments(&fetched)[..] else { panic!("one appointment") };
        assert_eq!(appointment.title, "Kontrol, øjenafdelingen");
        assert_eq!(appointment.starts_at.to_string(), "2026-12-01T09:30:00+01:00");
        assert_eq!(appointment.ends_at.map(|end| end.to_string()).as_deref(), Some("2026-12-01T10:15:00+01:00"));
        assert_eq!(appointment.place.as_deref(), Some("Birkerup Sygehus; opgang 3"));
        assert_eq!(appointment.preparation.as_deref(), Some("Mød fastende Tag medicin med"));
        assert_eq!(appointment.state, Some(AppointmentState::Booked));
        assert_eq!(fetched.state(), SectionState::Ready);
    }

    #[test]
    fn a_calendar_without_events_is_a_positive_nothing_and_no_calendar_is_none() {
        assert_eq!(read(&[]).map(|fetched| fetched.state()), Ok(SectionState::Empty));
        for text in ["", "hello", "BEGIN:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT", "END:VCALENDAR", "{}", "SUMMARY:x"] {
            assert_eq!(fetched(text), Err(ConnectorError::Malformed), "{text}");
        }
        let twice = calendar(&[]).repeat(2);
        assert_eq!(fetched(&twice), Err(ConnectorError::Malformed));
        let many = calendar(&[&"X-A:b\n".repeat(MOST_LINES)]);
        assert_eq!(fetched(&many), Err(ConnectorError::TooLarge));
    }

    #[test]
    fn what_cannot_be_shown_is_counted() {
        let day = "SUMMARY:Indlæggelse\nDTSTART;VALUE=DATE:20261201";
        let nameless = "DTSTART:20261201T080000Z";
        let elsewhere = "SUMMARY:x\nDTSTART;TZID=Mars/Olympus:20261201T080000";
        let backwards = "SUMMARY:x\nDTSTART:20261201T080000Z\nDTEND:20261201T070000Z";
        let fetched = read(&[CONTROL, day, nameless, elsewhere, backwards]).expect("an answer");
        assert_eq!((fetched.widgets.len(), fetched.left_out, fetched.state()), (1, 4, SectionState::Partial));
        assert_eq!(read(&[day, nameless]), Err(ConnectorError::ContractBroken), "nothing of it can be shown");
    }

    #[test]
    fn recurring_events_keep_their_local_time_and_end() {
        let weekly =
            |rule: &str| format!("SUMMARY:Dialyse\nDTSTART;TZID=Europe/Copenhagen:20270321T090000\nRRULE:{rule}");
        let expected = ["2027-03-21T09:00:00+01:00", "2027-03-28T09:00:00+02:00", "2027-04-04T09:00:00+02:00"];
        for rule in ["FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20270404T070000Z", "FREQ=WEEKLY;UNTIL=20270410;WKST=MO"]
        {
            assert_eq!(starts(&[&weekly(rule)]), expected, "{rule}");
            assert_eq!(read(&[&weekly(rule)]).map(|fetched| fetched.state()), Ok(SectionState::Ready));
        }
        assert_eq!(starts(&[&weekly("FREQ=DAILY;INTERVAL=7;COUNT=3")]), expected);
        for endless in ["FREQ=WEEKLY", "FREQ=DAILY;COUNT=4000000000"] {
            let fetched = read(&[&weekly(endless)]).expect("an answer");
            assert_eq!((fetched.widgets.len(), fetched.state()), (MOST_OCCURRENCES, SectionState::Partial));
        }
        for unknown in ["FREQ=MONTHLY;BYDAY=1MO", "FREQ=WEEKLY;INTERVAL=0", "nonsense"] {
            let fetched = read(&[&weekly(unknown)]).expect("an answer");
            assert_eq!((fetched.widgets.len(), fetched.state()), (1, SectionState::Partial), "{unknown}");
        }
    }

    #[test]
    fn a_time_that_is_cancelled_or_moved_is_not_shown_where_the_rule_had_it() {
        let daily = "SUMMARY:Dialyse\nUID:d1\nDTSTART;TZID=Europe/Copenhagen:20261201T090000\nRRULE:FREQ=DAILY;COUNT=4";
        let cancelled = format!("{daily}\nEXDATE;TZID=Europe/Copenhagen:20261202T090000,20261204T090000");
        assert_eq!(starts(&[&cancelled]), ["2026-12-01T09:00:00+01:00", "2026-12-03T09:00:00+01:00"]);
        let moved = "SUMMARY:Dialyse\nUID:d1\nRECURRENCE-ID:20261203T080000Z\nDTSTART:20261203T130000Z";
        let expected = ["2026-12-01T09:00:00+01:00", "2026-12-03T14:00:00+01:00"];
        assert_eq!(starts(&[&cancelled, moved]), expected);
        let elsewhere = moved.replace("UID:d1", "UID:d2");
        assert_eq!(starts(&[&cancelled, &elsewhere]).len(), 3);
        let unreadable = format!("{daily}\nEXDATE;VALUE=DATE:20261202");
        let fetched = read(&[CONTROL, &unreadable]).expect("an answer");
        assert_eq!((fetched.widgets.len(), fetched.left_out), (1, 1), "it may be any of the times");
        for more in ["RDATE:20261210T080000Z", "EXRULE:FREQ=DAILY"] {
            let fetched = read(&[&format!("{daily}\n{more}")]).expect("an answer");
            assert_eq!((fetched.widgets.len(), fetched.state()), (4, SectionState::Partial), "{more}");
        }
        let from_then_on = moved.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE");
        assert_eq!(read(&[&cancelled, &from_then_on]).map(|fetched| fetched.state()), Ok(SectionState::Partial));
    }

    #[test]
    fn a_calendar_of_other_things_is_not_nothing() {
        let within = |component: &str| {
            let inner = format!("BEGIN:{component}\n{CONTROL}\nEND:{component}\n");
            fetched(&format!("BEGIN:VCALENDAR\n{inner}END:VCALENDAR\n"))
                .map(|fetched| (fetched.state(), fetched.widgets.len()))
        };
        assert_eq!(within("vevent"), Ok((SectionState::Ready, 1)));
        assert_eq!(within("VEVENT "), Ok((SectionState::Ready, 1)));
        assert_eq!(within("VTIMEZONE"), Ok((SectionState::Empty, 0)));
        for other in ["VTODO", "VEVENTS", "X-EVENT"] {
            assert_eq!(within(other), Ok((SectionState::Partial, 0)), "{other}");
        }
    }

    #[test]
    fn a_cancelled_appointment_says_so_and_an_unknown_state_is_not_guessed() {
        let state = |status: &str| {
            let fetched = read(&[&format!("{CONTROL}\nSTATUS:{status}")]).expect("an answer");
            appointments(&fetched)[0].state
        };
        assert_eq!(state("CANCELLED"), Some(AppointmentState::Cancelled));
        assert_eq!(state("TENTATIVE"), None);
        assert_eq!(state("LOST"), Some(AppointmentState::Unknown));
    }
}
