//! A master and two replicas under three sentinels, with the rights that docs/redis.md writes down, over TLS alone.
//!
//! Two replicas, because a master takes writes only while a replica follows it (`min-replicas-to-write`), and after a
//! failover one of them is the master.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::{
    LATE,
    certificates::{Authority, Certificate},
    network::{Network, Place},
};
use crate::{fleet::free_port, repository};

/// What everybody says who may ask these servers: they are gone in a few minutes.
const PASSWORD: &str = "a-password-of-the-small-production";

/// After so long without an answer a sentinel takes a server for down. Shorter, and a busy machine looks like a broken one.
const DOWN_AFTER_MS: u32 = 3_000;

/// How long a failover may take. After one that came to nothing, as when votes are split, sentinels wait twice as long.
const FAILOVER_WITHIN_MS: u32 = 4_000;

/// Longest until everything stands as it should again, on a machine that is busy with something else.
const WHOLE_WITHIN: Duration = Duration::from_secs(40);

/// Where everybody is who is in no network of this run's own.
const LOOPBACK: &str = "127.0.0.1";

const INSTALL: &str = "Redis is not installed: `./test tools` installs redis-server and redis-sentinel";

/// The servers and their sentinels; they end when this value goes.
pub(super) struct Sentinels {
    servers: Vec<Node>,
    watchers: Vec<Node>,
    certificate: Certificate,
    ca: String,
}

struct Node {
    program: &'static str,
    host: &'static str,
    port: u16,
    folder: TempDir,
    child: Option<Child>,
    /// It stands still, or its cable is pulled out.
    is_silent: bool,
    /// Its place in a network of this run's own.
    place: Option<Place>,
}

/// Where a server or sentinel is.
struct Seat {
    host: &'static str,
    port: u16,
    place: Option<Place>,
}

impl Seat {
    fn on(host: &'static str) -> Self {
        Self { host, port: free_port(), place: None }
    }

    fn at(place: Place) -> Self {
        Self { host: place.address(), port: free_port(), place: Some(place) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::expect_used, reason = "a test without its parties must fail and say why")]
impl Node {
    fn start(program: &'static str, seat: Seat, settings: &str, users: &str) -> Self {
        let Seat { host, port, place } = seat;
        let folder = TempDir::new().expect("a folder");
        let at = folder.path();
        fs::write(at.join("users"), users).expect("written");
        let own = format!("bind {host}\ntls-port {port}\ndir {0}\naclfile {0}/users\n", at.display());
        fs::write(at.join("settings"), format!("{settings}{own}")).expect("written");
        let mut node = Self { program, host, port, folder, child: None, is_silent: false, place };
        node.start_again();
        node
    }

