//! Gateways on one registry: one that has the admin API, and others beside it, as a deployment has them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use overblik_gateway::{
    app::App,
    clock::Clock,
    config::{AuditConfig, Config, RedisNode, RegistryStoreKind},
    registry_link::RegistryLink,
    server::{self, Listeners},
};
use overblik_tests::{Browser, MORNING, RedisServer, System};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    admin::{ANNA, AdminApi, BO, LIBRARIES, LIBRARY, VERSIONS, bundle, of},
    redis_store,
};

/// In which a change must reach every instance.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(2);

pub(crate) struct Instances {
    pub(crate) api: AdminApi,
    pub(crate) config: Config,
    pub(crate) others: Vec<Other>,
}

/// Where several instances keep their registry and their sessions: each in a Redis that is as it must be.
pub(crate) struct SharedRegistry {
    pub(crate) registry: RedisServer,
    sessions: RedisServer,
    keys: TempDir,
}

impl SharedRegistry {
    pub(crate) async fn start() -> Self {
        let keeping = ["--appendonly", "yes", "--appendfsync", "always"];
        let (registry, sessions) = (RedisServer::start_with(&keeping).await, RedisServer::start().await);
        Self { registry, sessions, keys: redis_store::keys() }
    }

    /// What instances are told of it.
    pub(crate) fn settings(&self) -> impl FnOnce(&mut Config) + Send + 'static {
        let sessions = redis_store::in_redis(&self.sessions, &self.keys);
        let node = RedisNode::parse(&self.registry.url()).expect("an address");
        move |config| {
            sessions(config);
            let registry = config.registry.as_mut().expect("a registry");
            registry.store = RegistryStoreKind::Redis;
            registry.redis.nodes = vec![node];
        }
    }

    /// Writes something else into the history, as whoever reaches the store can.
    pub(crate) fn change_second_record(&self, from: &str, to: &str) {
        const HISTORY: &str = "overblik:{registry}:history";
        let line = self.registry.cli(&["LINDEX", HISTORY, "1"]);
        assert!(line.contains(from), "{line}");
        assert_eq!(self.registry.cli(&["LSET", HISTORY, "1", &line.replacen(from, to, 1)]), "OK");
    }
}

/// A gateway beside the first.
pub(crate) struct Other {
    pub(crate) app: App,
    door: Url,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Instances {
    /// The gateway with the admin API, and so many beside it.
    pub(crate) async fn start(beside: usize, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let kept: Arc<Mutex<Option<Config>>> = Arc::default();
        let keep = Arc::clone(&kept);
        // A whole configuration is in it; here it is on the heap, for whoever starts some.
        let api = Box::pin(AdminApi::start_with(move |config| {
            adjust(config);
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(config.clone());
        }))
        .await;
        api.register_authorities().await;
        let config = kept.lock().unwrap_or_else(PoisonError::into_inner).take().expect("a configuration");
        let mut others = Vec::new();
        for _ in 0..beside {
            others.push(Box::pin(Other::start(config.clone())).await);
        }
        Self { api, config, others }
    }

    pub(crate) fn system(&self) -> &System {
        &self.api.system
    }

    /// A citizen's browsers, one for every instance, in one session.
    pub(crate) async fn logged_in(&self, citizen: &str) -> Vec<Browser> {
        let first = self.system().logged_in(citizen).await;
        let beside = self.others.iter().map(|other| {
            let mut browser = self.system().browser_at(&other.door);
            for name in first.cookie_names() {
                browser.set_cookie(name, first.cookie(name).unwrap_or_default());
            }
            browser
        });
        let beside: Vec<_> = beside.collect();
        std::iter::once(first).chain(beside).collect()
    }

    /// Waits until the library is shown so at every instance, and how long that took of the time there is.
    pub(crate) async fn until_everywhere(&self, browsers: &mut [Browser], what: &str, is_so: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        for browser in browsers {
            loop {
                let overview = browser.overview().await;
                let sections = overview["sections"].as_array().expect("sections");
                let library = sections.iter().find(|section| section["source"] == "library");
                if is_so(library.unwrap_or(&Value::Null)) {
                    break;
                }
                assert!(began.elapsed() < AT_ONCE, "{what}, within two seconds: {library:?}");
            }
        }
    }

    /// Takes a step with a version.
    pub(crate) async fn step(&self, client: &str, version: u32, step: &str, body: Value) -> Value {
        let path = format!("{VERSIONS}/{version}/{step}");
        let body = Some(body).filter(|body| !body.is_null());
        let answer = self.api.change(client, "POST", &path, LIBRARY, body.as_ref()).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.body);
        of(&answer)
    }

