//! What each citizen has agreed with the hospitals.

use jiff::civil::{Time, time};

use crate::calendar::Days;

/// One event of a calendar.
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub(super) title: &'static str,
    pub(super) when: When,
    pub(super) place: Option<&'static str>,
    pub(super) preparation: Option<&'static str>,
    pub(super) status: Option<&'static str>,
    /// How it recurs.
    pub(super) rule: Option<&'static str>,
}

/// When an event is, in the ways in which calendars say so.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// At a time in Denmark, for so many minutes.
    Local(Days, Time, Option<i32>),
    /// At a time in UTC, until another.
    Utc(Days, Time, Time),
    /// All day.
    AllDay(Days),
    /// Not said, though it should be.
    Missing,
}

const fn event(title: &'static str, when: When) -> Event {
    Event { title, when, place: None, preparation: None, status: Some("CONFIRMED"), rule: None }
}

const fn at(day: Days, hour: i8, minute: i8, minutes: i32) -> When {
    When::Local(day, time(hour, minute, 0, 0), Some(minutes))
}

impl Event {
    const fn place(self, place: &'static str) -> Self {
        Self { place: Some(place), ..self }
    }

    const fn preparation(self, preparation: &'static str) -> Self {
        Self { preparation: Some(preparation), ..self }
    }

    const fn status(self, status: Option<&'static str>) -> Self {
        Self { status, ..self }
    }

    const fn rule(self, rule: &'static str) -> Self {
        Self { rule: Some(rule), ..self }
    }
}

/// The calendar of a citizen; an empty one for citizens whom the hospitals do not know.
pub(super) fn of(slug: &str) -> Vec<Event> {
    match slug {
        "family-signe" => vec![
            event("Ultralydsscanning", at(6, 10, 15, 30))
                .place("Birkerup Sygehus, afsnit for billeddiagnostik, opgang 3, 2. sal")
                .preparation(
                    "Drik en halv liter vand en time før undersøgelsen; kom ikke med tom blære.\n\
                     Medbring dit sundhedskort og din medicinliste.",
                ),
            event("Kontrol hos jordemoder", at(20, 13, 0, 45)).place("Fødeafdelingen, Birkerup Sygehus"),
        ],
        "childless-bent" => vec![
            event("Forundersøgelse, knæ", at(33, 8, 30, 60))
                .status(Some("TENTATIVE"))
                .place("Elmerup Sygehus, opgang 1"),
        ],
        "overdue-laila" => vec![
            event("Hudklinikken, kontrol", at(2, 14, 20, 20))
                .status(Some("CANCELLED"))
                .place("Birkerup Sygehus, opgang 7"),
            event("Hudklinikken, kontrol", at(16, 9, 40, 20)).place("Birkerup Sygehus, opgang 7"),
        ],
        // One day in hospital without a time, and one with.
        "neighbour-nanna" => vec![
            event("Indlæggelse til dagkirurgi", When::AllDay(12)).place("Elmerup Sygehus"),
            event("Samtale med narkoselæge", at(5, 11, 0, 30)).place("Elmerup Sygehus, opgang 2"),
        ],
        "letters-aase" => vec![
            event("Genoptræning efter åreknudeoperation på øre- og æggeledsafsnittet", at(3, 9, 0, 45))
                .place("Sundhedscenter Ærøvej, Søøer")
                .rule("FREQ=WEEKLY;COUNT=6"),
        ],
        "debt-gert" => vec![
            event("Videosamtale med diætist", When::Utc(9, time(8, 0, 0, 0), time(8, 30, 0, 0)))
                .preparation("Linket til samtalen står i brevet; det sendes ikke her.")
                .status(None),
        ],
        "partly-poul" => vec![
            event("Blodprøver", When::Local(1, time(7, 45, 0, 0), None)).place("Ambulatoriet, Birkerup Sygehus"),
            // Every first Monday: a rule that only the hospitals' own page can unfold.
            event("Øjenambulatoriet", at(8, 10, 0, 15)).rule("FREQ=MONTHLY;BYDAY=1MO"),
        ],
        "undated-dagny" => vec![
            event("Røntgen af håndled", at(4, 12, 10, 20)).place("Birkerup Sygehus, opgang 3"),
            event("Gipsaftagning", When::Missing).place("Skadestuen, Birkerup Sygehus"),
        ],
        "many-mogens" => vec![
            event("Fysioterapi", at(1, 8, 0, 30)).place("Birkerup Sygehus").rule("FREQ=DAILY;INTERVAL=3;COUNT=15"),
            event("Dialyse", at(2, 7, 0, 240)).place("Dialyseafsnittet").rule("FREQ=WEEKLY"),
            event("Kontrol hos nyrelæge", at(40, 9, 30, 30)).place("Nyremedicinsk Ambulatorium"),
        ],
        _ => Vec::new(),
    }
}
