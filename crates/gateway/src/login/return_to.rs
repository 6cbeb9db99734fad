//! Where a login may lead back to: a path of our own, nothing else.

use url::Url;

/// Where a login leads that began in the window of a connected frame. It says nothing of anybody.
const LOGGED_IN: &str = "/auth/logged-in";

/// Whether a login, or a link of another site's, may lead to a page: the overview, its declaration, or one section of it. The
/// way to an item ends with its session.
pub(crate) fn is_page(path: &str) -> bool {
    let of_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let of_section = path.strip_prefix("/sections/");
    matches!(path, "/" | "/declaration" | LOGGED_IN)
        || of_section.is_some_and(|slug| !slug.is_empty() && slug.bytes().all(of_slug))
}

/// The path to show after a login. Anything but an absolute path on our own origin is refused (requirement R35): what
/// is returned was parsed against our origin and written anew.
pub(crate) fn return_to(text: &str, public_url: &Url) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let rest = text.strip_prefix('/')?;
    let lower = rest.to_ascii_lowercase();
    let hidden_slash = rest.starts_with('/') || lower.starts_with("%2f") || lower.starts_with("%5c");
    if !plain || hidden_slash || text.len() > 2000 {
        return None;
    }
    let has_dot_segment = |path: &str| {
        path.split('/').any(|segment| matches!(segment.replace("%2e", ".").replace("%2E", ".").as_str(), "." | ".."))
    };
    if has_dot_segment(rest.split(['?', '#']).next().unwrap_or_default()) {
        return None;
    }
    let url = public_url.join(text).ok()?;
    if url.origin() != public_url.origin() || !is_page(url.path()) {
        return None;
    }
    let mut path = url.path().to_owned();
    for (sign, part) in [('?', url.query()), ('#', url.fragment().filter(|fragment| is_place(fragment)))] {
        if let Some(part) = part {
            path.push(sign);
            path.push_str(part);
        }
    }
    Some(path)
}

/// Whether a fragment can name a place on a page of ours.
fn is_place(fragment: &str) -> bool {
    !fragment.is_empty()
        && fragment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Option<String> {
        return_to(text, &Url::parse("https://overblik.example").expect("a URL"))
    }

    #[test]
    fn paths_of_our_own_are_kept() {
        let sections = ["/sections/library-loans", "/sections/x?lang=en"];
        for path in ["/", "/?lang=en", "/?c=d&e=%2F", "/declaration", "/auth/logged-in"].into_iter().chain(sections) {
            assert_eq!(check(path).as_deref(), Some(path));
        }
    }

    #[test]
    fn the_place_on_the_page_is_kept_where_it_can_be_one_of_ours() {
        assert_eq!(check("/#section-payments").as_deref(), Some("/#section-payments"));
        assert_eq!(check("/?lang=en#section-payments").as_deref(), Some("/?lang=en#section-payments"));
        for odd in ["/#", "/#:~:text=x", "/#a=b", "/#Section", "/#a;b", "/#%2f"] {
            assert_eq!(check(odd).as_deref(), Some("/"), "{odd}");
        }
    }

    #[test]
    fn only_pages_for_reading_are_led_to() {
        for path in [
            "/auth/logged-out",
            "/auth/login",
            "/auth/callback?state=x",
            "/api/v1/overview",
            "/nowhere",
            "/sections/",
            "/sections/x/items/y",
            "/sections/X",
        ] {
            assert_eq!(check(path), None, "{path}");
        }
    }

    #[test]
    fn r35_nothing_leads_to_another_origin() {
        for evil in [
            "",
            "x",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/%2fevil.example",
            "/%5Cevil.example",
            "/%2F/evil.example",
            "///evil.example",
            "/..//evil.example",
            "/./\\evil.example",
            "/a/../..//evil.example",
            "/%2e%2e//evil.example",
            "/a\u{2028}b",
            "/a b",
            "/a\r\nb",
            "javascript:alert(1)",
            " /a",
            "/\u{0}",
            "/.//evil.example",
            "/%2E/",
        ] {
            assert_eq!(check(evil), None, "{evil:?}");
        }
    }
}
