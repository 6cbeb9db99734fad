use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use overblik_demo::{DemoWorld, Party};
use serde_json::{Value, json};

use crate::visitor::*;

const SUBSTANTIAL: &str = "https://data.gov.dk/concept/core/nsis/loa/Substantial";

/// The claims of an `id_token`, checked against the published keys.
async fn claims(world: &DemoWorld, id_token: &str) -> Value {
    let keys = client().get(format!("{}/jwks", world.issuer())).send().await.expect("an answer");
    let keys: JwkSet = serde_json::from_slice(&keys.bytes().await.expect("a body")).expect("keys");
    let header = jsonwebtoken::decode_header(id_token).expect("a header");
    let key = keys.find(&header.kid.expect("a key id")).expect("the key");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[world.issuer()]);
    validation.set_audience(&[CLIENT_ID]);
    // The world's clock stands still at a moment of its own; the age is compared by hand below.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).expect("a usable key");
    jsonwebtoken::decode::<Value>(id_token, &key, &validation).expect("a valid token").claims
}

fn error_of((status, body): (StatusCode, Value)) -> (u16, String) {
    (status.as_u16(), body["error"].as_str().expect("an error").to_owned())
}

async fn push(world: &DemoWorld, secret: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
    let request = authorization_request();
    let pairs: Vec<_> =
        request.iter().map(|(name, value)| (*name, value.as_str())).chain(changes.iter().copied()).collect();
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(secret)));
    let response = client()
        .post(format!("{}/par", world.issuer()))
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form(&pairs))
        .send()
        .await
        .expect("an answer");
    (response.status(), json_of(response).await)
}

#[tokio::test]
async fn a_login_with_a_pushed_request_gives_a_signed_token() {
    let (options, clock) = options();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let (status, pushed) = push(&world, CLIENT_SECRET, &[("acr_values", SUBSTANTIAL)]).await;
    assert_eq!((status, &pushed["expires_in"]), (StatusCode::CREATED, &json!(60)));
    let reference = pushed["request_uri"].as_str().expect("a reference").to_owned();

    let parameters = [("client_id", CLIENT_ID.to_owned()), ("request_uri", reference)];
    let page = authorize(&world, &parameters).await.text().await.expect("a page");
    let again = authorize(&world, &parameters).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST, "a reference works once");
    let login = [("transaction", transaction(&page)), ("citizen", "letters-aase"), ("level", "high")];
    let answer = returned(&submit(&world, &login).await);
    assert_eq!(value_of(&answer, "state"), Some("a state"));
    assert_eq!(value_of(&answer, "iss"), Some(world.issuer()));
    assert_eq!(submit(&world, &login).await.status(), StatusCode::BAD_REQUEST, "a login page works once");

    clock.advance(59);
    let code = value_of(&answer, "code").expect("a code");
    let (status, tokens) = exchange(&world, &token_request(code)).await;
    assert_eq!((status, &tokens["token_type"]), (StatusCode::OK, &json!("Bearer")));
    let claims = claims(&world, tokens["id_token"].as_str().expect("a token")).await;
    let aase = citizen("letters-aase");
    assert_eq!(claims["nonce"], "a nonce");
    assert_eq!(claims["acr"], "https://data.gov.dk/concept/core/nsis/loa/High");
    assert_eq!((claims["cpr"].as_str(), claims["name"].as_str()), (aase.cpr, Some(aase.name)));
    assert_eq!(claims["municipality_code"], aase.municipality_code);
    assert_eq!(claims["iat"].as_i64().expect("iat") - claims["auth_time"].as_i64().expect("auth_time"), 59);
    assert_eq!(claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat"), 300);
    assert_eq!(claims["sub"].as_str().expect("sub").len(), 36);
    assert!(claims["sid"].as_str().expect("sid").len() >= 43);
    world.shutdown().await;
}

#[tokio::test]
async fn a_citizen_without_a_number_has_no_such_claim() {
    let world = world().await;
    let code = code(&world, "numberless-nina", "substantial").await;
    let (_, tokens) = exchange(&world, &token_request(&code)).await;
    let claims = claims(&world, tokens["id_token"].as_str().expect("a token")).await;
    assert_eq!(claims.get("cpr"), None);
    assert_eq!(claims["name"], citizen("numberless-nina").name);
    world.shutdown().await;
}

