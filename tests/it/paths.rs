//! Paths, methods and bodies that no page of ours leads to.

use http::Method;
use overblik_demo::{Party, Source};
use overblik_tests::{RawAnswer, SOURCES, System, raw_get, raw_request};

const SESSION: &str = "__Host-Http-overblik";

/// Every route that answers a GET.
const ROUTES: [&str; 10] = [
    "/api/v1/overview",
    "/api/v1/sources",
    "/api/v1/sections/payments",
    "/api/v1/session",
    "/auth/login",
    "/auth/callback",
    "/auth/logged-out",
    "/auth/session-ended",
    "/auth/logout",
    "/auth/backchannel-logout",
];

fn assert_no_data(answer: &RawAnswer, what: &str) {
    for text in ["Eksempelsen", "\"sections\"", "Traktoren"] {
        assert!(!answer.body.contains(text), "{what} gave {text}");
    }
}

async fn session() -> (System, [String; 2]) {
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = format!("cookie: {}", browser.cookie_header());
    (system, [cookie, "accept: text/html".to_owned()])
}

#[tokio::test]
async fn r56_a_path_that_only_resembles_a_route_is_not_found_and_not_kept() {
    let (system, [cookie, accept]) = session().await;
    // As our own pages ask: nothing is refused for who sent it.
    let headers = [cookie, accept, "sec-fetch-site: same-origin".to_owned()];
    let calls_before = calls(&system);
    let resembling = |route: &str| {
        let upper = route.to_ascii_uppercase();
        let doubled = route.replace('/', "//");
        let encoded = route.replacen("/a", "/%61", 1);
        let slash_encoded = route.replacen('/', "%2f", 2).replacen("%2f", "/", 1);
        let endings = [
            "/x.css",
            "/x.js",
            "/.css",
            ";x.css",
            ";",
            "%2f",
            "%2fx.css",
            "%2Fx.css",
            "%3fx.css",
            "%23x.css",
            "%00.css",
            "%0a",
            "%20",
            ".",
            "..",
            "./",
            "/",
            "//",
            "/.",
            "/..",
            "/../x",
            "%5c",
            "%5cx.css",
            "\\x.css",
            ".css",
            "~",
            "/index.html",
            ".json",
            "&x",
            ",x.css",
            "%252f",
            "/%2e",
            "/%2e%2e/x.css",
            "/x.css?path=/health",
            "/health?path=/health",
            "%3Fpath=/health",
        ];
        let mut all: Vec<String> = endings.iter().map(|ending| format!("{route}{ending}")).collect();
        all.extend([upper, doubled, encoded, slash_encoded, format!("/{route}"), format!("/.{route}")]);
        all.extend(["/x/..", "/x/%2e%2e", "/%2e", "/x/..;", "/assets/.."].map(|before| format!("{before}{route}")));
        all
    };
    for target in ROUTES.iter().flat_map(|route| resembling(route)) {
        let answer = raw_get(&system.demo.url, &target, &headers).await;
        // Characters that no address may hold are refused before routing.
        let refused_as_malformed = answer.status == 400 && target.contains('\\');
        assert!(answer.status == 404 || refused_as_malformed, "{target}: {}", answer.head);
        assert_no_data(&answer, &target);
        if answer.status == 404 {
            assert!(answer.head.contains("cache-control: no-store"), "{target}");
        }
    }
    assert_eq!(calls(&system), calls_before, "no source was asked");
}

fn calls(system: &System) -> usize {
    SOURCES.iter().map(|source| system.calls(*source)).sum()
}

#[tokio::test]
async fn r56_nothing_but_the_root_is_the_page() {
    let (system, headers) = session().await;
    for target in [
        "//",
        "///",
        "/.",
        "/..",
        "/;",
        "/x.css",
        "/index.html",
        "/%2f",
        "/%20",
        "/overview",
        "/assets/",
        "/assets/..",
        "/assets/../",
        "/assets/%2e%2e%2fauth/login",
        "/assets//",
        "/assets/x.css",
        "/assets/%2fetc%2fpasswd",
        "/assets/../../etc/passwd",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/overview",
        "/auth",
        "/auth/",
        "/problems",
        "/admin",
        "/metrics",
        "/health",
        "/debug",
        "/.git/config",
        "/.env",
    ] {
        let answer = raw_get(&system.demo.url, target, &headers).await;
        assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.head);
        assert_no_data(&answer, target);
    }
}

#[tokio::test]
async fn r56_neither_query_nor_fragment_nor_forwarded_headers_open_anything() {
    let system = System::start().await;
    for target in [
        "/api/v1/overview?path=/auth/login",
        "/api/v1/overview?/assets/x.css",
        "/api/v1/overview#/auth/login",
        "/api/v1/overview?x=/health",
        "http://localhost/api/v1/overview",
    ] {
        let answer = raw_get(&system.demo.url, target, &[]).await;
        assert!(matches!(answer.status, 400 | 401 | 404), "{target}: {}", answer.head);
    }
    for header in [
        "x-forwarded-uri: /auth/login",
        "x-original-url: /auth/login",
        "x-rewrite-url: /assets/x",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: evil.example",
        "forwarded: for=127.0.0.1;host=evil.example",
        "x-http-method-override: POST",
        "user-agent: GoogleHC/1.0",
        "x-forwarded-user: family-signe",
        "x-remote-user: x",
    ] {
        let answer = raw_get(&system.demo.url, "/api/v1/overview", &[header.to_owned()]).await;
        assert_eq!(answer.status, 401, "{header}");
        let page = raw_get(&system.demo.url, "/", &[header.to_owned()]).await;
        assert!(page.status == 200 && !page.body.contains("evil.example"), "{header}");
    }
}

