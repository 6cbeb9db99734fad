//! Sessions over a store that somebody else can read and change.

use std::{sync::Arc, time::Duration};

use overblik_connectors::Pseudonym;
use overblik_widgets::AssuranceLevel;

use super::{
    Identity, LoginAttempt, Owner, PortalAccess, SessionKey, SessionLimits, Viewing,
    conformance::{IDLE, ROOM, TestClock},
    console::Colleague,
    current::viewing,
    master_keys::{KeyId, KeyRing, MasterKey, MasterKeys},
    memory::MemorySessionStore,
    sealing::Ticket,
    sessions::{Activity, Sessions},
    specimen,
    store::{Creation, SessionRecord, SessionStore},
};

struct World {
    sessions: Sessions,
    store: Arc<MemorySessionStore>,
    time: TestClock,
}

fn world() -> World {
    let time = TestClock::default();
    let store = Arc::new(MemorySessionStore::new(IDLE, ROOM, time.clock()));
    let limits = SessionLimits { idle: IDLE, absolute: Duration::from_hours(8) };
    let ring = KeyRing::new(MasterKeys::new(master("a"), vec![]));
    World { sessions: Sessions::new(Arc::clone(&store) as _, ring, limits, time.clock()), store, time }
}

fn master(id: &str) -> MasterKey {
    MasterKey::new(KeyId::parse(id).expect("an id"), [id.as_bytes()[0]; 32])
}

impl World {
    async fn begin(&self) -> Ticket {
        self.sessions.begin(&specimen::session(self.time.now())).await.expect("begun").expect("kept")
    }

    async fn opens(&self, ticket: &Ticket) -> bool {
        self.sessions.open(ticket, Activity::Counts).await.expect("an answer").is_some()
    }

    async fn record(&self, ticket: &Ticket) -> SessionRecord {
        let key = self.sessions.keys_of(ticket.id())[0];
        self.store.find(key).await.expect("an answer").expect("a record")
    }

    /// Puts a record in the place of a ticket's own.
    async fn replace(&self, ticket: &Ticket, record: SessionRecord) {
        let key = self.sessions.keys_of(ticket.id())[0];
        self.store.end(key).await.expect("ended");
        assert_eq!(self.store.create(key, record).await, Ok(Creation::Kept));
    }
}

#[tokio::test]
async fn r21_a_record_that_its_store_should_have_dropped_opens_nothing() {
    let time = TestClock::default();
    let store = Arc::new(MemorySessionStore::new(IDLE * 100, ROOM, time.clock()));
    let ring = KeyRing::new(MasterKeys::new(master("a"), vec![]));
    let limits = SessionLimits { idle: IDLE, absolute: Duration::from_hours(8) };
    let world = World { sessions: Sessions::new(Arc::clone(&store) as _, ring, limits, time.clock()), store, time };
    let ticket = world.begin().await;
    assert!(world.opens(&ticket).await);
    world.time.pass(i64::try_from(IDLE.as_secs()).expect("seconds"));
    assert!(world.store.find(world.sessions.keys_of(ticket.id())[0]).await.expect("an answer").is_some(), "still kept");
    assert!(!world.opens(&ticket).await);
}

#[tokio::test]
async fn r22_what_a_removed_key_sealed_is_not_live_though_the_store_still_holds_it() {
    let world = world();
    let ticket = world.begin().await;
    let opened = world.sessions.open_with_sections(&ticket, Activity::Counts).await.expect("an answer");
    let (opened, sections) = opened.expect("a session");
    let Viewing { viewer, .. } = viewing(opened, sections, world.time.clock().now());
    let live = async || world.sessions.is_live(&viewer).await.expect("an answer");
    assert!(live().await);
    world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![master("a")]));
    assert!(live().await, "a key that opens still");
    world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![]));
    assert!(world.store.find(viewer.session).await.expect("an answer").is_some(), "still kept");
    assert!(!live().await);
}

#[tokio::test]
async fn r19_a_record_said_to_be_sealed_under_another_key_opens_nothing() {
    let world = world();
    let ticket = world.begin().await;
    let mut record = world.record(&ticket).await;
    record.facts.sealed_under = KeyId::parse("b").expect("an id");
    world.replace(&ticket, record).await;
    assert!(!world.opens(&ticket).await);
}

