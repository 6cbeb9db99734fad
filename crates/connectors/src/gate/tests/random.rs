//! Random schedules of askers, faults, people who give up and operators, with every invariant looked at in every step.

use std::sync::{Mutex, atomic::AtomicBool};

use tokio::task::JoinSet;

use super::*;
use crate::connector::HANDOVER;

const CONCURRENCY: usize = 4;
const WAITING: usize = 3;

#[derive(Default)]
struct Witness {
    /// Numbers of askers in the order in which they were let in after waiting.
    let_in: Mutex<Vec<u64>>,
    /// Whether the source is left alone, and when that changed last of itself.
    changed: Mutex<(bool, Option<Instant>)>,
}

impl Witness {
    fn look(&self, stub: &Stub, seed: u64) {
        let standing = stub.standing();
        let running = stub.running.load(Ordering::SeqCst);
        assert!(standing.in_use <= CONCURRENCY, "seed {seed}: {standing:?}");
        assert!(running <= standing.in_use, "seed {seed}: {running} without room, {standing:?}");
        assert!(standing.waiting <= WAITING, "seed {seed}: {standing:?}");
        assert!((1..=CONCURRENCY).contains(&standing.limit), "seed {seed}: {standing:?}");
        let mut changed = self.changed.lock().expect("unpoisoned");
        if changed.0 != stub.is_left_alone() {
            let since = changed.1.map(|at| at.elapsed());
            assert!(since.is_none_or(|since| since >= REST), "seed {seed}: changed again after {since:?}");
            *changed = (!changed.0, Some(Instant::now()));
        }
    }

    /// An operator may change it at any time.
    fn forget(&self, stub: &Stub) {
        *self.changed.lock().expect("unpoisoned") = (stub.is_left_alone(), None);
    }
}

async fn asker(stub: Arc<Stub>, witness: Arc<Witness>, number: u64, limit: Duration, seed: u64) {
    let arrived = Instant::now();
    let before = stub.standing();
    let begun = AtomicBool::new(false);
    let begins = || {
        begun.store(true, Ordering::SeqCst);
        if before.waiting > 0 {
            witness.let_in.lock().expect("unpoisoned").push(number);
        }
        // Of calls that begin while the breaker is open there is one at a time.
        let standing = stub.standing();
        assert_ne!(standing.breaker, BreakerStanding::Open, "seed {seed}: asked while left alone");
    };
    let came = stub.ask_within(limit, begins).await;
    witness.look(&stub, seed);
    assert!(arrived.elapsed() <= limit + HANDOVER, "seed {seed}: {:?} of {limit:?}", arrived.elapsed());
    if !begun.load(Ordering::SeqCst) {
        let error = came.expect_err("nothing was asked");
        let is_of_the_gate = matches!(
            error,
            ConnectorError::BreakerOpen
                | ConnectorError::Crowded
                | ConnectorError::SwitchedOff
                | ConnectorError::CutOff
        );
        assert!(is_of_the_gate, "seed {seed}: {error:?}");
    }
}

/// How the source behaves: well for a while, then not, then half and half.
fn behaviour(dice: &mut Dice, began: Instant) -> Behaviour {
    let took = ms(1 + dice.below(900));
    let badly = match began.elapsed().as_secs() / 60 % 4 {
        0 => 50,
        1 => 1,
        2 => 2,
        _ => 4,
    };
    if !dice.is_one_in(badly) {
        return Behaviour::Answers(took);
    }
    match dice.below(8) {
        0 => Behaviour::Hangs,
        1 => Behaviour::Panics,
        2 => Behaviour::Fails(took, ConnectorError::ContractBroken),
        3 => Behaviour::Fails(took, ConnectorError::Status(503)),
        _ => Behaviour::Fails(took, ConnectorError::Unreachable),
    }
}

async fn schedule(seed: u64) {
    let mut dice = Dice(seed);
    let (began, behaviours) = (Instant::now(), Mutex::new(Dice(!seed)));
    let settings = GateLimits { hedge: seed.is_multiple_of(2), ..limits(CONCURRENCY, WAITING) };
    let stub = Stub::new(settings, move |_| behaviour(&mut behaviours.lock().expect("unpoisoned"), began));
    let witness: Arc<Witness> = Arc::default();
    let mut tasks = JoinSet::new();
    let mut handles = Vec::new();
    for number in 0..2000 {
        match dice.below(40) {
            0 => drop(stub.gate.switch_off()),
            1..4 => drop(stub.gate.switch_on()),
            4 if dice.is_one_in(10) => stub.gate.cut_off(),
            5 if dice.is_one_in(4) && stub.gate.reset() => witness.forget(&stub),
            6..12 if !handles.is_empty() => {
                let chosen = usize::try_from(dice.below(handles.len() as u64)).expect("few");
                let given_up: tokio::task::AbortHandle = handles.swap_remove(chosen);
                given_up.abort();
            }
            _ => {
                let limit = ms(1 + dice.below(3000));
                let asker = asker(Arc::clone(&stub), Arc::clone(&witness), number, limit, seed);
                handles.push(tasks.spawn(asker));
            }
        }
        witness.look(&stub, seed);
        if dice.is_one_in(3) {
            tokio::task::yield_now().await;
        } else {
            pass_time(ms(dice.below(200))).await;
        }
        while let Some(ended) = tasks.try_join_next() {
            assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()), "seed {seed}");
        }
    }
    while let Some(ended) = tasks.join_next().await {
        assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()), "seed {seed}");
    }
    let standing = stub.standing();
    assert_eq!((standing.in_use, standing.waiting), (0, 0), "seed {seed}: nothing is lost");
    assert!(witness.let_in.lock().expect("unpoisoned").is_sorted(), "seed {seed}: nobody was overtaken in the line");
    stub.gate.switch_on();
    stub.gate.reset();
    assert!(stub.calls() > 100, "seed {seed}: something was asked: {}", stub.calls());
}

#[tokio::test(start_paused = true)]
async fn under_any_schedule_room_is_returned_the_line_is_fair_and_the_breaker_keeps_its_law() {
    for seed in 0..8 {
        schedule(seed).await;
    }
}
