//! The laws of orchestration, with sources that behave as ordered and time that passes on command.

mod detail;
mod exchange;
mod indexes;
mod kept;
mod kept_apart;
mod races;
mod schedules;
pub(super) mod stage;

use std::{collections::BTreeSet, time::Duration};

use overblik_connectors::{ConnectorError, Coverage, Municipality, Pseudonym};
use overblik_widgets::{AssuranceLevel, Language, SectionState};
use tokio::time::Instant;

use self::stage::{Behaviour, DEADLINE, Sources, agreed, answers, settle, states, viewer, viewer_with};
use super::SessionOver;

#[tokio::test(start_paused = true)]
async fn the_overview_answers_by_its_deadline_whatever_sources_do() {
    let sources =
        Sources::default().with("quick", answers(10)).with("hanging", Behaviour::Hangs).with("late", answers(2500));
    let started = Instant::now();
    let overview = sources.service().begin(&viewer(), Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(started.elapsed(), DEADLINE);
    assert_eq!(
        states(&overview),
        [("hanging", SectionState::Pending), ("late", SectionState::Pending), ("quick", SectionState::Empty)]
    );
    assert!(!overview.summary.deadline_met && !overview.summary.complete);
    assert_eq!(overview.summary.counts.pending, 2);
}

#[tokio::test(start_paused = true)]
async fn all_sources_are_asked_at_once() {
    let sources = Sources::default().with("a", answers(900)).with("b", answers(900)).with("c", answers(900));
    let started = Instant::now();
    let overview = sources.service().begin(&viewer(), Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(started.elapsed(), Duration::from_millis(900));
    assert!(overview.summary.complete && overview.summary.deadline_met);
}

#[tokio::test(start_paused = true)]
async fn sections_leave_in_the_order_in_which_they_arrive() {
    let sources = Sources::default().with("a", answers(300)).with("b", answers(100)).with("c", answers(200));
    let mut begun = sources.service().begin(&viewer(), Language::Da, DEADLINE);
    let mut order = Vec::new();
    while let Some(section) = begun.next().await.expect("a session") {
        order.push(section.source().slug.clone());
    }
    assert_eq!(order, ["b", "c", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_s_own_limit_ends_it_on_a_stream() {
    let sources = Sources::default().with("hanging", Behaviour::Hangs);
    let started = Instant::now();
    let overview =
        sources.service().begin(&viewer(), Language::Da, Duration::from_secs(10)).collect().await.expect("a session");
    assert_eq!(started.elapsed(), Duration::from_millis(3250), "3 s, and a moment to hand over what arrived");
    assert_eq!(states(&overview), [("hanging", SectionState::TimedOut)]);
    assert_eq!(sources.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_state_and_leaves_the_others_untouched() {
    let sources = Sources::default().with("broken", Behaviour::Panics).with("whole", answers(10));
    let overview = sources.service().begin(&viewer(), Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&overview), [("broken", SectionState::Failed), ("whole", SectionState::Empty)]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_never_shown_as_nothing() {
    for error in [
        ConnectorError::TimedOut,
        ConnectorError::Unreachable,
        ConnectorError::Status(500),
        ConnectorError::Status(404),
        ConnectorError::CredentialsRefused(401),
        ConnectorError::Malformed,
        ConnectorError::ContractBroken,
        ConnectorError::TooLarge,
        ConnectorError::WrongPerson,
        ConnectorError::WrongAuthority,
        ConnectorError::CutOff,
        ConnectorError::MunicipalityUnknown,
        ConnectorError::Panicked,
    ] {
        let sources = Sources::default().with("failing", Behaviour::Fails { with: error });
        let overview = sources.service().begin(&viewer(), Language::Da, DEADLINE).collect().await.expect("a session");
        let [section] = overview.sections.as_slice() else { panic!("one section") };
        assert_ne!(section.state(), SectionState::Empty, "{error:?}");
        assert!(!section.state().was_answered(), "{error:?}");
        assert!(section.answer.is_none() && section.problems.len() == 1, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_takes_its_calls_along() {
    let sources = Sources::default().with("hanging", Behaviour::Hangs);
    let service = sources.service();
    let begun = service.begin(&viewer(), Language::Da, DEADLINE);
    settle().await;
    assert_eq!(sources.running(), 1);
    drop(begun);
    settle().await;
    assert_eq!(sources.running(), 0);
    assert_eq!(service.fetches().running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_while_anybody_waits() {
    let sources = Sources::default().with("slow", answers(500));
    let service = sources.service();
    let viewer = viewer();
    let first = service.begin(&viewer, Language::Da, DEADLINE);
    let second = service.begin(&viewer, Language::Da, DEADLINE);
    settle().await;
    drop(first);
    let overview = second.collect().await.expect("a session");
    assert_eq!(states(&overview), [("slow", SectionState::Empty)]);
    assert_eq!(sources.calls(), 1, "two views share one call");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_there_for_the_next_view() {
    let sources = Sources::default().with("late", answers(2500));
    let service = sources.service();
    let viewer = viewer();
    let first = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&first), [("late", SectionState::Pending)]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    let second = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&second), [("late", SectionState::Empty)]);
    assert_eq!((started.elapsed(), sources.calls()), (Duration::ZERO, 1));
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(sources.calls(), 2, "a late answer is read once");
}

#[tokio::test(start_paused = true)]
async fn the_next_view_joins_a_call_that_outlived_its_page() {
    let sources = Sources::default().with("late", answers(2500));
    let service = sources.service();
    let viewer = viewer();
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    let second = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&second), [("late", SectionState::Empty)]);
    assert_eq!(sources.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_failure_is_told_to_the_next_view_and_soon_asked_again() {
    let sources = Sources::default().with("hanging", Behaviour::Hangs);
    let service = sources.service();
    let viewer = viewer();
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!((states(&overview), sources.calls()), (vec![("hanging", SectionState::TimedOut)], 1));
    tokio::time::sleep(Duration::from_secs(5)).await;
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(sources.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_forgotten_after_a_minute() {
    let sources = Sources::default().with("late", answers(2500));
    let service = sources.service();
    let viewer = viewer();
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    tokio::time::sleep(Duration::from_secs(61)).await;
    service.fetches().drop_lapsed();
    assert!(service.fetches().holds_nothing());
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(sources.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn r31_a_session_s_end_cancels_its_calls_and_forgets_its_answers() {
    let sources = Sources::default().with("hanging", Behaviour::Hangs).with("late", answers(2500));
    let service = sources.service();
    let viewer = viewer();
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut open = service.begin(&viewer, Language::Da, Duration::from_secs(10));
    let first = open.next().await.expect("a session").expect("a section");
    assert_eq!(first.state(), SectionState::Empty, "the late answer");
    service.fetches().forget(viewer.session);
    settle().await;
    assert_eq!(sources.running(), 0);
    assert!(matches!(open.next().await, Err(SessionOver)));
    drop(open);
    assert!(service.fetches().holds_nothing());
}

#[tokio::test(start_paused = true)]
async fn r53_two_citizens_and_two_sessions_never_share_a_call() {
    let sources = Sources::default().with("slow", answers(500));
    let service = sources.service();
    let other_person = viewer_with(|authentication| {
        authentication.subject.pseudonym = Pseudonym::from_keyed_hash([2; 16]);
    });
    let same_session_higher_level = {
        let mut viewer = viewer_with(|authentication| authentication.level = AssuranceLevel::High);
        viewer.session = other_person.session;
        viewer
    };
    let all = [viewer(), viewer(), other_person, same_session_higher_level];
    let begun: Vec<_> = all.iter().map(|viewer| service.begin(viewer, Language::Da, DEADLINE)).collect();
    for begun in begun {
        begun.collect().await.expect("a session");
    }
    assert_eq!(sources.calls(), all.len());
}

#[tokio::test(start_paused = true)]
async fn r58_one_person_with_and_without_a_mandate_at_the_same_instant_shares_nothing() {
    let sources = Sources::default().with("slow", answers(500));
    let service = sources.service();
    let own = viewer();
    // Even in one session: the same actor, for somebody else and as somebody else's representative.
    let for_another = {
        let mut viewer = viewer_with(|authentication| {
            authentication.subject.pseudonym = Pseudonym::from_keyed_hash([2; 16]);
        });
        viewer.session = own.session;
        viewer
    };
    let by_another = {
        let mut viewer = viewer_with(|authentication| {
            authentication.actor.pseudonym = Pseudonym::from_keyed_hash([3; 16]);
        });
        viewer.session = own.session;
        viewer
    };
    let all = [own.clone(), for_another, by_another];
    let begun: Vec<_> =
        all.iter().map(|viewer| service.begin(viewer, Language::Da, Duration::from_millis(100))).collect();
    for begun in begun {
        let overview = begun.collect().await.expect("a session");
        assert_eq!(states(&overview), [("slow", SectionState::Pending)]);
    }
    assert_eq!(sources.calls(), 3, "three calls at the same instant");
    tokio::time::sleep(Duration::from_millis(500)).await;
    for viewer in &all {
        service.begin(viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    }
    assert_eq!(sources.calls(), 3, "each finds its own late answer");
    service.begin(&own, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(sources.calls(), 4, "and nobody else's");
}

#[tokio::test(start_paused = true)]
async fn sources_that_may_not_be_asked_are_not_asked_and_say_why() {
    let elsewhere = || Coverage::Municipalities(BTreeSet::from([Municipality::parse("0902").expect("a code")]));
    let sources = Sources::default()
        .declared("elsewhere", answers(0), |source| {
            source.display_clients = agreed(&["overblik"], &elsewhere());
        })
        .declared("high", answers(0), |source| source.level = AssuranceLevel::High)
        .declared("no-agreement", answers(0), |source| {
            source.display_clients = agreed(&["other"], &Coverage::Everywhere);
        });
    let service = sources.service();
    let overview = service.begin(&viewer(), Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!(states(&overview), [("elsewhere", SectionState::NotCovered), ("high", SectionState::StepUpRequired)]);
    assert_eq!(overview.summary.counts.not_asked, 2);
    assert_eq!(sources.calls(), 0);

    let homeless = viewer_with(|authentication| authentication.municipality = None);
    let overview = service.begin(&homeless, Language::Da, DEADLINE).collect().await.expect("a session");
    let message = overview.sections[0].message.clone().expect("a reason");
    assert!(message.da.contains("Vi ved ikke, hvilken kommune"), "{message:?}");
}
