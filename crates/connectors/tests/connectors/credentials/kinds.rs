//! Each kind of credential: how it is obtained, shown, and replaced.

use super::*;

#[tokio::test]
async fn a_token_for_the_gateway_is_obtained_once_for_all_citizens() {
    let world = world(CLIENT).await;
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((world.issued(), world.shown("authorization")), (1, vec!["Bearer token-1".to_owned(); 50]));
    let asked = &world.issuer.seen()[0];
    let expected = fields(&[("grant_type", "client_credentials"), ("scope", "read"), ("audience", "urn:permits")]);
    assert_eq!(form(asked), expected);
    let basic = STANDARD.encode("gateway%3A1:s%3Acret%2B");
    assert_eq!(asked.headers["authorization"], format!("Basic {basic}").as_str());
    assert!(!asked.headers.contains_key("x-api-key"));
}

#[tokio::test]
async fn r45_fifty_simultaneous_refusals_cost_one_renewal_and_each_call_is_sent_twice_at_most() {
    let world = world(CLIENT).await;
    takes(&world.source, "authorization", |shown| shown == "Bearer token-2");
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(world.issued(), 2);
    let calls = world.shown("authorization");
    assert!(calls.len() <= 100, "{}", calls.len());
    takes(&world.source, "authorization", |_| false);
    let before = calls.len();
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(ConnectorError::CredentialsRefused(401))));
    assert!(world.issued() <= 3 && world.shown("authorization").len() - before <= 100);
}

#[tokio::test]
async fn a_source_that_refuses_everything_is_asked_twice_and_then_refused() {
    for auth in [CLIENT, EXCHANGE] {
        let world = world(auth).await;
        takes(&world.source, "authorization", |_| false);
        assert_eq!(fetch(&world).await, Err(ConnectorError::CredentialsRefused(401)));
        assert_eq!(world.shown("authorization"), ["Bearer token-1", "Bearer token-2"]);
    }
    let world = world("apiKey: { header: X-Api-Key }").await;
    world.source.on("/archive", |_| refusal());
    assert_eq!(fetch(&world).await, Err(ConnectorError::CredentialsRefused(401)));
    assert_eq!(world.shown("x-api-key").len(), 1, "a key is not renewed");
}

#[tokio::test]
async fn obtaining_and_asking_twice_stay_within_the_source_s_time_limit() {
    let world = world(&CLIENT.replace("/token", "/slow")).await;
    world.issuer.later("/token", |_| Box::pin(std::future::pending()));
    let began = std::time::Instant::now();
    assert_eq!(fetch(&world).await, Err(ConnectorError::TimedOut));
    assert!(began.elapsed() < Duration::from_secs(3), "the contract says two seconds");
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn with_keys_the_gateway_signs_who_it_is_for_that_endpoint_alone() {
    let (source, issuer) = (Source::start().await, Source::start().await);
    let count = Arc::default();
    issues(&issuer, "/token", &count, |_| json!({ "access_token": "t", "token_type": "bearer" }));
    source.on("/archive", |_| permits());
    let endpoint = Endpoint { client_secret: None, ..endpoint(&source, &issuer) };
    let endpoints = BTreeMap::from([("permits".to_owned(), endpoint)]);
    let set = load(&[("permits", contract("permits", CLIENT))], endpoints, true);
    fetch_in(&set, "permits", &Arc::default()).await.expect("an answer");
    let asked = &issuer.seen()[0];
    assert!(!asked.headers.contains_key("authorization"));
    let form = form(asked);
    assert_eq!(form["client_id"], "gateway:1");
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let (header, claims) = signed(&form["client_assertion"]);
    assert_eq!(header["typ"], "client-authentication+jwt");
    assert_eq!(claims["aud"], issuer.url.join("/token").expect("a URL").as_str());
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["exp"]),
        (&json!("gateway:1"), &json!("gateway:1"), &json!(60))
    );
}

