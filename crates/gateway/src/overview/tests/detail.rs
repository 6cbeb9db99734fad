//! One section, and more about one item of it: who is asked, for whom, and by what.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use overblik_connectors::{
    Connector, ConnectorError, Coverage, FetchRequest, Fetched, Gate, ItemKey, Pseudonym, SourceInfo,
};
use overblik_widgets::{AssuranceLevel, Language, SectionState};
use serde_json::Value;

use super::{
    kept::{MINUTE, keeping, loan, whole},
    stage::{DEADLINE, Stage, agreed, settle, viewer, viewer_with},
};
use crate::{
    overview::{Freshness, Shown},
    session::{Reach, Standing, Viewer},
};

/// A source with one loan, about which there is more.
struct WithDetail {
    source: Arc<SourceInfo>,
    gate: Gate,
    fetches: AtomicUsize,
    /// What more was asked by, and in which language.
    details: Mutex<Vec<(String, Language)>>,
    /// What comes of asking for more.
    takes: Duration,
    more: Box<dyn Fn() -> Result<Fetched, ConnectorError> + Send + Sync>,
}

#[async_trait]
impl Connector for WithDetail {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, _: FetchRequest) -> Result<Fetched, ConnectorError> {
        let number = self.fetches.fetch_add(1, Ordering::SeqCst);
        let keys = vec![ItemKey::parse("L-17"), None];
        let loans = vec![loan(&format!("answer {number}."), "2026-12-24"), loan("without more", "2026-12-25")];
        Ok(Fetched { keys, ..whole(loans) })
    }

    async fn detail(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let item = request.item.expect("an item").as_str().to_owned();
        self.details.lock().expect("the calls").push((item, request.language));
        tokio::time::sleep(self.takes).await;
        (self.more)()
    }
}

fn with_detail_of(
    source: SourceInfo,
    more: impl Fn() -> Result<Fetched, ConnectorError> + Send + Sync + 'static,
) -> Arc<WithDetail> {
    Arc::new(WithDetail {
        source: Arc::new(SourceInfo { offers_detail: true, ..source }),
        gate: Gate::default(),
        fetches: AtomicUsize::new(0),
        details: Mutex::default(),
        takes: Duration::ZERO,
        more: Box::new(more),
    })
}

fn with_detail() -> Arc<WithDetail> {
    with_detail_of(keeping("library"), || Ok(whole(vec![loan("more", "2026-12-24")])))
}

fn staged(library: &Arc<WithDetail>) -> Stage {
    let library: Arc<dyn Connector> = library.clone();
    Stage::of(vec![library, with_detail_of(keeping("other"), || Ok(whole(vec![])))])
}

impl WithDetail {
    fn asked(&self) -> Vec<(String, Language)> {
        self.details.lock().expect("the calls").clone()
    }
}

fn ids(shown: &Shown) -> Vec<Option<String>> {
    let section: Value = serde_json::from_str(&shown.written()).expect("JSON");
    let widgets = section["widgets"].as_array().expect("widgets").clone();
    widgets.iter().map(|widget| widget.get("item").map(|item| item.as_str().expect("an id").to_owned())).collect()
}

async fn section(stage: &Stage, viewer: &Viewer, freshness: Freshness) -> Shown {
    let begun = stage.begin_section(viewer, "library", freshness).expect("a source");
    let shown = begun.only().await.expect("a session");
    settle().await;
    shown
}

async fn id(stage: &Stage, viewer: &Viewer) -> String {
    ids(&section(stage, viewer, Freshness::Kept).await).remove(0).expect("an id")
}

#[tokio::test(start_paused = true)]
async fn one_section_is_fresh_or_kept_as_in_an_overview_and_no_other_source_is_asked() {
    let library = with_detail();
    let (stage, viewer) = (staged(&library), viewer());
    let first = section(&stage, &viewer, Freshness::Kept).await;
    assert!(first.written().contains("answer 0."));
    assert!(section(&stage, &viewer, Freshness::Kept).await.written().contains("answer 0."), "kept");
    assert!(section(&stage, &viewer, Freshness::Anew).await.written().contains("answer 1."), "asked anew");
    assert!(section(&stage, &viewer, Freshness::Kept).await.written().contains("answer 1."), "and kept in its place");
    tokio::time::advance(MINUTE).await;
    let later = section(&stage, &viewer, Freshness::Kept).await;
    assert!(later.written().contains("answer 2."), "no longer fresh");
    let overview = stage.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(library.fetches.load(Ordering::SeqCst), 3, "the overview finds what the section kept");
    assert_eq!(overview.sections.first().map(Shown::written), Some(later.written()));
}

