//! The table of rules, cell by cell: every change, by everybody, in every state of a version.

use super::*;
use crate::{
    change::{IndexId, Municipalities, Share},
    digest::Digest,
    record::Record,
    testing::{at, libraries, library, line, machine_of, operator, operator_machine, person_of, slug},
};

/// Who may make a change, then in which states of the version: draft, checked, tested, submitted, approved, refused, live,
/// replaced, retired. Written apart from the rules, so that a slip in one of the two is found.
///
/// Of those who act: the authority's `m`achine and `p`erson; the operator's `M`achine, `P`erson, person at the `C`ommand
/// line, and the person who had a `h`and in it. About the authority, an operator's proposal waits.
const TABLE: [(&str, &str, &str); 21] = [
    // change                who       D C T S A F L R X
    ("authority_proposed", "MPCh", "x x x x x x x x x"),
    ("authority_approved", "P", "x x x x x x x x x"),
    ("authority_rejected", "MPCh", "x x x x x x x x x"),
    ("pushed", "mpMPCh", "x x x - x x x x x"),
    ("tested", "mpMPCh", "- x x - - - - - -"),
    ("submitted", "mpMPCh", "- - x - - - - - -"),
    ("approved", "P", "- - - x - - - - -"),
    ("refused", "MPCh", "- - - x - - - - -"),
    ("released", "mpMPCh", "- - - - x - x - -"),
    ("rolled_back", "mpMPCh", "- - - - - - x - -"),
    ("suspended", "mpMPCh", "x x x x x x x x x"),
    ("resumed", "mpMPCh", "x x x x x x x x x"),
    ("windows_set", "mpMPCh", "x x x x x x x x x"),
    ("index_loaded", "mpMPCh", "x x x x x x x x x"),
    ("index_dropped", "mpMPCh", "x x x x x x x x x"),
    ("version_retired", "mpMPCh", "x x x x x - x x -"),
    ("source_retired", "mpMPCh", "x x x x x x x x x"),
    ("agreement_proposed", "mpMPCh", "x x x x x x x x x"),
    ("agreement_approved", "P", "x x x x x x x x x"),
    ("agreement_rejected", "mpMPCh", "x x x x x x x x x"),
    ("agreement_ended", "mpMPCh", "x x x x x x x x x"),
];

const OWN: &str = "birkerup-libraries";
/// The operator's person who had a hand in everything.
const HAND: &str = "hanne";

fn actors() -> [(char, Actor); 8] {
    let command = Actor { kind: ActorKind::Command, ..operator("carl") };
    [
        ('m', machine_of(OWN, "ci")),
        ('p', person_of(OWN, "pia")),
        ('M', operator_machine("robot")),
        ('P', operator("bo")),
        ('C', command),
        ('h', operator(HAND)),
        ('f', machine_of("other", "ci")),
        ('f', person_of("other", "olga")),
    ]
}

fn bundle(number: u8) -> Digest {
    Digest::of_blob(&[number])
}

fn index_loaded(expires: Timestamp) -> Change {
    let index = IndexId::parse("0123456789abcdef0123456789abcdef").expect("a name");
    Change::IndexLoaded { source: library(), index, entries: 3, expires }
}

struct World(Registry);

impl World {
    fn then(&mut self, actor: Actor, change: Change) -> u64 {
        let record = Record::next(self.0.head(), at(0), actor, change);
        self.0.apply(record).expect("allowed");
        self.0.head().number
    }

    fn versions_until(&mut self, version: u32, state: VersionState) {
        use VersionState::{Approved, Checked, Draft, Live, Refused, Replaced, Retired, Submitted, Tested};
        let (source, files) = (library(), bundle(u8::try_from(version).expect("small")));
        let way = [Draft, Checked, Tested, Submitted, Approved, Live];
        let end = match state {
            Refused => Submitted,
            Replaced => Live,
            Retired => Draft,
            other => other,
        };
        for step in way.into_iter().filter(|step| *step <= end && (*step != Refused)) {
            let source = source.clone();
            let pushed = |mistakes| Change::Pushed {
                source: source.clone(),
                authority: slug(OWN),
                version,
                bundle: files,
                mistakes,
            };
            let (actor, change) = match step {
                Draft => (operator(HAND), pushed(1)),
                Checked => (operator(HAND), pushed(0)),
                Tested => {
                    (operator(HAND), Change::Tested { source, version, bundle: files, report: files, passed: true })
                }
                Submitted => {
                    (operator(HAND), Change::Submitted { source, version, bundle: files, share: None, note: None })
                }
                Approved => (operator("anna"), Change::Approved { source, version, bundle: files }),
                _ => {
                    let share = Share::try_from(if version == 1 { 100 } else { 10 }).expect("a share");
                    (operator("anna"), Change::Released { source, version, share })
                }
            };
            self.then(actor, change);
        }
        let reason = line("for a reason");
        match state {
            Refused => self.then(operator("anna"), Change::Refused { source, version, bundle: files, reason }),
            Replaced => self.then(operator("anna"), Change::RolledBack { source, from: version, to: 1 }),
            Retired => self.then(operator("anna"), Change::VersionRetired { source, version, reason }),
            _ => 0,
        };
        assert_eq!(self.0.source("library").expect("a source").versions[&version].state, state);
    }

