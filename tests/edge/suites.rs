//! testssl.sh: versions, suites, the certificate, what is known to be broken in TLS, and headers.

use std::time::Duration;

use overblik_tests::{Certificates, Setup, System, TlsProxy};
use serde_json::Value;
use url::Url;

use crate::tool::{alone, is_long, run};

/// What is found here and is no fault, and why.
const EXCEPTIONS: [(&str, &str); 1] =
    [("engine_problem", "the tool's own openssl has no GOST, which nobody would agree on here")];

/// What the tool finds fault with: its name for it, how severe, and what it says.
async fn faults(url: &Url, issuer: &std::path::Path, checks: &[&str]) -> Vec<(String, String, String)> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let json = folder.path().join("found.json");
    let mut arguments: Vec<String> = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"]
        .into_iter()
        .chain(["--connect-timeout", "10", "--openssl-timeout", "10", "--ip", "127.0.0.1"])
        .map(str::to_owned)
        .collect();
    arguments.extend(checks.iter().map(|check| (*check).to_owned()));
    arguments.extend(["--add-ca".to_owned(), issuer.display().to_string()]);
    arguments.extend(["--jsonfile".to_owned(), json.display().to_string(), url.as_str().to_owned()]);
    let said = run("testssl", &arguments, Duration::from_secs(if is_long() { 1_200 } else { 400 })).await;
    let found: Value = std::fs::read_to_string(&json)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_else(|| panic!("it wrote no findings: {}", said.text));
    let findings = found.as_array().expect("a list");
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    // Each letter stands for a check, and each check finds something to say.
    assert!(findings.len() > 2 * checks.len(), "it looked at little: {}", said.text);
    assert!(!said.text.contains("Fatal error"), "{}", said.text);
    let fault = |severity: &str| !matches!(severity, "OK" | "INFO" | "DEBUG");
    findings
        .iter()
        .map(|finding| (text(finding, "id"), text(finding, "severity"), text(finding, "finding")))
        .filter(|(_, severity, _)| fault(severity))
        .collect()
}

/// The tool's client hangs up as soon as it is connected, often before the ticket has come that it would resume by, and then the
/// tool says this. It is no word about the server, so it looks once more.
const RESUMPTION: &str = "sessionresumption_ticket";
const NO_TICKET: &str = "check failed because of connect problem";
const RUNS: usize = 4;

/// A server that is set up as one was twenty years ago, as far as a library of today lets it.
const WEAK: &str = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-SHA;";

#[tokio::test]
async fn a_server_that_is_set_up_badly_is_found_out() {
    let _alone = alone().await;
    let system = System::start().await;
    let proxy = TlsProxy::set_up_before(&system.demo.url, WEAK).await;
    let faults = faults(&proxy.url, &proxy.issuer, &["-h", "-L"]).await;
    for id in ["HSTS", "LUCKY13"] {
        assert!(faults.iter().any(|(found, _, _)| found == id), "{id}: {faults:#?}");
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn r74_nothing_is_wrong_with_tls_of_our_own() {
    let _alone = alone().await;
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).start().await;
    // Without any letter it looks at everything, each suite and many old clients too.
    let checks = ["-p", "-s", "-f", "-S", "-P", "-h", "-U"];
    let checks = if is_long() { &[] } else { &checks[..] };
    let mut left = Vec::new();
    for _ in 0..RUNS {
        left = faults(&system.demo.url, &certificates.issuer_file(), checks).await;
        left.retain(|(id, _, _)| !EXCEPTIONS.iter().any(|(exception, _)| exception == id));
        let has_no_ticket_alone = matches!(&left[..], [(id, _, said)] if id == RESUMPTION && said == NO_TICKET);
        if !has_no_ticket_alone {
            break;
        }
    }
    assert!(left.is_empty(), "{left:#?}");
    system.stop(&[]).await;
}
