//! What is written about each citizen's children.

use serde_json::{Value, json};

use crate::calendar::{Calendar, Days};

/// Something that was written.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    child: &'static str,
    title: &'static str,
    /// Missing in one answer, though it should be there.
    written: Option<Days>,
    institution: Option<&'static str>,
    category: &'static str,
    text: Option<&'static str>,
}

const fn entry(child: &'static str, title: &'static str, written: Days, category: &'static str) -> Entry {
    Entry { child, title, written: Some(written), institution: None, category, text: None }
}

impl Entry {
    const fn by(self, institution: &'static str) -> Self {
        Self { institution: Some(institution), ..self }
    }

    const fn text(self, text: &'static str) -> Self {
        Self { text: Some(text), ..self }
    }

    const fn undated(self) -> Self {
        Self { written: None, ..self }
    }

    /// The entry in the words of the system.
    pub(super) fn answer(&self, number: usize, calendar: &Calendar) -> Value {
        json!({
            "id": format!("B{number:03}"),
            "barnetsNavn": self.child,
            "overskrift": self.title,
            "skrevet": self.written.map(|day| calendar.danish(day)),
            "skrevetAf": { "institution": self.institution, "medarbejder": "NN" },
            "art": self.category,
            "tekst": self.text,
            "link": format!("https://www.birkerup.example/barnets-bog/{number}"),
        })
    }
}

const ALMA: &str = "Alma Eksempelsen";
const LIV: &str = "Liv Tvillingsen";
const LEIF: &str = "Leif Tvillingsen";
const ASGER: &str = "Asger Nabogaardsen";
const MOSS_HILL: &str = "Vuggestuen Mosebakken";
const FIR_CONE: &str = "Børnehuset Grankoglen";
const HEALTH_VISITORS: &str = "Birkerup Sundhedspleje";

/// The entries about a citizen's children, the latest first; none for citizens without children.
pub(super) fn of(slug: &str) -> Vec<Entry> {
    match slug {
        // Three pages.
        "family-signe" => vec![
            entry(ALMA, "Tur til Birkesøen", -1, "DAG")
                .by(MOSS_HILL)
                .text("Vi så tre ænder og en sur svane.\nHusk gummistøvler i morgen."),
            entry(ALMA, "Forældremøde i næste uge", -2, "BESKED").by(MOSS_HILL),
            entry(ALMA, "Alma kan cykle på løbecykel", -4, "UDVIKLING").by(MOSS_HILL),
            entry(ALMA, "Lus i vuggestuen", -6, "SUNDHED").by(MOSS_HILL).text("Kig jeres børn grundigt efter."),
            entry(ALMA, "Vi bager boller", -8, "DAG").by(MOSS_HILL),
            entry(ALMA, "Sommerfuglene er klækket", -11, "DAG").by(MOSS_HILL),
            entry(ALMA, "Fotografering", -14, "BESKED").by(MOSS_HILL),
            entry(ALMA, "To-årsmåling", -19, "SUNDHED").by(HEALTH_VISITORS).text("Følger sin kurve."),
            entry(ALMA, "Nye ord: gravko og gulerod", -23, "UDVIKLING").by(MOSS_HILL),
            entry(ALMA, "Lukkedag", -27, "BESKED").by(MOSS_HILL),
            entry(ALMA, "Besøg af brandbilen", -30, "DAG").by(MOSS_HILL),
            entry(ALMA, "Velkommen tilbage efter ferien", -41, "BESKED").by(MOSS_HILL),
        ],
        "twins-tove" => vec![
            entry(LIV, "Otte-månedersbesøg", -12, "SUNDHED").by(HEALTH_VISITORS),
            entry(LEIF, "Otte-månedersbesøg", -12, "SUNDHED")
                .by(HEALTH_VISITORS)
                .text("Sover dårligt; vi taler om det næste gang."),
        ],
        "neighbour-nanna" => vec![
            entry(ASGER, "Skoleparathed", -3, "UDVIKLING").by(FIR_CONE),
            // A kind of entry that nobody told the overview of.
            entry(ASGER, "Høre- og synsprøve", -15, "SCREENING").by(FIR_CONE),
            entry(ASGER, "Afskedsfest for de store", -16, "DAG").by(FIR_CONE).undated(),
        ],
        _ => Vec::new(),
    }
}
