//! Writing JSON.

use serde::Serialize;

/// A value of our own as JSON.
#[expect(clippy::expect_used, reason = "our own types have no map keys or values that JSON cannot hold")]
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a form in JSON")
}
