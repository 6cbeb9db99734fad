//! Who gets a token for the admin API, and what it opens (requirements R33, R47 and R73).

use std::time::Duration;

use overblik_gateway::config::Rate;
use overblik_tests::SigningKey;
use serde_json::{Value, json};

use crate::{
    admin::{ANNA, AdminApi, BIRKERUP, BO, LIBRARIES, LIBRARY, ROBOT, US, header, of, signed, told},
    native_app::now,
    portal,
};

const SOURCES: &str = "/admin/v1/sources";

#[tokio::test]
async fn r47_a_client_that_proves_itself_gets_a_token_of_ten_minutes() {
    let api = AdminApi::with_authorities().await;
    for client in [ANNA, BO, ROBOT, LIBRARIES, BIRKERUP] {
        let answer = api.token_for(client, &api.assertion(client)).await;
        let given = of(&answer);
        assert_eq!((answer.status, &given["token_type"], &given["expires_in"]), (200, &json!("Bearer"), &json!(600)));
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
    let token = api.token(LIBRARIES).await;
    api.pass(Duration::from_secs(599));
    assert_eq!(api.with(&token, "GET", SOURCES, &[], None).await.status, 200);
    api.pass(Duration::from_secs(1));
    let over = api.with(&token, "GET", SOURCES, &[], None).await;
    assert_eq!(told(&over), (401, "admin-token-refused".to_owned()));
    assert_eq!(header(&over, "www-authenticate"), "bearer");
    api.stop().await;
}

#[tokio::test]
async fn r47_only_whoever_is_registered_and_signs_for_this_door_once_gets_a_token() {
    let api = AdminApi::with_authorities().await;
    let public = api.system.demo.url.origin().ascii_serialization();
    let refused = (401, "admin-client-refused".to_owned());
    let wrong: [(&str, &[Value]); 7] = [
        ("iss", &[json!("bo"), json!("nobody"), json!("birkerup/none"), json!("none/ci"), json!("/"), json!(null)]),
        ("sub", &[json!("bo"), json!(""), json!(null)]),
        (
            "aud",
            &[
                json!(public),
                json!([US, "x"]),
                json!(format!("{US}/")),
                json!(format!("{US}/admin/v1/token")),
                json!(null),
            ],
        ),
        ("exp", &[json!(now() - 61), json!("x"), json!(null)]),
        ("iat", &[json!(now() + 61), json!(now() - 361), json!(null)]),
        ("nbf", &[json!(now() + 61)]),
        ("jti", &[json!(""), json!(1), json!("x".repeat(257)), json!(null)]),
    ];
    for (name, values) in wrong {
        for value in values {
            let (head, mut claims) = api.assertion(ANNA);
            claims[name] = value.clone();
            let answer = api.token_for(ANNA, &(head, claims)).await;
            assert_eq!(told(&answer), refused, "{name}: {value}");
            assert_eq!(of(&answer)["error"], "invalid_client", "as RFC 6749 says it");
        }
    }
    for (name, value) in [("typ", "at+jwt"), ("alg", "none"), ("alg", "HS256"), ("kid", "x")] {
        let (mut head, claims) = api.assertion(ANNA);
        head[name] = json!(value);
        assert_eq!(told(&api.token_for(ANNA, &(head, claims)).await), refused, "{name}: {value}");
    }
    for (client, signer) in [(ANNA, BO), (LIBRARIES, BIRKERUP), (ANNA, LIBRARIES)] {
        let by_another = api.token_for(signer, &api.assertion(client)).await;
        assert_eq!(told(&by_another), refused, "{client} signed by {signer}");
    }
    let once = api.assertion(ANNA);
    assert_eq!(api.token_for(ANNA, &once).await.status, 200, "the control");
    assert_eq!(told(&api.token_for(ANNA, &once).await), refused, "used before");
    // Another client's id is another's.
    let (head, mut claims) = api.assertion(BO);
    claims["jti"] = once.1["jti"].clone();
    assert_eq!(api.token_for(BO, &(head, claims)).await.status, 200);
    api.stop().await;
}

#[tokio::test]
async fn r47_an_assertion_for_portals_is_none_here_and_ours_is_none_there() {
    let portals = portal::Portals::start().await;
    let (head, claims) = portals.assertion(portal::BIRKERUP);
    let of_a_portal = portals.sign(portal::BIRKERUP, &head, &claims);
    let api = AdminApi::start().await;
    assert_eq!(told(&api.post_form(&of_a_portal, &[]).await), (401, "admin-client-refused".to_owned()));
    let (head, claims) = api.assertion(ANNA);
    let ours = portal::proof_of(&signed(api.key(ANNA), &head, &claims));
    let there = portals.exchange_with(ours, &[("subject_token", "x")], &[]).await;
    assert_eq!((there.status.as_u16(), &there.json()["code"]), (401, &json!("invalid-client")));
    // A key that both know changes nothing: the audience is another.
    let (head, mut claims) = portals.assertion(portal::BIRKERUP);
    claims["aud"] = json!(US);
    let proof = portal::proof_of(&portals.sign(portal::BIRKERUP, &head, &claims));
    assert_eq!(portals.exchange_with(proof, &[("subject_token", "x")], &[]).await.status, 401);
    api.stop().await;
    portals.stop(&[]).await;
}

#[tokio::test]
async fn r47_a_token_opens_nothing_once_its_client_or_key_is_registered_no_more() {
    let api = AdminApi::with_authorities().await;
    let token = api.token(LIBRARIES).await;
    let stays = api.token(BIRKERUP).await;
    assert_eq!(api.with(&token, "GET", SOURCES, &[], None).await.status, 200);
    let path = "/admin/v1/authorities/birkerup-libraries";
    let other_key = SigningKey::es256("k-2");
    let mut proposed = api.authority(LIBRARIES, "90000026", "bibliotek.birkerup.example");
    proposed["clients"]["ci"] = json!({ "keys": [other_key.public] });
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&proposed)).await.status, 200);
    assert_eq!(api.with(&token, "GET", SOURCES, &[], None).await.status, 200, "a proposal changes nothing");
    assert_eq!(api.change(BO, "POST", &format!("{path}/approve"), path, None).await.status, 200);
    let refused = (401, "admin-token-refused".to_owned());
    assert_eq!(told(&api.with(&token, "GET", SOURCES, &[], None).await), refused, "another key");
    assert_eq!(told(&api.token_for(LIBRARIES, &api.assertion(LIBRARIES)).await).0, 401);

    let (mut head, claims) = api.assertion(LIBRARIES);
    head["kid"] = json!("k-2");
    let by_the_new_key = api.post_form(&signed(&other_key, &head, &claims), &[]).await;
    let token = of(&by_the_new_key)["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(api.with(&token, "GET", SOURCES, &[], None).await.status, 200);
    proposed["clients"] = json!({});
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&proposed)).await.status, 200);
    assert_eq!(api.change(BO, "POST", &format!("{path}/approve"), path, None).await.status, 200);
    assert_eq!(told(&api.with(&token, "GET", SOURCES, &[], None).await), refused, "no such client any more");
    assert_eq!(api.with(&stays, "GET", SOURCES, &[], None).await.status, 200, "another's stays");
    api.stop().await;
}

