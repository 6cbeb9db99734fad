//! A source from its first push to its end, through the service over the store of files.

use std::sync::Arc;

use overblik_registry::{
    Change, FileStore, IndexId, Municipalities, Refusal, RegistryService, ServedVersion, Share, Subject, Texts,
    VersionState, Window,
    testing::{
        at, authority, bring_live, changed, establish, libraries, library, library_files, line, machine_of, operator,
        operator_machine, pass_test, person_of, slug,
    },
    verify,
};
use tempfile::TempDir;

pub(crate) async fn service() -> (TempDir, RegistryService) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FileStore::open(folder.path()).expect("a store");
    let service = RegistryService::open(Arc::new(store), folder.path().join("work")).await.expect("a service");
    (folder, service)
}

fn state(service: &RegistryService, version: u32) -> VersionState {
    service.current().source("library").expect("a source").versions[&version].state
}

fn nothing_is_left_in(folder: &TempDir) {
    let left = std::fs::read_dir(folder.path().join("work")).expect("a folder").count();
    assert_eq!(left, 0, "files of bundles go away again");
}

#[tokio::test]
async fn a_source_comes_to_citizens_by_two_persons_and_what_is_wrong_is_told_with_its_place() {
    let (folder, service) = service().await;
    establish(&service, libraries()).await;
    let (ci, owner, library) = (machine_of("birkerup-libraries", "ci"), libraries().slug, library());
    let of = (&owner, &library);

    let good = library_files();
    let slip = changed(&changed(&good, "level: substantial", "level: substancial"), "fbs.bibliotek", "fbs.elsewhere");
    let pushed = service.push(&ci, at(10), None, of, &slip).await.expect("a draft may have mistakes");
    let told: Vec<_> = pushed.mistakes.0.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("connector.yaml:32:10: spec.level: "), "{told:#?}");
    assert!(
        told[1].starts_with("connector.yaml:33:12: spec.baseUrl: fbs.elsewhere.birkerup.example is not in a domain")
    );
    assert_eq!(state(&service, 1), VersionState::Draft);
    let tested = service.test(&ci, at(11), None, (&library, 1), None).await.expect_err("a draft is not tested");
    assert_eq!(tested.to_string(), "version 1 is a draft, and this can be done to one that is checked or tested");

    let pushed = service.push(&ci, at(12), None, of, &good).await.expect("mended");
    assert!(pushed.mistakes.0.is_empty());
    assert_eq!(state(&service, 1), VersionState::Checked, "the draft's files are replaced");
    let (_, report) = service.test(&ci, at(13), None, (&library, 1), None).await.expect("tested");
    assert!(report.passed, "{}", report.report);
    let bundle = good.digest();
    let submitted = Change::Submitted {
        source: library.clone(),
        version: 1,
        bundle,
        share: None,
        note: Some(line("Første udgave")),
    };
    service.submit(&ci, at(14), None, submitted).await.expect("submitted");

    let approved = Change::Approved { source: library.clone(), version: 1, bundle };
    let approve = async |actor| service.submit(&actor, at(15), None, approved.clone()).await;
    assert!(matches!(approve(ci.clone()).await, Err(Refusal::NotAllowed(_))), "its own approval");
    assert!(matches!(approve(person_of("birkerup-libraries", "dea")).await, Err(Refusal::NotAllowed(_))));
    assert!(
        matches!(approve(operator_machine("robot")).await, Err(Refusal::NotAllowed(_))),
        "programs approve nothing"
    );
    approve(operator("bo")).await.expect("approved");

    assert_eq!(service.current().serving(at(16)).sources, [], "approved is not live yet");
    let released = Change::Released { source: library.clone(), version: 1, share: Share::ALL };
    service.submit(&ci, at(16), None, released).await.expect("released");
    let serving = service.current().serving(at(17));
    assert_eq!(serving.sources[0].main, ServedVersion { number: 1, bundle });
    assert_eq!(service.bundle(bundle).await, Ok(good));
    let report =
        service.current().source("library").and_then(|source| source.versions[&1].tested.clone()).expect("a test");
    let report: serde_json::Value =
        serde_json::from_slice(&service.report(report.report).await.expect("kept")).expect("JSON");
    assert_eq!(report["contract"]["name"], "library");

    let history: Vec<_> = service.current().history_of(Subject::Source(&library)).map(|record| record.number).collect();
    assert_eq!(history, [3, 4, 5, 6, 7, 8]);
    let head = service.current().head();
    assert_eq!(verify(service.store().as_ref(), Some(head)).await.expect("verified").head, head);
    nothing_is_left_in(&folder);
}

