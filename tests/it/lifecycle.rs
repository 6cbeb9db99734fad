//! A gateway as a service manager runs it: what it tells, how it goes, and who hears of it.

use std::{
    fs::File,
    net::TcpListener,
    os::unix::net::UnixDatagram,
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use overblik_tests::{RawAnswer, raw_get};
use url::Url;

use crate::{command_line::overblik, configuration::Deployment};

/// A process that serves a deployment, killed when it is dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) door: Url,
    pub(crate) operations: Url,
    pub(crate) deployment: Deployment,
}

impl Drop for Served {
    fn drop(&mut self) {
        // Fails only when it has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A configuration that is good, with two ports that were free a moment ago.
pub(crate) fn with_ports(deployment: &Deployment) -> (String, [u16; 2]) {
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let ports = free.map(|listener| listener.local_addr().expect("an address").port());
    let written = deployment.good();
    let written = written.replace("127.0.0.1:0", &format!("127.0.0.1:{}", ports[0]));
    (written.replace("listen: null", &format!("listen: \"127.0.0.1:{}\"", ports[1])), ports)
}

impl Served {
    /// Starts one whose configuration is a good one, changed so.
    pub(crate) async fn start(change: impl Fn(String) -> String, environment: &[(&str, &str)]) -> Self {
        let deployment = Deployment::new();
        let (written, [port, operations]) = with_ports(&deployment);
        deployment.write("overblik.yaml", &change(written));
        let log = File::create(deployment.path("log")).expect("a log");
        let mut command = overblik();
        command.args(["serve", "--config"]).arg(deployment.path("overblik.yaml")).envs(environment.iter().copied());
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        let child = command.spawn().expect("the command runs");
        let [door, operations] =
            [port, operations].map(|port| Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address"));
        let mut served = Self { child, door, operations, deployment };
        let listens =
            async |url: &Url| tokio::net::TcpStream::connect(("127.0.0.1", url.port().expect("a port"))).await.is_ok();
        let began = Instant::now();
        while !(listens(&served.operations).await && listens(&served.door).await) {
            let ended = served.child.try_wait().expect("its state");
            assert!(ended.is_none() && began.elapsed() < Duration::from_mins(1), "{ended:?}\n{}", served.log());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        served
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.deployment.path("log")).unwrap_or_default()
    }

    pub(crate) async fn ready(&self) -> RawAnswer {
        raw_get(&self.operations, "/health/ready", &[]).await
    }

    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success(), "the signal was not sent");
    }

    async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it does not end:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn load_balancers_get_notice_before_anybody_is_refused() {
    let change = |written: String| written.replace("server: {", "server: { notice_s: 3,");
    let mut served = Served::start(change, &[]).await;
    assert_eq!(served.ready().await.status, 200);
    served.signal("TERM");
    let told = Instant::now();
    let mut refused = served.ready().await;
    while refused.status == 200 && told.elapsed() < Duration::from_secs(2) {
        refused = served.ready().await;
    }
    assert!(refused.status == 503 && refused.body.contains("\"going-away\""), "{}", refused.body);
    // Not a page that begins nothing: a login is refused as soon as anything is.
    let login = raw_get(&served.door, "/auth/login", &[]).await;
    if told.elapsed() < Duration::from_secs(3) {
        assert!(!login.body.contains("\"going-away\""), "served as before: {}", login.body);
    }
    let status = served.ended().await;
    assert!(status.success() && told.elapsed() >= Duration::from_secs(3), "{status}: {}", served.log());
}

#[tokio::test]
async fn whoever_asks_a_second_time_need_not_wait() {
    let change = |written: String| written.replace("server: {", "server: { notice_s: 600,");
    let mut served = Served::start(change, &[]).await;
    served.signal("TERM");
    while served.ready().await.status == 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    served.signal("INT");
    let asked = Instant::now();
    assert_eq!(served.ended().await.code(), Some(1), "what was under way was cut off");
    assert!(asked.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_service_manager_hears_that_it_is_ready_reloads_and_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let mut served = Served::start(|written| written, &[("NOTIFY_SOCKET", &socket.display().to_string())]).await;
    let hear = async || {
        let manager = manager.try_clone().expect("a socket");
        let heard = tokio::task::spawn_blocking(move || {
            let mut text = [0; 256];
            let length = manager.recv(&mut text).expect("something is told");
            String::from_utf8_lossy(&text[..length]).into_owned()
        });
        heard.await.expect("no panic")
    };
    assert_eq!(hear().await, "READY=1");
    served.signal("HUP");
    let reloading = hear().await;
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(hear().await, "READY=1");
    assert_eq!(served.ready().await.status, 200, "SIGHUP ends nothing");
    served.signal("TERM");
    assert_eq!(hear().await, "STOPPING=1");
    assert!(served.ended().await.success());
}
