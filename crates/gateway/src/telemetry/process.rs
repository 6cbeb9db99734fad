//! What the system says about this process (Linux: `/proc`, and its control group).

use std::fs;

use crate::config::memory;

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
            memory_limit: memory::limit().map(bytes),
            fds: fs::read_dir("/proc/self/fd").ok().and_then(|open| u32::try_from(open.count()).ok()).map(f64::from),
            fds_limit: read("/proc/self/limits")
                .lines()
                .find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok()),
        }
    }
}

fn kibibytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|number| number * 1024.0)
}

#[expect(clippy::cast_precision_loss, reason = "an amount of memory")]
fn bytes(bytes: u64) -> f64 {
    bytes as f64
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
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs_f64();
        assert!(started_s.is_some_and(|at| (now - at).abs() < 3600.0), "{started_s:?} is not a moment ago");
        let (memory, limit) = memory.zip(memory_limit).expect("both");
        assert!(memory > 1_000_000.0 && memory < limit, "{memory} of {limit}");
        let (fds, limit) = fds.zip(fds_limit).expect("both");
        assert!((3.0..limit).contains(&fds), "{fds} of {limit}");
    }
}
