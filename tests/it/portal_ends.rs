//! Portals: where their tokens open nothing, and when they end (requirements R69 and R31).

use std::time::Duration;

use http::Method;
use overblik_tests::Person;
use serde_json::json;

use crate::{
    bearer::sources,
    native_app::{self, now},
    portal::{ASKERUP, BIRKERUP, FRAME, IN_FRAME, ORIGIN, OTHER_ORIGIN, OVERVIEW, Portals, SECOND_ORIGIN, SECTIONS},
};

const COOKIE: &str = "__Host-Http-overblik";

#[tokio::test]
async fn r69_an_embed_token_is_for_one_origin_and_these_sources_and_says_nothing_of_the_citizen() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let token = portals.embed_token_of(BIRKERUP, &access, &[("audience", ORIGIN), ("scope", "library")]).await;
    let answer = portals.show_to_page(OVERVIEW, &token, ORIGIN).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(sources(&answer.json()), ["library"], "what the token names, of what the access has");
    assert_eq!(portals.show_to_page("/embed/v1/sections/payments", &token, ORIGIN).await.status, 404);

    for origin in [SECOND_ORIGIN, OTHER_ORIGIN, "null", "https://evil.example", "https://www.birkerup.example:443", ""]
    {
        assert_eq!(portals.show_to_page(OVERVIEW, &token, origin).await.status, 401, "{origin}");
    }
    assert_eq!(portals.show(OVERVIEW, &token).await.status, 401, "without an origin");
    let twice = [("origin", ORIGIN), ("origin", ORIGIN)];
    assert_eq!(portals.show_with(OVERVIEW, &token, &twice).await.status, 401, "with two");

    let parts: Vec<_> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
    let said = String::from_utf8_lossy(&parts.concat()).into_owned();
    let citizen = overblik_tests::System::citizen("family-signe");
    for personal in [citizen.cpr.expect("a number"), citizen.name, "Signe", &Person::of("family-signe").subject] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
    assert!(said.contains(r#""typ":"overblik-embed+jwt""#) && !said.contains(&access));
    portals.stop(&[&token, &access]).await;
}

/// Doors and pages of the citizen's own.
const DOORS: [&str; 4] = [native_app::OVERVIEW, native_app::SESSION, "/api/v1/sessions", "/api/v1/sources"];
const PAGES: &[&str] = &["/", "/sections/library", "/sections/daycare", "/sections/library/items/AAAA", "/declaration"];

#[tokio::test]
async fn r69_neither_token_opens_any_other_door() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    for (what, token) in [("embed token", &embed), ("section access", &access)] {
        // Of a section within its reach, of one beyond it, and of an item of either.
        let sections = ["library", "daycare", "library/items/AAAA", "daycare/items/AAAA"];
        let doors = sections.map(|section| format!("/api/v1/sections/{section}"));
        let doors: Vec<&str> = doors.iter().map(String::as_str).chain(DOORS).collect();
        for path in &doors {
            let answer = portals.show(path, token).await;
            assert_eq!(answer.status, 401, "{what} at {path}: {}", answer.text);
        }
        for path in doors.iter().chain(PAGES) {
            let mut browser = portals.apps.system.browser();
            browser.set_cookie(COOKIE, token);
            let answer = browser.get(path).await;
            assert!(answer.status != 200 || PAGES.contains(path), "{what} as a cookie at {path}");
            assert!(!answer.text.contains("Traktoren"), "{what} as a cookie at {path}");
        }
        for path in ["/embed/v1/sections/library/items/AAAA", "/embed/v1/sections/daycare"] {
            let answer = portals.show_with(path, token, &[("origin", ORIGIN)]).await;
            assert!([403, 404].contains(&answer.status.as_u16()), "{what} at {path}: {}", answer.status);
        }
    }
    // A section access is the server's alone.
    for headers in
        [&[("origin", ORIGIN)][..], &[("sec-fetch-site", "cross-site")], &[("sec-fetch-site", "same-origin")]]
    {
        assert_eq!(portals.show_with(OVERVIEW, &access, headers).await.status, 403, "{headers:?}");
    }
    assert_eq!(portals.show_in_frame("birkerup", &access, &IN_FRAME).await.status, 401);
    assert_eq!(portals.show_in_frame("askerup", &embed, &IN_FRAME).await.status, 401, "another portal's frame");
    // What opens other doors opens none of these, nor does a cookie.
    let app = portals.apps.token("family-signe");
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    for token in [&app, &subject] {
        assert_eq!(portals.show(OVERVIEW, token).await.status, 401);
        assert_eq!(portals.show_to_page(OVERVIEW, token, ORIGIN).await.status, 401);
    }
    let (mut browser, landed) = overblik_tests::ProviderStandIn::log_in(&portals.apps.system).await;
    assert_eq!(landed.status, 200);
    assert_eq!(browser.get(OVERVIEW).await.status, 401, "a session of the citizen's own");
    let both = format!("Bearer {embed}");
    let answer = browser.get_with(OVERVIEW, &[("authorization", &both), ("origin", ORIGIN)]).await;
    assert_eq!(answer.json()["code"], "ambiguous-credentials");
    assert_eq!(portals.calls(), 0);
    portals.apps.stop(&[&browser], &[&embed, &access, &app]).await;
}

