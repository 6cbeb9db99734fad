// Requirement R59: the digits are reached by the one function whose callers are counted.

use overblik_connectors::Cpr;

fn digits(cpr: &Cpr) -> [u8; 10] {
    *cpr.0
}

fn main() {}
