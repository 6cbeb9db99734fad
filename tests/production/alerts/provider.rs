//! The identity provider fails, does not believe us, or lives at another time.

use std::time::Duration;

use http::StatusCode;
use overblik_gateway::config::Config;
use overblik_tests::{Browser, ProviderStandIn, SigningKey, System, TokenOrder};
use tokio::{sync::Mutex, time::sleep};

use super::{Watch, operations};

fn listen(config: &mut Config) {
    config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
}

/// Logs somebody in again and again, each time with this answer of the token endpoint.
async fn log_in_in_vain(provider: &ProviderStandIn, system: &System, status: StatusCode, seen: &Mutex<Vec<Browser>>) {
    loop {
        provider.order(TokenOrder::Status(status));
        let (browser, _) = ProviderStandIn::log_in(system).await;
        seen.lock().await.push(browser);
        sleep(Duration::from_millis(200)).await;
    }
}

pub(super) async fn logins_come_to_nothing() {
    let provider = ProviderStandIn::start(SigningKey::es256("k-1")).await;
    let system = provider.system_with(listen).await;
    let (mut watch, seen) = (Watch::over("the provider fails", &[operations(&system)]).await, Mutex::default());
    let alerts = ["OverblikLoginsFail", "OverblikProviderUnreachable"];
    watch.fires_while(&alerts, &[], log_in_in_vain(&provider, &system, StatusCode::BAD_GATEWAY, &seen)).await;
    watch.resolves(&alerts).await;
    println!("  the provider does not believe us");
    let disbelieves = log_in_in_vain(&provider, &system, StatusCode::UNAUTHORIZED, &seen);
    let alerts = ["OverblikProviderDisbelievesUs", "OverblikLoginsFail"];
    watch.fires_while(&alerts, &[], disbelieves).await;
    watch.resolves(&alerts).await;
    watch.end().await;
    system.stop(&seen.into_inner().iter().collect::<Vec<_>>()).await;
}

pub(super) async fn the_clocks_differ() {
    let provider = ProviderStandIn::start(SigningKey::es256("k-1")).await;
    let system = provider.system_with(listen).await;
    let mut watch = Watch::over("the provider's clock is ahead of ours", &[operations(&system)]).await;
    provider.pass(Duration::from_secs(45));
    let (first, _) = ProviderStandIn::log_in(&system).await;
    watch.fires(&["OverblikClocksDiffer"]).await;
    system.pass(Duration::from_secs(45));
    let (second, _) = ProviderStandIn::log_in(&system).await;
    watch.resolves(&["OverblikClocksDiffer"]).await;
    watch.end().await;
    system.stop(&[&first, &second]).await;
}
