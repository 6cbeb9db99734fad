//! Asking once more.

use super::*;

fn hedged(behaves: impl Fn(u64) -> Behaviour + Send + Sync + 'static) -> Arc<Stub> {
    Stub::new(GateLimits { hedge: true, ..limits(8, 8) }, behaves)
}

/// What the source does after it has answered a hundred questions in a tenth of a second each.
fn afterwards(first: Behaviour, second: Behaviour) -> Arc<Stub> {
    hedged(move |number| match number {
        ..100 => Behaviour::Answers(ms(100)),
        100 => first,
        _ => second,
    })
}

async fn after_a_hundred(stub: &Stub) -> (Result<Fetched, ConnectorError>, Duration) {
    for _ in 0..100 {
        stub.ask().await.expect("an answer");
    }
    let started = Instant::now();
    let came = stub.ask().await;
    assert_eq!(stub.standing().in_use, 0);
    (came, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_asked_for_once_more_and_the_first_usable_one_counts() {
    use Behaviour::{Answers, Fails, Hangs};
    let unreachable = ConnectorError::Unreachable;
    for (first, second, is_answered, took) in [
        (Hangs, Answers(ms(100)), true, ms(200)),
        (Answers(ms(150)), Hangs, true, ms(150)),
        (Answers(ms(500)), Fails(ms(10), unreachable), true, ms(500)),
        (Fails(ms(150), unreachable), Answers(ms(300)), true, ms(400)),
        (Fails(ms(150), unreachable), Fails(ms(300), ConnectorError::Malformed), false, ms(400)),
        (Hangs, Hangs, false, TIMEOUT),
    ] {
        let stub = afterwards(first, second);
        let (came, after) = after_a_hundred(&stub).await;
        assert_eq!((came.is_ok(), after), (is_answered, took), "{first:?} {second:?}");
        assert_eq!(stub.calls(), 102);
    }
}

#[tokio::test(start_paused = true)]
async fn r57_an_answer_about_somebody_else_counts_whichever_it_is() {
    let wrong = Behaviour::Fails(ms(200), ConnectorError::WrongPerson);
    for (first, second) in [(wrong, Behaviour::Hangs), (Behaviour::Hangs, wrong)] {
        let stub = afterwards(first, second);
        assert_eq!(after_a_hundred(&stub).await.0, Err(ConnectorError::WrongPerson));
        assert!(stub.standing().cut_off);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_twice_for_somebody_who_has_too_much_to_do() {
    let stub = afterwards(Behaviour::Hangs, Behaviour::Answers(ms(100)));
    for _ in 0..100 {
        stub.ask().await.expect("an answer");
    }
    let request = FetchRequest { may_ask_twice: false, ..request(TIMEOUT) };
    assert_eq!(ask(stub.as_ref(), request, || {}).await, Err(ConnectorError::TimedOut));
    assert_eq!(stub.calls(), 101);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_twice_unless_the_contract_says_so() {
    let stub = Stub::new(limits(8, 8), |number| Behaviour::Answers(ms(if number < 100 { 100 } else { 2000 })));
    after_a_hundred(&stub).await.0.expect("an answer");
    assert_eq!(stub.calls(), 101);
}

#[tokio::test(start_paused = true)]
async fn at_most_one_question_in_twenty_is_asked_twice() {
    let dice = std::sync::Mutex::new(Dice(7));
    let stub = hedged(move |_| {
        let mut dice = dice.lock().expect("unpoisoned");
        let is_late = dice.is_one_in(5);
        Behaviour::Answers(ms(if is_late { 500 + dice.below(1500) } else { 100 }))
    });
    for questions in 1..=2000_u64 {
        stub.ask().await.expect("an answer");
        let again = stub.calls() - questions;
        assert!(again * 20 <= questions, "{again} of {questions}");
    }
    assert!(stub.calls() > 2000, "it is done at all");
}

#[tokio::test(start_paused = true)]
async fn room_that_others_need_is_not_used_for_asking_twice() {
    let stub = Stub::new(GateLimits { hedge: true, ..limits(1, 8) }, |number| {
        Behaviour::Answers(ms(if number < 100 { 100 } else { 2000 }))
    });
    after_a_hundred(&stub).await.0.expect("an answer");
    assert_eq!(stub.calls(), 101);
}
