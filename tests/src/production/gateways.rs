//! Two gateways, each at doors that stay its own when it is started anew.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::{
    contracts::{ContractChanges, SOURCES},
    crowd::CLIENT_ID,
    fleet::{NO_LIMITS, SOURCE_SECRET, free_port},
    gateway_binary::GatewayBinary,
    master_keys::MasterKeyFile,
    raw::{raw_get, raw_request},
    signing_key::SigningKey,
};

/// How many there are.
pub(super) const GATEWAYS: usize = 2;

/// Longest that a gateway takes to end after it was told to: its grace period (`server.grace_s`), and some.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Longest that a gateway takes until it is ready, on a machine that is busy with something else.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A source's time limit: less than the two seconds of a JSON overview, so that a source that hangs is told as timed out.
const SOURCE_LIMIT_MS: u64 = 1_500;

/// A changed file of keys is read every two seconds, and two readings must agree.
const KEYS_NOTICED: Duration = Duration::from_secs(7);

/// Longer than the provider of this production keeps the key set that it fetched.
const PROVIDER_FETCHED: Duration = Duration::from_secs(3);

/// Lines of a log that are shown when something went wrong.
const LAST_LINES: usize = 40;

/// Two gateways; they end when this value goes.
pub(super) struct Gateways {
    folder: TempDir,
    contracts: TempDir,
    keys: Arc<MasterKeyFile>,
    ports: Vec<[u16; 2]>,
    processes: Vec<Option<Child>>,
    client_key: String,
}

/// What the gateways are configured with.
pub(super) struct Surroundings<'s> {
    pub(super) public_url: &'s Url,
    pub(super) issuer: &'s str,
    pub(super) sources: &'s str,
    /// What stands under `session.redis`, in one line.
    pub(super) redis: &'s str,
}

impl Drop for Gateways {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().flatten() {
            // Fails only when it has ended already, which is what is wanted.
            drop(process.kill());
            drop(process.wait());
        }
    }
}

