// Requirement R59: a person number is not copied by accident, and each copy is wiped.

use overblik_connectors::Cpr;

fn twice(cpr: Cpr) -> (Cpr, Cpr) {
    (cpr, cpr)
}

fn main() {}
