//! Random schedules of citizens, sources, logouts and people who go away, with the laws of orchestration looked at in every
//! overview. A run that fails names its seed.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use overblik_connectors::{Connector, ConnectorError, FetchRequest, Fetched, Gate, GateLimits, Pseudonym, SourceInfo};
use overblik_widgets::{Language, SectionState};
use tokio::{
    task::JoinSet,
    time::{Instant, advance, sleep},
};

use super::{
    kept::{keeping, loan, whole},
    stage::{Stage, settle, viewer_with},
};
use crate::{
    overview::{Begun, Shown},
    session::Viewer,
};

const SOURCES: u64 = 7;
const CITIZENS: u64 = 5;
const STEPS: usize = 1000;

/// Chance from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn milliseconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(1 + self.below(most))
    }
}

/// The only word that an answer for a citizen holds of them.
fn marker(citizen: &Pseudonym) -> String {
    format!("for {citizen}.")
}

fn citizen(number: u64) -> Pseudonym {
    Pseudonym::from_keyed_hash([u8::try_from(number).expect("few"); 16])
}

/// Whether a source has nothing about a citizen, ever.
fn has_nothing(source: u64, citizen: u64) -> bool {
    (source + citizen).is_multiple_of(4)
}

/// A source that does whatever may happen.
struct Erratic {
    number: u64,
    source: Arc<SourceInfo>,
    gate: Gate,
    dice: Mutex<Dice>,
    running: AtomicUsize,
    answered: AtomicUsize,
    /// Whether it has mixed two citizens up.
    is_mixed_up: Mutex<bool>,
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Connector for Erratic {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let limit = usize::try_from(self.number + 1).expect("few");
        assert!(self.running.fetch_add(1, Ordering::SeqCst) < limit, "more ask than there is room for");
        let _running = Running(&self.running);
        let (takes, happens) = {
            let mut dice = self.dice.lock().expect("unpoisoned");
            (dice.milliseconds(2500), dice.below(300))
        };
        match happens {
            0..10 => std::future::pending::<()>().await,
            10..16 => panic!("as ordered"),
            _ => sleep(takes).await,
        }
        let pseudonym = &request.scope.subject().pseudonym;
        match happens {
            16..60 => Err(ConnectorError::Unreachable),
            60..70 => Err(ConnectorError::Status(503)),
            70..75 => Err(ConnectorError::CredentialsRefused(401)),
            75 if self.number == 0 => {
                *self.is_mixed_up.lock().expect("unpoisoned") = true;
                Err(ConnectorError::WrongPerson)
            }
            _ => {
                self.answered.fetch_add(1, Ordering::SeqCst);
                let about = (0..CITIZENS).find(|number| citizen(*number) == *pseudonym).expect("one of them");
                let nothing = has_nothing(self.number, about);
                Ok(whole(if nothing { vec![] } else { vec![loan(&marker(pseudonym), "2026-12-24")] }))
            }
        }
    }
}

impl Erratic {
    fn new(number: u64, seed: u64) -> Arc<Self> {
        let limits = GateLimits {
            concurrency: usize::try_from(number + 1).expect("few"),
            waiting: 3,
            hedge: number.is_multiple_of(3),
            ..GateLimits::default()
        };
        let slug = format!("s{number}");
        Arc::new(Self {
            number,
            gate: Gate::new(&slug, limits),
            source: Arc::new(keeping(&slug)),
            dice: Mutex::new(Dice(seed ^ number)),
            running: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            is_mixed_up: Mutex::new(false),
        })
    }
}

/// A citizen's session that begins now.
fn log_in(number: u64) -> Viewer {
    viewer_with(|authentication| {
        authentication.actor.pseudonym = citizen(number);
        authentication.subject.pseudonym = citizen(number);
    })
}

/// What is looked at in an overview that was begun while some sources were known to mix citizens up.
struct View {
    seed: u64,
    citizen: u64,
    distrusted: BTreeSet<String>,
    /// Every state that was seen by anybody.
    states: Arc<Mutex<HashSet<SectionState>>>,
}

impl View {
    fn look(&self, shown: &Shown) {
        let (seed, state, text) = (self.seed, shown.state(), shown.written());
        self.states.lock().expect("unpoisoned").insert(state);
        let slug = shown.source().slug.as_str();
        for other in (0..CITIZENS).filter(|other| *other != self.citizen) {
            assert!(!text.contains(&marker(&citizen(other))), "seed {seed}: another citizen's data: {text}");
        }
        let number: u64 = slug.trim_start_matches('s').parse().expect("a number");
        match state {
            SectionState::Empty => assert!(has_nothing(number, self.citizen), "seed {seed}: nobody said \"nothing\""),
            SectionState::Ready => {
                assert!(text.contains(&marker(&citizen(self.citizen))), "seed {seed}: {text}");
            }
            _ => {}
        }
        let has_data = matches!(state, SectionState::Ready | SectionState::Empty | SectionState::Stale);
        assert!(!(has_data && self.distrusted.contains(slug)), "seed {seed}: shown after a mix-up: {text}");
    }
}

