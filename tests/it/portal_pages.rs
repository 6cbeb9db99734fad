//! Portals: who may frame what, which pages may read answers, fragments, and the files that pages load (requirements R64,
//! R67, R68 and R70).

use aws_lc_rs::digest::{SHA384, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;

use crate::portal::{BIRKERUP, FRAME, IN_FRAME, ORIGIN, OTHER_ORIGIN, OVERVIEW, Portals, SECOND_ORIGIN};

fn ancestors(policy: &str) -> &str {
    policy.split(';').find_map(|one| one.trim().strip_prefix("frame-ancestors ")).unwrap_or_default()
}

const FRAMED: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];

#[tokio::test]
async fn r67_a_frame_is_for_its_portal_s_origins_and_everything_else_for_nobody() {
    let portals = Portals::start().await;
    let mut client = portals.a_server();
    let shell = client.send(Method::GET, &portals.at("/embed/v1/frame?portal=birkerup&lang=en"), &FRAMED, None).await;
    assert_eq!(shell.status, 200, "{}", shell.text);
    let both = format!("{SECOND_ORIGIN} {ORIGIN}");
    assert_eq!(ancestors(shell.header("content-security-policy")), both);
    assert!(shell.text.contains("data-standing=\"shell\"") && shell.text.contains("lang=\"en\""), "{}", shell.text);
    assert!(shell.text.contains(&format!("data-origins=\"{both}\"")) && !shell.headers.contains_key("set-cookie"));
    let policy = shell.header("content-security-policy");
    for strict in
        ["default-src 'none'", "script-src 'self'", "form-action 'self'", "require-trusted-types-for 'script'"]
    {
        assert!(policy.contains(strict), "{strict}: {policy}");
    }

    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let shown = portals.show_in_frame("birkerup", &embed, &IN_FRAME).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let ours = format!("'self' {ORIGIN}");
    assert_eq!(ancestors(shown.header("content-security-policy")), ours, "our shell, at the one origin of the token");
    assert!(shown.text.contains("Traktoren, der ville flyve") && shown.text.contains("data-standing=\"shown\""));
    assert!(!shown.text.contains("<script") && !shown.headers.contains_key("set-cookie"));
    assert!(!shown.text.contains(&embed), "the token is in no page");

    for path in ["/", "/auth/logged-out", "/embed/v1/integrity.json", "/embed/v1/nothing.js", OVERVIEW] {
        let answer = client.send(Method::GET, &portals.at(path), &[], None).await;
        assert_eq!(ancestors(answer.header("content-security-policy")), "'none'", "{path}");
    }
    for query in ["", "?portal=", "?portal=nobody", "?portal=birkerup&portal=askerup"] {
        let answer = client.send(Method::GET, &portals.at(&format!("{FRAME}{query}")), &FRAMED, None).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{query}");
        assert_eq!(ancestors(answer.header("content-security-policy")), "'none'", "{query}");
    }
    portals.stop(&[&embed, &access]).await;
}

#[tokio::test]
async fn r67_a_frame_where_none_may_be_asks_no_source() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let [site, mode, destination] = IN_FRAME;
    for (what, headers) in [
        ("a form of another site into a frame", [("sec-fetch-site", "cross-site"), mode, destination]),
        ("a form of another page on the portal's site", [("sec-fetch-site", "same-site"), mode, destination]),
        ("a form in a tab", [site, mode, ("sec-fetch-dest", "document")]),
        ("an embedded object", [site, mode, ("sec-fetch-dest", "object")]),
        ("a script", [site, ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        ("a look ahead", [mode, destination, ("sec-purpose", "prefetch")]),
    ] {
        let answer = portals.show_in_frame("birkerup", &embed, &headers).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("foreign-origin")), "{what}");
        assert_eq!(ancestors(answer.header("content-security-policy")), "'none'", "{what}");
    }
    assert_eq!(portals.show_in_frame("birkerup", &embed, &[]).await.status, 403, "a browser that says nothing");
    for token in ["", "x", "a.b.c"] {
        let answer = portals.show_in_frame("birkerup", token, &IN_FRAME).await;
        assert!([400, 401].contains(&answer.status.as_u16()), "{token}");
    }
    let mut client = portals.a_server();
    for headers in
        [&[][..], &[mode, ("sec-fetch-dest", "document")], &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]]
    {
        let answer = client.send(Method::GET, &portals.at("/embed/v1/frame?portal=birkerup"), headers, None).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    assert_eq!(portals.calls(), 0, "no source was asked");
    assert_eq!(portals.show_in_frame("birkerup", &embed, &IN_FRAME).await.status, 200, "the control");
    assert!(portals.calls() > 0);
    portals.stop(&[&embed, &access]).await;
}

