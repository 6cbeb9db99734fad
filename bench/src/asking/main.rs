//! What one answer of one source costs, from the gate to the widgets: instructions, allocations and system calls.
//!
//! `asking plain TIMES`, or `tls`: asks a source of `sources`, which stands beside it, so often and prints nothing. It is
//! for those who count: callgrind, dhat, strace. Two numbers of times tell what one answer costs; nothing else differs.
#![allow(clippy::expect_used, reason = "a measurement that cannot be made ends")]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use overblik_connectors::{
    AddressPolicy, Connector, ConnectorSet, Endpoint, LoadOptions, Secret, TlsFiles, fuzzing::Asking,
};
use serde_json::Value;
use tempfile::TempDir;

const CITIZEN: &str = "6101010001";
/// Items of an answer.
const ITEMS: usize = 8;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let way = arguments.next().expect("plain or tls");
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).expect("a number of times");
    let beside = std::env::current_exe().expect("a program").with_file_name("sources");
    let mut sources = Command::new(beside)
        .arg("1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sources, built beside this");
    let mut told = String::new();
    BufReader::new(sources.stdout.take().expect("output")).read_line(&mut told).expect("a line");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let contracts = TempDir::new().expect("a folder");
    let connectors = connector_set(contracts.path(), &told, &way);
    let asking = Asking::about(CITIZEN).expect("a fictitious person");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let connector = connectors.connectors().next().expect("a source");
    runtime.block_on(ask(&asking, connector.as_ref(), times));
    drop(sources.stdin.take());
    sources.wait().expect("sources that end");
}

async fn ask(asking: &Asking, connector: &dyn Connector, times: usize) {
    for _ in 0..times {
        let fetched = asking.ask(connector).await.expect("an answer");
        assert_eq!((fetched.widgets.len(), fetched.problems.len()), (ITEMS, 0));
    }
}

/// The contract of the measurements, for the first of the sources.
fn connector_set(contracts: &Path, told: &Value, way: &str) -> ConnectorSet {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("ours");
    let folder = contracts.join("authority-00/source-00");
    fs::create_dir_all(folder.join("schemas")).expect("a folder");
    let contract = fs::read_to_string(here.join("connector.yaml")).expect("a contract");
    let contract = [("@NUMBER@", "00"), ("@TIMEOUT_MS@", "10000"), ("@FRESH_S@", "0")]
        .iter()
        .fold(contract, |contract, (place, text)| contract.replace(place, text));
    fs::write(folder.join("connector.yaml"), contract).expect("written");
    fs::copy(here.join("answer.json"), folder.join("schemas/answer.json")).expect("a schema");
    let port = told.pointer(&format!("/{way}/0")).and_then(Value::as_u64).expect("a port");
    let scheme = if way == "tls" { "https://localhost" } else { "http://127.0.0.1" };
    let endpoint = Endpoint {
        base_url: Some(format!("{scheme}:{port}").parse().expect("an address")),
        api_key: Some(Secret::new("a-key-of-the-measurements".to_owned())),
        tls: TlsFiles {
            trusted_roots: told.get("certificate").and_then(Value::as_str).map(Into::into),
            ..TlsFiles::default()
        },
        ..Endpoint::default()
    };
    let options = LoadOptions {
        endpoints: BTreeMap::from([("source-00".to_owned(), endpoint)]),
        address_policy: AddressPolicy::LoopbackAllowed,
        ..LoadOptions::default()
    };
    ConnectorSet::load(contracts, &options).expect("a contract without mistakes")
}
