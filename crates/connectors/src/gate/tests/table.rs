//! One rule at a time.

use futures::{FutureExt, future::join_all};
use tokio::task::JoinSet;

use super::*;
use crate::gate::windows::ServiceWindow;

fn well() -> Behaviour {
    Behaviour::Answers(ms(100))
}

#[tokio::test(start_paused = true)]
async fn no_more_ask_at_once_than_agreed_and_no_more_wait() {
    let stub = Stub::new(limits(3, 2), |_| well());
    let started = Instant::now();
    let asked = join_all((0..7).map(|_| async {
        let result = stub.ask().await;
        (result.map(|_| ()), started.elapsed())
    }));
    let came = asked.await;
    let now = (Ok(()), ms(100));
    let (waited, crowded) = ((Ok(()), ms(200)), (Err(ConnectorError::Crowded), ms(0)));
    assert_eq!(came, [now, now, now, waited, waited, crowded, crowded]);
    assert_eq!(stub.most_running.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_let_in_first_and_nobody_overtakes() {
    let stub = Stub::new(limits(1, 10), |_| well());
    let order = std::sync::Mutex::new(Vec::new());
    let asked = (0..6_u64).map(|number| {
        let (stub, order) = (&stub, &order);
        async move {
            // The last come just when room becomes free.
            pass_time(ms(number * 50)).await;
            stub.ask_within(TIMEOUT, || order.lock().expect("unpoisoned").push(number)).await.expect("an answer");
        }
    });
    join_all(asked).await;
    assert_eq!(*order.lock().expect("unpoisoned"), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_room_ends_at_the_deadline_and_is_no_failure() {
    let stub = Stub::new(limits(1, 64), |_| Behaviour::Answers(ms(2000)));
    let started = Instant::now();
    let came = join_all((0..5).map(|_| stub.ask_within(ms(1000), || {}))).await;
    assert_eq!(started.elapsed(), ms(1000));
    assert_eq!(came.iter().filter(|came| **came == Err(ConnectorError::Crowded)).count(), 4);
    assert_eq!(stub.calls(), 1, "who waited asked nothing");
    assert_eq!((stub.standing().waiting, stub.standing().in_use), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_had_hardly_any_time_left_says_nothing_of_the_source() {
    let stub = Stub::new(limits(1, 64), |_| Behaviour::Answers(ms(1700)));
    for _ in 0..8 {
        let came = join_all((0..2).map(|_| stub.ask())).await;
        assert_eq!(came[1], Err(ConnectorError::TimedOut), "it had 1,300 of 3,000 ms");
    }
    assert!(!stub.is_left_alone());
    let stub = Stub::new(limits(1, 64), |_| Behaviour::Hangs);
    stub.fail_until_open().await;
    assert_eq!(stub.calls(), 5, "with all of their time, failures count");
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_gives_the_room_back() {
    // In line, let in and not yet told, under way: dropped at every moment of the schedule.
    for after in 0..60 {
        let stub = Stub::new(limits(1, 4), |_| Behaviour::Answers(ms(10)));
        let mut tasks = JoinSet::new();
        let mut spawn = |stub: &Arc<Stub>| {
            let stub = Arc::clone(stub);
            tasks.spawn(async move { drop(stub.ask().await) })
        };
        let handles: Vec<_> = (0..5).map(|_| spawn(&stub)).collect();
        for step in 0..60_usize {
            if step == after {
                handles[1].abort();
                handles[3].abort();
            }
            if step % 4 == 3 {
                tokio::time::advance(ms(5)).await;
            } else {
                tokio::task::yield_now().await;
            }
        }
        while tasks.join_next().await.is_some() {}
        assert_eq!((stub.standing().in_use, stub.standing().waiting), (0, 0), "{after}");
        assert!(stub.ask().await.is_ok(), "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn room_that_was_given_to_somebody_who_is_gone_goes_to_the_next() {
    let stub = Stub::new(limits(1, 4), |_| well());
    let mut first = std::pin::pin!(stub.ask());
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(stub.ask());
    assert!(second.as_mut().now_or_never().is_none(), "waits");
    let third = stub.ask();
    let mut third = std::pin::pin!(third);
    assert!(third.as_mut().now_or_never().is_none(), "waits behind it");
    assert!(first.await.is_ok());
    // It is the second's now, who has not been told.
    assert_eq!((stub.standing().in_use, stub.standing().waiting), (1, 1));
    drop(second);
    assert_eq!((stub.standing().in_use, stub.standing().waiting), (1, 0));
    assert!(third.await.is_ok());
    assert_eq!(stub.standing().in_use, 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_the_room_back_and_is_no_failure_of_the_source() {
    let stub = Stub::new(limits(1, 0), |_| Behaviour::Panics);
    for _ in 0..10 {
        assert_eq!(stub.ask().await, Err(ConnectorError::Panicked));
    }
    assert_eq!(stub.standing().in_use, 0);
    assert!(!stub.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_answers_at_once_and_until_when() {
    let stub = Stub::new(limits(64, 64), |_| Behaviour::Fails(ms(10), ConnectorError::Unreachable));
    stub.fail_until_open().await;
    assert_eq!(stub.calls(), 5);
    let noon: Timestamp = "2026-11-22T11:00:00Z".parse().expect("a time");
    pass_time(ms(10_000)).await;
    let suspension = stub.gate.suspension(noon).expect("left alone");
    assert_eq!(suspension.reason, ConnectorError::BreakerOpen);
    assert_eq!(suspension.until, Some("2026-11-22T11:00:20Z".parse().expect("a time")));
    let started = Instant::now();
    assert_eq!(stub.ask().await, Err(ConnectorError::BreakerOpen));
    assert_eq!((started.elapsed(), stub.calls()), (ms(0), 5));
    pass_time(ms(20_000)).await;
    assert_eq!(stub.gate.suspension(noon), None, "the next is the probe");
}

#[tokio::test(start_paused = true)]
async fn who_waits_when_the_breaker_opens_is_told_at_once() {
    let stub = Stub::new(limits(1, 64), |_| Behaviour::Fails(ms(100), ConnectorError::Status(500)));
    let started = Instant::now();
    let came = join_all((0..20).map(|_| async { (stub.ask().await, started.elapsed()) })).await;
    let told = came.iter().filter(|(came, _)| *came == Err(ConnectorError::BreakerOpen));
    assert!(told.clone().all(|(_, after)| *after == ms(500)));
    assert_eq!(told.count(), 15);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_probe_and_a_dropped_one_is_no_success() {
    let stub = Stub::new(limits(64, 64), |number| {
        if number < 5 { Behaviour::Fails(ms(1), ConnectorError::TimedOut) } else { Behaviour::Answers(ms(500)) }
    });
    stub.fail_until_open().await;
    pass_time(REST).await;
    let mut probe = Box::pin(stub.ask());
    assert!(probe.as_mut().now_or_never().is_none());
    for _ in 0..5 {
        assert_eq!(stub.ask().await, Err(ConnectorError::BreakerOpen), "another probes");
    }
    drop(probe);
    assert!(stub.is_left_alone());
    assert!(stub.ask().await.is_ok(), "the right to probe was handed on");
    assert!(!stub.is_left_alone());
    assert_eq!(stub.calls(), 7);
}

#[tokio::test(start_paused = true)]
async fn failures_that_were_under_way_when_the_breaker_opened_do_not_prolong_it() {
    let stub = Stub::new(limits(64, 0), |number| {
        Behaviour::Fails(ms(if number < 5 { 100 } else { 2500 }), ConnectorError::Unreachable)
    });
    let came = join_all((0..40).map(|_| stub.ask()));
    let opened_at = Instant::now() + ms(100);
    came.await;
    pass_time(opened_at + REST - Instant::now()).await;
    assert_eq!(stub.standing().breaker, BreakerStanding::Probing);
}

#[tokio::test(start_paused = true)]
async fn a_view_that_went_away_is_no_failure() {
    let stub = Stub::new(limits(64, 64), |_| Behaviour::Hangs);
    for _ in 0..20 {
        assert!(tokio::time::timeout(ms(2500), stub.ask()).await.is_err());
    }
    assert_eq!((stub.is_left_alone(), stub.standing().in_use), (false, 0));
}

#[tokio::test(start_paused = true)]
async fn what_concerns_one_citizen_or_ourselves_opens_no_breaker() {
    for error in [
        ConnectorError::ContractBroken,
        ConnectorError::Status(404),
        ConnectorError::CredentialsRefused(401),
        ConnectorError::NoLoginToken,
        ConnectorError::NothingToShow,
        ConnectorError::MunicipalityUnknown,
    ] {
        let stub = Stub::new(limits(64, 64), move |_| Behaviour::Fails(ms(1), error));
        for _ in 0..20 {
            assert_eq!(stub.ask().await, Err(error));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_the_switch_was_thrown_is_not_used() {
    let stub = Stub::new(limits(1, 4), |_| well());
    let throw = async {
        pass_time(ms(50)).await;
        assert!(stub.gate.switch_off() && !stub.gate.switch_off());
    };
    let (under_way, waiting, ()) = tokio::join!(stub.ask(), stub.ask(), throw);
    assert_eq!([under_way, waiting], [Err(ConnectorError::SwitchedOff), Err(ConnectorError::SwitchedOff)]);
    assert_eq!(stub.ask().await, Err(ConnectorError::SwitchedOff));
    assert_eq!(stub.calls(), 1);
    let reason = stub.gate.suspension(Timestamp::UNIX_EPOCH).map(|suspension| suspension.reason);
    assert_eq!(reason, Some(ConnectorError::SwitchedOff));
    assert!(!stub.gate.reset(), "what an operator switched off stays off");
    assert!(stub.gate.switch_on() && !stub.gate.switch_on());
    assert!(stub.ask().await.is_ok());
    // Off and on again while an answer was under way: it is from before all the same.
    let throw = async {
        pass_time(ms(50)).await;
        assert!(stub.gate.switch_off() && stub.gate.switch_on());
    };
    assert_eq!(tokio::join!(stub.ask(), throw).0, Err(ConnectorError::SwitchedOff));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_a_source_that_was_switched_off_meanwhile_lets_nothing_earlier_be_shown() {
    let stub = Stub::new(limits(1, 4), |_| Behaviour::Fails(ms(100), ConnectorError::Unreachable));
    let throw = async {
        pass_time(ms(50)).await;
        stub.gate.switch_off();
    };
    let (came, ()) = tokio::join!(stub.ask(), throw);
    assert!(!came.expect_err("no answer").stale_allowed());
}

#[tokio::test(start_paused = true)]
async fn r57_one_answer_about_somebody_else_stops_the_source_until_an_operator_lets_it_in() {
    for error in [ConnectorError::WrongPerson, ConnectorError::WrongAuthority] {
        let stub = Stub::new(limits(2, 4), move |number| match number {
            0 => Behaviour::Fails(ms(50), error),
            _ => well(),
        });
        let came = join_all((0..4).map(|_| stub.ask())).await;
        let cut_off = Err(ConnectorError::CutOff);
        assert_eq!(came, [Err(error), cut_off.clone(), cut_off.clone(), cut_off.clone()]);
        pass_time(ms(3_600_000)).await;
        assert_eq!(stub.ask().await, cut_off, "time alone heals nothing");
        assert!(stub.standing().cut_off);
        assert!(stub.gate.reset() && !stub.gate.reset());
        assert!(stub.ask().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_ends_the_breaker_s_rest_too() {
    let stub = Stub::new(limits(64, 64), |_| Behaviour::Fails(ms(1), ConnectorError::Malformed));
    stub.fail_until_open().await;
    assert!(stub.gate.reset());
    assert_eq!(stub.ask().await, Err(ConnectorError::Malformed));
    assert_eq!(stub.standing().limit, 1, "and it is not trampled");
}

#[tokio::test(start_paused = true)]
async fn within_a_service_window_the_section_is_there_at_once() {
    use jiff::civil::{Weekday, time};
    let window = ServiceWindow::Weekly { days: vec![Weekday::Sunday], from: time(2, 0, 0, 0), to: time(6, 0, 0, 0) };
    let stub = Stub::new(GateLimits { windows: vec![window], ..limits(1, 1) }, |_| well());
    let at = |text: &str| stub.gate.suspension(text.parse().expect("a time"));
    let suspension = at("2026-11-22T03:00:00+01:00").expect("closed");
    assert_eq!(suspension.reason, ConnectorError::Maintenance);
    assert_eq!(suspension.until, Some("2026-11-22T06:00:00+01:00".parse().expect("a time")));
    assert_eq!(at("2026-11-22T06:00:00+01:00"), None);
    stub.gate.switch_off();
    assert_eq!(at("2026-11-22T03:00:00+01:00").map(|is| is.reason), Some(ConnectorError::SwitchedOff));
}

#[tokio::test(start_paused = true)]
async fn a_suspension_in_the_registry_and_an_operator_s_switch_are_two_things() {
    let stub = Stub::new(limits(1, 4), |_| well());
    let suspend = async {
        pass_time(ms(50)).await;
        stub.gate.set_suspended(true);
    };
    let (under_way, waiting, ()) = tokio::join!(stub.ask(), stub.ask(), suspend);
    assert_eq!([under_way, waiting], [Err(ConnectorError::SwitchedOff), Err(ConnectorError::SwitchedOff)]);
    assert_eq!(stub.calls(), 1);
    assert!(!stub.gate.switch_on() && !stub.gate.reset(), "no operator ends it by hand");
    assert!(stub.gate.switch_off());
    stub.gate.set_suspended(false);
    assert_eq!(stub.ask().await, Err(ConnectorError::SwitchedOff), "nor does the registry end theirs");
    assert!(stub.gate.switch_on());
    assert!(stub.ask().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_at_another_version_s_gate_is_sent_away_too() {
    let switches = Arc::new(crate::gate::Switches::default());
    let of = |behaviour| {
        let mut stub = Stub::new(limits(1, 4), move |_| behaviour);
        let gate = Gate::of_version("stub", "2", limits(1, 4), Arc::clone(&switches));
        Arc::get_mut(&mut stub).expect("nobody else has it").gate = gate;
        stub
    };
    let (one, other) = (of(Behaviour::Fails(ms(50), ConnectorError::WrongPerson)), of(well()));
    let (wrong, under_way, waiting) = tokio::join!(one.ask(), other.ask(), other.ask());
    assert_eq!(wrong, Err(ConnectorError::WrongPerson));
    assert_eq!([under_way, waiting], [Err(ConnectorError::CutOff), Err(ConnectorError::CutOff)]);
    assert_eq!(other.calls(), 1, "who waited asked nothing");
    assert!(other.gate.reset() && other.ask().await.is_ok());
}
