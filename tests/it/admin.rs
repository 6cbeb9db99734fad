//! The admin API's clients as its tests use them: operators, and programs of two authorities, each with a key of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_gateway::{clock::Clock, config::Config};
use overblik_tests::{RawAnswer, Setup, SigningKey, System, raw_request, repository};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::native_app::now;

/// What assertions for the admin API name as their audience.
pub(crate) const US: &str = "http://127.0.0.1:1";
/// Two persons of the operator's, and a program.
pub(crate) const ANNA: &str = "anna";
pub(crate) const BO: &str = "bo";
pub(crate) const ROBOT: &str = "robot";
/// The libraries' program, and the municipality's.
pub(crate) const LIBRARIES: &str = "birkerup-libraries/ci";
pub(crate) const BIRKERUP: &str = "birkerup/ci";

const CLIENTS: [&str; 5] = [ANNA, BO, ROBOT, LIBRARIES, BIRKERUP];

pub(crate) struct AdminApi {
    pub(crate) system: System,
    pub(crate) folder: TempDir,
    keys: BTreeMap<&'static str, SigningKey>,
    assertions: AtomicU32,
    passed_s: AtomicI64,
}

impl AdminApi {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        Self::start_as(Setup::default(), adjust).await
    }

    /// By the machine's clock, as commands go by.
    pub(crate) async fn in_real_time(adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let api = Self::start_as(Setup::default().in_real_time(), adjust).await;
        api.passed_s.store(Clock::system().now().as_second() - now(), Ordering::Relaxed);
        api
    }

    async fn start_as(setup: Setup, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let keys: BTreeMap<_, _> = CLIENTS.map(|name| (name, SigningKey::es256("k-1"))).into();
        let folder = TempDir::new().expect("a folder");
        let operator = |name: &str, person: bool| json!({ "name": name, "person": person, "keys": { "keys": [keys[name].public] } });
        let admin = json!({
            "listen": "127.0.0.1:0", "public_url": US,
            "operators": { ANNA: operator(ANNA, true), BO: operator(BO, true), ROBOT: operator(ROBOT, false) },
        });
        let registry = json!({ "directory": folder.path().join("registry") });
        let setup = setup.adjust(move |config| {
            config.admin = Some(serde_json::from_value(admin).expect("a configuration"));
            config.contracts = None;
            config.registry = Some(serde_json::from_value(registry).expect("a configuration"));
            for (slug, authority) in
                [("library", "birkerup-libraries"), ("daycare", "birkerup"), ("payments", "public-payments")]
            {
                if let Some(source) = config.sources.get_mut(slug) {
                    source.authority = Some(authority.to_owned());
                }
            }
            adjust(config);
        });
        let system = setup.start().await;
        Self { system, folder, keys, assertions: AtomicU32::new(0), passed_s: AtomicI64::new(0) }
    }

    /// With both authorities on record, proposed by one person and approved by another.
    pub(crate) async fn with_authorities() -> Self {
        let api = Self::start().await;
        api.register_authorities().await;
        api
    }

    pub(crate) async fn register_authorities(&self) {
        for (client, cvr, domain) in
            [(LIBRARIES, "90000026", "bibliotek.birkerup.example"), (BIRKERUP, "90000018", "birkerup.example")]
        {
            let path = format!("/admin/v1/authorities/{}", authority(client));
            let proposed = self.authority(client, cvr, domain);
            let answer = self.ask(ANNA, "PUT", &path, &["if-none-match: *"], Some(&proposed)).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let answer = self.change(BO, "POST", &format!("{path}/approve"), &path, None).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }

    /// An authority as it is proposed, with its one program.
    pub(crate) fn authority(&self, client: &str, cvr: &str, domain: &str) -> Value {
        json!({
            "name": { "da": authority(client), "en": authority(client) }, "cvr": cvr, "domains": [domain],
            "clients": { "ci": { "keys": [self.keys[client].public] } },
        })
    }

    pub(crate) fn key(&self, client: &str) -> &SigningKey {
        &self.keys[client]
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.passed_s.fetch_add(i64::try_from(time.as_secs()).unwrap_or_default(), Ordering::Relaxed);
        self.system.pass(time);
    }

    pub(crate) fn at(&self) -> Url {
        let address = self.system.demo.admin.expect("a listener");
        Url::parse(&format!("http://{address}/")).expect("an address")
    }

    /// A client's assertion as it should be, not yet signed, under an id of its own.
    pub(crate) fn assertion(&self, client: &str) -> (Value, Value) {
        let number = self.assertions.fetch_add(1, Ordering::Relaxed);
        let now = now() + self.passed_s.load(Ordering::Relaxed);
        let header = json!({ "alg": "ES256", "typ": "client-authentication+jwt", "kid": "k-1" });
        let claims = json!({
            "iss": client, "sub": client, "aud": US, "iat": now, "exp": now + 60, "jti": format!("admin-{number}"),
        });
        (header, claims)
    }

    /// What the token door answers to this assertion, signed by that client's key.
    pub(crate) async fn token_for(&self, signer: &str, (header, claims): &(Value, Value)) -> RawAnswer {
        self.post_form(&signed(&self.keys[signer], header, claims), &[]).await
    }

    pub(crate) async fn post_form(&self, assertion: &str, lines: &[&str]) -> RawAnswer {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", assertion)
            .finish();
        let lines = [&["content-type: application/x-www-form-urlencoded"], lines].concat();
        self.raw("POST", "/admin/v1/token", &lines, &form).await
    }

    pub(crate) async fn token(&self, client: &str) -> String {
        let answer = self.token_for(client, &self.assertion(client)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        of(&answer)["access_token"].as_str().expect("a token").to_owned()
    }

    /// What a client is answered, with a token of its own.
    pub(crate) async fn ask(
        &self,
        client: &str,
        method: &str,
        path: &str,
        lines: &[&str],
        body: Option<&Value>,
    ) -> RawAnswer {
        let token = self.token(client).await;
        self.with(&token, method, path, lines, body).await
    }

    /// What whoever shows a token is answered.
    pub(crate) async fn with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        lines: &[&str],
        body: Option<&Value>,
    ) -> RawAnswer {
        let shown = format!("authorization: Bearer {token}");
        let mut all = vec![shown.as_str()];
        all.extend(lines);
        let text = body.map(Value::to_string).unwrap_or_default();
        if body.is_some() {
            all.push("content-type: application/json");
        }
        self.raw(method, path, &all, &text).await
    }

    /// Changes a thing as its client sees it just before.
    pub(crate) async fn change(
        &self,
        client: &str,
        method: &str,
        path: &str,
        thing: &str,
        body: Option<&Value>,
    ) -> RawAnswer {
        let seen = self.etag(client, thing).await;
        self.ask(client, method, path, &[&format!("if-match: {seen}")], body).await
    }

    pub(crate) async fn etag(&self, client: &str, thing: &str) -> String {
        let answer = self.ask(client, "GET", thing, &[], None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        header(&answer, "etag").to_owned()
    }

    pub(crate) async fn raw(&self, method: &str, path: &str, lines: &[&str], body: &str) -> RawAnswer {
        let length = body.len();
        let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n");
        raw_request(&self.at(), format!("{head}{lines}\r\n{body}")).await
    }

    /// Pushes the library's contract for the first time.
    pub(crate) async fn push_library(&self) {
        let answer =
            self.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(&bundle(LIBRARIES, "library"))).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    pub(crate) async fn stop(self) {
        self.system.stop(&[]).await;
    }
}

pub(crate) const LIBRARY: &str = "/admin/v1/sources/library";
pub(crate) const VERSIONS: &str = "/admin/v1/sources/library/versions";

/// Signs by a key.
pub(crate) fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    format!("{message}.{}", key.sign(&message))
}

