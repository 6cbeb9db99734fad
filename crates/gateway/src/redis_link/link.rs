//! The way to Redis, kept open: connected when first needed, connected anew when it was lost, and known to be down
//! meanwhile, so that nobody waits for what does not come.

use std::{fmt, sync::Arc, time::Duration};

use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Value};
use tokio::{sync::watch, time::timeout};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    connection::{Address, Connection, is_loss, masters},
    target::{Target, within},
};
use crate::secrets::random_bytes;

/// Pause before another connection is made while the former one goes on serving: making one to a cluster greets all of its
/// nodes.
const BEHIND_PAUSE: Duration = Duration::from_secs(1);

/// How long a node may take to show that a connection still serves.
const ONE_NODE_WITHIN: Duration = Duration::from_secs(1);

/// Shortest pause between attempts to connect; as much again is added by chance, so that instances do not come all at
/// once to a server that has just begun.
const SHORTEST_PAUSE_MS: u64 = 150;

/// The way to a Redis.
pub(crate) struct Link {
    /// What is kept there, as the log calls it.
    kept: &'static str,
    target: Arc<Target>,
    /// How long one question may take in all: waiting for a connection, asking, and asking once more.
    answer_within: Duration,
    state: watch::Sender<State>,
    tasks: TaskTracker,
    stopped: CancellationToken,
    /// Stops connecting when the link goes.
    _stop: DropGuard,
}

#[derive(Clone)]
enum State {
    /// Nobody has needed it yet.
    Unused,
    /// Being connected, for the first time or because it was just lost: worth waiting for.
    Connecting,
    /// An attempt to connect has failed, others follow: not worth waiting for.
    Down,
    /// Connected.
    Up(Up),
}

#[derive(Clone)]
struct Up {
    connection: Connection,
    /// Tells connections apart.
    number: u64,
    /// Whether another one is being made to take its place, and it serves until then.
    is_being_replaced: bool,
}

/// Whether a question may be put a second time when the connection broke before its answer: the server may have acted
/// on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Twice is as good as once.
    Harmless,
    /// The second answer would mislead.
    Never,
}

/// Why there is no answer. Says nothing of what was asked, of addresses or of passwords.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// It is known to be down.
    #[error("Redis is away")]
    Away,
    /// It took too long.
    #[error("Redis did not answer in time")]
    Late,
    /// It said no, or the connection broke; the class of the error.
    #[error("Redis did not answer well ({0})")]
    Refused(String),
    /// Something else than what was asked for.
    #[error("Redis answered in an unknown form")]
    Unknown,
}

/// What is asked: one thing, or several that the same connection takes one after the other.
#[derive(Clone, Copy)]
enum Question<'q> {
    One(&'q Cmd, Option<&'q Address>),
    Several(&'q Pipeline),
}

impl Question<'_> {
    async fn put(self, connection: &mut Connection) -> RedisResult<Value> {
        match self {
            Self::One(command, address) => connection.ask(command, address).await,
            Self::Several(commands) => commands.query_async(connection).await,
        }
    }
}

