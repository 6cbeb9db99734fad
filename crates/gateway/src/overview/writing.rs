//! Writing JSON.

use serde::Serialize;

/// A value of our own as JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    json_of_length(value, 128)
}

/// The same of which it is known about how many bytes it has, so that a long text is not copied each time it grows.
#[expect(clippy::expect_used, reason = "our own types have no map keys or values that JSON cannot hold")]
pub(super) fn json_of_length(value: &impl Serialize, length: usize) -> String {
    let mut text = Vec::with_capacity(length);
    serde_json::to_writer(&mut text, value).expect("a form in JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}
