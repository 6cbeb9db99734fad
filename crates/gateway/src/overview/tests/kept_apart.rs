//! Nobody is shown what was kept for anybody else: requirements R51, R53 and R58.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use overblik_connectors::{Connector, ConnectorError, Coverage, Municipality, Pseudonym, Revision, SourceInfo};
use overblik_widgets::{AssuranceLevel, Language, SectionState};
use tokio::time::advance;

use super::{
    kept::{MINUTE, keeping, loan, whole},
    stage::{DEADLINE, Stage, agreed, hand_written_for, seal, settle, viewer, viewer_with},
};
use crate::{
    overview::{
        answer::Answer,
        section_key::{self, ViewKey},
    },
    session::{KeptSections, SectionName, Viewer, Viewing},
};

/// A source whose every answer names its own number.
fn numbering(slug: &str) -> (Arc<dyn Connector>, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let number = Arc::clone(&calls);
    let connector = hand_written_for(keeping(slug), move |call| {
        number.fetch_add(1, Ordering::SeqCst);
        async move { Ok(whole(vec![loan(&format!("answer {call}."), "2026-12-24")])) }.boxed()
    });
    (connector, calls)
}

/// What a view shows of the only source.
async fn text(stage: &Stage, viewing: &Viewing) -> String {
    let overview = stage.begin_with(viewing).collect().await.expect("a session");
    settle().await;
    overview.sections[0].written()
}

/// The same session and the same seal, for what this changes.
fn in_session_of(own: &Viewer, change: impl FnOnce(&mut overblik_connectors::Authentication)) -> Viewer {
    Viewer { scope: viewer_with(change).scope, ..own.clone() }
}

fn another() -> Pseudonym {
    Pseudonym::from_keyed_hash([2; 16])
}

#[tokio::test(start_paused = true)]
async fn r51_r53_r58_each_scope_is_shown_its_own_even_within_one_session() {
    let (connector, calls) = numbering("library");
    let stage = Stage::of(vec![connector]);
    let own = viewer();
    let scopes = [
        own.clone(),
        in_session_of(&own, |authentication| authentication.subject.pseudonym = another()),
        in_session_of(&own, |authentication| authentication.actor.pseudonym = another()),
        in_session_of(&own, |authentication| authentication.level = AssuranceLevel::High),
        in_session_of(&own, |authentication| authentication.municipality = None),
        in_session_of(&own, |authentication| authentication.municipality = Municipality::parse("0902")),
    ];
    // All at the same instant, then each again.
    let mut shown = Vec::new();
    for _ in 0..2 {
        let views = scopes.iter().map(|viewer| stage.viewing(viewer)).collect::<Vec<_>>();
        shown.push(futures::future::join_all(views.iter().map(|viewing| text(&stage, viewing))).await);
    }
    assert_eq!(shown[0], shown[1], "each finds its own");
    assert_eq!(calls.load(Ordering::SeqCst), scopes.len());
    for (index, one) in shown[0].iter().enumerate() {
        assert!(shown[0][index + 1..].iter().all(|other| other != one), "{index}");
    }
    let in_english = stage.begin(&own, Language::En, DEADLINE);
    assert!(in_english.started_calls(), "a source may answer in the language");
    assert_eq!(stage.fetches().cache().refused(), 0, "none even finds another's");
}

