//! Headers that list what a client prefers, with weights (RFC 9110 section 12.4.2).

/// The items of a list such as `da, en-GB;q=0.8`, each with its weight from 0 to 1. An unreadable weight counts as 0.
pub(crate) fn weighted(list: &str) -> impl Iterator<Item = (&str, f32)> {
    list.split(',').map(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        let weight =
            weight.map_or(1.0, |text| text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0));
        (name.trim(), weight)
    })
}

/// The known choice with the greatest weight above 0; the first of equals.
pub(crate) fn preferred<T>(list: &str, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best: Option<(T, f32)> = None;
    for (name, weight) in weighted(list) {
        let Some(choice) = known(name) else { continue };
        if weight > best.as_ref().map_or(0.0, |(_, weight)| *weight) {
            best = Some((choice, weight));
        }
    }
    best.map(|(choice, _)| choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(list: &str) -> Option<&'static str> {
        preferred(list, |name| ["a", "b"].into_iter().find(|known| *known == name))
    }

    #[test]
    fn the_greatest_weight_wins_then_the_first() {
        assert_eq!(first("a, b"), Some("a"));
        assert_eq!(first("x, a;q=0.5, b;q=0.9"), Some("b"));
        assert_eq!(first("a;level=1;q=0.1, b;q=0.2"), Some("b"));
        assert_eq!(first("a;q=0, b;q=nonsense"), None);
        assert_eq!(first("a;q=0, b;q=2"), None);
        assert_eq!(first(""), None);
    }
}
