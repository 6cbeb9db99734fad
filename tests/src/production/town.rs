//! Everything that a small production consists of, but its Redis.

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    Pace,
    certificates::Authority,
    citizens::{Citizen, Sky},
    front::Front,
    gateways::{GATEWAYS, Gateways, Surroundings},
    report::Report,
    tally::Tally,
};
use crate::{
    crowd::{Crowd, CrowdBrowser, Mischief, Trouble, chance},
    dice::Dice,
    fleet::free_port,
};

/// How often the provider fetches the keys that we sign by.
const KEYS_FETCHED_EVERY: Duration = Duration::from_secs(1);

/// Access tokens last so long, so that they are renewed while all else goes on.
const ACCESS_TOKENS_LAST: Duration = Duration::from_mins(1);

/// Longer than a gateway takes to notice that Redis does not answer.
const UNNOTICED: Duration = Duration::from_secs(2);

/// Authorities that take a moment, as authorities do.
const AUTHORITIES: Mischief = Mischief { slowest_ms: 60, ..Mischief::NONE };

/// Everything but Redis. It ends with this value.
pub(super) struct Town {
    pub(super) pace: Pace,
    pub(super) authority: Authority,
    pub(super) front: Front,
    pub(super) gateways: Gateways,
    pub(super) sky: Arc<Sky>,
    pub(super) first: CrowdBrowser,
    living: JoinSet<()>,
    provider: JoinSet<()>,
}

impl Town {
    /// Starts everything. `redis` is what stands under `session.redis`, in one line.
    pub(super) async fn found(pace: Pace, authority: Authority, redis: &str) -> Self {
        let mut gateways = Gateways::plan();
        let front = Front::start(free_port(), &gateways.ports(), &authority).await;
        let crowd = Crowd::gather(pace.citizens, chance(), AUTHORITIES).await;
        crowd.provider.access_tokens_last(ACCESS_TOKENS_LAST);
        let (public_url, issuer, sources) = (&front.url, crowd.provider.issuer(), crowd.authorities.origin.as_str());
        gateways.start(&Surroundings { public_url, issuer, sources, redis }).await;
        #[expect(clippy::expect_used, reason = "a certificate that was just made can be read")]
        let certificate = std::fs::read(authority.file()).expect("a certificate");
        let first = crowd.browser_behind(front.url.as_str(), &certificate);
        let sky = Arc::new(Sky {
            crowd,
            tally: Tally::default(),
            front: front.url.clone(),
            thinks_ms: pace.thinks_ms,
            is_over: AtomicBool::new(false),
            generation: AtomicU64::new(0),
            renewed: AtomicU64::new(0),
        });
        let mut provider = JoinSet::new();
        provider.spawn(fetch_keys(Arc::clone(&sky), first.neighbour()));
        Self { pace, authority, front, gateways, sky, first, living: JoinSet::new(), provider }
    }

    /// The citizens begin.
    pub(super) fn open(&mut self) {
        let mut dice = Dice::seeded(chance());
        for person in 0..self.pace.citizens {
            let citizen = Citizen::new(Arc::clone(&self.sky), person, self.first.neighbour(), dice.fork());
            self.living.spawn(citizen.live());
        }
    }

    /// Another phase begins.
    pub(super) fn begin(&self, name: &'static str, may_fail_for: Duration) {
        println!("  {name}");
        self.sky.tally.begin(name, may_fail_for);
    }

    /// Waits until every gateway has been ready for a while, as long as that may take: what fails later is counted as late.
    pub(super) async fn until_ready(&self, within: Duration) {
        // A gateway that has not noticed yet is ready too.
        sleep(UNNOTICED).await;
        let (began, mut ready_since) = (Instant::now(), None);
        while began.elapsed() < within {
            let mut all_ready = true;
            for index in 0..GATEWAYS {
                all_ready &= self.gateways.is_ready(index).await;
            }
            ready_since = ready_since.filter(|_| all_ready).or(all_ready.then(Instant::now));
            if ready_since.is_some_and(|since: Instant| since.elapsed() > UNNOTICED) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Looks on for a while after what happened.
    pub(super) async fn look_on(&self) {
        sleep(self.pace.calm).await;
    }

    /// The daycare authority is in trouble, or no longer.
    pub(super) fn trouble(&self, trouble: Option<Trouble>) {
        *self.sky.crowd.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// The citizens end, and what was found is told.
    ///
    /// # Panics
    /// When a citizen's task did.
    #[expect(clippy::expect_used, reason = "a citizen whose task ended is a mistake in the test")]
    pub(super) async fn close(mut self, title: &'static str, failovers: Option<usize>, sizes: Vec<String>) -> Report {
        self.begin("everybody is asked once more", Duration::ZERO);
        self.sky.is_over.store(true, Ordering::SeqCst);
        while let Some(lived) = self.living.join_next().await {
            lived.expect("a citizen lived to the end");
        }
        self.sky.tally.end();
        self.provider.shutdown().await;
        let sky = Arc::into_inner(self.sky).expect("nobody else is there any more");
        let (provider, inspection) = (&sky.crowd.provider, &sky.crowd.inspection);
        Report {
            title,
            logs: self.gateways.last_warnings(),
            refreshes: provider.refreshes(),
            replays: provider.replays(),
            unknown_clients: provider.unknown_clients(),
            own_texts: inspection.own_texts(),
            found: inspection.found(),
            findings: inspection.findings(),
            failovers,
            sizes,
            phases: sky.tally.into_phases(),
        }
    }
}

/// The provider believes whoever signs by the keys that are published at our address.
async fn fetch_keys(sky: Arc<Sky>, browser: CrowdBrowser) {
    loop {
        if let Some(keys) = browser.fetch(&sky.front, "/jwks.json").await {
            sky.crowd.provider.trusts(keys);
        }
        sleep(KEYS_FETCHED_EVERY).await;
    }
}
