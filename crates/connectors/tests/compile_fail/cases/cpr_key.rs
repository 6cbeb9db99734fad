// Requirement R59: a person number is nobody's key; the pseudonym is.

use overblik_connectors::{Cpr, Pseudonym};

fn is_hashed<T: std::hash::Hash>() {}

fn is_sorted<T: Ord>() {}

fn main() {
    is_hashed::<Pseudonym>();
    is_sorted::<Pseudonym>();
    is_hashed::<Cpr>();
    is_sorted::<Cpr>();
}
