//! Several gateway processes with one configuration, as behind a load balancer: one public address, and every request
//! may reach any of them.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

use crate::{
    contracts::{ContractChanges, SOURCES},
    dice::Dice,
    gateway_binary::GatewayBinary,
    master_keys::MasterKeyFile,
};

/// The origin that the browsers of a fleet see. Nothing listens there: a browser goes to a process's own door instead.
pub const PUBLIC_ORIGIN: &str = "http://localhost";

/// Our secret at the provider of a fleet.
pub const CLIENT_SECRET: &str = "crowd-client-secret-0123456789";

/// The key by which a fleet's sources know it.
pub const SOURCE_SECRET: &str = "crowd-source-secret-0123456789";

/// A source's time limit, in milliseconds: long enough for a busy machine, short enough to be met now and then.
const SOURCE_LIMIT_MS: u64 = 2_000;

/// A crowd comes from one address, and its provider too.
pub(crate) const NO_LIMITS: &str = "requests_per_address: null, logins_per_address: null, provider_logouts_per_address: null, \
     overviews_per_citizen: null, requests_per_client: null, overviews_in_flight: null, streams_per_citizen: null, \
     streams_per_session: null, lateness_ms: null, connections: null, connections_per_address: null, handshakes: null, handshakes_per_address: null";

/// What a fleet is started with.
pub struct FleetSetup {
    /// How many processes.
    pub processes: usize,
    /// Which build.
    pub binary: GatewayBinary,
    /// The provider's issuer.
    pub issuer: String,
    /// The address of all sources.
    pub sources: String,
    /// The log filter.
    pub log: String,
    /// The address of the Redis that keeps the sessions; without it each process keeps its own.
    pub redis: Option<String>,
}

/// Running gateway processes, killed when they are dropped.
pub struct Fleet {
    setup: FleetSetup,
    folder: TempDir,
    contracts: TempDir,
    keys: MasterKeyFile,
    processes: Vec<Option<Process>>,
}

