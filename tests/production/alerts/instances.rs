//! Processes that end, run out of descriptors, or are of another version.

use std::{
    fs,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use overblik_tests::{GatewayBinary, PlainServer, Reply, copy_contracts, fleet::free_port};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};
use url::Url;

use super::{Watch, operations, setup};

/// Longest that a process takes until it answers, on a busy machine.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Longer than from one look of Prometheus to the next: each start is seen.
const SEEN: Duration = Duration::from_millis(2_200);

/// The process that is short of descriptors has so many.
const DESCRIPTORS: usize = 256;

/// A gateway in a process of its own, at doors that stay the same.
struct Lone {
    folder: TempDir,
    doors: [u16; 2],
    /// What it is started by.
    prefix: Vec<String>,
    child: Option<Child>,
}

impl Drop for Lone {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Lone {
    async fn start(prefix: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        copy_contracts(&folder.path().join("contracts"));
        let doors = [free_port(), free_port()];
        let configuration = format!(
            "server: {{ listen: \"127.0.0.1:{}\", public_url: \"http://localhost\" }}\n\
             login: {{ issuer: \"http://127.0.0.1:9\", client_id: overblik, client_secret: a-secret-of-this-test }}\n\
             contracts: {{ directory: \"{}\" }}\n\
             sources: {{ library: {SOURCE}, daycare: {SOURCE}, payments: {SOURCE} }}\n\
             development: {{ fictitious_persons: true, loopback_http: true }}\n\
             limits: {{ connections: null, connections_per_address: null }}\n\
             operations: {{ listen: \"127.0.0.1:{}\" }}\n",
            doors[0],
            folder.path().join("contracts").display(),
            doors[1],
        );
        fs::write(folder.path().join("overblik.yaml"), configuration).expect("written");
        let prefix = prefix.iter().map(|word| (*word).to_owned()).collect();
        let mut lone = Self { folder, doors, prefix, child: None };
        lone.start_again().await;
        lone
    }

    async fn start_again(&mut self) {
        let gateway = GatewayBinary::Overblik.command();
        let file = self.folder.path().join("overblik.yaml");
        let log = fs::File::options().create(true).append(true).open(self.log()).expect("a log file");
        let words = self.prefix.iter().map(AsRef::as_ref).chain([gateway.get_program()]);
        let words: Vec<_> = words.chain(["serve", "--config"].map(AsRef::as_ref)).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(file).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a log file")).stderr(log);
        self.child = Some(command.spawn().expect("the command runs"));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.doors[1])).await.is_err() {
            let told = || fs::read_to_string(self.log()).unwrap_or_default();
            assert!(began.elapsed() < STARTS_WITHIN, "the gateway does not start:\n{}", told());
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only when it has ended already.
            drop(child.kill());
            drop(child.wait());
        }
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn operations(&self) -> Url {
        Url::parse(&format!("http://localhost:{}/", self.doors[1])).expect("an address")
    }
}

const SOURCE: &str = "{ base_url: \"http://127.0.0.1:9\", api_key: a-key-of-this-test }";

pub(super) async fn one_is_started_again_and_again_and_then_there_is_none() {
    let mut lone = Lone::start(&[]).await;
    let mut watch = Watch::over("a gateway is killed again and again", &[lone.operations()]).await;
    let restarts = async {
        loop {
            lone.kill();
            lone.start_again().await;
            sleep(SEEN).await;
        }
    };
    watch.fires_while(&["OverblikRestartsOften"], &[], restarts).await;
    println!("  no gateway is there any more");
    lone.kill();
    let gone = ["OverblikAllInstancesGone", "OverblikInstanceDown"];
    watch.fires_while(&gone, &["OverblikRestartsOften"], std::future::pending()).await;
    lone.start_again().await;
    watch.resolves(&[&gone[..], &["OverblikRestartsOften"]].concat()).await;
    watch.end().await;
}

pub(super) async fn file_descriptors_run_out() {
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    let lone = Lone::start(&["prlimit", &limit]).await;
    let mut watch = Watch::over("nearly all file descriptors of a gateway are open", &[lone.operations()]).await;
    let mut connections = Vec::new();
    // Not all: Prometheus has to get in.
    for _ in 0..DESCRIPTORS * 85 / 100 {
        connections.push(TcpStream::connect(("127.0.0.1", lone.doors[0])).await.expect("a connection"));
    }
    watch.fires(&["OverblikFileDescriptorsNearLimit"]).await;
    drop(connections);
    watch.resolves(&["OverblikFileDescriptorsNearLimit"]).await;
    watch.end().await;
}

pub(super) async fn there_are_several_versions() {
    let system = setup().start().await;
    let browser = system.logged_in("family-signe").await;
    // What another version says of itself is all that is needed of it. It says it from a certain moment on.
    let is_there = Arc::new(AtomicBool::new(false));
    let former = PlainServer::start({
        let is_there = Arc::clone(&is_there);
        move |_, _| {
            let told = if is_there.load(Ordering::SeqCst) { "overblik_build_info{version=\"0.0.1\"} 1\n" } else { "" };
            Reply {
                headers: vec![("content-type", "text/plain; version=0.0.4".to_owned())],
                ..Reply::json(200, told.to_owned())
            }
        }
    })
    .await;
    let former_door = Url::parse(&former.origin).expect("an address");
    let mut watch = Watch::over("an upgrade is not finished", &[operations(&system), former_door]).await;
    is_there.store(true, Ordering::SeqCst);
    watch.fires(&["OverblikVersionsMixed"]).await;
    is_there.store(false, Ordering::SeqCst);
    watch.resolves(&["OverblikVersionsMixed"]).await;
    watch.end().await;
    system.stop(&[&browser]).await;
}
