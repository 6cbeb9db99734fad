//! What each citizen has at the library.

use super::catalogue::WORKS;
use crate::calendar::Days;

/// A patron's account.
#[derive(Default)]
pub(super) struct Account {
    pub(super) loans: Vec<Loan>,
    pub(super) reservations: Vec<Reservation>,
    pub(super) fees: Vec<Fee>,
    /// The system answers the question about reservations without a single byte.
    pub(super) reservations_unwritten: bool,
    /// The code and text of a block: E is the debt limit.
    pub(super) blocked: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Copy)]
pub(super) struct Loan {
    pub(super) faust: &'static str,
    /// Title and author, which only a loan from another library carries.
    pub(super) own_record: Option<(&'static str, &'static str)>,
    pub(super) material: &'static str,
    pub(super) loaned: Days,
    /// Missing in one answer, though the system's contract requires it.
    pub(super) due: Option<Days>,
    pub(super) renewable: bool,
    pub(super) renewal: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(super) struct Reservation {
    pub(super) faust: &'static str,
    pub(super) state: &'static str,
    pub(super) queue: Option<u32>,
    /// Last day and number on the shelf.
    pub(super) pickup: Option<(Days, &'static str)>,
    pub(super) reserved: Days,
    pub(super) expires: Days,
}

#[derive(Clone, Copy)]
pub(super) struct Fee {
    pub(super) kind: &'static str,
    pub(super) reason: &'static str,
    /// In kroner, as the system has it: a binary floating-point number.
    pub(super) amount: f64,
    pub(super) created: Days,
    pub(super) due: Days,
    pub(super) paid: Option<Days>,
    pub(super) payable_by_client: bool,
}

const fn loan(faust: &'static str, loaned: Days, due: Days) -> Loan {
    Loan { faust, own_record: None, material: "Bog", loaned, due: Some(due), renewable: true, renewal: None }
}

impl Loan {
    const fn material(self, material: &'static str) -> Self {
        Self { material, ..self }
    }

    const fn renewed(self) -> Self {
        Self { renewal: Some("renewed"), ..self }
    }

    const fn denied(self, reason: &'static str) -> Self {
        Self { renewable: false, renewal: Some(reason), ..self }
    }

    /// The system at odds with itself: renewable, and a reason why not.
    const fn renewable_yet_denied(self, reason: &'static str) -> Self {
        Self { renewable: true, renewal: Some(reason), ..self }
    }

    const fn lent_by_another_library(self, title: &'static str, author: &'static str) -> Self {
        Self { own_record: Some((title, author)), ..self }
    }

    const fn undated(self) -> Self {
        Self { due: None, ..self }
    }
}

const fn reservation(faust: &'static str, reserved: Days) -> Reservation {
    Reservation { faust, state: "reserved", queue: None, pickup: None, reserved, expires: reserved + 180 }
}

impl Reservation {
    const fn queue(self, number: u32) -> Self {
        Self { queue: Some(number), ..self }
    }

    const fn ready(self, until: Days, number: &'static str) -> Self {
        Self { state: "readyForPickup", pickup: Some((until, number)), ..self }
    }

    const fn state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }
}

const fn fee(reason: &'static str, amount: f64, created: Days, due: Days) -> Fee {
    Fee { kind: "fee", reason, amount, created, due, paid: None, payable_by_client: true }
}

impl Fee {
    const fn compensation(self) -> Self {
        Self { kind: "compensation", payable_by_client: false, ..self }
    }

    const fn paid(self, day: Days) -> Self {
        Self { paid: Some(day), ..self }
    }
}

/// The account of a citizen; an empty one for citizens the library does not know.
pub(super) fn of(slug: &str) -> Account {
    match slug {
        "family-signe" => Account {
            loans: vec![
                loan("91000174", -12, 18),
                loan("91000190", -12, 18).renewed(),
                loan("91000123", -25, 3).denied("deniedReserved"),
            ],
            reservations: vec![reservation("91000182", -9).queue(4)],
            fees: vec![
                fee("For sent afleveret materiale", 20.5, -20, 10),
                fee("For sent afleveret materiale", 10.0, -95, -65).paid(-80),
            ],
            ..Account::default()
        },
        "twins-tove" => Account { loans: vec![loan("91000166", -5, 25)], ..Account::default() },
        "childless-bent" => Account {
            loans: vec![
                loan("91000093", -8, 22),
                // The contradiction that the system's own examples hold.
                loan("91000107", -8, 22).renewable_yet_denied("deniedReserved"),
                loan("91000352", -27, 3).material("Lydbog (cd)").denied("deniedMaxRenewalsReached"),
            ],
            ..Account::default()
        },
        "overdue-laila" => Account {
            loans: vec![
                loan("91000042", -51, -21).denied("deniedLoanerIsBlocked"),
                loan("91000247", -37, -7).denied("deniedLoanerIsBlocked"),
                loan("91000255", -30, 0).denied("deniedLoanerIsBlocked"),
                loan("91000263", -10, 20).denied("deniedLoanerIsBlocked"),
            ],
            fees: vec![
                fee("For sent afleveret materiale", 120.0, -7, 14),
                fee("Erstatning for bortkommet materiale", 249.95, -60, -30).compensation(),
            ],
            blocked: Some(("E", "Lånerens gebyrer overstiger grænsen")),
            ..Account::default()
        },
        "pickup-rasmus" => Account {
            loans: vec![loan("91000301", -3, 27)],
            reservations: vec![
                reservation("91000115", -30).ready(4, "217"),
                reservation("91000328", -12).state("inTransit"),
                reservation("91000468", -6).state("interLibraryReservation"),
                reservation("91000476", -2).queue(1),
            ],
            ..Account::default()
        },
        "neighbour-nanna" => Account {
            loans: vec![loan("91000131", -14, 16), loan("91000271", -2, 28)],
            reservations: vec![reservation("91000158", -40).queue(11)],
            ..Account::default()
        },
        "letters-aase" => Account {
            loans: vec![
                loan("91000050", -6, 24),
                loan("91000069", -6, 24),
                loan("91000077", -6, 24),
                loan("99999913", -15, 6)
                    .lent_by_another_library("Søøer og åløb på Læsø", "Ærø Øgadesen")
                    .denied("deniedMaterialIsNotLoanable"),
            ],
            reservations: vec![reservation("91000433", -20).ready(2, "Å-31")],
            ..Account::default()
        },
        "emptybody-emil" => Account {
            loans: vec![loan("91000336", -9, 21), loan("91000344", -9, 21)],
            reservations_unwritten: true,
            ..Account::default()
        },
        "undated-dagny" => Account {
            loans: vec![loan("91000204", -11, 19), loan("91000212", -11, 19).undated(), loan("91000220", -11, 19)],
            ..Account::default()
        },
        "many-mogens" => Account { loans: forty_loans(), ..Account::default() },
        "unlisted-ulrik" => Account {
            // A record that was deleted from the catalogue while it was on loan.
            loans: vec![loan("99999905", -13, 17).material("Tidsskrift"), loan("91000409", -13, 17)],
            ..Account::default()
        },
        _ => Account::default(),
    }
}

/// Two loans a day for twenty days, each for thirty days.
fn forty_loans() -> Vec<Loan> {
    let days = (1..=20).flat_map(|day| [-day, -day]);
    WORKS.iter().zip(days).map(|(work, day)| loan(work.faust, day, day + 30)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_list_has_forty_different_loans() {
        let loans = of("many-mogens").loans;
        let records: std::collections::BTreeSet<_> = loans.iter().map(|loan| loan.faust).collect();
        assert_eq!((loans.len(), records.len()), (40, 40));
    }
}
