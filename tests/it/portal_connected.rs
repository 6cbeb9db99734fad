//! Connected frames: what a citizen lets a portal without a server show, and who else gets nothing (requirements R67 and R69).

use std::time::Duration;

use http::Method;
use overblik_demo::Source;
use overblik_tests::{Answer, Browser, Person, ProviderStandIn, Setup, System};
use serde_json::json;

use crate::portal::{BIRKERUP, IN_FRAME, ORIGIN, OVERVIEW, Portals, SECOND_ORIGIN};

pub(crate) const CONNECTED: &str = "/embed/v1/connected";
pub(crate) const COOKIE: &str = "__Host-Http-overblik-connected-birkerup";
const OWN_COOKIE: &str = "__Host-Http-overblik";

/// What a browser says of a frame on another site's page.
const FRAMED: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];

/// What a browser says of our own window's form.
const IN_WINDOW: [(&str, &str); 3] =
    [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// Two portals whose frames a citizen may connect, and a third that has no server, nor anything that one would need.
pub(crate) async fn start() -> Portals {
    start_with(Setup::default()).await
}

pub(crate) async fn start_with(setup: Setup) -> Portals {
    let setup = setup.contract(Source::Library, "displayClients: [overblik", "displayClients: [overblik, skovby");
    Portals::start_with(setup, |config| {
        let portals = &mut config.embed.as_mut().expect("portals").portals;
        for portal in portals.values_mut() {
            portal.ways.insert(serde_json::from_value(json!("connected")).expect("a way"));
        }
        let skovby = json!({
            "name": { "da": "Skovby Lokalråd", "en": "Skovby Council" }, "display_client": "skovby",
            "origins": ["https://www.skovby.example"], "sources": ["library"], "ways": ["connected"],
        });
        portals.insert("skovby".into(), serde_json::from_value(skovby).expect("a portal"));
    })
    .await
}

/// Somebody who is logged in at the gateway.
pub(crate) async fn logged_in(portals: &Portals, citizen: &'static str) -> Browser {
    portals.apps.provider.log_in_as(Person::of(citizen));
    // Longer than anything here lasts.
    portals.apps.provider.change_answer(|answer| answer["expires_in"] = json!(3600));
    // The library asks where they live.
    portals.apps.provider.forge(move |mut draft| {
        draft.claims["municipality_code"] = json!(System::citizen(citizen).municipality_code);
        draft.signed()
    });
    let (browser, landed) = ProviderStandIn::log_in(&portals.apps.system).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    browser
}

/// What a frame on a portal's page shows.
pub(crate) async fn frame(portals: &Portals, browser: &mut Browser, query: &str) -> Answer {
    browser.send(Method::GET, &portals.at(&format!("{CONNECTED}?{query}")), &FRAMED, None).await
}

/// What the window answers to a yes.
pub(crate) async fn say_yes(portals: &Portals, browser: &mut Browser, portal: &str) -> Answer {
    browser.send(Method::POST, &portals.at(&format!("/connect/{portal}")), &IN_WINDOW, Some(&[])).await
}

/// The code in what the window answered.
pub(crate) fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (_, rest) = answer.text.split_once("data-code=\"").expect("a code");
    rest.split('"').next().expect("a code").to_owned()
}

/// What is answered to the frame that brings a code.
pub(crate) async fn bring(portals: &Portals, browser: &mut Browser, portal: &str, code: &str) -> Answer {
    send(portals, browser, CONNECTED, &[("portal", portal), ("lang", "da"), ("sections", ""), ("code", code)]).await
}

pub(crate) async fn send(portals: &Portals, browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> Answer {
    let form: Vec<_> = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    browser.send(Method::POST, &portals.at(path), &IN_FRAME, Some(&form)).await
}

/// A browser in which a portal shows a citizen's sections.
pub(crate) async fn connected(portals: &Portals, citizen: &'static str) -> Browser {
    let mut browser = logged_in(portals, citizen).await;
    let allowed = say_yes(portals, &mut browser, "birkerup").await;
    let given = bring(portals, &mut browser, "birkerup", &code(&allowed)).await;
    assert_eq!(given.status, 303, "{}", given.text);
    browser
}

#[track_caller]
pub(crate) fn assert_button(answer: &Answer, what: &str) {
    assert!(answer.text.contains("data-standing=\"button\""), "{what}: {}", answer.text);
    assert!(!answer.text.contains("Traktoren"), "{what}");
}

#[track_caller]
pub(crate) fn assert_shown(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("data-standing=\"shown\"") && answer.text.contains("Traktoren"), "{}", answer.text);
}

