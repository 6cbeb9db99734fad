//! An identity provider that a test can make say anything. It asks nobody anything: whoever comes is logged in at once.

mod answers;
mod board;
mod draft;
mod person;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::Router;
use http::{Method, StatusCode};
use overblik_gateway::config::Config;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

use crate::{Answer, Browser, Setup, SigningKey, System};
use answers::lock;
use board::Board;
pub use board::{Request, TokenOrder};
pub use draft::Draft;
pub use person::Person;

/// A running stand-in; it stops when it is dropped.
pub struct ProviderStandIn {
    /// Its issuer.
    pub issuer: String,
    board: Arc<Mutex<Board>>,
    _serving: JoinSet<()>,
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
        let board = Arc::new(Mutex::new(Board::new(issuer.clone(), key)));
        let router = Router::new().fallback(answers::answer).with_state(Arc::clone(&board));
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.expect("it serves") });
        Self { issuer, board, _serving: serving }
    }

    /// A gateway that knows this provider alone.
    pub async fn system(&self) -> System {
        self.system_with(|_| {}).await
    }

    /// A gateway that knows this provider alone, and more of its configuration.
    pub async fn system_with(&self, adjust: impl FnOnce(&mut Config) + Send + 'static) -> System {
        let issuer = self.issuer.clone();
        Setup::default().adjust(move |config| config.login.issuer = issuer).adjust(adjust).start().await
    }

    /// A new browser and what its callback answered; where no login begins, what the attempt answered.
    pub async fn log_in(system: &System) -> (Browser, Answer) {
        Self::log_in_at(system, "/auth/login").await
    }

    /// As [`ProviderStandIn::log_in`], begun at this path.
    ///
    /// # Panics
    /// When the provider leads nowhere.
    #[expect(clippy::expect_used, reason = "a stand-in that leads nowhere is a mistake in the test")]
    pub async fn log_in_at(system: &System, path: &str) -> (Browser, Answer) {
        let mut browser = system.browser();
        let begun = browser.get(path).await;
        let Some(authorise) = begun.location() else { return (browser, begun) };
        let sent = browser.send(Method::GET, &authorise, &[], None).await;
        let answer = browser.follow(&sent.location().expect("the callback")).await;
        (browser, answer)
    }

    /// The code of a login at this address of ours, without a browser.
    #[must_use]
    pub fn code(&self, authorise: &Url) -> String {
        let query = answers::pairs(authorise.query().unwrap_or_default());
        let request = Request { path: "/authorize".to_owned(), query, authorization: None, form: Vec::new() };
        let callback = answers::authorise(&mut self.board(), &request);
        let (_, query) = callback.split_once('?').unwrap_or_default();
        board::value(&answers::pairs(query), "code").to_owned()
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
        board::metadata(&self.issuer)
    }

    /// Publishes metadata as they should be, with these members added or changed.
    pub fn describe_with(&self, members: &Value) {
        let mut metadata = self.metadata();
        if let (Some(metadata), Some(members)) = (metadata.as_object_mut(), members.as_object()) {
            metadata.extend(members.clone());
        }
        self.describe(StatusCode::OK, None, metadata.to_string());
    }

    /// Takes pushed authorisation requests from now on.
    pub fn offer_pushing(&self) {
        self.describe_with(&json!({ "pushed_authorization_request_endpoint": format!("{}/par", self.issuer) }));
    }

    /// Logs this person in from now on, whoever comes.
    pub fn log_in_as(&self, person: Person) {
        self.board().person = person;
    }

    /// Logs this person in next, once; after those who were named so before.
    pub fn log_in_next(&self, person: Person) {
        self.board().next.push_back(person);
    }

    /// Changes what the token endpoint answers from now on.
    pub fn change_answer(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.board().change = Arc::new(change);
    }

    /// Does so at the token endpoint's next request that nothing is ordered for yet.
    pub fn order(&self, order: TokenOrder) {
        self.board().orders.push_back(order);
    }

    /// Moves the stand-in's clock on; like the gateway's it stands still otherwise.
    pub fn pass(&self, time: Duration) {
        self.board().passed += time;
    }

    /// Whether a refresh token would still bring new ones.
    #[must_use]
    pub fn knows_refresh_token(&self, token: &str) -> bool {
        let board = self.board();
        board.refresh_tokens.get(token).is_some_and(|grant| !board.ended.contains(&grant.family))
    }

    /// The requests that have come for a path.
    #[must_use]
    pub fn received(&self, path: &str) -> Vec<Request> {
        self.board().requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// How many requests for a path have come.
    #[must_use]
    pub fn requests(&self, path: &str) -> usize {
        self.board().requests.iter().filter(|request| request.path == path).count()
    }

    /// The paths for which requests have come.
    #[must_use]
    pub fn requested(&self) -> Vec<String> {
        self.board().requests.iter().map(|request| request.path.clone()).collect()
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }
}
