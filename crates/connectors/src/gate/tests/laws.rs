//! Laws that hold over a long time and many askers.

use tokio::task::JoinSet;

use super::*;

/// When the breaker was seen to change.
#[derive(Default)]
struct Changes {
    was_left_alone: bool,
    at: Vec<Instant>,
}

impl Changes {
    fn look(&mut self, stub: &Stub) {
        if stub.is_left_alone() != self.was_left_alone {
            self.was_left_alone = !self.was_left_alone;
            self.at.push(Instant::now());
        }
    }
}

/// So many citizens ask one after another, each again as soon as answered, for so long.
async fn storm(stub: &Arc<Stub>, citizens: u64, lasts: Duration) -> Changes {
    let changes = Arc::new(std::sync::Mutex::new(Changes::default()));
    let end = Instant::now() + lasts;
    let mut tasks = JoinSet::new();
    for number in 0..citizens {
        let (stub, changes) = (Arc::clone(stub), Arc::clone(&changes));
        tasks.spawn(async move {
            pass_time(ms(number * 7)).await;
            while Instant::now() < end {
                drop(stub.ask().await);
                // One thread: nobody else has run since the gate learnt of it.
                changes.lock().expect("unpoisoned").look(&stub);
                pass_time(ms(150)).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic");
    }
    assert_eq!((stub.standing().in_use, stub.standing().waiting), (0, 0));
    Arc::into_inner(changes).expect("all have ended").into_inner().expect("unpoisoned")
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_half_the_time_changes_its_breaker_at_most_once_per_window() {
    for seed in 0..3 {
        let dice = std::sync::Mutex::new(Dice(seed));
        let stub = Stub::new(limits(16, 16), move |_| {
            let mut dice = dice.lock().expect("unpoisoned");
            let took = ms(5 + dice.below(40));
            if dice.is_one_in(2) {
                Behaviour::Fails(took, ConnectorError::Unreachable)
            } else {
                Behaviour::Answers(took)
            }
        });
        let changes = storm(&stub, 12, ms(900_000)).await.at;
        assert!(changes.len() >= 3, "seed {seed}: it does open and close: {}", changes.len());
        let closest = changes.windows(2).map(|pair| pair[1] - pair[0]).min();
        assert!(closest.is_some_and(|closest| closest >= REST), "seed {seed}: {closest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovering_source_is_not_trampled() {
    let began = Instant::now();
    let dead_for = ms(90_000);
    // Well again, and answering everybody alike: more at once than it has proved to bear would show.
    let stub = Stub::new(limits(64, 64), move |_| {
        if began.elapsed() < dead_for { Behaviour::Hangs } else { Behaviour::Answers(ms(200)) }
    });
    let watched = Arc::clone(&stub);
    let mut watching = JoinSet::new();
    watching.spawn(async move {
        pass_time(dead_for).await;
        assert!(watched.is_left_alone(), "it was dead for longer than the first rest");
        // Until the first answer: one at a time.
        while watched.is_left_alone() && began.elapsed() < ms(105_000) {
            assert!(watched.standing().in_use <= 1);
            pass_time(ms(1)).await;
        }
        let before = watched.answered.load(Ordering::SeqCst);
        let mut most = Vec::new();
        for _ in 0..2000 {
            let standing = watched.standing();
            let answered = watched.answered.load(Ordering::SeqCst) - before;
            assert!(standing.in_use <= answered + 1, "{standing:?} after {answered}");
            most.push(standing.in_use);
            pass_time(ms(1)).await;
        }
        most
    });
    storm(&stub, 150, ms(110_000)).await;
    let most = watching.join_next().await.expect("a watch").expect("no panic");
    assert!(most.contains(&64), "and it is asked by as many as before within two seconds");
}

#[tokio::test(start_paused = true)]
async fn while_a_source_is_dead_hardly_anybody_waits_for_it() {
    let stub = Stub::new(limits(64, 64), |_| Behaviour::Hangs);
    let began = Instant::now();
    storm(&stub, 30, ms(500_000)).await;
    // Five to open it, whoever was under way with them, and a probe after 30, 60, 120 and 240 seconds.
    let lasted = began.elapsed();
    assert!(lasted >= ms(500_000) && stub.calls() <= 30 + 4, "{}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_closed_and_fails_again_is_asked_by_one_at_a_time() {
    let stub = Stub::new(limits(64, 64), |number| {
        if number == 5 { Behaviour::Answers(ms(10)) } else { Behaviour::Fails(ms(1000), ConnectorError::TimedOut) }
    });
    stub.fail_until_open().await;
    pass_time(REST).await;
    assert!(stub.ask().await.is_ok());
    stub.most_running.store(0, Ordering::SeqCst);
    storm(&stub, 20, ms(29_000)).await;
    assert_eq!(stub.standing().breaker, BreakerStanding::OnProbation);
    assert_eq!(stub.most_running.load(Ordering::SeqCst), 1);
    assert!(stub.calls() <= 6 + 31, "{}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn fewer_ask_while_a_source_is_slow_and_as_many_as_before_when_it_is_not() {
    let began = Instant::now();
    let stub = Stub::new(limits(64, 64), move |_| {
        let is_slow = (ms(10_000)..ms(20_000)).contains(&began.elapsed());
        Behaviour::Answers(ms(if is_slow { 800 } else { 50 }))
    });
    let watched = Arc::clone(&stub);
    let mut watching = JoinSet::new();
    watching.spawn(async move {
        let mut lowest = usize::MAX;
        for _ in 0..200 {
            pass_time(ms(100)).await;
            lowest = lowest.min(watched.standing().limit);
        }
        lowest
    });
    storm(&stub, 100, ms(60_000)).await;
    let lowest = watching.join_next().await.expect("a watch").expect("no panic");
    assert!((4..=16).contains(&lowest), "{lowest}");
    assert_eq!(stub.standing().limit, 64);
    assert!(!stub.is_left_alone());
}