#[tokio::test]
async fn r45_the_gateway_s_own_word_on_a_citizen_is_for_one_source_one_minute_and_one_call() {
    let (source, issuer) = (Source::start().await, Source::start().await);
    source.on("/archive", |_| permits());
    for (auth, header, scheme) in [
        (ASSERTION.to_owned(), "authorization", "Bearer "),
        (ASSERTION.replace(" }", ", header: X-Borger }"), "x-borger", ""),
    ] {
        let endpoints = BTreeMap::from([("permits".to_owned(), endpoint(&source, &issuer))]);
        let set = load(&[("permits", contract("permits", &auth))], endpoints, true);
        let before = source.seen().len();
        for _ in 0..2 {
            fetch_in(&set, "permits", &Arc::default()).await.expect("an answer");
        }
        let seen = source.seen();
        let shown: Vec<_> =
            seen[before..].iter().map(|seen| seen.headers[header].to_str().expect("text").to_owned()).collect();
        assert_ne!(shown[0], shown[1], "made anew");
        let (kind, claims) = signed(shown[0].strip_prefix(scheme).expect("the scheme"));
        assert_eq!(kind["typ"], "citizen-assertion+jwt");
        assert_eq!(
            claims,
            json!({
                "iss": "https://overblik.example/", "aud": "urn:permits", "cpr": CPR, "loa": "Substantial",
                "sub": "01010101010101010101010101010101@urn:permits", "client_id": "overblik", "exp": 60, "jti": 0,
            })
        );
        assert!(!set.exchanges_login_token());
    }
    assert!(issuer.seen().is_empty());
}

#[tokio::test]
async fn idws_leads_from_the_login_over_an_assertion_to_a_token_of_the_source() {
    let world = world(IDWS).await;
    let assertion = "<Assertion>>>???</Assertion>";
    let exchanges = Arc::default();
    issues(&world.issuer, "/exchange", &exchanges, |_| {
        json!({
            "access_token": URL_SAFE_NO_PAD.encode("<Assertion>>>???</Assertion>"), "token_type": "N_A",
            "issued_token_type": "urn:ietf:params:oauth:token-type:saml2", "expires_in": 300,
        })
    });
    issues(&world.issuer, "/token", &world.count, |number| {
        json!({
            "access_token": format!("opaque-{number}"), "token_type": "holder-of-key", "expires_in": 3600,
        })
    });
    let memory = Arc::default();
    let in_session = || fetch_in(&world.set, "permits", &memory);
    assert!(join_all((0..10).map(|_| in_session())).await.iter().all(Result::is_ok));
    assert_eq!(world.shown("authorization"), vec!["Holder-of-key opaque-1".to_owned(); 10]);
    let asked = world.issuer.seen();
    let of = |path: &str| form(asked.iter().find(|seen| seen.uri == path).expect("a request"));
    assert_eq!(of("/exchange")["requested_token_type"], "urn:ietf:params:oauth:token-type:saml2");
    assert_eq!(of("/exchange")["audience"], "urn:permits");
    assert_eq!(of("/token"), fields(&[("saml-token", &STANDARD.encode(assertion))]));
    let at_source = asked.iter().find(|seen| seen.uri == "/token").expect("a request");
    assert!(!at_source.headers.contains_key("authorization"), "the certificate says who asks");
    assert_eq!(asked.len(), 2);
    // Only the profile's own word makes it anew.
    world.source.status("/archive", 401);
    assert_eq!(in_session().await, Err(ConnectorError::CredentialsRefused(401)));
    assert_eq!(world.issued(), 1);
    takes(&world.source, "authorization", |shown| shown == "Holder-of-key opaque-2");
    in_session().await.expect("an answer");
    assert_eq!(world.issued(), 2);
}

#[tokio::test]
async fn a_back_end_is_logged_in_to_once_and_once_more_when_its_key_has_lapsed() {
    let world = world(&format!("apiKey: {{ header: X-Api-Key }}, {SESSION}")).await;
    let logins = Arc::new(AtomicUsize::new(0));
    issues(&world.source, "/login", &logins, |number| json!({ "session": { "key": format!("key-{number}") } }));
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(world.shown("x-session"), vec!["key-1".to_owned(); 50]);
    let seen = world.source.seen();
    let login = seen.iter().find(|seen| seen.uri == "/login").expect("a log-in");
    let sent: Value = serde_json::from_slice(&login.body).expect("JSON");
    assert_eq!(sent, json!({ "user": "the-user", "secret": ["the-\"password"] }));
    assert_eq!((login.method.as_str(), &login.headers["x-api-key"]), ("POST", &"test-key".parse().expect("a value")));
    takes(&world.source, "x-session", |shown| shown == "key-2");
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(logins.load(Ordering::SeqCst), 2, "fifty refusals, one log-in");
    world.source.json("/login", &[], json!({ "session": {} }));
    takes(&world.source, "x-session", |_| false);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(fetch(&world).await.is_err());
}