/// None of these is registered, however near it is to what is.
const NEAR: [&str; 30] = [
    "null",
    "*",
    "",
    "https://birkerup.example",
    "https://www.birkerup.example.evil.example",
    "https://evil-www.birkerup.example",
    "https://evilwww.birkerup.example",
    "https://www.birkerup.example.",
    "https://www.birkerup.exampl",
    "https://www.birkerup.example2",
    "https://www.birkerup.example:443",
    "https://www.birkerup.example:8443",
    "https://www.birkerup.example/",
    "https://www.birkerup.example/x",
    "https://www.birkerup.example?x",
    "https://www.birkerup.example#x",
    "https://a@www.birkerup.example",
    "http://www.birkerup.example",
    "HTTPS://www.birkerup.example",
    "https://WWW.birkerup.example",
    "https://www.Birkerup.example",
    "https://a.www.birkerup.example",
    "https://www.birkerup.example https://evil.example",
    "https://www.birkerup.example,https://evil.example",
    "https://evil.example https://www.birkerup.example",
    "https:/www.birkerup.example",
    "www.birkerup.example",
    "https://xn--birkerup.example",
    "file://",
    "https://localhost",
];

#[tokio::test]
async fn r68_answers_are_read_by_registered_origins_to_the_letter_and_by_no_other() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let mut client = portals.a_server();
    let preflight = [("access-control-request-method", "GET"), ("access-control-request-headers", "authorization")];
    for origin in NEAR {
        for path in [OVERVIEW, "/embed/v1/sections/library", "/embed/v1/integrity.json", TOKEN_DOOR] {
            let headers = [&preflight[..], &[("origin", origin)]].concat();
            let answer = client.send(Method::OPTIONS, &portals.at(path), &headers, None).await;
            assert_eq!(answer.status, 403, "{origin} {path}");
            assert_no_sharing(&answer, origin);
        }
        let answer = portals.show_to_page(OVERVIEW, &embed, origin).await;
        assert_eq!(answer.status, 401, "{origin}");
        assert_no_sharing(&answer, origin);
    }
    assert_eq!(portals.calls(), 0, "no source was asked");
    for origin in [ORIGIN, SECOND_ORIGIN, OTHER_ORIGIN] {
        let headers = [&preflight[..], &[("origin", origin)]].concat();
        let answer = client.send(Method::OPTIONS, &portals.at(OVERVIEW), &headers, None).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, origin));
        assert_eq!(answer.header("access-control-allow-methods"), "GET");
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        assert!(answer.header("vary").contains("Origin"));
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        for door in [TOKEN_DOOR, FRAME, "/api/v1/overview", "/auth/login", "/"] {
            let answer = client.send(Method::OPTIONS, &portals.at(door), &headers, None).await;
            assert_no_sharing(&answer, door);
        }
    }
    let answer = portals.show_to_page(OVERVIEW, &embed, ORIGIN).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, ORIGIN));
    assert!(
        answer.header("vary").contains("Origin") && !answer.headers.contains_key("access-control-allow-credentials")
    );
    let refused = portals.show_to_page(OVERVIEW, "a.b.c", ORIGIN).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (401, ORIGIN), "errors too");
    portals.stop(&[&embed, &access]).await;
}

const TOKEN_DOOR: &str = crate::portal::TOKEN;

