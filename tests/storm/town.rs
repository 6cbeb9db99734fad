//! Gateways over one Redis amid a crowd.

use std::{env, time::Duration};

use overblik_tests::{
    GatewayBinary, RedisServer,
    crowd::{Crowd, Mischief, chance},
    fleet::Fleet,
};
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

/// Held by the test that runs.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Gateways over one Redis amid a crowd, and nothing else on this machine.
pub(crate) struct Town {
    pub(crate) crowd: Crowd,
    pub(crate) fleet: Fleet,
    pub(crate) redis: RedisServer,
    pub(crate) seed: u64,
    _alone: MutexGuard<'static, ()>,
}

impl Town {
    pub(crate) async fn found(citizens: usize, mischief: Mischief, binary: GatewayBinary, log: &str) -> Self {
        let alone = ALONE.lock().await;
        let seed = setting("OVERBLIK_STORM_SEED").unwrap_or_else(chance);
        // Uncompressed, so that what it writes to disk can be searched.
        let redis = RedisServer::start_with(&["--rdbcompression", "no"]).await;
        let crowd = Crowd::gather(citizens, seed, mischief).await;
        let fleet = crowd.fleet(2, binary, log, Some(redis.url())).await;
        Self { crowd, fleet, redis, seed, _alone: alone }
    }

    /// Two gateways, and authorities that answer at once.
    pub(crate) async fn quiet() -> Self {
        Self::found(20, Mischief::NONE, GatewayBinary::Overblik, "info").await
    }

    /// The doors of both gateways.
    pub(crate) fn doors(&self) -> [Url; 2] {
        self.fleet.doors().try_into().expect("two gateways")
    }

    /// The names of everything that Redis keeps of this kind.
    pub(crate) fn kept(&self, pattern: &str) -> Vec<String> {
        let names = self.redis.cli(&["--scan", "--pattern", pattern]);
        names.lines().filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Waits until nothing is left of any session but the times of logouts, and says what is.
    pub(crate) async fn left_behind(&self) -> Vec<String> {
        assert!(self.crowd.comes_to_rest(Duration::from_secs(5)).await, "a gateway still fetches something");
        self.kept("overblik:session:*")
    }
}

/// A number in the environment.
#[expect(clippy::disallowed_methods, reason = "the one thing that a storm is told from outside")]
pub(crate) fn setting(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}