#[tokio::test(start_paused = true)]
async fn r46_a_source_that_does_not_exist_and_one_without_agreement_are_the_same() {
    let hidden = SourceInfo { display_clients: agreed(&["another"], &Coverage::Everywhere), ..keeping("library") };
    let library = with_detail_of(hidden, || Ok(whole(vec![])));
    let (stage, viewer) = (staged(&library), viewer());
    for source in ["library", "nowhere", "", "other/"] {
        assert!(stage.begin_section(&viewer, source, Freshness::Anew).is_none(), "{source}");
        assert!(stage.begin_item(&viewer, source, "x", Language::Da).is_none(), "{source}");
    }
    assert_eq!(library.fetches.load(Ordering::SeqCst), 0);
    let declared = stage.declared_for(&viewer);
    assert_eq!(declared.iter().map(|one| one.source.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[tokio::test(start_paused = true)]
async fn an_item_is_asked_for_by_the_source_s_key_each_time_and_in_any_language() {
    let library = with_detail();
    let (stage, viewer) = (staged(&library), viewer());
    let shown = section(&stage, &viewer, Freshness::Kept).await;
    let ids = ids(&shown);
    assert!(ids[0].is_some() && ids[1].is_none(), "{ids:?}");
    assert!(!shown.written().contains("L-17"), "the source's own key is in no answer of ours");
    let page = shown.section();
    assert_eq!(page.widgets.iter().map(|widget| widget.item.clone()).collect::<Vec<_>>(), ids, "nor on a page");
    let id = ids[0].clone().expect("an id");
    for language in [Language::Da, Language::En] {
        let begun = stage.begin_item(&viewer, "library", &id, language).expect("an item");
        let shown = begun.only().await.expect("a session");
        assert_eq!(shown.state(), SectionState::Ready);
        assert!(shown.written().contains("\"more\"") && !shown.written().contains("\"item\""));
        settle().await;
    }
    let key = "L-17".to_owned();
    assert_eq!(library.asked(), [(key.clone(), Language::Da), (key, Language::En)]);
    assert_eq!(library.fetches.load(Ordering::SeqCst), 1, "the section is not asked for it");
    assert!(
        section(&stage, &viewer, Freshness::Kept).await.written().contains("answer 0."),
        "nor what it kept replaced"
    );
}

#[tokio::test(start_paused = true)]
async fn r50_nobody_else_s_id_asks_anything() {
    let library = with_detail();
    let (stage, own) = (staged(&library), viewer());
    let id = id(&stage, &own).await;
    let of_another = viewer_with(|authentication| {
        let citizen = Pseudonym::from_keyed_hash([2; 16]);
        (authentication.actor.pseudonym, authentication.subject.pseudonym) = (citizen.clone(), citizen);
    });
    assert!(stage.begin_item(&of_another, "library", &id, Language::Da).is_none(), "another citizen");
    assert!(stage.begin_item(&viewer(), "library", &id, Language::Da).is_none(), "another session of the same one");
    assert!(stage.begin_item(&own, "other", &id, Language::Da).is_none(), "another source");
    assert!(stage.begin_item(&own, "library", "L-17", Language::Da).is_none(), "the source's own key");
    assert_eq!(library.asked(), []);
    assert!(stage.begin_item(&own, "library", &id, Language::Da).is_some(), "the control");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_there_and_what_fails_is_said_of_the_item() {
    for (more, state) in [
        (Ok(whole(vec![])), SectionState::Empty),
        (Err(ConnectorError::TimedOut), SectionState::TimedOut),
        (Err(ConnectorError::Status(503)), SectionState::Failed),
        (Err(ConnectorError::ContractBroken), SectionState::Invalid),
    ] {
        let library = with_detail_of(keeping("library"), move || more.clone());
        let (stage, viewer) = (staged(&library), viewer());
        let id = id(&stage, &viewer).await;
        let shown = stage.begin_item(&viewer, "library", &id, Language::Da).expect("an item").only().await;
        let shown = shown.expect("a session");
        assert_eq!(shown.state(), state);
        let message = shown.message.expect("words").da;
        let says_gone = message.contains("har ikke mere at vise om dette");
        let says_unknown = message.contains("svarer ikke lige nu, så vi kan ikke vise mere om dette");
        assert_eq!(
            (says_gone, says_unknown),
            (state == SectionState::Empty, state != SectionState::Empty),
            "{message}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn r52_more_about_another_person_takes_the_source_away() {
    let library = with_detail_of(keeping("library"), || Err(ConnectorError::WrongPerson));
    let (stage, viewer) = (staged(&library), viewer());
    let id = id(&stage, &viewer).await;
    let shown = stage.begin_item(&viewer, "library", &id, Language::Da).expect("an item").only().await;
    assert_eq!(shown.expect("a session").state(), SectionState::Failed);
    settle().await;
    let shown = section(&stage, &viewer, Freshness::Kept).await;
    assert_eq!(
        (shown.state(), shown.section().widgets.len()),
        (SectionState::Suspended, 0),
        "what it said before, too"
    );
    let again = stage.begin_item(&viewer, "library", &id, Language::Da).expect("an item").only().await;
    assert_eq!(again.expect("a session").state(), SectionState::Suspended);
    assert_eq!(library.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_views_of_one_item_share_a_call_and_two_items_do_not() {
    let library = with_detail();
    let (stage, viewer) = (staged(&library), viewer());
    let shown = section(&stage, &viewer, Freshness::Kept).await;
    let id = ids(&shown)[0].clone().expect("an id");
    let again = id_of_the_same(&stage, &viewer).await;
    assert_ne!(id, again);
    let first = stage.begin_item(&viewer, "library", &id, Language::Da).expect("an item");
    let second = stage.begin_item(&viewer, "library", &again, Language::Da).expect("an item");
    assert!(first.started_calls() && !second.started_calls(), "two ids of one item are one item");
    let of_section = stage.begin_section(&viewer, "library", Freshness::Anew).expect("a source");
    assert!(of_section.started_calls(), "and the section is another question");
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_for_its_page_is_there_for_the_next_view_and_for_that_one_alone() {
    let Ok(library) = Arc::try_unwrap(with_detail()) else { panic!("one owner") };
    let library = Arc::new(WithDetail { takes: DEADLINE + Duration::from_millis(500), ..library });
    let (stage, viewer) = (staged(&library), viewer());
    let id = id(&stage, &viewer).await;
    let open = || stage.begin_item(&viewer, "library", &id, Language::Da).expect("an item");
    assert_eq!(open().only().await.expect("a session").state(), SectionState::Pending);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = open();
    assert!(!late.started_calls());
    assert_eq!(late.only().await.expect("a session").state(), SectionState::Ready);
    assert_eq!(library.asked().len(), 1, "it is not asked for again");
    settle().await;
    assert!(open().started_calls(), "nor kept");
}

async fn id_of_the_same(stage: &Stage, viewer: &Viewer) -> String {
    ids(&section(stage, viewer, Freshness::Anew).await)[0].clone().expect("an id")
}

#[tokio::test(start_paused = true)]
async fn r69_a_portal_reaches_no_section_beyond_its_own_and_no_item_at_all() {
    let library = with_detail();
    let (stage, own) = (staged(&library), viewer());
    let id = id(&stage, &own).await;
    let within = |sources: &[&str]| Viewer { reach: Reach::Every.within(sources.iter().copied()), ..own.clone() };
    let elsewhere = within(&["other"]);
    assert!(stage.begin_section(&elsewhere, "library", Freshness::Kept).is_none(), "not even what is kept");
    assert!(stage.begin_item(&elsewhere, "library", &id, Language::Da).is_none(), "nor by an id that is right");
    assert_eq!(stage.declared_for(&elsewhere).iter().map(|one| one.source.as_str()).collect::<Vec<_>>(), ["other"]);
    assert!(stage.begin_section(&elsewhere, "other", Freshness::Kept).is_some(), "the control");
    let standing = Standing::Portal { ends: jiff::Timestamp::MAX };
    let portal = Viewer { standing, session: viewer().session, ..within(&["library"]) };
    assert_eq!(ids(&section(&stage, &portal, Freshness::Anew).await), [None, None], "it is shown no way to items");
    let in_this_session = Viewer { session: own.session, ..portal };
    assert!(stage.begin_item(&in_this_session, "library", &id, Language::Da).is_none(), "and has none");
    assert_eq!(library.asked(), []);
    assert!(stage.begin_item(&within(&["library"]), "library", &id, Language::Da).is_some(), "the control");
}

#[tokio::test(start_paused = true)]
async fn the_declaration_says_who_is_asked_and_why_others_are_not_and_asks_nobody() {
    let high = SourceInfo { level: AssuranceLevel::High, ..keeping("high") };
    let (library, high) = (with_detail(), with_detail_of(high, || Ok(whole(vec![]))));
    let all: [Arc<dyn Connector>; 2] = [library.clone(), high.clone()];
    let stage = Stage::of(all.to_vec());
    let declared = stage.declared_for(&viewer());
    let said: Vec<_> =
        declared.iter().map(|one| (one.source.as_str(), one.not_asked.as_ref().map(|why| why.state))).collect();
    assert_eq!(said, [("high", Some(SectionState::StepUpRequired)), ("library", None)]);
    assert!([library, high].iter().all(|source| source.fetches.load(Ordering::SeqCst) == 0));
}