#[tokio::test]
async fn r17_a_ticket_opens_its_session() {
    let world = world();
    let ticket = world.begin().await;
    let opened = world.sessions.open(&ticket, Activity::Counts).await.expect("an answer").expect("a session");
    let session = specimen::session(world.time.now());
    assert_eq!((opened.session.scope(), opened.session.name), (session.scope(), session.name));
    assert!(!world.opens(&Ticket::random()).await);
}

#[tokio::test]
async fn r19_a_dump_of_the_store_holds_nothing_of_the_citizen_nor_of_the_cookie() {
    let world = world();
    let ticket = world.begin().await;
    world.sessions.save_attempt("the-state", "the-secret", &attempt()).await.expect("saved");
    let record = world.record(&ticket).await;
    let dump = [format!("{:?}", world.store).as_bytes(), &record.sealed].concat();
    let holds = |text: &str| {
        let as_numbers = format!("{:?}", text.as_bytes());
        let as_numbers = as_numbers.trim_matches(['[', ']']);
        dump.windows(text.len()).any(|window| window == text.as_bytes())
            || String::from_utf8_lossy(&dump).contains(as_numbers)
    };
    let cookie = ticket.reveal();
    let (id, half) = cookie.split_at(42);
    for secret in
        ["6101010001", "610101-0001", "Bjærgøsen", "0901", id, half, "the-verifier", "the-nonce", "the-state", "sid-1"]
    {
        assert!(!holds(secret), "{secret}");
    }
    let index = master("a").pseudonym("https://login.example", "s-1");
    assert!(holds(&index.to_string()), "the control: the index is in the dump");
}

#[tokio::test]
async fn r19_what_was_changed_or_exchanged_in_the_store_is_no_session() {
    let world = world();
    let (ticket, other) = (world.begin().await, world.begin().await);
    let own = world.record(&ticket).await;
    let mut foreign_citizen = own.clone();
    foreign_citizen.facts.citizen = Pseudonym::from_keyed_hash([2; 16]);
    let mut longer = own.clone();
    longer.facts.ends = longer.facts.ends.checked_add(Duration::from_secs(1)).expect("a time");
    let mut later = own.clone();
    later.facts.started = later.facts.started.checked_add(Duration::from_secs(1)).expect("a time");
    let mut issued = own.clone();
    issued.facts.issued = issued.facts.issued.checked_add(Duration::from_secs(1)).expect("a time");
    let mut other_provider_session = own.clone();
    other_provider_session.facts.provider_session = None;
    let mut other_version = own.clone();
    other_version.version += 1;
    let mut damaged = own.clone();
    damaged.sealed[20] ^= 1;
    let mut empty = own.clone();
    empty.sealed.clear();
    let exchanged = world.record(&other).await;
    for (what, record) in [
        ("another citizen", foreign_citizen),
        ("a later end", longer),
        ("a later start", later),
        ("a token issued later", issued),
        ("no session at the provider", other_provider_session),
        ("another version", other_version),
        ("a flipped bit", damaged),
        ("nothing", empty),
        ("another session", exchanged),
    ] {
        world.replace(&ticket, record).await;
        assert!(!world.opens(&ticket).await, "{what}");
    }
    world.replace(&ticket, own).await;
    assert!(world.opens(&ticket).await, "the control");
}

#[tokio::test]
async fn r21_activity_is_written_once_a_minute_and_asking_by_itself_never() {
    let world = world();
    let ticket = world.begin().await;
    let begun = world.time.now();
    world.time.pass(59);
    assert!(world.opens(&ticket).await);
    assert_eq!(world.record(&ticket).await.facts.last_active, begun);
    world.time.pass(1);
    for _ in 0..2 {
        let asked = world.sessions.open(&ticket, Activity::DoesNotCount).await.expect("an answer").expect("a session");
        assert_eq!(asked.idle_end.duration_since(world.time.now()).as_secs(), 1140);
    }
    assert_eq!(world.record(&ticket).await.facts.last_active, begun);
    assert!(world.opens(&ticket).await);
    assert_eq!(world.record(&ticket).await.facts.last_active, world.time.now());
}