#[tokio::test]
async fn r69_a_citizen_lets_a_portal_show_what_it_may_and_takes_it_back() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    assert_button(&frame(&portals, &mut browser, "portal=birkerup").await, "before");
    let asked = browser.send(Method::GET, &portals.at("/connect/birkerup?lang=en"), &IN_WINDOW, None).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    for words in ["birkerup Municipality", ORIGIN, SECOND_ORIGIN, "Library", "action=\"/connect/birkerup\""] {
        assert!(asked.text.contains(words), "{words} in {}", asked.text);
    }
    assert_eq!(portals.calls(), 0, "no source was asked");

    let allowed = say_yes(&portals, &mut browser, "birkerup").await;
    let code = code(&allowed);
    assert!(!allowed.headers.contains_key("set-cookie"), "the window gets no cookie");
    let given = bring(&portals, &mut browser, "birkerup", &code).await;
    assert_eq!(
        (given.status.as_u16(), given.header("location")),
        (303, "/embed/v1/connected?portal=birkerup&lang=da&given=1")
    );
    let cookie = given.header("set-cookie");
    let (value, attributes) = cookie.split_once(';').expect("attributes");
    assert!(value.starts_with(&format!("{COOKIE}=")) && value.len() == COOKIE.len() + 87, "{cookie}");
    assert_eq!(attributes.trim(), "Path=/; Secure; HttpOnly; SameSite=None; Partitioned");
    assert_eq!(portals.calls(), 0, "nor yet");

    let shown = frame(&portals, &mut browser, "portal=birkerup&lang=da").await;
    assert_shown(&shown);
    assert!(shown.text.contains("data-source=\"library\"") && shown.text.contains("data-source=\"payments\""));
    assert!(!shown.text.contains("data-source=\"daycare\""), "a source that did not agree");
    assert!(!shown.headers.contains_key("set-cookie") && !shown.text.contains(&code));
    assert_eq!(
        shown.header("refresh"),
        "901;url=/embed/v1/connected?portal=birkerup&lang=da",
        "it goes when it is over"
    );
    let one = frame(&portals, &mut browser, "portal=birkerup&lang=da&sections=payments").await;
    assert!(one.text.contains("data-source=\"payments\"") && !one.text.contains("data-source=\"library\""));
    for other in ["sections=daycare", "sections=nothing", "sections=library,daycare"] {
        assert_eq!(frame(&portals, &mut browser, &format!("portal=birkerup&{other}")).await.status, 404, "{other}");
    }

    let ended =
        send(&portals, &mut browser, "/embed/v1/connected/end", &[("portal", "birkerup"), ("lang", "da")]).await;
    assert_eq!((ended.status.as_u16(), ended.header("location")), (303, "/embed/v1/connected?portal=birkerup&lang=da"));
    assert!(ended.header("set-cookie").starts_with(&format!("{COOKIE}=;")), "the cookie goes");
    browser.set_cookie(COOKIE, value.split_once('=').expect("a value").1);
    assert_button(&frame(&portals, &mut browser, "portal=birkerup").await, "the same cookie opens nothing any more");
    assert_eq!(browser.get("/api/v1/overview").await.status, 200, "the citizen's own session goes on");
    portals.apps.stop(&[&browser], &[&code]).await;
}

