//! Interleavings that went wrong once: two views of a session, an answer at the deadline, a logout meanwhile.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use overblik_connectors::{ConnectorError, Fetched};
use overblik_widgets::{Language, Loan, SectionState, Widget};

use super::stage::{Behaviour, DEADLINE, Sources, Stage, answers, hand_written, settle, states, viewer};
use crate::overview::{Begun, SessionOver};

fn nothing() -> Fetched {
    Fetched { widgets: vec![], keys: vec![], left_out: 0, problems: vec![], as_of: None }
}

async fn state_of(begun: Begun) -> SectionState {
    begun.collect().await.expect("a session").sections[0].state()
}

#[tokio::test(start_paused = true)]
async fn a_view_that_goes_does_not_end_the_next_call_of_another() {
    let sources = Sources::default().with("slow", answers(500));
    let (service, viewer) = (sources.service(), viewer());
    let first = service.begin(&viewer, Language::Da, DEADLINE);
    // Answered, but not read yet.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let second = service.begin(&viewer, Language::Da, DEADLINE);
    settle().await;
    drop(first);
    assert_eq!(state_of(second).await, SectionState::Empty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_that_reload_as_fast_as_they_can_see_no_failure() {
    let sources = Sources::default().with("a", answers(1)).with("b", answers(1)).with("c", answers(1));
    let (service, viewer) = (sources.service(), viewer());
    let tab = || {
        let (service, viewer) = (service.clone(), viewer.clone());
        async move {
            let mut failed = 0;
            for _ in 0..300 {
                let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await;
                failed += overview.expect("a session").summary.counts.failed;
            }
            failed
        }
    };
    let mut tabs = tokio::task::JoinSet::new();
    tabs.spawn(tab());
    tabs.spawn(tab());
    assert_eq!(tabs.join_all().await, [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_ended_call_in_its_last_step_leaves_its_successor_alone() {
    type Interruption = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;
    let interruption: Interruption = Arc::default();
    let interrupt = Arc::clone(&interruption);
    let connector = hand_written("s", move |call| {
        let interrupt = Arc::clone(&interrupt);
        async move {
            if call > 0 {
                return std::future::pending().await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            // Within this very step its view goes and another begins.
            let meanwhile = interrupt.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(meanwhile) = meanwhile {
                meanwhile();
            }
            Err(ConnectorError::Unreachable)
        }
        .boxed()
    });
    let (service, viewer) = (Stage::of(vec![connector]), viewer());
    let first = service.begin(&viewer, Language::Da, DEADLINE);
    let second: Arc<Mutex<Option<Begun>>> = Arc::default();
    *interruption.lock().expect("a lock") = Some(Box::new({
        let (service, viewer, second) = (service.clone(), viewer.clone(), Arc::clone(&second));
        move || {
            drop(first);
            *second.lock().expect("a lock") = Some(service.begin(&viewer, Language::Da, DEADLINE));
        }
    }));
    tokio::time::sleep(Duration::from_millis(200)).await;
    settle().await;
    assert_eq!(service.fetches().running(), 1, "the second call goes on");
    service.fetches().forget(viewer.session);
    settle().await;
    assert_eq!(service.fetches().running(), 0, "and ends with the session");
    let mut second = second.lock().expect("a lock").take().expect("a view");
    assert!(matches!(second.next().await, Err(SessionOver)));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_session_is_shown_after_its_end_not_even_what_had_arrived() {
    let loan = Widget::Loan(Loan {
        title: Some("A title".into()),
        author: None,
        material: None,
        loaned_on: None,
        due_on: "2026-11-01".parse().expect("a date"),
        renewable: None,
        renewal: None,
    });
    let library = hand_written("library", move |_| {
        let widgets = vec![loan.clone()];
        async { Ok(Fetched { widgets, keys: vec![], left_out: 0, problems: vec![], as_of: None }) }.boxed()
    });
    let hanging = hand_written("hanging", |_| std::future::pending().boxed());
    let (service, viewer) = (Stage::of(vec![library, hanging]), viewer());
    let mut pages = tokio::task::JoinSet::new();
    pages.spawn(service.begin(&viewer, Language::Da, DEADLINE).collect());
    let unread = service.begin(&viewer, Language::Da, DEADLINE);
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.fetches().forget(viewer.session);
    assert!(matches!(pages.join_next().await.expect("a page").expect("no panic"), Err(SessionOver)));
    assert!(matches!(unread.collect().await, Err(SessionOver)));
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_there_is_a_future_is_a_state_too() {
    let connector = hand_written("s", |call| {
        assert!(call > 0, "as ordered");
        async { Ok(nothing()) }.boxed()
    });
    let (service, viewer) = (Stage::of(vec![connector]), viewer());
    assert_eq!(state_of(service.begin(&viewer, Language::Da, DEADLINE)).await, SectionState::Failed);
    assert_eq!(state_of(service.begin(&viewer, Language::Da, DEADLINE)).await, SectionState::Empty);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_time_limit_drops_the_call_is_a_state_too() {
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "as ordered");
        }
    }
    let connector = hand_written("s", |_| {
        async {
            let _bomb = PanicsWhenDropped;
            std::future::pending().await
        }
        .boxed()
    });
    let service = Stage::of(vec![connector]);
    let begun = service.begin(&viewer(), Language::Da, Duration::from_secs(10));
    assert_eq!(state_of(begun).await, SectionState::Failed);
    assert_eq!(service.fetches().running(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_at_the_very_deadline_is_shown_or_kept_but_not_lost() {
    let mut sources = Sources::default();
    for number in 0..40_u64 {
        sources = sources.with(&format!("s{number:02}"), answers(19 + number % 3));
    }
    let service = sources.service();
    for _ in 0..50 {
        let viewer = viewer();
        let before = sources.calls();
        let first = service.begin(&viewer, Language::Da, Duration::from_millis(20)).collect().await.expect("a session");
        service.begin(&viewer, Language::Da, Duration::from_secs(5)).collect().await.expect("a session");
        // On a busy machine a call of the first view may begin after its deadline, so they are counted together.
        let asked_again = sources.calls() - before - first.sections.len();
        assert_eq!(
            asked_again,
            first.sections.len() - first.summary.counts.pending as usize,
            "those pending are not asked again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_is_at_some_time_told_to_have_timed_out() {
    let sources = Sources::default().with("hanging", Behaviour::Hangs);
    let (service, viewer) = (sources.service(), viewer());
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(state_of(service.begin(&viewer, Language::Da, DEADLINE)).await);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(seen.contains(&SectionState::TimedOut), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_survives_a_view_that_never_read_it() {
    let sources = Sources::default().with("late", answers(2500));
    let (service, viewer) = (sources.service(), viewer());
    service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(service.begin(&viewer, Language::Da, DEADLINE));
    let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!((states(&overview), sources.calls()), (vec![("late", SectionState::Empty)], 1));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_mixed_up_persons_loses_what_it_said_before() {
    let connector = hand_written("s", |call| {
        async move {
            if call > 0 {
                return Err(ConnectorError::WrongPerson);
            }
            tokio::time::sleep(Duration::from_millis(2500)).await;
            Ok(nothing())
        }
        .boxed()
    });
    let (service, one, other) = (Stage::of(vec![connector]), viewer(), viewer());
    service.begin(&one, Language::Da, DEADLINE).collect().await.expect("a session");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!service.fetches().holds_nothing(), "a late answer lies ready");
    assert_eq!(state_of(service.begin(&other, Language::Da, DEADLINE)).await, SectionState::Failed);
    assert!(service.fetches().holds_nothing());
}