#[tokio::test]
async fn r22_the_first_key_seals_and_all_open_until_they_are_removed() {
    let world = world();
    let (before, ring) = (world.begin().await, world.sessions.ring());
    world.sessions.save_attempt("state", "secret", &attempt()).await.expect("saved");
    assert_eq!(ring.exchange(MasterKeys::new(master("b"), vec![master("a")])), []);
    let after = world.begin().await;
    assert!(world.opens(&before).await && world.opens(&after).await);
    assert!(world.sessions.take_attempt("state", "secret").await.expect("an answer").is_some(), "a login goes on");
    let gone = ring.exchange(MasterKeys::new(master("b"), vec![]));
    assert_eq!(gone, [KeyId::parse("a").expect("an id")]);
    assert!(!world.opens(&before).await);
    assert!(world.opens(&after).await);
    assert_eq!(world.sessions.end_sealed_under(&gone[0]).await.expect("ended").len(), 1);
    ring.exchange(MasterKeys::new(master("b"), vec![master("a")]));
    assert!(!world.opens(&before).await, "the key's return does not bring its sessions back");
}

#[tokio::test]
async fn r30_a_logout_finds_sessions_whichever_key_of_the_ring_sealed_them() {
    let issuer = "https://login.example";
    for by_session in [true, false] {
        let world = world();
        let before = world.begin().await;
        world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![master("a")]));
        let after = world.begin().await;
        let now = world.time.now();
        let ended = if by_session {
            world.sessions.end_of(&world.sessions.as_provider_session(issuer, "sid-1"), now).await
        } else {
            world.sessions.end_of(&world.sessions.as_citizen(issuer, "s-1"), now).await
        };
        assert_eq!(ended.expect("ended").len(), 2);
        assert!(!world.opens(&before).await && !world.opens(&after).await);
        assert_eq!(
            world.sessions.begin(&specimen::session(now)).await.expect("an answer").map(drop),
            None,
            "nor later"
        );
    }
}

#[tokio::test]
async fn r30_names_of_another_issuer_or_of_another_kind_end_nothing() {
    let world = world();
    let (session, now) = (world.begin().await, world.time.now());
    for issuer in ["https://login.example/", "https://evil.example", ""] {
        assert_eq!(world.sessions.end_of(&world.sessions.as_provider_session(issuer, "sid-1"), now).await, Ok(vec![]));
        assert_eq!(world.sessions.end_of(&world.sessions.as_citizen(issuer, "s-1"), now).await, Ok(vec![]));
    }
    assert_eq!(
        world.sessions.end_of(&world.sessions.as_provider_session("https://login.example", "s-1"), now).await,
        Ok(vec![])
    );
    assert_eq!(
        world.sessions.end_of(&world.sessions.as_citizen("https://login.example", "sid-1"), now).await,
        Ok(vec![])
    );
    assert!(world.opens(&session).await);
}

#[tokio::test]
async fn r3_a_login_attempt_is_taken_once_and_another_browser_neither_takes_nor_spoils_it() {
    let world = world();
    world.sessions.save_attempt("state", "secret", &attempt()).await.expect("saved");
    for (state, secret) in [("state", "other"), ("other", "secret"), ("secret", "state"), ("", "")] {
        assert!(world.sessions.take_attempt(state, secret).await.expect("an answer").is_none());
    }
    let taken = world.sessions.take_attempt("state", "secret").await.expect("an answer").expect("the attempt");
    assert_eq!((taken.nonce, taken.verifier, taken.return_to), ("the-nonce".into(), "the-verifier".into(), "/".into()));
    assert!(world.sessions.take_attempt("state", "secret").await.expect("an answer").is_none());
}

fn attempt() -> LoginAttempt {
    LoginAttempt {
        nonce: "the-nonce".into(),
        verifier: "the-verifier".into(),
        begun: TestClock::default().now(),
        level: AssuranceLevel::Low,
        return_to: "/".into(),
        steps_up: None,
    }
}

#[tokio::test]
async fn r30_a_logout_wins_over_a_login_also_when_the_keys_are_exchanged_between_them() {
    let world = world();
    let session = specimen::session(world.time.now());
    let Identity { issuer, subject, .. } = &session.identity;
    world.sessions.end_of(&world.sessions.as_citizen(issuer, subject), world.time.now()).await.expect("noted");
    world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![master("a")]));
    assert!(world.sessions.begin(&session).await.expect("an answer").is_none());
    let kept = world.sessions.as_citizen(issuer, subject).into_iter().map(async |owner| match owner {
        Owner::Citizen(citizen) => world.store.of_citizen(&citizen).await.expect("an answer").len(),
        Owner::ProviderSession(_) => 0,
    });
    assert_eq!(futures::future::join_all(kept).await, [0, 0], "nothing is left");
}

