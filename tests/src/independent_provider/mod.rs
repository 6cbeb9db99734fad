//! An identity provider that others wrote: the npm package `oidc-provider`, run by Node.js beside the test. What passes
//! here does not pass because we misread a standard in the same way twice.
//!
//! It knows only the true time, so systems of it run in real time.

mod noted;
mod steps;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use overblik_connectors::Secret;
use overblik_demo::DemoWorld;
use overblik_gateway::config::Config;
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;
use url::Url;

use crate::{Setup, System, repository};
pub use noted::Noted;
pub use steps::{ChosenLogin, WayToCallback};

/// Our name at the provider.
const CLIENT_ID: &str = "overblik";

/// A running provider; it ends when it is dropped.
pub struct IndependentProvider {
    /// Its issuer.
    pub issuer: String,
    control: Url,
    http: reqwest::Client,
    process: Child,
    client_keys: [String; 2],
    client_keys_file: NamedTempFile,
}

impl IndependentProvider {
    /// Starts it on free ports.
    ///
    /// # Panics
    /// When it does not start, or `./test` has not installed it.
    #[must_use]
    #[expect(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "a test without it must fail")]
    pub fn start() -> Self {
        let folder = repository().join("tests/provider");
        if let Some(lack) = lacks(&folder) {
            panic!("{lack}: run `./test rust`, or `npm ci` in tests/provider");
        }
        let mut process = Command::new("node")
            .arg("server.mjs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js, which `./test rust` installs");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its first line");
        let ready: Value = serde_json::from_str(&line).expect("the line that says where it is");
        let at = |name: &str| ready.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let control = Url::parse(&at("control")).expect("an address");
        let client_keys = [client_key(), client_key()];
        let client_keys_file = NamedTempFile::new().expect("a file");
        fs::write(client_keys_file.path(), client_keys.concat()).expect("written");
        Self { issuer: at("issuer"), control, http, process, client_keys, client_keys_file }
    }

    /// A gateway that knows this provider alone, and proves itself to it by keys.
    pub async fn system(&self) -> System {
        self.system_with(Setup::default(), &json!({})).await
    }

    /// As [`IndependentProvider::system`], with members of the client's metadata added or changed.
    pub async fn system_with(&self, setup: Setup, metadata: &Value) -> System {
        let keys = self.client_keys_file.path().to_owned();
        let setup = setup.adjust(move |config| {
            config.login.client_keys_file = Some(keys);
            config.login.client_secret = None;
        });
        self.registered(setup, metadata).await
    }

    /// A gateway that knows this provider alone, and proves itself to it by this secret.
    pub async fn system_by_secret(&self, secret: &'static str) -> System {
        let setup = Setup::default().adjust(|config| config.login.client_secret = Some(Secret::new(secret.to_owned())));
        let metadata = json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret": secret });
        self.registered(setup, &metadata).await
    }

    async fn registered(&self, setup: Setup, metadata: &Value) -> System {
        let issuer = self.issuer.clone();
        let adjust = move |config: &mut Config| {
            config.login.issuer = issuer;
            CLIENT_ID.clone_into(&mut config.login.client_id);
        };
        let system = setup.in_real_time().adjust(adjust).start().await;
        self.register(&system.demo.url, metadata).await;
        system
    }

