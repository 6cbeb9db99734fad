//! Portals: what a citizen's access token is exchanged for, for whom, and what that opens (requirement R69).

use overblik_demo::Source;
use overblik_tests::{Setup, section};
use serde_json::{Value, json};

use crate::{
    bearer::sources,
    distinctive::{Face, assert_nobody_else},
    native_app::{self, AUDIENCE, AppKey, CLIENT, now},
    portal::{
        ACCESS_TOKEN, ASKERUP, BIRKERUP, EMBED, ORIGIN, OTHER_ORIGIN, OVERVIEW, Portals, SECTIONS, TOKEN,
        assert_no_token, proof_of,
    },
};

const NO_CLIENT: (u16, &str, &str) = (401, "invalid_client", "invalid-client");
const NO_SUBJECT: (u16, &str, &str) = (400, "invalid_request", "subject-token-refused");
const NO_SOURCE: (u16, &str, &str) = (400, "invalid_scope", "source-not-offered");
const NO_AUDIENCE: (u16, &str, &str) = (400, "invalid_target", "audience-not-registered");
const NO_WAY: (u16, &str, &str) = (403, "unauthorized_client", "way-not-open");
const MALFORMED: (u16, &str, &str) = (400, "invalid_request", "bad-parameter");

#[tokio::test]
async fn r69_a_portal_s_server_gets_the_sections_that_agree_with_the_portal_and_nobody_else_s() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let answer = portals.show(OVERVIEW, &access).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"), "{}", answer.text);
    let overview = answer.json();
    assert_eq!(sources(&overview), ["payments", "library"], "daycare agrees with no portal: it is not listed at all");
    assert_eq!(section(&overview, "library")["state"], "ready");
    assert_nobody_else("family-signe", Face::Json, &answer.text);
    assert!(answer.text.contains("Traktoren, der ville flyve"));
    assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("access-control-allow-origin"));

    // A portal has no door to more about an item, and is shown no way there.
    let payments = section(&overview, "payments");
    assert!(payments["widgets"].as_array().is_some_and(|widgets| !widgets.is_empty()));
    assert!(payments["widgets"].as_array().is_some_and(|all| all.iter().all(|one| one.get("item").is_none())));

    let one = portals.show("/embed/v1/sections/library", &access).await.json();
    assert_eq!(one, *section(&overview, "library"), "the same model");
    let some = portals.show("/embed/v1/overview?sections=payments", &access).await.json();
    assert_eq!(sources(&some), ["payments"]);
    for hidden in
        ["/embed/v1/sections/daycare", "/embed/v1/sections/none", "/embed/v1/overview?sections=library,daycare"]
    {
        assert_eq!(portals.show(hidden, &access).await.status, 404, "{hidden}");
    }
    assert_eq!(portals.apps.system.calls(Source::Daycare), 0);

    let other = portals.access("family-signe", ASKERUP).await;
    assert_eq!(sources(&portals.show(OVERVIEW, &other).await.json()), ["library"], "each portal by its own agreements");
    portals.stop(&[&access, &other]).await;
}

#[tokio::test]
async fn r53_what_was_answered_for_one_portal_is_shown_by_no_other_and_by_no_page_of_ours() {
    let portals = Portals::start_with(Setup::default().keeping_answers(), |_| {}).await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let access = portals.access_for(&subject, BIRKERUP).await;
    let calls = || portals.apps.system.calls(Source::Library);
    portals.show(OVERVIEW, &access).await;
    let once = calls();
    assert!(once > 0);
    // The same token again is the same access, with what was answered in it.
    let again = portals.access_for(&subject, BIRKERUP).await;
    assert_eq!(again, access);
    portals.show(OVERVIEW, &again).await;
    let page = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    assert_eq!(portals.show_to_page(OVERVIEW, &page, ORIGIN).await.status, 200);
    assert_eq!(calls(), once, "kept for this portal");
    let other = portals.access("family-signe", ASKERUP).await;
    portals.show(OVERVIEW, &other).await;
    assert_eq!(calls(), 2 * once, "another display client asks for itself");
    let app = portals.apps.token("family-signe");
    portals.apps.show(native_app::OVERVIEW, &app).await;
    assert_eq!(calls(), 3 * once, "and so does an app");
    let neighbour = portals.access("neighbour-nanna", BIRKERUP).await;
    assert_nobody_else("neighbour-nanna", Face::Json, &portals.show(OVERVIEW, &neighbour).await.text);
    portals.stop(&[&access, &other, &neighbour]).await;
}

