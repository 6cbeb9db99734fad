//! A provider whose clock is not ours.

use std::time::Duration;

use overblik_gateway::config::Config;
use overblik_tests::{Browser, ProviderStandIn, SigningKey, System};

use crate::telemetry_metrics::{exposed, value};

const DIFFERENCE: &str = r#"overblik_provider_clock_difference_seconds{of="citizens"}"#;
const TOLD: &str = "clocks_differ";

/// Logs somebody in, and says with which status that ended, and how far the provider is ahead by then.
async fn log_in(system: &System) -> (Browser, u16, f64) {
    let (browser, answer) = ProviderStandIn::log_in(system).await;
    let told = exposed(system).await;
    assert!(told.contains(DIFFERENCE), "{told}");
    (browser, answer.status.as_u16(), value(&told, DIFFERENCE))
}

#[tokio::test]
async fn r11_that_clocks_differ_is_told_before_nobody_can_log_in() {
    let provider = ProviderStandIn::start(SigningKey::es256("k-1")).await;
    let listen = |config: &mut Config| config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
    let system = provider.system_with(listen).await;
    let about = |found: f64, expected: f64| assert!((found - expected).abs() <= 1.0, "{found}, not {expected}");
    let mut browsers = Vec::new();
    let mut look = async |expected_status: u16, expected: f64| {
        let (browser, status, difference) = log_in(&system).await;
        assert_eq!(status, expected_status, "{difference}");
        about(difference, expected);
        browsers.push(browser);
        system.log().matches(TOLD).count()
    };
    assert_eq!(look(200, 0.0).await, 0);
    provider.pass(Duration::from_secs(20));
    assert_eq!(look(200, 20.0).await, 0, "as clocks may be");
    provider.pass(Duration::from_secs(25));
    assert_eq!(look(200, 45.0).await, 1, "logins go on, and it is told");
    assert_eq!(look(200, 45.0).await, 1, "once");
    provider.pass(Duration::from_secs(45));
    assert_eq!(look(502, 90.0).await, 1, "tokens of a time that is not yet are refused");
    system.pass(Duration::from_secs(90));
    assert_eq!(look(200, 0.0).await, 1);
    system.pass(Duration::from_secs(45));
    assert_eq!(look(200, -45.0).await, 2, "behind is another thing than ahead");
    let log = system.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(TOLD)).collect();
    assert!(lines[0].contains("ahead of ours") && lines[1].contains("behind ours"), "{lines:?}");
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}
