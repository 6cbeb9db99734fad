//! When a kept answer is shown, and when its source is asked.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use overblik_connectors::{Connector, ConnectorError, Fetched, Kept, SourceInfo};
use overblik_widgets::{
    AssuranceLevel, AttentionKind, Language, Link, Loan, Mailbox, Moment, Overview, Problem, ProblemType, SectionState,
    Widget,
};
use tokio::time::{advance, sleep};

use super::stage::{DEADLINE, Stage, hand_written_for, settle, source, states, viewer, viewer_with};
use crate::overview::{Begun, Collected, SessionOver, Shown};

pub(super) const MINUTE: Duration = Duration::from_mins(1);

/// A source whose answers are kept as contracts have it that say nothing.
pub(super) fn keeping(slug: &str) -> SourceInfo {
    SourceInfo { kept: Kept { fresh: MINUTE, stale: 10 * MINUTE }, ..source(slug) }
}

pub(super) fn loan(title: &str, due_on: &str) -> Widget {
    Widget::Loan(Loan {
        title: Some(title.to_owned()),
        author: None,
        material: None,
        loaned_on: None,
        due_on: due_on.parse().expect("a date"),
        renewable: None,
        renewal: None,
    })
}

pub(super) fn whole(widgets: Vec<Widget>) -> Fetched {
    Fetched { widgets, keys: vec![], left_out: 0, problems: vec![], as_of: None }
}

/// What a source does, call after call; the last goes on.
type Script = Vec<Result<Fetched, ConnectorError>>;

fn scripted(source: SourceInfo, script: Script) -> Stage {
    Stage::of(vec![scripted_source(source, script)])
}

fn scripted_source(source: SourceInfo, script: Script) -> Arc<dyn Connector> {
    hand_written_for(source, move |call| {
        let result = script[call.min(script.len() - 1)].clone();
        async { result }.boxed()
    })
}

/// The only section.
async fn one(begun: Begun) -> Shown {
    let mut sections = begun.collect().await.expect("a session").sections;
    // What was fetched is kept by the time the next view begins.
    settle().await;
    assert_eq!(sections.len(), 1);
    sections.remove(0)
}

fn first() -> Fetched {
    whole(vec![loan("first", "2026-12-24")])
}

fn second() -> Fetched {
    whole(vec![loan("second", "2026-12-24")])
}

