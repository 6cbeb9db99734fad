//! Every contract of the repository against its recordings: its recordings produce the widgets that stand beside them,
//! and no fault of its source is shown as an answer.

use std::{collections::BTreeSet, fs, path::Path};

use futures::{StreamExt, stream};
use overblik_connectors::kit::{self, Case, Check, Contract, Verdict};
use tokio::{runtime::Handle, task::spawn_blocking};

/// What every contract's checks hold, passed, whatever its source is like.
const ALWAYS: [&str; 6] = [
    "recordings.readable",
    "recordings.fictitious",
    "fault.stalled",
    "fault.compressed-bomb",
    "fault.status-500",
    "privacy.never-in-an-address",
];

fn contracts() -> Vec<Contract> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities");
    kit::check(&[folder]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_contract_of_the_repository_passes_the_kit() {
    // Most of the time a check waits for a limit, so contracts wait together; not all, for each is asked in debug mode.
    let testing = contracts().into_iter().map(|contract| {
        let runtime = Handle::current();
        spawn_blocking(move || {
            let checks = runtime.block_on(kit::test(&contract));
            (contract, checks)
        })
    });
    let tested: Vec<_> = stream::iter(testing).buffered(4).collect().await;
    assert!(tested.len() >= 11, "{} contracts", tested.len());
    for tested in tested {
        let (contract, checks) = tested.expect("a contract tested");
        let name = contract.source().slug.clone();
        let failed: Vec<&Check> = checks.iter().filter(|check| check.verdict == Verdict::Failed).collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
        for id in ALWAYS {
            let passed = checks.iter().any(|check| check.id == id && check.verdict == Verdict::Passed);
            assert!(passed, "{name}: {id}");
        }
        let another = checks.iter().filter(|check| check.id.starts_with("person.another:"));
        assert!(another.clone().count() > 0 && another.clone().all(|check| check.verdict == Verdict::Passed), "{name}");
        let report = kit::report(&contract, None, checks);
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["schema"], "overblik/contract-report/v1");
        assert_eq!(json["contract"]["sha256"].as_str().map(str::len), Some(64));
        assert!(report.passed() && report.tally.passed >= 30, "{name}: {:?}", report.tally);
    }
}

#[test]
fn every_contract_has_recordings_of_much_and_of_little_and_says_what_changed() {
    for contract in contracts() {
        let name = &contract.source().slug;
        let (cases, wrong) = Case::read_all(&contract.examples());
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let goldens = cases.iter().map(|case| case.golden.as_ref().unwrap_or_else(|| panic!("{name}: {}", case.name)));
        let states: BTreeSet<_> = goldens.map(|golden| golden["state"].as_str().expect("a state")).collect();
        assert!(states.contains("ready"), "{name} has no recording of an answer with something in it");
        assert!(states.contains("empty"), "{name} has no recording of the source's word that there is nothing");
        let changes = contract.file().with_file_name("CHANGELOG.md");
        let changes = fs::read_to_string(&changes).unwrap_or_else(|error| panic!("{}: {error}", changes.display()));
        let version = format!("## {}", contract.source().version);
        assert!(changes.lines().any(|line| line == version), "{name} does not say what changed in {version}");
    }
}
