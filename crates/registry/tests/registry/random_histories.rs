//! Whatever anybody tries in whatever order: no version reaches citizens without a second person, and what is on record is
//! all there is.

use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::Timestamp;
use overblik_registry::{
    Actor, ActorKind, Change, Digest, IndexId, Municipalities, Record, Registry, Share, Slug, Source, Subject,
    VersionState, Window,
    testing::{at, authority, line, machine_of, operator, operator_machine, person_of, slug},
};

use crate::random::Random;

const HISTORIES: u64 = 50;
const TRIES: u64 = 700;

fn actors() -> Vec<Actor> {
    vec![
        machine_of("first", "ci"),
        person_of("first", "pia"),
        machine_of("second", "ci"),
        operator_machine("robot"),
        operator("anna"),
        operator("bo"),
        Actor { kind: ActorKind::Command, ..operator("carl") },
    ]
}

fn propose(random: &mut Random, name: &Slug) -> Change {
    let domain = *random.one_of(&["one.example", "two.example"]);
    Change::AuthorityProposed { authority: authority(name, "90000001", domain) }
}

/// Some change: mostly one that could fit, as nothing would ever happen otherwise, and often one that does not.
fn some_change(random: &mut Random, registry: &Registry, now: Timestamp) -> Change {
    let names = [slug("first"), slug("second")];
    let source = random.one_of(&[slug("alpha"), slug("beta")]).clone();
    let found = registry.source(&source);
    let some_version = 1 + u32::try_from(random.below(6)).expect("small");
    let newest = found.and_then(|found| found.newest()).map_or(1, |version| version.number);
    let version = if random.below(4) > 0 { newest } else { some_version };
    let files = |random: &mut Random| Digest::of_blob(&[u8::try_from(random.below(4)).expect("small")]);
    let known = found.and_then(|found| found.versions.get(&version)).map(|version| version.bundle);
    let bundle = known.filter(|_| random.below(8) > 0).unwrap_or_else(|| files(random));
    let some_record = 1 + random.below(registry.head().number + 1);
    let (reason, client) = (line("for a reason"), slug("portal"));
    let name = random.one_of(&names).clone();
    // Half of the time the next step on a version's way, by whomever: few would ever come to its end by chance alone.
    let next_step = match found.and_then(|found| found.newest()).map(|version| version.state) {
        _ if random.below(2) == 0 => None,
        Some(VersionState::Checked) => Some(7),
        Some(VersionState::Tested) => Some(10),
        Some(VersionState::Submitted) => Some(13),
        Some(VersionState::Approved) => Some(17),
        _ => Some(3),
    };
    match next_step.unwrap_or_else(|| random.below(26)) {
        0 => propose(random, &name),
        1 => {
            let pending = registry.authority_entry(&name).and_then(|entry| entry.pending.as_ref());
            let proposal = pending.map_or(some_record, |pending| pending.proposed.record);
            Change::AuthorityApproved { authority: name, proposal }
        }
        2 => Change::AuthorityRejected { authority: name, proposal: some_record, reason },
        3..=6 => {
            let version = found.filter(|_| random.below(5) > 0).map_or(some_version, Source::number_to_push);
            let authority = found.filter(|_| random.below(5) > 0).map_or(name, |found| found.authority.clone());
            let mistakes = u32::from(random.below(4) == 0);
            Change::Pushed { source, authority, version, bundle: files(random), mistakes }
        }
        7..=9 => Change::Tested { source, version, bundle, report: bundle, passed: random.below(4) > 0 },
        10..=12 => {
            let share = (random.below(4) == 0).then(|| Share::try_from(30).expect("a share"));
            Change::Submitted { source, version, bundle, share, note: None }
        }
        13..=15 => Change::Approved { source, version, bundle },
        16 => Change::Refused { source, version, bundle, reason },
        17..=19 => {
            let share = if random.below(2) == 0 { 100 } else { 1 + u8::try_from(random.below(100)).expect("small") };
            Change::Released { source, version, share: Share::try_from(share).expect("a share") }
        }
        20 => {
            let (from, to) = (found.and_then(|found| found.main).unwrap_or(version), some_version);
            Change::RolledBack { source, from: *random.one_of(&[from, version]), to }
        }
        21 => {
            let until = (random.below(2) == 0).then(|| now + std::time::Duration::from_secs(random.below(50)));
            Change::Suspended { source, reason, until }
        }
        22 => Change::Resumed { source },
        23 => {
            let window = Window {
                from: now,
                to: at(i64::try_from(random.below(3000)).expect("small")),
                text: overblik_registry::Texts { da: line("a"), en: line("b") },
            };
            match random.below(3) {
                0 => Change::WindowsSet { source, windows: vec![window] },
                1 => {
                    let index = IndexId::parse(format!("{:032x}", random.below(1000))).expect("a name");
                    Change::IndexLoaded { source, index, entries: random.below(3), expires: window.to }
                }
                _ => Change::IndexDropped { source },
            }
        }
        24 if random.below(10) == 0 => Change::VersionRetired { source, version, reason },
        24 => match random.below(3) {
            0 => Change::AgreementProposed { source, display_client: client, municipalities: Municipalities::All },
            1 => {
                let pending = found.and_then(|found| found.agreements.get(&client)?.pending.as_ref());
                let proposal = pending.map_or(some_record, |pending| pending.proposed.record);
                Change::AgreementApproved { source, display_client: client, proposal }
            }
            _ => Change::AgreementEnded { source, display_client: client, reason },
        },
        _ if random.below(200) == 0 => Change::SourceRetired { source, reason },
        _ => Change::AgreementRejected { source, display_client: client, proposal: some_record, reason },
    }
}

