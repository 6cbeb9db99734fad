//! The laws of the gate, with a source that behaves as ordered and time that passes on command.

mod laws;
mod random;
mod table;
mod twice;

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use overblik_widgets::{AssuranceLevel, Language};
use tokio::time::Instant;

use super::{BreakerStanding, Gate, GateLimits, GateStanding, ask};
use crate::{
    citizen::CitizenScope,
    connector::{Connector, FetchRequest, Fetched, SourceInfo},
    error::ConnectorError,
    kit,
    session_memory::SessionMemory,
    trace_context::TraceContext,
};

const TIMEOUT: Duration = Duration::from_secs(3);
const REST: Duration = Duration::from_secs(30);

static SOURCE: LazyLock<Arc<SourceInfo>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities/public-payments/payments");
    let contract = kit::Contract::read(&folder).expect("a contract");
    Arc::new(SourceInfo { timeout: TIMEOUT, ..contract.source().as_ref().clone() })
});

#[derive(Clone, Copy, Debug)]
enum Behaviour {
    Answers(Duration),
    Fails(Duration, ConnectorError),
    Hangs,
    Panics,
}

/// Decides how a source behaves towards its call of this number.
type Behaves = Box<dyn Fn(u64) -> Behaviour + Send + Sync>;

struct Stub {
    gate: Gate,
    behaves: Behaves,
    calls: AtomicU64,
    running: AtomicUsize,
    most_running: AtomicUsize,
    answered: AtomicUsize,
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Connector for Stub {
    fn source(&self) -> &Arc<SourceInfo> {
        &SOURCE
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_running.fetch_max(running, Ordering::SeqCst);
        let _running = Running(&self.running);
        let work = async {
            match (self.behaves)(number) {
                Behaviour::Answers(after) => {
                    tokio::time::sleep(after).await;
                    self.answered.fetch_add(1, Ordering::SeqCst);
                    Ok(Fetched { widgets: vec![], keys: vec![], left_out: 0, problems: vec![], as_of: None })
                }
                Behaviour::Fails(after, error) => {
                    tokio::time::sleep(after).await;
                    Err(error)
                }
                Behaviour::Hangs => std::future::pending().await,
                Behaviour::Panics => panic!("as ordered"),
            }
        };
        tokio::time::timeout_at(request.deadline, work).await.unwrap_or(Err(ConnectorError::TimedOut))
    }
}

impl Stub {
    fn new(limits: GateLimits, behaves: impl Fn(u64) -> Behaviour + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            gate: Gate::new("stub", limits),
            behaves: Box::new(behaves),
            calls: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
        })
    }

    async fn ask(&self) -> Result<Fetched, ConnectorError> {
        self.ask_within(TIMEOUT, || {}).await
    }

    async fn ask_within(&self, limit: Duration, begins: impl FnOnce() + Send) -> Result<Fetched, ConnectorError> {
        ask(self, request(limit), begins).await
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn standing(&self) -> GateStanding {
        self.gate.standing(Timestamp::UNIX_EPOCH)
    }

    fn is_left_alone(&self) -> bool {
        matches!(self.standing().breaker, BreakerStanding::Open | BreakerStanding::Probing)
    }

    /// Lets it fail until its breaker opens.
    async fn fail_until_open(&self) {
        while !self.is_left_alone() {
            assert!(self.ask().await.is_err());
        }
    }
}

/// A question that ends so long from now.
fn request(limit: Duration) -> FetchRequest {
    let scope = CitizenScope::of_fictitious("6101010001", AssuranceLevel::High, None, "overblik".to_owned());
    FetchRequest {
        item: None,
        scope: scope.expect("a fictitious citizen"),
        language: Language::Da,
        memory: Arc::new(SessionMemory::default()),
        login_token: None,
        trace: TraceContext::random(),
        may_ask_twice: true,
        deadline: Instant::now() + limit,
        explanation: crate::Explanation::default(),
    }
}

fn limits(concurrency: usize, waiting: usize) -> GateLimits {
    GateLimits { concurrency, waiting, ..GateLimits::default() }
}

const fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

async fn pass_time(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`, by Steele, Lea and Flood).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn is_one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}
