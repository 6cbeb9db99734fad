//! A native app, as the tests of its door use it: it has access tokens of the stand-in, and a key of its own.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use overblik_demo::Source;
use overblik_gateway::config::Config;
use overblik_tests::{
    Answer, Browser, Draft, EventStream, MORNING, Person, ProviderStandIn, Setup, SigningKey, System,
};
use serde_json::{Value, json};

pub(crate) const AUDIENCE: &str = "https://overblik.example/api";
pub(crate) const CLIENT: &str = "the-app";
/// What contracts call the app. One source leaves it out.
pub(crate) const DISPLAY_CLIENT: &str = "overblik-app";
pub(crate) const OVERVIEW: &str = "/api/v1/overview";
pub(crate) const SESSION: &str = "/api/v1/session";

pub(crate) fn now() -> i64 {
    MORNING.parse::<Timestamp>().expect("a time").as_second()
}

/// A gateway that lets the app in, and the provider behind both.
pub(crate) struct Apps {
    pub(crate) provider: ProviderStandIn,
    pub(crate) system: System,
}

impl Apps {
    pub(crate) async fn start() -> Self {
        Self::start_with(Setup::default(), |_| {}).await
    }

    pub(crate) async fn start_with(setup: Setup, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        let issuer = provider.issuer.clone();
        let lets_the_app_in = |setup: Setup, source| {
            setup.contract(source, "displayClients: [overblik", &format!("displayClients: [overblik, {DISPLAY_CLIENT}"))
        };
        let setup = [Source::Library, Source::Payments].into_iter().fold(setup, lets_the_app_in);
        let setup = setup.adjust(move |config| {
            config.login.issuer = issuer;
            let api = json!({ "audience": AUDIENCE, "clients": { CLIENT: { "display_client": DISPLAY_CLIENT } } });
            config.api = Some(serde_json::from_value(api).expect("a configuration"));
            adjust(config);
        });
        Self { provider, system: setup.start().await }
    }

    /// An access token of a citizen as it should be, not yet signed.
    pub(crate) fn draft(&self, citizen: &'static str) -> Draft {
        let (person, key) = (Person::of(citizen), self.provider.key());
        let citizen = System::citizen(citizen);
        Draft {
            header: json!({ "alg": key.algorithm, "kid": key.id, "typ": "at+jwt" }),
            claims: json!({
                "iss": self.provider.issuer, "sub": person.subject, "sid": person.session, "aud": AUDIENCE,
                "client_id": CLIENT, "scope": "openid overblik", "jti": format!("id-of-{}", citizen.slug),
                "iat": now(), "exp": now() + 300, "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial",
                "cpr": citizen.cpr, "name": citizen.name, "municipality_code": citizen.municipality_code,
            }),
            raw: [None, None],
            key,
            of_refresh: false,
        }
    }

    /// An access token of a citizen as it should be.
    pub(crate) fn token(&self, citizen: &'static str) -> String {
        self.draft(citizen).signed()
    }

    /// One with this claim instead; without it for [`Value::Null`].
    pub(crate) fn token_with(&self, name: &str, value: Value) -> String {
        let mut draft = self.draft("family-signe");
        if value.is_null() {
            draft.claims.as_object_mut().expect("claims").remove(name);
        } else {
            draft.claims[name] = value;
        }
        draft.signed()
    }

    /// What a path answers to this token.
    pub(crate) async fn show(&self, path: &str, token: &str) -> Answer {
        self.send(path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// What a path answers to a request with these headers, from nowhere.
    pub(crate) async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.system.browser().get_with(path, headers).await
    }

    /// Opens the overview as an event stream.
    pub(crate) async fn open_stream(&self, token: &str) -> EventStream {
        let mut browser = self.system.browser();
        let (url, authorization) = (browser.at(OVERVIEW), format!("Bearer {token}"));
        let headers = [("accept", "text/event-stream"), ("authorization", authorization.as_str())];
        EventStream::of(browser.start(http::Method::GET, &url, &headers, None).await)
    }

    /// Tells the gateway that somebody logged out at the provider.
    pub(crate) async fn log_out_at_provider(&self, of: &Value) {
        let mut draft = self.draft("family-signe");
        draft.header["typ"] = json!("logout+jwt");
        draft.claims = json!({
            "iss": self.provider.issuer, "aud": "overblik-demo", "iat": now(), "exp": now() + 120, "jti": of.to_string(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        draft.claims.as_object_mut().expect("claims").extend(of.as_object().expect("whose").clone());
        let mut browser = self.system.browser();
        let (url, form) = (browser.at("/auth/backchannel-logout"), [("logout_token".to_owned(), draft.signed())]);
        let answer = browser.send(http::Method::POST, &url, &[], Some(&form)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Stops everything, and fails if a log line holds one of these.
    pub(crate) async fn stop(self, browsers: &[&Browser], tokens: &[&str]) {
        for part in tokens.iter().flat_map(|token| token.split('.')).filter(|part| part.len() > 40) {
            assert!(!self.system.log().contains(part), "a part of a token was logged");
        }
        self.system.stop(browsers).await;
    }
}

/// Fails unless an answer refuses with this status and code, has these challenges, and says nothing else.
#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, what: &str, expected: (u16, &str), challenges: &[&str]) {
    let found = (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!((found.0, found.1.as_str()), expected, "{what}: {}", answer.text);
    assert_eq!(answer.header_all("www-authenticate").collect::<Vec<_>>(), challenges, "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    assert!(!answer.headers.contains_key("set-cookie"), "{what}");
}

pub(crate) const DPOP: &str = r#"DPoP algs="ES256 PS256""#;
pub(crate) const INVALID: [&str; 2] = [r#"Bearer error="invalid_token""#, DPOP];

/// Fails unless an answer refuses a bearer token without saying why.
#[track_caller]
pub(crate) fn assert_invalid(answer: &Answer, what: &str) {
    assert_refused(answer, what, (401, "invalid-token"), &INVALID);
}

/// The key of an app, and proofs by it.
pub(crate) struct AppKey {
    pub(crate) key: Arc<SigningKey>,
    jwk: Value,
}

impl AppKey {
    pub(crate) fn new() -> Self {
        Self::of(SigningKey::es256("of-the-app"))
    }

    pub(crate) fn of(key: SigningKey) -> Self {
        let mut jwk = key.public.clone();
        jwk.as_object_mut().expect("a key").remove("kid");
        Self { key: Arc::new(key), jwk }
    }

    /// RFC 7638: the hash of the required members in alphabetical order, which is how they are written.
    pub(crate) fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.jwk.to_string().as_bytes()))
    }

    /// A proof for a `GET` of an address with a token, not yet signed.
    pub(crate) fn proof(&self, address: &str, token: &str, id: &str, nonce: Option<&str>) -> Draft {
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        let mut claims = json!({ "htm": "GET", "htu": address, "iat": now(), "jti": id, "ath": hash });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let header = json!({ "alg": self.key.algorithm, "typ": "dpop+jwt", "jwk": self.jwk });
        Draft { header, claims, raw: [None, None], key: Arc::clone(&self.key), of_refresh: false }
    }
}