/// Looks at an overview to its end, or as many of its sections as its reader has the patience for.
async fn read(mut begun: Begun, view: View, deadline: Duration, patience: Option<u64>) {
    let (seed, started) = (view.seed, Instant::now());
    let mut told = BTreeSet::new();
    loop {
        if patience.is_some_and(|most| told.len() as u64 >= most) {
            return;
        }
        // A session that ended meanwhile shows nothing more.
        let Ok(next) = begun.next().await else { return };
        assert!(started.elapsed() <= deadline + Duration::from_millis(1), "seed {seed}: {:?}", started.elapsed());
        let Some(shown) = next else { break };
        view.look(&shown);
        assert!(told.insert(shown.source().slug.clone()), "seed {seed}: a section twice");
    }
    assert_eq!(told.len() as u64, SOURCES, "seed {seed}: a section is lost");
    let counts = begun.finish().counts;
    assert_eq!(counts.answered + counts.pending + counts.failed, counts.asked, "seed {seed}: {counts:?}");
    assert_eq!(u64::from(counts.asked + counts.not_asked), SOURCES, "seed {seed}: {counts:?}");
}

async fn schedule(seed: u64, states: &Arc<Mutex<HashSet<SectionState>>>) {
    let mut dice = Dice(!seed);
    let sources: Vec<_> = (0..SOURCES).map(|number| Erratic::new(number, seed)).collect();
    let stage = Stage::of(sources.iter().map(|source| Arc::clone(source) as Arc<dyn Connector>).collect());
    let mut sessions: BTreeMap<u64, Viewer> = BTreeMap::new();
    let mut views = JoinSet::new();
    for _ in 0..STEPS {
        let number = dice.below(CITIZENS);
        match dice.below(24) {
            // A logout: the session is over, and the citizen begins another one the next time.
            0 => {
                if let Some(viewer) = sessions.remove(&number) {
                    stage.fetches().forget(viewer.session);
                }
            }
            1 => stage.fetches().drop_lapsed(),
            _ => {
                let viewer = sessions.entry(number).or_insert_with(|| log_in(number)).clone();
                let deadline = dice.milliseconds(3000);
                let is_anew = dice.below(6) == 0;
                let distrusted = sources.iter().filter(|source| *source.is_mixed_up.lock().expect("unpoisoned"));
                let distrusted = distrusted.map(|source| source.source.slug.clone()).collect();
                let view = View { seed, citizen: number, distrusted, states: Arc::clone(states) };
                let (begun, deadline) = if is_anew {
                    (stage.begin_anew(&viewer), super::DEADLINE)
                } else {
                    (stage.begin(&viewer, Language::Da, deadline), deadline)
                };
                let patience = (dice.below(3) == 0).then(|| dice.below(SOURCES));
                views.spawn(read(begun, view, deadline, patience));
            }
        }
        match dice.below(4) {
            0 => tokio::task::yield_now().await,
            1 => sleep(dice.milliseconds(2000)).await,
            _ => sleep(dice.milliseconds(60)).await,
        }
        while let Some(ended) = views.try_join_next() {
            ended.expect("every law holds");
        }
    }
    while let Some(ended) = views.join_next().await {
        ended.expect("every law holds");
    }
    // Beyond the time limit of every source.
    advance(Duration::from_secs(15)).await;
    settle().await;
    assert_eq!(stage.fetches().running(), 0, "seed {seed}: a call outlives its use");
    for source in &sources {
        let standing = source.gate.standing(Timestamp::UNIX_EPOCH);
        assert_eq!((standing.in_use, standing.waiting), (0, 0), "seed {seed}: room is lost: {standing:?}");
        assert_eq!(source.running.load(Ordering::SeqCst), 0, "seed {seed}");
    }
    let answered: usize = sources.iter().map(|source| source.answered.load(Ordering::SeqCst)).sum();
    assert!(answered > 200, "seed {seed}: something was answered: {answered}");
    assert_eq!(stage.fetches().cache().refused(), 0, "seed {seed}: nobody finds what another's key sealed");
}

#[tokio::test(start_paused = true)]
async fn under_any_schedule_no_law_of_orchestration_is_broken() {
    use SectionState as S;
    let states = Arc::default();
    for seed in 0..8 {
        schedule(seed, &states).await;
    }
    let seen = states.lock().expect("unpoisoned").clone();
    for state in [S::Ready, S::Empty, S::Stale, S::Pending, S::TimedOut, S::Failed, S::Refused, S::Suspended] {
        assert!(seen.contains(&state), "the control: {state:?} among {seen:?}");
    }
}
