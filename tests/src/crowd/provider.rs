//! An identity provider for a crowd: whoever comes says in the address who they are, and gets tokens that can be
//! refreshed once each.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::person::Persons;
use crate::{
    plain_server::{Asked, PlainServer, Reply},
    signing_key::{SigningKey, verified},
};

/// Our name at this provider.
pub const CLIENT_ID: &str = "overblik-crowd";

/// The parameter by which a browser of the crowd says who sits before it.
pub(crate) const PERSON_PARAMETER: &str = "person";

const LEVELS: &str = "https://data.gov.dk/concept/core/nsis/loa/";

/// The crowd's provider; it stops when it is dropped.
pub struct CrowdProvider {
    server: PlainServer,
    desk: Arc<Desk>,
}

struct Desk {
    persons: Arc<Persons>,
    key: SigningKey,
    state: Mutex<State>,
    numbers: AtomicU64,
    refreshes: AtomicUsize,
    replays: AtomicUsize,
    revocations: AtomicUsize,
    unknown_clients: AtomicUsize,
    access_token_lasts_s: AtomicU64,
    refresh_takes_ms: AtomicU64,
}

#[derive(Default)]
struct State {
    pushed: HashMap<String, String>,
    codes: HashMap<String, Login>,
    /// Refresh tokens that can be used.
    live: HashMap<String, Login>,
    /// Refresh tokens that were used: another use ends the login.
    used: HashMap<String, String>,
    /// The key set that clients sign by; without one it believes everybody.
    client_keys: Option<Value>,
    tokens: Vec<String>,
    keep_tokens: bool,
}

/// A login at the provider.
#[derive(Clone)]
struct Login {
    person: usize,
    nonce: String,
    level: String,
    sid: String,
    at: u64,
}

impl CrowdProvider {
    pub(crate) async fn start(persons: Arc<Persons>) -> Self {
        let desk = Arc::new(Desk {
            persons,
            key: SigningKey::es256("crowd"),
            state: Mutex::default(),
            numbers: AtomicU64::new(0),
            refreshes: AtomicUsize::new(0),
            replays: AtomicUsize::new(0),
            revocations: AtomicUsize::new(0),
            unknown_clients: AtomicUsize::new(0),
            access_token_lasts_s: AtomicU64::new(300),
            refresh_takes_ms: AtomicU64::new(0),
        });
        let server = PlainServer::start({
            let desk = Arc::clone(&desk);
            move |issuer, asked| desk.answer(issuer, asked)
        })
        .await;
        Self { server, desk }
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.server.origin
    }

    /// How long access tokens last from now on.
    pub fn access_tokens_last(&self, time: Duration) {
        self.desk.access_token_lasts_s.store(time.as_secs(), Ordering::SeqCst);
    }

    /// How long a refresh takes from now on.
    pub fn refresh_takes(&self, time: Duration) {
        self.desk.refresh_takes_ms.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// How many refreshes there were so far.
    #[must_use]
    pub fn refreshes(&self) -> usize {
        self.desk.refreshes.load(Ordering::SeqCst)
    }

    /// How often a refresh token came a second time.
    #[must_use]
    pub fn replays(&self) -> usize {
        self.desk.replays.load(Ordering::SeqCst)
    }

    /// How many revocations there were so far.
    #[must_use]
    pub fn revocations(&self) -> usize {
        self.desk.revocations.load(Ordering::SeqCst)
    }

    /// From now on it believes whoever signs by a key of this set, and nobody else.
    pub fn trusts(&self, client_keys: Value) {
        self.desk.state().client_keys = Some(client_keys);
    }

    /// How often a client that it does not believe has asked so far.
    #[must_use]
    pub fn unknown_clients(&self) -> usize {
        self.desk.unknown_clients.load(Ordering::SeqCst)
    }

    /// A logout token: everything of a person ends.
    #[must_use]
    pub fn logout_token(&self, person: usize) -> String {
        let token = self.desk.sign(
            &json!({ "alg": self.desk.key.algorithm, "kid": self.desk.key.id, "typ": "logout+jwt" }),
            &json!({
                "iss": self.issuer(), "aud": CLIENT_ID, "iat": now(), "exp": now() + 120, "jti": random(),
                "sub": self.desk.persons.of(person).subject,
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            }),
        );
        self.desk.state().keep(&[&token]);
        token
    }

    /// Keeps every token, code and assertion from now on, for [`CrowdProvider::tokens`].
    pub fn keep_tokens(&self) {
        self.desk.state().keep_tokens = true;
    }

    /// Every token and code that was given out, and every assertion and secret that came.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.desk.state().tokens.clone()
    }

    /// What stood in addresses and `Referer` headers.
    #[must_use]
    pub fn addressed(&self) -> Vec<String> {
        self.server.addressed()
    }
}

