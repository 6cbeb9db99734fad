//! What a source could write where citizens read: attempts to become markup, script, style or a request. The tests in a
//! browser hold what is shown to the same list (requirement R64).

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde_json::Value;

const TEXTS: &str = include_str!("hostile.json");

/// The same answer with hostile texts in the place of all words for people: the next of the list each time, so that some
/// looks show all of it.
pub(crate) fn with_hostile_texts(answer: &Bytes) -> Bytes {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let texts: Vec<String> = serde_json::from_str(TEXTS).unwrap_or_default();
    let mut next = || {
        let position = NEXT.fetch_add(1, Ordering::Relaxed).checked_rem(texts.len()).unwrap_or_default();
        texts.get(position).cloned().unwrap_or_default()
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(answer) else { return answer.clone() };
    exchange(&mut value, &mut next);
    value.to_string().into()
}

fn exchange(value: &mut Value, next: &mut impl FnMut() -> String) {
    match value {
        Value::String(text) if is_for_people(text) => *text = next(),
        Value::Array(items) => items.iter_mut().for_each(|item| exchange(item, next)),
        Value::Object(fields) => fields.values_mut().for_each(|field| exchange(field, next)),
        _ => {}
    }
}

/// Words, as opposed to codes, numbers, dates and addresses: an answer must stay what it is in all else.
fn is_for_people(text: &str) -> bool {
    let begins_as_a_name = text.starts_with(char::is_uppercase) && text.chars().any(char::is_lowercase);
    (begins_as_a_name || text.contains(' ')) && !text.contains("://") && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_exchanged_and_all_else_stays() {
        let answer = json!({
            "CPR-nr": "6103880002", "status": "3", "dato": "2026-11-22", "link": "https://www.betalinger.example/Betal",
            "titel": "Parkeringsafgift", "poster": [{ "navn": "Ida Eksempelsen", "id": "B-0001", "antal": 2 }],
        });
        let hostile: Value = serde_json::from_slice(&with_hostile_texts(&answer.to_string().into())).expect("JSON");
        for name in ["CPR-nr", "status", "dato", "link"] {
            assert_eq!(hostile[name], answer[name]);
        }
        assert_eq!(hostile["poster"][0]["id"], "B-0001");
        let texts: Vec<String> = serde_json::from_str(TEXTS).expect("texts");
        for text in [&hostile["titel"], &hostile["poster"][0]["navn"]] {
            assert!(texts.iter().any(|known| text == known), "{text}");
        }
    }
}