/// Agents that other gateways let in, or that say nothing.
const AGENTS: [&str; 20] = [
    "",
    " ",
    "-",
    "GoogleHC/1.0",
    "kube-probe/1.31",
    "ELB-HealthChecker/2.0",
    "Amazon-Route53-Health-Check-Service",
    "Azure Traffic Manager Endpoint Monitor",
    "Edge Health Probe",
    "HealthCheck",
    "Prometheus/3.0",
    "Blackbox Exporter/0.25",
    "Consul Health Check",
    "UptimeRobot/2.0",
    "Pingdom.com_bot_version_1.4",
    "Googlebot/2.1",
    "curl/8.10",
    "Mozilla/5.0 (internal)",
    "overblik/0.1.0",
    "ping",
];

#[tokio::test]
async fn r56_no_agent_and_no_word_about_another_address_opens_anything() {
    let system = System::start().await;
    let calls_before = calls(&system);
    let agents = AGENTS.iter().map(|agent| vec![format!("user-agent: {agent}")]);
    let words = [
        "x-forwarded-uri: /auth/login",
        "x-forwarded-prefix: /assets",
        "x-original-uri: /health",
        "x-auth-request-redirect: /",
        "x-forwarded-method: OPTIONS",
        "x-forwarded-proto: https",
        "x-forwarded-email: signe@example.com",
        "x_forwarded_user: family-signe",
        "x-forwarded-access-token: x",
        "x-envoy-internal: true",
    ];
    let words = words.iter().map(|word| vec![(*word).to_owned()]);
    for lines in [vec![]].into_iter().chain(agents).chain(words) {
        for route in ROUTES.into_iter().chain(["/"]) {
            for accept in ["accept: text/html", "accept: application/json"] {
                let headers: Vec<_> = lines.iter().cloned().chain([accept.to_owned()]).collect();
                let answer = raw_get(&system.demo.url, route, &headers).await;
                let usual = match route {
                    "/" | "/auth/logged-out" | "/auth/session-ended" => 200,
                    "/auth/login" => 303,
                    "/auth/callback" => 400,
                    "/auth/logout" | "/auth/backchannel-logout" => 405,
                    _ => 401,
                };
                assert_eq!(answer.status, usual, "{route} {headers:?}");
                assert_no_data(&answer, route);
                assert!(answer.head.contains("cache-control: no-store"), "{route} {headers:?}");
            }
        }
    }
    assert_eq!(calls(&system), calls_before, "no source was asked");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_missing_page_is_a_page_for_people_and_a_problem_for_programs() {
    let system = System::start().await;
    for (accept, content_type) in [
        ("text/html,application/xhtml+xml", "text/html; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("*/*", "application/problem+json"),
    ] {
        let answer = system.browser().get_with("/no-such-page", &[("accept", accept)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (404, content_type), "{accept}");
        assert!(answer.text.contains("not-found") && answer.text.contains(answer.header("x-request-id")), "{accept}");
    }
    let under_api = system.browser().get_with("/api/no-such-path", &[("accept", "text/html")]).await;
    assert_eq!(under_api.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn head_says_what_get_would_without_a_body() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for path in ["/", "/api/v1/overview", "/auth/logged-out", "/no-such-page"] {
        let url = browser.at(path);
        let get = browser.send(Method::GET, &url, &[("accept", "text/html")], None).await;
        let head = browser.send(Method::HEAD, &url, &[("accept", "text/html")], None).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.text, "", "{path}");
        for name in ["content-type", "cache-control", "content-security-policy"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
    let url = browser.at("/api/v1/overview");
    assert_eq!(system.browser().send(Method::HEAD, &url, &[], None).await.status, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_unread() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    for (method, path) in [("POST", "/auth/logout"), ("GET", "/api/v1/overview"), ("POST", "/no-such-page")] {
        // Announced, not sent.
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\
             sec-fetch-site: same-origin\r\ncontent-length: 100000000\r\n\r\n"
        );
        let answer = raw_request(&system.demo.url, request).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.head);
        assert!(answer.body.contains("body-too-large"), "{}", answer.body);
        assert!(answer.head.contains("cache-control: no-store"));
    }
    assert_eq!(browser.get("/api/v1/overview").await.status, 200, "nothing was done");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn requests_that_are_no_http_are_refused() {
    let system = System::start().await;
    for request in [
        "GET /api/v1/overview HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "GET / HTTP/1.1\r\nhost: localhost\r\nfolded: a\r\n b\r\nconnection: close\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "\u{16}\u{3}\u{1}\r\n\r\n",
        "GET /\u{f8} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ] {
        let answer = raw_request(&system.demo.url, request).await;
        assert!((400..500).contains(&answer.status), "{request:?}: {}", answer.head);
    }
    // And the gateway goes on.
    assert_eq!(system.browser().get("/").await.status, 200);
    assert!(!system.demo.world.received(Party::Source(Source::Library)).iter().any(|_| true));
    let stranger = system.browser();
    assert_eq!(stranger.cookie(SESSION), None);
}