impl Desk {
    fn answer(&self, issuer: &str, asked: &Asked) -> Reply {
        match asked.path() {
            "/.well-known/openid-configuration" => Reply::json(200, metadata(issuer).to_string()),
            "/jwks" => Reply::json(200, json!({ "keys": [self.key.public] }).to_string()),
            "/par" | "/token" if !self.believes(asked) => {
                self.unknown_clients.fetch_add(1, Ordering::SeqCst);
                Reply::json(401, json!({ "error": "invalid_client" }).to_string())
            }
            "/par" => {
                let uri = format!("urn:ietf:params:oauth:request_uri:{}", random());
                self.state().pushed.insert(uri.clone(), asked.body.clone());
                Reply::json(201, json!({ "request_uri": uri, "expires_in": 60 }).to_string())
            }
            "/authorize" => self.authorise(issuer, asked),
            "/token" => self.token(issuer, asked),
            "/revoke" => {
                self.revocations.fetch_add(1, Ordering::SeqCst);
                self.state().live.remove(&asked.field("token"));
                Reply::empty(200)
            }
            "/end-session" => Reply::empty(204),
            _ => Reply::empty(404),
        }
    }

    fn believes(&self, asked: &Asked) -> bool {
        let state = self.state();
        state.client_keys.as_ref().is_none_or(|keys| verified(&asked.field("client_assertion"), keys).is_some())
    }

    fn authorise(&self, issuer: &str, asked: &Asked) -> Reply {
        let mut state = self.state();
        let Some(pushed) = state.pushed.remove(&asked.query("request_uri")) else { return Reply::empty(400) };
        let request = Asked { body: pushed, ..Asked::default() };
        let Ok(person) = asked.query(PERSON_PARAMETER).parse::<usize>() else { return Reply::empty(400) };
        if person >= self.persons.count() {
            return Reply::empty(400);
        }
        let asked_for = request.field("acr_values");
        let level = if asked_for.ends_with("High") { "High" } else { "Substantial" };
        let sid = format!("sid-{}", self.numbers.fetch_add(1, Ordering::SeqCst));
        let login = Login { person, nonce: request.field("nonce"), level: level.to_owned(), sid, at: now() };
        let code = random();
        state.keep(&[&code]);
        state.codes.insert(code.clone(), login);
        let mut answer = url::form_urlencoded::Serializer::new(String::new());
        answer.append_pair("code", &code).append_pair("state", &request.field("state")).append_pair("iss", issuer);
        Reply::redirect(format!("{}?{}", request.field("redirect_uri"), answer.finish()))
    }

    fn token(&self, issuer: &str, asked: &Asked) -> Reply {
        let mut state = self.state();
        let secrets = [asked.field("client_secret"), asked.field("client_assertion"), asked.field("code_verifier")];
        state.keep(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        let (login, delay) = match asked.field("grant_type").as_str() {
            "authorization_code" => (state.codes.remove(&asked.field("code")), Duration::ZERO),
            "refresh_token" => {
                let token = asked.field("refresh_token");
                self.refreshes.fetch_add(1, Ordering::SeqCst);
                if let Some(sid) = state.used.get(&token).cloned() {
                    self.replays.fetch_add(1, Ordering::SeqCst);
                    state.live.retain(|_, login| login.sid != sid);
                }
                let login = state.live.remove(&token);
                if let Some(login) = &login {
                    state.used.insert(token, login.sid.clone());
                }
                (login, Duration::from_millis(self.refresh_takes_ms.load(Ordering::SeqCst)))
            }
            _ => return Reply::json(400, json!({ "error": "unsupported_grant_type" }).to_string()),
        };
        let Some(login) = login else {
            return Reply { delay, ..Reply::json(400, json!({ "error": "invalid_grant" }).to_string()) };
        };
        let (access, refresh) = (random(), random());
        let id = self.id_token(issuer, &login, asked.field("grant_type") == "authorization_code");
        state.keep(&[&access, &refresh, &id]);
        let lasts = self.access_token_lasts_s.load(Ordering::SeqCst);
        state.live.insert(refresh.clone(), login);
        let answer = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": lasts, "refresh_token": refresh, "id_token": id,
        });
        Reply { delay, ..Reply::json(200, answer.to_string()) }
    }

    fn id_token(&self, issuer: &str, login: &Login, is_first: bool) -> String {
        let person = self.persons.of(login.person);
        let mut claims = json!({
            "iss": issuer, "sub": person.subject, "aud": CLIENT_ID, "iat": now(), "exp": now() + 300,
            "auth_time": login.at, "sid": login.sid, "acr": format!("{LEVELS}{}", login.level),
            "cpr": person.number, "name": person.name, "municipality_code": person.municipality,
        });
        if let Some(claims) = claims.as_object_mut().filter(|_| is_first) {
            claims.insert("nonce".to_owned(), Value::String(login.nonce.clone()));
        }
        self.sign(&json!({ "alg": self.key.algorithm, "kid": self.key.id }), &claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let unsigned = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.key.sign(&unsigned);
        format!("{unsigned}.{signature}")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, tokens: &[&str]) {
        if self.keep_tokens {
            self.tokens.extend(tokens.iter().filter(|token| !token.is_empty()).map(|token| (*token).to_owned()));
        }
    }
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "pushed_authorization_request_endpoint": format!("{issuer}/par"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

#[expect(clippy::expect_used, reason = "without random numbers nothing goes on")]
fn random() -> String {
    let mut bytes = [0_u8; 24];
    rand::fill(&mut bytes).expect("random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The gateways of a fleet run on the system's clock, and so does their provider.
#[expect(clippy::disallowed_methods, reason = "real processes on real time")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
