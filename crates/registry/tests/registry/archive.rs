//! The registry as a tree of files, and back.

use std::{collections::BTreeMap, fs, path::Path};

use overblik_registry::{
    Actor, Archive, ArchiveError, BroughtIn, Change, Municipalities, RegistryService, Share, Texts, VersionState,
    Window,
    archive::export,
    testing::{
        at, authority, bring_live, establish, libraries, library, library_files, line, operator, pass_test, slug,
    },
};

use crate::life::service;

/// A registry with all that a tree tells of.
async fn full() -> (tempfile::TempDir, RegistryService) {
    let (folder, service) = service().await;
    establish(&service, libraries()).await;
    establish(&service, authority("other", "90000099", "other.example")).await;
    let source = library();
    bring_live(&service, &libraries().slug, &source, &library_files()).await;
    let (portal, text) = (slug("birkerup-portal"), Texts { da: line("\"Lukket\": # nej"), en: line("yes") });
    let windows = vec![Window { from: at(100), to: at(200), text }];
    let anna = operator("anna");
    service.submit(&anna, at(10), None, Change::WindowsSet { source: source.clone(), windows }).await.expect("set");
    let codes = ["0901", "0902"].map(|code| code.to_owned().try_into().expect("a code"));
    let municipalities = Municipalities::These(codes.into());
    let proposed = Change::AgreementProposed { source: source.clone(), display_client: portal.clone(), municipalities };
    let proposal = service.submit(&anna, at(11), None, proposed).await.expect("proposed").number;
    let approved = Change::AgreementApproved { source, display_client: portal, proposal };
    service.submit(&operator("bo"), at(12), None, approved).await.expect("approved");
    (folder, service)
}

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_str().expect("text").to_owned();
                files.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    files
}

#[tokio::test]
async fn what_is_live_is_a_tree_that_a_gateway_could_load_and_that_is_the_same_each_time() {
    let (_folder, service) = full().await;
    let out = tempfile::tempdir().expect("a folder");
    fs::create_dir(out.path().join(".git")).expect("made");
    let head = export(&service, out.path()).await.expect("exported");
    let first = tree(out.path());
    assert!(first.contains_key("birkerup-libraries/library/connector.yaml"), "{:?}", first.keys());
    assert_eq!(first["birkerup-libraries/library/connector.yaml"], library_files().contract().into_bytes());
    assert_eq!(Archive::read(out.path()).expect("read").head(), head);
    let index = String::from_utf8(first["registry.yaml"].clone()).expect("text");
    assert!(index.contains("bibliotek.birkerup.example") && index.contains("90000099"), "{index}");

    let contracts = overblik_connectors::kit::check(&[out.path().to_owned()]).expect("contracts that are loaded");
    assert_eq!(contracts[0].source().slug, "library");

    export(&service, out.path()).await.expect("exported");
    assert_eq!(tree(out.path()), first);
    let retired = Change::SourceRetired { source: library(), reason: line("nedlagt") };
    service.submit(&operator("bo"), at(20), None, retired).await.expect("retired");
    export(&service, out.path()).await.expect("exported");
    assert_eq!(tree(out.path()).into_keys().collect::<Vec<_>>(), ["registry.yaml"], "what is no longer live is gone");
    assert!(out.path().join(".git").is_dir(), "and what is not ours is not touched");
}

