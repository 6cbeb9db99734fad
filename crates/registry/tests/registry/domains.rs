//! What a contract asks and links to is its authority's own (requirement R40), when it is pushed and when it goes live.

use std::sync::{Arc, Mutex};

use overblik_connectors::{
    AddressPolicy, Endpoint,
    kit::{ConnectSettings, LiveSettings},
};
use overblik_registry::{
    Appended, Authority, Bundle, Change, Digest, FileStore, Head, HostName, Record, Refusal, RegistryService,
    RegistryStore, Share, StoreError, TestEndpoint,
    testing::{
        at, authority, bring_live, changed, establish, libraries, library, library_files, machine_of, operator,
        pass_test,
    },
};

use crate::life::service;

/// What is found in a contract with something else in the place of a text: where, and what.
fn found(from: &str, to: &str) -> Vec<String> {
    let files = changed(&library_files(), from, to);
    let folder = tempfile::tempdir().expect("a folder");
    let mistakes = overblik_registry::examine(&files, folder.path(), &libraries(), &library()).expect("looked at");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "its files go away again");
    mistakes.0.into_iter().map(|mistake| format!("{}: {}", mistake.path, mistake.message)).collect()
}

#[test]
fn r40_every_contract_of_the_demonstration_lies_in_domains_and_passes() {
    let contracts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities");
    let folder = tempfile::tempdir().expect("a folder");
    let mut count = 0;
    for owner in std::fs::read_dir(contracts).expect("authorities").map(|entry| entry.expect("a folder").path()) {
        for source in std::fs::read_dir(&owner).expect("sources").map(|entry| entry.expect("a folder").path()) {
            let name = |path: &std::path::Path| path.file_name().expect("a name").to_str().expect("text").to_owned();
            let bundle = Bundle::read(&source).expect("a bundle");
            let text = bundle.contract();
            let cvr = text.split("cvr: \"").nth(1).expect("a CVR number")[..8].to_owned();
            let owner = authority(&name(&owner), &cvr, "no.example");
            let every = |host: &str| HostName::parse(host).expect("a host");
            // Fictitious authorities have what ends in .example: their domains are the last two labels of their hosts.
            let hosts = text.split(|end: char| !end.is_ascii_alphanumeric() && end != '.' && end != '-');
            let hosts = hosts.filter(|word| word.ends_with(".example"));
            let domains = hosts.map(|host| {
                every(&host.rsplit('.').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("."))
            });
            let owner = Authority { domains: domains.collect(), ..owner };
            let slug = overblik_registry::Slug::parse(name(&source)).expect("a name");
            let mistakes = overblik_registry::examine(&bundle, folder.path(), &owner, &slug).expect("looked at");
            assert_eq!(mistakes.0, [], "{}", source.display());
            let nowhere = Authority { domains: [every("no.example")].into(), ..owner };
            let mistakes = overblik_registry::examine(&bundle, folder.path(), &nowhere, &slug).expect("looked at");
            assert!(mistakes.0.iter().any(|mistake| mistake.path == "spec.baseUrl" && mistake.line.is_some()));
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}

#[test]
fn r40_no_address_of_a_contract_leaves_its_authority_s_domains() {
    let base = "https://fbs.bibliotek.birkerup.example";
    for (address, message) in [
        ("http://fbs.bibliotek.birkerup.example", "must start with https://"),
        ("https://127.1", "must name a host, not a number"),
        ("https://0x7f.1", "must name a host, not a number"),
        ("https://2130706433", "must name a host, not a number"),
        ("https://017700000001", "must name a host, not a number"),
        ("https://①②⑦.0.0.1", "must name a host, not a number"),
        ("https://[::1]", "must name a host, not a number"),
        ("https://localhost", "must be a public host name"),
        ("https://db.internal", "must be a public host name"),
        ("https://fbs.bibliotek.birkerup.example.", "must be a public host name"),
        ("https://user@fbs.bibliotek.birkerup.example", "must hold no user name or password"),
        ("https://fbs.bibliotek.birkerup.example:8443", "must use the standard port"),
        ("https://evil.example", "evil.example is not in a domain of the authority"),
        ("https://evilbibliotek.birkerup.example", "evilbibliotek.birkerup.example is not in a domain"),
        (
            "https://bibliotek.birkerup.example.evil.example",
            "bibliotek.birkerup.example.evil.example is not in a domain",
        ),
    ] {
        let found = found(&format!("baseUrl: {base}"), &format!("baseUrl: \"{address}\""));
        assert!(
            found.iter().any(|found| found.starts_with(&format!("spec.baseUrl: {message}"))),
            "{address}: {found:#?}"
        );
    }
    let tokens = "auth: { clientCredentials: { tokenUrl: \"https://token.evil.example/token\" } }";
    let found_tokens = found("auth: { apiKey: { header: X-Api-Key } }", tokens);
    assert_eq!(
        found_tokens,
        ["spec.auth.clientCredentials.tokenUrl: token.evil.example is not in a domain of the authority"]
    );
    let exchange = "auth: { idws: { exchangeUrl: \"https://a.evil.example/x\", audience: \"urn:x\", tokenUrl: \"https://fbs.bibliotek.birkerup.example/t\" } }";
    let found_exchange = found("auth: { apiKey: { header: X-Api-Key } }", exchange);
    assert!(
        found_exchange.iter().any(|found| found.starts_with("spec.auth.idws.exchangeUrl: a.evil.example is not in")),
        "{found_exchange:#?}"
    );
    let links =
        found("linkHosts: [bibliotek.birkerup.example]", "linkHosts: [bibliotek.birkerup.example, evil.example]");
    assert_eq!(links, ["spec.source.linkHosts[1]: evil.example is not in a domain of the authority"]);
    let number = found("cvr: \"90000026\"", "cvr: \"90000027\"");
    assert_eq!(number, ["spec.authority.cvr: is another's CVR number"]);
    let code = found("code: birkerup-libraries", "code: birkerup");
    assert_eq!(code, ["spec.authority.code: differs from the name of the authority's folder"]);
}

#[test]
fn r40_an_address_is_looked_at_however_yaml_writes_it() {
    let base = "baseUrl: https://fbs.bibliotek.birkerup.example";
    for spelling in [
        "<<: { baseUrl: \"https://evil.example\" }",
        "<<: [{ baseUrl: \"https://evil.example\" }]",
        "\"base\\u0055rl\": https://evil.example",
        "? baseUrl\n  : https://evil.example",
        "baseUrl: &here https://evil.example",
        "baseUrl: !!str https://evil.example",
        "baseUrl: \"https://evil\\u002eexample\"",
        "baseUrl: https://EVIL.example",
        "baseUrl: https:evil.example",
        "baseUrl: \"https:\\\\\\\\evil.example\"",
        "baseUrl: \"https://evil.example/\\tx\"",
        "testUrl: https://evil.example\n  baseUrl: https://fbs.bibliotek.birkerup.example",
        "<<: { testUrl: \"https://evil.example\" }\n  baseUrl: https://fbs.bibliotek.birkerup.example",
        "baseUrl: https://fbs.bibliotek.birkerup.example\n  baseUrl: https://evil.example",
    ] {
        let found = found(base, spelling);
        assert!(!found.is_empty(), "{spelling}");
    }
}

#[tokio::test]
async fn r40_domains_that_were_taken_away_count_when_a_version_is_approved_or_released() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let files = changed(&library_files(), "BIB-2026-003", "BIB-2026-004");
    let bundle = files.digest();
    service.push(&ci, at(10), None, (&owner, &source), &files).await.expect("pushed");
    pass_test(&service, &ci, &source, 2).await;
    let submitted = Change::Submitted { source: source.clone(), version: 2, bundle, share: None, note: None };
    service.submit(&ci, at(11), None, submitted).await.expect("submitted");
    establish(&service, authority("birkerup-libraries", "90000026", "elsewhere.example")).await;
    let approved = Change::Approved { source: source.clone(), version: 2, bundle };
    let refused = service.submit(&operator("bo"), at(12), None, approved.clone()).await;
    let Err(Refusal::Mistakes(mistakes)) = refused else { panic!("{refused:?}") };
    assert!(
        mistakes.to_string().contains("spec.baseUrl: fbs.bibliotek.birkerup.example is not in a domain"),
        "{mistakes}"
    );
    let serving = service.current().serving(at(12));
    let domains: Vec<_> = serving.sources[0].domains.iter().map(ToString::to_string).collect();
    assert_eq!(domains, ["elsewhere.example"], "whoever runs the live one looks by these");
    establish(&service, libraries()).await;
    service.submit(&operator("bo"), at(13), None, approved).await.expect("approved");
    let released = Change::Released { source, version: 2, share: Share::ALL };
    service.submit(&ci, at(14), None, released).await.expect("released");
}

#[tokio::test]
async fn r73_whoever_looks_at_a_version_again_costs_nothing_until_its_authority_is_another() {
    let (folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    service.push(&ci, at(10), None, (&owner, &source), &library_files()).await.expect("pushed");
    assert_eq!(service.mistakes(&source, 1).await.expect("looked at").0, []);
    // There is no place to look at anything any more.
    let work = folder.path().join("work");
    std::fs::remove_dir_all(&work).expect("a folder");
    std::fs::write(&work, "").expect("a file in its place");
    assert_eq!(service.mistakes(&source, 1).await.expect("known").0, []);
    establish(&service, authority("birkerup-libraries", "90000026", "elsewhere.example")).await;
    let refused = service.mistakes(&source, 1).await;
    assert!(matches!(refused, Err(Refusal::Store(_))), "it is looked at anew: {refused:?}");
    std::fs::remove_file(&work).expect("a file");
    std::fs::create_dir(&work).expect("a folder");
    assert!(!service.mistakes(&source, 1).await.expect("looked at").0.is_empty());
}

#[tokio::test]
async fn r40_domains_that_were_taken_away_count_when_more_citizens_are_to_see_a_version() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let files = changed(&library_files(), "BIB-2026-003", "BIB-2026-004");
    let bundle = files.digest();
    service.push(&ci, at(10), None, (&owner, &source), &files).await.expect("pushed");
    pass_test(&service, &ci, &source, 2).await;
    let submitted = Change::Submitted { source: source.clone(), version: 2, bundle, share: None, note: None };
    service.submit(&ci, at(11), None, submitted).await.expect("submitted");
    let approved = Change::Approved { source: source.clone(), version: 2, bundle };
    service.submit(&operator("bo"), at(12), None, approved).await.expect("approved");
    let released = |share| Change::Released {
        source: source.clone(),
        version: 2,
        share: Share::try_from(share).expect("a share"),
    };
    service.submit(&ci, at(13), None, released(1)).await.expect("released to a few");
    establish(&service, authority("birkerup-libraries", "90000026", "elsewhere.example")).await;
    let refused = service.submit(&ci, at(14), None, released(100)).await;
    assert!(matches!(refused, Err(Refusal::Mistakes(_))), "{refused:?}");
    // What only takes it from citizens is done as ever.
    let back = Change::RolledBack { source: source.clone(), from: 2, to: 1 };
    service.submit(&ci, at(15), None, back).await.expect("rolled back");
}

/// A store in which somebody else takes an authority's domains away at the moment at which a version's files are read.
struct Meanwhile {
    store: FileStore,
    other: Mutex<Option<RegistryService>>,
}

#[async_trait::async_trait]
impl RegistryStore for Meanwhile {
    async fn head(&self) -> Result<Head, StoreError> {
        self.store.head().await
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<Record>, StoreError> {
        self.store.read(after, most).await
    }

    async fn append(&self, record: &Record) -> Result<Appended, StoreError> {
        self.store.append(record).await
    }

    async fn put_blob(&self, blob: bytes::Bytes) -> Result<Digest, StoreError> {
        self.meanwhile().await;
        self.store.put_blob(blob).await
    }

    async fn blob(&self, digest: Digest) -> Result<Option<bytes::Bytes>, StoreError> {
        self.meanwhile().await;
        self.store.blob(digest).await
    }

    async fn changed(&self, after: u64) -> Result<Head, StoreError> {
        self.store.changed(after).await
    }
}

impl Meanwhile {
    async fn meanwhile(&self) {
        let other = self.other.lock().expect("unpoisoned").take();
        if let Some(other) = other {
            other.refresh().await.expect("there");
            establish(&other, authority("birkerup-libraries", "90000026", "elsewhere.example")).await;
        }
    }
}

#[tokio::test]
async fn r40_domains_that_are_taken_away_while_a_contract_is_looked_at_count_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FileStore::open(&folder.path().join("registry")).expect("a store");
    let service = async || {
        let store = Arc::new(store.clone());
        RegistryService::open(store, folder.path().join("unfolded")).await.expect("a registry")
    };
    let calm = service().await;
    establish(&calm, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&calm, &owner, &source, &library_files()).await;
    let raced = async |registry: RegistryService| {
        let meanwhile = Meanwhile { store: store.clone(), other: Mutex::new(Some(registry)) };
        RegistryService::open(Arc::new(meanwhile), folder.path().join("unfolded")).await.expect("a registry")
    };
    let files = changed(&library_files(), "BIB-2026-003", "BIB-2026-004");
    let pushed = raced(service().await).await.push(&ci, at(10), None, (&owner, &source), &files).await;
    assert!(matches!(pushed, Err(Refusal::Conflict(_))), "{pushed:?}");

    establish(&service().await, libraries()).await;
    let calm = service().await;
    calm.push(&ci, at(11), None, (&owner, &source), &files).await.expect("pushed");
    pass_test(&calm, &ci, &source, 2).await;
    let bundle = files.digest();
    let submitted = Change::Submitted { source: source.clone(), version: 2, bundle, share: None, note: None };
    calm.submit(&ci, at(12), None, submitted).await.expect("submitted");
    let approved = Change::Approved { source: source.clone(), version: 2, bundle };
    let refused = raced(service().await).await.submit(&operator("bo"), at(13), None, approved).await;
    assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
}

#[tokio::test]
async fn r47_a_test_endpoint_is_the_authority_s_own_too() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    service.push(&ci, at(1), None, (&owner, &source), &library_files()).await.expect("pushed");
    let head = service.current().head();
    for (address, policy) in [
        ("https://evil.example", AddressPolicy::Production),
        ("https://evil.example", AddressPolicy::LoopbackAllowed),
        ("http://127.0.0.1:1", AddressPolicy::Production),
        ("http://169.254.169.254", AddressPolicy::LoopbackAllowed),
        ("http://10.0.0.1", AddressPolicy::LoopbackAllowed),
    ] {
        for token_service in [false, true] {
            let address = Some(address.parse().expect("an address"));
            let endpoint = if token_service {
                Endpoint { token_url: address, ..Endpoint::default() }
            } else {
                Endpoint { base_url: address, ..Endpoint::default() }
            };
            let settings = LiveSettings {
                connect: ConnectSettings { endpoint, shows_credentials: false, address_policy: policy },
                citizen: "6101010001".to_owned(),
                other_citizen: None,
                citizen_without_data: None,
                municipality: None,
                calls: 1,
            };
            let endpoint = TestEndpoint { name: "test".to_owned(), settings };
            let refused = service.test(&ci, at(2), None, (&source, 1), Some(endpoint)).await.expect_err("not its own");
            assert!(refused.to_string().ends_with("is not in a domain of birkerup-libraries"), "{refused}");
        }
    }
    assert_eq!(service.current().head(), head);
}
