//! What the allocation knows about each citizen's family.

use crate::calendar::Days;

/// A code of the system with its text.
pub(super) type Coded = (&'static str, &'static str);

/// Family and daycare of one parent.
#[derive(Default)]
pub(super) struct Family {
    pub(super) waiting: Vec<Waiting>,
    pub(super) enrolled: Vec<Enrolled>,
    /// Number and yearly income in kroner of the other parent.
    pub(super) partner: Option<(&'static str, u32)>,
    /// Yearly income in kroner on which the price rests.
    pub(super) income: u32,
}

#[derive(Clone, Copy)]
pub(super) struct Child {
    pub(super) name: &'static str,
    pub(super) cpr: &'static str,
}

/// A place on one waiting list.
pub(super) struct Waiting {
    pub(super) child: Child,
    pub(super) list: Coded,
    pub(super) kind: Coded,
    pub(super) area: Coded,
    pub(super) place: u32,
    pub(super) entered: Days,
    pub(super) wanted: Days,
    pub(super) guaranteed: Option<Days>,
    pub(super) priority: Coded,
}

pub(super) struct Institution {
    pub(super) number: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Coded,
    pub(super) area: Coded,
    pub(super) address: &'static str,
    /// Unknown for some.
    pub(super) phone: Option<&'static str>,
}

/// A place in daycare that the citizen pays for.
pub(super) struct Enrolled {
    pub(super) child: Child,
    pub(super) institution: &'static Institution,
    pub(super) starts: Days,
    pub(super) ends: Option<Days>,
    /// Price next month, as the system writes it: Danish text.
    pub(super) price: &'static str,
    /// Fee reduction in per cent, with its first and last day.
    pub(super) reduction: Option<(u32, Days, Days)>,
    pub(super) sibling_discount: bool,
}

const NURSERY: Coded = ("VUG", "Vuggestue");
const KINDERGARTEN: Coded = ("BH", "Børnehave");
const CHILD_MINDER: Coded = ("DPL", "Dagpleje");
const MIDTOWN: Coded = ("01", "Birkerup Midtby");
const NORTH: Coded = ("02", "Birkerup Nord");
const NEIGHBOUR_TOWN: Coded = ("11", "Elmerup");
const OWN_WISH: Coded = ("1", "Ønsket institution");
const GUARANTEE: Coded = ("2", "Pasningsgaranti");

static MOSS_HILL: Institution = Institution {
    number: "G90001",
    name: "Vuggestuen Mosebakken",
    kind: NURSERY,
    area: MIDTOWN,
    address: "Mosebakken 3, 9999 Birkerup",
    phone: Some("70000041"),
};

static FIR_CONE: Institution = Institution {
    number: "G90002",
    name: "Børnehuset Grankoglen",
    kind: KINDERGARTEN,
    area: NEIGHBOUR_TOWN,
    address: "Skovstien 14, 9998 Elmerup",
    phone: None,
};

static ROLLING_STONE: Institution = Institution {
    number: "G90003",
    name: "Vuggestuen Rullestenen",
    kind: NURSERY,
    area: NEIGHBOUR_TOWN,
    address: "Grusvej 7, 9998 Elmerup",
    phone: Some("70000042"),
};

const ALMA: Child = Child { name: "Alma Eksempelsen", cpr: "6201244002" };
const VIGGO: Child = Child { name: "Viggo Eksempelsen", cpr: "7408254001" };
const LIV: Child = Child { name: "Liv Tvillingsen", cpr: "6704254004" };
const LEIF: Child = Child { name: "Leif Tvillingsen", cpr: "6704254003" };
const ASGER: Child = Child { name: "Asger Nabogaardsen", cpr: "8109224005" };
const RONJA: Child = Child { name: "Ronja Nabogaardsen", cpr: "7305244006" };

/// Two lists for one child: the wished institution, and the guarantee that any place comes in time.
fn on_two_lists(child: Child, wished_place: u32, guarantee_place: u32) -> [Waiting; 2] {
    [
        Waiting {
            child,
            list: ("MOSEBAKKEN", "Vuggestuen Mosebakken"),
            kind: NURSERY,
            area: MIDTOWN,
            place: wished_place,
            entered: -140,
            wanted: 75,
            guaranteed: None,
            priority: OWN_WISH,
        },
        Waiting {
            child,
            list: ("GARANTI", "Pladsgaranti, hele kommunen"),
            kind: CHILD_MINDER,
            area: NORTH,
            place: guarantee_place,
            entered: -140,
            wanted: 75,
            guaranteed: Some(75),
            priority: GUARANTEE,
        },
    ]
}

/// The family of a citizen; an empty one for citizens without children.
pub(super) fn of(slug: &str) -> Family {
    match slug {
        "family-signe" => Family {
            waiting: vec![Waiting {
                child: VIGGO,
                list: ("MOSEBAKKEN", "Vuggestuen Mosebakken"),
                kind: NURSERY,
                area: MIDTOWN,
                place: 3,
                entered: -200,
                wanted: 40,
                guaranteed: Some(54),
                priority: OWN_WISH,
            }],
            enrolled: vec![Enrolled {
                child: ALMA,
                institution: &MOSS_HILL,
                starts: -410,
                ends: Some(130),
                price: "4.098,00",
                reduction: None,
                sibling_discount: false,
            }],
            partner: Some(("7107870021", 431_000)),
            income: 398_000,
        },
        "twins-tove" => Family {
            waiting: on_two_lists(LIV, 7, 12).into_iter().chain(on_two_lists(LEIF, 8, 13)).collect(),
            ..Family::default()
        },
        "neighbour-nanna" => Family {
            enrolled: vec![
                Enrolled {
                    child: ASGER,
                    institution: &FIR_CONE,
                    starts: -600,
                    ends: None,
                    price: "612,75",
                    reduction: Some((65, -200, 38)),
                    sibling_discount: true,
                },
                Enrolled {
                    child: RONJA,
                    institution: &ROLLING_STONE,
                    starts: 24,
                    ends: None,
                    price: "2.345,50",
                    reduction: Some((30, 24, 400)),
                    sibling_discount: false,
                },
            ],
            partner: Some(("6809890023", 187_500)),
            income: 214_000,
            ..Family::default()
        },
        _ => Family::default(),
    }
}
