//! Real Redis servers on free ports, each in a folder of its own: one alone, with TLS, with sentinels, in a cluster.
//!
//! The gateway's own tests include this file too, so it uses nothing of the rest.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test whose Redis does not start must fail and say why"
)]

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// A Redis server. It ends with this value.
pub struct RedisServer {
    child: Child,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    tls: bool,
    /// What `redis-cli` says before it may ask.
    login: Vec<String>,
}

impl RedisServer {
    /// A server that anybody on this machine may use.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with more settings, as on its command line.
    pub async fn start_with(settings: &[&str]) -> Self {
        Self::start_in(TempDir::new().expect("a folder"), settings, &[]).await
    }

    /// A server that speaks TLS alone and knows one user alone, whose rights are written as in a file of Redis users:
    /// `user NAME on >PASSWORD ...`.
    pub async fn start_guarded(user: &str) -> Self {
        Self::start_guarded_with(user, &[]).await
    }

    /// As [`RedisServer::start_guarded`], with more settings.
    pub async fn start_guarded_with(user: &str, further: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (settings, mut login) = make_certificates(folder.path());
        let users = folder.path().join("users").display().to_string();
        fs::write(&users, format!("user default off\n{user}\n")).expect("written");
        let words: Vec<_> = user.split_whitespace().collect();
        let password = words.iter().find_map(|word| word.strip_prefix('>')).expect("a password");
        login.extend(["--user", words[1], "--pass", password, "--no-auth-warning"].map(str::to_owned));
        let settings: Vec<&str> = settings.iter().map(String::as_str).chain(["--aclfile", &users]).collect();
        let settings = [&settings, further].concat();
        Self::start_in(folder, &settings, &login).await
    }

    async fn start_in(folder: TempDir, settings: &[&str], login: &[String]) -> Self {
        let mut folder = folder;
        let tls = login.iter().any(|word| word == "--tls");
        for _ in 0..5 {
            let port = free_port();
            let (plain_port, tls_port) = if tls { (0, port) } else { (port, 0) };
            let arguments = format!(
                "--port {plain_port} --tls-port {tls_port} --bind 127.0.0.1 --dir {} --appendonly no --loglevel warning",
                folder.path().display()
            );
            let arguments = arguments.split(' ').chain(["--save", ""]).chain(settings.iter().copied());
            let arguments: Vec<String> = arguments.map(str::to_owned).collect();
            let child = spawn("redis-server", &arguments);
            let mut server = Self { child, folder, port, arguments, tls, login: login.to_vec() };
            if server.answers().await {
                return server;
            }
            // Somebody else took the port in between.
            folder = std::mem::replace(&mut server.folder, TempDir::new().expect("a folder"));
        }
        panic!("no Redis server started in five attempts");
    }

