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
    fitting(limit().unwrap_or(UNKNOWN))
}

/// Whether so much may be kept: half of the memory at most, or what comes beside it has no room.
pub(super) fn has_room_for(kept: u64) -> bool {
    kept <= limit().unwrap_or(UNKNOWN) / 2
}

/// Bytes beyond which the kernel ends this process: the least limit of its control groups, else what the machine has.
pub(crate) fn limit() -> Option<u64> {
    let groups = limits_of_groups(Path::new("/sys/fs/cgroup"), &read(Path::new("/proc/self/cgroup")));
    groups.into_iter().chain(machine(&read(Path::new("/proc/meminfo")))).min()
}

fn fitting(bytes: u64) -> u32 {
    let fit = (bytes / SHARE / FOR_ONE_OVERVIEW).clamp(FEWEST_OVERVIEWS, MOST_OVERVIEWS);
    u32::try_from(fit).unwrap_or(u32::MAX)
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// What the process's own group and every group above it say, each of which binds it: in the one hierarchy of all
/// (version 2), and in that of memory alone (version 1). A container often sees its own group as the topmost, and no other.
fn limits_of_groups(root: &Path, groups: &str) -> Vec<u64> {
    let hierarchies = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, group) = parts.next().zip(parts.next())?;
        match controllers {
            "" => Some((root.to_owned(), "memory.max", group)),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                Some((root.join("memory"), "memory.limit_in_bytes", group))
            }
            _ => None,
        }
    });
    let mut limits = Vec::new();
    for (hierarchy, file, group) in hierarchies {
        let and_above = Path::new(group).ancestors().filter_map(|group| group.strip_prefix("/").ok());
        limits.extend(and_above.filter_map(|group| read(&hierarchy.join(group).join(file)).trim().parse::<u64>().ok()));
    }
    limits
}

fn machine(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A folder of control groups that limit so.
    fn groups(limits: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().expect("a folder");
        for (file, limit) in limits {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, format!("{limit}\n")).expect("written");
        }
        root
    }

    #[test]
    fn what_the_machine_has_is_read_and_this_process_may_not_use_more() {
        assert_eq!(machine("MemFree:  1 kB\nMemTotal:        2097152 kB\n"), Some(2048 * MIB));
        assert_eq!(machine(""), None);
        let all = machine(&read(Path::new("/proc/meminfo"))).expect("a machine with memory");
        assert!(limit().is_some_and(|limit| limit > 0 && limit <= all));
    }

    #[test]
    fn the_own_group_and_those_above_it_bind_in_the_one_hierarchy_of_all() {
        let root = groups(&[
            ("system.slice/memory.max", "3000"),
            ("system.slice/overblik.service/memory.max", "max"),
            ("system.slice/another.service/memory.max", "10"),
        ]);
        assert_eq!(limits_of_groups(root.path(), "0::/system.slice/overblik.service\n"), [3000]);
        fs::write(root.path().join("system.slice/overblik.service/memory.max"), "2000\n").expect("written");
        assert_eq!(limits_of_groups(root.path(), "0::/system.slice/overblik.service\n"), [2000, 3000]);
    }

    #[test]
    fn they_bind_where_memory_has_a_hierarchy_of_its_own() {
        let root = groups(&[
            ("memory/memory.limit_in_bytes", "9223372036854771712"),
            ("memory/overblik/memory.limit_in_bytes", "2000"),
            ("cpu/overblik/memory.limit_in_bytes", "10"),
        ]);
        let own = "9:name=systemd:/\n4:hugetlb,memory:/overblik\n1:cpu:/overblik\n0::/\n";
        assert_eq!(limits_of_groups(root.path(), own), [2000, 9_223_372_036_854_771_712]);
    }

    #[test]
    fn a_container_that_sees_its_own_group_as_the_topmost_is_bound_by_it() {
        let root = groups(&[("memory.max", "2000"), ("memory/memory.limit_in_bytes", "3000")]);
        for (own, limit) in [
            ("0::/\n", 2000),
            ("0::/kubepods/pod1/abc\n", 2000),
            ("0::/../abc\n", 2000),
            ("4:memory:/kubepods/pod1/abc\n", 3000),
        ] {
            assert_eq!(limits_of_groups(root.path(), own), [limit], "{own}");
        }
        assert!(limits_of_groups(root.path(), "").is_empty(), "nothing is known of any");
    }

    #[test]
    fn about_one_overview_for_each_mebibyte_within_reason() {
        for (mebibytes, overviews) in [(0, 64), (512, 512), (4096, 4096), (1_000_000, 10_000)] {
            assert_eq!(fitting(mebibytes * MIB), overviews, "{mebibytes} MiB");
        }
    }
}