#[tokio::test]
async fn r69_a_forged_token_opens_nothing() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let other = portals.access("neighbour-nanna", BIRKERUP).await;
    let [mine, theirs] =
        [portals.embed_token(BIRKERUP, &access, ORIGIN).await, portals.embed_token(BIRKERUP, &other, ORIGIN).await];
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (own, their) = (parts(&mine), parts(&theirs));
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(&own[1]).expect("base64url")).expect("text");
    let changed = |from: &str, to: &str| {
        assert!(claims.contains(from), "{from}");
        format!("{}.{}.{}", own[0], URL_SAFE_NO_PAD.encode(claims.replace(from, to)), own[2])
    };
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"overblik-embed+jwt"}"#);
    for forged in [
        format!("{}.{}.{}", own[0], their[1], own[2]),
        format!("{}.{}.", own[0], own[1]),
        format!("{none}.{}.", own[1]),
        format!("{none}.{}.{}", own[1], own[2]),
        format!("{}.{}", own[0], own[1]),
        format!("{mine}.x"),
        format!("{mine}A"),
        changed(ORIGIN, SECOND_ORIGIN),
        changed("library payments", "library daycare"),
        changed("\"client_id\":\"birkerup\"", "\"client_id\":\"askerup\""),
        ".".to_owned(),
        "a.b.c".to_owned(),
    ] {
        let answer = portals.show_to_page(OVERVIEW, &forged, ORIGIN).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (401, Some("invalid-token")), "{forged}");
    }
    for forged in ["x".repeat(86), access.chars().rev().collect(), "A".repeat(86)] {
        assert_eq!(portals.show(OVERVIEW, &forged).await.status, 401, "{forged}");
    }
    assert_eq!(portals.show_to_page(OVERVIEW, &mine, ORIGIN).await.status, 200, "the control");
    portals.stop(&[&mine, &theirs, &access]).await;
}

#[tokio::test]
async fn r69_embed_tokens_end_after_five_minutes_and_accesses_with_the_citizen_s_token() {
    let portals = Portals::start().await;
    let mut draft = portals.draft("family-signe", BIRKERUP);
    draft.claims["exp"] = json!(now() + 400);
    let subject = draft.signed();
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", crate::portal::ACCESS_TOKEN)];
    let given = portals.exchange(BIRKERUP, &fields).await.json();
    assert_eq!(given["expires_in"], 400);
    let access = given["access_token"].as_str().expect("a token").to_owned();
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let shown = async |token: &str| portals.show_to_page(OVERVIEW, token, ORIGIN).await.status.as_u16();
    portals.pass(Duration::from_secs(299));
    assert_eq!(shown(&embed).await, 200);
    portals.pass(Duration::from_secs(1));
    assert_eq!(shown(&embed).await, 401, "five minutes");
    assert_eq!(portals.show_in_frame("birkerup", &embed, &IN_FRAME).await.status, 401);
    let renewed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    assert_eq!(shown(&renewed).await, 200, "the portal's server had it renewed");
    portals.pass(Duration::from_secs(100));
    assert_eq!(shown(&renewed).await, 401, "no longer than the access");
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 401, "no longer than the citizen's token");
    portals.stop(&[&embed, &renewed, &access]).await;
}