    /// `redis://` or `rediss://` with host and port.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.tls { "rediss" } else { "redis" }, self.port)
    }

    /// The certificate of the authority that vouches for a server that speaks TLS.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server at once, as a crash does.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }

    /// Starts the server again where it was, with what its settings let it keep: nothing, unless they say so.
    pub async fn start_again(&mut self) {
        self.stop();
        self.child = spawn("redis-server", &self.arguments);
        assert!(self.answers().await, "the Redis server does not start again");
    }

    /// Lets the server stand still, or go on: its connections stay, and nothing answers.
    pub fn stand_still(&self, still: bool) {
        let signal = if still { "-STOP" } else { "-CONT" };
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Gives a command with `redis-cli`, and says what it answers.
    pub fn cli(&self, command: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(&self.login).args(command).output();
        String::from_utf8_lossy(&output.expect(INSTALL).stdout).trim().to_owned()
    }

    async fn answers(&mut self) -> bool {
        for _ in 0..400 {
            if self.cli(&["PING"]) == "PONG" {
                return true;
            }
            if self.child.try_wait().expect("a state").is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A master and a replica under three sentinels, which call the master `overblik`.
pub struct RedisSentinels {
    /// The servers; the first is the master at the start.
    pub servers: Vec<RedisServer>,
    sentinels: Vec<(Child, u16, TempDir)>,
}

impl RedisSentinels {
    /// Starts them all, and waits until each knows the others.
    pub async fn start() -> Self {
        let master = RedisServer::start().await;
        let port = master.port.to_string();
        let settings = ["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"];
        let servers = vec![master, RedisServer::start_with(&settings).await];
        until("the replica follows", || servers[1].cli(&["INFO", "replication"]).contains("master_link_status:up"))
            .await;
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            let (folder, own_port) = (TempDir::new().expect("a folder"), free_port());
            let file = folder.path().join("sentinel.conf");
            let settings = format!(
                "port {own_port}\nbind 127.0.0.1\ndir {}\nsentinel monitor overblik 127.0.0.1 {port} 2\n\
                 sentinel down-after-milliseconds overblik 800\nsentinel failover-timeout overblik 4000\n",
                folder.path().display()
            );
            fs::write(&file, settings).expect("written");
            sentinels.push((spawn("redis-sentinel", &[file.display().to_string()]), own_port, folder));
        }
        let all = Self { servers, sentinels };
        for (_, port, _) in &all.sentinels {
            until("the sentinels know each other and the replica", || {
                let known = cli(*port, &["SENTINEL", "master", "overblik"]);
                let known: Vec<_> = known.lines().collect();
                let says = |name: &str, value: &str| known.windows(2).any(|pair| pair == [name, value]);
                says("num-other-sentinels", "2") && says("num-slaves", "1")
            })
            .await;
        }
        all
    }

    /// The sentinels' addresses.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(|(_, port, _)| format!("redis://127.0.0.1:{port}")).collect()
    }
}

impl Drop for RedisSentinels {
    fn drop(&mut self) {
        for (child, _, _) in &mut self.sentinels {
            let _gone = child.kill();
            let _waited = child.wait();
        }
    }
}

/// A cluster of three masters with a replica each: the first three of its servers at the start, and the last three.
pub struct RedisCluster {
    /// The servers.
    pub servers: Vec<RedisServer>,
    certificates: TempDir,
}

impl RedisCluster {
    /// Starts the servers, and waits until they are a cluster.
    pub async fn start() -> Self {
        Self::start_with(TempDir::new().expect("a folder"), &[], &[]).await
    }

    /// As [`RedisCluster::start`], with TLS to the servers and among them.
    pub async fn start_with_tls() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (settings, login) = make_certificates(folder.path());
        let settings = settings.iter().map(String::as_str).chain(["--tls-cluster", "yes", "--tls-replication", "yes"]);
        Self::start_with(folder, &settings.collect::<Vec<_>>(), &login).await
    }

    async fn start_with(certificates: TempDir, further: &[&str], login: &[String]) -> Self {
        let settings =
            ["--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--repl-diskless-sync-delay", "0"];
        let settings = [&settings, further].concat();
        let mut servers = Vec::new();
        for _ in 0..6 {
            servers.push(RedisServer::start_in(TempDir::new().expect("a folder"), &settings, login).await);
        }
        for (server, (from, to)) in servers.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            assert_eq!(server.cli(&["CLUSTER", "ADDSLOTSRANGE", from, to]), "OK");
        }
        for server in &servers[1..] {
            assert_eq!(servers[0].cli(&["CLUSTER", "MEET", "127.0.0.1", &server.port.to_string()]), "OK");
        }
        for server in &servers {
            until("the servers know each other", || server.cli(&["CLUSTER", "INFO"]).contains("known_nodes:6")).await;
        }
        for (master, replica) in servers.iter().zip(&servers[3..]) {
            let master = master.cli(&["CLUSTER", "MYID"]);
            until("the replica takes its master", || replica.cli(&["CLUSTER", "REPLICATE", &master]) == "OK").await;
        }
        for server in &servers {
            until("the cluster is whole", || server.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok")).await;
            until("all know the replicas", || server.cli(&["CLUSTER", "NODES"]).matches("slave").count() == 3).await;
        }
        for replica in &servers[3..] {
            until("a replica follows", || replica.cli(&["INFO", "replication"]).contains("link_status:up")).await;
        }
        Self { servers, certificates }
    }

    /// The certificate of the authority that vouches for servers that speak TLS.
    pub fn authority(&self) -> PathBuf {
        self.certificates.path().join("ca.crt")
    }

    /// The servers' addresses.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(RedisServer::url).collect()
    }
}

const INSTALL: &str = "Redis is not installed: ./test installs redis-server and redis-sentinel";

fn spawn(program: &str, arguments: &[String]) -> Child {
    let quiet = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    quiet.expect(INSTALL)
}

fn cli(port: u16, command: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(command).output();
    String::from_utf8_lossy(&output.expect(INSTALL).stdout).trim().to_owned()
}

/// A port that is free, as is the one ten thousand above it, which a cluster's servers talk on. Both lie below those that
/// the system gives to outgoing connections.
fn free_port() -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    for _ in 0..1000 {
        let chance = RandomState::new().build_hasher().finish() % 12_000;
        let port = 10_000 + u16::try_from(chance).expect("less than 12,000");
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
    panic!("no port is free");
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("did not come about within fifteen seconds: {what}");
}

/// An authority and a server's certificate for this machine: the settings of a server that uses them, and what
/// `redis-cli` says to it.
fn make_certificates(folder: &Path) -> (Vec<String>, Vec<String>) {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        let output = output.expect("openssl is not installed: ./test installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -days 2 -subj /CN=authority"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=redis"));
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").expect("written");
    openssl("x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt");
    let file = |name: &str| folder.join(name).display().to_string();
    let (certificate, key, authority) = (file("server.crt"), file("server.key"), file("ca.crt"));
    let settings = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &authority];
    let settings = settings.into_iter().chain(["--tls-auth-clients", "no"]).map(str::to_owned).collect();
    (settings, ["--tls", "--cacert", &authority].map(str::to_owned).to_vec())
}
