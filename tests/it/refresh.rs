//! Refreshing tokens at a provider that answers in every way there is: what it brings, and what the refresh token is
//! still good for afterwards.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use overblik_connectors::{AcceptedPersons, Cpr};
use overblik_gateway::login::{KnownIdentity, Login, RefreshFailure, Tokens, VerifiedLogin};
use overblik_tests::{Draft, MORNING, ProviderStandIn, SigningKey, System, TokenOrder};
use serde_json::{Value, json};

use crate::party;

/// A login at the stand-in, and the relying party that it was at.
struct LoggedIn {
    provider: ProviderStandIn,
    login: Login,
    verified: VerifiedLogin,
    cpr: Cpr,
}

impl LoggedIn {
    async fn new() -> Self {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        let login = party::at(&provider, &json!({}));
        let verified = party::log_in(&provider, &login).await.expect("a login");
        let cpr = Cpr::parse(&verified.cpr, AcceptedPersons::FictitiousToo).expect("a number");
        Self { provider, login, verified, cpr }
    }

    fn identity(&self) -> KnownIdentity<'_> {
        KnownIdentity {
            subject: &self.verified.subject,
            cpr: &self.cpr,
            level: Some(self.verified.level),
            authenticated: self.verified.authenticated,
            provider_session: self.verified.provider_session.as_deref(),
        }
    }

    fn token(&self) -> String {
        self.verified.tokens.refresh.as_ref().expect("a refresh token").reveal().to_owned()
    }

    async fn refresh(&self) -> Result<Tokens, RefreshFailure> {
        self.login.refresh(&self.token(), &self.identity()).await
    }
}

#[tokio::test]
async fn a_login_says_all_that_a_session_needs() {
    let LoggedIn { verified, provider, .. } = LoggedIn::new().await;
    let now: jiff::Timestamp = MORNING.parse().expect("a time");
    assert_eq!((verified.issued, verified.authenticated), (now, Some(now)));
    assert_eq!(verified.provider_session.as_deref(), Some("the-session"));
    assert_eq!(verified.session_expiry, None);
    assert_eq!(verified.tokens.access_expires.as_second(), now.as_second() + 300);
    assert!(provider.knows_refresh_token(verified.tokens.refresh.expect("a token").reveal()));
}

#[tokio::test]
async fn r26_a_refresh_brings_new_tokens_and_uses_the_old_one_up() {
    let user = LoggedIn::new().await;
    let refreshed = user.refresh().await.expect("tokens");
    let new = refreshed.refresh.expect("a refresh token");
    assert_ne!(new.reveal(), user.token());
    assert_ne!(refreshed.access.reveal(), user.verified.tokens.access.reveal());
    assert!(!user.provider.knows_refresh_token(&user.token()));
    assert!(user.provider.knows_refresh_token(new.reveal()));
    let request = user.provider.received("/token").pop().expect("a request");
    assert_eq!((request.field("grant_type"), request.field("refresh_token")), ("refresh_token", user.token().as_str()));
}

#[tokio::test]
async fn r26_without_a_new_refresh_token_the_former_one_goes_on() {
    let user = LoggedIn::new().await;
    user.provider.change_answer(|answer| answer["refresh_token"] = Value::Null);
    let refreshed = user.refresh().await.expect("tokens");
    assert_eq!(refreshed.refresh.expect("a refresh token").reveal(), user.token());
}

