//! Other sources, and other versions of them, while overviews are on the way.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use overblik_connectors::{
    Connector, ConnectorError, ConnectorSet, Coverage, Municipality, Pseudonym, Revision, Share, SourceInfo,
    SourceVersions, Suspension, Versions,
};
use overblik_widgets::{Language, LocalizedText, SectionState, Theme};

use super::{
    kept::{keeping, loan, whole},
    stage::{DEADLINE, Stage, agreed, hand_written_for, settle, source, states, viewer, viewer_with},
};
use crate::{
    overview::{Begun, Collected, Freshness, declared::Declared, outcome},
    session::Viewer,
    statistics::Recorder,
};

/// A version of a source, which says in every section which one it is.
fn version(source: SourceInfo, text: &str, after_ms: u64) -> Arc<dyn Connector> {
    counted(source, text, after_ms, &Arc::default())
}

fn counted(source: SourceInfo, text: &str, after_ms: u64, calls: &Arc<AtomicUsize>) -> Arc<dyn Connector> {
    let calls = Arc::clone(calls);
    let source = SourceInfo {
        revision: Revision::of_text(text),
        title: LocalizedText::new(text, text),
        version: text.into(),
        ..source
    };
    let title = text.to_owned();
    hand_written_for(source, move |_| {
        calls.fetch_add(1, Ordering::SeqCst);
        let title = title.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            Ok(whole(vec![loan(&title, "2026-12-01")]))
        }
        .boxed()
    })
}

fn set(sources: Vec<SourceVersions>) -> Arc<ConnectorSet> {
    Arc::new(ConnectorSet::from_versions(sources).expect("different slugs"))
}

fn one(connector: &Arc<dyn Connector>) -> SourceVersions {
    Versions::one(Arc::clone(connector))
}

fn side_by_side(main: &Arc<dyn Connector>, next: &Arc<dyn Connector>, percent: u8) -> SourceVersions {
    let share = Share::try_from(percent).expect("a share");
    Versions { main: Arc::clone(main), next: Some((Arc::clone(next), share)) }
}

fn begin(stage: &Stage, viewer: &Viewer) -> Begun {
    stage.begin(viewer, Language::Da, DEADLINE)
}

async fn shown(stage: &Stage, viewer: &Viewer) -> Collected {
    let overview = begin(stage, viewer).collect().await.expect("a session");
    // What was fetched is kept by the time the next view begins.
    settle().await;
    overview
}

/// Which version each section is of, by its declaration and by what it holds.
fn versions(overview: &Collected) -> Vec<String> {
    let version = |shown: &crate::overview::Shown| {
        let (declared, text) = (shown.source().title.en.clone(), shown.written());
        assert!(text.contains(&format!("\"title\":\"{declared}\"")), "{declared} around {text}");
        declared
    };
    overview.sections.iter().map(version).collect()
}

fn citizen(number: u8) -> Viewer {
    viewer_with(|authentication| {
        let bytes =
            std::array::from_fn(|place| number.wrapping_mul(31).wrapping_add(u8::try_from(place).expect("few")));
        authentication.actor.pseudonym = Pseudonym::from_keyed_hash(bytes);
        authentication.subject.pseudonym = authentication.actor.pseudonym.clone();
    })
}

