//! What a source answers: 2 KB of JSON about eight cases of the citizen who was asked about. The contract that reads it is
//! `bench/ours/connector.yaml`.

use std::fmt::Write as _;

/// The header that says whom a source is asked about.
pub const CITIZEN_HEADER: &str = "x-cpr";

const CASES: usize = 8;

/// The answer of one source, made once: whom it is about is put in between.
pub struct Answer {
    after_citizen: String,
}

const BEFORE_CITIZEN: &str = "{\"cpr\":\"";

impl Answer {
    /// The answer of a source by its number.
    #[must_use]
    pub fn of(source: usize) -> Self {
        let mut text = String::from("\",\"asOf\":\"2026-11-25T09:30:00\",\"cases\":[");
        for case in 0..CASES {
            let separator = if case == 0 { "" } else { "," };
            let state = if case % 3 == 0 { "BEH" } else { "OPR" };
            // Writing to a text cannot fail.
            let _written = write!(
                text,
                "{separator}{{\"id\":\"SAG-{source:02}-{case}\",\"title\":\"{} om tilskud\",\
                 \"subject\":\"Ansøgning om støtte til bolig\",\"state\":\"{state}\",\"opened\":\"2026-10-{:02}\",\
                 \"changed\":\"2026-11-20T10:15:00\",\"expected\":\"2026-12-24\",\
                 \"next\":\"Vi har bedt en anden myndighed om svar.\",\"url\":\"https://www.kilde.example/{source}/{case}\"}}",
                marker(source, case),
                case + 1,
            );
        }
        text.push_str("]}");
        Self { after_citizen: text }
    }

    /// The answer about a citizen.
    #[must_use]
    pub fn about(&self, citizen: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BEFORE_CITIZEN.len() + citizen.len() + self.after_citizen.len());
        bytes.extend_from_slice(BEFORE_CITIZEN.as_bytes());
        bytes.extend_from_slice(citizen);
        bytes.extend_from_slice(self.after_citizen.as_bytes());
        bytes
    }
}

/// What stands in every overview that holds this source's answer, whoever made the overview.
pub fn markers(source: usize) -> impl Iterator<Item = String> {
    (0..CASES).map(move |case| marker(source, case))
}

fn marker(source: usize, case: usize) -> String {
    format!("Sag {source:02}-{case}")
}
