//! What each citizen's health card says.

use crate::calendar::Days;

/// A health card.
#[derive(Clone, Copy)]
pub(super) struct Card {
    pub(super) group: &'static str,
    pub(super) valid_from: Days,
    /// Somebody in group 2 has none.
    pub(super) doctor: Option<&'static Doctor>,
}

/// A general practice.
pub(super) struct Doctor {
    pub(super) number: &'static str,
    pub(super) name: &'static str,
    pub(super) street: &'static str,
    pub(super) town: &'static str,
    /// Unknown for some.
    pub(super) phone: Option<&'static str>,
}

static SQUARE: Doctor = Doctor {
    number: "900101",
    name: "Lægerne på Torvet",
    street: "Torvet 4",
    town: "9999 Birkerup",
    phone: Some("70000101"),
};

static FOREST: Doctor = Doctor {
    number: "900102",
    name: "Lægehuset Skovstien",
    street: "Skovstien 21",
    town: "9998 Elmerup",
    phone: Some("70000102"),
};

static ISLAND: Doctor = Doctor {
    number: "900103",
    name: "Øens Lægehus v/ Æ. Ærbødig",
    street: "Ærøvej 1 A, st. th.",
    town: "9997 Søøer",
    phone: None,
};

const fn card(doctor: &'static Doctor, valid_from: Days) -> Card {
    Card { group: "1", valid_from, doctor: Some(doctor) }
}

/// The card of a citizen; `None` for those to whom none was issued.
pub(super) fn of(slug: &str) -> Option<Card> {
    Some(match slug {
        "family-signe" => card(&SQUARE, -1_200),
        "twins-tove" => card(&SQUARE, -90),
        "childless-bent" => card(&FOREST, -3_000),
        "overdue-laila" => card(&SQUARE, -700),
        // Free choice of doctors, so no doctor of their own.
        "pickup-rasmus" => Card { group: "2", valid_from: -400, doctor: None },
        "neighbour-nanna" => card(&FOREST, -2_100),
        "letters-aase" => card(&ISLAND, -4_000),
        "debt-gert" => card(&FOREST, 10),
        // A group that nobody told the overview of.
        "partly-poul" => Card { group: "9", valid_from: -50, doctor: Some(&SQUARE) },
        "emptybody-emil" | "many-mogens" | "unlisted-ulrik" | "undated-dagny" => card(&SQUARE, -500),
        _ => return None,
    })
}