    fn start_again(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.log()).expect("a log file");
        let mut command =
            self.place.as_ref().map_or_else(|| Command::new(self.program), |place| place.command(self.program));
        command.arg(self.folder.path().join("settings")).stdin(Stdio::null()).stdout(log);
        self.child = Some(command.spawn().expect(INSTALL));
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// At once, as when its machine fails.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only when it has ended already.
            drop(child.kill());
            drop(child.wait());
        }
        self.is_silent = false;
    }

    fn stand_still(&mut self, still: bool) {
        let signal = if still { "-STOP" } else { "-CONT" };
        let id = self.child.as_ref().expect("a process that runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
        self.is_silent = still;
    }

    fn cut(&mut self, cut: bool) {
        self.place.as_ref().expect("a cable").cut(cut);
        self.is_silent = cut;
    }

    fn answers(&self) -> bool {
        self.child.is_some() && !self.is_silent
    }

    fn cli(&self, ca: &str, command: &[&str]) -> String {
        if !self.answers() {
            return String::new();
        }
        // A server may begin to stand still at any moment.
        let login = ["3", "redis-cli", "--tls", "--cacert", ca, "--user", "operator", "--pass", PASSWORD];
        let port = self.port.to_string();
        let mut asking = Command::new("timeout");
        asking.args(login).args(["--no-auth-warning", "-h", self.host, "-p", &port]).args(command);
        let output = asking.stdin(Stdio::null()).output().expect(INSTALL);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Sentinels {
    /// Starts them all, and waits until each knows the others. With a network each server has a cable of its own.
    pub(super) async fn start(authority: &Authority, network: Option<&Network>) -> Self {
        let certificate = authority.issue("redis");
        let ca = authority.file().display().to_string();
        let tls = format!(
            "port 0\nloglevel warning\ntls-auth-clients no\ntls-replication yes\n\
             tls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {ca}\n",
            certificate.file.display(),
            certificate.key.display(),
        );
        let near = network.map_or(LOOPBACK, Network::near);
        let seats =
            (0..3).map(|index| network.map_or_else(|| Seat::on(near), |network| Seat::at(network.place(index))));
        let (mut servers, mut master) = (Vec::new(), None);
        for seat in seats {
            let (host, port) = *master.get_or_insert((seat.host, seat.port));
            let follows = if port == seat.port { String::new() } else { format!("replicaof {host} {port}\n") };
            let settings = format!(
                "{tls}save \"\"\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy noeviction\n\
                 min-replicas-to-write 1\nmin-replicas-max-lag 10\nrepl-diskless-sync-delay 0\n\
                 masteruser replication\nmasterauth {PASSWORD}\n{follows}"
            );
            servers.push(Node::start("redis-server", seat, &settings, &users("servers")));
        }
        let (host, port) = master.unwrap_or((near, 0));
        let mut all = Self { servers, watchers: Vec::new(), certificate, ca };
        all.until("the replicas follow", Self::replicas_follow).await;
        for _ in 0..3 {
            let settings = format!(
                "{tls}sentinel monitor overblik {host} {port} 2\n\
                 sentinel auth-user overblik sentinel\nsentinel auth-pass overblik {PASSWORD}\n\
                 sentinel down-after-milliseconds overblik {DOWN_AFTER_MS}\n\
                 sentinel failover-timeout overblik {FAILOVER_WITHIN_MS}\n\
                 sentinel sentinel-user sentinel\nsentinel sentinel-pass {PASSWORD}\n"
            );
            all.watchers.push(Node::start("redis-sentinel", Seat::on(near), &settings, &users("sentinels")));
        }
        all.until("all is whole", Self::is_whole).await;
        all
    }

    /// What stands under `session.redis` of a gateway, in one line.
    pub(super) fn settings(&self) -> String {
        let nodes: Vec<_> =
            self.watchers.iter().map(|sentinel| format!("\"rediss://{}:{}\"", sentinel.host, sentinel.port)).collect();
        format!(
            "{{ mode: sentinel, nodes: [{}], sentinel_master: overblik, username: overblik, password: {PASSWORD}, \
             sentinel_username: overblik, sentinel_password: {PASSWORD}, tls: {{ ca_file: \"{}\" }}, \
             {LATE} }}",
            nodes.join(", "),
            self.ca
        )
    }

    /// Gives a command to the master.
    pub(super) fn ask_master(&self, command: &[&str]) -> String {
        self.master().map_or_else(String::new, |index| self.ask(index, command))
    }

    /// Ends the master at once; which it was.
    pub(super) fn kill_master(&mut self) -> usize {
        let index = self.master().unwrap_or_default();
        if let Some(server) = self.servers.get_mut(index) {
            server.kill();
        }
        index
    }

    /// Starts a server that was ended.
    pub(super) fn start_again(&mut self, index: usize) {
        if let Some(server) = self.servers.get_mut(index) {
            server.start_again();
        }
    }

    /// Cuts the master off: nothing comes through to it or from it, and it goes on by itself.
    pub(super) fn cut_master(&mut self) -> usize {
        let index = self.master().unwrap_or_default();
        self.cut(index, true);
        index
    }

    /// Cuts a server off, or lets it be reached again.
    pub(super) fn cut(&mut self, index: usize, cut: bool) {
        if let Some(server) = self.servers.get_mut(index) {
            server.cut(cut);
        }
    }

    /// Lets the master stand still: its system goes on taking connections, and nothing answers.
    pub(super) fn freeze_master(&mut self) -> usize {
        let index = self.master().unwrap_or_default();
        self.freeze(index, true);
        index
    }

    /// Lets a replica stand still.
    pub(super) fn freeze_replica(&mut self) -> usize {
        let master = self.master();
        let index = (0..self.servers.len()).find(|index| Some(*index) != master).unwrap_or_default();
        self.freeze(index, true);
        index
    }

    /// Lets a server stand still, or go on.
    pub(super) fn freeze(&mut self, index: usize, still: bool) {
        if let Some(server) = self.servers.get_mut(index) {
            server.stand_still(still);
        }
    }

    /// Lets all servers stand still, or go on. The sentinels see it.
    pub(super) fn freeze_all(&mut self, still: bool) {
        self.servers.iter_mut().for_each(|server| server.stand_still(still));
    }

    /// Lets a sentinel stand still, or go on.
    pub(super) fn freeze_sentinel(&mut self, still: bool) {
        if let Some(sentinel) = self.watchers.first_mut() {
            sentinel.stand_still(still);
        }
    }

    /// Has another certificate issued, and every server read it. Sentinels read theirs when they start.
    pub(super) fn exchange_certificate(&mut self, authority: &Authority) {
        self.certificate = authority.issue("redis");
        let (file, key) = (self.certificate.file.display().to_string(), self.certificate.key.display().to_string());
        for index in 0..self.servers.len() {
            let answer = self.ask(index, &["CONFIG", "SET", "tls-cert-file", &file, "tls-key-file", &key]);
            assert_eq!(answer, "OK", "the server does not take its certificate");
        }
    }

    /// How often another server became the master, as a sentinel saw it that never stood still.
    pub(super) fn failovers(&self) -> usize {
        let log = self.watchers.last().map(|sentinel| fs::read_to_string(sentinel.log()).unwrap_or_default());
        log.unwrap_or_default().matches("+switch-master").count()
    }

    /// Waits until one server is the master, the others follow it, and all sentinels know that.
    pub(super) async fn until_whole(&self) {
        self.until("all is whole", Self::is_whole).await;
    }

    fn ask(&self, index: usize, command: &[&str]) -> String {
        self.servers.get(index).map_or_else(String::new, |server| server.cli(&self.ca, command))
    }

    /// The master: after a failover also a server that has just come back may take itself for one, without replicas.
    fn master(&self) -> Option<usize> {
        (0..self.servers.len())
            .filter(|index| self.ask(*index, &["ROLE"]).starts_with("master"))
            .max_by_key(|index| self.followers(*index))
    }

    fn followers(&self, index: usize) -> usize {
        self.ask(index, &["INFO", "replication"]).matches("state=online").count()
    }

    fn replicas_follow(&self) -> bool {
        let replicas = self.servers.len() - 1;
        let masters: Vec<_> =
            (0..self.servers.len()).filter(|index| self.ask(*index, &["ROLE"]).starts_with("master")).collect();
        matches!(masters[..], [master] if self.followers(master) == replicas)
    }

    fn is_whole(&self) -> bool {
        let Some(master) = self.master().and_then(|index| self.servers.get(index)) else { return false };
        let port = master.port.to_string();
        let agrees = |sentinel: &Node| {
            let known = sentinel.cli(&self.ca, &["SENTINEL", "master", "overblik"]);
            let known: Vec<_> = known.lines().collect();
            let says = |name: &str, value: &str| known.windows(2).any(|pair| pair == [name, value]);
            let all_there = says("num-other-sentinels", "2") && says("num-slaves", "2") && says("flags", "master");
            all_there && says("ip", master.host) && says("port", &port)
        };
        self.replicas_follow() && self.watchers.iter().all(agrees)
    }

    async fn until(&self, what: &str, holds: fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < WHOLE_WITHIN, "did not come about in Redis: {what}");
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The users that docs/redis.md writes down for servers, or for sentinels, and one for whoever runs this.
#[expect(clippy::expect_used, reason = "a document that does not say it is the test's failure")]
fn users(of: &str) -> String {
    let document = fs::read_to_string(Path::new(repository()).join("docs/redis.md")).expect("docs/redis.md");
    let (_, block) = document.split_once(&format!("```text {of}\n")).expect("a block of users in docs/redis.md");
    let (block, _) = block.split_once("```").expect("its end");
    format!("{}user operator on >{PASSWORD} ~* &* +@all\n", block.replace(">PASSWORD", &format!(">{PASSWORD}")))
}
