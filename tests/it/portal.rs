//! A portal and its server, as the tests of its doors use them: it has a key of its own, and access tokens of citizens.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::Duration,
};

use http::Method;
use overblik_demo::Source;
use overblik_gateway::config::Config;
use overblik_tests::{Answer, Browser, Draft, ProviderStandIn, Setup, SigningKey, System};
use serde_json::{Value, json};
use url::Url;

use crate::native_app::{AUDIENCE, Apps, CLIENT, DISPLAY_CLIENT, now};

pub(crate) const EMBED_AUDIENCE: &str = "https://overblik.example/embed";
pub(crate) const ORIGIN: &str = "https://www.birkerup.example";
pub(crate) const SECOND_ORIGIN: &str = "https://selvbetjening.birkerup.example";
pub(crate) const OTHER_ORIGIN: &str = "https://www.askerup.example";
pub(crate) const OVERVIEW: &str = "/embed/v1/overview";
pub(crate) const TOKEN: &str = "/embed/v1/token";
pub(crate) const FRAME: &str = "/embed/v1/frame";
pub(crate) const SECTIONS: &str = "urn:overblik:token-type:sections";
pub(crate) const EMBED: &str = "urn:overblik:token-type:embed";
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

type Fields = Vec<(String, String)>;

/// A gateway that lets two portals in, `birkerup` and `askerup`, and the provider behind all of them. Library and payments
/// agree with the first, the library alone with the second; daycare with neither, though both are registered for it.
pub(crate) struct Portals {
    pub(crate) apps: Apps,
    keys: [SigningKey; 2],
    assertions: AtomicU32,
    passed_s: AtomicI64,
}

pub(crate) const BIRKERUP: usize = 0;
pub(crate) const ASKERUP: usize = 1;
const NAMES: [&str; 2] = ["birkerup", "askerup"];

fn portal(name: &str, key: &SigningKey, origins: &[&str]) -> Value {
    json!({
        "name": { "da": format!("{name} Kommune"), "en": format!("{name} Municipality") },
        "display_client": name, "provider_client": format!("{name}-portal"), "origins": origins,
        "keys": { "keys": [key.public] }, "sources": ["library", "payments", "daycare"],
        "ways": ["server", "component", "frame"],
    })
}

impl Portals {
    pub(crate) async fn start() -> Self {
        Self::start_with(Setup::default(), |_| {}).await
    }

    pub(crate) async fn start_with(setup: Setup, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        let keys = [SigningKey::es256("b-1"), SigningKey::ps256("a-1")];
        let system = Self::set_up(setup, &provider, &keys, adjust).start().await;
        let apps = Apps { provider, system };
        Self { apps, keys, assertions: AtomicU32::new(0), passed_s: AtomicI64::new(0) }
    }

    /// Another process under the same address, with a configuration that was changed since.
    pub(crate) async fn another(&self, adjust: impl FnOnce(&mut Config) + Send + 'static) -> System {
        let public_url = self.apps.system.demo.url.clone();
        let setup = Self::set_up(Setup::default(), &self.apps.provider, &self.keys, move |config| {
            config.server.public_url = public_url;
            adjust(config);
        });
        setup.start().await
    }

    fn set_up(
        setup: Setup,
        provider: &ProviderStandIn,
        keys: &[SigningKey; 2],
        adjust: impl FnOnce(&mut Config) + Send + 'static,
    ) -> Setup {
        let issuer = provider.issuer.clone();
        let agrees = |setup: Setup, source, clients: &str| {
            setup.contract(source, "displayClients: [overblik", &format!("displayClients: [overblik, {clients}"))
        };
        let setup = agrees(setup, Source::Library, &format!("{DISPLAY_CLIENT}, birkerup, askerup"));
        let setup = agrees(setup, Source::Payments, "birkerup");
        let embed = json!({
            "audience": EMBED_AUDIENCE,
            "portals": {
                "birkerup": portal("birkerup", &keys[BIRKERUP], &[ORIGIN, SECOND_ORIGIN]),
                "askerup": portal("askerup", &keys[ASKERUP], &[OTHER_ORIGIN]),
            },
        });
        setup.adjust(move |config| {
            config.login.issuer = issuer;
            let api = json!({ "audience": AUDIENCE, "clients": { CLIENT: { "display_client": DISPLAY_CLIENT } } });
            config.api = Some(serde_json::from_value(api).expect("a configuration"));
            config.embed = Some(serde_json::from_value(embed).expect("a configuration"));
            adjust(config);
        })
    }

    /// Moves everybody's clock on, the portals' too.
    pub(crate) fn pass(&self, time: Duration) {
        self.passed_s.fetch_add(i64::try_from(time.as_secs()).unwrap_or_default(), Ordering::Relaxed);
        self.apps.system.pass(time);
    }

    /// Our origin, as assertions name it.
    pub(crate) fn us(&self) -> String {
        self.apps.system.demo.url.origin().ascii_serialization()
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.apps.system.demo.url.join(path).expect("a path")
    }

    /// A citizen's access token for a portal as it should be, not yet signed.
    pub(crate) fn draft(&self, citizen: &'static str, portal: usize) -> Draft {
        let mut draft = self.apps.draft(citizen);
        draft.claims["aud"] = json!(EMBED_AUDIENCE);
        draft.claims["client_id"] = json!(format!("{}-portal", NAMES[portal]));
        draft
    }