#[tokio::test]
async fn r31_a_logout_at_the_provider_ends_whatever_a_portal_shows() {
    for of in
        [json!({ "sid": Person::of("family-signe").session }), json!({ "sub": Person::of("family-signe").subject })]
    {
        let portals = Portals::start().await;
        let access = portals.access("family-signe", BIRKERUP).await;
        let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
        let neighbour = portals.access("neighbour-nanna", BIRKERUP).await;
        assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 200);
        let before = portals.calls();
        portals.apps.log_out_at_provider(&of).await;
        assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 401, "{of}");
        let frame = portals.show_in_frame("birkerup", &embed, &IN_FRAME).await;
        assert_eq!(frame.status, 401, "an open frame's next call");
        assert!(frame.text.contains("data-standing=\"over\""), "the page around it is told: {}", frame.text);
        assert_eq!(portals.show(OVERVIEW, &access).await.status, 401, "{of}");
        let subject = portals.draft("family-signe", BIRKERUP).signed();
        let fields = [("subject_token", subject.as_str()), ("subject_token_type", crate::portal::ACCESS_TOKEN)];
        assert_eq!(portals.exchange(BIRKERUP, &fields).await.status, 400, "the token of before the logout");
        assert_eq!(portals.calls(), before, "nobody was asked");
        assert_eq!(portals.show(OVERVIEW, &neighbour).await.status, 200, "somebody else");
        portals.stop(&[&embed, &access]).await;
    }
}

#[tokio::test]
async fn r69_a_portal_ends_its_own_accesses_and_no_other_s() {
    let portals = Portals::start().await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let access = portals.access_for(&subject, BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let revoke = async |portal: usize, token: &str| {
        let mut form = portals.proof(portal);
        form.push(("token".into(), token.to_owned()));
        portals.post("/embed/v1/revoke", &[], &form).await.status.as_u16()
    };
    assert_eq!(revoke(ASKERUP, &access).await, 200, "nothing is told of another's");
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 200);
    assert_eq!(revoke(BIRKERUP, "x").await, 200);
    assert_eq!(revoke(BIRKERUP, &access).await, 200);
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 401);
    assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 401);
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", crate::portal::ACCESS_TOKEN)];
    assert_eq!(portals.exchange(BIRKERUP, &fields).await.status, 400, "a token begins one session and no other");
    let unproven = [("token".to_owned(), access.clone())];
    assert_eq!(portals.post("/embed/v1/revoke", &[], &unproven.to_vec()).await.status, 401);
    portals.stop(&[&embed, &access]).await;
}

#[tokio::test]
async fn r69_an_access_token_begins_one_session_whatever_its_exchanges_name() {
    let portals = Portals::start().await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let own = [("subject_token", subject.as_str()), ("subject_token_type", crate::portal::ACCESS_TOKEN)];
    let exchange = async |more: &[(&str, &str)]| portals.exchange(BIRKERUP, &[&own[..], more].concat()).await;
    let first = exchange(&[("scope", "library")]).await.json();
    let access = first["access_token"].as_str().expect("a token");
    // What the first exchange named is the most that the access token opens, by any way.
    let again = exchange(&[]).await.json();
    assert_eq!((&again["access_token"], &again["scope"]), (&first["access_token"], &json!("library")));
    let page = [("requested_token_type", crate::portal::EMBED), ("audience", ORIGIN)];
    let embed = exchange(&page).await.json();
    assert_eq!(embed["scope"], "library");
    assert_eq!(exchange(&[("scope", "library payments")]).await.json()["code"], "source-not-offered");

    let mut form = portals.proof(BIRKERUP);
    form.push(("token".into(), access.to_owned()));
    assert_eq!(portals.post("/embed/v1/revoke", &[], &form).await.status, 200);
    for more in [&[][..], &[("scope", "library")], &[("scope", "payments")], &[("scope", "library payments")], &page] {
        let answer = exchange(more).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (400, &json!("subject-token-refused")),
            "{more:?}"
        );
    }
    portals.stop(&[access]).await;
}

#[tokio::test]
async fn r69_an_answer_names_all_that_its_token_opens() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let fewer = [("subject_token", access.as_str()), ("subject_token_type", SECTIONS), ("scope", "library")];
    let given = portals.exchange(BIRKERUP, &fewer).await.json();
    let token = given["access_token"].as_str().expect("a token");
    let overview = portals.show(OVERVIEW, token).await.json();
    let mut opened = sources(&overview);
    opened.sort_unstable();
    assert_eq!(given["scope"], opened.join(" "));
    portals.stop(&[&access]).await;
}

