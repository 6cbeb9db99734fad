//! The waiting room with crowds that are made up from a seed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const BEGAN: i64 = 1_795_338_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(BEGAN + ms).expect("a time")
}

fn arrival(ms: i64, chance: u64) -> Arrival {
    Arrival { at_ms: BEGAN + ms, chance }
}

/// Chance from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn ms(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).expect("a small number")
    }
}

/// Somebody of a crowd.
#[derive(Clone, Copy)]
struct Person {
    arrival: Arrival,
    /// When they close the page, in milliseconds.
    leaves: i64,
}

/// What became of a crowd: the round in which each person entered, by arrival, and all who gave up.
struct Story {
    entered: BTreeMap<Arrival, u32>,
    gone: BTreeSet<Arrival>,
    rounds: u32,
    closed: bool,
}

/// Lets a crowd come and ask again and again, each in their own time, until nobody is left or the time is up.
fn play(seed: u64, persons: &[Person], pressure: impl Fn(i64) -> Pressure, until: i64) -> Story {
    let mut chance = Chance(seed);
    let mut room = WaitingRoom::new(8);
    assert_eq!(room.look(at(0), Pressure::High), Some(Change::Opened));
    let mut asks: BTreeSet<(i64, usize)> =
        persons.iter().enumerate().map(|(who, p)| (p.arrival.at_ms - BEGAN, who)).collect();
    let mut story = Story { entered: BTreeMap::new(), gone: BTreeSet::new(), rounds: 0, closed: false };
    let mut round_ends = room.open.as_ref().map(|open| open.round_ends);
    while let Some((now, who)) = asks.pop_first().filter(|(now, _)| *now < until) {
        let Person { arrival, leaves } = persons[who];
        if now >= leaves {
            story.gone.insert(arrival);
            continue;
        }
        story.closed |= matches!(room.look(at(now), pressure(now)), Some(Change::Closed(_)));
        let ends = room.open.as_ref().map(|open| open.round_ends);
        if ends != round_ends {
            (round_ends, story.rounds) = (ends, story.rounds + 1);
        }
        match room.ask(arrival) {
            Answer::Enter => assert!(story.entered.insert(arrival, story.rounds).is_none()),
            // A page asks again on time, or somebody loads it again before, or the network is slow.
            Answer::Wait => {
                asks.insert((now + 1000 * i64::from(ASK_AGAIN_S) - 9000 + chance.ms(14_000), who));
            }
        }
        assert!(room.open.as_ref().is_none_or(|open| open.waiting.len() <= MOST_PER_ROUND as usize));
    }
    story
}

fn crowd(seed: u64, count: usize, within_ms: u64, leaving_in_hundred: u64) -> Vec<Person> {
    let mut chance = Chance(seed);
    (0..count)
        .map(|_| {
            let came = chance.ms(within_ms);
            let stays = if chance.below(100) < leaving_in_hundred { chance.ms(60_000) } else { i64::MAX / 2 };
            Person { arrival: arrival(came, chance.below(u64::MAX)), leaves: came + stays }
        })
        .collect()
}

fn assert_in_order(seed: u64, story: &Story) {
    let mut latest = 0;
    for (arrival, round) in &story.entered {
        assert!(*round >= latest, "seed {seed}: {arrival:?} entered in round {round}, a later one in {latest}");
        latest = latest.max(*round);
    }
}

#[test]
fn whoever_came_first_enters_first_whatever_the_crowd_does() {
    for seed in 1..=40 {
        let persons = crowd(seed, 400, 240_000, 40);
        let pressure = |now| match now / 60_000 % 4 {
            0 | 2 => Pressure::Middling,
            1 => Pressure::High,
            _ => Pressure::Full,
        };
        let story = play(seed, &persons, pressure, 20_000_000);
        assert_in_order(seed, &story);
        assert_eq!(story.entered.len() + story.gone.len(), persons.len(), "seed {seed}: somebody waits for ever");
        assert!(story.entered.len() > 200, "seed {seed}");
    }
}

#[test]
fn the_simulation_tells_when_somebody_overtakes() {
    let story = Story {
        entered: [(arrival(0, 1), 3), (arrival(1, 1), 2)].into(),
        gone: BTreeSet::new(),
        rounds: 3,
        closed: false,
    };
    assert!(std::panic::catch_unwind(|| assert_in_order(0, &story)).is_err());
}

#[test]
fn a_crowd_of_one_moment_is_let_in_by_and_by_and_then_nobody_waits() {
    let persons = crowd(7, 3000, 5_000, 0);
    let story = play(7, &persons, |now| if now < 60_000 { Pressure::High } else { Pressure::Low }, 20_000_000);
    assert_in_order(7, &story);
    assert_eq!(story.entered.len(), 3000);
    assert!(story.closed && story.rounds > 10, "not all at once when the pressure has gone: {} rounds", story.rounds);
}