    /// A source with a version that citizens see, and a second one in this state; everything else waits for a decision.
    fn with(state: VersionState) -> Self {
        let mut world = Self(Registry::default());
        let authority = libraries().slug;
        let proposal = world.then(operator(HAND), Change::AuthorityProposed { authority: libraries() });
        world.then(operator("anna"), Change::AuthorityApproved { authority, proposal });
        world.versions_until(1, VersionState::Live);
        world.versions_until(2, state);
        for side in [operator("anna"), person_of(OWN, "pia")] {
            let suspended = Change::Suspended { source: library(), reason: line("for a reason"), until: None };
            world.then(side, suspended);
        }
        world.then(machine_of(OWN, "ci"), index_loaded(at(1)));
        let agree = |client| Change::AgreementProposed {
            source: library(),
            display_client: slug(client),
            municipalities: Municipalities::All,
        };
        let proposal = world.then(operator(HAND), agree("agreed"));
        let display_client = slug("agreed");
        world.then(operator("anna"), Change::AgreementApproved { source: library(), display_client, proposal });
        world.then(operator(HAND), agree("portal"));
        world.then(operator(HAND), Change::AuthorityProposed { authority: libraries() });
        world
    }

    /// One change of each kind, about the second version where it names one.
    fn changes(&self) -> Vec<Change> {
        let (source, version, reason) = (library(), 2, line("for a reason"));
        let (authority, display_client) = (slug(OWN), slug("portal"));
        let found = self.0.source("library").expect("a source");
        let files = bundle(2);
        let (own, agreement) = (self.0.head().number, self.0.head().number - 1);
        vec![
            Change::AuthorityProposed { authority: libraries() },
            Change::AuthorityApproved { authority: authority.clone(), proposal: own },
            Change::AuthorityRejected { authority: authority.clone(), proposal: own, reason: reason.clone() },
            Change::Pushed {
                source: source.clone(),
                authority,
                version: found.number_to_push(),
                bundle: bundle(9),
                mistakes: 0,
            },
            Change::Tested { source: source.clone(), version, bundle: files, report: files, passed: false },
            Change::Submitted { source: source.clone(), version, bundle: files, share: None, note: None },
            Change::Approved { source: source.clone(), version, bundle: files },
            Change::Refused { source: source.clone(), version, bundle: files, reason: reason.clone() },
            Change::Released { source: source.clone(), version, share: Share::ALL },
            Change::RolledBack { source: source.clone(), from: version, to: 1 },
            Change::Suspended { source: source.clone(), reason: reason.clone(), until: None },
            Change::Resumed { source: source.clone() },
            Change::WindowsSet { source: source.clone(), windows: Vec::new() },
            index_loaded(at(9)),
            Change::IndexDropped { source: source.clone() },
            Change::VersionRetired { source: source.clone(), version, reason: reason.clone() },
            Change::SourceRetired { source: source.clone(), reason: reason.clone() },
            Change::AgreementProposed {
                source: source.clone(),
                display_client: slug("new"),
                municipalities: Municipalities::All,
            },
            Change::AgreementApproved {
                source: source.clone(),
                display_client: display_client.clone(),
                proposal: agreement,
            },
            Change::AgreementRejected {
                source: source.clone(),
                display_client,
                proposal: agreement,
                reason: reason.clone(),
            },
            Change::AgreementEnded { source, display_client: slug("agreed"), reason },
        ]
    }
}

fn kind(change: &Change) -> String {
    serde_json::to_value(change).expect("JSON")["kind"].as_str().expect("a kind").to_owned()
}

#[test]
fn r46_r47_every_change_by_everybody_in_every_state_is_as_the_table_says() {
    for (column, state) in VersionState::ALL.into_iter().enumerate() {
        let world = World::with(state);
        let changes = world.changes();
        assert_eq!(changes.iter().map(kind).collect::<Vec<_>>(), TABLE.map(|(kind, _, _)| kind.to_owned()));
        for (change, (kind, who, states)) in changes.iter().zip(TABLE) {
            let in_state = states.split(' ').nth(column) == Some("x");
            for (letter, actor) in actors() {
                let found = world.0.check(&actor, at(0), change);
                let expected = match (letter, who.contains(letter), in_state) {
                    ('f', ..) => matches!(found, Err(Refusal::NotFound { .. })),
                    (_, true, true) => found.is_ok(),
                    // A push names no state; what waits for approval is in its way.
                    (_, true, false) => matches!(found, Err(Refusal::WrongState { .. } | Refusal::Conflict(_))),
                    ('h', false, true) => matches!(found, Err(Refusal::SecondPerson { .. })),
                    ('h', false, false) => matches!(found, Err(Refusal::WrongState { .. })),
                    (_, false, _) => matches!(found, Err(Refusal::NotAllowed(_))),
                };
                assert!(expected, "{kind} of a version that is {state} by {}: {found:?}", actor.id);
                let record = Record::next(world.0.head(), at(0), actor, change.clone());
                let applied = world.0.clone().apply(record);
                assert_eq!(applied.is_ok(), found.is_ok(), "what is refused is not folded either");
            }
        }
    }
}

