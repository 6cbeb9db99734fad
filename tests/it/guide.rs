//! The guide for authorities: the contracts that it shows are whole, and good.

use std::fs;

use overblik_connectors::kit::check;
use overblik_tests::repository;
use tempfile::TempDir;

/// The contracts of a guide, each with the folder that it names.
fn contracts(guide: &str) -> Vec<(String, &str)> {
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|block| block.split("\n```").next());
    blocks
        .filter(|block| block.contains("apiVersion:"))
        .map(|block| {
            let after = |key: &str| {
                let line = block.lines().find_map(|line| line.trim().strip_prefix(key)).expect("a name");
                line.trim().to_owned()
            };
            (format!("{}/{}", after("code:"), after("name:")), block)
        })
        .collect()
}

#[test]
fn every_contract_in_the_guide_is_without_mistake() {
    let guide = fs::read_to_string(repository().join("docs/authorities.md")).expect("the guide");
    let contracts = contracts(&guide);
    assert_eq!(contracts.len(), 2, "one over JSON and one over SOAP");
    let folder = TempDir::new().expect("a directory");
    for (name, contract) in &contracts {
        let source = folder.path().join(name);
        fs::create_dir_all(&source).expect("a folder");
        fs::write(source.join("connector.yaml"), contract).expect("written");
    }
    if let Err(mistakes) = check(&[folder.path().to_owned()]) {
        panic!("{mistakes}");
    }
}