impl World {
    /// What a citizen lets a portal's frame be opened by, in a session of their own.
    async fn connected(&self, own: &Ticket) -> (SessionKey, Ticket) {
        let own = self.sessions.open(own, Activity::Counts).await.expect("an answer").expect("a session");
        let sources = ["library".to_owned()].into();
        let access = PortalAccess { portal: "p".into(), sources, key_thumbprint: None, own_session: None };
        let code = self.sessions.connect(&own, access, "p-client").await.expect("begun").expect("a code");
        let ticket = self.sessions.redeem(code.reveal(), "p").await.expect("an answer").expect("a ticket");
        (own.key, ticket)
    }

    async fn shows(&self, ticket: &Ticket) -> bool {
        self.sessions.open_connected(ticket, Activity::Counts).await.expect("an answer").is_some()
    }
}

#[tokio::test]
async fn r69_a_connected_frame_s_session_is_found_by_the_citizen_s_own_whichever_keys_sealed_them() {
    for sealed_under_new in [true, false] {
        let world = world();
        let own = world.begin().await;
        let exchange = || world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![master("a")]));
        if sealed_under_new {
            exchange();
        }
        let (key, ticket) = world.connected(&own).await;
        if !sealed_under_new {
            exchange();
        }
        assert!(world.shows(&ticket).await);
        assert!(!world.opens(&ticket).await, "no session of the citizen's own");
        let found = world.sessions.connected_to(key, ["p"]);
        assert!(world.sessions.keys_of(ticket.id()).iter().any(|key| found.contains(key)));
        for other in [world.sessions.connected_to(key, ["q"]), world.sessions.connected_to(found[0], ["p"])] {
            assert!(!world.sessions.keys_of(ticket.id()).iter().any(|key| other.contains(key)));
        }
        for key in found {
            world.sessions.end(key).await.expect("ended");
        }
        assert!(!world.shows(&ticket).await);
        assert!(world.opens(&own).await, "it goes on");
    }
}

#[tokio::test]
async fn r69_a_connected_frame_shows_nothing_without_the_citizen_s_own_session() {
    let world = world();
    let own = world.begin().await;
    let (key, ticket) = world.connected(&own).await;
    world.store.end(key).await.expect("ended");
    assert!(!world.shows(&ticket).await, "ended by whoever knew nothing of the frame");

    let own = world.begin().await;
    world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![master("a")]));
    let (_, ticket) = world.connected(&own).await;
    assert!(world.shows(&ticket).await);
    world.sessions.ring().exchange(MasterKeys::new(master("b"), vec![]));
    assert!(!world.shows(&ticket).await, "the key is gone that sealed the citizen's own");
}

#[tokio::test]
async fn r23_an_operator_ends_what_one_person_has_at_the_console_and_nobody_else_s() {
    let world = world();
    let provider = "https://work.example";
    let begin = async |subject: &str, after_s: i64| {
        let actor = serde_json::json!({ "id": format!("person:{subject}"), "kind": "person", "side": "operator", "name": subject });
        let colleague = Colleague { actor: serde_json::from_value(actor).expect("an actor") };
        let (issuer, subject) = (provider.to_owned(), subject.to_owned());
        let at = world.time.now() + jiff::SignedDuration::from_secs(after_s);
        let identity = Identity { issuer, subject, provider_session: None, issued: at, authenticated: None };
        world.sessions.begin_console(&colleague, &identity, None).await.expect("an answer")
    };
    let citizen = world.begin().await;
    let (first, second, other) = (begin("anna", 0).await, begin("anna", 0).await, begin("bo", 0).await);
    let opens = async |ticket: &Option<Ticket>| {
        let ticket = ticket.as_ref().expect("begun");
        world.sessions.console(ticket, Activity::Counts).await.expect("an answer").is_some()
    };
    assert!(opens(&first).await && opens(&second).await && opens(&other).await, "the control");
    assert_eq!(world.sessions.end_console_of("https://login.example", "anna", world.time.now()).await, Ok(0));
    assert_eq!(world.sessions.end_console_of(provider, "anna", world.time.now()).await, Ok(2));
    assert!(!opens(&first).await && !opens(&second).await && opens(&other).await);
    assert!(world.opens(&citizen).await, "citizens are others");
    assert!(begin("anna", 0).await.is_none(), "a login that was under way comes to nothing");
    assert!(begin("anna", 1).await.is_some());
}
