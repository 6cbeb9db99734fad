//! How much one caller may ask (requirement R73): each limit is reached and released, and nobody talks their way around.

use std::time::Duration;

use http::Method;
use overblik_gateway::config::{Config, Rate};
use overblik_tests::{RawAnswer, Setup, System, raw_get, raw_request};

/// Three at once, then one a second.
const THREE: Option<Rate> = Some(Rate { per_minute: 60, at_once: 3 });

async fn limited(adjust: impl FnOnce(&mut Config) + Send + 'static) -> System {
    Setup::default().adjust(adjust).start().await
}

async fn get(system: &System, target: &str, lines: &[&str]) -> RawAnswer {
    let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
    raw_get(&system.demo.url, target, &lines).await
}

#[tokio::test]
async fn r73_one_address_asks_so_much_and_after_a_rest_again() {
    let system = limited(|config| config.limits.requests_per_address = THREE).await;
    for target in ["/", "/no-such-page", "/api/v1/session"] {
        assert_ne!(get(&system, target, &[]).await.status, 429, "{target}");
    }
    for target in ["/", "/api/v1/overview", "/no-such-page", "/auth/login"] {
        let refused = get(&system, target, &[]).await;
        assert_eq!(refused.status, 429, "{target}");
        assert!(refused.head.contains("\r\nretry-after: 1\r\n"), "{}", refused.head);
        assert!(refused.head.contains("content-type: application/problem+json"), "{}", refused.head);
        assert!(refused.head.contains("cache-control: no-store"), "{}", refused.head);
        assert!(refused.body.contains("\"too-many-requests\""), "{}", refused.body);
    }
    for (language, words) in [("da", "Der kom for mange"), ("en", "There were too many requests")] {
        let target = format!("/?lang={language}");
        let page = get(&system, &target, &["accept: text/html"]).await;
        assert!(page.status == 429 && page.head.contains("content-type: text/html"), "{}", page.head);
        assert!(page.body.contains(words), "{}", page.body);
    }
    system.pass(Duration::from_secs(1));
    assert_eq!(get(&system, "/", &[]).await.status, 200);
    assert_eq!(get(&system, "/", &[]).await.status, 429);
    let log = system.log();
    assert_eq!(log.matches("a limit is reached").count(), 2, "told once each time");
    assert!(!log.contains("127.0.0.1\""), "no address is logged");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r73_an_address_that_is_told_by_nobody_we_trust_changes_nothing() {
    let system = limited(|config| config.limits.requests_per_address = THREE).await;
    let mut answers = Vec::new();
    for number in 0..5 {
        let spoofed = [
            format!("x-forwarded-for: 203.0.113.{number}"),
            format!("forwarded: for=203.0.113.{number}"),
            format!("x-real-ip: 203.0.113.{number}"),
            format!("x-client-ip: 203.0.113.{number}"),
            format!("true-client-ip: 203.0.113.{number}"),
            format!("cf-connecting-ip: 203.0.113.{number}"),
            format!("x_forwarded_for: 203.0.113.{number}"),
        ];
        answers.push(raw_get(&system.demo.url, "/", &spoofed).await.status);
    }
    assert_eq!(answers, [200, 200, 200, 429, 429]);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r73_behind_a_trusted_proxy_each_address_has_its_own_share() {
    let system = limited(|config| {
        config.limits.requests_per_address = THREE;
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let from = async |address: &str| get(&system, "/", &[&format!("x-forwarded-for: {address}")]).await.status;
    for _ in 0..3 {
        assert_eq!(from("203.0.113.9").await, 200);
    }
    assert_eq!(from("203.0.113.9").await, 429);
    assert_eq!(from("192.0.2.66, 203.0.113.9").await, 429, "what the citizen sent in front counts for nothing");
    assert_eq!(from("203.0.113.9, 127.0.0.2").await, 429, "a second proxy of ours");
    assert_eq!(from("203.0.113.10").await, 200);
    for part in 1..=3 {
        assert_eq!(from(&format!("2001:db8:1:2::{part}")).await, 200);
    }
    assert_eq!(from("2001:db8:1:2:ffff::1").await, 429, "one network of 64 bits is one caller");
    assert_eq!(from("2001:db8:1:3::1").await, 200);
    for malformed in ["unknown", "203.0.113.77:80", "a, b"] {
        assert_eq!(from(malformed).await, 200, "counted as the proxy's own");
    }
    assert_eq!(from("1.2.3").await, 429);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r73_logins_are_limited_apart_from_the_rest() {
    let system = limited(|config| config.limits.logins_per_address = THREE).await;
    for _ in 0..5 {
        let image = ["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors", "sec-fetch-dest: image"];
        let answer = get(&system, "/auth/login", &image).await;
        assert_eq!(answer.status, 403, "another site's image begins no login, and uses up nobody's");
    }
    for target in ["/auth/login", "/auth/callback?state=x", "/auth/login?return_to=/"] {
        assert_ne!(get(&system, target, &[]).await.status, 429, "{target}");
    }
    for target in ["/auth/login", "/auth/callback?state=x"] {
        assert_eq!(get(&system, target, &[]).await.status, 429, "{target}");
    }
    assert_eq!(get(&system, "/", &[]).await.status, 200);
    system.pass(Duration::from_secs(1));
    assert_eq!(get(&system, "/auth/login", &[]).await.status, 303);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r73_one_citizen_s_overviews_are_limited_on_all_devices_and_on_every_face() {
    let system = limited(|config| config.limits.overviews_per_citizen = THREE).await;
    let (mut one, mut other) = (system.logged_in("family-signe").await, system.logged_in("family-signe").await);
    let mut somebody_else = system.logged_in("twins-tove").await;
    let url = one.at("/api/v1/overview");
    for headers in [&[][..], &[("accept", "text/event-stream")]] {
        let answer = one.send(Method::GET, &url, headers, None).await;
        assert_eq!(answer.status, 200, "{headers:?}");
    }
    assert_eq!(other.get("/").await.status, 200);
    for (path, accept) in [("/api/v1/overview", "*/*"), ("/api/v1/overview", "text/event-stream"), ("/", "text/html")] {
        for browser in [&mut one, &mut other] {
            let answer = browser.get_with(path, &[("accept", accept)]).await;
            assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "1"), "{path} as {accept}");
            assert!(!answer.text.contains("Eksempelsen"), "{path}");
        }
    }
    assert_eq!(one.get("/api/v1/session").await.status, 200, "the session lives");
    assert_eq!(somebody_else.get("/api/v1/overview").await.status, 200);
    system.pass(Duration::from_secs(1));
    assert_eq!(other.get("/api/v1/overview").await.status, 200);
    system.stop(&[&one, &other, &somebody_else]).await;
}

#[tokio::test]
async fn r73_the_provider_s_logouts_are_limited_apart_from_the_rest() {
    let system = limited(|config| config.limits.provider_logouts_per_address = THREE).await;
    let told = async || {
        let request = "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                       content-type: application/x-www-form-urlencoded\r\ncontent-length: 14\r\n\r\nlogout_token=x";
        raw_request(&system.demo.url, request).await.status
    };
    for _ in 0..3 {
        assert_eq!(told().await, 400, "no logout token, but looked at");
    }
    assert_eq!(told().await, 429);
    assert_eq!(get(&system, "/auth/login", &[]).await.status, 303, "logins have a share of their own");
    system.pass(Duration::from_secs(1));
    assert_eq!(told().await, 400);
    assert_eq!(told().await, 429);
    system.stop(&[]).await;
}
