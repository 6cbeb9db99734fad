//! What the register knows of each citizen beside name and municipality.

use crate::calendar::Days;

/// What is registered of one person.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) street: &'static str,
    pub(super) house: &'static str,
    pub(super) floor: Option<&'static str>,
    pub(super) town: &'static str,
    pub(super) moved_in: Option<Days>,
    pub(super) marital_status: &'static str,
    pub(super) protected: bool,
    pub(super) phone: Option<&'static str>,
    pub(super) email: Option<&'static str>,
}

const BIRKERUP: &str = "9999 Birkerup";
const ELMERUP: &str = "9998 Elmerup";

const fn at(street: &'static str, house: &'static str, town: &'static str, moved_in: Days) -> Known {
    Known {
        street,
        house,
        floor: None,
        town,
        moved_in: Some(moved_in),
        marital_status: "U",
        protected: false,
        phone: None,
        email: None,
    }
}

impl Known {
    const fn floor(self, floor: &'static str) -> Self {
        Self { floor: Some(floor), ..self }
    }

    const fn status(self, marital_status: &'static str) -> Self {
        Self { marital_status, ..self }
    }

    const fn reached_by(self, phone: &'static str, email: &'static str) -> Self {
        Self { phone: Some(phone), email: Some(email), ..self }
    }

    const fn protected(self) -> Self {
        Self { protected: true, ..self }
    }

    const fn since_long_ago(self) -> Self {
        Self { moved_in: None, ..self }
    }
}

/// What is registered of a citizen.
pub(super) fn of(slug: &str) -> Known {
    match slug {
        "family-signe" => {
            at("Mosebakken", "12", BIRKERUP, -1_150).status("G").reached_by("70000201", "signe@post.example")
        }
        "twins-tove" => at("Havnegade", "3", BIRKERUP, -95).floor("2. tv.").status("P"),
        "childless-bent" => at("Torvet", "7", BIRKERUP, -5_100).floor("1."),
        "overdue-laila" => at("Langgade", "101 B", BIRKERUP, -12),
        "pickup-rasmus" => at("Torvet", "9", BIRKERUP, -400).status("F"),
        "nothing-ingrid" => at("Stille Stræde", "1", BIRKERUP, 0).since_long_ago(),
        "elsewhere-frede" => at("Fjernvej", "44", "9996 Askerup", -2_000).status("E"),
        // Her address is kept from others; she herself may see it.
        "neighbour-nanna" => at("Skovstien", "2", ELMERUP, -800).status("F").protected(),
        "letters-aase" => {
            at("Ærøvej", "5 Å", "9997 Søøer", -9_000).status("G").reached_by("70000202", "aase@post.example")
        }
        "debt-gert" => at("Grusvej", "18", ELMERUP, -402),
        // A status that nobody told the overview of.
        "partly-poul" => at("Langgade", "4", BIRKERUP, -1_500).status("X"),
        _ => at("Langgade", "20", BIRKERUP, -600),
    }
}

/// The name of a municipality.
pub(super) fn municipality(code: &str) -> Option<&'static str> {
    match code {
        "0901" => Some("Birkerup"),
        "0902" => Some("Elmerup"),
        "0903" => Some("Askerup"),
        _ => None,
    }
}