    /// Does something to the library.
    pub(crate) async fn library(&self, client: &str, method: &str, what: &str, body: Value) -> Value {
        let body = Some(body).filter(|body| !body.is_null());
        let answer = self.api.change(client, method, &format!("{LIBRARY}/{what}"), LIBRARY, body.as_ref()).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        of(&answer)
    }

    /// Brings a further version of the library to a share of the citizens, by all that it takes.
    pub(crate) async fn bring(&self, version: u32, files: &Value, share: u8) {
        let seen = format!("if-match: {}", self.api.etag(LIBRARIES, LIBRARY).await);
        let pushed = self.api.ask(LIBRARIES, "POST", VERSIONS, &[&seen], Some(files)).await;
        assert_eq!((pushed.status, &of(&pushed)["version"]), (201, &json!(version)), "{}", pushed.body);
        self.step(LIBRARIES, version, "test", json!({})).await;
        self.step(LIBRARIES, version, "submit", json!({ "share": share })).await;
        self.step(ANNA, version, "approve", Value::Null).await;
        self.step(BO, version, "release", json!({ "share": share })).await;
    }

    /// Brings the library as it is shipped to all citizens on the gateway's own page.
    pub(crate) async fn bring_library(&self) {
        self.api.push_library().await;
        self.step(LIBRARIES, 1, "test", json!({})).await;
        self.step(LIBRARIES, 1, "submit", json!({})).await;
        self.step(ANNA, 1, "approve", Value::Null).await;
        self.step(BO, 1, "release", json!({ "share": 100 })).await;
        self.agree().await;
    }

    /// Agrees on the gateway's own page.
    pub(crate) async fn agree(&self) {
        let agreement = "agreements/overblik";
        self.library(LIBRARIES, "PUT", agreement, json!({ "municipalities": "all" })).await;
        self.library(ANNA, "POST", &format!("{agreement}/approve"), Value::Null).await;
    }

    /// What the admin API tells of the library.
    pub(crate) async fn shown(&self, client: &str) -> Value {
        of(&self.api.ask(client, "GET", LIBRARY, &[], None).await)
    }

    /// Stops all of them; what they kept is there as long as the folder.
    pub(crate) async fn stop(self, browsers: &[&Browser]) -> TempDir {
        for Other { stop, serving, .. } in self.others {
            stop.cancel();
            serving.await.expect("it ran well");
        }
        self.api.system.stop(browsers).await;
        self.api.folder
    }
}

impl Other {
    async fn start(mut config: Config) -> Self {
        config.admin = None;
        // The first instance writes in that folder.
        config.audit = AuditConfig::default();
        let config = config.checked().expect("a configuration");
        let morning = MORNING.parse().expect("a time");
        let app = App::build(&config, Clock::new(move || morning), None).expect("a gateway");
        let registry = RegistryLink::open(&config, &app).await.expect("the registry");
        let citizens = server::listen("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let port = citizens.local_addr().expect("an address").port();
        let stop = CancellationToken::new();
        let listeners = Listeners { citizens, operations: None, admin: None };
        #[expect(clippy::disallowed_methods, reason = "the one task of a gateway; `Instances::stop` waits for it")]
        let serving = tokio::spawn(server::serve(app.clone(), registry, listeners, None, stop.clone()));
        Self { app, door: Url::parse(&format!("http://localhost:{port}/")).expect("an address"), stop, serving }
    }
}

/// The library's contract under another heading.
pub(crate) fn renamed(title: &str) -> Value {
    crate::admin::changed(bundle(LIBRARIES, "library"), "{ da: Bibliotek, en", &format!("{{ da: {title}, en"))
}
