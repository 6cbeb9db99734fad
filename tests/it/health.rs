//! The operators' listener (requirement R39), and that nothing of it is at the citizens' address.

use overblik_tests::{Certificates, Setup, System, raw_get, raw_request};
use url::Url;

use crate::command_line::{run, text};

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

#[tokio::test(flavor = "multi_thread")]
async fn r39_the_command_asks_a_gateway_whether_it_is_ready() {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    let system = Setup::default().adjust(move |config| config.operations.listen = Some(any_port)).start().await;
    let operations = system.demo.operations.expect("a listener").to_string();
    let asked = run(&["health", &operations]);
    assert!(asked.status.success(), "{}", text(&asked.stderr));
    assert_eq!(text(&asked.stdout), format!("{operations}: ready\n"));
    // The citizens' listener says nothing of it.
    let citizens = format!("127.0.0.1:{}", system.demo.url.port().expect("a port"));
    let elsewhere = run(&["health", &citizens]);
    assert_eq!(elsewhere.status.code(), Some(1));
    assert!(text(&elsewhere.stderr).contains("is not ready (404)"), "{}", text(&elsewhere.stderr));
    system.stop(&[]).await;
    let gone = run(&["health", &operations]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains(&format!("{operations} does not answer")), "{}", text(&gone.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_r74_the_command_asks_over_tls_and_believes_whom_it_is_told_to() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let files = certificates.files();
    let setup = Setup::default().adjust(move |config| {
        config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
        config.operations.tls = Some(files);
    });
    let system = setup.start().await;
    assert_eq!(system.browser().get("/no-such-page").await.status, 404, "citizens are served without");
    let operations = system.demo.operations.expect("a listener").to_string();
    let (issuer, other) = [&certificates, &others].map(|one| one.issuer_file().display().to_string()).into();
    let good = run(&["health", &operations, "--trusted-roots-file", &issuer]);
    assert!(good.status.success(), "{}", text(&good.stderr));
    assert_eq!(text(&good.stdout), format!("{operations}: ready\n"));
    let named = run(&["health", &operations, "--trusted-roots-file", &issuer, "--server-name", "localhost"]);
    assert!(named.status.success(), "{}", text(&named.stderr));
    for (arguments, code, said) in [
        (vec!["--trusted-roots-file", &issuer, "--server-name", "elsewhere.example"], 1, "does not answer"),
        (vec!["--trusted-roots-file", &other], 1, "does not answer"),
        (vec![], 1, "does not "),
        (vec!["--trusted-roots-file", "/nowhere"], 78, "cannot be read"),
    ] {
        let asked = run(&[&["health", operations.as_str()], &arguments[..]].concat());
        let complaint = text(&asked.stderr);
        assert_eq!(asked.status.code(), Some(code), "{arguments:?}: {complaint}");
        assert!(complaint.contains(said), "{arguments:?}: {complaint}");
    }
    system.stop(&[]).await;
}
