//! The operators' listener (requirement R39), and that nothing of it is at the citizens' address.

use overblik_tests::{Setup, System, raw_get, raw_request};
use url::Url;

#[tokio::test]
async fn r39_the_operators_listener_tells_health_and_nothing_of_the_citizens_doors() {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    let system = Setup::default().adjust(move |config| config.operations.listen = Some(any_port)).start().await;
    let browser = system.logged_in("family-signe").await;
    let address = system.demo.operations.expect("a listener");
    let operations = Url::parse(&format!("http://{address}/")).expect("an address");
    for (path, says) in [("/health/live", "live\n"), ("/health/ready", "ready\n")] {
        let answer = raw_get(&operations, path, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, says), "{path}");
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    }
    let cookie = format!("cookie: {}", browser.cookie_header());
    for path in ["/", "/health", "/health/", "/health/live/", "/metrics/", "/api/v1/overview", "/auth/login"] {
        let answer = raw_get(&operations, path, &[cookie.clone(), "x-overblik-csrf: 1".to_owned()]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.body.contains("\"not-found\"") && !answer.head.contains("set-cookie"),
            "{path}: {}",
            answer.head
        );
    }
    let post = "POST /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(raw_request(&operations, post).await.status, 405);
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(raw_get(&system.demo.url, path, &[]).await.status, 404, "{path} is not for citizens");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_demo_has_no_operators_listener_unless_told() {
    let system = System::start().await;
    assert_eq!(system.demo.operations, None);
    assert_eq!(raw_get(&system.demo.url, "/", &[]).await.status, 200);
    system.stop(&[]).await;
}
