//! What each citizen must do, and which licences they have.

use crate::calendar::Days;

/// One entry of a citizen's list.
#[derive(Clone, Copy)]
pub(super) enum Post {
    Deadline(Deadline),
    Licence(Licence),
}

/// Something to be done by a day.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) title: &'static str,
    /// Missing in one answer, though it should be there.
    pub(super) due: Option<Days>,
    pub(super) action: Option<&'static str>,
    pub(super) consequence: Option<&'static str>,
    pub(super) page: Option<&'static str>,
}

/// A licence.
#[derive(Clone, Copy)]
pub(super) struct Licence {
    pub(super) title: &'static str,
    pub(super) number: Option<&'static str>,
    pub(super) issuer: &'static str,
    pub(super) issued: Option<Days>,
    pub(super) valid_until: Option<Days>,
    pub(super) categories: Option<&'static str>,
    pub(super) state: &'static str,
}

const fn deadline(title: &'static str, due: Days, action: &'static str) -> Deadline {
    Deadline { title, due: Some(due), action: Some(action), consequence: None, page: None }
}

impl Deadline {
    const fn otherwise(self, consequence: &'static str) -> Self {
        Self { consequence: Some(consequence), ..self }
    }

    const fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    const fn undated(self) -> Self {
        Self { due: None, ..self }
    }

    const fn without_action(self) -> Self {
        Self { action: None, ..self }
    }

    const fn post(self) -> Post {
        Post::Deadline(self)
    }
}

const AGENCY: &str = "Tilladelsesstyrelsen";
const POLICE: &str = "Birkerup Politi";

const fn licence(title: &'static str, number: &'static str, issued: Days, valid_until: Days) -> Licence {
    Licence {
        title,
        number: Some(number),
        issuer: AGENCY,
        issued: Some(issued),
        valid_until: Some(valid_until),
        categories: None,
        state: "GYLDIG",
    }
}

impl Licence {
    const fn issuer(self, issuer: &'static str) -> Self {
        Self { issuer, ..self }
    }

    const fn categories(self, categories: &'static str) -> Self {
        Self { categories: Some(categories), ..self }
    }

    const fn state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    const fn for_life(self) -> Self {
        Self { valid_until: None, ..self }
    }

    const fn unnumbered(self) -> Self {
        Self { number: None, issued: None, ..self }
    }

    const fn post(self) -> Post {
        Post::Licence(self)
    }
}

/// The list of a citizen; an empty one for citizens of whom the agency knows nothing.
pub(super) fn of(slug: &str) -> Vec<Post> {
    match slug {
        "family-signe" => vec![
            deadline("Oplys din indkomst til uddannelsesstøtte", 12, "Indtast din forventede indkomst for næste år.")
                .otherwise("Støtten stoppes fra den følgende måned.")
                .page("indkomst")
                .post(),
            licence("Kørekort", "DK-900412", -2_700, 2_780).issuer(POLICE).categories("B, BE").post(),
        ],
        "childless-bent" => vec![
            licence("Kørekort", "DK-900077", -5_400, 41).issuer(POLICE).categories("A, B, C1").post(),
            licence("Jagttegn", "JT-90017", -220, 145).post(),
        ],
        "overdue-laila" => vec![
            deadline("Indsend lægeattest til kørekortet", -4, "Send attesten fra din læge.")
                .otherwise("Kørekortet inddrages.")
                .page("attest")
                .post(),
            licence("Kørekort", "DK-900231", -3_650, -4).issuer(POLICE).categories("B").state("UDLOEBET").post(),
        ],
        "pickup-rasmus" => vec![deadline("Bekræft studieplads", 1, "Svar ja eller nej.").post()],
        "neighbour-nanna" => vec![licence("Duelighedsbevis til speedbåd", "SB-90320", -900, 0).for_life().post()],
        "letters-aase" => vec![
            deadline("Forny løsøreerklæring <ældre & ørkesløs>", 30, "Underskriv på ny.").without_action().post(),
            licence("Æresjagttegn", "ÆJ-90001", 0, 0).unnumbered().for_life().issuer("Læsø & Ærø Jagtlaug").post(),
        ],
        "debt-gert" => vec![
            licence("Erhvervskørekort", "DK-900580", -1_300, 525)
                .issuer(POLICE)
                .categories("B, C, CE")
                .state("INDDRAGET")
                .post(),
        ],
        // A state that nobody told the overview of.
        "partly-poul" => {
            vec![licence("Våbentilladelse", "VT-90077", -1_000, 826).issuer(POLICE).state("UNDERSOEGES").post()]
        }
        "undated-dagny" => vec![
            deadline("Betal gebyr for prøve", 7, "Betal i netbanken.").post(),
            deadline("Mød til prøve", 0, "Medbring legitimation.").undated().post(),
        ],
        "many-mogens" => vec![
            licence("Kørekort", "DK-900613", -3_000, 2_478)
                .issuer(POLICE)
                .categories("B")
                .state("FRAKENDT_MIDLERTIDIGT")
                .post(),
            licence("Taxikørekort", "TX-90613", -900, 2_751).post(),
            licence("Næringsbrev", "NB-90613", -700, 300).post(),
            deadline("Forny næringsbrev", 270, "Søg om fornyelse.").page("naeringsbrev").post(),
        ],
        _ => Vec::new(),
    }
}
