//! An identity provider that a test can make say anything. It asks nobody anything: whoever comes is logged in at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode, Uri, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{Answer, Browser, MORNING, Setup, SigningKey, System};

/// Our name at every provider of the demo world, and so here.
const CLIENT_ID: &str = "overblik-demo";

/// A running stand-in; it stops when it is dropped.
pub struct ProviderStandIn {
    /// Its issuer.
    pub issuer: String,
    board: Arc<Mutex<Board>>,
    _serving: JoinSet<()>,
}

/// An ID token in the making.
pub struct Draft {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
    /// Header and claims as texts, where those cannot be had from a [`Value`].
    pub raw: [Option<String>; 2],
    /// Signs it.
    pub key: Arc<SigningKey>,
}

impl Draft {
    /// Header and claims, encoded.
    #[must_use]
    pub fn unsigned(&self) -> String {
        let [header, claims] = &self.raw;
        let text = |raw: &Option<String>, value: &Value| raw.clone().unwrap_or_else(|| value.to_string());
        [text(header, &self.header), text(claims, &self.claims)].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    /// The token.
    #[must_use]
    pub fn signed(&self) -> String {
        let unsigned = self.unsigned();
        let signature = self.key.sign(&unsigned);
        format!("{unsigned}.{signature}")
    }
}

/// Makes a token of a draft.
type Forge = Arc<dyn Fn(Draft) -> String + Send + Sync>;

/// What a document answers: status, where it leads, body.
type Document = (StatusCode, Option<String>, String);

struct Board {
    issuer: String,
    key: Arc<SigningKey>,
    forge: Forge,
    metadata: Document,
    key_set: Document,
    requests: Vec<String>,
}

impl ProviderStandIn {
    /// A stand-in whose tokens are as they should be, signed by this key.
    ///
    /// # Panics
    /// When it finds no port.
    #[expect(clippy::expect_used, reason = "a test without its provider must fail and say why")]
    pub async fn start(key: SigningKey) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let board = Arc::new(Mutex::new(Board {
            metadata: (StatusCode::OK, None, metadata(&issuer).to_string()),
            key_set: (StatusCode::OK, None, json!({ "keys": [key.public] }).to_string()),
            issuer: issuer.clone(),
            key: Arc::new(key),
            forge: Arc::new(|draft| draft.signed()),
            requests: Vec::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&board));
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.expect("it serves") });
        Self { issuer, board, _serving: serving }
    }

    /// A gateway that knows this provider alone.
    pub async fn system(&self) -> System {
        let issuer = self.issuer.clone();
        Setup::default().adjust(move |config| config.login.issuer = issuer).start().await
    }

    /// A new browser and what its callback answered; where no login begins, what the attempt answered.
    ///
    /// # Panics
    /// When the provider leads nowhere.
    #[expect(clippy::expect_used, reason = "a stand-in that leads nowhere is a mistake in the test")]
    pub async fn log_in(system: &System) -> (Browser, Answer) {
        let mut browser = system.browser();
        let begun = browser.get("/auth/login").await;
        let Some(authorise) = begun.location() else { return (browser, begun) };
        let sent = browser.send(Method::GET, &authorise, &[], None).await;
        let answer = browser.follow(&sent.location().expect("the callback")).await;
        (browser, answer)
    }

    /// Makes tokens so from now on.
    pub fn forge(&self, forge: impl Fn(Draft) -> String + Send + Sync + 'static) {
        self.board().forge = Arc::new(forge);
    }

    /// Signs by another key from now on. Publishing it is another matter.
    pub fn sign_by(&self, key: Arc<SigningKey>) {
        self.board().key = key;
    }

    /// The key that signs.
    #[must_use]
    pub fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.board().key)
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[Value]) {
        self.publish_document(StatusCode::OK, None, json!({ "keys": keys }).to_string());
    }

    /// Answers so where keys are asked for.
    pub fn publish_document(&self, status: StatusCode, location: Option<String>, body: String) {
        self.board().key_set = (status, location, body);
    }

    /// Answers so where metadata are asked for.
    pub fn describe(&self, status: StatusCode, location: Option<String>, body: String) {
        self.board().metadata = (status, location, body);
    }

    /// The metadata as they should be.
    #[must_use]
    pub fn metadata(&self) -> Value {
        metadata(&self.issuer)
    }

    /// How many requests for a path have come.
    #[must_use]
    pub fn requests(&self, path: &str) -> usize {
        self.board().requests.iter().filter(|requested| *requested == path).count()
    }

    /// The paths for which requests have come.
    #[must_use]
    pub fn requested(&self) -> Vec<String> {
        self.board().requests.clone()
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "PS256"],
    })
}

async fn answer(State(board): State<Arc<Mutex<Board>>>, uri: Uri, body: String) -> Response {
    let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
    board.requests.push(uri.path().to_owned());
    match uri.path() {
        "/.well-known/openid-configuration" => document(&board.metadata),
        "/jwks" => document(&board.key_set),
        "/authorize" => authorise(uri.query().unwrap_or_default()),
        "/token" => axum::Json(tokens(&board, &body)).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn document((status, location, body): &Document) -> Response {
    let location = location.iter().map(|location| (header::LOCATION, location.clone()));
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned())].into_iter().chain(location);
    (*status, axum::response::AppendHeaders(headers.collect::<Vec<_>>()), body.clone()).into_response()
}

fn parameter(pairs: &str, name: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
    pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn authorise(query: &str) -> Response {
    // The code is the nonce, so that nothing need be remembered between the two requests.
    let mut answer = url::form_urlencoded::Serializer::new(String::new());
    answer.append_pair("code", &parameter(query, "nonce")).append_pair("state", &parameter(query, "state"));
    Redirect::to(&format!("{}?{}", parameter(query, "redirect_uri"), answer.finish())).into_response()
}

#[expect(clippy::expect_used, reason = "the morning is a time")]
fn tokens(board: &Board, form: &str) -> Value {
    let now = MORNING.parse::<Timestamp>().expect("a time").as_second();
    let citizen = System::citizen("family-signe");
    let draft = Draft {
        header: json!({ "alg": board.key.algorithm, "kid": board.key.id }),
        claims: json!({
            "iss": board.issuer, "sub": "the-subject", "aud": CLIENT_ID, "exp": now + 300, "iat": now,
            "nonce": parameter(form, "code"), "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial",
            "cpr": citizen.cpr, "name": citizen.name,
        }),
        raw: [None, None],
        key: Arc::clone(&board.key),
    };
    json!({ "access_token": "the-access-token", "token_type": "Bearer", "id_token": (board.forge)(draft) })
}
