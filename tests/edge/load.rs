//! h2load: many requests side by side over few connections.

use std::time::Duration;

use overblik_gateway::config::{Config, Rate};
use overblik_tests::{Certificates, Setup, System};

use crate::tool::{alone, is_long, run};

/// Asks so often over HTTP/2 and over HTTP/1.1, and says what was not as it should be.
async fn load(system: &System, requests: u32, protocol: &[&str]) -> Result<(), String> {
    let url = system.demo.url.join("/auth/session-ended").expect("an address");
    let mut arguments: Vec<_> = protocol.iter().map(|word| (*word).to_owned()).collect();
    arguments.extend(["-n", &requests.to_string(), "-c", "20", "-m", "25", url.as_str()].map(str::to_owned));
    let said = run("h2load", &arguments, Duration::from_secs(if is_long() { 600 } else { 90 })).await;
    let all = format!(
        "{requests} total, {requests} started, {requests} done, {requests} succeeded, 0 failed, 0 errored, 0 timeout"
    );
    let good = format!("status codes: {requests} 2xx, 0 3xx, 0 4xx, 0 5xx");
    if said.succeeded && said.text.contains(&all) && said.text.contains(&good) {
        println!("{}", said.text.lines().filter(|line| line.contains("finished in")).collect::<String>());
        return Ok(());
    }
    Err(said.text)
}

#[tokio::test]
async fn r72_at_load_no_request_fails() {
    let _alone = alone().await;
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).start().await;
    let requests = if is_long() { 200_000 } else { 3_000 };
    load(&system, requests, &[]).await.expect("HTTP/2");
    load(&system, requests, &["--h1"]).await.expect("HTTP/1.1");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_gateway_that_refuses_some_is_found_out() {
    let _alone = alone().await;
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).adjust(|config: &mut Config| {
        config.limits.requests_per_address = Some(Rate { per_minute: 60, at_once: 100 });
    });
    let system = setup.start().await;
    let found = load(&system, 500, &[]).await.expect_err("400 were refused");
    assert!(found.contains("400 4xx"), "{found}");
    system.stop(&[]).await;
}