#[tokio::test]
async fn r47_an_operator_who_had_a_hand_in_a_version_does_not_approve_it_also_after_others_replaced_its_files() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (ci, owner, library) = (machine_of("birkerup-libraries", "ci"), libraries().slug, library());
    let files = library_files();
    service.push(&operator("bo"), at(1), None, (&owner, &library), &files).await.expect("an operator helps");
    let files = changed(&files, "BIB-2026-003", "BIB-2026-004");
    service.push(&ci, at(2), None, (&owner, &library), &files).await.expect("and the authority goes on");
    pass_test(&service, &operator("eva"), &library, 1).await;
    let bundle = files.digest();
    let submitted = Change::Submitted { source: library.clone(), version: 1, bundle, share: None, note: None };
    service.submit(&ci, at(4), None, submitted).await.expect("submitted");
    let approved = Change::Approved { source: library.clone(), version: 1, bundle };
    for name in ["bo", "eva"] {
        let refused = service.submit(&operator(name), at(5), None, approved.clone()).await;
        assert_eq!(refused, Err(Refusal::SecondPerson { name: name.to_owned() }));
    }
    let other = Change::Approved { source: library, version: 1, bundle: library_files().digest() };
    let refused = service.submit(&operator("anna"), at(5), None, other).await.expect_err("other files");
    assert!(refused.to_string().starts_with("version 1 has other files by now"), "{refused}");
    service.submit(&operator("anna"), at(6), None, approved).await.expect("a second person");
}

#[tokio::test]
async fn two_versions_run_side_by_side_and_a_bad_one_is_rolled_back() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    let files = |reference: &str| changed(&library_files(), "BIB-2026-003", reference);
    assert_eq!(bring_live(&service, &owner, &source, &files("one")).await, 1);
    assert_eq!(bring_live(&service, &owner, &source, &files("two")).await, 2);
    assert_eq!((state(&service, 1), state(&service, 2)), (VersionState::Replaced, VersionState::Live));

    let back = |from, to| Change::RolledBack { source: source.clone(), from, to };
    let refused = service.submit(&ci, at(10), None, back(2, 3)).await.expect_err("no such version");
    assert_eq!(refused.to_string(), "there is no version \"3 of library\"");
    service.submit(&ci, at(10), None, back(2, 1)).await.expect("one person suffices");
    let main = |service: &RegistryService| service.current().serving(at(20)).sources[0].main.number;
    assert_eq!((main(&service), state(&service, 2)), (1, VersionState::Replaced));
    service.submit(&operator("bo"), at(11), None, back(1, 2)).await.expect("and forth, if it was not the version");
    assert_eq!(main(&service), 2);

    let pushed = service.push(&ci, at(12), None, (&owner, &source), &files("three")).await.expect("pushed");
    assert!(pushed.mistakes.0.is_empty());
    pass_test(&service, &ci, &source, 3).await;
    let bundle = files("three").digest();
    let share = |per_cent: u8| Share::try_from(per_cent).expect("a share");
    let release = |version, per_cent| Change::Released { source: source.clone(), version, share: share(per_cent) };
    assert!(service.submit(&ci, at(13), None, release(3, 10)).await.is_err(), "not approved");
    let submitted =
        Change::Submitted { source: source.clone(), version: 3, bundle, share: Some(share(10)), note: None };
    service.submit(&ci, at(13), None, submitted).await.expect("submitted");
    let refused = service.push(&ci, at(13), None, (&owner, &source), &files("four")).await.expect_err("3 waits");
    assert!(refused.to_string().starts_with("version 3 waits for approval"), "{refused}");
    service
        .submit(&operator("bo"), at(14), None, Change::Approved { source: source.clone(), version: 3, bundle })
        .await
        .expect("approved");
    let more = service.submit(&ci, at(15), None, release(3, 11)).await.expect_err("nobody looked at that");
    assert!(more.to_string().contains("approved for 10 of 100 citizens"), "{more}");
    service.submit(&ci, at(15), None, release(3, 10)).await.expect("to a tenth");
    let beside = |service: &RegistryService| service.current().serving(at(20)).sources[0].beside;
    assert_eq!(beside(&service), Some((ServedVersion { number: 3, bundle }, share(10))));
    for alone in [ci.clone(), person_of("birkerup-libraries", "dea"), operator_machine("robot")] {
        let more = service.submit(&alone, at(16), None, release(3, 50)).await;
        assert_eq!(more, Err(Refusal::MoreThanApproved { version: 3, share: 10 }));
    }
    service.submit(&operator("eva"), at(16), None, release(3, 50)).await.expect("to half of them, by a second person");
    assert_eq!((main(&service), beside(&service).map(|(_, share)| share.per_cent())), (2, Some(50)));
    for (share, good) in [(5, true), (50, true), (51, false)] {
        let again = service.submit(&ci, at(17), None, release(3, share)).await;
        assert_eq!(again.is_ok(), good, "up to what a second person gave: {share}, {again:?}");
    }
    service.submit(&ci, at(17), None, back(3, 2)).await.expect("taken back");
    assert_eq!((main(&service), beside(&service), state(&service, 3)), (2, None, VersionState::Replaced));
    for anybody in [ci, operator("bo")] {
        let forth = service.submit(&anybody, at(18), None, back(2, 3)).await.expect_err("nobody approved it for all");
        assert!(forth.to_string().contains("approved for 50 of 100 citizens"), "{forth}");
    }
}

