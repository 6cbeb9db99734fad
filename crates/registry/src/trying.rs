//! The conformance kit run on the files of a version.

use std::{path::PathBuf, sync::Arc};

use overblik_connectors::{
    AddressPolicy,
    kit::{self, Contract, LiveSettings},
};
use tokio::{runtime, sync::Semaphore};
use url::{Host, Url};

use crate::{
    authority::Authority,
    bundle::Bundle,
    examination::examine_unfolded,
    refusal::Refusal,
    service::{self, no_room},
    text::Slug,
};

/// The authority's own test endpoint, if it is to be asked too.
#[derive(Clone, Debug)]
pub struct TestEndpoint {
    /// What the report calls it.
    pub name: String,
    /// How it is asked.
    pub settings: LiveSettings,
}

/// What the kit says of a version's files.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// The report; as JSON it is kept.
    pub report: kit::Report,
    /// Whether no check failed.
    pub passed: bool,
}

/// How many runs there are at the same time. Others wait.
const AT_ONCE: usize = 2;

/// Where the kit runs: on threads of its own, so that no citizen waits for an authority's test.
pub(crate) struct Bench {
    /// Where files stand while they are tried.
    folder: PathBuf,
    free: Arc<Semaphore>,
}

impl Bench {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, free: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs the kit.
    pub(crate) async fn test(
        &self,
        files: Bundle,
        authority: Authority,
        source: Slug,
        endpoint: Option<TestEndpoint>,
    ) -> Result<TestReport, Refusal> {
        if let Some(endpoint) = &endpoint {
            refuse_foreign(&authority, &endpoint.settings)?;
        }
        let broken_off = |error: &dyn std::fmt::Display| Refusal::Conflict(format!("the test was broken off: {error}"));
        let free = Arc::clone(&self.free).acquire_owned().await.map_err(|error| broken_off(&error))?;
        let folder = self.folder.clone();
        let running = tokio::task::spawn_blocking(move || {
            // Until it is over, also when nobody waits for it any more.
            let _free = free;
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| broken_off(&error))?;
            let unfolded = files.unfold(&folder, &authority.slug, &source).map_err(|error| no_room(&folder, &error))?;
            let mistakes = examine_unfolded(&unfolded, &files, &authority);
            if !mistakes.0.is_empty() {
                return Err(Refusal::Mistakes(mistakes));
            }
            let contract = Contract::read(unfolded.source()).map_err(|mistakes| broken_off(&mistakes))?;
            runtime.block_on(run(&contract, endpoint))
        });
        running.await.map_err(|error| service::broken_off("the test was broken off; try again", &error))?
    }
}

async fn run(contract: &Contract, endpoint: Option<TestEndpoint>) -> Result<TestReport, Refusal> {
    let mut checks = kit::test(contract).await;
    if let Some(TestEndpoint { settings, .. }) = &endpoint {
        let live = kit::test_at(contract, settings).await;
        checks.extend(live.map_err(|error| Refusal::Invalid(error.to_string()))?);
    }
    let report = kit::report(contract, endpoint.map(|endpoint| endpoint.name), checks);
    Ok(TestReport { passed: report.passed(), report })
}

/// A test endpoint is asked by the gateway like any source: it is the authority's own too (requirements R40 and R47).
fn refuse_foreign(authority: &Authority, settings: &LiveSettings) -> Result<(), Refusal> {
    let endpoint = &settings.connect.endpoint;
    let addresses = [&endpoint.base_url, &endpoint.token_url, &endpoint.exchange_url];
    for address in addresses.into_iter().flatten() {
        let here = settings.connect.address_policy == AddressPolicy::LoopbackAllowed && is_this_machine(address);
        let host = address.host_str().unwrap_or_default();
        if !here && !authority.owns(host) {
            let message = format!("the test endpoint {host} is not in a domain of {}", authority.slug);
            return Err(Refusal::Invalid(message));
        }
    }
    Ok(())
}

fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
