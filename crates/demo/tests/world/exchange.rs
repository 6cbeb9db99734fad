//! The token service, as the gateway and the authorities see it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use jsonwebtoken::jwk::JwkSet;
use overblik_demo::{
    DemoWorld, Source,
    token_check::{self, ACCESS_TOKEN_TYPE, NotAccepted, TokenCheck},
};
use serde_json::Value;

use crate::visitor::{
    CLIENT_ID, CLIENT_SECRET, TestClock, client, code, cpr, exchange, json_of, options, token_request,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";

struct Service {
    world: DemoWorld,
    clock: TestClock,
    /// A citizen's access token.
    access_token: String,
    options_clock: overblik_demo::Clock,
}

async fn service() -> Service {
    let (options, clock) = options();
    let options_clock = options.clock.clone();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let code = code(&world, "twins-tove", "substantial").await;
    let (_, tokens) = exchange(&world, &token_request(&code)).await;
    let access_token = tokens["access_token"].as_str().expect("a token").to_owned();
    Service { world, clock, access_token, options_clock }
}

impl Service {
    async fn ask(&self, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let audience = token_check::audience(Source::Library);
        let mut pairs = vec![
            ("grant_type", GRANT),
            ("subject_token", self.access_token.as_str()),
            ("subject_token_type", ACCESS_TOKEN),
            ("requested_token_type", ACCESS_TOKEN),
            ("audience", audience.as_str()),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        for (name, value) in changes {
            pairs.iter_mut().filter(|(known, _)| known == name).for_each(|pair| pair.1 = value);
        }
        exchange(&self.world, &pairs).await
    }

    async fn check(&self, source: Source) -> TokenCheck {
        let keys = client().get(format!("{}/jwks", self.world.issuer())).send().await.expect("an answer");
        let keys: JwkSet = serde_json::from_value(json_of(keys).await).expect("keys");
        TokenCheck::new(token_check::audience(source), self.options_clock.clone()).trust(self.world.issuer(), &keys)
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect("a text")
}

#[tokio::test]
async fn r45_what_is_exchanged_is_for_one_authority_one_minute_and_names_who_acts() {
    let service = service().await;
    let (status, answer) = service.ask(&[]).await;
    assert_eq!((status, text(&answer, "token_type"), &answer["expires_in"]), (StatusCode::OK, "Bearer", &60.into()));
    let token = text(&answer, "access_token");
    let claims = service.check(Source::Library).await.token(token, ACCESS_TOKEN_TYPE).expect("accepted");
    assert_eq!((claims.cpr.as_deref(), claims.loa.as_deref()), (Some(cpr("twins-tove")), Some("Substantial")));
    assert_eq!(claims.act.expect("somebody acts")["sub"], CLIENT_ID);
    let elsewhere = service.check(Source::Daycare).await;
    assert_eq!(elsewhere.token(token, ACCESS_TOKEN_TYPE), Err(NotAccepted::OtherAudience));
    assert_eq!(elsewhere.token(token, "JWT"), Err(NotAccepted::Untrusted));
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
    let check = service.check(Source::Library).await;
    assert!(check.bearer(&headers, ACCESS_TOKEN_TYPE).is_ok());
    assert_eq!(check.bearer(&HeaderMap::new(), ACCESS_TOKEN_TYPE), Err(NotAccepted::Missing));
    let nobody = TokenCheck::new(token_check::audience(Source::Library), service.options_clock.clone());
    assert_eq!(nobody.token(token, ACCESS_TOKEN_TYPE), Err(NotAccepted::Untrusted));
    service.clock.advance(66);
    assert_eq!(check.token(token, ACCESS_TOKEN_TYPE), Err(NotAccepted::Expired));
    service.world.shutdown().await;
}

#[tokio::test]
async fn r45_nothing_is_exchanged_for_a_stranger_an_unknown_audience_or_a_token_of_a_source() {
    let service = service().await;
    let (_, of_source) = service.ask(&[]).await;
    for (change, status, error) in [
        (("client_secret", "wrong"), 401, "invalid_client"),
        (("audience", "urn:somebody-else"), 400, "invalid_target"),
        (("subject_token", text(&of_source, "access_token")), 400, "invalid_grant"),
        (("subject_token", "invented"), 400, "invalid_grant"),
        (("subject_token_type", SAML2), 400, "invalid_request"),
        (("requested_token_type", "urn:ietf:params:oauth:token-type:id_token"), 400, "invalid_request"),
    ] {
        let (refused, answer) = service.ask(&[change]).await;
        assert_eq!((refused.as_u16(), text(&answer, "error")), (status, error), "{change:?}");
    }
    service.clock.advance(60 * 60);
    assert_eq!(service.ask(&[]).await.0, StatusCode::BAD_REQUEST, "the login's token has expired");
    service.world.shutdown().await;
}

#[tokio::test]
async fn an_assertion_is_believed_only_as_it_was_made() {
    let service = service().await;
    let (_, answer) = service.ask(&[("requested_token_type", SAML2)]).await;
    assert_eq!((text(&answer, "issued_token_type"), text(&answer, "token_type")), (SAML2, "N_A"));
    let xml = URL_SAFE_NO_PAD.decode(text(&answer, "access_token")).expect("base64url");
    let xml = String::from_utf8(xml).expect("text");
    let check = service.check(Source::Library).await;
    let claims = check.assertion(&xml).expect("accepted");
    assert_eq!(claims.cpr.as_deref(), Some(cpr("twins-tove")));
    for changed in
        [xml.replace(cpr("twins-tove"), cpr("debt-gert")), xml.replace("Substantial", "High"), xml.clone() + " "]
    {
        assert_eq!(check.assertion(&changed), Err(NotAccepted::Untrusted));
    }
    assert_eq!(service.check(Source::Payments).await.assertion(&xml), Err(NotAccepted::OtherAudience));
    service.world.shutdown().await;
}

#[tokio::test]
async fn the_gateway_gets_tokens_of_its_own_that_name_no_citizen() {
    let service = service().await;
    let (status, answer) = service.ask(&[("grant_type", "client_credentials")]).await;
    assert_eq!(status, StatusCode::OK);
    let check = service.check(Source::Library).await;
    let claims = check.token(text(&answer, "access_token"), ACCESS_TOKEN_TYPE).expect("accepted");
    assert_eq!((claims.sub.as_str(), claims.cpr, claims.act), (CLIENT_ID, None, None));
    service.world.shutdown().await;
}
