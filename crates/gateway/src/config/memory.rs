//! How much memory this process may use: the machine's, or less where its control group says so.

use std::{fs, path::Path};

const MIB: u64 = 1024 * 1024;

/// Memory counted on where nothing can be read.
const UNKNOWN: u64 = 512 * MIB;

/// Memory set aside for one overview under way, and the share of all memory that overviews get between them. What one
/// takes was measured at less (docs/performance.md); the rest is for sessions, answers that are kept, and connections.
const FOR_ONE_OVERVIEW: u64 = MIB / 4;
const SHARE: u64 = 4;

/// However little or much memory there is.
const FEWEST_OVERVIEWS: u64 = 64;
const MOST_OVERVIEWS: u64 = 10_000;

/// As many overviews as this process has the memory for: about one for each MiB.
pub(super) fn overviews_in_flight() -> u32 {
    fitting(available(&read(Path::new("/proc/meminfo")), &control_groups()))
}

/// Whether so much may be kept: half of the memory at most, or what comes beside it has no room.
pub(super) fn has_room_for(kept: u64) -> bool {
    kept <= available(&read(Path::new("/proc/meminfo")), &control_groups()) / 2
}

fn fitting(bytes: u64) -> u32 {
    let fit = (bytes / SHARE / FOR_ONE_OVERVIEW).clamp(FEWEST_OVERVIEWS, MOST_OVERVIEWS);
    u32::try_from(fit).unwrap_or(u32::MAX)
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// What the control group (version 2) of this process and the one that a container sees as its root say.
fn control_groups() -> Vec<String> {
    let root = Path::new("/sys/fs/cgroup");
    let own = read(Path::new("/proc/self/cgroup"));
    let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    [root.join(own), root.to_owned()].iter().map(|group| read(&group.join("memory.max"))).collect()
}

fn available(meminfo: &str, control_groups: &[String]) -> u64 {
    let machine = meminfo.lines().find_map(|line| {
        let kib: u64 = line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok()?;
        kib.checked_mul(1024)
    });
    let groups = control_groups.iter().filter_map(|limit| limit.trim().parse().ok());
    groups.chain(machine).min().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_what_is_said_counts() {
        let meminfo = "MemFree:  1 kB\nMemTotal:        2097152 kB\n";
        let of =
            |groups: &[&str]| available(meminfo, &groups.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]), 2048 * MIB);
        assert_eq!(of(&["max\n", ""]), 2048 * MIB);
        assert_eq!(of(&["max\n", "1073741824\n"]), 1024 * MIB);
        assert_eq!(available("", &[]), UNKNOWN);
    }

    #[test]
    fn about_one_overview_for_each_mebibyte_within_reason() {
        for (mebibytes, overviews) in [(0, 64), (512, 512), (4096, 4096), (1_000_000, 10_000)] {
            assert_eq!(fitting(mebibytes * MIB), overviews, "{mebibytes} MiB");
        }
    }
}