#[tokio::test]
async fn r47_nothing_but_a_token_of_this_door_opens_it() {
    let api = AdminApi::with_authorities().await;
    let mut browser = api.system.logged_in("family-signe").await;
    let cookie = format!("cookie: {}", browser.cookie_header());
    let token = api.token(ANNA).await;
    let (start, _) = token.rsplit_once('.').expect("a signature");
    let shown = format!("authorization: Bearer {token}");
    let refused = (401, "admin-token-refused".to_owned());
    let forged = format!("authorization: Bearer {start}.AAAA");
    for lines in [
        &[][..],
        &[cookie.as_str()],
        &["authorization: Basic YTpi"],
        &["authorization: Bearer x"],
        &[forged.as_str()],
        &[shown.as_str(), shown.as_str()],
        &["authorization: Bearer eyJhbGciOiJub25lIn0.e30."],
    ] {
        assert_eq!(told(&api.raw("GET", SOURCES, lines, "").await), refused, "{lines:?}");
    }
    let in_the_address = format!("{SOURCES}?access_token={token}");
    assert_eq!(told(&api.raw("GET", &in_the_address, &[], "").await), refused);
    let with_cookie = api.raw("GET", SOURCES, &[&shown, &cookie], "").await;
    assert_eq!(with_cookie.status, 200, "a cookie changes nothing");
    assert!(!with_cookie.head.contains("set-cookie"));
    // R33: what a browser sends is refused, token or not.
    for line in ["origin: https://evil.example", "origin: null", "sec-fetch-site: cross-site", "sec-fetch-site: none"] {
        assert_eq!(
            told(&api.raw("GET", SOURCES, &[&shown, line], "").await),
            (403, "foreign-origin".to_owned()),
            "{line}"
        );
    }
    let (head, claims) = api.assertion(ANNA);
    let assertion = signed(api.key(ANNA), &head, &claims);
    let from_a_page = api.post_form(&assertion, &["origin: https://evil.example"]).await;
    assert_eq!(told(&from_a_page).0, 403);
    // And it opens nothing at the citizens' doors.
    let there = browser.get_with("/api/v1/overview", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_ne!(there.status, 200);
    let citizens_door = api.system.browser().get("/admin/v1/sources").await;
    assert_eq!(citizens_door.status, 404, "and is at no other listener");
    api.system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r73_a_client_that_asks_too_much_waits_and_no_other_does() {
    let api = AdminApi::start_with(|config| {
        config.limits.admin_requests_per_client = Some(Rate { per_minute: 1, at_once: 3 });
    })
    .await;
    let token = api.token(ANNA).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(api.with(&token, "GET", SOURCES, &[], None).await.status);
    }
    assert_eq!(statuses, [200, 200, 429], "the token counts too");
    let waits = api.with(&token, "GET", SOURCES, &[], None).await;
    assert_eq!((told(&waits), header(&waits, "retry-after")), ((429, "too-many-requests".to_owned()), "60"));
    assert_eq!(told(&api.token_for(ANNA, &api.assertion(ANNA)).await).0, 429);
    assert_eq!(api.ask(BO, "GET", SOURCES, &[], None).await.status, 200);
    api.stop().await;
}

#[tokio::test]
async fn r47_bodies_are_json_of_the_known_form_and_bounded() {
    let api = AdminApi::with_authorities().await;
    api.push_library().await;
    let token = api.token(LIBRARIES).await;
    let seen = format!("if-match: {}", api.etag(LIBRARIES, LIBRARY).await);
    let shown = format!("authorization: Bearer {token}");
    let json_line = "content-type: application/json";
    let send = async |path: &str, kind: &str, body: &str| {
        told(&api.raw("POST", &format!("{LIBRARY}{path}"), &[&shown, &seen, kind], body).await)
    };
    let malformed = (400, "malformed-body".to_owned());
    for body in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"reason":"a","reason":"b"}"#,
        r#"{"reason":"a","source":"daycare"}"#,
        r#"{"reason":"a","authority":"birkerup"}"#,
        r#"{"reason":"a","actor":"anna"}"#,
        r#"{"reason":"to\nlinjer"}"#,
        r#"{"reason":1}"#,
        r#"{"reason":"a"} x"#,
    ] {
        assert_eq!(send("/suspend", json_line, body).await, malformed, "{body}");
    }
    for kind in ["content-type: text/plain", "x-no: type", "content-type: application/x-www-form-urlencoded"] {
        assert_eq!(send("/suspend", kind, r#"{"reason":"a"}"#).await, (415, "not-json".to_owned()), "{kind}");
    }
    let too_large = (413, "body-too-large".to_owned());
    let large = format!(r#"{{"reason":"{}"}}"#, "x".repeat(64 * 1024));
    assert_eq!(send("/suspend", json_line, &large).await, too_large);
    let larger = format!(r#"{{"files":{{"connector.yaml":"{}"}}}}"#, "x".repeat(8 * 1024 * 1024));
    assert_eq!(send("/versions", json_line, &larger).await, too_large);
    assert_eq!(send("/versions", json_line, &large.replace("reason", "files")).await, malformed, "read, and no bundle");
    let twice = r#"{"files":{"connector.yaml":"a","connector.yaml":"b"}}"#;
    assert_eq!(send("/versions", json_line, twice).await, malformed);
    assert_eq!(send("/suspend", json_line, r#"{"reason":"a"}"#).await.0, 200, "the control");
    // Nobody who has no token makes us read a large body.
    let unread = api.raw("POST", &format!("{LIBRARY}/versions"), &[json_line, "if-none-match: *"], &larger).await;
    assert_eq!(unread.status, 401);
    api.stop().await;
}

#[tokio::test]
async fn r47_an_operator_s_key_that_is_taken_out_of_its_file_opens_nothing_any_more() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("carl.jwks");
    let (old, new) = (SigningKey::es256("old"), SigningKey::es256("new"));
    std::fs::write(&path, json!({ "keys": [old.public, new.public] }).to_string()).expect("written");
    let operator = json!({ "name": "Carl", "person": true, "keys_file": path });
    let api = AdminApi::start_with(move |config| {
        let operators = &mut config.admin.as_mut().expect("the API").operators;
        operators.insert("carl".to_owned(), serde_json::from_value(operator).expect("an operator"));
    })
    .await;
    let token_by = async |key: &SigningKey| {
        let (mut head, claims) = api.assertion("carl");
        head["kid"] = json!(key.id);
        let answer = api.post_form(&signed(key, &head, &claims), &[]).await;
        of(&answer)["access_token"].as_str().map(str::to_owned)
    };
    let tokens = [token_by(&old).await.expect("a token"), token_by(&new).await.expect("a token")];
    std::fs::write(&path, json!({ "keys": [new.public] }).to_string()).expect("written");
    api.system.until("the keys are exchanged", |_| api.system.log().contains("keys of a client exchanged")).await;
    let opens = [
        api.with(&tokens[0], "GET", SOURCES, &[], None).await.status,
        api.with(&tokens[1], "GET", SOURCES, &[], None).await.status,
    ];
    assert_eq!((opens, token_by(&old).await), ([401, 200], None));
    api.stop().await;
}

#[tokio::test]
async fn r47_an_operator_s_key_opens_nothing_under_an_authority_s_name() {
    let api = AdminApi::with_authorities().await;
    let path = "/admin/v1/authorities/birkerup-libraries";
    let mut proposed = api.authority(LIBRARIES, "90000026", "bibliotek.birkerup.example");
    proposed["clients"]["ci"] = json!({ "keys": [api.key(ANNA).public] });
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&proposed)).await.status, 200);
    assert_eq!(api.change(BO, "POST", &format!("{path}/approve"), path, None).await.status, 200);
    let as_the_authority = api.token_for(ANNA, &api.assertion(LIBRARIES)).await;
    let refused = (401, "admin-client-refused".to_owned());
    assert_eq!(told(&as_the_authority), refused, "or whoever pushes a version would approve it too");
    assert_eq!(api.token_for(ANNA, &api.assertion(ANNA)).await.status, 200, "and stays hers");
    api.stop().await;
}