#[tokio::test]
async fn r47_a_tree_comes_in_as_proposals_and_is_the_same_once_others_approved() {
    let (_from, original) = full().await;
    let out = tempfile::tempdir().expect("a folder");
    export(&original, out.path()).await.expect("exported");
    let archive = Archive::read(out.path()).expect("read");
    let (_folder, copy) = service().await;
    let (anna, bo, source) = (operator("anna"), operator("bo"), library());

    let done = archive.bring_in(&copy, &anna, at(1)).await.expect("brought in");
    assert_eq!(copy.current().pending_authorities().count(), 2);
    assert!(
        matches!(&done[2], BroughtIn::Not { name, why } if *name == source && why.to_string().contains("no authority"))
    );
    for name in ["birkerup-libraries", "other"] {
        let registry = copy.current();
        let proposal = registry.authority_entry(name).and_then(|entry| entry.pending.as_ref()).expect("waits");
        let approved = Change::AuthorityApproved { authority: slug(name), proposal: proposal.proposed.record };
        assert!(copy.submit(&anna, at(2), None, approved.clone()).await.is_err(), "not by who brought it in");
        copy.submit(&bo, at(2), None, approved).await.expect("approved");
    }
    let done = archive.bring_in(&copy, &anna, at(3)).await.expect("brought in");
    assert!(matches!(&done[..], [BroughtIn::Pushed(_), BroughtIn::Recorded(_), BroughtIn::Recorded(_)]), "{done:?}");
    assert_eq!(copy.current().source("library").expect("a source").versions[&1].state, VersionState::Checked);
    assert_eq!(copy.current().serving(at(3)).sources, [], "nothing goes live by being brought in");
    assert_eq!(archive.bring_in(&copy, &anna, at(4)).await.expect("brought in").len(), 0, "all is there or waits");

    pass_test(&copy, &anna, &source, 1).await;
    let bundle = library_files().digest();
    let submit = async |actor: &Actor, change| copy.submit(actor, at(5), None, change).await.expect("done");
    submit(&anna, Change::Submitted { source: source.clone(), version: 1, bundle, share: None, note: None }).await;
    submit(&bo, Change::Approved { source: source.clone(), version: 1, bundle }).await;
    submit(&anna, Change::Released { source: source.clone(), version: 1, share: Share::ALL }).await;
    let display_client = slug("birkerup-portal");
    let proposal = copy.current().pending_agreements().next().expect("waits").2.proposed.record;
    submit(&bo, Change::AgreementApproved { source, display_client, proposal }).await;
    assert_eq!(copy.current().serving(at(6)), original.current().serving(at(6)));
    assert_eq!(archive.bring_in(&copy, &anna, at(7)).await.expect("brought in").len(), 0);
}

#[tokio::test]
async fn a_tree_that_is_not_one_is_refused_with_what_is_wrong() {
    let (_folder, service) = full().await;
    let out = tempfile::tempdir().expect("a folder");
    fs::write(out.path().join("thesis.txt"), "mine").expect("written");
    assert!(matches!(export(&service, out.path()).await, Err(ArchiveError::NotOurs(_))), "no stranger's folder");
    assert_eq!(tree(out.path()).len(), 1);
    fs::remove_file(out.path().join("thesis.txt")).expect("removed");
    export(&service, out.path()).await.expect("exported");
    let index = out.path().join("registry.yaml");
    let good = fs::read_to_string(&index).expect("a file");
    for (from, to) in [
        ("overblik/registry/v1", "overblik/registry/v9"),
        ("authority: birkerup-libraries", "authority: ../../elsewhere"),
        ("authority: birkerup-libraries", "approved: true\n    authority: birkerup-libraries"),
        ("90000099", "9000009"),
    ] {
        assert!(good.contains(from), "{good}");
        fs::write(&index, good.replacen(from, to, 1)).expect("written");
        let error = Archive::read(out.path()).expect_err(to);
        assert!(
            matches!(error, ArchiveError::Wrong { .. }) && error.to_string().contains("registry.yaml: "),
            "{error}"
        );
    }
    fs::write(&index, good).expect("written");
    let source = out.path().join("birkerup-libraries/library");
    fs::write(source.join("large.json"), vec![b' '; 300_000]).expect("written");
    assert!(Archive::read(out.path()).expect_err("large").to_string().ends_with("large.json is larger than 256 kB"));
    fs::remove_file(source.join("large.json")).expect("removed");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", source.join("link.json")).expect("linked");
        let error = Archive::read(out.path()).expect_err("a link").to_string();
        assert!(error.contains("link.json is neither a file nor a folder"), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_a_tree_leads_nobody_out_of_it() {
    let (_folder, service) = full().await;
    for linked in ["birkerup-libraries", "birkerup-libraries/library"] {
        let (out, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        export(&service, out.path()).await.expect("exported");
        let (link, kept) = (out.path().join(linked), elsewhere.path().join("kept"));
        fs::rename(&link, &kept).expect("moved");
        std::os::unix::fs::symlink(&kept, &link).expect("a link");
        let before = tree(elsewhere.path());
        let read = Archive::read(out.path());
        assert!(matches!(read, Err(ArchiveError::Link(_))), "{linked}: {read:?}");
        let exported = export(&service, out.path()).await;
        assert!(matches!(exported, Err(ArchiveError::Link(_))), "{linked}: {exported:?}");
        assert_eq!(tree(elsewhere.path()), before, "{linked}");
    }
}
