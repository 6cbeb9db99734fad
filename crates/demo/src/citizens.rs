//! The citizens of the demo world: all fictitious, each different in one way that an overview must cope with.
//!
//! Their civil registration numbers have the replacement form (day of birth raised by 60, so 61-91), which can be
//! nobody's number. What the authorities know about them stands with the authorities: [`crate::library`],
//! [`crate::daycare`], [`crate::payments`].

/// A short text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// In Danish.
    pub da: &'static str,
    /// In English.
    pub en: &'static str,
}

/// A fictitious citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoCitizen {
    /// A stable ASCII name for forms, tests and documents.
    pub slug: &'static str,
    /// The full name.
    pub name: &'static str,
    /// The civil registration number, ten digits in the replacement form. `None` logs in without one.
    pub cpr: Option<&'static str>,
    /// The four-digit code of the municipality of residence: 0901 and 0902 are connected, 0903 is not.
    pub municipality_code: &'static str,
    /// What is special about this citizen.
    pub about: About,
}

const fn citizen(
    slug: &'static str,
    name: &'static str,
    cpr: &'static str,
    municipality_code: &'static str,
    da: &'static str,
    en: &'static str,
) -> DemoCitizen {
    DemoCitizen { slug, name, cpr: Some(cpr), municipality_code, about: About { da, en } }
}

const SIGNE: DemoCitizen = citizen(
    "family-signe",
    "Signe Eksempelsen",
    "6103880002",
    "0901",
    "Ét barn i vuggestue, ét på venteliste. Har noget hos alle myndigheder.",
    "One child in nursery, one on a waiting list. Has something at every authority.",
);

const NANNA: DemoCitizen = citizen(
    "neighbour-nanna",
    "Nanna Nabogaardsen",
    "6605920008",
    "0902",
    "Bor i nabokommunen 0902. Økonomisk friplads, søskenderabat og en plads, der først begynder senere.",
    "Lives in the neighbouring municipality 0902. Fee reduction, sibling discount and a place that starts later.",
);

static CITIZENS: [DemoCitizen; 16] = [
    SIGNE,
    citizen(
        "twins-tove",
        "Tove Tvillingsen",
        "7206910004",
        "0901",
        "Tvillinger, som hver står på to ventelister. Har aldrig haft et barn indmeldt.",
        "Twins, each on two waiting lists. Has never had a child enrolled.",
    ),
    citizen(
        "childless-bent",
        "Bent Prøvemand",
        "8511790001",
        "0901",
        "Ingen børn. Almindelige lån og en betalt regning.",
        "No children. Ordinary loans and a paid bill.",
    ),
    citizen(
        "overdue-laila",
        "Laila Langfristsen",
        "6909950002",
        "0901",
        "For sent afleverede lån, gebyr og spærret lånerkonto. En betaling er over fristen.",
        "Overdue loans, a fee and a blocked library account. One payment is past its due date.",
    ),
    citizen(
        "pickup-rasmus",
        "Rasmus Reservesen",
        "7407830003",
        "0901",
        "Én reservering er klar til afhentning, én er på vej, og én er bestilt fra et andet bibliotek.",
        "One reservation is ready for pickup, one is on its way, one is ordered from another library.",
    ),
    citizen(
        "nothing-ingrid",
        "Ingrid Ingentingsen",
        "7010700006",
        "0901",
        "Intet noget sted: alle myndigheder svarer, at der ikke er noget.",
        "Nothing anywhere: every authority answers that there is nothing.",
    ),
    citizen(
        "elsewhere-frede",
        "Frede Fjernbosen",
        "8802660005",
        "0903",
        "Bor i kommune 0903, som ikke er tilsluttet bibliotek og daginstitution.",
        "Lives in municipality 0903, which is not connected to library and daycare.",
    ),
    NANNA,
    citizen(
        "letters-aase",
        "Åse Bjærgøsen",
        "7904580002",
        "0901",
        "Æ, ø og å i navn og titler, og et fjernlån.",
        "The letters æ, ø and å in name and titles, and an inter-library loan.",
    ),
    citizen(
        "debt-gert",
        "Gert Gældrupsen",
        "6312730007",
        "0902",
        "Gæld, som er sendt til Gældsstyrelsen, helt eller delvist.",
        "Debt sent, wholly or partly, to the Debt Collection Agency.",
    ),
    citizen(
        "partly-poul",
        "Poul Delvisbjerg",
        "8108770009",
        "0901",
        "Saldi, som er delvist over fristen, og én, som også er delvist sendt til Gældsstyrelsen.",
        "Balances that are partly overdue, and one that is also partly sent to the Debt Collection Agency.",
    ),
    citizen(
        "emptybody-emil",
        "Emil Tomsvarsen",
        "7702980011",
        "0901",
        "Bibliotekets svar om reserveringer er helt tomt (nul byte); lånene er i orden.",
        "The library's answer about reservations is entirely empty (no bytes); the loans are fine.",
    ),
    citizen(
        "undated-dagny",
        "Dagny Datoløsen",
        "6411860012",
        "0901",
        "Ét af tre lån mangler den afleveringsdato, som det skulle have.",
        "One of three loans lacks the due date it should have.",
    ),
    citizen(
        "many-mogens",
        "Mogens Mangebogsen",
        "9006620013",
        "0901",
        "40 lån: en lang liste.",
        "40 loans: a long list.",
    ),
    citizen(
        "unlisted-ulrik",
        "Ulrik Ukatalogsen",
        "7503900015",
        "0902",
        "Har lånt noget, som kataloget ikke kender; det lån har ingen titel.",
        "Has borrowed something the catalogue does not know; that loan has no title.",
    ),
    DemoCitizen {
        slug: "numberless-nina",
        name: "Nina Nummerløsen",
        cpr: None,
        municipality_code: "0901",
        about: About {
            da: "Logger ind uden CPR-nummer og kan derfor ikke få et overblik.",
            en: "Logs in without a civil registration number and so cannot get an overview.",
        },
    },
];

/// Every citizen, in the order in which the login page lists them.
pub(crate) fn all() -> &'static [DemoCitizen] {
    &CITIZENS
}

/// The citizen with this slug.
pub(crate) fn by_slug(slug: &str) -> Option<&'static DemoCitizen> {
    CITIZENS.iter().find(|citizen| citizen.slug == slug)
}

/// The citizen with this number.
pub(crate) fn by_cpr(cpr: &str) -> Option<&'static DemoCitizen> {
    CITIZENS.iter().find(|citizen| citizen.cpr == Some(cpr))
}

/// Another citizen than the one with this number; one about whom every authority has something to tell.
pub(crate) fn stranger_to(cpr: &str) -> &'static DemoCitizen {
    if SIGNE.cpr == Some(cpr) { &NANNA } else { &SIGNE }
}

/// Whether a text has the form of a number: ten digits. Nothing more is asked of it, as no rule beyond the form
/// holds for all numbers (modulus 11 has not since 2007).
pub(crate) fn has_form_of_number(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slugs_and_names_tell_citizens_apart() {
        let slugs: BTreeSet<_> = CITIZENS.iter().map(|citizen| citizen.slug).collect();
        let names: BTreeSet<_> = CITIZENS.iter().map(|citizen| citizen.name).collect();
        assert_eq!((slugs.len(), names.len()), (CITIZENS.len(), CITIZENS.len()));
        assert!(slugs.iter().all(|slug| slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }

    #[test]
    fn a_stranger_is_never_the_citizen() {
        for cpr in CITIZENS.iter().filter_map(|citizen| citizen.cpr) {
            assert_ne!(stranger_to(cpr).cpr, Some(cpr));
        }
    }
}