#[tokio::test]
async fn r69_a_site_without_a_server_needs_no_key_and_no_client_and_opens_no_door_of_servers() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let allowed = say_yes(&portals, &mut browser, "skovby").await;
    assert_eq!(bring(&portals, &mut browser, "skovby", &code(&allowed)).await.status, 303);
    let shown = frame(&portals, &mut browser, "portal=skovby").await;
    assert_shown(&shown);
    assert!(!shown.text.contains("data-source=\"payments\""), "another portal's agreement");
    let other = browser.send(Method::GET, &portals.at("/embed/v1/frame?portal=skovby"), &FRAMED, None).await;
    assert_eq!(other.status, 404, "a frame with tokens");
    let (header, mut claims) = portals.assertion(BIRKERUP);
    (claims["iss"], claims["sub"]) = (json!("skovby"), json!("skovby"));
    let form = crate::portal::proof_of(&portals.sign(BIRKERUP, &header, &claims));
    assert_eq!(portals.exchange_with(form, &[("subject_token", "x")], &[]).await.status, 401, "nobody signs for it");
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r67_a_connected_frame_is_for_its_portal_s_origins_and_asks_no_source_before_it_is_let() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let button = frame(&portals, &mut browser, "portal=birkerup&lang=en").await;
    assert_eq!(button.status, 200);
    assert_button(&button, "a button");
    let policy = button.header("content-security-policy");
    assert!(policy.contains(&format!("frame-ancestors {SECOND_ORIGIN} {ORIGIN};")), "{policy}");
    assert!(policy.contains("require-trusted-types-for 'script'") && policy.contains("form-action 'self'"));
    for query in ["", "portal=", "portal=nobody", "portal=birkerup&portal=askerup", "portal=birkerup%20"] {
        let answer = frame(&portals, &mut browser, query).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{query}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{query}");
    }
    let mut connected = connected(&portals, "family-signe").await;
    let [site, mode, destination] = FRAMED;
    let in_tab = ("sec-fetch-dest", "document");
    for headers in [&[][..], &[site, mode, in_tab], &[site, destination, ("sec-fetch-mode", "cors")], &[mode, in_tab]] {
        let answer =
            connected.send(Method::GET, &portals.at("/embed/v1/connected?portal=birkerup"), headers, None).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    assert_eq!(portals.calls(), 0, "no source was asked");
    portals.apps.stop(&[&browser, &connected], &[]).await;
}

