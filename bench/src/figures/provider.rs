//! The identity provider at which the citizens of the measurements log in. It runs on a thread of its own and remembers
//! nothing: a code says whom it is for.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Collected, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use url::{Url, form_urlencoded};

use crate::citizens::Citizen;

const CLIENT_ID: &str = "overblik-bench";
const LEVEL: &str = "https://data.gov.dk/concept/core/nsis/loa/Substantial";

pub(crate) struct Provider {
    pub(crate) issuer: String,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let address = listener.local_addr().expect("an address");
                tell.send(address).expect("somebody waits");
                serve(Desk::new(address), listener).await;
            });
        });
        Self { issuer: issuer(told.recv().expect("an address")) }
    }

    /// Where the provider leads a browser back to that comes to this address, when this citizen has logged in.
    pub(crate) fn callback(authorise: &Url, citizen: &Citizen) -> Url {
        let asked = |name: &str| {
            let found = authorise.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
            found.expect("a parameter")
        };
        let code = json!({ "citizen": citizen.number, "nonce": asked("nonce") }).to_string();
        let mut callback = Url::parse(&asked("redirect_uri")).expect("an address");
        let mut query = callback.query_pairs_mut();
        query.append_pair("code", &URL_SAFE_NO_PAD.encode(code)).append_pair("state", &asked("state"));
        drop(query);
        callback
    }
}

fn issuer(address: SocketAddr) -> String {
    format!("http://{address}")
}

async fn serve(desk: Desk, listener: TcpListener) {
    let desk = Arc::new(desk);
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let desk = Arc::clone(&desk);
        connections.spawn(async move {
            let service = service_fn(|request| desk.answer(request));
            // How a connection ends is the client's affair.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

struct Desk {
    issuer: String,
    key: EcdsaKeyPair,
}

impl Desk {
    fn new(address: SocketAddr) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { issuer: issuer(address), key }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let document = match path.as_str() {
            "/.well-known/openid-configuration" => Some(self.metadata()),
            "/jwks" => Some(json!({ "keys": [self.public_key()] })),
            "/token" => {
                let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
                self.tokens(&body)
            }
            _ => None,
        };
        let mut response = Response::new(Full::from(document.as_ref().map(Value::to_string).unwrap_or_default()));
        *response.status_mut() = if document.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    fn metadata(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })
    }

    fn public_key(&self) -> Value {
        // An uncompressed point (SEC 1 section 2.3.3): 4, then both coordinates.
        let (x, y) = self.key.public_key().as_ref().get(1..).expect("a point").split_at(32);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        json!({ "kty": "EC", "crv": "P-256", "kid": "bench", "alg": "ES256", "use": "sig", "x": x, "y": y })
    }

    fn tokens(&self, form: &[u8]) -> Option<Value> {
        let (_, code) = form_urlencoded::parse(form).find(|(name, _)| name == "code")?;
        let code: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&*code).ok()?).ok()?;
        let citizen = code.get("citizen")?.as_str()?;
        let now = now();
        let claims = json!({
            "iss": self.issuer, "sub": format!("subject-{citizen}"), "aud": CLIENT_ID, "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": code.get("nonce")?, "acr": LEVEL, "sid": format!("session-{citizen}"),
            "cpr": citizen, "name": format!("Borger {citizen}"), "municipality_code": "0901",
        });
        let head = json!({ "alg": "ES256", "kid": "bench" });
        let unsigned = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.key.sign(&SystemRandom::new(), unsigned.as_bytes()).ok()?;
        let id_token = format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature));
        Some(json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 28_800, "id_token": id_token }))
    }
}

#[expect(clippy::disallowed_methods, reason = "real processes on real time")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