#[tokio::test(start_paused = true)]
async fn r51_another_display_client_and_another_version_of_the_contract_are_asked_for() {
    let (calls, versions) = (Arc::new(AtomicUsize::new(0)), ["a contract", "the same, with a comma"]);
    let [first, second] = versions.map(|text| {
        let calls = Arc::clone(&calls);
        let (revision, clients) = (Revision::of_text(text), agreed(&["overblik", "other"], &Coverage::Everywhere));
        let source = SourceInfo { revision, display_clients: clients, ..keeping("library") };
        Stage::of(vec![hand_written_for(source, move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
            async { Ok(whole(vec![])) }.boxed()
        })])
    });
    let own = viewer();
    text(&first, &first.viewing(&own)).await;
    let kept = first.viewing(&own).kept;
    let elsewhere = in_session_of(&own, |authentication| authentication.display_client = "other".into());
    text(&first, &Viewing { viewer: elsewhere, kept: Arc::clone(&kept) }).await;
    text(&second, &Viewing { viewer: own.clone(), kept: Arc::clone(&kept) }).await;
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    text(&first, &Viewing { viewer: own, kept }).await;
    assert_eq!(calls.load(Ordering::SeqCst), 3, "the control");
}

/// What is kept, under the names of something else.
fn renamed(kept: &KeptSections, names: &KeptSections) -> KeptSections {
    let sealed = kept.values().next().expect("something kept");
    Arc::new(names.keys().map(|name| (*name, sealed.clone())).collect())
}

#[tokio::test(start_paused = true)]
async fn r51_what_is_moved_to_another_name_or_session_opens_nothing_and_is_counted() {
    let (library, _) = numbering("library");
    let (daycare, _) = numbering("daycare");
    let (of_library, of_daycare) = (Stage::of(vec![library]), Stage::of(vec![daycare]));
    let (one, other) = (viewer(), viewer());
    let theirs = text(&of_library, &of_library.viewing(&one)).await;
    let mine = text(&of_library, &of_library.viewing(&other)).await;
    text(&of_daycare, &of_daycare.viewing(&one)).await;
    assert_ne!(theirs, mine);
    let kept = |viewer| of_library.viewing(viewer).kept;
    // A whole session's sections, put into another; then each under the name that is looked for.
    let foreign = Viewing { viewer: other.clone(), kept: kept(&one) };
    assert!(!text(&of_library, &foreign).await.contains("answer 0."), "not found");
    assert_eq!(of_library.fetches().cache().refused(), 0);
    let foreign = Viewing { viewer: other.clone(), kept: renamed(&kept(&one), &kept(&other)) };
    assert!(!text(&of_library, &foreign).await.contains("answer 0."), "not opened");
    assert_eq!(of_library.fetches().cache().refused(), 1);
    // Another source's of the same citizen and session.
    let swapped = Viewing { viewer: one.clone(), kept: renamed(&of_daycare.viewing(&one).kept, &kept(&one)) };
    assert!(text(&of_library, &swapped).await.contains("\"source\":\"library\""));
    assert_eq!(of_library.fetches().cache().refused(), 2);
    // With the right name and another half of the ticket.
    let reader = Viewer { seal: Arc::new(seal()), ..one.clone() };
    let names: KeptSections = Arc::new(HashMap::from([(SectionName([0; 32]), bytes::Bytes::new())]));
    let noise = Viewing { viewer: reader, kept: names };
    assert!(!text(&of_library, &noise).await.contains("answer 0."));
    // The control.
    let begun = of_library.begin_with(&Viewing { viewer: one.clone(), kept: kept(&one) });
    assert!(!begun.started_calls());
}

#[tokio::test(start_paused = true)]
async fn r51_what_opens_and_is_another_s_all_the_same_is_refused() {
    let (connector, _) = numbering("library");
    let stage = Stage::of(vec![connector]);
    let own = viewer();
    text(&stage, &stage.viewing(&own)).await;
    // As if a defect had sealed somebody else's answer under this citizen's name.
    let source = Arc::new(keeping("library"));
    let view = ViewKey::of(&own, Language::Da);
    let keys = view.keys(&own);
    let name = section_key::name(&keys, &source);
    let now = overblik_widgets::Moment::new("2026-11-22T09:00:00Z".parse().expect("a time"));
    let answer = Answer::of(&own, &source, whole(vec![loan("not mine", "2026-12-24")]), now);
    let scopes: [fn(&mut overblik_connectors::Authentication); 2] = [
        |authentication| authentication.subject.pseudonym = Pseudonym::from_keyed_hash([2; 16]),
        |authentication| authentication.actor.pseudonym = Pseudonym::from_keyed_hash([2; 16]),
    ];
    for (index, change) in (1..).zip(scopes) {
        let sealed = keys.seal(&name, answer.to_contents(&in_session_of(&own, change), &source));
        let viewing = Viewing { viewer: own.clone(), kept: Arc::new(HashMap::from([(name, sealed)])) };
        assert!(!text(&stage, &viewing).await.contains("not mine"));
        assert_eq!(stage.fetches().cache().refused(), index);
    }
    let sealed = keys.seal(&name, answer.to_contents(&own, &source));
    let viewing = Viewing { viewer: own.clone(), kept: Arc::new(HashMap::from([(name, sealed)])) };
    assert!(text(&stage, &viewing).await.contains("not mine"), "the control");
}

