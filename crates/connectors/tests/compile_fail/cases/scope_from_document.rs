// Requirement R50: no document, cache or message becomes a scope, and none holds one.

use overblik_connectors::{Authentication, CitizenScope};

fn is_read<T: serde::de::DeserializeOwned>() {}

fn is_written<T: serde::Serialize>() {}

fn main() {
    is_read::<CitizenScope>();
    is_read::<Authentication>();
    is_written::<CitizenScope>();
}