#[tokio::test]
async fn r69_only_a_registered_portal_that_proves_itself_once_gets_a_token() {
    let portals = Portals::start().await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    let wrong: [(&str, &[Value]); 8] = [
        ("iss", &[json!("askerup"), json!("nobody"), json!(""), json!(null)]),
        ("sub", &[json!("askerup"), json!(""), json!(null)]),
        (
            "aud",
            &[
                json!("https://evil.example"),
                json!([portals.us(), "x"]),
                json!(format!("{}/", portals.us())),
                json!(null),
            ],
        ),
        ("exp", &[json!(now() - 61), json!("x"), json!(null)]),
        ("iat", &[json!(now() + 61), json!(now() - 361), json!("x"), json!(null)]),
        ("nbf", &[json!(now() + 61)]),
        ("jti", &[json!(""), json!(1), json!("x".repeat(257)), json!(null)]),
        ("cty", &[]),
    ];
    for (name, values) in wrong {
        for value in values {
            let (header, mut claims) = portals.assertion(BIRKERUP);
            claims[name] = value.clone();
            let proof = proof_of(&portals.sign(BIRKERUP, &header, &claims));
            assert_no_token(&portals.exchange_with(proof, &fields, &[]).await, &format!("{name}: {value}"), NO_CLIENT);
        }
    }
    for (name, value) in
        [("typ", json!("at+jwt")), ("alg", json!("none")), ("alg", json!("HS256")), ("kid", json!("x"))]
    {
        let (mut header, claims) = portals.assertion(BIRKERUP);
        header[name] = value.clone();
        let proof = proof_of(&portals.sign(BIRKERUP, &header, &claims));
        assert_no_token(&portals.exchange_with(proof, &fields, &[]).await, &format!("{name}: {value}"), NO_CLIENT);
    }
    let (header, claims) = portals.assertion(BIRKERUP);
    let by_another = proof_of(&portals.sign(ASKERUP, &header, &claims));
    assert_no_token(&portals.exchange_with(by_another, &fields, &[]).await, "signed by another", NO_CLIENT);
    assert_no_token(&portals.exchange_with(Vec::new(), &fields, &[]).await, "no assertion", NO_CLIENT);
    let mut named = portals.proof(BIRKERUP);
    named.push(("client_id".into(), "askerup".into()));
    assert_no_token(&portals.exchange_with(named, &fields, &[]).await, "another client's name", NO_CLIENT);

    let proof = portals.proof(BIRKERUP);
    assert_eq!(portals.exchange_with(proof.clone(), &fields, &[]).await.status, 200, "the control");
    assert_no_token(&portals.exchange_with(proof, &fields, &[]).await, "used before", NO_CLIENT);
    assert_eq!(portals.calls(), 0, "nobody was asked for a token");
    portals.stop(&[&subject]).await;
}

