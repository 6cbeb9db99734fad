//! Why a source is not asked now, in words for citizens.

use jiff::{RoundMode, TimestampRound, Unit, civil::Date};

use crate::{
    moment::{Moment, date_in_words},
    text::{Language, LocalizedText},
};

/// Why a source is not asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// Its authority announced that it is closed.
    Maintenance,
    /// It failed again and again, and is left alone for a while.
    Resting,
    /// An operator switched it off.
    SwitchedOff,
    /// It is not trusted until somebody has looked into a mistake.
    CutOff,
    /// Too many ask it.
    Crowded,
    /// It could not be written down that it is asked.
    Unrecorded,
}

impl Suspended {
    /// What a citizen reads about a source that is not asked: until when, seen from today, where that is known.
    #[must_use]
    pub fn message(self, until: Option<(Moment, Date)>) -> LocalizedText {
        let until = |danish: &str, english: &str, in_danish: &str, in_english: &str| match until {
            Some((end, today)) => (
                format!("{danish} {}", time(end, today, Language::Da)),
                format!("{english} {}", time(end, today, Language::En)),
            ),
            None => (in_danish.to_owned(), in_english.to_owned()),
        };
        match self {
            Self::Maintenance => {
                let (da, en) = until("indtil", "until", "for tiden", "at the moment");
                LocalizedText::new(
                    format!(
                        "Myndigheden har lukket for planlagt vedligeholdelse {da}, så der er ikke spurgt. Prøv igen bagefter, eller gå direkte til myndigheden."
                    ),
                    format!(
                        "The authority has closed for planned maintenance {en}, so it was not asked. Try again afterwards, or go directly to the authority."
                    ),
                )
            }
            Self::Resting => {
                let (da, en) = until("tidligst", "at the earliest", "snart", "soon");
                LocalizedText::new(
                    format!(
                        "Myndighedens system har svigtet flere gange i træk, så vi spørger det først igen {da} og ved ikke, om det har noget om dig. Prøv igen senere, eller gå direkte til myndigheden."
                    ),
                    format!(
                        "The authority's system has failed several times in a row, so we ask it again {en} and do not know whether it holds anything about you. Try again later, or go directly to the authority."
                    ),
                )
            }
            Self::SwitchedOff => LocalizedText::new(
                "Forbindelsen til myndigheden er slået fra indtil videre, så vi ved ikke, om den har noget om dig. Gå direkte til myndigheden.",
                "The connection to the authority is switched off for the time being, so we do not know whether it holds anything about you. Go directly to the authority.",
            ),
            Self::CutOff => LocalizedText::new(
                "Forbindelsen til myndigheden er afbrudt, indtil en fejl er undersøgt, så vi ved ikke, om den har noget om dig. Gå direkte til myndigheden.",
                "The connection to the authority is cut off until an error has been looked into, so we do not know whether it holds anything about you. Go directly to the authority.",
            ),
            Self::Crowded => LocalizedText::new(
                "Mange spørger myndigheden lige nu, så der var ikke plads til dit spørgsmål. Prøv igen om lidt, eller gå direkte til myndigheden.",
                "Many are asking the authority right now, so there was no room for your question. Try again shortly, or go directly to the authority.",
            ),
            Self::Unrecorded => LocalizedText::new(
                "Vi kan lige nu ikke skrive ned, at vi spørger om dig, og så spørger vi ikke. Prøv igen om lidt, eller gå direkte til myndigheden.",
                "We cannot write down right now that we ask about you, and then we do not ask. Try again shortly, or go directly to the authority.",
            ),
        }
    }
}

/// A time to come: the time of day, and the date when that is not today. A part of a minute is a whole one, for until then
/// it is too early.
fn time(moment: Moment, today: Date, language: Language) -> String {
    let up = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
    let moment = moment.timestamp().round(up).map_or(moment, Moment::new);
    let clock = moment.clock();
    let date = (moment.date() != today).then(|| date_in_words(moment.date(), language));
    match (date, language) {
        (None, Language::Da) => format!("kl. {clock}"),
        (None, Language::En) => clock,
        (Some(date), Language::Da) => format!("{date} kl. {clock}"),
        (Some(date), Language::En) => format!("{date} at {clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::new(text.parse().expect("a timestamp"))
    }

    #[test]
    fn a_citizen_reads_until_when() {
        let today = moment("2026-11-22T10:00:00Z").date();
        for (until, danish, english) in [
            ("2026-11-22T10:04:01Z", "indtil kl. 11:05", "until 11:05"),
            ("2026-11-22T10:05:00Z", "indtil kl. 11:05", "until 11:05"),
            ("2026-11-22T23:30:00Z", "indtil 23. november 2026 kl. 00:30", "until 23 November 2026 at 00:30"),
        ] {
            let text = Suspended::Maintenance.message(Some((moment(until), today)));
            assert!(text.da.contains(danish) && text.en.contains(english), "{text:?}");
        }
        let text = Suspended::Resting.message(Some((moment("2026-11-22T10:04:01Z"), today)));
        assert!(
            text.da.contains("igen tidligst kl. 11:05") && text.en.contains("again at the earliest 11:05"),
            "{text:?}"
        );
    }

    #[test]
    fn every_reason_is_explained_in_both_languages_and_none_says_that_nothing_is_registered() {
        use Suspended::{Crowded, CutOff, Maintenance, Resting, SwitchedOff, Unrecorded};
        let texts = [Maintenance, Resting, SwitchedOff, CutOff, Crowded, Unrecorded].map(|reason| reason.message(None));
        for text in &texts {
            assert!(text.da.contains("gå direkte til myndigheden") || text.da.contains("Gå direkte til myndigheden"));
            assert!(text.en.to_lowercase().contains("go directly to the authority"));
            assert!(!text.da.contains("ikke registreret") && !text.en.contains("registered"));
            assert_eq!(texts.iter().filter(|other| *other == text).count(), 1, "each in its own words");
        }
    }
}
