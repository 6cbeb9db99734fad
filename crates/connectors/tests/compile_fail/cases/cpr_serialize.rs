// Requirement R59: a person number is written into no document, alone or in something else.

use overblik_connectors::{Citizen, Cpr};

fn is_serialised<T: serde::Serialize>() {}

fn main() {
    is_serialised::<Cpr>();
    is_serialised::<Citizen>();
}