#[tokio::test]
async fn r47_more_than_was_approved_is_given_by_a_second_person_who_had_no_hand_in_it() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    let files = |reference: &str| changed(&library_files(), "BIB-2026-003", reference);
    bring_live(&service, &owner, &source, &files("one")).await;
    service.push(&operator("bo"), at(6), None, (&owner, &source), &files("two")).await.expect("an operator helps");
    pass_test(&service, &ci, &source, 2).await;
    let (bundle, tenth) = (files("two").digest(), Share::try_from(10).expect("a share"));
    let submitted = Change::Submitted { source: source.clone(), version: 2, bundle, share: Some(tenth), note: None };
    service.submit(&ci, at(7), None, submitted).await.expect("submitted");
    let approved = Change::Approved { source: source.clone(), version: 2, bundle };
    service.submit(&operator("anna"), at(8), None, approved).await.expect("approved");
    let to_all = Change::Released { source: source.clone(), version: 2, share: Share::ALL };
    let own = service.submit(&operator("bo"), at(9), None, to_all.clone()).await;
    assert_eq!(own, Err(Refusal::SecondPerson { name: "bo".to_owned() }), "he pushed it");
    service.submit(&operator("anna"), at(9), None, to_all).await.expect("she did not");
    assert_eq!(service.current().serving(at(10)).sources[0].main.number, 2);
}

#[tokio::test]
async fn r63_each_registry_has_an_id_of_its_own_from_its_first_record_on() {
    let ((one_folder, one), (_other_folder, other)) = (service().await, service().await);
    assert_eq!(one.current().id(), None, "before anything is on record");
    establish(&one, libraries()).await;
    establish(&other, libraries()).await;
    let ids = [&one, &other].map(|service| service.current().id().expect("an id"));
    assert_ne!(ids[0], ids[1]);
    let [own, foreign] = [&one, &other].map(|service| service.current().history()[1].as_ref().clone());
    assert_eq!(own.change, foreign.change);
    let head = one.current().head();
    assert_eq!(one.store().append(&foreign).await, Ok(overblik_registry::Appended::HeadIs(head)));
    assert_eq!(verify(one.store().as_ref(), None).await.expect("verified").registry, Some(ids[0]));
    let tree = one_folder.path().join("tree");
    overblik_registry::archive::export(&one, &tree).await.expect("exported");
    assert_eq!(overblik_registry::Archive::read(&tree).expect("a tree").registry(), Some(ids[0]));
}