#[test]
fn those_who_went_away_hold_nobody_up() {
    let mut room = WaitingRoom::new(10);
    assert_eq!(room.look(at(0), Pressure::High), Some(Change::Opened));
    let all: Vec<_> = (0..100).map(|number| arrival(number, 1)).collect();
    let let_in =
        |room: &mut WaitingRoom, of: &[Arrival]| of.iter().filter(|one| room.ask(**one) == Answer::Enter).count();
    assert_eq!(let_in(&mut room, &all), 10, "the room is new: the first ones enter at once");
    // Everybody asked; of those who wait, the earlier half closes the page.
    let staying = &all[55..];
    assert_eq!(room.look(at(20_000), Pressure::Middling), None);
    assert_eq!(let_in(&mut room, staying), 0, "the round is kept for those who were there");
    assert_eq!(room.look(at(40_000), Pressure::Middling), None);
    assert_eq!(let_in(&mut room, staying), 10, "one round later those who are gone are forgotten");
    assert_eq!(room.ask(all[20]), Answer::Enter, "one who comes back after all was there before");
}

#[test]
fn who_asks_in_a_hurry_takes_one_place() {
    let mut room = WaitingRoom::new(2);
    room.look(at(0), Pressure::Full);
    for _ in 0..1000 {
        assert_eq!(room.ask(arrival(0, 1)), Answer::Wait);
    }
    assert_eq!((room.ask(arrival(1, 1)), room.ask(arrival(2, 1))), (Answer::Wait, Answer::Wait));
    room.look(at(20_000), Pressure::Middling);
    let answers = [0, 1, 2].map(|number| room.ask(arrival(number, 1)));
    assert_eq!(answers, [Answer::Enter, Answer::Enter, Answer::Wait]);
}

#[test]
fn the_rate_follows_the_pressure() {
    let mut room = WaitingRoom::new(64);
    room.look(at(0), Pressure::High);
    let mut rates = Vec::new();
    let mut share_of = |round: i64, pressure| {
        // More than may enter keep waiting.
        for number in 0..5000 {
            room.ask(arrival(1_000_000 + number, 1));
        }
        assert_eq!(room.look(at(20_000 * round), pressure), None);
        let open = room.open.as_ref().expect("open");
        rates.push((open.rate, open.left / 2));
    };
    for (round, pressure) in
        (1..).zip([Pressure::High, Pressure::Middling, Pressure::Full, Pressure::Low, Pressure::Low, Pressure::High])
    {
        share_of(round, pressure);
    }
    assert_eq!(rates, [(32, 32), (32, 32), (16, 0), (24, 24), (36, 36), (18, 18)]);
}

#[test]
fn it_opens_under_high_pressure_alone_and_closes_only_when_that_has_gone_and_nobody_waits() {
    let mut room = WaitingRoom::new(1);
    for pressure in [Pressure::Low, Pressure::Middling, Pressure::Low] {
        assert_eq!((room.look(at(0), pressure), room.is_open()), (None, false));
        assert_eq!(room.ask(arrival(0, 1)), Answer::Enter);
    }
    assert_eq!(room.look(at(0), Pressure::High), Some(Change::Opened));
    assert_eq!(room.look(at(10), Pressure::High), None, "told once");
    let persons = [1, 2, 3, 4].map(|number| arrival(number, 1));
    assert_eq!(persons.map(|person| room.ask(person)), [Answer::Enter, Answer::Wait, Answer::Wait, Answer::Wait]);
    assert_eq!(room.look(at(20_000), Pressure::Middling), None);
    assert_eq!(room.ask(persons[1]), Answer::Enter);
    assert_eq!([persons[2], persons[3]].map(|person| room.ask(person)), [Answer::Wait; 2]);
    assert_eq!(room.look(at(30_000), Pressure::Low), None, "not in the middle of a round");
    let closed = room.look(at(40_000), Pressure::Low);
    assert_eq!(closed, Some(Change::Closed(Account { let_in: 2, most_waiting: 3 })), "two may enter now, and two wait");
    assert!(!room.is_open());
    let many = WaitingRoom::new(0).first_rate;
    assert_eq!(many, 1, "somebody can always enter");
}

#[test]
fn while_it_is_full_nobody_enters_and_those_whose_turn_it_was_keep_it() {
    let mut room = WaitingRoom::new(2);
    room.look(at(0), Pressure::Full);
    let [first, second] = [arrival(0, 1), arrival(1, 1)];
    assert_eq!((room.ask(first), room.ask(second)), (Answer::Wait, Answer::Wait));
    room.look(at(20_000), Pressure::Middling);
    assert_eq!(room.ask(first), Answer::Enter);
    room.look(at(40_000), Pressure::Full);
    assert_eq!(room.ask(second), Answer::Wait);
    room.look(at(60_000), Pressure::Middling);
    assert_eq!((room.ask(second), room.ask(arrival(2, 1))), (Answer::Enter, Answer::Wait));
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_for_longer_than_a_round() {
    let mut room = WaitingRoom::new(1);
    room.look(at(10_000_000), Pressure::Full);
    assert_eq!(room.ask(arrival(0, 1)), Answer::Wait);
    room.look(at(0), Pressure::Middling);
    assert_eq!(room.ask(arrival(0, 1)), Answer::Enter);
}