#[expect(clippy::expect_used, reason = "a test without its gateways must fail and say why")]
impl Gateways {
    /// Doors for citizens and for operators, at which nothing listens yet.
    pub(super) fn plan() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut contracts = ContractChanges::default();
        for source in SOURCES {
            contracts.limit(*source, SOURCE_LIMIT_MS);
        }
        Self {
            keys: Arc::new(MasterKeyFile::new(folder.path().join("session-keys"))),
            client_key: SigningKey::es256("client").private_pem(),
            contracts: contracts.write(),
            ports: (0..GATEWAYS).map(|_| [free_port(), free_port()]).collect(),
            processes: (0..GATEWAYS).map(|_| None).collect(),
            folder,
        }
    }

    /// The citizens' doors, for the proxy in front.
    pub(super) fn ports(&self) -> Vec<u16> {
        self.ports.iter().map(|[citizens, _]| *citizens).collect()
    }

    /// The operators' doors.
    pub(super) fn operations(&self) -> Vec<Url> {
        self.ports.iter().map(|[_, operators]| address(*operators)).collect()
    }

    /// Starts all of them.
    pub(super) async fn start(&mut self, surroundings: &Surroundings<'_>) {
        self.write_client_keys(&[&self.client_key]);
        for index in 0..GATEWAYS {
            let configuration = self.configuration(index, surroundings);
            fs::write(self.file(index, "yaml"), configuration).expect("written");
            self.start_one(index).await;
        }
    }

    /// Starts one, and waits until it is ready.
    pub(super) async fn start_one(&mut self, index: usize) {
        let log = fs::File::options().create(true).append(true).open(self.file(index, "log")).expect("a log file");
        let mut command = GatewayBinary::Overblik.command();
        command.arg("serve").arg("--config").arg(self.file(index, "yaml"));
        let mut process =
            command.stdout(log.try_clone().expect("a log file")).stderr(log).spawn().expect("the command runs");
        let began = Instant::now();
        while !self.is_ready(index).await {
            let ended = process.try_wait().expect("its state");
            let may_become = ended.is_none() && began.elapsed() <= READY_WITHIN;
            assert!(may_become, "gateway {index} does not become ready ({ended:?}):\n{}", self.log(index));
            sleep(Duration::from_millis(50)).await;
        }
        *self.processes.get_mut(index).expect("a place") = Some(process);
    }

    /// Asks a gateway to end, waits until it has, and starts it anew: what an upgrade does with each of them.
    #[expect(clippy::panic, reason = "a gateway that does not end is what is looked for")]
    pub(super) async fn roll(&mut self, index: usize) {
        let mut process = self.processes.get_mut(index).and_then(Option::take).expect("a gateway that runs");
        let sent = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "the signal was not sent");
        let began = Instant::now();
        let status = loop {
            if let Some(status) = process.try_wait().expect("its state") {
                break status;
            }
            if began.elapsed() > ENDS_WITHIN {
                drop(process.kill());
                panic!("gateway {index} does not end:\n{}", self.log(index));
            }
            sleep(Duration::from_millis(20)).await;
        };
        assert!(status.success(), "gateway {index} ended with {status}:\n{}", self.log(index));
        self.start_one(index).await;
    }

    /// Ends a gateway at once, as when its machine fails.
    pub(super) fn kill(&mut self, index: usize) {
        if let Some(mut process) = self.processes.get_mut(index).and_then(Option::take) {
            // Fails only when it has ended already.
            drop(process.kill());
            drop(process.wait());
        }
    }

    /// Whether a gateway says that it can serve.
    pub(super) async fn is_ready(&self, index: usize) -> bool {
        let Some([_, port]) = self.ports.get(index) else { return false };
        let listens = tokio::net::TcpStream::connect(("127.0.0.1", *port)).await.is_ok();
        listens && raw_get(&address(*port), "/health/ready", &[]).await.status == 200
    }

    /// Lets a source be asked again that was left alone, as an operator does, at every gateway.
    pub(super) async fn reset(&self, source: &str) {
        for door in self.operations() {
            let request = format!(
                "POST /sources/{source}/reset HTTP/1.1\r\nhost: localhost\r\nx-overblik-operator: 1\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n"
            );
            let answer = raw_request(&door, request).await;
            assert_eq!(answer.status, 200, "{source} cannot be reset: {}", answer.body);
        }
    }

    /// The file of session keys.
    pub(super) fn keys(&self) -> Arc<MasterKeyFile> {
        Arc::clone(&self.keys)
    }

    /// Exchanges the key that we sign by at the identity provider, by the three steps of docs/configuration.md.
    pub(super) async fn exchange_client_key(&mut self) {
        let (former, next) = (self.client_key.clone(), SigningKey::es256("client").private_pem());
        self.write_client_keys(&[&former, &next]);
        sleep(KEYS_NOTICED + PROVIDER_FETCHED).await;
        self.write_client_keys(&[&next, &former]);
        sleep(KEYS_NOTICED + PROVIDER_FETCHED).await;
        self.write_client_keys(&[&next]);
        sleep(KEYS_NOTICED).await;
        self.client_key = next;
    }

    /// The last warnings and errors of every gateway's log.
    pub(super) fn last_warnings(&self) -> String {
        let last = |index| {
            let log = self.log(index);
            let of_note = |line: &&str| line.contains("\"level\":\"WARN\"") || line.contains("\"level\":\"ERROR\"");
            let lines: Vec<_> = log.lines().filter(of_note).collect();
            let skipped = lines.len().saturating_sub(LAST_LINES);
            let lines = lines.get(skipped..).unwrap_or_default().join("\n");
            format!("gateway {index}, after {skipped} other warnings:\n{lines}\n")
        };
        (0..GATEWAYS).map(last).collect()
    }

    fn log(&self, index: usize) -> String {
        fs::read_to_string(self.file(index, "log")).unwrap_or_default()
    }

    fn file(&self, index: usize, ending: &str) -> PathBuf {
        self.folder.path().join(format!("gateway-{index}.{ending}"))
    }

    fn client_keys(&self) -> PathBuf {
        self.folder.path().join("client-keys.pem")
    }

    fn write_client_keys(&self, keys: &[&str]) {
        let beside = self.client_keys().with_extension("new");
        fs::write(&beside, keys.concat()).and_then(|()| fs::rename(&beside, self.client_keys())).expect("written");
    }

    fn configuration(&self, index: usize, surroundings: &Surroundings<'_>) -> String {
        let Surroundings { public_url, issuer, sources, redis } = surroundings;
        let [port, operations] = self.ports.get(index).copied().expect("doors");
        let public_url = public_url.as_str().trim_end_matches('/');
        let (keys, client_keys) = (self.keys.path().display(), self.client_keys().display().to_string());
        let contracts = self.contracts.path().display();
        let source = format!("{{ base_url: \"{sources}\", api_key: {SOURCE_SECRET} }}");
        format!(
            "server: {{ listen: \"127.0.0.1:{port}\", public_url: \"{public_url}\", trusted_proxies: [127.0.0.1/32] }}\n\
             login: {{ issuer: \"{issuer}\", client_id: {CLIENT_ID}, client_keys_file: \"{client_keys}\" }}\n\
             session: {{ keys_file: \"{keys}\", store: redis, redis: {redis} }}\n\
             contracts: {{ directory: \"{contracts}\" }}\n\
             sources: {{ library: {source}, daycare: {source}, payments: {source} }}\n\
             development: {{ fictitious_persons: true, loopback_http: true }}\n\
             limits: {{ {NO_LIMITS} }}\noperations: {{ listen: \"127.0.0.1:{operations}\" }}\n\
             log: {{ filter: info, format: json }}\n",
        )
    }
}

#[expect(clippy::expect_used, reason = "a port of this machine makes an address")]
fn address(port: u16) -> Url {
    Url::parse(&format!("http://localhost:{port}/")).expect("an address")
}