#[tokio::test]
async fn a_first_version_is_submitted_for_all() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    service.push(&ci, at(1), None, (&owner, &source), &library_files()).await.expect("pushed");
    pass_test(&service, &ci, &source, 1).await;
    let (bundle, tenth) = (library_files().digest(), Share::try_from(10).expect("a share"));
    let submitted = |share| Change::Submitted { source: source.clone(), version: 1, bundle, share, note: None };
    let refused = service.submit(&ci, at(2), None, submitted(Some(tenth))).await.expect_err("what would others see?");
    assert!(refused.to_string().contains("no version is live"), "{refused}");
    service.submit(&ci, at(2), None, submitted(None)).await.expect("for all");
}

#[tokio::test]
async fn a_source_is_suspended_at_once_and_each_side_ends_its_own_suspension() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let suspend = |reason, until| Change::Suspended { source: source.clone(), reason: line(reason), until };
    let suspended = |service: &RegistryService, second| {
        let serving = service.current().serving(at(second));
        let reason = serving.sources[0].suspended.as_ref().map(|suspended| suspended.reason.to_string());
        (reason, serving.changes_at)
    };
    let resume = || Change::Resumed { source: source.clone() };
    let refused = service.submit(&ci, at(10), None, suspend("too late", Some(at(10)))).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    service.submit(&ci, at(10), None, suspend("our move", Some(at(100)))).await.expect("suspended");
    assert_eq!(suspended(&service, 10), (Some("our move".to_owned()), Some(at(100))));
    assert_eq!(suspended(&service, 100), (None, None), "a suspension whose end is past is over");
    service.submit(&operator("bo"), at(20), None, suspend("wrong persons", None)).await.expect("suspended");
    assert_eq!(suspended(&service, 21), (Some("wrong persons".to_owned()), Some(at(100))));
    service.submit(&ci, at(22), None, resume()).await.expect("the authority ends its own");
    let refused = service.submit(&ci, at(23), None, resume()).await.expect_err("and not the operator's");
    assert_eq!(refused.to_string(), "an operator suspended it, and ends that");
    assert_eq!(suspended(&service, 200).0.as_deref(), Some("wrong persons"));
    service.submit(&operator("anna"), at(24), None, resume()).await.expect("resumed");
    assert_eq!(suspended(&service, 25), (None, None));
}

fn index(digit: &str) -> IndexId {
    IndexId::parse(digit.repeat(32)).expect("a name")
}

