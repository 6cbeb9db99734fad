//! A source on the loopback interface that answers as ordered.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

/// One request as the source saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

type Answer = Arc<dyn Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync>;

#[derive(Clone, Default)]
struct Ordered {
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    open: Arc<AtomicUsize>,
}

/// A running source; it ends when dropped.
pub(crate) struct Source {
    pub(crate) url: Url,
    ordered: Ordered,
    _server: JoinSet<()>,
}

impl Source {
    /// Starts a source that knows no path.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        let ordered = Ordered::default();
        let router = Router::new().fallback(answer).with_state(ordered.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self { url, ordered, _server: server }
    }

    /// Answers a path with JSON.
    pub(crate) fn json(&self, path: &str, headers: &[(&'static str, &'static str)], body: Value) {
        let headers = headers.to_vec();
        self.on(path, move |_| {
            let mut response = Response::builder().header(header::CONTENT_TYPE, "application/json");
            for (name, value) in &headers {
                response = response.header(*name, *value);
            }
            response.body(Body::from(body.to_string())).expect("an answer")
        });
    }

    /// Answers a path with a status and no body.
    pub(crate) fn status(&self, path: &str, status: u16) {
        self.on(path, move |_| {
            let status = StatusCode::from_u16(status).expect("a status");
            Response::builder().status(status).body(Body::empty()).expect("an answer")
        });
    }

    /// Answers a path at once.
    pub(crate) fn on(&self, path: &str, answer: impl Fn(Seen) -> Response + Send + Sync + 'static) {
        let answer = Arc::new(answer);
        self.later(path, move |seen| {
            let answer = answer.clone();
            Box::pin(async move { answer(seen) })
        });
    }

    /// Answers a path when a future has the answer.
    pub(crate) fn later(
        &self,
        path: &str,
        answer: impl Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    ) {
        self.ordered.answers.lock().expect("the answers").insert(path.to_owned(), Arc::new(answer));
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.ordered.seen.lock().expect("the requests").clone()
    }

    /// How many requests are being answered.
    pub(crate) fn open(&self) -> usize {
        self.ordered.open.load(Ordering::SeqCst)
    }
}

/// Counts a request as open until its handling ends, also when that is by the client hanging up.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(ordered): State<Ordered>, request: Request) -> Response {
    ordered.open.fetch_add(1, Ordering::SeqCst);
    let _open = Open(ordered.open.clone());
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let seen = Seen { method: parts.method.to_string(), uri: parts.uri.to_string(), headers: parts.headers, body };
    ordered.seen.lock().expect("the requests").push(seen.clone());
    let answer = ordered.answers.lock().expect("the answers").get(parts.uri.path()).cloned();
    match answer {
        Some(answer) => answer(seen).await,
        None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).expect("an answer"),
    }
}