#[tokio::test(start_paused = true)]
async fn a_fresh_answer_is_shown_at_once_and_nothing_is_asked() {
    let stage = scripted(keeping("library"), vec![Ok(first()), Ok(second())]);
    let viewer = viewer();
    let shown = one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    advance(Duration::from_millis(59_999)).await;
    let again = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!again.started_calls());
    let again = one(again).await;
    assert_eq!(again.written(), shown.written(), "as it was, with its time");
    assert!(again.written().contains("first") && again.written().contains("\"as_of\":\"2026-11-22T10:00:00+01:00\""));
    advance(Duration::from_millis(1)).await;
    let begun = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(begun.started_calls());
    assert!(one(begun).await.written().contains("second"));
    let kept = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!kept.started_calls(), "the new answer took the old one's place");
    assert!(one(kept).await.written().contains("second"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_an_answer_and_is_kept() {
    let stage = scripted(keeping("library"), vec![Ok(whole(vec![])), Ok(first())]);
    let viewer = viewer();
    for _ in 0..2 {
        let shown = one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
        assert_eq!(shown.state(), SectionState::Empty);
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_it_anew_has_it_asked_anew() {
    let stage = scripted(keeping("library"), vec![Ok(first()), Ok(second()), Err(ConnectorError::Unreachable)]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    assert!(one(stage.begin_anew(&viewer)).await.written().contains("second"));
    let failed = one(stage.begin_anew(&viewer)).await;
    assert_eq!(failed.state(), SectionState::Stale, "who asks in vain is told so, fresh or not");
    assert!(failed.written().contains("second"));
}

/// What an answer of a minute and a half ago becomes if its source then fails like this.
async fn after(error: ConnectorError, age: Duration) -> Shown {
    let stage = scripted(keeping("library"), vec![Ok(first()), Err(error)]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    advance(age).await;
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_stands_in_for_a_failure_that_allows_it_with_the_cause() {
    for error in [
        ConnectorError::TimedOut,
        ConnectorError::Unreachable,
        ConnectorError::Status(429),
        ConnectorError::Status(503),
        ConnectorError::Malformed,
        ConnectorError::ContractBroken,
        ConnectorError::TooLarge,
        ConnectorError::BreakerOpen,
        ConnectorError::Maintenance,
        ConnectorError::Crowded,
        ConnectorError::Unrecorded,
        ConnectorError::Panicked,
    ] {
        let shown = after(error, MINUTE).await;
        let section = shown.section();
        assert_eq!(section.state, SectionState::Stale, "{error:?}");
        assert_eq!(section.widgets, [loan("first", "2026-12-24").into()]);
        assert_eq!(section.problems, [error.problem()]);
        assert_eq!(section.as_of.map(|moment| moment.to_string()).as_deref(), Some("2026-11-22T10:00:00+01:00"));
        assert_eq!(section.message, SectionState::Stale.message());
        assert_eq!(shown.written(), serde_json::to_string(&section).expect("json"));
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_stands_in_for_a_failure_that_does_not_allow_it_nor_when_it_is_too_old() {
    for error in [
        ConnectorError::Status(404),
        ConnectorError::CredentialsRefused(403),
        ConnectorError::NoLoginToken,
        ConnectorError::NothingToShow,
        ConnectorError::WrongPerson,
        ConnectorError::WrongAuthority,
        ConnectorError::CutOff,
        ConnectorError::SwitchedOff,
        ConnectorError::MunicipalityUnknown,
    ] {
        let shown = after(error, MINUTE).await;
        assert_eq!(shown.state(), error.consequence().state, "{error:?}");
        assert!(!shown.written().contains("first"), "{error:?}");
    }
    assert_eq!(after(ConnectorError::Unreachable, Duration::from_millis(599_999)).await.state(), SectionState::Stale);
    assert_eq!(after(ConnectorError::Unreachable, 10 * MINUTE).await.state(), SectionState::Failed);
}

#[tokio::test(start_paused = true)]
async fn what_lacks_anything_and_what_failed_is_never_kept() {
    let mut with_problem = whole(vec![loan("first", "2026-12-24")]);
    with_problem.problems.push(Problem::new(ProblemType::SourceError));
    let with_left_out = Fetched { left_out: 1, ..whole(vec![loan("first", "2026-12-24")]) };
    for unkept in [Ok(with_problem), Ok(with_left_out), Err(ConnectorError::Unreachable)] {
        let stage = scripted(keeping("library"), vec![unkept, Err(ConnectorError::Unreachable)]);
        let viewer = viewer();
        one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
        let begun = stage.begin(&viewer, Language::Da, DEADLINE);
        assert!(begun.started_calls());
        assert_eq!(one(begun).await.state(), SectionState::Failed, "and stands in for nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_answer_takes_no_kept_one_s_place() {
    let partial = Fetched { left_out: 1, ..whole(vec![]) };
    let stage = scripted(keeping("library"), vec![Ok(first()), Ok(partial), Err(ConnectorError::Unreachable)]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    advance(MINUTE).await;
    assert_eq!(one(stage.begin(&viewer, Language::Da, DEADLINE)).await.state(), SectionState::Partial);
    let shown = one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    assert!(shown.state() == SectionState::Stale && shown.written().contains("first"));
}

#[tokio::test(start_paused = true)]
async fn a_contract_decides_how_long_and_r51_nothing_of_level_high_is_kept_nor_waits() {
    for (kept, stands_in) in [
        (Kept::NOT, false),
        (Kept { fresh: Duration::ZERO, stale: MINUTE }, true),
        (Kept { fresh: Duration::ZERO, stale: Duration::ZERO }, false),
    ] {
        let script = vec![Ok(first()), Err(ConnectorError::Unreachable)];
        let stage = scripted(SourceInfo { kept, ..source("library") }, script);
        let viewer = viewer();
        one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
        let begun = stage.begin(&viewer, Language::Da, DEADLINE);
        assert!(begun.started_calls(), "{kept:?}");
        assert_eq!(one(begun).await.state() == SectionState::Stale, stands_in, "{kept:?}");
    }
    let high = SourceInfo { level: AssuranceLevel::High, ..source("health") };
    let stage = late(high, |_| Ok(first()));
    let viewer = viewer_with(|authentication| authentication.level = AssuranceLevel::High);
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    advance(Duration::from_secs(1)).await;
    settle().await;
    assert!(stage.fetches().holds_nothing());
}

/// A source that answers after the deadline of a page.
fn late_source(source: SourceInfo, answer: fn(usize) -> Result<Fetched, ConnectorError>) -> Arc<dyn Connector> {
    hand_written_for(source, move |call| {
        async move {
            sleep(Duration::from_millis(2500)).await;
            answer(call)
        }
        .boxed()
    })
}

fn late(source: SourceInfo, answer: fn(usize) -> Result<Fetched, ConnectorError>) -> Stage {
    Stage::of(vec![late_source(source, answer)])
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_kept_and_fresh_for_the_next_views() {
    let stage = late(keeping("library"), |_| Ok(first()));
    let viewer = viewer();
    assert_eq!(one(stage.begin(&viewer, Language::Da, DEADLINE)).await.state(), SectionState::Pending);
    sleep(Duration::from_secs(30)).await;
    settle().await;
    for _ in 0..3 {
        let begun = stage.begin(&viewer, Language::Da, DEADLINE);
        assert!(!begun.started_calls());
        assert_eq!(one(begun).await.state(), SectionState::Ready);
    }
    stage.fetches().drop_lapsed();
    assert!(stage.fetches().holds_nothing(), "nothing of it lies about unsealed");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_reaches_an_open_stream_and_is_kept() {
    let stage = late(keeping("library"), |_| Ok(first()));
    let viewer = viewer();
    let mut stream = stage.begin(&viewer, Language::Da, Duration::from_secs(10));
    assert_eq!(one(stage.begin(&viewer, Language::Da, DEADLINE)).await.state(), SectionState::Pending);
    let section = stream.next().await.expect("a session").expect("a section");
    assert_eq!(section.state(), SectionState::Ready);
    settle().await;
    assert!(!stage.begin(&viewer, Language::Da, DEADLINE).started_calls());
}

#[tokio::test(start_paused = true)]
async fn a_late_partial_answer_is_told_once() {
    let stage = late(keeping("library"), |_| Ok(Fetched { left_out: 1, ..whole(vec![]) }));
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    sleep(Duration::from_secs(30)).await;
    let begun = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!begun.started_calls());
    assert_eq!(one(begun).await.state(), SectionState::Partial);
    assert!(stage.begin(&viewer, Language::Da, DEADLINE).started_calls(), "told once");
}

#[tokio::test(start_paused = true)]
async fn a_late_failure_stands_behind_the_kept_answer() {
    let stage = late(keeping("library"), |call| if call == 0 { Ok(first()) } else { Err(ConnectorError::Unreachable) });
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    sleep(2 * MINUTE).await;
    assert_eq!(one(stage.begin(&viewer, Language::Da, DEADLINE)).await.state(), SectionState::Pending);
    sleep(Duration::from_secs(1)).await;
    let begun = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!begun.started_calls());
    assert_eq!(one(begun).await.state(), SectionState::Stale);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_comes_before_all_waiting() {
    let hanging = hand_written_for(source("a-hanging"), |_| std::future::pending().boxed());
    let high = SourceInfo { level: AssuranceLevel::High, ..source("z-high") };
    let kept = scripted_source(keeping("kept"), vec![Ok(first())]);
    let stage = Stage::of(vec![hanging, kept, scripted_source(high, vec![Ok(first())])]);
    let viewer = viewer();
    stage.begin(&viewer, Language::Da, Duration::from_millis(1)).collect().await.expect("a session");
    settle().await;
    let mut begun = stage.begin(&viewer, Language::Da, DEADLINE);
    for (slug, state) in [("kept", SectionState::Ready), ("z-high", SectionState::StepUpRequired)] {
        let shown = begun.next().now_or_never().expect("at once").expect("a session").expect("a section");
        assert_eq!((shown.source().slug.as_str(), shown.state()), (slug, state));
    }
    assert!(begun.next().now_or_never().is_none(), "the control");
}

#[tokio::test(start_paused = true)]
async fn attention_counts_from_the_day_on_which_it_is_shown() {
    let kept = Kept { fresh: 50 * MINUTE, stale: 60 * MINUTE };
    let script = vec![Ok(whole(vec![loan("due today", "2026-11-22"), loan("due in eight days", "2026-11-30")]))];
    let stage = scripted(SourceInfo { kept, ..source("library") }, script);
    let viewer = viewer();
    // From ten in the morning to half past eleven in the evening, Danish time.
    advance(Duration::from_hours(13) + 30 * MINUTE).await;
    let kinds = |overview: &Collected| -> Vec<AttentionKind> {
        overview.summary.attention.iter().map(|attention| attention.kind).collect()
    };
    let overview = stage.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(kinds(&overview), [AttentionKind::DueSoon]);
    settle().await;
    advance(40 * MINUTE).await;
    let begun = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!begun.started_calls());
    let overview = begun.collect().await.expect("a session");
    assert_eq!(kinds(&overview), [AttentionKind::Overdue, AttentionKind::DueSoon]);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_what_the_types_would_write_kept_or_not() {
    let mailbox = Widget::Mailbox(Mailbox {
        unread: 2,
        total: None,
        latest_at: Some(Moment::new("2026-11-21T23:30:00Z".parse().expect("a time"))),
        latest_sender: None,
        awaiting_answer: None,
        link: Some(Link::checked("https://x.example/post", &["x.example"]).expect("a link")),
    });
    let widgets = vec![loan("\"Quoted\" \\ \u{2028} <b> æ", "2026-11-20"), mailbox];
    let as_of = Some(Moment::new("2026-07-01T12:00:00Z".parse().expect("a time")));
    let library = scripted_source(keeping("library"), vec![Ok(Fetched { as_of, ..whole(widgets) })]);
    let failing = scripted_source(keeping("failing"), vec![Err(ConnectorError::Status(503))]);
    let empty = scripted_source(keeping("z-empty"), vec![Ok(whole(vec![]))]);
    let stage = Stage::of(vec![library, failing, empty]);
    let viewer = viewer();
    let mut texts = Vec::new();
    for _ in 0..2 {
        let overview = stage.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
        settle().await;
        for shown in &overview.sections {
            assert_eq!(shown.written(), serde_json::to_string(&shown.section()).expect("json"));
        }
        let sections = overview.sections.iter().map(Shown::section).collect();
        let typed = Overview { summary: overview.summary.clone(), sections };
        assert_eq!(overview.written(), serde_json::to_string(&typed).expect("json"));
        assert_eq!(overview.summary.attention.len(), 2);
        texts.push(overview.written());
    }
    assert_eq!(texts[0], texts[1], "kept or not");
}

#[tokio::test(start_paused = true)]
async fn r31_what_is_kept_ends_with_its_token_and_what_arrives_afterwards_is_not_kept() {
    let stage = scripted(keeping("library"), vec![Ok(first())]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    stage.fetches().drop_lapsed();
    advance(2 * MINUTE).await;
    stage.fetches().drop_lapsed();
    assert_eq!(stage.fetches().viewers().len(), 1, "who has something kept here can be found when they log out");
    assert_eq!(stage.viewing(&viewer).kept.len(), 1);
    stage.fetches().forget(viewer.session);
    assert!(stage.viewing(&viewer).kept.is_empty() && stage.fetches().viewers().is_empty());

    let stage = late(keeping("library"), |_| Ok(first()));
    let mut open = stage.begin(&viewer, Language::Da, Duration::from_secs(10));
    settle().await;
    stage.fetches().forget(viewer.session);
    advance(MINUTE).await;
    settle().await;
    assert!(matches!(open.next().await, Err(SessionOver)));
    assert!(stage.viewing(&viewer).kept.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_asked_for_each_time() {
    let long = || Ok(whole(vec![loan(&"x".repeat(300 * 1024), "2026-12-24")]));
    let stage = scripted(keeping("library"), vec![long()]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    assert!(stage.viewing(&viewer).kept.is_empty());
    let overview = stage.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&overview), [("library", SectionState::Ready)]);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_kept_each_view_asks_and_a_late_answer_is_told_once() {
    let prompt = || scripted_source(keeping("library"), vec![Ok(first()), Err(ConnectorError::Unreachable)]);
    let stage = Stage::keeping_nothing(vec![prompt()]);
    let viewer = viewer();
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    assert_eq!(one(stage.begin(&viewer, Language::Da, DEADLINE)).await.state(), SectionState::Failed);
    let stage = Stage::keeping_nothing(vec![late_source(keeping("library"), |_| Ok(first()))]);
    one(stage.begin(&viewer, Language::Da, DEADLINE)).await;
    sleep(Duration::from_secs(30)).await;
    let begun = stage.begin(&viewer, Language::Da, DEADLINE);
    assert!(!begun.started_calls());
    assert_eq!(one(begun).await.state(), SectionState::Ready);
    assert!(stage.begin(&viewer, Language::Da, DEADLINE).started_calls());
}
