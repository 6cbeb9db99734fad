//! What the pages tell about the operator can be used by whoever reads it.

use url::Url;

use crate::config::page::{AccessibilityStatus, PageConfig};

pub(super) fn contradictions(page: &PageConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let https = "write the https address of a page that everybody can read";
    let mut address = |url: Option<&Url>, place: &str| {
        wrong(url.is_some_and(|url| url.scheme() != "https"), place, "must be https", https);
    };
    address(page.privacy_url.as_ref(), "page.privacy_url");
    let Some(statement) = &page.accessibility else { return };
    address(statement.registered_url.as_ref(), "page.accessibility.registered_url");
    address(Some(&statement.supervisor.url), "page.accessibility.supervisor.url");
    let is_plain = statement.email.bytes().all(|byte| byte.is_ascii_graphic());
    wrong(
        !is_plain || !statement.email.contains('@') || statement.email.contains(['?', '&', '%']),
        "page.accessibility.email",
        "is no e-mail address",
        "citizens write there about a part of the pages that they cannot use",
    );
    wrong(
        statement.phone.len() != 8 || !statement.phone.bytes().all(|byte| byte.is_ascii_digit()),
        "page.accessibility.phone",
        "must have eight digits",
        "write it in quotes, without spaces and country code",
    );
    wrong(
        (statement.status == AccessibilityStatus::Full) != statement.exceptions.is_empty(),
        "page.accessibility.exceptions",
        "contradicts page.accessibility.status",
        "full has no exceptions, and partial and none say what is not accessible",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(yaml: &str) -> Vec<String> {
        let mut found = Vec::new();
        let page = serde_saphyr::from_str::<PageConfig>(yaml).expect("settings");
        contradictions(&page, &mut |is_wrong, place, _, _| {
            if is_wrong {
                found.push(place.to_owned());
            }
        });
        found
    }

    const STATEMENT: &str = "{ email: a@b.example, phone: '70000018', status: full, assessed: 2026-11-20 }";

    #[test]
    fn what_can_be_used_is_taken_and_nothing_need_be_said() {
        assert!(places("{}").is_empty());
        assert!(places(&format!("{{ privacy_url: 'https://a.example/p', accessibility: {STATEMENT} }}")).is_empty());
        let supervisor = crate::config::page::Supervisor::default();
        assert_eq!(supervisor.url.scheme(), "https");
    }

    #[test]
    fn what_no_citizen_could_use_is_refused() {
        assert_eq!(places("privacy_url: http://a.example/p"), ["page.privacy_url"]);
        for (from, to, place) in [
            ("a@b.example", "a@b.example?bcc=x", "email"),
            ("a@b.example", "nobody", "email"),
            ("70000018", "70 00 00 18", "phone"),
            ("status: full", "status: partial", "exceptions"),
            ("status: full", "status: full, exceptions: [{ da: x, en: x }]", "exceptions"),
            ("status: full", "status: full, registered_url: 'http://a.example'", "registered_url"),
        ] {
            let changed = STATEMENT.replace(from, to);
            assert_eq!(places(&format!("accessibility: {changed}")), [format!("page.accessibility.{place}")], "{to}");
        }
    }
}
