//! Which language a request wants.

use http::{HeaderMap, header};
use overblik_widgets::Language;

/// The language asked for by `?lang=`, else the one that `Accept-Language` prefers, else Danish.
#[must_use]
pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Language {
    let asked = query
        .into_iter()
        .flat_map(|query| url::form_urlencoded::parse(query.as_bytes()))
        .find_map(|(name, value)| (name == "lang").then(|| from_tag(&value)).flatten());
    asked.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        preferred(accepted).unwrap_or_default()
    })
}

/// The known language with the greatest weight; the first of equals.
fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for range in accepted.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = match parameters.trim().strip_prefix("q=") {
            None => 1.0,
            Some(text) => text.parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0),
        };
        let Some(language) = from_tag(tag.trim()) else { continue };
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

fn from_tag(tag: &str) -> Option<Language> {
    match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "da" => Some(Language::Da),
        "en" => Some(Language::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(accept: &str, query: Option<&str>) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().expect("a header"));
        of(&headers, query)
    }

    #[test]
    fn the_query_goes_before_the_browser() {
        assert_eq!(language("da", Some("lang=en")), Language::En);
        assert_eq!(language("en", Some("a=b&lang=da")), Language::Da);
        assert_eq!(language("en", Some("lang=fr")), Language::En);
    }

    #[test]
    fn the_browser_s_weights_count() {
        assert_eq!(language("en-GB,en;q=0.9,da;q=0.8", None), Language::En);
        assert_eq!(language("de, en;q=0.2, da-DK;q=0.7", None), Language::Da);
        assert_eq!(language("de", None), Language::Da);
        assert_eq!(language("en;q=0", None), Language::Da);
        assert_eq!(language("en;q=nonsense, *", None), Language::Da);
    }
}
