//! The harness of the whole-system tests: a gateway and its parties on free ports, a client that keeps cookies as a
//! browser does, and a guard that fails any test whose logs hold an identifier or a token.

mod browser;
mod log_guard;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use overblik_demo::{DemoCitizen, DemoWorld, Fault, FaultOrder, FaultTarget, Ports};
use overblik_gateway::{
    clock::Clock,
    config::Config,
    demo::{Adjust, Demo, DemoSetup},
};

pub use browser::{Answer, Browser};
pub use log_guard::{LogGuard, spellings};

/// The moment at which every system starts: a Sunday morning in Danish winter time.
pub const MORNING: &str = "2026-11-22T09:00:00Z";

/// A gateway amid its parties, each on a free port, at a time of day that the test decides.
pub struct System {
    /// The running demo.
    pub demo: Demo,
    guard: LogGuard,
    passed_ms: Arc<AtomicI64>,
}

/// What a system starts with.
#[derive(Default)]
pub struct Setup {
    faults: Vec<FaultOrder>,
    adjust: Option<Adjust>,
}

impl Setup {
    /// Orders a fault from the start.
    #[must_use]
    pub fn fault(mut self, target: FaultTarget, fault: Fault) -> Self {
        self.faults.push(FaultOrder { target, fault });
        self
    }

    /// Changes the gateway's configuration.
    #[must_use]
    pub fn adjust(mut self, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.adjust = Some(Box::new(adjust));
        self
    }

    /// Starts the system.
    ///
    /// # Panics
    /// When it does not start; the test cannot go on.
    #[expect(clippy::expect_used, reason = "a test that cannot start its system must fail and say why")]
    pub async fn start(self) -> System {
        let guard = LogGuard::begin();
        let morning: Timestamp = MORNING.parse().expect("a time");
        let passed_ms = Arc::new(AtomicI64::new(0));
        let setup = DemoSetup {
            port: 0,
            ports: Ports::EPHEMERAL,
            faults: self.faults,
            contracts: repository().join("contracts/authorities"),
            clock: Clock::new({
                let passed_ms = Arc::clone(&passed_ms);
                move || morning + SignedDuration::from_millis(passed_ms.load(Ordering::SeqCst))
            }),
            adjust: self.adjust,
        };
        System { demo: Demo::start(setup).await.expect("the system starts"), guard, passed_ms }
    }
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

    /// A browser that has not been anywhere yet.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.demo.url.clone())
    }

    /// A browser in which a citizen has logged in at level Substantial.
    pub async fn logged_in(&self, citizen: &str) -> Browser {
        let mut browser = self.browser();
        browser.log_in(citizen, "substantial").await;
        browser
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
    /// When it does not hold within five seconds.
    #[expect(clippy::panic, reason = "what does not come about is the test's failure")]
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Demo) -> bool) {
        for _ in 0..500 {
            if holds(&self.demo) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("did not come about within five seconds: {what}");
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

/// The root of the repository.
///
/// # Panics
/// Never: this package lies in a folder of the repository.
#[must_use]
#[expect(clippy::expect_used, reason = "this package lies in a folder of the repository")]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}