#[tokio::test]
async fn a_code_works_once() {
    let world = world().await;
    let code = code(&world, "debt-gert", "low").await;
    assert_eq!(exchange(&world, &token_request(&code)).await.0, StatusCode::OK);
    assert_eq!(error_of(exchange(&world, &token_request(&code)).await), (400, "invalid_grant".into()));
    world.shutdown().await;
}

#[tokio::test]
async fn a_code_lasts_a_minute() {
    let (options, clock) = options();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let code = code(&world, "debt-gert", "low").await;
    clock.advance(60);
    assert_eq!(error_of(exchange(&world, &token_request(&code)).await), (400, "invalid_grant".into()));
    world.shutdown().await;
}

#[tokio::test]
async fn whatever_does_not_fit_the_code_is_refused_and_uses_it_up() {
    let world = world().await;
    for (name, wrong) in
        [("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"), ("redirect_uri", AFTER_LOGOUT)]
    {
        let code = code(&world, "debt-gert", "low").await;
        let mut request = token_request(&code);
        request.iter_mut().filter(|(key, _)| *key == name).for_each(|pair| pair.1 = wrong);
        assert_eq!(error_of(exchange(&world, &request).await), (400, "invalid_grant".into()), "{name}");
        assert_eq!(error_of(exchange(&world, &token_request(&code)).await), (400, "invalid_grant".into()));
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_client_with_a_wrong_secret_gets_nothing_and_spoils_nothing() {
    let world = world().await;
    assert_eq!(error_of(push(&world, "wrong", &[]).await), (401, "invalid_client".into()));
    let code = code(&world, "debt-gert", "low").await;
    for (name, wrong) in [("client_secret", "wrong"), ("client_secret", ""), ("client_id", "stranger")] {
        let mut request = token_request(&code);
        request.iter_mut().filter(|(key, _)| *key == name).for_each(|pair| pair.1 = wrong);
        assert_eq!(error_of(exchange(&world, &request).await), (401, "invalid_client".into()), "{name}={wrong}");
    }
    assert_eq!(exchange(&world, &token_request(&code)).await.0, StatusCode::OK, "the code was left alone");
    world.shutdown().await;
}

#[tokio::test]
async fn a_pushed_request_is_checked_at_once_and_expires() {
    let (options, clock) = options();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let nested = [("request_uri", "urn:ietf:params:oauth:request_uri:x")];
    assert_eq!(error_of(push(&world, CLIENT_SECRET, &nested).await), (400, "invalid_request".into()));
    assert_eq!(error_of(push(&world, CLIENT_SECRET, &[("state", "two")]).await), (400, "invalid_request".into()));
    let (_, pushed) = push(&world, CLIENT_SECRET, &[]).await;
    clock.advance(60);
    let reference = pushed["request_uri"].as_str().expect("a reference").to_owned();
    let late = authorize(&world, &[("client_id", CLIENT_ID.to_owned()), ("request_uri", reference)]).await;
    assert_eq!(late.status(), StatusCode::BAD_REQUEST);
    world.shutdown().await;
}

#[tokio::test]
async fn nobody_is_redirected_to_an_unregistered_address() {
    let world = world().await;
    for (name, value) in [("redirect_uri", "http://evil.example/"), ("client_id", "stranger")] {
        let mut request = authorization_request();
        request.iter_mut().filter(|(key, _)| *key == name).for_each(|pair| pair.1 = value.to_owned());
        let answer = authorize(&world, &request).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(answer.headers().get("location").is_none());
        assert!(!answer.text().await.expect("a page").contains("evil"));
    }
    world.shutdown().await;
}

#[tokio::test]
async fn the_client_hears_why_a_login_does_not_happen() {
    let world = world().await;
    let mut silent = authorization_request();
    silent.push(("prompt", "none".into()));
    let answer = returned(&authorize(&world, &silent).await);
    assert_eq!(value_of(&answer, "error"), Some("login_required"));
    assert_eq!((value_of(&answer, "state"), value_of(&answer, "iss")), (Some("a state"), Some(world.issuer())));

    let page = authorize(&world, &authorization_request()).await.text().await.expect("a page");
    let answer = returned(&submit(&world, &[("transaction", transaction(&page)), ("cancel", "1")]).await);
    assert_eq!(value_of(&answer, "error"), Some("access_denied"));
    assert_eq!(value_of(&answer, "code"), None);
    world.shutdown().await;
}

#[tokio::test]
async fn a_wrong_form_leaves_the_login_open() {
    let world = world().await;
    let page = authorize(&world, &authorization_request()).await.text().await.expect("a page");
    let transaction = transaction(&page);
    for wrong in [("citizen", "nobody"), ("citizen", "")] {
        let answer = submit(&world, &[("transaction", transaction), wrong, ("level", "low")]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
    let right = [("transaction", transaction), ("citizen", "twins-tove"), ("level", "low")];
    assert_eq!(submit(&world, &right).await.status(), StatusCode::SEE_OTHER);
    world.shutdown().await;
}

#[tokio::test]
async fn the_login_page_is_plain_accessible_and_tells_no_number() {
    let world = world().await;
    let mut request = authorization_request();
    request.push(("acr_values", "https://data.gov.dk/concept/core/nsis/loa/High".into()));
    let answer = authorize(&world, &request).await;
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'nonce-"), "{policy}");
    assert!(policy.contains("form-action 'self' http://localhost:8080;"), "{policy}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.expect("a page");
    assert!(page.contains("<html lang=\"da\">") && page.contains("name=\"viewport\"") && page.contains("<h1>"));
    assert!(page.contains("fiktive personer") && page.contains("fictitious persons"));
    let is_handler = |word: &str| word.starts_with("on") && word.contains("=\"");
    assert!(!page.contains("<script") && !page.split_whitespace().any(is_handler), "no script");
    assert!(page.contains("value=\"high\" checked") && page.matches(" checked").count() == 1);
    for citizen in DemoWorld::citizens() {
        let about = citizen.about.en.replace('\'', "&#39;");
        assert!(page.contains(citizen.name) && page.contains(&about), "{}", citizen.slug);
        assert!(citizen.cpr.is_none_or(|cpr| !page.contains(cpr)));
    }
    world.shutdown().await;
}

#[tokio::test]
async fn discovery_names_working_endpoints() {
    let world = world().await;
    let document = client().get(format!("{}/.well-known/openid-configuration", world.issuer()));
    let metadata = json_of(document.send().await.expect("an answer")).await;
    assert_eq!(metadata["issuer"], world.issuer());
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ] {
        let url = metadata[endpoint].as_str().expect("an endpoint");
        let answer = client().get(url).send().await.expect("an answer");
        assert_ne!(answer.status(), StatusCode::NOT_FOUND, "{endpoint}");
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_logout_returns_only_to_a_registered_address_of_a_known_client() {
    let world = world().await;
    let url = format!("{}/logout", world.issuer());
    let code = code(&world, "twins-tove", "low").await;
    let (_, tokens) = exchange(&world, &token_request(&code)).await;
    let id_token = tokens["id_token"].as_str().expect("a token");
    let target = ("post_logout_redirect_uri", AFTER_LOGOUT);

    let by_hint = post_form(url.clone(), &[("id_token_hint", id_token), target, ("state", "x y")]).await;
    assert_eq!(
        (by_hint.status(), by_hint.headers()["location"].to_str().ok()),
        (StatusCode::SEE_OTHER, Some("http://localhost:8080/?state=x+y"))
    );
    let by_query = client().get(format!("{url}?{}", form(&[("client_id", CLIENT_ID), target])));
    assert_eq!(by_query.send().await.expect("an answer").headers()["location"], AFTER_LOGOUT);
    assert_eq!(post_form(url.clone(), &[]).await.status(), StatusCode::OK, "a page, and nowhere to go");

    let forged = format!("{id_token}A");
    for refused in [
        vec![target],
        vec![("client_id", "stranger"), target],
        vec![("id_token_hint", forged.as_str()), target],
        vec![("client_id", CLIENT_ID), ("post_logout_redirect_uri", "http://evil.example/")],
    ] {
        let answer = post_form(url.clone(), &refused).await;
        assert_eq!((answer.status(), answer.headers().get("location")), (StatusCode::BAD_REQUEST, None), "{refused:?}");
    }
    assert!(world.received(Party::IdentityProvider).iter().all(|request| !request.uri.contains("id_token_hint")));
    world.shutdown().await;
}