#[test]
fn r47_an_authority_s_program_does_not_keep_operators_from_taking_its_key_away() {
    let mut world = World(Registry::default());
    let (authority, ci) = (libraries().slug, machine_of(OWN, "ci"));
    let proposed = Change::AuthorityProposed { authority: libraries() };
    let rejected = |proposal| Change::AuthorityRejected { authority: slug(OWN), proposal, reason: line("no") };
    let proposal = world.then(operator(HAND), proposed.clone());
    world.then(operator("anna"), Change::AuthorityApproved { authority: authority.clone(), proposal });
    for _ in 0..2 {
        let own = world.then(ci.clone(), proposed.clone());
        world.then(ci.clone(), rejected(own));
    }
    world.then(ci.clone(), proposed.clone());
    let without_keys = crate::authority::Authority { clients: std::collections::BTreeMap::new(), ..libraries() };
    let proposal = world.then(operator(HAND), Change::AuthorityProposed { authority: without_keys });
    for change in [proposed, rejected(proposal)] {
        let found = world.0.check(&ci, at(0), &change);
        assert!(matches!(found, Err(Refusal::NotAllowed(_))), "{found:?}");
    }
    world.then(operator("anna"), Change::AuthorityApproved { authority, proposal });
}

#[test]
fn nothing_is_done_to_what_is_retired_or_was_never_there() {
    let mut world = World::with(VersionState::Tested);
    let changes = world.changes();
    let empty = Registry::default();
    for change in &changes {
        let found = empty.check(&operator("bo"), at(0), change);
        let first = matches!(change, Change::AuthorityProposed { .. });
        assert!(found.is_ok() == first, "{change:?}: {found:?}");
    }
    world.then(operator("bo"), Change::SourceRetired { source: library(), reason: line("closed") });
    for change in changes.iter().filter(|change| matches!(change.subject(), Subject::Source(_))) {
        let found = world.0.check(&operator("bo"), at(0), change).expect_err("retired");
        assert_eq!(found.to_string(), "library is retired, and stays so; a new source has a new name");
    }
}

#[test]
fn r47_an_unknown_member_is_refused_wherever_a_change_is_read() {
    let world = World::with(VersionState::Tested);
    for change in world.changes() {
        let good = serde_json::to_value(&change).expect("JSON");
        assert_eq!(serde_json::from_value::<Change>(good.clone()).expect("itself"), change);
        let mut more = good.clone();
        more["approved"] = true.into();
        assert!(serde_json::from_value::<Change>(more).is_err(), "{good}");
    }
    let proposed = Change::AuthorityProposed { authority: libraries() };
    let mut more = serde_json::to_value(&proposed).expect("JSON");
    more["authority"]["clients"]["ci"] = serde_json::json!({ "keys": [{ "kty": "EC", "kid": "a", "d": "private" }] });
    let error = serde_json::from_value::<Change>(more).expect_err("a private key");
    assert!(error.to_string().contains("unknown field `d`"), "{error}");
}

#[test]
fn the_table_of_the_guide_is_this_one() {
    let guide = include_str!("../../../../docs/registry.md");
    for (change, who, states) in TABLE {
        let who = match who {
            // In the table an operator's proposal waits, which is the operators' to decide.
            _ if change == "authority_proposed" || change == "authority_rejected" => "authority, operator",
            "P" => "another person of the operator's",
            "MPCh" => "operator",
            _ => "authority, operator",
        };
        let cells = states.split(' ').zip(VersionState::ALL);
        let states: Vec<_> =
            cells.filter(|(cell, _)| *cell == "x").map(|(_, state)| serde_json::json!(state)).collect();
        // A change that names no version is made in any state, and a push makes its own version.
        let is_limited = states.len() < VersionState::ALL.len() && change != "pushed";
        let names: Vec<_> = states.iter().filter_map(serde_json::Value::as_str).collect();
        let states = if is_limited { format!(" {} ", names.join(", ")) } else { " ".to_owned() };
        let row = format!("| `{change}` | {who} |{states}|\n");
        assert!(guide.contains(&row), "{row}");
    }
    let rows = guide.lines().skip_while(|line| !line.starts_with("| change |")).skip(2);
    assert_eq!(rows.take_while(|line| line.starts_with('|')).count(), TABLE.len(), "and no row is of another change");
}