#[tokio::test]
async fn r69_a_citizen_s_token_must_be_meant_for_this_portal() {
    let portals = Portals::start().await;
    let wrong: [(&str, &[Value]); 7] = [
        ("aud", &[json!(AUDIENCE), json!("overblik-demo"), json!([native_app::AUDIENCE, "x"]), json!(null)]),
        ("client_id", &[json!("askerup-portal"), json!(CLIENT), json!("birkerup"), json!(null)]),
        ("iss", &[json!("https://evil.example")]),
        ("exp", &[json!(now()), json!(now() - 1)]),
        ("iat", &[json!(now() + 61)]),
        ("sub", &[json!(""), json!(null)]),
        ("cpr", &[json!("610388000"), json!(["6103880002"])]),
    ];
    for (name, values) in wrong {
        for value in values {
            let mut draft = portals.draft("family-signe", BIRKERUP);
            draft.claims[name] = value.clone();
            let answer = portals
                .exchange(BIRKERUP, &[("subject_token", &draft.signed()), ("subject_token_type", ACCESS_TOKEN)])
                .await;
            assert_no_token(&answer, &format!("{name}: {value}"), NO_SUBJECT);
        }
    }
    let mut id_token = portals.draft("family-signe", BIRKERUP);
    id_token.header["typ"] = json!("JWT");
    let access = portals.access("family-signe", BIRKERUP).await;
    let others = portals.access("family-signe", ASKERUP).await;
    let page = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    for (what, token, kind) in [
        ("an ID token", id_token.signed().as_str(), ACCESS_TOKEN),
        ("nothing", "x", ACCESS_TOKEN),
        ("a section access for an access token", &access, ACCESS_TOKEN),
        ("another portal's access token", &portals.draft("family-signe", ASKERUP).signed(), ACCESS_TOKEN),
        ("another portal's section access", &others, SECTIONS),
        ("an embed token: only the portal's server renews", &page, SECTIONS),
        ("an access token for a section access", &portals.draft("family-signe", BIRKERUP).signed(), SECTIONS),
    ] {
        let answer = portals.exchange(BIRKERUP, &[("subject_token", token), ("subject_token_type", kind)]).await;
        assert_no_token(&answer, what, NO_SUBJECT);
    }
    for (name, value, expected) in [
        ("scope", json!("openid"), (403, "insufficient_scope", "insufficient-scope")),
        (
            "acr",
            json!("https://data.gov.dk/concept/core/nsis/loa/Low"),
            (401, "insufficient_user_authentication", "insufficient-user-authentication"),
        ),
    ] {
        let mut draft = portals.draft("family-signe", BIRKERUP);
        draft.claims[name] = value;
        let fields = [("subject_token", draft.signed()), ("subject_token_type", ACCESS_TOKEN.to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_no_token(&portals.exchange(BIRKERUP, &fields).await, name, expected);
    }
    portals.stop(&[&access, &page]).await;
}

#[tokio::test]
async fn r69_a_form_that_asks_for_what_it_may_not_is_told_what() {
    let portals = Portals::start_with(Setup::default(), |config| {
        let ways = serde_json::from_value(json!(["server"])).expect("ways");
        config.embed.as_mut().expect("portals").portals.get_mut("askerup").expect("a portal").ways = ways;
    })
    .await;
    let subject = portals.draft("family-signe", BIRKERUP).signed();
    let ask = async |portal: usize, more: &[(&str, &str)]| {
        let subject = portals.draft("family-signe", portal).signed();
        let own = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
        portals.exchange(portal, &[&own[..], more].concat()).await
    };
    let embed = ("requested_token_type", EMBED);
    for (more, expected) in [
        (&[("scope", "daycare")][..], NO_SOURCE),
        (&[("scope", "library none")], NO_SOURCE),
        (&[("scope", " ")], NO_SOURCE),
        (&[embed], NO_AUDIENCE),
        (&[embed, ("audience", OTHER_ORIGIN)], NO_AUDIENCE),
        (&[embed, ("audience", "null")], NO_AUDIENCE),
        (&[embed, ("audience", "https://www.birkerup.example/")], NO_AUDIENCE),
        (&[("audience", ORIGIN)], MALFORMED),
        (&[("requested_token_type", ACCESS_TOKEN)], MALFORMED),
        (&[("actor_token", "x")], MALFORMED),
        (&[("subject_token", "x")], MALFORMED),
    ] {
        assert_no_token(&ask(BIRKERUP, more).await, &format!("{more:?}"), expected);
    }
    assert_no_token(&ask(ASKERUP, &[embed]).await, "no way to pages", NO_WAY);
    for (what, headers) in [("a page", ("origin", ORIGIN)), ("a browser", ("sec-fetch-site", "cross-site"))] {
        let own = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
        let answer = portals.exchange_with(portals.proof(BIRKERUP), &own, &[headers]).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("foreign-origin")), "{what}");
    }
    let narrow = ask(BIRKERUP, &[("scope", "library")]).await.json();
    assert_eq!((&narrow["scope"], narrow["expires_in"].as_i64()), (&json!("library"), Some(300)));
    let narrow = narrow["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(sources(&portals.show(OVERVIEW, &narrow).await.json()), ["library"]);
    let wider = [("subject_token", narrow.as_str()), ("subject_token_type", SECTIONS), ("scope", "payments")];
    assert_no_token(&portals.exchange(BIRKERUP, &wider).await, "more than the access has", NO_SOURCE);
    portals.stop(&[&narrow]).await;
}

#[tokio::test]
async fn r16_what_is_got_for_a_token_that_is_bound_to_a_key_is_bound_to_it_too() {
    let portals = Portals::start().await;
    let key = AppKey::new();
    let mut draft = portals.draft("family-signe", BIRKERUP);
    draft.claims["cnf"] = json!({ "jkt": key.thumbprint() });
    let subject = draft.signed();
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    assert_no_token(&portals.exchange(BIRKERUP, &fields).await, "without a proof", NO_SUBJECT);

    let proof = |method: &str, path: &str, token: &str, id: &str, nonce: Option<&str>| {
        let mut draft = key.proof(portals.at(path).as_str(), token, id, nonce);
        draft.claims["htm"] = json!(method);
        draft.signed()
    };
    let first = proof("POST", TOKEN, &subject, "1", None);
    let answer = portals.exchange_with(portals.proof(BIRKERUP), &fields, &[("dpop", &first)]).await;
    assert_no_token(&answer, "without a nonce", (401, "use_dpop_nonce", "use-dpop-nonce"));
    let nonce = answer.header("dpop-nonce").to_owned();
    let second = proof("POST", TOKEN, &subject, "2", Some(&nonce));
    let given = portals.exchange_with(portals.proof(BIRKERUP), &fields, &[("dpop", &second)]).await;
    assert_eq!(given.json()["token_type"], "DPoP", "{}", given.text);
    let access = given.json()["access_token"].as_str().expect("a token").to_owned();

    assert_eq!(portals.show(OVERVIEW, &access).await.status, 401, "without a proof");
    let authorization = format!("DPoP {access}");
    let third = proof("GET", OVERVIEW, &access, "3", Some(&nonce));
    let headers = [("authorization", authorization.as_str()), ("dpop", third.as_str())];
    let mut server = portals.a_server();
    let answer = server.send(http::Method::GET, &portals.at(OVERVIEW), &headers, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let again = server.send(http::Method::GET, &portals.at(OVERVIEW), &headers, None).await;
    assert_eq!(again.status, 401, "a proof counts once");
    let renewal = [("subject_token", access.as_str()), ("subject_token_type", SECTIONS)];
    assert_no_token(&portals.exchange(BIRKERUP, &renewal).await, "renewal without a proof", NO_SUBJECT);
    portals.stop(&[&access, &subject]).await;
}
