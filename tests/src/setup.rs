//! What a system starts with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use overblik_demo::{Fault, FaultOrder, FaultTarget, Ports, Source};
use overblik_gateway::{
    clock::Clock,
    config::{Config, LimitsConfig, SessionConfig},
    demo::{Adjust, Demo, DemoSetup},
};
use tempfile::TempDir;

use crate::{
    LogGuard, System,
    contracts::{ContractChanges, copy_contracts},
};

/// The moment at which every system starts: a Sunday morning in Danish winter time.
pub const MORNING: &str = "2026-11-22T09:00:00Z";

/// Milliseconds that an overview waits where a test does not depend on it: so long that only a source's own limit
/// ends the waiting, however busy the machine is.
const PATIENT_MS: u64 = 30_000;

/// What a system starts with. Unless told otherwise its time limits are so generous that no test depends on them, and
/// nothing that sources answer is kept.
#[derive(Default)]
pub struct Setup {
    faults: Vec<FaultOrder>,
    adjusts: Vec<Adjust>,
    contracts: ContractChanges,
    as_shipped: bool,
    in_real_time: bool,
}

impl Setup {
    /// The contracts' and the configuration's own time limits.
    #[must_use]
    pub fn limits_as_shipped() -> Self {
        Self { as_shipped: true, ..Self::default() }
    }

    /// Lets time go on by itself, from the true one: for a party that others wrote, which knows no other.
    #[must_use]
    pub fn in_real_time(mut self) -> Self {
        self.in_real_time = true;
        self
    }

    /// Orders a fault from the start.
    #[must_use]
    pub fn fault(mut self, target: FaultTarget, fault: Fault) -> Self {
        self.faults.push(FaultOrder { target, fault });
        self
    }

    /// Changes the gateway's configuration.
    #[must_use]
    pub fn adjust(mut self, adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.adjusts.push(Box::new(adjust));
        self
    }

    /// When a JSON overview answers at the latest.
    #[must_use]
    pub fn json_deadline(self, deadline: Duration) -> Self {
        let milliseconds = milliseconds(deadline);
        self.adjust(move |config| config.overview.json_deadline_ms = milliseconds)
    }

    /// The time limit in one source's contract.
    #[must_use]
    pub fn limit(mut self, source: Source, limit: Duration) -> Self {
        self.contracts.limit(source, milliseconds(limit));
        self
    }

    /// Connects these sources and no others.
    #[must_use]
    pub fn sources(mut self, sources: &'static [Source]) -> Self {
        self.contracts.of(sources);
        self
    }

    /// Replaces a text that stands once in one source's contract.
    #[must_use]
    pub fn contract(mut self, source: Source, from: &str, to: &str) -> Self {
        self.contracts.replace(source, from, to);
        self
    }

    /// Keeps answers as the contracts say. Otherwise nothing is kept, so that a test sees each view ask.
    #[must_use]
    pub fn keeping_answers(self) -> Self {
        self.adjust(|config| config.session.kept_mib = SessionConfig::default().kept_mib)
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
        let started_from = if self.in_real_time { Clock::system() } else { Clock::new(move || morning) };
        let contracts = self.contracts();
        let setup = DemoSetup {
            settings: Vec::new(),
            port: 0,
            ports: Ports::EPHEMERAL,
            faults: self.faults,
            contracts: contracts.path().to_owned(),
            clock: Clock::new({
                let passed_ms = Arc::clone(&passed_ms);
                move || started_from.now() + SignedDuration::from_millis(passed_ms.load(Ordering::SeqCst))
            }),
            portal: None,
            console: false,
            adjust: Some(adjust(self.as_shipped, self.adjusts)),
        };
        // The contracts are read while it starts; their folder may go afterwards.
        System { demo: Demo::start(setup).await.expect("the system starts"), guard, passed_ms }
    }

    #[expect(clippy::expect_used, reason = "a test that cannot start its system must fail and say why")]
    fn contracts(&self) -> TempDir {
        if !self.as_shipped {
            return self.contracts.write();
        }
        let folder = TempDir::new().expect("a temporary folder");
        copy_contracts(folder.path());
        folder
    }
}

fn adjust(as_shipped: bool, adjusts: Vec<Adjust>) -> Adjust {
    Box::new(move |config| {
        config.limits = LimitsConfig::NONE;
        if !as_shipped {
            config.overview.json_deadline_ms = PATIENT_MS;
            config.overview.stream_deadline_ms = PATIENT_MS;
            config.server.grace_s = PATIENT_MS / 1000 + 5;
        }
        for adjust in adjusts {
            adjust(config);
        }
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
