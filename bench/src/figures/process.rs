//! Processes under measurement: each is the head of a process group of its own, on a processor core of its own, and is
//! ended when it is dropped.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

/// The core of the gateways; sources and load share the other.
pub(crate) const GATEWAY_CORE: &str = "0";
pub(crate) const OTHER_CORE: &str = "1";

/// Of `utime` and `stime`, a second: `USER_HZ`, which is 100 on every Linux that programs are compiled for.
const TICKS: f64 = 100.0;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    pub(crate) child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // Fails only where all have ended already, which is what is wanted.
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        drop(self.child.wait());
    }
}

impl Process {
    /// Starts a command on a core. What it says on standard error goes to a file; so does standard output, unless it is
    /// to be read.
    pub(crate) fn start(core: &str, command: &[&str], log: &Path, reads_output: bool) -> Self {
        let file = || fs::File::options().create(true).append(true).open(log).expect("a log file");
        let mut started = Command::new("taskset");
        started.args(["-c", core]).args(command).process_group(0).stderr(file());
        // A process that ends with standard input ends with us, however we end.
        started.stdin(Stdio::piped()).stdout(if reads_output { Stdio::piped() } else { file().into() });
        Self { child: started.spawn().expect("taskset (util-linux)") }
    }

    /// Waits until the port takes connections.
    pub(crate) async fn answers(&mut self, port: u16, log: &Path) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = self.child.try_wait().expect("its state");
            let said = || fs::read_to_string(log).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{ended:?} {}", said());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What the group has had of the processors so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let ticks: u64 = self.group().iter().flat_map(|process| [field(process, 11), field(process, 12)]).sum();
        #[expect(clippy::cast_precision_loss, reason = "a century of ticks is exact")]
        Duration::from_secs_f64(ticks as f64 / TICKS)
    }

    /// The group's resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let pages: u64 = self.group().iter().map(|process| field(process, 21)).sum();
        pages * 4
    }

    /// The fields of `/proc/<pid>/stat` from the third on, of each process of the group.
    fn group(&self) -> Vec<Vec<String>> {
        let group = self.child.id().to_string();
        let processes = fs::read_dir("/proc").expect("Linux").flatten();
        let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
        let fields = stats.filter_map(|stat| {
            let (_, rest) = stat.rsplit_once(") ")?;
            Some(rest.split(' ').map(str::to_owned).collect::<Vec<_>>())
        });
        fields.filter(|fields| fields.get(2) == Some(&group)).collect()
    }
}

fn field(process: &[String], index: usize) -> u64 {
    process.get(index).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A port that is free, below those that the system gives to outgoing connections; never the same one twice.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at the same time begin at different places.
    let begin = 20_000 + u16::try_from(std::process::id() % 100).unwrap_or_default() * 100;
    let ports =
        std::iter::repeat_with(|| begin + NEXT.fetch_add(1, Ordering::Relaxed)).take_while(|port| *port < 32_000);
    ports.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