#[tokio::test]
async fn r23_a_citizen_finds_a_portal_s_session_among_their_own_and_ends_it() {
    let portals = Portals::start().await;
    portals.apps.provider.log_in_as(Person::of("family-signe"));
    let (mut browser, landed) = overblik_tests::ProviderStandIn::log_in(&portals.apps.system).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    let alone = browser.get("/api/v1/sessions").await.json()["sessions"].as_array().expect("sessions").len();
    let citizen = "family-signe";
    let access = portals.access(citizen, BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let sessions = browser.get("/api/v1/sessions").await.json()["sessions"].as_array().expect("sessions").clone();
    assert_eq!(sessions.len(), alone + 1, "{sessions:?}");
    let other = sessions.iter().find(|session| session["current"] == false).expect("the portal's");
    let url = browser.at(&format!("/api/v1/sessions/{}", other["id"].as_str().expect("an id")));
    let ours = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.send(Method::DELETE, &url, &ours, None).await.status, 204);
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 401);
    assert_eq!(portals.show_in_frame("birkerup", &embed, &IN_FRAME).await.status, 401);
    assert_eq!(browser.get(native_app::OVERVIEW).await.status, 200, "the citizen's own goes on");
    portals.apps.stop(&[&browser], &[&embed, &access]).await;
}

#[tokio::test]
async fn r27_a_logout_ends_what_portals_show_of_the_same_login_and_no_other() {
    let portals = Portals::start().await;
    portals.apps.provider.log_in_as(Person::of("family-signe"));
    let (mut browser, landed) = overblik_tests::ProviderStandIn::log_in(&portals.apps.system).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    let same = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &same, ORIGIN).await;
    let mut elsewhere = portals.draft("family-signe", BIRKERUP);
    elsewhere.claims["sid"] = json!("a-login-on-another-device");
    let elsewhere = portals.access_for(&elsewhere.signed(), BIRKERUP).await;
    for access in [&same, &elsewhere] {
        assert_eq!(portals.show(OVERVIEW, access).await.status, 200);
    }
    assert_eq!(browser.post("/auth/logout").await.status, 200);
    assert_eq!(portals.show(OVERVIEW, &same).await.status, 401);
    assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 401);
    assert_eq!(portals.show_in_frame("birkerup", &embed, &IN_FRAME).await.status, 401);
    assert_eq!(portals.show(OVERVIEW, &elsewhere).await.status, 200, "another device's goes on");
    portals.apps.stop(&[&browser], &[&embed, &same, &elsewhere]).await;
}

#[tokio::test]
async fn r67_without_a_registration_there_is_nothing_by_any_way() {
    let portals = Portals::start_with(overblik_tests::Setup::default(), |_| {}).await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    // The demo has a portal of its own.
    let unregistered =
        crate::native_app::Apps::start_with(overblik_tests::Setup::default(), |config| config.embed = None).await;
    let mut client = unregistered.system.browser_at(&"https://nowhere.example".parse().expect("an address"));
    let at = |path: &str| unregistered.system.demo.url.join(path).expect("a path");
    let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site")];
    let shell = client.send(Method::GET, &at("/embed/v1/frame?portal=birkerup"), &frame, None).await;
    assert_eq!(shell.status, 404);
    assert!(shell.header("content-security-policy").contains("frame-ancestors 'none'"));
    let form = [("portal", "birkerup"), ("lang", "da"), ("token", &embed)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(client.send(Method::POST, &at(FRAME), &IN_FRAME, Some(&form)).await.status, 404);
    for token in [&access, &embed] {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str()), ("origin", ORIGIN)];
        let answer = client.send(Method::GET, &at(OVERVIEW), &headers, None).await;
        assert!([401, 403].contains(&answer.status.as_u16()), "{}", answer.text);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")];
    let form: Vec<_> =
        portals.proof(BIRKERUP).into_iter().chain(fields.map(|(n, v)| (n.to_owned(), v.to_owned()))).collect();
    assert_eq!(client.send(Method::POST, &at("/embed/v1/token"), &[], Some(&form)).await.status, 401);
    assert_eq!(unregistered.system.calls(overblik_demo::Source::Library), 0);
    unregistered.stop(&[], &[]).await;
    portals.stop(&[&embed, &access]).await;
}
