//! The headers that every answer carries.

use std::collections::BTreeSet;

use http::Method;
use overblik_gateway::config::Config;
use overblik_tests::{Setup, System};

#[tokio::test]
async fn r66_r55_every_answer_carries_the_security_headers() {
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    let requests = [
        (Method::GET, "/", true),
        (Method::GET, "/", false),
        (Method::GET, "/api/v1/overview", true),
        (Method::GET, "/api/v1/overview", false),
        (Method::GET, "/api/v1/session", true),
        (Method::GET, "/api/v1/session", false),
        (Method::GET, "/auth/login", false),
        (Method::GET, "/auth/login?return_to=//evil.example", false),
        (Method::GET, "/auth/callback", false),
        (Method::GET, "/auth/logged-out", false),
        (Method::GET, "/auth/logout", false),
        (Method::POST, "/auth/logout", false),
        (Method::POST, "/", true),
        (Method::OPTIONS, "/api/v1/overview", true),
        (Method::GET, "/no-such-page", true),
        (Method::GET, "/assets/no-such-asset", true),
    ];
    for (method, path, logged_in) in requests {
        for accept in ["text/html", "application/json", "text/event-stream"] {
            let what = format!("{method} {path} {accept}");
            let mut browser = if logged_in { browser.clone() } else { system.browser() };
            let url = browser.at(path);
            let answer = browser.send(method.clone(), &url, &[("accept", accept)], None).await;
            let has = |name: &str, value: &str| assert_eq!(answer.header(name), value, "{name} of {what}");
            has("cache-control", "no-store");
            has("x-content-type-options", "nosniff");
            // R62; `same-origin` gives other sites as little, and lets our own forms say where they come from.
            assert!(matches!(answer.header("referrer-policy"), "no-referrer" | "same-origin"), "{what}");
            has("cross-origin-opener-policy", "same-origin");
            has("cross-origin-resource-policy", "same-origin");
            assert!(answer.header("permissions-policy").contains("geolocation=()"), "{what}");
            let vary = answer.header("vary").to_ascii_lowercase();
            assert!(["cookie", "authorization", "origin"].iter().all(|name| vary.contains(name)), "{what}: {vary}");
            assert!(!answer.header("x-request-id").is_empty(), "{what}");
            assert_policy(answer.header("content-security-policy"), &what);
            for tells_too_much in ["server", "x-powered-by", "etag", "last-modified", "access-control-allow-origin"] {
                assert!(!answer.headers.contains_key(tells_too_much), "{tells_too_much} of {what}");
            }
        }
    }
}

#[track_caller]
fn assert_policy(policy: &str, what: &str) {
    let directive = |name: &str| policy.split(';').find_map(|one| one.trim().strip_prefix(name)).map(str::trim);
    for (name, value) in [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("img-src", "'self'"),
        ("connect-src", "'self'"),
        ("base-uri", "'none'"),
        ("form-action", "'self'"),
        ("frame-ancestors", "'none'"),
        ("require-trusted-types-for", "'script'"),
    ] {
        assert_eq!(directive(name), Some(value), "{name} of {what}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
}

#[tokio::test]
async fn r66_behind_https_browsers_are_told_to_stay_there() {
    let https = |config: &mut Config| {
        config.server.public_url = "https://overblik.example".parse().expect("a URL");
    };
    let system = Setup::default().adjust(https).start().await;
    for path in ["/", "/api/v1/overview", "/no-such-page"] {
        let answer = system.browser().get(path).await;
        let policy = answer.header("strict-transport-security");
        let seconds = policy.split(';').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| seconds >= 365 * 24 * 3600), "{path}: {policy}");
        assert!(policy.contains("includeSubDomains"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn assets_may_be_kept_by_everybody_because_their_names_change_with_their_content() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.get_with("/", &[("accept", "text/html")]).await.text;
    let names = page.split('"').filter(|text| text.starts_with("/assets/")).collect::<BTreeSet<_>>();
    assert!(names.len() >= 2, "stylesheet and icon at least: {names:?}");
    for name in names {
        let asset = browser.get(name).await;
        assert_eq!(asset.status, 200, "{name}");
        assert!(asset.header("cache-control").contains("immutable"), "{name}");
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        assert!(!asset.headers.contains_key("set-cookie"));
        let kind = asset.header("content-type");
        assert!(["text/css", "text/javascript", "image/svg+xml"].iter().any(|known| kind.starts_with(known)), "{kind}");
    }
}
