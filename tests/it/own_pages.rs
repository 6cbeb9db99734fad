//! What other sites can make a browser send starts nothing (requirement R33). The rules themselves are tested beside the
//! code, a real browser in `tests/browser/own_pages.test.mjs`.

use http::Method;
use overblik_tests::{SOURCES, System, raw_get, raw_request};

fn calls(system: &System) -> usize {
    SOURCES.iter().map(|source| system.calls(*source)).sum()
}

#[tokio::test]
async fn r33_a_read_that_another_site_caused_asks_no_source() {
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = format!("cookie: {}", browser.cookie_header());
    let before = calls(&system);
    for lines in [
        &[][..],
        &["sec-fetch-site: same-site"],
        &["sec-fetch-site: cross-site"],
        &["sec-fetch-site: none", "sec-fetch-mode: navigate", "sec-fetch-dest: document"],
        &["sec-fetch-site: same-site", "x-overblik-csrf: 1"],
        &["origin: null", "sec-fetch-site: cross-site"],
        &["x-overblik-csrf: true"],
    ] {
        for accept in ["accept: application/json", "accept: text/event-stream"] {
            let mut headers = vec![cookie.clone(), accept.to_owned()];
            headers.extend(lines.iter().map(|line| (*line).to_owned()));
            let answer = raw_get(&system.demo.url, "/api/v1/overview", &headers).await;
            assert_eq!(answer.status, 403, "{lines:?}: {}", answer.head);
            assert!(answer.body.contains("\"foreign-origin\""), "{}", answer.body);
            assert!(answer.head.contains("cache-control: no-store"));
        }
    }
    assert_eq!(calls(&system), before, "no source was asked");
    for own in ["sec-fetch-site: same-origin", "x-overblik-csrf: 1"] {
        let answer = raw_get(&system.demo.url, "/api/v1/overview", &[cookie.clone(), own.to_owned()]).await;
        assert_eq!(answer.status, 200, "{own}: {}", answer.head);
    }
    assert!(calls(&system) > before, "the control: these are what asks");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r33_the_page_in_a_frame_an_image_or_ahead_of_time_asks_no_source() {
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = format!("cookie: {}", browser.cookie_header());
    let before = calls(&system);
    for lines in [
        ["sec-fetch-mode: navigate", "sec-fetch-dest: iframe"],
        ["sec-fetch-mode: no-cors", "sec-fetch-dest: image"],
        ["sec-fetch-mode: no-cors", "sec-fetch-dest: script"],
        ["sec-fetch-mode: cors", "sec-fetch-dest: empty"],
        ["sec-fetch-dest: document", "sec-purpose: prefetch"],
    ] {
        let mut headers = vec![cookie.clone(), "accept: text/html".to_owned(), "sec-fetch-site: same-site".to_owned()];
        headers.extend(lines.map(str::to_owned));
        let answer = raw_get(&system.demo.url, "/", &headers).await;
        assert_eq!(answer.status, 403, "{lines:?}: {}", answer.head);
    }
    assert_eq!(calls(&system), before, "no source was asked");
    let shown = ["sec-fetch-mode: navigate", "sec-fetch-dest: document", "sec-fetch-site: same-origin"];
    let headers: Vec<_> = [cookie.as_str()].into_iter().chain(shown).map(str::to_owned).collect();
    assert_eq!(raw_get(&system.demo.url, "/", &headers).await.status, 200);
    assert!(calls(&system) > before, "the control: a page that is shown asks");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r33_nothing_beneath_the_api_is_changed_without_header_page_and_json() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    let post = async |lines: &str| {
        let request = format!(
            "POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n{lines}\r\n"
        );
        raw_request(&system.demo.url, request).await.status
    };
    let ours = "x-overblik-csrf: 1\r\nsec-fetch-site: same-origin\r\n";
    assert_eq!(post("").await, 403);
    assert_eq!(post("sec-fetch-site: same-origin\r\n").await, 403);
    assert_eq!(post("x-overblik-csrf: 1\r\nsec-fetch-site: same-site\r\n").await, 403);
    // A body of nothing has no type that could be wrong.
    assert_eq!(post(&format!("{ours}content-type: text/plain\r\ncontent-length: 0\r\n")).await, 200);
    // As a form with text/plain sends what looks like JSON.
    let with_body = format!("{ours}content-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n");
    assert_eq!(post(&with_body).await, 415);
    // The control: what passes the rule stays logged in.
    assert_eq!(post(ours).await, 200);
    let url = browser.at("/api/v1/sessions");
    let page = ("sec-fetch-site", "same-origin");
    for headers in
        [&[page][..], &[("x-overblik-csrf", "1")], &[("x-overblik-csrf", "1"), ("sec-fetch-site", "same-site")]]
    {
        let answer = browser.send(Method::DELETE, &url, headers, None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("foreign-origin")));
    }
    assert_eq!(browser.get("/api/v1/session").await.status, 200, "no session was ended");
    assert_eq!(browser.send(Method::DELETE, &url, &[page, ("x-overblik-csrf", "1")], None).await.status, 204);
    system.stop(&[&browser]).await;
}
