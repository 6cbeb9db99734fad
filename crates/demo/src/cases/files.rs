//! What the municipalities are working on for each citizen.

use jiff::civil::{Time, time};

use crate::calendar::Days;

/// The authorities behind the system.
const BIRKERUP: &str = "0901";
const ELMERUP: &str = "0902";

/// One case.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) id: &'static str,
    pub(super) authority: &'static str,
    /// Missing in one answer, though it should be there.
    pub(super) title: Option<&'static str>,
    pub(super) subject: Option<&'static str>,
    pub(super) status: u8,
    pub(super) opened: Option<Days>,
    pub(super) updated: Option<(Days, Time)>,
    pub(super) expected: Option<Days>,
    pub(super) closed: Option<Days>,
    pub(super) explanation: Option<&'static str>,
    /// A page of the municipality's where the citizen can act.
    pub(super) page: Option<&'static str>,
    /// The case that this one belongs under.
    pub(super) parent: Option<&'static str>,
    pub(super) documents: &'static [&'static str],
    /// Written as the XML schema spells it, and not as the JSON schema does.
    pub(super) spelled_as_in_xml: bool,
}

const fn case(id: &'static str, authority: &'static str, title: &'static str, status: u8, opened: Days) -> Case {
    Case {
        id,
        authority,
        title: Some(title),
        subject: None,
        status,
        opened: Some(opened),
        updated: None,
        expected: None,
        closed: None,
        explanation: None,
        page: None,
        parent: None,
        documents: &[],
        spelled_as_in_xml: false,
    }
}

impl Case {
    const fn subject(self, subject: &'static str) -> Self {
        Self { subject: Some(subject), ..self }
    }

    const fn updated(self, day: Days, hour: i8) -> Self {
        Self { updated: Some((day, time(hour, 12, 10, 0))), ..self }
    }

    const fn expected(self, day: Days) -> Self {
        Self { expected: Some(day), ..self }
    }

    const fn closed(self, day: Days) -> Self {
        Self { closed: Some(day), ..self }
    }

    const fn explained(self, text: &'static str) -> Self {
        Self { explanation: Some(text), ..self }
    }

    const fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    const fn under(self, parent: &'static str) -> Self {
        Self { parent: Some(parent), ..self }
    }

    const fn documents(self, documents: &'static [&'static str]) -> Self {
        Self { documents, ..self }
    }

    const fn spelled_as_in_xml(self) -> Self {
        Self { spelled_as_in_xml: true, ..self }
    }

    const fn untitled(self) -> Self {
        Self { title: None, ..self }
    }

    const fn undated(self) -> Self {
        Self { opened: None, ..self }
    }
}

/// The cases of a citizen; none for citizens whom the municipalities do not know.
pub(super) fn of(slug: &str) -> Vec<Case> {
    match slug {
        "family-signe" => vec![
            case("A-17", BIRKERUP, "Byggetilladelse: carport", 2, -64)
                .subject("Byggeri og bolig")
                .updated(-6, 14)
                .expected(28)
                .explained("Naboerne høres; høringen slutter om to uger.")
                .page("byggeri")
                .documents(&["Ansøgning", "Situationsplan"]),
            case("A-18", BIRKERUP, "Nabohøring om carport", 1, -6).under("A-17").updated(-6, 14),
            case("A-03", BIRKERUP, "Tilskud til pasning af egne børn", 4, -400).updated(-371, 9).closed(-371),
        ],
        "childless-bent" => vec![
            case("K-204", BIRKERUP, "Ansøgning om parkeringslicens", 5, -40)
                .updated(-33, 11)
                .closed(-33)
                .explained("Du kan klage inden for fire uger."),
        ],
        "overdue-laila" => {
            vec![case("K-310", BIRKERUP, "Henstand med betaling", 3, -25).updated(-4, 10).page("henstand")]
        }
        // The case that the system spells as its XML schema does.
        "neighbour-nanna" => vec![
            case("E-77", ELMERUP, "Økonomisk friplads", 3, -210)
                .subject("Dagtilbud")
                .updated(-200, 8)
                .spelled_as_in_xml(),
        ],
        "letters-aase" => vec![
            case("Å-9", BIRKERUP, "Ændring af støtte på grund af særlige behov", 2, -19)
                .subject("Ældre og ærekærhed")
                .updated(-2, 15),
        ],
        // A status that is not on the national list.
        "partly-poul" => vec![case("K-412", BIRKERUP, "Lån til betaling af ejendomsskat", 9, -90).updated(-13, 16)],
        "undated-dagny" => vec![
            case("K-500", BIRKERUP, "Merudgifter", 2, -31).untitled().updated(-30, 9),
            case("K-501", BIRKERUP, "Hjælpemiddel: kørestol", 1, -3).undated(),
        ],
        "debt-gert" => vec![
            case("E-80", ELMERUP, "Hjælp til forsørgelse", 3, -402).updated(-400, 13).page("forsoergelse"),
            case("E-91", ELMERUP, "Enkeltydelse til tandbehandling", 2, -11)
                .updated(-1, 9)
                .expected(17)
                .explained("Vi mangler et overslag fra din tandlæge."),
        ],
        "many-mogens" => (0..24)
            .map(|number| {
                let id = MOGENS.get(number).copied().unwrap_or("M-00");
                let age = Days::try_from(number).unwrap_or_default();
                case(id, BIRKERUP, "Aktindsigt", if number % 3 == 0 { 2 } else { 4 }, -10 - age * 20)
                    .updated(-9 - age * 20, 12)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The numbers of a citizen's many cases.
const MOGENS: [&str; 24] = [
    "M-01", "M-02", "M-03", "M-04", "M-05", "M-06", "M-07", "M-08", "M-09", "M-10", "M-11", "M-12", "M-13", "M-14",
    "M-15", "M-16", "M-17", "M-18", "M-19", "M-20", "M-21", "M-22", "M-23", "M-24",
];
