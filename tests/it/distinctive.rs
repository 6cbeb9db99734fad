//! Texts that give away whose data an answer holds.

use overblik_demo::DemoWorld;
use overblik_tests::spellings;

/// Where somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The JSON document.
    Json,
    /// The event stream.
    Stream,
    /// The page.
    Page,
}

impl Face {
    pub(crate) const ALL: [Self; 3] = [Self::Json, Self::Stream, Self::Page];

    /// The `Accept` header and the path that lead to it.
    pub(crate) fn door(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("/api/v1/overview", "application/json"),
            Self::Stream => ("/api/v1/overview", "text/event-stream"),
            Self::Page => ("/", "text/html"),
        }
    }
}

/// Each text with the citizens who may read it; for everybody else it is another person's.
pub(crate) const DISTINCTIVE: &[(&str, &[&str])] = &[
    ("Alma Eksempelsen", &["family-signe"]),
    ("Viggo Eksempelsen", &["family-signe"]),
    ("Traktoren, der ville flyve", &["family-signe", "many-mogens"]),
    ("Daginstitution, denne måned", &["family-signe"]),
    ("Liv Tvillingsen", &["twins-tove"]),
    ("Leif Tvillingsen", &["twins-tove"]),
    ("Børne- og ungeydelse: tilbagebetaling", &["twins-tove"]),
    ("Et hus af rugbrød", &["twins-tove", "many-mogens"]),
    ("Rottebekæmpelse", &["childless-bent"]),
    ("Kommissær Knag og den tavse trappe", &["childless-bent", "many-mogens"]),
    ("Erstatning for bortkommet materiale", &["overdue-laila"]),
    ("Parkeringsafgift", &["overdue-laila", "debt-gert"]),
    ("Strik en øgle", &["overdue-laila", "many-mogens"]),
    ("Månen er en ost, og andre indvendinger", &["pickup-rasmus"]),
    ("Lommelygtens natur", &["pickup-rasmus"]),
    ("Askerup Kommune", &["elsewhere-frede"]),
    ("Asger Nabogaardsen", &["neighbour-nanna"]),
    ("Ronja Nabogaardsen", &["neighbour-nanna"]),
    ("Boligstøtte: tilbagebetaling", &["neighbour-nanna"]),
    ("Supper til syv ugedage", &["neighbour-nanna", "many-mogens"]),
    ("Søøer og åløb på Læsø", &["letters-aase"]),
    ("Ærøfærge: årskort på læsøsk", &["letters-aase"]),
    ("Kontanthjælp: tilbagebetaling", &["debt-gert"]),
    ("Underholdsbidrag, saldo", &["debt-gert"]),
    ("Boligindskudslån, saldo", &["partly-poul"]),
    ("Daginstitution, saldo", &["partly-poul"]),
    ("Den sidste telefonboks", &["emptybody-emil", "many-mogens"]),
    ("Vinter over Birkerup", &["undated-dagny", "many-mogens"]),
    ("Fyret på den forkerte side", &["many-mogens"]),
    ("Tidsskrift", &["unlisted-ulrik"]),
];

/// Fails unless an answer holds everything distinctive of its citizen and nothing of anybody else.
#[track_caller]
pub(crate) fn assert_own_data_only(citizen: &str, face: Face, answer: &str) {
    for (text, owners) in DISTINCTIVE {
        assert_eq!(answer.contains(text), owners.contains(&citizen), "{text} in the {face:?} of {citizen}");
    }
    assert_nobody_else(citizen, face, answer);
    if face == Face::Page {
        let own = DemoWorld::citizens().iter().find(|other| other.slug == citizen).map(|own| own.name);
        assert!(own.is_some_and(|name| answer.contains(name)), "the page of {citizen} does not say whose it is");
    }
}

/// Fails if an answer holds anything distinctive of anybody but its citizen, or anybody's person number.
#[track_caller]
pub(crate) fn assert_nobody_else(citizen: &str, face: Face, answer: &str) {
    for (text, _) in DISTINCTIVE.iter().filter(|(_, owners)| !owners.contains(&citizen)) {
        assert!(!answer.contains(text), "{text} in the {face:?} of {citizen}");
    }
    for other in DemoWorld::citizens().iter().filter(|other| other.slug != citizen) {
        assert!(!answer.contains(other.name), "{} in the {face:?} of {citizen}", other.name);
    }
    for cpr in DemoWorld::citizens().iter().filter_map(|anybody| anybody.cpr) {
        assert!(!spellings(cpr).iter().any(|spelling| answer.contains(spelling)), "a number in the {face:?}");
    }
}