    /// A portal's assertion as it should be, not yet signed, under an id of its own.
    pub(crate) fn assertion(&self, portal: usize) -> (Value, Value) {
        let (key, number) = (&self.keys[portal], self.assertions.fetch_add(1, Ordering::Relaxed));
        let now = now() + self.passed_s.load(Ordering::Relaxed);
        let header = json!({ "alg": key.algorithm, "typ": "client-authentication+jwt", "kid": key.id });
        let claims = json!({
            "iss": NAMES[portal], "sub": NAMES[portal], "aud": self.us(), "iat": now, "exp": now + 60,
            "jti": format!("assertion-{number}"),
        });
        (header, claims)
    }

    /// The public half of a portal's key.
    pub(crate) fn public(&self, portal: usize) -> &Value {
        &self.keys[portal].public
    }

    /// Signs by a portal's key.
    pub(crate) fn sign(&self, portal: usize, header: &Value, claims: &Value) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        format!("{message}.{}", self.keys[portal].sign(&message))
    }

    /// The fields by which a portal proves itself.
    pub(crate) fn proof(&self, portal: usize) -> Fields {
        let (header, claims) = self.assertion(portal);
        proof_of(&self.sign(portal, &header, &claims))
    }

    /// What the token door answers to these fields beside those by which a portal proves itself.
    pub(crate) async fn exchange(&self, portal: usize, fields: &[(&str, &str)]) -> Answer {
        self.exchange_with(self.proof(portal), fields, &[]).await
    }

    pub(crate) async fn exchange_with(
        &self,
        mut form: Fields,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
        form.extend([grant].iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(TOKEN, headers, &form).await
    }

    /// Sends a form from a server.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], form: &Fields) -> Answer {
        self.a_server().send(Method::POST, &self.at(path), headers, Some(form)).await
    }

    /// A client that says nothing of where its page is, as a server does.
    pub(crate) fn a_server(&self) -> Browser {
        self.apps.system.browser_at(&"https://nowhere.example".parse().expect("an address"))
    }

    /// A section access for a citizen.
    pub(crate) async fn access(&self, citizen: &'static str, portal: usize) -> String {
        self.access_for(&self.draft(citizen, portal).signed(), portal).await
    }

    /// A section access for a citizen's access token.
    pub(crate) async fn access_for(&self, subject: &str, portal: usize) -> String {
        let answer = self.exchange(portal, &[("subject_token", subject), ("subject_token_type", ACCESS_TOKEN)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let given = answer.json();
        assert_eq!(
            (given["issued_token_type"].as_str(), given["token_type"].as_str()),
            (Some(SECTIONS), Some("Bearer"))
        );
        given["access_token"].as_str().expect("a token").to_owned()
    }

    /// An embed token for a section access, good for an origin.
    pub(crate) async fn embed_token(&self, portal: usize, access: &str, origin: &str) -> String {
        self.embed_token_of(portal, access, &[("audience", origin)]).await
    }

    pub(crate) async fn embed_token_of(&self, portal: usize, access: &str, more: &[(&str, &str)]) -> String {
        let fields = [("subject_token", access), ("subject_token_type", SECTIONS), ("requested_token_type", EMBED)];
        let answer = self.exchange(portal, &[&fields[..], more].concat()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let given = answer.json();
        assert_eq!((given["issued_token_type"].as_str(), given["token_type"].as_str()), (Some(EMBED), Some("Bearer")));
        given["access_token"].as_str().expect("a token").to_owned()
    }

    /// What a path answers to a server with this token.
    pub(crate) async fn show(&self, path: &str, token: &str) -> Answer {
        self.show_with(path, token, &[]).await
    }

    /// What a path answers to a script on a page of this origin with this token.
    pub(crate) async fn show_to_page(&self, path: &str, token: &str, origin: &str) -> Answer {
        self.show_with(path, token, &[("origin", origin), ("sec-fetch-site", "cross-site")]).await
    }

    pub(crate) async fn show_with(&self, path: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        self.a_server().send(Method::GET, &self.at(path), &headers, None).await
    }

    /// What the frame's own shell is answered when it sends a token.
    pub(crate) async fn show_in_frame(&self, portal: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
        let form = [("portal", portal), ("lang", "da"), ("token", token)];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.post(FRAME, headers, &form.to_vec()).await
    }

    /// How often the sources were asked.
    pub(crate) fn calls(&self) -> usize {
        [Source::Library, Source::Payments, Source::Daycare].map(|source| self.apps.system.calls(source)).iter().sum()
    }

    /// Stops everything, and fails if a log line holds one of these.
    pub(crate) async fn stop(self, tokens: &[&str]) {
        self.apps.stop(&[], tokens).await;
    }
}

/// The fields by which a portal proves itself with this assertion.
pub(crate) fn proof_of(assertion: &str) -> Fields {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fields = [("client_assertion_type", kind), ("client_assertion", assertion)];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// What a browser says of a frame that our own shell leads on.
pub(crate) const IN_FRAME: [(&str, &str); 3] =
    [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];

/// Fails unless the token door refuses with these.
#[track_caller]
pub(crate) fn assert_no_token(answer: &Answer, what: &str, expected: (u16, &str, &str)) {
    let said = answer.json();
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let found = (answer.status.as_u16(), text("error"), text("code"));
    assert_eq!((found.0, found.1.as_str(), found.2.as_str()), expected, "{what}: {}", answer.text);
    assert!(said.get("access_token").is_none() && !text("reference").is_empty(), "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
}