#[tokio::test]
async fn r67_a_portal_that_is_not_registered_for_it_has_neither_frame_nor_window() {
    let portals = Portals::start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    for portal in ["birkerup", "nobody", "skovby"] {
        assert_eq!(frame(&portals, &mut browser, &format!("portal={portal}")).await.status, 404, "{portal}");
        let window = browser.send(Method::GET, &portals.at(&format!("/connect/{portal}")), &IN_WINDOW, None).await;
        assert_eq!(window.status, 404, "{portal}");
        assert_eq!(say_yes(&portals, &mut browser, portal).await.status, 404, "{portal}");
        assert_eq!(bring(&portals, &mut browser, portal, &"A".repeat(86)).await.status, 404, "{portal}");
        let end = [("portal", portal), ("lang", "da")];
        assert_eq!(send(&portals, &mut browser, "/embed/v1/connected/end", &end).await.status, 404, "{portal}");
    }
    assert_eq!(portals.calls(), 0);
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r69_a_code_counts_once_within_a_minute_and_for_its_portal_s_frame() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let mut codes = Vec::new();
    let mut new_code = async |browser: &mut Browser| {
        let made = code(&say_yes(&portals, browser, "birkerup").await);
        codes.push(made.clone());
        made
    };
    let mut elsewhere = portals.apps.system.browser();
    let code = new_code(&mut browser).await;
    assert_eq!(bring(&portals, &mut browser, "birkerup", &code).await.status, 303);
    let again = bring(&portals, &mut elsewhere, "birkerup", &code).await;
    assert_eq!(again.status, 401, "twice");
    assert_button(&again, "twice");
    assert!(elsewhere.cookie(COOKIE).is_none());

    let late = new_code(&mut browser).await;
    portals.pass(Duration::from_mins(1));
    assert_eq!(bring(&portals, &mut elsewhere, "birkerup", &late).await.status, 401, "late");

    let others = new_code(&mut browser).await;
    assert_eq!(bring(&portals, &mut elsewhere, "askerup", &others).await.status, 401, "another portal's frame");
    assert_eq!(bring(&portals, &mut elsewhere, "birkerup", &others).await.status, 401, "and then it is used");

    let good = new_code(&mut browser).await;
    let other_end: String = good.chars().rev().collect();
    let changed: String = good
        .chars()
        .enumerate()
        .map(|(place, sign)| if place == 60 { if sign == 'A' { 'B' } else { 'A' } } else { sign })
        .collect();
    let cut: String = good.chars().take(85).collect();
    for forged in ["x", &"A".repeat(86), &other_end, &changed, &format!("{good}A"), &cut] {
        let answer = bring(&portals, &mut elsewhere, "birkerup", forged).await;
        assert_eq!(answer.status, 401, "{forged}");
    }
    let empty = bring(&portals, &mut elsewhere, "birkerup", "").await;
    assert_eq!(empty.status, 400);
    assert!(elsewhere.cookie_names().is_empty());
    let control = new_code(&mut browser).await;
    assert_eq!(bring(&portals, &mut elsewhere, "birkerup", &control).await.status, 303, "the control");
    assert_eq!(portals.calls(), 0, "no source was asked");
    portals.apps.stop(&[&browser], &codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn r69_what_opens_a_connected_frame_opens_nothing_else_and_nothing_else_opens_it() {
    let portals = start().await;
    let mut browser = connected(&portals, "family-signe").await;
    let ticket = browser.cookie(COOKIE).expect("a cookie").to_owned();
    for path in ["/", "/api/v1/overview", "/api/v1/session", "/api/v1/sessions", "/embed/v1/overview"] {
        for name in [COOKIE, OWN_COOKIE] {
            let mut other = portals.apps.system.browser();
            other.set_cookie(name, &ticket);
            let answer = other.get(path).await;
            assert!(answer.status != 200 || path == "/", "{name} at {path}");
            assert!(!answer.text.contains("Traktoren") && !answer.text.contains("Signe"), "{name} at {path}");
        }
    }
    for path in [OVERVIEW, "/api/v1/overview"] {
        assert_eq!(portals.show(path, &ticket).await.status, 401, "as a token at {path}");
    }
    assert_eq!(portals.show_in_frame("birkerup", &ticket, &IN_FRAME).await.status, 401, "as an embed token");
    let fields = [("subject_token", ticket.as_str()), ("subject_token_type", crate::portal::SECTIONS)];
    assert_eq!(portals.exchange(BIRKERUP, &fields).await.status, 400, "as a section access");
    let mut at_other = portals.apps.system.browser();
    at_other.set_cookie(COOKIE, &ticket);
    at_other.set_cookie("__Host-Http-overblik-connected-askerup", &ticket);
    at_other.set_cookie("__Host-Http-overblik-connected-skovby", &ticket);
    for portal in ["askerup", "skovby"] {
        assert_button(&frame(&portals, &mut at_other, &format!("portal={portal}")).await, portal);
    }

    let access = portals.access("family-signe", BIRKERUP).await;
    let own = browser.cookie(OWN_COOKIE).expect("a session").to_owned();
    for (what, value) in [("a section access", &access), ("the citizen's own session", &own)] {
        let mut other = portals.apps.system.browser();
        other.set_cookie(COOKIE, value);
        assert_button(&frame(&portals, &mut other, "portal=birkerup").await, what);
    }
    let mut own_alone = portals.apps.system.browser();
    own_alone.set_cookie(OWN_COOKIE, &own);
    let framed_at_home =
        own_alone.send(Method::GET, &portals.at("/embed/v1/connected?portal=birkerup"), &IN_FRAME, None).await;
    assert_button(&framed_at_home, "a citizen's own cookie, were a browser to send it");
    assert_eq!(portals.calls(), 0, "no source was asked");
    assert_shown(&frame(&portals, &mut browser, "portal=birkerup").await);
    portals.apps.stop(&[&browser], &[&access, &ticket]).await;
}

#[tokio::test]
async fn r69_the_same_cookie_twice_or_in_another_spelling_opens_nothing() {
    let portals = start().await;
    let browser = connected(&portals, "family-signe").await;
    let ticket = browser.cookie(COOKIE).expect("a cookie").to_owned();
    let other_case = COOKIE.replace("__Host-Http", "__host-http");
    for cookies in [
        format!("{COOKIE}={ticket}; {COOKIE}={ticket}"),
        format!("{COOKIE}={ticket}; {other_case}={ticket}"),
        format!("{other_case}={ticket}"),
        format!("{COOKIE}={ticket}A"),
        format!("{COOKIE}="),
    ] {
        let mut client = portals.a_server();
        let headers = [&FRAMED[..], &[("cookie", cookies.as_str())]].concat();
        let answer = client.send(Method::GET, &portals.at("/embed/v1/connected?portal=birkerup"), &headers, None).await;
        assert_button(&answer, &cookies);
    }
    assert_eq!(portals.calls(), 0);
    portals.apps.stop(&[&browser], &[&ticket]).await;
}

#[tokio::test]
async fn r67_a_window_that_another_page_opened_is_cut_off_from_it_before_anything_is_asked() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let url = portals.at("/connect/birkerup");
    for (site, asks) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
        let headers = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        let answer = browser.send(Method::GET, &url, &headers, None).await;
        assert_eq!(answer.text.contains("connect-yes"), asks, "{site}: {}", answer.text);
        let kept = if asks { "unsafe-none" } else { "same-origin" };
        assert_eq!(answer.header("cross-origin-opener-policy"), kept, "{site}");
    }
    portals.apps.stop(&[&browser], &[]).await;
}