#[tokio::test]
async fn an_index_holds_until_another_takes_its_place_it_is_dropped_or_the_source_ends() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let load = |digit, entries, expires| Change::IndexLoaded {
        source: source.clone(),
        index: index(digit),
        entries,
        expires: at(expires),
    };
    let dropped = || Change::IndexDropped { source: source.clone() };
    let held = || service.current().source(&source).and_then(|source| source.index.clone()).map(|index| index.id);
    for (wrong, why) in [
        (load("1", 0, 99), "an index that names nobody would have nobody asked about: drop it, or suspend the source"),
        (load("1", 1, 10), "an index expires after it is loaded"),
        (dropped(), "it has no index"),
    ] {
        let refused = service.submit(&ci, at(10), None, wrong).await.expect_err("refused");
        assert_eq!(refused.to_string(), why);
    }
    service.submit(&ci, at(10), None, load("1", 3, 99)).await.expect("loaded");
    service.submit(&ci, at(11), None, load("2", 2, 99)).await.expect("another in its place");
    assert_eq!(held(), Some(index("2")));
    service.submit(&operator("anna"), at(12), None, dropped()).await.expect("an operator's to drop too");
    assert_eq!(held(), None);
    service.submit(&ci, at(13), None, load("3", 2, 99)).await.expect("loaded");
    let retired = Change::SourceRetired { source: source.clone(), reason: line("closed") };
    service.submit(&ci, at(14), None, retired).await.expect("retired");
    assert_eq!(held(), None);
    for wrong in ["", "1", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcde/"] {
        assert!(IndexId::parse(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn windows_and_agreements_follow_from_the_history() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let text = || Texts { da: line("Vi flytter"), en: line("We are moving") };
    let window = |from, to| Window { from: at(from), to: at(to), text: text() };
    let set = |windows| Change::WindowsSet { source: source.clone(), windows };
    let refused =
        service.submit(&ci, at(10), None, set(vec![window(50, 60), window(70, 70)])).await.expect_err("empty");
    assert_eq!(refused.to_string(), "windows[1] does not end after it begins");
    service.submit(&ci, at(10), None, set(vec![window(50, 60), window(20, 30)])).await.expect("set");
    let told = |second| {
        let serving = service.current().serving(at(second));
        (serving.sources[0].windows.len(), serving.changes_at)
    };
    assert_eq!(told(10), (2, Some(at(20))));
    assert_eq!(told(20), (2, Some(at(30))), "a window that is open changes when it ends");
    assert_eq!((told(30), told(60)), ((1, Some(at(50))), (0, None)));

    let portal = slug("birkerup-portal");
    let only = Municipalities::These(["0901"].map(|code| code.to_owned().try_into().expect("a code")).into());
    let propose = |municipalities: &Municipalities| Change::AgreementProposed {
        source: source.clone(),
        display_client: portal.clone(),
        municipalities: municipalities.clone(),
    };
    let first = service.submit(&ci, at(11), None, propose(&only)).await.expect("proposed").number;
    let second =
        service.submit(&operator("bo"), at(12), None, propose(&Municipalities::All)).await.expect("anew").number;
    assert_eq!(service.current().pending_agreements().count(), 1);
    let approve =
        |proposal| Change::AgreementApproved { source: source.clone(), display_client: portal.clone(), proposal };
    let refused = service.submit(&operator("anna"), at(13), None, approve(first)).await.expect_err("replaced");
    assert!(refused.to_string().starts_with(&format!("proposal {first} is no longer the one that waits")), "{refused}");
    let refused = service.submit(&operator("bo"), at(13), None, approve(second)).await.expect_err("his own");
    assert!(matches!(refused, Refusal::SecondPerson { .. }));
    let agreed =
        |service: &RegistryService| service.current().serving(at(14)).sources[0].agreements.get(&portal).cloned();
    assert_eq!(agreed(&service), None);
    service.submit(&operator("anna"), at(13), None, approve(second)).await.expect("approved");
    assert_eq!(agreed(&service), Some(Municipalities::All));
    let ended =
        Change::AgreementEnded { source: source.clone(), display_client: portal.clone(), reason: line("udløbet") };
    service.submit(&ci, at(14), None, ended).await.expect("one person suffices");
    assert_eq!(agreed(&service), None);
    let retired = Change::SourceRetired { source: source.clone(), reason: line("nedlagt") };
    service.submit(&operator("bo"), at(15), None, retired).await.expect("retired");
    assert_eq!(service.current().serving(at(16)).sources, []);
    let refused = service.push(&ci, at(16), None, (&owner, &source), &library_files()).await.expect_err("for good");
    assert!(refused.to_string().starts_with("library is retired, and stays so"), "{refused}");
}

#[tokio::test]
async fn r46_what_is_another_authority_s_looks_like_what_does_not_exist() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    establish(&service, authority("other", "90000099", "other.example")).await;
    let (owner, source, other) = (libraries().slug, library(), machine_of("other", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let head = service.current().head();
    let bundle = library_files().digest();
    let (client, reason) = (slug("birkerup-portal"), line("mine now"));
    let changes = |source: &overblik_registry::Slug| {
        let source = source.clone();
        [
            Change::Submitted { source: source.clone(), version: 1, bundle, share: None, note: None },
            Change::Released { source: source.clone(), version: 1, share: Share::ALL },
            Change::RolledBack { source: source.clone(), from: 1, to: 1 },
            Change::Suspended { source: source.clone(), reason: reason.clone(), until: None },
            Change::Resumed { source: source.clone() },
            Change::WindowsSet { source: source.clone(), windows: Vec::new() },
            Change::IndexLoaded { source: source.clone(), index: index("1"), entries: 1, expires: at(99) },
            Change::IndexDropped { source: source.clone() },
            Change::VersionRetired { source: source.clone(), version: 1, reason: reason.clone() },
            Change::SourceRetired { source: source.clone(), reason: reason.clone() },
            Change::Approved { source: source.clone(), version: 1, bundle },
            Change::Refused { source: source.clone(), version: 1, bundle, reason: reason.clone() },
            Change::AgreementProposed {
                source: source.clone(),
                display_client: client.clone(),
                municipalities: Municipalities::All,
            },
            Change::AgreementApproved { source: source.clone(), display_client: client.clone(), proposal: 1 },
            Change::AgreementRejected {
                source: source.clone(),
                display_client: client.clone(),
                proposal: 1,
                reason: reason.clone(),
            },
            Change::AgreementEnded { source, display_client: client.clone(), reason: reason.clone() },
        ]
    };
    let nobodys = slug("nobodys");
    for (foreign, missing) in changes(&source).into_iter().zip(changes(&nobodys)) {
        // Also for who names a record that they saw: that something changed since tells that there is something.
        let foreign = service.submit(&other, at(10), Some(1), foreign).await.expect_err("foreign").to_string();
        let missing = service.submit(&other, at(10), Some(1), missing).await.expect_err("missing").to_string();
        assert_eq!(foreign.replace("library", "nobodys"), missing, "no difference tells that it is there");
        assert_eq!(foreign, "there is no source \"library\"");
    }
    for (owner, told) in [(&other_slug(), "there is no source \"library\""), (&owner, "there is no authority")] {
        let refused =
            service.push(&other, at(10), None, (owner, &source), &library_files()).await.expect_err("foreign");
        assert!(refused.to_string().starts_with(told), "{refused}");
    }
    let refused = service.test(&other, at(10), None, (&source, 1), None).await.expect_err("foreign");
    assert_eq!(refused.to_string(), "there is no source \"library\"");
    for slug in [libraries().slug, nobodys] {
        let proposed =
            Change::AuthorityProposed { authority: overblik_registry::Authority { slug: slug.clone(), ..libraries() } };
        for change in
            [proposed, Change::AuthorityRejected { authority: slug.clone(), proposal: 1, reason: reason.clone() }]
        {
            let refused = service.submit(&other, at(10), None, change).await.expect_err("foreign");
            assert_eq!(refused, Refusal::NotFound { what: "authority", name: slug.to_string() });
        }
    }
    assert!(service.current().source_for(&other, "library").is_none());
    assert_eq!(service.current().head(), head, "and nothing changed");
}

fn other_slug() -> overblik_registry::Slug {
    slug("other")
}

#[tokio::test]
async fn r47_whoever_saw_an_older_state_of_a_source_is_refused_and_others_changes_do_not_matter() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    bring_live(&service, &owner, &source, &library_files()).await;
    let seen = service.current().head().number;
    establish(&service, authority("other", "90000099", "other.example")).await;
    let windows = || Change::WindowsSet { source: source.clone(), windows: Vec::new() };
    let record = service.submit(&ci, at(10), Some(seen), windows()).await.expect("what changed is another's");
    let refused = service.submit(&operator("bo"), at(11), Some(seen), windows()).await;
    assert_eq!(refused, Err(Refusal::Stale { seen, changed: record.number }));
    let files = changed(&library_files(), "BIB-2026-003", "new");
    let refused = service.push(&ci, at(11), Some(seen), (&owner, &source), &files).await;
    assert!(matches!(refused, Err(Refusal::Stale { .. })), "{refused:?}");
    service.submit(&operator("bo"), at(11), Some(record.number), windows()).await.expect("seen");
}
