//! Which language a request wants.

use http::{HeaderMap, header};
use overblik_widgets::Language;

use crate::{preference::preferred, session::cookie};

/// The language chosen by `?lang=`, else by an earlier choice in this browser, else the one that `Accept-Language`
/// prefers, else Danish.
#[must_use]
pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Language {
    chosen(query)
        .or_else(|| cookie::language(headers).and_then(from_tag))
        .or_else(|| {
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok())
                .and_then(|list| preferred(list, from_tag))
        })
        .unwrap_or_default()
}

/// The language that a request chooses by `?lang=`.
#[must_use]
pub(crate) fn chosen(query: Option<&str>) -> Option<Language> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == "lang").then(|| from_tag(&value)).flatten())
}

/// The language of a tag such as `en-GB`.
pub(crate) fn from_tag(tag: &str) -> Option<Language> {
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
    fn an_earlier_choice_goes_before_the_browser() {
        let headers = |cookie: &str| {
            let value = cookie.parse().expect("a header");
            HeaderMap::from_iter([(header::COOKIE, value), (header::ACCEPT_LANGUAGE, "da".parse().expect("a header"))])
        };
        assert_eq!(of(&headers("__Host-overblik-language=en"), None), Language::En);
        assert_eq!(of(&headers("__Host-overblik-language=en"), Some("lang=da")), Language::Da);
        assert_eq!(of(&headers("__Host-overblik-language=xx"), None), Language::Da);
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
