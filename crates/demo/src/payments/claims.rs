//! What each citizen owes, will owe, or has paid.

use crate::calendar::Days;

/// The seven common statuses of a payment or a balance. The last three are a balance's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Coming,
    Paid,
    Overdue,
    SentToDebtAgency,
    PartlyOverdue,
    PartlySent,
    PartlyOverdueAndSent,
}

impl Status {
    /// The status on the wire.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Coming => "1",
            Self::Paid => "2",
            Self::Overdue => "3",
            Self::SentToDebtAgency => "4",
            Self::PartlyOverdue => "5",
            Self::PartlySent => "6",
            Self::PartlyOverdueAndSent => "7",
        }
    }
}

/// A payment or balance. Amounts are in øre.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) title: &'static str,
    pub(super) creditor: &'static str,
    pub(super) amount: i64,
    pub(super) remaining: Option<i64>,
    pub(super) status: Status,
    pub(super) due: Option<Days>,
    pub(super) paid: Option<Days>,
    pub(super) link: Option<&'static str>,
    /// What it consists of, where the bill says more than its title.
    pub(super) lines: &'static [Line],
}

/// A line of a bill. The amounts of all add up to the claim's.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) text: &'static str,
    pub(super) amount: i64,
    pub(super) period: Option<&'static str>,
}

const fn line(text: &'static str, amount: i64) -> Line {
    Line { text, amount, period: None }
}

impl Line {
    const fn period(self, period: &'static str) -> Self {
        Self { period: Some(period), ..self }
    }
}

const DAYCARE: &[Line] = &[
    line("Vuggestue, Alma", 389_800).period("Hele måneden"),
    line("Frokostordning", 40_000).period("Hele måneden"),
    line("Ferielukning, 2 dage", -20_000),
];

const PARKING: &[Line] = &[line("Parkeringsafgift, Torvet", 51_000), line("Rykkergebyrer", 28_500)];

const fn claim(title: &'static str, creditor: &'static str, amount: i64, status: Status, due: Days) -> Claim {
    Claim { title, creditor, amount, remaining: None, status, due: Some(due), paid: None, link: None, lines: &[] }
}

impl Claim {
    const fn remaining(self, oere: i64) -> Self {
        Self { remaining: Some(oere), ..self }
    }

    const fn paid(self, day: Days) -> Self {
        Self { paid: Some(day), ..self }
    }

    const fn link(self, path: &'static str) -> Self {
        Self { link: Some(path), ..self }
    }

    const fn lines(self, lines: &'static [Line]) -> Self {
        Self { lines, ..self }
    }

    /// A running balance has no day on which it falls due.
    const fn running(self) -> Self {
        Self { due: None, ..self }
    }
}

const BIRKERUP: &str = "Birkerup Kommune";
const ELMERUP: &str = "Elmerup Kommune";
const BENEFITS: &str = "Ydelsesforvaltningen";
const ROAD_FINES: &str = "Parkeringskontrollen";

/// The claims on a citizen; none for citizens the overview does not know.
pub(super) fn of(slug: &str) -> Vec<Claim> {
    match slug {
        "family-signe" => vec![
            claim("Daginstitution, næste måned", BIRKERUP, 409_800, Status::Coming, 9)
                .link("/betal/daginstitution")
                .lines(DAYCARE),
            claim("Daginstitution, denne måned", BIRKERUP, 409_800, Status::Paid, -21).paid(-22).lines(DAYCARE),
        ],
        "twins-tove" => vec![
            claim("Børne- og ungeydelse: tilbagebetaling", BENEFITS, 150_000, Status::Coming, 20).link("/betal/ydelse"),
        ],
        "childless-bent" => {
            vec![claim("Rottebekæmpelse", BIRKERUP, 18_250, Status::Paid, -40).paid(-41)]
        }
        "overdue-laila" => vec![
            claim("Parkeringsafgift", ROAD_FINES, 79_500, Status::Overdue, -18)
                .remaining(79_500)
                .link("/betal/parkering")
                .lines(PARKING),
        ],
        "elsewhere-frede" => {
            vec![claim("Ejendomsbidrag", "Askerup Kommune", 233_333, Status::Coming, 13).link("/betal/ejendom")]
        }
        "neighbour-nanna" => vec![
            claim("Daginstitution, næste måned", ELMERUP, 61_275, Status::Coming, 9).link("/betal/daginstitution"),
            claim("Boligstøtte: tilbagebetaling", BENEFITS, 96_000, Status::Paid, -33).paid(-33),
        ],
        "letters-aase" => {
            vec![claim("Ærøfærge: årskort på læsøsk", BIRKERUP, 99_905, Status::Coming, 5).link("/betal/faerge")]
        }
        "debt-gert" => vec![
            claim("Kontanthjælp: tilbagebetaling", ELMERUP, 1_245_000, Status::SentToDebtAgency, -180)
                .remaining(1_198_350)
                .link("/gaeld/kontanthjaelp"),
            claim("Underholdsbidrag, saldo", BENEFITS, 640_000, Status::PartlySent, -75).remaining(420_000).running(),
            claim("Parkeringsafgift", ROAD_FINES, 79_500, Status::Paid, -60).paid(-52),
        ],
        "partly-poul" => vec![
            claim("Daginstitution, saldo", BIRKERUP, 819_600, Status::PartlyOverdue, -21)
                .remaining(409_800)
                .link("/betal/daginstitution"),
            claim("Boligindskudslån, saldo", BIRKERUP, 2_500_000, Status::PartlyOverdueAndSent, -90)
                .remaining(1_999_999)
                .running()
                .link("/gaeld/boligindskud"),
        ],
        "many-mogens" => vec![claim("Ejendomsbidrag", BIRKERUP, 233_333, Status::Paid, -15).paid(-15)],
        _ => Vec::new(),
    }
}
