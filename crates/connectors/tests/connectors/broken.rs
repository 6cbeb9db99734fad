//! Contracts with the mistakes that developers of authorities make, and what each of them is told.
//!
//! `tests/broken/NNN-what-is-wrong.yaml` is loaded as the contract of the source `dental` of `skovby`; beside it, in
//! `NNN-what-is-wrong.txt`, stands the report that it must bring about.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use overblik_connectors::{AddressPolicy, ConnectorSet, Endpoint, LoadOptions, Secret};

use crate::{generated::difference, support::Folder};

const SOURCE: &str = "skovby/dental";

fn files(extension: &str) -> BTreeMap<String, PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let wanted = entries.filter(|path| path.extension().is_some_and(|is| is == extension));
    wanted.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path)).collect()
}

/// What the author of a contract is told; the file's name is left out.
fn report(contract: &str) -> String {
    let folder = Folder::with(&[(SOURCE, contract)]);
    let endpoint = Endpoint { api_key: Some(Secret::new("test-key".into())), ..Endpoint::default() };
    let options = LoadOptions {
        endpoints: BTreeMap::from([("dental".to_owned(), endpoint)]),
        address_policy: AddressPolicy::Production,
        ..LoadOptions::default()
    };
    match ConnectorSet::load(folder.path(), &options) {
        Ok(_) => "no mistake\n".to_owned(),
        Err(mistakes) => {
            let file = folder.path().join(SOURCE).join("connector.yaml");
            let sorted = mistakes.as_slice().is_sorted_by_key(|mistake| mistake.position);
            assert!(sorted, "mistakes are told in the order of the file: {mistakes}");
            format!("{mistakes}\n").replace(&format!("{}:", file.display()), "")
        }
    }
}

#[test]
fn every_broken_contract_brings_about_its_report() {
    let contracts = files("yaml");
    assert!(contracts.len() > 60, "{}", contracts.len());
    let differences: Vec<String> = contracts
        .values()
        .filter_map(|path| {
            let contract = fs::read_to_string(path).expect("a contract");
            difference(&path.with_extension("txt"), &report(&contract))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_report_has_its_contract() {
    let contracts: BTreeSet<String> = files("yaml").into_keys().collect();
    let reports: BTreeSet<String> = files("txt").into_keys().collect();
    assert_eq!(reports, contracts);
}

#[test]
fn only_the_contract_that_the_broken_ones_are_made_of_has_no_mistake() {
    let whole: Vec<String> = files("txt")
        .into_iter()
        .filter(|(_, path)| fs::read_to_string(path).expect("a report") == "no mistake\n")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(whole, ["000-no-mistake"]);
}