impl Link {
    /// A link that connects when it is first needed. `kept` is what the log calls what is there.
    pub(crate) fn new(kept: &'static str, target: Target, answer_within: Duration) -> Self {
        let stopped = CancellationToken::new();
        Self {
            kept,
            target: Arc::new(target),
            answer_within,
            state: watch::Sender::new(State::Unused),
            tasks: TaskTracker::new(),
            _stop: stopped.clone().drop_guard(),
            stopped,
        }
    }

    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The tasks that end with the link.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stopped.clone();
        self.tasks.spawn(async move {
            stopped.run_until_cancelled(task).await;
        });
    }

    /// Asks Redis.
    ///
    /// # Errors
    /// [`NoAnswer`], within the limit; at once while Redis is known to be down.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd, again: Again) -> Result<T, NoAnswer> {
        self.put(Question::One(command, None), again).await
    }

    /// Asks one server of a cluster.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub(crate) async fn ask_at<T: FromRedisValue>(
        &self,
        address: Option<&Address>,
        command: &Cmd,
        again: Again,
    ) -> Result<T, NoAnswer> {
        self.put(Question::One(command, address), again).await
    }

    /// Asks several things of one server over one connection; their keys lie in one slot. Harmless if all of them are.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub(crate) async fn ask_several<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, NoAnswer> {
        self.put(Question::Several(commands), Again::Harmless).await
    }

    /// Whether Redis answers anything at all now, within this time.
    pub(crate) async fn answers_within(&self, limit: Duration) -> bool {
        let asked = redis::cmd("PING");
        matches!(timeout(limit, self.ask::<Value>(&asked, Again::Harmless)).await, Ok(Ok(_)))
    }

    async fn put<T: FromRedisValue>(&self, question: Question<'_>, again: Again) -> Result<T, NoAnswer> {
        let answer = timeout(self.answer_within, self.answer(question, again)).await.unwrap_or(Err(NoAnswer::Late))?;
        redis::from_redis_value(answer).map_err(|_| {
            tracing::error!(kept = self.kept, "Redis answered in an unknown form");
            NoAnswer::Unknown
        })
    }

    async fn answer(&self, question: Question<'_>, again: Again) -> Result<Value, NoAnswer> {
        let mut may_ask_again = again == Again::Harmless;
        loop {
            let Up { mut connection, number, .. } = self.connection().await?;
            let error = match question.put(&mut connection).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.failed(number, &error);
            if !may_ask_again || !error.is_connection_dropped() {
                let class = error.code().map_or_else(|| format!("{:?}", error.kind()), str::to_owned);
                return Err(NoAnswer::Refused(class));
            }
            may_ask_again = false;
        }
    }

    /// Every server that holds keys; `None` stands for the only one.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub(crate) async fn masters(&self) -> Result<Vec<Option<Address>>, NoAnswer> {
        match &*self.target {
            Target::Standalone(..) | Target::Sentinel(_) => Ok(vec![None]),
            Target::Cluster(..) => {
                let question = redis::cmd("CLUSTER").arg("SLOTS").take();
                let masters = masters(self.ask(&question, Again::Harmless).await?).map_err(|_| NoAnswer::Unknown)?;
                Ok(masters.into_iter().map(Some).collect())
            }
        }
    }

    async fn connection(&self) -> Result<Up, NoAnswer> {
        self.connect_if(|state| matches!(state, State::Unused));
        let mut changes = self.state.subscribe();
        let settled = changes.wait_for(|state| matches!(state, State::Up(_) | State::Down)).await;
        match settled.as_deref() {
            Ok(State::Up(up)) => Ok(up.clone()),
            _ => Err(NoAnswer::Away),
        }
    }

    fn failed(&self, number: u64, error: &RedisError) {
        // What the server says may quote what it was asked; its class says enough.
        tracing::warn!(error.kind = ?error.kind(), error.code = error.code(), kept = self.kept, "Redis did not answer well");
        if !is_loss(error) {
            return;
        }
        let of_this_connection = |state: &State| matches!(state, State::Up(up) if up.number == number);
        if self.target.serves_in_parts() {
            self.replace_if(of_this_connection);
        } else {
            self.connect_if(of_this_connection);
        }
    }

    /// Connects anew if the state says so, which it then no longer does: one task at a time.
    fn connect_if(&self, wanted: impl FnOnce(&State) -> bool) {
        let begun = self.state.send_if_modified(|state| {
            let wanted = wanted(state);
            if wanted {
                *state = State::Connecting;
            }
            wanted
        });
        if begun {
            let (kept, target, state) = (self.kept, Arc::clone(&self.target), self.state.clone());
            self.spawn(async move { connect(kept, &target, &state).await });
        }
    }

    /// Makes another connection, once at a time, while this one goes on serving what its other nodes hold. Only when neither a
    /// node that is named nor one that this one knows answers is all of it down.
    fn replace_if(&self, wanted: impl FnOnce(&State) -> bool) {
        let mut begun = false;
        self.state.send_if_modified(|state| {
            let wanted = wanted(state);
            if let State::Up(up) = state {
                begun = wanted && !up.is_being_replaced;
                up.is_being_replaced |= wanted;
            }
            // Nobody waits for that.
            false
        });
        if begun {
            let (kept, target, state) = (self.kept, Arc::clone(&self.target), self.state.clone());
            self.spawn(async move {
                tokio::time::sleep(BEHIND_PAUSE).await;
                connect(kept, &target, &state).await;
            });
        }
    }
}

/// Lets the next question connect if the task that does so ends before it has succeeded.
struct Attempts<'s>(&'s watch::Sender<State>);

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|state| {
            let unfinished = !matches!(state, State::Up(_));
            if unfinished {
                *state = State::Unused;
            }
            unfinished
        });
    }
}

/// Attempts to connect until it succeeds.
async fn connect(kept: &str, target: &Target, state: &watch::Sender<State>) {
    let _attempts = Attempts(state);
    loop {
        match within(target.attempt_within(), target.connect()).await {
            Ok(connection) => {
                let number = u64::from_ne_bytes(random_bytes().first_chunk().copied().unwrap_or_default());
                tracing::info!(kept, "connected to Redis");
                state.send_replace(State::Up(Up { connection, number, is_being_replaced: false }));
                return;
            }
            Err(error) if serves_on(state).await => {
                // The nodes that are named may be away, and others there that the former connection knows. When it fails again
                // another one is made again.
                tracing::warn!(error.kind = ?error.kind(), kept, "no other connection to Redis was made, the former one serves on");
                return;
            }
            Err(error) => {
                if !matches!(*state.borrow(), State::Down) {
                    // No address and no password; a wrong one says so by its kind.
                    tracing::error!(error.kind = ?error.kind(), error.code = error.code(), kept, "Redis is away");
                }
                state.send_replace(State::Down);
            }
        }
        pause().await;
    }
}

/// Whether there is a connection that still answers; then it may be replaced again. Three nodes by chance are asked.
async fn serves_on(state: &watch::Sender<State>) -> bool {
    let up = match &*state.borrow() {
        State::Up(up) => up.connection.clone(),
        State::Unused | State::Connecting | State::Down => return false,
    };
    for _ in 0..3 {
        let (mut connection, question) = (up.clone(), redis::cmd("CLUSTER").arg("SLOTS").take());
        let asked = within(ONE_NODE_WITHIN, async move { question.query_async::<Value>(&mut connection).await });
        if asked.await.is_ok() {
            state.send_if_modified(|state| {
                if let State::Up(up) = state {
                    up.is_being_replaced = false;
                }
                false
            });
            return true;
        }
    }
    false
}

/// A short pause, of a length by chance.
pub(crate) async fn pause() {
    let chance = u64::from(random_bytes().first().copied().unwrap_or_default());
    tokio::time::sleep(Duration::from_millis(SHORTEST_PAUSE_MS + chance * SHORTEST_PAUSE_MS / 256)).await;
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({:?})", self.target)
    }
}
