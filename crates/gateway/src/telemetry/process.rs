//! What the system says about this process (Linux: `/proc`, and its control group).

use std::fs;

/// Ticks per second of processor times in `/proc`: the same on every Linux, whatever its kernel counts in.
const TICKS: f64 = 100.0;

/// How the process stands. What the system does not say is not there.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) cpu_s: Option<f64>,
    pub(super) started_s: Option<f64>,
    pub(super) memory: Option<f64>,
    pub(super) memory_limit: Option<f64>,
    pub(super) fds: Option<f64>,
    pub(super) fds_limit: Option<f64>,
}

impl Process {
    /// Reads a few small files: not on a thread that serves requests.
    pub(super) fn read() -> Self {
        let stat = read("/proc/self/stat");
        // The second field is a name, which may hold anything but the last parenthesis.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let booted =
            read("/proc/stat").lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
        Self {
            cpu_s: field(14).zip(field(15)).map(|(user, system)| (user + system) / TICKS),
            started_s: booted.zip(field(22)).map(|(booted, ticks)| booted + ticks / TICKS),
            memory: kibibytes(&read("/proc/self/status"), "VmRSS:"),
            memory_limit: memory_limit(),
            fds: fs::read_dir("/proc/self/fd").ok().and_then(|open| u32::try_from(open.count()).ok()).map(f64::from),
            fds_limit: read("/proc/self/limits")
                .lines()
                .find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok()),
        }
    }
}

/// The least limit among the control groups that can be seen; else what the machine has.
fn memory_limit() -> Option<f64> {
    let groups = read("/proc/self/cgroup");
    let own = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let own = format!("/sys/fs/cgroup{}/memory.max", own.trim_end_matches('/'));
    let limits = [own.as_str(), "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let machine = kibibytes(&read("/proc/meminfo"), "MemTotal:");
    limits.iter().filter_map(|path| read(path).trim().parse::<f64>().ok()).chain(machine).reduce(f64::min)
}

fn kibibytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|number| number * 1024.0)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_all_of_it() {
        let Process { cpu_s, started_s, memory, memory_limit, fds, fds_limit } = Process::read();
        assert!(cpu_s.is_some_and(|seconds| seconds >= 0.0));
        let now = jiff::Timestamp::now().as_second();
        assert!(started_s.is_some_and(|at| (now as f64 - at).abs() < 3600.0), "{started_s:?} is not a moment ago");
        let (memory, limit) = memory.zip(memory_limit).expect("both");
        assert!(memory > 1_000_000.0 && memory < limit, "{memory} of {limit}");
        let (fds, limit) = fds.zip(fds_limit).expect("both");
        assert!((3.0..limit).contains(&fds), "{fds} of {limit}");
    }
}