#[tokio::test(start_paused = true)]
async fn r19_what_is_kept_is_noise() {
    let (connector, _) = numbering("library");
    let stage = Stage::of(vec![connector]);
    let own = viewer();
    text(&stage, &stage.viewing(&own)).await;
    let kept = stage.viewing(&own).kept;
    assert_eq!(kept.len(), 1);
    for (name, sealed) in kept.iter() {
        let dump = [&name.0, &sealed[..]].concat();
        for marker in
            ["answer", "library", "loan", "kind", "2026", "6101010001", &own.scope.actor().pseudonym.to_string()]
        {
            assert!(!dump.windows(marker.len()).any(|window| window == marker.as_bytes()), "{marker}");
        }
    }
    assert_eq!(
        format!("{own:?} {:?} {:?}", own.seal, kept.keys().next()),
        "Viewer(..) SectionSeal(..) Some(SectionName(..))"
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_mix_up_nothing_that_the_source_said_before_is_shown_to_anybody() {
    let mixes_up: Arc<Mutex<bool>> = Arc::default();
    let order = Arc::clone(&mixes_up);
    let connector = hand_written_for(keeping("library"), move |call| {
        let mixes_up = *order.lock().expect("a lock");
        async move {
            match (mixes_up, call) {
                (true, _) => Err(ConnectorError::WrongPerson),
                (false, 0..2) => Ok(whole(vec![loan("before", "2026-12-24")])),
                _ => Err(ConnectorError::Unreachable),
            }
        }
        .boxed()
    });
    let (innocent, _) = numbering("payments");
    let stage = Stage::of(vec![Arc::clone(&connector), innocent]);
    let (one, other) = (viewer(), viewer());
    let mut under_way = Vec::new();
    for viewer in [&one, &other] {
        stage.begin(viewer, Language::Da, DEADLINE).collect().await.expect("a session");
        settle().await;
        under_way.push(stage.viewing(viewer));
    }
    let shows_before = async |viewing: &Viewing| {
        let overview = stage.begin_with(viewing).collect().await.expect("a session");
        overview.written().contains("before")
    };
    assert!(shows_before(&under_way[1]).await, "the control");
    *mixes_up.lock().expect("a lock") = true;
    advance(2 * MINUTE).await;
    stage.begin_anew(&one).collect().await.expect("a session");
    *mixes_up.lock().expect("a lock") = false;
    settle().await;
    for viewer in [&one, &other] {
        assert_eq!(stage.viewing(viewer).kept.len(), 1, "dropped in this process, and the other source's is left");
    }
    // Not even when an operator lets it in again.
    assert!(connector.gate().reset());
    for viewing in &under_way {
        // What another process still has, or a view had read already, is not shown either: neither fresh nor in the place
        // of a failure.
        assert!(!shows_before(viewing).await);
        let overview = stage.begin_with(viewing).collect().await.expect("a session");
        let library = overview.sections.iter().find(|shown| shown.source().slug == "library").expect("a section");
        assert_eq!(library.state(), SectionState::Failed);
    }
}