#[tokio::test]
async fn r25_r26_every_answer_tells_what_the_token_is_still_good_for() {
    use RefreshFailure::{Disbelieved, Rejected, Unavailable, Uncertain};
    let status = |status: u16| TokenOrder::Status(StatusCode::from_u16(status).expect("a status"));
    let cases = [
        ("invalid_grant", TokenOrder::InvalidGrant, Rejected, true),
        ("400", status(400), Rejected, true),
        ("401", status(401), Disbelieved, true),
        ("500", status(500), Unavailable, true),
        ("503", status(503), Unavailable, true),
        ("429", status(429), Unavailable, true),
        ("502, from a proxy that lost the provider", status(502), Uncertain, true),
        ("504, from a proxy that waited no longer", status(504), Uncertain, true),
        ("302", status(302), Uncertain, true),
        ("the connection cut", TokenOrder::Cut, Uncertain, false),
        ("a page", TokenOrder::Body("<html>"), Uncertain, false),
        ("an empty object", TokenOrder::Body("{}"), Uncertain, false),
        ("a token of another type", TokenOrder::Body(r#"{"access_token":"a","token_type":"DPoP"}"#), Uncertain, false),
    ];
    for (what, order, failure, still_good) in cases {
        let user = LoggedIn::new().await;
        user.provider.order(order);
        assert_eq!(user.refresh().await.err(), Some(failure), "{what}");
        assert_eq!(user.provider.knows_refresh_token(&user.token()), still_good, "{what}");
        assert_eq!(user.provider.requests("/token"), 2, "{what}: the token was sent once");
        assert_eq!(user.refresh().await.is_ok(), still_good, "{what}");
    }
}

#[tokio::test]
async fn r26_a_provider_that_cannot_be_reached_was_sent_nothing() {
    let LoggedIn { provider, login, verified, cpr } = LoggedIn::new().await;
    drop(provider);
    let identity =
        KnownIdentity { subject: "the-subject", cpr: &cpr, level: None, authenticated: None, provider_session: None };
    let token = verified.tokens.refresh.expect("a refresh token");
    // The port closes when the stand-in's task has ended.
    let mut failure = None;
    for _ in 0..100 {
        failure = login.refresh(token.reveal(), &identity).await.err();
        if failure == Some(RefreshFailure::NotSent) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(failure, Some(RefreshFailure::NotSent));
}

#[tokio::test]
async fn r25_a_refresh_may_take_ten_seconds_and_no_more() {
    let (patient, impatient) = (LoggedIn::new().await, LoggedIn::new().await);
    patient.provider.order(TokenOrder::Late(Duration::from_secs(7)));
    impatient.provider.order(TokenOrder::Late(Duration::from_secs(20)));
    let (patient, impatient) = futures::join!(patient.refresh(), impatient.refresh());
    assert!(patient.is_ok());
    assert_eq!(impatient.err(), Some(RefreshFailure::Uncertain));
}

/// What a new ID token says, and what becomes of it.
type Claimed = (&'static str, &'static str, Value, Option<RefreshFailure>);

#[tokio::test]
async fn r8_r26_a_new_id_token_is_about_the_same_person_and_login() {
    use RefreshFailure::{OtherPerson, Untrusted};
    let now = MORNING.parse::<jiff::Timestamp>().expect("a time").as_second();
    let level = |name: &str| json!(format!("https://data.gov.dk/concept/core/nsis/loa/{name}"));
    let other = System::citizen("twins-tove").cpr;
    let own = System::citizen("family-signe").cpr.expect("a number");
    let (birth, serial) = own.split_at(6);
    let cases: [Claimed; 26] = [
        ("another subject", "sub", json!("another"), Some(OtherPerson)),
        ("no subject", "sub", json!(null), Some(Untrusted)),
        ("another CPR number", "cpr", json!(other), Some(OtherPerson)),
        ("a malformed CPR number", "cpr", json!("12"), Some(OtherPerson)),
        ("CPR numbers", "cpr", json!([own]), Some(Untrusted)),
        ("a CPR number as a number", "cpr", json!(1), Some(Untrusted)),
        ("no CPR number", "cpr", json!(null), None),
        ("the CPR number with a hyphen", "cpr", json!(format!("{birth}-{serial}")), None),
        ("another time of authentication", "auth_time", json!(now - 1), Some(Untrusted)),
        ("a time as a text", "auth_time", json!(now.to_string()), Some(Untrusted)),
        ("no time of authentication", "auth_time", json!(null), None),
        ("another session", "sid", json!("another"), Some(Untrusted)),
        ("no session", "sid", json!(null), None),
        ("another issuer", "iss", json!("https://login.example"), Some(Untrusted)),
        ("another audience", "aud", json!("another"), Some(Untrusted)),
        ("two audiences", "aud", json!(["overblik-demo", "another"]), Some(Untrusted)),
        ("another party", "azp", json!("another"), Some(Untrusted)),
        ("expired", "exp", json!(now - 61), Some(Untrusted)),
        ("from the future", "iat", json!(now + 61), Some(Untrusted)),
        ("a lower level", "acr", level("Low"), Some(Untrusted)),
        ("an unknown level", "acr", level("Substantia"), Some(Untrusted)),
        ("a higher level", "acr", level("High"), None),
        ("another access token's hash", "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), Some(Untrusted)),
        ("a hash that is no text", "at_hash", json!(1), Some(Untrusted)),
        ("methods as a text", "amr", json!("code_app"), None),
        ("nothing else", "x", json!(1), None),
    ];
    for (what, name, value, failure) in cases {
        let user = LoggedIn::new().await;
        user.provider.forge(move |mut draft: Draft| {
            draft.claims[name] = value.clone();
            draft.signed()
        });
        assert_eq!(user.refresh().await.err(), failure, "{what}");
    }
}

#[tokio::test]
async fn r26_a_new_id_token_by_another_key_is_not_trusted_and_none_at_all_need_not_come() {
    let user = LoggedIn::new().await;
    let own = Arc::new(SigningKey::es256("first"));
    user.provider.forge(move |mut draft| {
        draft.key = Arc::clone(&own);
        draft.signed()
    });
    assert_eq!(user.refresh().await.err(), Some(RefreshFailure::Untrusted));
    let user = LoggedIn::new().await;
    user.provider.change_answer(|answer| answer["id_token"] = Value::Null);
    assert!(user.refresh().await.is_ok());
}

#[tokio::test]
async fn r27_a_revoked_refresh_token_is_sent_where_the_provider_takes_it_and_opens_nothing_afterwards() {
    let user = LoggedIn::new().await;
    assert!(user.login.revoke(&user.token()).await);
    let request = user.provider.received("/revoke").pop().expect("a request");
    assert_eq!((request.field("token"), request.field("token_type_hint")), (user.token().as_str(), "refresh_token"));
    assert!(request.authorization.expect("credentials").starts_with("Basic "));
    assert_eq!(user.refresh().await.err(), Some(RefreshFailure::Rejected));
}