/// Looks at the records alone, as the rules do not: each live version has these very files from a push, a test that they
/// passed, and the approval of an operator's person who is in none of the records before it; and as many citizens as that
/// was for, or as another such person released it to.
fn assert_four_eyes(registry: &Registry) {
    for source in registry.sources() {
        let live: Vec<_> = source.versions.values().filter(|version| version.state == VersionState::Live).collect();
        let named: Vec<_> = source.main.into_iter().chain(source.beside.map(|(number, _)| number)).collect();
        assert_eq!(live.len(), named.len());
        assert!(live.iter().all(|version| named.contains(&version.number)), "two at most, and both named");
        for version in live {
            let records = registry.history_of(Subject::Source(&source.slug));
            let mut hands = Vec::new();
            let (mut pushed, mut passed, mut approved) = (None, None, None);
            let (mut submitted, mut given) = (100, 0);
            for record in records {
                match &record.change {
                    Change::Pushed { version: number, bundle, mistakes, .. } if *number == version.number => {
                        (pushed, passed) = (Some((*bundle, *mistakes)), None);
                        hands.push(&record.actor.id);
                        assert!(record.actor.may_touch(&source.authority));
                    }
                    Change::Tested { version: number, bundle, passed: well, .. } if *number == version.number => {
                        passed = well.then_some(*bundle);
                        hands.push(&record.actor.id);
                    }
                    Change::Submitted { version: number, share, .. } if *number == version.number => {
                        hands.push(&record.actor.id);
                        submitted = share.map_or(100, Share::per_cent);
                    }
                    Change::Released { version: number, share, .. }
                        if *number == version.number
                            && record.actor.is_operator()
                            && record.actor.kind == ActorKind::Person
                            && !hands.contains(&&record.actor.id) =>
                    {
                        given = given.max(share.per_cent());
                    }
                    Change::Approved { version: number, bundle, .. } if *number == version.number => {
                        assert!(record.actor.is_operator() && record.actor.kind == ActorKind::Person);
                        assert!(!hands.contains(&&record.actor.id), "one person alone");
                        (approved, given) = (Some(*bundle), submitted);
                    }
                    _ => {}
                }
            }
            assert_eq!(pushed, Some((version.bundle, 0)));
            assert_eq!((passed, approved), (Some(version.bundle), Some(version.bundle)));
            let seen_by = match source.beside {
                Some((beside, share)) if beside == version.number => share.per_cent(),
                _ => 100,
            };
            assert!(seen_by <= given, "version {} was approved for {given}, and {seen_by} see it", version.number);
        }
    }
    for (_, entry) in registry.authorities() {
        if let Some(current) = &entry.current {
            assert!(current.approved.by.is_operator() && current.approved.by.id != current.proposed.by.id);
        }
    }
}

#[test]
fn r47_no_order_of_changes_brings_a_version_to_citizens_without_a_second_person() {
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let actors = actors();
    let (mut accepted, mut lives, mut shares) = (0, 0, 0);
    // Chance may have it that few come as far as citizens: then there are more.
    let (mut histories, mut says_something) = (0, false);
    while histories < HISTORIES || (!says_something && histories < 10 * HISTORIES) {
        histories += 1;
        let mut registry = Registry::default();
        let mut now = at(0);
        for _ in 0..TRIES {
            now += std::time::Duration::from_secs(random.below(3));
            let change = some_change(&mut random, &registry, now);
            let actor = random.one_of(&actors).clone();
            let record = Record::next(registry.head(), now, actor, change);
            let before = registry.head();
            if registry.apply(record.clone()).is_err() {
                assert_eq!(registry.head(), before);
                continue;
            }
            accepted += 1;
            if matches!(record.change, Change::Released { .. } | Change::RolledBack { .. }) {
                assert_four_eyes(&registry);
                lives += 1;
                shares += usize::from(registry.sources().any(|source| source.beside.is_some()));
            }
        }
        assert_four_eyes(&registry);
        let written: Vec<_> = registry.history().iter().map(|record| record.to_line()).collect();
        let again = written.iter().map(|line| Record::from_line(line).expect("what was written is read"));
        assert_eq!(Registry::fold(again).as_ref(), Ok(&registry), "what is on record is all there is");
        says_something = lives > 100 && shares > 10;
    }
    println!("{accepted} of {} accepted; {lives} times to citizens, {shares} times to a share", histories * TRIES);
    assert!(says_something, "the histories came far enough to say something: {lives}, {shares}");
}
