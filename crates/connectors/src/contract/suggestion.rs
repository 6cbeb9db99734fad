//! "Did you mean ...?"

/// How alike the letters of two names must be (Jaro, 0 to 1) before one is suggested for the other. Low enough for
/// `dueDate` and `due_on`; names of nothing in common are below 0.6.
const ALIKE: f64 = 0.67;
/// Letters of a name that is short: half of them are soon the same.
const SHORT: usize = 4;

/// A hint for a name that is not in a list: the most similar one, and all there are.
pub(super) fn suggestion<'a>(
    name: &str,
    of_what: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if candidates.is_empty() {
        return None;
    }
    let nearest = nearest(name, candidates.iter().copied());
    let all = format!("The {of_what} are {}", candidates.join(", "));
    Some(nearest.map_or(all.clone(), |nearest| format!("did you mean \"{nearest}\"? {all}")))
}

/// The most similar name of a list, if any is similar.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (alike(&letters(name), &letters(candidate)), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// How alike two names are, from 0 to 1. A name within another counts as alike; of short names, more must be the same.
fn alike(a: &str, b: &str) -> f64 {
    let shorter = a.len().min(b.len());
    let within = shorter >= SHORT && (a.contains(b) || b.contains(a));
    match strsim::jaro(a, b) {
        alike if within => alike.max(ALIKE),
        alike if shorter <= SHORT && alike < 0.75 => 0.0,
        alike => alike,
    }
}

fn letters(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_nonsense_is_not_guessed_at() {
        let fields = ["title", "author", "due_on"];
        assert_eq!(
            suggestion("dueDate", "fields", fields).as_deref(),
            Some("did you mean \"due_on\"? The fields are title, author, due_on")
        );
        assert_eq!(suggestion("xyz", "fields", fields).as_deref(), Some("The fields are title, author, due_on"));
        assert_eq!(suggestion("xyz", "fields", []), None);
    }
}
