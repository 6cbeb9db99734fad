//! A crowd: hundreds of fictitious citizens, the provider that logs them in, the authorities that know them, and the
//! inspection of everything that they are shown.

mod authorities;
mod browser;
mod inspection;
mod look;
mod person;
mod provider;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::rand;
use url::Url;

pub use authorities::{Mischief, Trouble};
pub use browser::CrowdBrowser;
pub(crate) use inspection::find;
pub use inspection::{Inspection, Seen};
pub use look::{Look, Outcome};
pub use person::{Person, Persons};
pub use provider::{CLIENT_ID, CrowdProvider};

use crate::{
    fleet::{Fleet, FleetSetup},
    gateway_binary::GatewayBinary,
    plain_server::PlainServer,
};

/// Everything around a fleet of gateways.
pub struct Crowd {
    /// The citizens.
    pub persons: Arc<Persons>,
    /// Where they log in.
    pub provider: CrowdProvider,
    /// The authorities.
    pub authorities: PlainServer,
    /// What is wrong with one of them, as long as something is.
    pub trouble: Arc<Mutex<Option<Trouble>>>,
    /// Looks at every answer.
    pub inspection: Arc<Inspection>,
}

impl Crowd {
    /// A crowd of so many, amid authorities that misbehave so.
    pub async fn gather(count: usize, seed: u64, mischief: Mischief) -> Self {
        let (persons, trouble) = (Arc::new(Persons::new(count)), Arc::default());
        Self {
            provider: CrowdProvider::start(Arc::clone(&persons)).await,
            authorities: authorities::start(Arc::clone(&persons), seed, mischief, Arc::clone(&trouble)).await,
            trouble,
            inspection: Arc::new(Inspection::new(Arc::clone(&persons))),
            persons,
        }
    }

    /// Starts gateways amid this crowd. `redis` is the address of their store.
    pub async fn fleet(&self, processes: usize, binary: GatewayBinary, log: &str, redis: Option<String>) -> Fleet {
        Fleet::start(FleetSetup {
            processes,
            binary,
            issuer: self.provider.issuer().to_owned(),
            sources: self.authorities.origin.clone(),
            log: log.to_owned(),
            redis,
        })
        .await
    }

    /// A browser that has not been anywhere yet.
    #[must_use]
    pub fn browser(&self) -> CrowdBrowser {
        CrowdBrowser::new(Arc::clone(&self.inspection))
    }

    /// A browser that finds gateways behind a proxy, at an address and with a certificate of this authority (PEM).
    #[must_use]
    pub fn browser_behind(&self, origin: &str, authority: &[u8]) -> CrowdBrowser {
        CrowdBrowser::behind(origin, authority, Arc::clone(&self.inspection))
    }

    /// The provider tells the gateways that everybody has logged out: also sessions end whose cookie no browser holds.
    ///
    /// # Panics
    /// When a gateway does not take a logout token.
    pub async fn log_everybody_out(&self, doors: &[Url]) {
        let http = self.browser();
        for (person, door) in (0..self.persons.count()).zip(doors.iter().cycle()) {
            let token = self.provider.logout_token(person);
            let status = http.tell(door, "/auth/backchannel-logout", &[("logout_token", &token)]).await;
            assert_eq!(status, 200, "a logout token was refused");
        }
    }

    /// Whether the authorities are done with every request soon: no gateway fetches anything any more.
    pub async fn comes_to_rest(&self, within: Duration) -> bool {
        authorities::at_rest(&self.authorities, within).await
    }
}

/// A seed that nobody chose.
///
/// # Panics
/// When the system has no random numbers.
#[must_use]
#[expect(clippy::expect_used, reason = "without random numbers nothing goes on")]
pub fn chance() -> u64 {
    let mut bytes = [0_u8; 8];
    rand::fill(&mut bytes).expect("random bytes");
    u64::from_be_bytes(bytes)
}
