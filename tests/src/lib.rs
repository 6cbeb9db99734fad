//! The harness of the whole-system tests: a gateway and its parties on free ports, a client that keeps cookies as a
//! browser does, and a guard that fails any test whose logs hold an identifier or a token.

mod browser;
mod certificates;
mod contracts;
pub mod crowd;
mod dice;
mod event_stream;
pub mod fleet;
pub mod frames;
mod gateway_binary;
mod independent_provider;
mod kept_connection;
mod leak_search;
mod log_guard;
mod logout_token;
mod master_keys;
mod nginx;
mod plain_server;
pub mod production;
mod provider_stand_in;
mod raw;
mod redis_server;
mod setup;
mod signing_key;
pub mod storm;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use overblik_demo::{DemoCitizen, DemoWorld, Party, Source};
use overblik_gateway::demo::Demo;

pub use browser::{Answer, Browser};
pub use certificates::Certificates;
pub use contracts::{SOURCES, copy_contracts, shipped_limit_ms};
pub use dice::Dice;
pub use event_stream::{EventStream, Streamed};
pub use gateway_binary::GatewayBinary;
pub use independent_provider::{ChosenLogin, IndependentProvider, Noted, WayToCallback};
pub use kept_connection::KeptConnection;
pub use leak_search::LeakSearch;
pub use log_guard::{LogGuard, spellings};
pub use logout_token::{LOGOUT_DOOR, LOGOUT_EVENT};
pub use master_keys::MasterKeyFile;
pub use nginx::{CachingProxy, KeepingProxy, TlsProxy, X_CACHE};
pub use plain_server::{Asked, PlainServer, Reply};
pub use provider_stand_in::{Draft, Person, ProviderStandIn, Request, TokenOrder};
pub use raw::{RawAnswer, raw_get, raw_request};
pub use redis_server::{RedisCluster, RedisSentinels, RedisServer};
pub use setup::{MORNING, Setup};
pub use signing_key::{SigningKey, verified};

/// A gateway amid its parties, each on a free port, at a time of day that the test decides.
pub struct System {
    /// The running demo.
    pub demo: Demo,
    guard: LogGuard,
    passed_ms: Arc<AtomicI64>,
    /// Whom browsers trust as issuer of the gateway's certificate, if it has one of its own.
    issuer: Option<String>,
}

impl System {
    /// A system without faults.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// Moves the clock of the gateway and all parties on. It stands still otherwise, so that answers are the same each
    /// time; time limits of calls run on real time.
    pub fn pass(&self, time: Duration) {
        self.passed_ms.fetch_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// What was logged since this system started, by it alone.
    #[must_use]
    pub fn log(&self) -> String {
        self.guard.text()
    }

    /// A browser that has not been anywhere yet.
    #[must_use]
    pub fn browser(&self) -> Browser {
        self.browser_at(&self.demo.url)
    }

    /// A browser that finds the gateway at another address, as behind a proxy.
    #[must_use]
    pub fn browser_at(&self, address: &url::Url) -> Browser {
        Browser::new(address.clone(), self.issuer.as_deref())
    }

    /// A browser in which a citizen has logged in at level Substantial.
    pub async fn logged_in(&self, citizen: &str) -> Browser {
        let mut browser = self.browser();
        browser.log_in(citizen, "substantial").await;
        browser
    }

    /// How many requests a source has received so far.
    #[must_use]
    pub fn calls(&self, source: Source) -> usize {
        self.demo.world.received(Party::Source(source)).len()
    }

    /// How many requests the sources are answering.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        SOURCES.iter().map(|source| self.demo.world.in_flight(Party::Source(*source))).sum()
    }

    /// A citizen of the demo world by slug.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[expect(clippy::panic, reason = "a misspelt citizen is a mistake in the test")]
    pub fn citizen(slug: &str) -> &'static DemoCitizen {
        let found = DemoWorld::citizens().iter().find(|citizen| citizen.slug == slug);
        found.unwrap_or_else(|| panic!("no demo citizen has the slug {slug}"))
    }

    /// Waits until a condition holds, for things that happen in other tasks.
    ///
    /// # Panics
    /// When it does not hold within eight seconds: long for a busy machine, yet within the ten that a source may take
    /// by itself.
    #[expect(clippy::panic, reason = "what does not come about is the test's failure")]
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Demo) -> bool) {
        for _ in 0..800 {
            if holds(&self.demo) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("did not come about within eight seconds: {what}");
    }

    /// Stops everything and checks what was logged meanwhile, by this test or another, for identifiers and tokens.
    ///
    /// # Panics
    /// When the gateway failed, or a log line gives somebody away.
    #[expect(clippy::expect_used, reason = "a gateway that failed is the test's failure")]
    pub async fn stop(self, browsers: &[&Browser]) {
        let persons: Vec<_> = DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr).collect();
        self.demo.stop().await.expect("the gateway ran well");
        let tokens: Vec<_> = browsers.iter().flat_map(|browser| browser.secrets()).collect();
        self.guard.check(&persons, &tokens);
    }
}

/// Writes `[item]` for every id of an item in an answer: they are never the same twice.
pub fn hide_items(answer: &mut serde_json::Value) {
    match answer {
        serde_json::Value::Array(items) => items.iter_mut().for_each(hide_items),
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                if name == "item" { *member = "[item]".into() } else { hide_items(member) }
            }
        }
        _ => {}
    }
}

/// The section of a source in an overview document.
///
/// # Panics
/// When the overview has none, or several.
#[must_use]
#[expect(clippy::panic, reason = "a section that is missing is the test's failure")]
pub fn section<'o>(overview: &'o serde_json::Value, source: &str) -> &'o serde_json::Value {
    let sections = overview.get("sections").and_then(serde_json::Value::as_array).map(Vec::as_slice);
    let mut of_source = sections.unwrap_or_default().iter().filter(|section| section["source"] == source);
    match (of_source.next(), of_source.next()) {
        (Some(section), None) => section,
        _ => panic!("not one section of {source}: {overview:#}"),
    }
}

/// The root of the repository.
///
/// # Panics
/// Never: this package lies in a folder of the repository.
#[must_use]
#[expect(clippy::expect_used, reason = "this package lies in a folder of the repository")]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}