#[track_caller]
fn assert_no_sharing(answer: &overblik_tests::Answer, what: &str) {
    let shares = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert!(shares.is_none(), "{what}: {shares:?}");
}

#[tokio::test]
async fn r68_a_portal_without_scripts_shares_nothing_with_them() {
    let portals = Portals::start_with(overblik_tests::Setup::default(), |config| {
        let ways = serde_json::from_value(serde_json::json!(["frame"])).expect("ways");
        config.embed.as_mut().expect("portals").portals.get_mut("birkerup").expect("a portal").ways = ways;
    })
    .await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let fields = [
        ("subject_token", subject.as_str()),
        ("subject_token_type", crate::portal::ACCESS_TOKEN),
        ("requested_token_type", crate::portal::EMBED),
        ("audience", ORIGIN),
    ];
    let given = portals.exchange(BIRKERUP, &fields).await.json();
    let embed = given["access_token"].as_str().expect("a token, at one go").to_owned();
    let answer = portals.show_to_page(OVERVIEW, &embed, ORIGIN).await;
    assert_eq!(answer.status, 401);
    assert_no_sharing(&answer, "no component");
    assert_eq!(portals.show_in_frame("birkerup", &embed, &IN_FRAME).await.status, 200);
    portals.stop(&[&embed]).await;
}

#[tokio::test]
async fn r64_fragments_are_sections_without_a_page_or_a_script_in_the_language_asked_for() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    for (path, begins) in
        [(OVERVIEW, "<div class=\"ob-overview\""), ("/embed/v1/sections/library", "<section class=\"ob-section\"")]
    {
        for (query, language) in [("?lang=en", "en"), ("?lang=da", "da"), ("", "da")] {
            let answer = portals.show_with(&format!("{path}{query}"), &access, &[("accept", "text/html")]).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
            assert!(answer.text.starts_with(begins), "{}", answer.text);
            assert!(answer.text.contains(&format!("lang=\"{language}\"")) && answer.text.contains("Traktoren"));
            for none in
                ["<html", "<body", "<head", "<script", "<style", " style=", "<link", "<form", "onclick", "target="]
            {
                assert!(!answer.text.contains(none), "{none}");
            }
            for attribute in [" class=\"", " id=\""] {
                for value in answer.text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                    assert!(value.split(' ').all(|name| name.starts_with("ob-")), "{value}");
                }
            }
        }
    }
    assert_eq!(
        portals.show_with("/embed/v1/sections/none", &access, &[("accept", "text/html")]).await.header("content-type"),
        "application/problem+json"
    );
    portals.stop(&[&access]).await;
}

#[tokio::test]
async fn r70_files_have_versions_and_hashes_and_may_be_kept_for_ever() {
    let portals = Portals::start().await;
    let mut client = portals.a_server();
    let list = client.send(Method::GET, &portals.at("/embed/v1/integrity.json"), &[("origin", ORIGIN)], None).await;
    assert_eq!((list.status.as_u16(), list.header("access-control-allow-origin")), (200, ORIGIN));
    let files = list.json()["files"].as_array().expect("files").clone();
    assert!(files.len() >= 2);
    for file in files {
        let text = |name: &str| file[name].as_str().expect("a text").to_owned();
        let path = text("path");
        assert!(path.starts_with(&format!("/embed/v1/{}-{}.", text("name"), text("version"))), "{path}");
        let answer = client.send(Method::GET, &portals.at(&path), &[("origin", ORIGIN)], None).await;
        assert_eq!(answer.status, 200, "{path}");
        let hash = STANDARD.encode(digest(&SHA384, answer.text.as_bytes()));
        assert_eq!(text("integrity"), format!("sha384-{hash}"), "{path}");
        assert!(answer.header("cache-control").contains("immutable") && answer.header("vary").contains("Origin"));
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        let unregistered =
            client.send(Method::GET, &portals.at(&path), &[("origin", "https://evil.example")], None).await;
        assert_no_sharing(&unregistered, &path);
    }
    portals.stop(&[]).await;
}
