//! What the service keeps to, whatever is asked of it: its clock, its rules, its instances, its bounds.

use std::sync::Arc;

use overblik_registry::{
    Change, FileStore, Head, Record, Refusal, RegistryService, StoreError,
    testing::{at, establish, libraries, library, library_files, line, machine_of, operator},
};

use crate::life::service;

#[tokio::test]
async fn times_never_go_back_and_what_was_pushed_or_tested_is_nobodys_word() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (source, ci) = (library(), machine_of("birkerup-libraries", "ci"));
    let pushed = service.push(&ci, at(50), None, (&libraries().slug, &source), &library_files()).await.expect("pushed");
    let late = Change::WindowsSet { source: source.clone(), windows: Vec::new() };
    let record = service.submit(&ci, at(20), None, late).await.expect("by a clock that is slow");
    assert_eq!(record.at, pushed.record.at);
    let bundle = library_files().digest();
    let claimed = Change::Tested { source, version: 1, bundle, report: bundle, passed: true };
    for change in [claimed, pushed.record.change] {
        assert!(matches!(service.submit(&ci, at(60), None, change).await, Err(Refusal::Invalid(_))));
    }
}

#[tokio::test]
async fn a_history_that_the_rules_do_not_allow_is_not_run() {
    let (folder, service) = service().await;
    let forged = Record::next(
        Head::of_nothing(),
        at(0),
        operator("eve"),
        Change::AuthorityApproved { authority: libraries().slug, proposal: 1 },
    );
    // A store knows no rules: whoever can write to it can write this.
    service.store().append(&forged).await.expect("kept");
    assert!(matches!(service.refresh().await, Err(StoreError::Damaged(_))));
    assert_eq!(service.current().head(), Head::of_nothing(), "what is known stays");
    let reader: Arc<FileStore> = Arc::new(FileStore::read_only(folder.path()).expect("a reader"));
    assert!(RegistryService::open(reader, folder.path().join("work")).await.is_err());
}

#[tokio::test]
async fn another_instance_knows_of_a_change_within_a_second_or_so() {
    let (folder, service) = service().await;
    let reader = FileStore::read_only(folder.path()).expect("a reader");
    let other = RegistryService::open(Arc::new(reader), folder.path().join("work")).await.expect("a service");
    let mut followed = other.follow();
    establish(&service, libraries()).await;
    let known = async {
        while followed.borrow_and_update().head() != service.current().head() {
            other.keep_up().await.expect("kept up");
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(3), known).await.expect("in time");
    assert_eq!(other.current(), service.current());
    let refused =
        other.submit(&operator("bo"), at(9), None, Change::AuthorityProposed { authority: libraries() }).await;
    assert!(matches!(refused, Err(Refusal::Store(StoreError::ReadOnly(_)))), "{refused:?}");
}

#[tokio::test]
async fn what_a_service_does_can_be_done_on_any_thread() {
    // That this compiles is what whoever serves HTTP needs; none of it is waited for.
    fn on_any_thread(_: impl Future + Send) {}
    let (_folder, service) = service().await;
    let (actor, authority, source, files) = (operator("bo"), libraries().slug, library(), library_files());
    on_any_thread(service.push(&actor, at(0), None, (&authority, &source), &files));
    on_any_thread(service.test(&actor, at(0), None, (&source, 1), None));
    on_any_thread(service.submit(&actor, at(0), None, Change::Resumed { source: library() }));
    on_any_thread(service.keep_up());
}

#[tokio::test]
async fn r73_no_authority_fills_the_store() {
    let (_folder, service) = service().await;
    establish(&service, libraries()).await;
    let (owner, source, ci) = (libraries().slug, library(), machine_of("birkerup-libraries", "ci"));
    let files = library_files();
    let bundle = service.store().put_blob(files.to_blob()).await.expect("put");
    for _ in 0..200 {
        let head = service.store().head().await.expect("a head");
        let (source, authority) = (source.clone(), owner.clone());
        let pushed = Change::Pushed { source, authority, version: 1, bundle, mistakes: 1 };
        service.store().append(&Record::next(head, at(10), ci.clone(), pushed)).await.expect("kept");
    }
    let more = service.push(&ci, at(20), None, (&owner, &source), &files).await;
    assert!(matches!(more, Err(Refusal::Conflict(_))), "{more:?}");
    let reason = line("Fejl");
    let suspended = Change::Suspended { source: source.clone(), reason, until: None };
    service.submit(&ci, at(21), None, suspended).await.expect("what stops it is counted apart");
    service
        .push(&operator("bo"), at(22), None, (&owner, &source), &files)
        .await
        .expect("an operator's are not counted");
    service.push(&ci, at(11 + 24 * 3600), None, (&owner, &source), &files).await.expect("the next day");
}
