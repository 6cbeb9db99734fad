//! What each citizen is granted.

use crate::calendar::Days;

/// Everything one citizen is granted.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) money: Vec<Money>,
    pub(super) help: Vec<Help>,
}

/// A day and an amount in øre.
pub(super) type Payment = (Days, i64);

/// A benefit in money.
#[derive(Clone, Copy)]
pub(super) struct Money {
    /// Missing in one answer, though it should be there.
    pub(super) name: Option<&'static str>,
    pub(super) payer: &'static str,
    pub(super) state: &'static str,
    pub(super) starts: Days,
    pub(super) ends: Option<Days>,
    pub(super) frequency: Option<&'static str>,
    pub(super) last: Option<Payment>,
    pub(super) next: Option<Payment>,
    pub(super) page: Option<&'static str>,
}

/// A benefit in kind.
#[derive(Clone, Copy)]
pub(super) struct Help {
    pub(super) name: &'static str,
    pub(super) supplier: Option<&'static str>,
    pub(super) extent: Option<&'static str>,
    pub(super) state: &'static str,
    pub(super) starts: Option<Days>,
    pub(super) ends: Option<Days>,
}

const OURSELVES: &str = "Ydelsesforvaltningen";
const MONTHLY: Option<&str> = Some("MD");
const QUARTERLY: Option<&str> = Some("KVT");
/// Not on the list of frequencies that the contract knows.
const FORTNIGHTLY: Option<&str> = Some("14D");

const fn money(name: &'static str, starts: Days) -> Money {
    Money {
        name: Some(name),
        payer: OURSELVES,
        state: "AKTIV",
        starts,
        ends: None,
        frequency: MONTHLY,
        last: None,
        next: None,
        page: None,
    }
}

impl Money {
    const fn by(self, payer: &'static str) -> Self {
        Self { payer, ..self }
    }

    const fn state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    const fn until(self, day: Days) -> Self {
        Self { ends: Some(day), ..self }
    }

    const fn frequency(self, frequency: Option<&'static str>) -> Self {
        Self { frequency, ..self }
    }

    const fn paid(self, last: Payment, next: Payment) -> Self {
        Self { last: Some(last), next: Some(next), ..self }
    }

    const fn last(self, last: Payment) -> Self {
        Self { last: Some(last), ..self }
    }

    const fn next(self, next: Payment) -> Self {
        Self { next: Some(next), ..self }
    }

    const fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    const fn unnamed(self) -> Self {
        Self { name: None, ..self }
    }
}

const fn help(name: &'static str, supplier: Option<&'static str>, extent: Option<&'static str>) -> Help {
    Help { name, supplier, extent, state: "AKTIV", starts: None, ends: None }
}

impl Help {
    const fn state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    const fn from(self, day: Days) -> Self {
        Self { starts: Some(day), ..self }
    }

    const fn until(self, day: Days) -> Self {
        Self { ends: Some(day), ..self }
    }
}

/// The grants of a citizen; none for citizens whom the payer does not know.
pub(super) fn of(slug: &str) -> Grants {
    match slug {
        "family-signe" => Grants {
            money: vec![
                money("Børne- og ungeydelse", -900)
                    .frequency(QUARTERLY)
                    .paid((-33, 509_400), (58, 509_400))
                    .page("boern"),
                money("Boligstøtte", -420).paid((-21, 132_800), (9, 134_100)).page("boligstoette"),
            ],
            help: vec![
                help("Hjemmebesøg af sundhedsplejerske", Some("Birkerup Sundhedspleje"), Some("3 besøg")).from(-30),
            ],
        },
        "twins-tove" => Grants {
            money: vec![
                money("Flerbørnstilskud", -280).frequency(QUARTERLY).paid((-33, 268_200), (58, 268_200)),
                money("Barselsdagpenge", -190).frequency(FORTNIGHTLY).until(60).paid((-5, 946_000), (9, 946_000)),
            ],
            ..Grants::default()
        },
        "overdue-laila" => Grants {
            money: vec![money("Enkeltydelse til flytning", -12).state("ANSOEGT").frequency(None)],
            ..Grants::default()
        },
        "pickup-rasmus" => Grants {
            money: vec![
                money("Sygedagpenge", -45).by("Birkerup Kommune").until(138).paid((-21, 1_824_500), (9, 1_760_025)),
            ],
            ..Grants::default()
        },
        "neighbour-nanna" => Grants {
            money: vec![
                money("Børnetilskud til enlige", -700).frequency(QUARTERLY).paid((-33, 171_600), (58, 171_600)),
                money("Boligstøtte", -800).state("OPHOERT").until(-33).last((-52, 96_000)),
            ],
            ..Grants::default()
        },
        "letters-aase" => Grants {
            money: vec![
                money("Førtidspension", -2_900).paid((-21, 2_129_100), (9, 2_129_100)).page("foertidspension"),
                money("Ældrecheck", 40).state("BEVILGET").frequency(Some("AAR")).next((68, 1_990_000)),
            ],
            help: vec![
                help("Hjemmehjælp: rengøring", Some("Ærlig Hjælp ApS"), Some("45 minutter hver 2. uge")).from(-610),
                help("Hjælpemiddel: rollator", Some("Hjælpemiddeldepotet Åløkke"), None).state("BEVILGET").from(6),
                help("Madservice", None, Some("7 måltider om ugen")).state("OPHOERT").from(-400).until(-31),
            ],
        },
        "debt-gert" => Grants {
            money: vec![money("Kontanthjælp", -400).by("Elmerup Kommune").paid((-22, 1_241_100), (8, 1_041_100))],
            ..Grants::default()
        },
        // A state that nobody told the overview of.
        "partly-poul" => Grants {
            money: vec![money("Folkepension", -1_500).state("GENBEREGNES").last((-21, 1_512_375))],
            ..Grants::default()
        },
        "undated-dagny" => Grants {
            money: vec![
                money("Boligstøtte", -150).last((-21, 88_400)),
                money("Boligstøtte", -30).unnamed().next((9, 12_300)),
            ],
            ..Grants::default()
        },
        _ => Grants::default(),
    }
}