/// The authority of a client.
pub(crate) fn authority(client: &str) -> &str {
    client.split('/').next().unwrap_or_default()
}

/// The files of a contract of this repository, as they are pushed.
pub(crate) fn bundle(client: &str, source: &str) -> Value {
    let root = repository().join("contracts/authorities").join(authority(client)).join(source);
    let mut files = serde_json::Map::new();
    read_into(&mut files, &root, &root);
    json!({ "files": files })
}

fn read_into(files: &mut serde_json::Map<String, Value>, root: &Path, folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_into(files, root, &path);
        } else {
            let name = path.strip_prefix(root).expect("below").display().to_string();
            files.insert(name, fs::read_to_string(&path).expect("a text").into());
        }
    }
}

/// A contract of which a text that stands there once was replaced.
pub(crate) fn changed(mut bundle: Value, from: &str, to: &str) -> Value {
    let contract = &mut bundle["files"]["connector.yaml"];
    let text = contract.as_str().expect("a text");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    *contract = text.replace(from, to).into();
    bundle
}

pub(crate) fn of(answer: &RawAnswer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {} {}", answer.head, answer.body))
}

/// Status and code of a problem.
pub(crate) fn told(answer: &RawAnswer) -> (u16, String) {
    (answer.status, of(answer)["code"].as_str().unwrap_or_default().to_owned())
}

pub(crate) fn header<'a>(answer: &'a RawAnswer, name: &str) -> &'a str {
    answer.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default()
}
