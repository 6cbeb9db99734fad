//! A login and a logout that meet, at every step of both (requirement R30).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};

use super::{config, of, store};
use crate::{
    config::{RedisConfig, RedisMode},
    redis_link::redis_server::RedisServer,
    session::{
        conformance::{Candidate, TestClock},
        store::{Creation, Owner, SessionKey, SessionStore},
    },
};

/// What stands between a store and Redis and lets one question after another through, when the test says so.
struct Gate {
    address: String,
    open: Arc<AtomicBool>,
    steps: Arc<Semaphore>,
    answered: watch::Receiver<u64>,
    _tasks: JoinSet<()>,
}

impl Gate {
    async fn before(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("redis://{}", listener.local_addr().expect("an address"));
        let (open, steps) = (Arc::new(AtomicBool::new(true)), Arc::new(Semaphore::new(0)));
        let (answers, answered) = watch::channel(0);
        let (port, mut tasks) = (server.port(), JoinSet::new());
        let (gate, permits) = (Arc::clone(&open), Arc::clone(&steps));
        tasks.spawn(async move {
            let (mut client, _) = listener.accept().await.expect("a client");
            let mut redis = TcpStream::connect(("127.0.0.1", port)).await.expect("Redis");
            let mut buffer = vec![0; 65536];
            loop {
                // A store asks one thing after another here, so that a piece is a question and the next one its answer.
                let length = client.read(&mut buffer).await.unwrap_or(0);
                if length == 0 {
                    return;
                }
                if !gate.load(Ordering::SeqCst) {
                    permits.acquire().await.expect("permits").forget();
                }
                redis.write_all(&buffer[..length]).await.expect("asked");
                let length = redis.read(&mut buffer).await.expect("answered");
                client.write_all(&buffer[..length]).await.expect("passed on");
                answers.send_modify(|answers| *answers += 1);
            }
        });
        Self { address, open, steps, answered, _tasks: tasks }
    }

    fn config(&self) -> RedisConfig {
        config(RedisMode::Standalone, std::slice::from_ref(&self.address))
    }

    /// Lets one question through, and waits for its answer, or for the work to be done.
    async fn step<T>(&mut self, work: &JoinHandle<T>) {
        self.answered.borrow_and_update();
        self.steps.add_permits(1);
        while !work.is_finished() {
            let moment = std::time::Duration::from_millis(1);
            if tokio::time::timeout(moment, self.answered.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Lets everything through.
    fn let_through(&self) {
        self.open.store(true, Ordering::SeqCst);
        self.steps.add_permits(1000);
    }
}

/// How many questions a login asks at most here, and a logout.
const LOGIN: usize = 8;
const LOGOUT: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the tasks are waited for")]
async fn r30_a_logout_wins_at_every_step_of_a_login() {
    let server = RedisServer::start().await;
    let watching = store(&of(&server), &TestClock::default());
    let (mut kept, mut refused) = (0, 0);
    for round in 0_u32..1 << (LOGIN + LOGOUT) {
        if round.count_ones() as usize != LOGOUT {
            continue;
        }
        let by_citizen = round % 2 == 0;
        let time = TestClock::default();
        let (mut at_login, mut at_logout) = (Gate::before(&server).await, Gate::before(&server).await);
        let (login, logout) = (store(&at_login.config(), &time), store(&at_logout.config(), &time));
        for (store, gate) in [(&login, &at_login), (&logout, &at_logout)] {
            assert_eq!(store.ping().await, Ok(()));
            gate.open.store(false, Ordering::SeqCst);
        }
        server.cli(&["FLUSHALL"]);
        let mut key = [0; 32];
        key[..4].copy_from_slice(&round.to_be_bytes());
        let key = SessionKey(key);
        let candidate = Candidate { store: Arc::clone(&login) as _, time: time.clone(), _kept: Box::new(()) };
        let record = candidate.record(1, "a");
        let mut owners: Vec<_> = record.facts.owners().collect();
        let owner = owners.swap_remove(usize::from(!by_citizen));
        assert_eq!(matches!(owner, Owner::Citizen(_)), by_citizen);
        let (citizen, now) = (record.facts.citizen.clone(), time.now());
        let creating = tokio::spawn(async move { login.create(key, record).await.expect("an answer") });
        let ending = tokio::spawn(async move { logout.end_of(&owner, now).await.expect("an answer") });
        for bit in 0..LOGIN + LOGOUT {
            if round >> bit & 1 == 1 { at_logout.step(&ending).await } else { at_login.step(&creating).await }
        }
        at_login.let_through();
        at_logout.let_through();
        let (creation, ended) = (creating.await.expect("done"), ending.await.expect("done"));
        assert_eq!(watching.find(key).await, Ok(None), "steps {round:b}: {creation:?}, ended {ended:?}");
        assert_eq!(watching.of_citizen(&citizen).await, Ok(vec![]));
        match creation {
            Creation::Kept => kept += 1,
            Creation::LoggedOut => refused += 1,
            Creation::Exists => panic!("there was none"),
        }
        assert!(creation == Creation::LoggedOut || ended == [key], "what was kept was ended, and said to be");
    }
    assert!(kept > 0 && refused > 0, "both came first now and then: {kept}, {refused}");
}
