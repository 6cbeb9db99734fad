//! A token of one source is of no use elsewhere, and a login's own token is shown to no source (requirements R45 and R46).

use super::*;

#[tokio::test]
async fn r45_the_login_s_token_is_exchanged_for_one_that_only_this_source_takes() {
    let world = world(EXCHANGE).await;
    let memory = Arc::default();
    let in_session = |memory| fetch_in(&world.set, "permits", memory);
    assert!(join_all((0..50).map(|_| in_session(&memory))).await.iter().all(Result::is_ok));
    assert_eq!(world.issued(), 1, "one exchange for a session and a source");
    let other = Arc::default();
    in_session(&other).await.expect("an answer");
    assert_eq!(world.issued(), 2, "another session's token is its own");
    let asked = form(&world.issuer.seen()[0]);
    let expected = fields(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", LOGIN_TOKEN),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", "urn:permits"),
        ("scope", "permits.read"),
    ]);
    assert_eq!(asked, expected);
    takes(&world.source, "authorization", |shown| shown == "Bearer token-3");
    in_session(&memory).await.expect("an answer after one more exchange");
    assert_eq!(world.issued(), 3);
}

#[tokio::test]
async fn r45_a_login_s_own_token_never_reaches_a_source() {
    for auth in [EXCHANGE, CLIENT, IDWS, SESSION, "apiKey: { header: X-Api-Key }"] {
        let world = world(auth).await;
        issues(&world.issuer, "/exchange", &world.count, |_| {
            json!({
                "access_token": URL_SAFE_NO_PAD.encode("<Assertion/>"), "token_type": "N_A",
                "issued_token_type": "urn:ietf:params:oauth:token-type:saml2",
            })
        });
        world.source.json("/login", &[], json!({ "session": { "key": "k" } }));
        fetch(&world).await.unwrap_or_else(|error| panic!("{auth}: {error}"));
        let received = format!("{:?}", world.source.seen());
        let bodies: Vec<u8> = world.source.seen().iter().flat_map(|seen| seen.body.to_vec()).collect();
        for form in [LOGIN_TOKEN.to_owned(), STANDARD.encode(LOGIN_TOKEN), URL_SAFE_NO_PAD.encode(LOGIN_TOKEN)] {
            assert!(!received.contains(&form), "{auth}");
            assert!(!String::from_utf8_lossy(&bodies).contains(&form), "{auth}");
        }
        assert!(!world.source.seen().is_empty());
    }
    // An exchange that gives the login's own token back is not believed.
    let world = world(EXCHANGE).await;
    world.issuer.json(
        "/token",
        &[],
        json!({
            "access_token": LOGIN_TOKEN, "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }),
    );
    assert_eq!(fetch(&world).await, Err(ConnectorError::Malformed));
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn r45_a_login_s_own_token_does_not_pass_for_an_assertion_either() {
    // One that says nothing, in the letters that an assertion comes in.
    let opaque = URL_SAFE_NO_PAD.encode("a token of a login");
    let world = world(IDWS).await;
    let saml = "urn:ietf:params:oauth:token-type:saml2";
    world.issuer.json(
        "/exchange",
        &[],
        json!({ "access_token": opaque.as_str(), "token_type": "N_A", "issued_token_type": saml }),
    );
    let login_token = Some(Secret::new(opaque));
    let request = overblik_connectors::FetchRequest { login_token, ..request() };
    let outcome = world.set.get("permits").expect("the source").main.fetch(request).await;
    assert_eq!(outcome, Err(ConnectorError::Malformed));
    assert_eq!(world.issued(), 0, "the source's token endpoint was not asked");
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn r45_what_is_no_bearer_token_of_the_right_kind_is_not_shown() {
    let world = world(EXCHANGE).await;
    let token =
        |kind: Value, issued: Value| json!({ "access_token": "t", "token_type": kind, "issued_token_type": issued });
    let access = json!("urn:ietf:params:oauth:token-type:access_token");
    for answer in [
        token(json!("DPoP"), access.clone()),
        token(json!("N_A"), access.clone()),
        token(json!("Bearer"), json!(null)),
        token(json!("Bearer"), json!("urn:ietf:params:oauth:token-type:refresh_token")),
        token(json!("Bearer"), json!("urn:ietf:params:oauth:token-type:id_token")),
        json!({ "access_token": "t\r\nx: y", "token_type": "Bearer", "issued_token_type": access }),
    ] {
        world.issuer.json("/token", &[], answer.clone());
        assert_eq!(fetch(&world).await, Err(ConnectorError::Malformed), "{answer}");
    }
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn r45_a_citizen_whose_login_has_no_token_is_told_so_and_nobody_is_asked() {
    for auth in [EXCHANGE, IDWS] {
        let world = world(auth).await;
        let outcome = world.set.get("permits").expect("the source").main.fetch(request()).await;
        assert_eq!(outcome, Err(ConnectorError::NoLoginToken));
        assert!(world.source.seen().is_empty() && world.issuer.seen().is_empty());
        assert!(world.set.exchanges_login_token());
    }
    assert!(!world(CLIENT).await.set.exchanges_login_token(), "nobody needs to keep it");
}

/// Two sources, each with an audience of its own, and the exchange that knows both.
async fn two_sources() -> ([Source; 3], ConnectorSet) {
    let (first, second, issuer) = (Source::start().await, Source::start().await, Source::start().await);
    issuer.on("/token", |seen| {
        let form = form(&seen);
        // A token of a source is nobody's login.
        if form["subject_token"] != LOGIN_TOKEN {
            return body(400, r#"{"error":"invalid_grant"}"#);
        }
        let token = format!("for-{}", form["audience"].trim_start_matches("urn:"));
        body(200, &json!({ "access_token": token, "token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:jwt" }).to_string())
    });
    takes(&first, "authorization", |shown| shown == "Bearer for-first");
    takes(&second, "authorization", |shown| shown == "Bearer for-second");
    let contract = |slug: &str| contract(slug, &EXCHANGE.replace("urn:permits", &format!("urn:{slug}")));
    let endpoints = BTreeMap::from([
        ("first".to_owned(), endpoint(&first, &issuer)),
        ("second".to_owned(), endpoint(&second, &issuer)),
    ]);
    let set = load(&[("first", contract("first")), ("second", contract("second"))], endpoints, false);
    ([first, second, issuer], set)
}

#[tokio::test]
async fn r45_a_token_of_one_source_opens_no_other_and_buys_no_other() {
    let ([first, second, _issuer], set) = two_sources().await;
    let memory = Arc::default();
    for slug in ["first", "second"] {
        fetch_in(&set, slug, &memory).await.expect("an answer");
    }
    let captured = shown(&first, "authorization");
    assert_eq!(
        (captured.as_slice(), shown(&second, "authorization").as_slice()),
        (["Bearer for-first".to_owned()].as_slice(), ["Bearer for-second".to_owned()].as_slice())
    );
    // Brought to the exchange as if it were a login's.
    let login_token = Some(Secret::new(captured[0].trim_start_matches("Bearer ").to_owned()));
    let stolen = overblik_connectors::FetchRequest { login_token, ..request() };
    let outcome = set.get("second").expect("the source").main.fetch(stolen).await;
    assert_eq!(outcome, Err(ConnectorError::CredentialsRefused(400)));
    assert_eq!(second.seen().len(), 1, "the source was not asked");
}

#[tokio::test]
async fn r46_what_one_contract_has_is_never_shown_to_the_source_of_another() {
    let (first, second) = (Source::start().await, Source::start().await);
    let set = |source: &Source, name: &str| Endpoint {
        api_key: Some(Secret::new(format!("key-of-{name}"))),
        client_secret: Some(Secret::new(format!("secret-of-{name}"))),
        password: Some(Secret::new(format!("password-of-{name}"))),
        ..endpoint(source, source)
    };
    let endpoints =
        BTreeMap::from([("first".to_owned(), set(&first, "first")), ("second".to_owned(), set(&second, "second"))]);
    for auth in [CLIENT, EXCHANGE, SESSION, "apiKey: { header: X-Api-Key }"] {
        let auth = |slug: &str| {
            format!(
                "{}{}",
                if auth.contains("apiKey") { "" } else { "apiKey: { header: X-Key }, " },
                auth.replace("urn:permits", &format!("urn:{slug}"))
            )
        };
        let contracts = ["first", "second"].map(|slug| (slug, contract(slug, &auth(slug))));
        let set = load(&contracts, endpoints.clone(), false);
        for (source, name) in [(&first, "first"), (&second, "second")] {
            source.on("/archive", |_| permits());
            source.json("/login", &[], json!({ "session": { "key": format!("session-of-{name}") } }));
            source.json(
                "/token",
                &[],
                json!({
                    "access_token": format!("token-of-{name}"), "token_type": "Bearer",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                }),
            );
        }
        let memory = Arc::default();
        for slug in ["first", "second"] {
            fetch_in(&set, slug, &memory).await.expect("an answer");
        }
    }
    for (source, other) in [(&first, "of-second"), (&second, "of-first")] {
        for seen in source.seen() {
            let basic = seen.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
            let basic = STANDARD.decode(basic.trim_start_matches("Basic ")).unwrap_or_default();
            let text = format!("{seen:?} {} {}", String::from_utf8_lossy(&seen.body), String::from_utf8_lossy(&basic));
            assert!(!text.contains(other), "{text}");
        }
    }
}