struct Process {
    child: Child,
    door: Url,
    operations: Url,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Fleet {
    /// Starts the processes and waits until each answers.
    ///
    /// # Panics
    /// When one does not.
    #[expect(clippy::expect_used, reason = "a test without its gateways must fail and say why")]
    pub async fn start(setup: FleetSetup) -> Self {
        let folder = TempDir::new().expect("a folder");
        let contracts = contracts();
        let keys = MasterKeyFile::new(folder.path().join("session-keys"));
        let mut fleet = Self { folder, contracts, keys, processes: Vec::new(), setup };
        for index in 0..fleet.setup.processes {
            fleet.processes.push(None);
            fleet.start_process(index).await;
        }
        fleet
    }

    /// The doors of the processes that run.
    #[must_use]
    pub fn doors(&self) -> Vec<Url> {
        self.processes.iter().flatten().map(|process| process.door.clone()).collect()
    }

    /// The file of master keys.
    #[must_use]
    pub fn keys(&self) -> &MasterKeyFile {
        &self.keys
    }

    /// Everything that the processes wrote, to their logs and otherwise, by process.
    #[must_use]
    pub fn written(&self) -> Vec<String> {
        (0..self.processes.len())
            .map(|index| String::from_utf8_lossy(&fs::read(self.log(index)).unwrap_or_default()).into_owned())
            .collect()
    }

    /// Runs the `overblik` command beside the processes, with the first one's configuration; what it said.
    ///
    /// # Panics
    /// When it does not succeed.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a command that cannot be run is the test's failure")]
    pub fn run(&self, arguments: &[&str]) -> String {
        let configuration = self.folder.path().join("overblik-0.yaml");
        let mut command: Command = self.setup.binary.command();
        let output = command.args(arguments).arg("--config").arg(configuration).output().expect("the command runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Ends a process at once, as when its machine fails: `kill -9`.
    pub fn kill(&mut self, index: usize) {
        if let Some(process) = self.processes.get_mut(index) {
            *process = None;
        }
    }

    /// Asks a process to stop, as whatever runs it does: SIGTERM.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn ask_to_stop(&self, index: usize) {
        self.signal(index, "TERM");
    }

    /// Sends a process a signal, by its name.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    #[expect(clippy::expect_used, reason = "a process that cannot be told anything is the test's failure")]
    pub fn signal(&self, index: usize, name: &str) {
        let process = self.processes.get(index).and_then(Option::as_ref).expect("a process that runs");
        let sent = Command::new("kill").arg(format!("-{name}")).arg(process.child.id().to_string()).status();
        assert!(sent.expect("kill runs").success(), "the signal was not sent");
    }

    /// The file of a process's configuration.
    #[must_use]
    pub fn configuration_file(&self, index: usize) -> PathBuf {
        self.folder.path().join(format!("overblik-{index}.yaml"))
    }

    /// The file of the contract in a folder, as `birkerup-libraries/library`.
    #[must_use]
    pub fn contract(&self, folder: &str) -> PathBuf {
        self.contracts.path().join(folder).join("connector.yaml")
    }

    /// How a process ended, if it does so in time.
    ///
    /// # Panics
    /// When nothing is known of it.
    #[expect(clippy::expect_used, reason = "a process of which nothing is known is the test's failure")]
    pub async fn ended(&mut self, index: usize, within: Duration) -> Option<ExitStatus> {
        let process = self.processes.get_mut(index).and_then(Option::as_mut).expect("a process");
        let began = tokio::time::Instant::now();
        loop {
            let status = process.child.try_wait().expect("its state");
            if status.is_some() || began.elapsed() > within {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The operators' door of a process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a process that does not run has no doors")]
    pub fn operations(&self, index: usize) -> Url {
        self.processes.get(index).and_then(Option::as_ref).expect("a process that runs").operations.clone()
    }

    /// Starts a process that does not run, again behind a door of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[expect(clippy::panic, reason = "a test without its gateways must fail and say why")]
    pub async fn start_process(&mut self, index: usize) {
        // A port that was free may be taken in the moment before the process takes it.
        for _ in 0..5 {
            if let Some(process) = self.try_to_start(index).await {
                if let Some(place) = self.processes.get_mut(index) {
                    *place = Some(process);
                }
                return;
            }
        }
        panic!("gateway {index} does not start:\n{}", self.written().get(index).map_or("", String::as_str));
    }

    #[expect(clippy::expect_used, reason = "a test without its gateways must fail and say why")]
    async fn try_to_start(&self, index: usize) -> Option<Process> {
        let [port, operations_port] = [free_port(), free_port()];
        let configuration = self.configuration_file(index);
        fs::write(&configuration, self.configuration(port, operations_port)).expect("written");
        let log = fs::File::options().create(true).append(true).open(self.log(index)).expect("a log file");
        let mut command: Command = self.setup.binary.command();
        command.arg("serve").arg("--config").arg(&configuration);
        command.stdout(log.try_clone().expect("a log file")).stderr(log);
        let [door, operations] =
            [port, operations_port].map(|port| Url::parse(&format!("http://localhost:{port}/")).expect("an address"));
        let mut process = Process { child: command.spawn().expect("the command runs"), door, operations };
        for _ in 0..600 {
            if process.child.try_wait().expect("its state").is_some() {
                return None;
            }
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Some(process);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    fn log(&self, index: usize) -> PathBuf {
        self.folder.path().join(format!("overblik-{index}.log"))
    }

    fn configuration(&self, port: u16, operations_port: u16) -> String {
        let FleetSetup { issuer, sources, log, redis, .. } = &self.setup;
        let (keys, contracts) = (self.keys.path().display(), self.contracts.path().display());
        let store = redis
            .as_ref()
            .map(|url| format!(", store: redis, redis: {{ nodes: [\"{url}\"], answer_within_ms: 5000 }}"));
        let store = store.unwrap_or_default();
        let source = format!("{{ base_url: \"{sources}\", api_key: {SOURCE_SECRET} }}");
        format!(
            "server: {{ listen: \"127.0.0.1:{port}\", public_url: \"{PUBLIC_ORIGIN}\" }}\n\
             login: {{ issuer: \"{issuer}\", client_id: {client}, client_secret: {CLIENT_SECRET} }}\n\
             session: {{ keys_file: \"{keys}\"{store} }}\n\
             overview: {{ json_deadline_ms: 300, stream_deadline_ms: 4000, heartbeat_s: 1 }}\n\
             contracts: {{ directory: \"{contracts}\" }}\n\
             sources: {{ library: {source}, daycare: {source}, payments: {source} }}\n\
             development: {{ fictitious_persons: true, loopback_http: true }}\n\
             limits: {{ {NO_LIMITS} }}\noperations: {{ listen: \"127.0.0.1:{operations_port}\" }}\n\
             log: {{ filter: \"{log}\", format: json }}\n",
            client = crate::crowd::CLIENT_ID,
        )
    }
}

/// The shipped contracts, but payments are shown at the high level only, so that stepping up matters.
fn contracts() -> TempDir {
    let mut changes = ContractChanges::default();
    for source in SOURCES {
        changes.limit(*source, SOURCE_LIMIT_MS);
    }
    changes.replace(overblik_demo::Source::Payments, "level: substantial", "level: high");
    changes.write()
}

/// A port below those that the system gives to outgoing connections, free at this moment.
///
/// # Panics
/// When there is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a machine without a free port runs no tests")]
pub fn free_port() -> u16 {
    let mut dice = Dice::seeded(crate::crowd::chance());
    (0..1000)
        .map(|_| 20_000 + u16::try_from(dice.below(12_000)).unwrap_or_default())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