#[tokio::test(start_paused = true)]
async fn overviews_under_way_go_on_with_the_sources_they_began_with_and_none_is_mixed() {
    let of = |number: usize| {
        let text = |slug: &str| format!("{slug} {number}");
        // Those that are asked by one version may end in the middle of the next one's time.
        let (a, b) = (version(source("a"), &text("a"), 700), version(source("b"), &text("b"), 300));
        set(vec![one(&a), one(&b)])
    };
    let stage = Stage::of_set(of(0));
    let mut under_way = Vec::new();
    for number in 1..20 {
        let viewer = citizen(u8::try_from(number).expect("few"));
        under_way.push((number - 1, tokio::time::timeout(DEADLINE * 2, begin(&stage, &viewer).collect())));
        stage.exchange(of(number));
    }
    let all = futures::future::join_all(
        under_way
            .into_iter()
            .map(|(number, overview)| async move { (number, overview.await.expect("in time").expect("a session")) }),
    );
    for (number, overview) in all.await {
        assert_eq!(versions(&overview), [format!("a {number}"), format!("b {number}")]);
        assert!(overview.summary.complete, "none was dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_s_call_under_way_is_joined_by_its_own_views_alone() {
    let calls = Arc::new(AtomicUsize::new(0));
    let old = counted(source("a"), "old", 500, &calls);
    let new = counted(source("a"), "new", 100, &calls);
    let stage = Stage::of_set(set(vec![one(&old)]));
    let viewer = viewer();
    let before = begin(&stage, &viewer);
    settle().await;
    stage.exchange(set(vec![one(&new)]));
    assert_eq!(versions(&shown(&stage, &viewer).await), ["new"]);
    assert_eq!(versions(&before.collect().await.expect("a session")), ["old"], "it was waited for");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    // Left by a page that had to answer, an old version's answer is nobody's any more.
    let late = counted(source("a"), "late", 2500, &calls);
    stage.exchange(set(vec![one(&late)]));
    assert_eq!(states(&shown(&stage, &viewer).await), [("a", SectionState::Pending)]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.exchange(set(vec![one(&new)]));
    assert_eq!(versions(&shown(&stage, &viewer).await), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn r51_what_is_kept_of_one_version_is_not_shown_for_another() {
    let (old, new) = (version(keeping("a"), "old", 10), version(keeping("a"), "new", 10));
    let stage = Stage::of_set(set(vec![one(&old)]));
    let viewer = viewer();
    assert_eq!(versions(&shown(&stage, &viewer).await), ["old"]);
    assert!(!begin(&stage, &viewer).started_calls(), "the control: it is kept");
    stage.exchange(set(vec![one(&new)]));
    assert!(begin(&stage, &viewer).started_calls());
    assert_eq!(versions(&shown(&stage, &viewer).await), ["new"]);
    stage.exchange(set(vec![one(&old)]));
    assert!(!begin(&stage, &viewer).started_calls(), "and is there again for the version that it is of");
    assert_eq!(stage.fetches().cache().refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_citizen_sees_one_version_everywhere_and_a_larger_share_moves_them_one_way() {
    let [main, next] = ["main", "next"].map(|text| version(source("a"), text, 0));
    let other = version(source("b"), "other", 0);
    let stage = Stage::of_set(set(vec![one(&main), one(&other)]));
    let mut seen_next = BTreeSet::new();
    for percent in [10, 40, 40, 80, 100] {
        stage.exchange(set(vec![side_by_side(&main, &next, percent), one(&other)]));
        for number in 0..100 {
            let viewer = citizen(number);
            let seen = versions(&shown(&stage, &viewer).await);
            let [version, other] = seen.as_slice() else { panic!("each source once: {seen:?}") };
            assert_eq!(other, "other");
            let section = stage.begin_section(&viewer, "a", Freshness::Kept).expect("a section");
            assert_eq!(versions(&section.collect().await.expect("a session")), std::slice::from_ref(version));
            let declared: Vec<_> = stage.declared_for(&viewer).into_iter().map(|source| source.title.en).collect();
            assert_eq!(declared, seen);
            if version == "next" {
                seen_next.insert(number);
            } else {
                assert!(!seen_next.contains(&number), "{number} was moved back at {percent}");
            }
        }
        let expected = usize::from(percent);
        assert!(seen_next.len().abs_diff(expected) <= 18, "{percent}: {}", seen_next.len());
    }
    assert_eq!(seen_next.len(), 100);
    let stranger = stage.sources();
    let declared: Vec<_> = stranger.declared_to("overblik").map(|declared| declared.source.title.en.clone()).collect();
    assert_eq!(declared, ["main", "other"], "whom nobody knows is told what most see");
}

#[tokio::test(start_paused = true)]
async fn a_version_with_another_theme_stands_where_it_belongs() {
    let main = version(SourceInfo { theme: Theme::ChildrenFamily, ..source("b") }, "main", 0);

    let next = version(SourceInfo { theme: Theme::Mail, ..source("b") }, "next", 0);
    let other = version(SourceInfo { theme: Theme::Economy, ..source("a") }, "other", 0);
    let stage = Stage::of_set(set(vec![one(&other), side_by_side(&main, &next, 50)]));
    let mut orders = BTreeSet::new();
    for number in 0..20 {
        orders.insert(versions(&shown(&stage, &citizen(number)).await));
    }
    let expected = [["main", "other"], ["other", "next"]].map(|order| order.map(str::to_owned).to_vec());
    assert_eq!(orders, BTreeSet::from(expected));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_change_is_the_very_same() {
    let (kept, former, new) =
        (version(source("a"), "a", 0), version(source("b"), "b 1", 0), version(source("b"), "b 2", 0));
    let stage = Stage::of_set(set(vec![one(&kept), one(&former)]));
    let before = stage.sources();
    stage.exchange(set(vec![one(&kept), side_by_side(&former, &new, 10)]));
    let after = stage.sources();
    let of = |list: &crate::overview::SourceList| -> Vec<Arc<Declared>> {
        list.versions().iter().flat_map(Versions::all).cloned().collect()
    };
    let (before, after) = (of(&before), of(&after));
    assert!(Arc::ptr_eq(&before[0], &after[0]) && Arc::ptr_eq(&before[1], &after[1]));
    assert_eq!((before.len(), after.len()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn an_agreement_says_who_shows_a_source_and_of_whom() {
    let of = |clients| version(SourceInfo { display_clients: clients, ..source("a") }, "a", 0);
    let near = Coverage::Municipalities(BTreeSet::from([Municipality::parse("0901").expect("a code")]));
    let stage = Stage::of_set(set(vec![one(&of(agreed(&["overblik"], &Coverage::Everywhere)))]));
    let elsewhere = viewer_with(|authentication| authentication.municipality = Municipality::parse("0902"));
    assert_eq!(states(&shown(&stage, &elsewhere).await), [("a", SectionState::Ready)]);
    stage.exchange(set(vec![one(&of(agreed(&["overblik"], &near)))]));
    assert_eq!(states(&shown(&stage, &elsewhere).await), [("a", SectionState::NotCovered)]);
    assert_eq!(states(&shown(&stage, &viewer()).await), [("a", SectionState::Ready)]);
    stage.exchange(set(vec![one(&of(agreed(&["another"], &Coverage::Everywhere)))]));
    assert!(shown(&stage, &viewer()).await.sections.is_empty(), "nobody else learns that it exists");
    assert!(stage.begin_section(&viewer(), "a", Freshness::Kept).is_none());
    assert!(stage.declared_for(&viewer()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_source_was_stopped_is_not_used_by_either_version() {
    let (old, new) = (version(keeping("a"), "old", 500), version(keeping("a"), "new", 500));
    let stage = Stage::of_set(set(vec![one(&old)]));
    let first = begin(&stage, &viewer());
    settle().await;
    // Every version has a gate of its own here; those of one source's contracts share their switches.
    assert!(old.gate().switch_off() && new.gate().switch_off());
    stage.exchange(set(vec![one(&new)]));
    let second = begin(&stage, &viewer());
    for begun in [first, second] {
        let overview = begun.collect().await.expect("a session");
        assert_eq!(states(&overview), [("a", SectionState::Suspended)]);
        assert!(overview.sections[0].answer.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_announced_is_said_after_why_and_until_when() {
    let connector = version(source("a"), "a", 0);
    let counters = Recorder::default().counters(connector.source());
    let declared = Arc::new(Declared::new(connector, counters));
    let now = overblik_widgets::Moment::new("2026-11-22T10:00:00Z".parse().expect("a time"));
    let suspension = Suspension {
        reason: ConnectorError::Maintenance,
        until: Some("2026-11-22T11:00:00Z".parse().expect("a time")),
        announced: Some(LocalizedText::new("Vi flytter.", "We are moving.")),
    };
    let shown = outcome::of_suspension(&declared, suspension, None, now);
    let message = shown.message.expect("why");
    assert!(message.en.contains("until 12:00") && message.en.ends_with("We are moving."), "{message:?}");
    assert!(message.da.contains("indtil kl. 12:00") && message.da.ends_with("Vi flytter."), "{message:?}");
}