    /// Registers the gateway at this origin, again if need be, with members of its metadata added or changed; and tells the
    /// provider of the demo's citizens.
    pub async fn register(&self, gateway: &Url, members: &Value) {
        let at = |path: &str| format!("{}{path}", gateway.as_str().trim_end_matches('/'));
        let mut metadata = json!({
            "client_id": CLIENT_ID,
            "redirect_uris": [at("/auth/callback")],
            "post_logout_redirect_uris": [at("/auth/logged-out")],
            "backchannel_logout_uri": at("/auth/backchannel-logout"),
            "backchannel_logout_session_required": true,
            "jwks_uri": at("/jwks.json"),
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "require_auth_time": true,
        });
        if let (Some(metadata), Some(members)) = (metadata.as_object_mut(), members.as_object()) {
            metadata.extend(members.clone());
        }
        self.order("client", &metadata).await;
        let with_cpr = DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some());
        let citizens: Map<_, _> = with_cpr
            .map(|citizen| {
                let known = json!({
                    "cpr": citizen.cpr, "name": citizen.name, "municipality_code": citizen.municipality_code,
                });
                (citizen.slug.to_owned(), known)
            })
            .collect();
        self.order("citizens", &citizens.into()).await;
    }

    /// Lets the second of our two keys sign instead of the first, which stays published.
    ///
    /// # Panics
    /// When the file of our keys cannot be written.
    #[expect(clippy::expect_used, reason = "a test without its keys must fail")]
    pub fn exchange_client_keys(&self) {
        let [first, second] = &self.client_keys;
        fs::write(self.client_keys_file.path(), format!("{second}{first}")).expect("written");
    }

    /// Seconds that access tokens last from now on.
    pub async fn tokens_last(&self, seconds: u32) {
        self.order("access_token_s", &seconds.into()).await;
    }

    /// Signs by a new key from now on; so many of the former ones stay published.
    pub async fn change_keys(&self, keep: u32) {
        self.order("change_keys", &json!({ "keep": keep })).await;
    }

    /// Takes back everything that a citizen's clients were granted, without telling them.
    pub async fn take_back_grants(&self, citizen: &str) {
        self.order("take_back", &json!({ "citizen": citizen })).await;
    }

    /// Makes a citizen's refresh tokens used ones, as a thief would who was quicker.
    pub async fn use_up_refresh_tokens(&self, citizen: &str) {
        self.order("use_up", &json!({ "citizen": citizen })).await;
    }

    /// Ends a citizen's sessions as the provider's administration does; what became of each logout that it sent.
    pub async fn end_sessions(&self, citizen: &str) -> Vec<String> {
        let outcomes = self.order("end_sessions", &json!({ "citizen": citizen })).await;
        outcomes.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The requests that came to a path so far.
    pub async fn received(&self, path: &str) -> Vec<Noted> {
        let received = self.order("received", &Value::Null).await;
        let received = received.as_array().cloned().unwrap_or_default();
        received.into_iter().filter(|request| request["path"] == path).map(Noted::new).collect()
    }

    /// The requests for new tokens so far.
    pub async fn refreshes(&self) -> Vec<Noted> {
        let mut received = self.received("/token").await;
        received.retain(|request| request.text("grant_type") == "refresh_token");
        received
    }

    #[expect(clippy::expect_used, clippy::panic, reason = "an order that is not carried out fails the test")]
    async fn order(&self, word: &str, value: &Value) -> Value {
        let url = self.control.join(word).expect("an address");
        let answer = self.http.post(url).body(value.to_string()).send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a text");
        assert!(status.is_success(), "{word}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{word}: {error}: {text}"))
    }
}

impl Drop for IndependentProvider {
    fn drop(&mut self) {
        // It ends with its standard input too; whoever fails here has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What keeps the provider from starting, if anything does.
#[expect(clippy::expect_used, reason = "the repository's own files")]
fn lacks(folder: &Path) -> Option<&'static str> {
    let read = |path: PathBuf| serde_json::from_str::<Value>(&fs::read_to_string(path).ok()?).ok();
    let package = read(folder.join("package.json")).expect("a package");
    match read(folder.join("node_modules/oidc-provider/package.json")) {
        None => Some("the identity provider of the tests is not installed"),
        Some(installed) if installed.get("version") == package.pointer("/dependencies/oidc-provider") => None,
        Some(_) => Some("another version of the identity provider of the tests is installed"),
    }
}

/// A new key of ours in PEM.
#[expect(clippy::expect_used, reason = "a test without its keys must fail")]
fn client_key() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let key = STANDARD.encode(pair.to_pkcs8v1().expect("a document").as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
}
