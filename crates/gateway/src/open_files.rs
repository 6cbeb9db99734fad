//! How many files, connections among them, the process may have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::LimitsConfig;

/// Kept for what is neither somebody's connection nor a call to a source: the store, the provider, logs, files that are read.
const FOR_OURSELVES: u64 = 128;

/// Each of the two other listeners lets in this part of what the citizens' does.
const PART_OF_ANOTHER: u32 = 16;

/// However few citizens' connections there may be: monitoring, a probe and whoever is on call.
const FEWEST_OF_ANOTHER: u32 = 16;

/// Kept for calls to one source: more than it has under way at most times, and less than its gate would let through.
const FOR_A_SOURCE: u64 = 16;

/// Raises what the system lets us have open to the most that it would, and says how many that are; `None` for any number.
pub(crate) fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    now.current
}

/// How many files that are now; `None` for any number.
pub(crate) fn now() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Most connections that are let in where nothing else is set.
const CONNECTIONS: u64 = 20_000;

/// As many connections as the process can have open beside everything else, if nothing else is set.
pub(crate) fn connections_by_default() -> u32 {
    fitting(getrlimit(Resource::Nofile).maximum)
}

fn fitting(most: Option<u64>) -> u32 {
    let most = most.unwrap_or(u64::MAX);
    let kept = (most / 5).max(4 * FOR_OURSELVES);
    u32::try_from(most.saturating_sub(kept).clamp(64, CONNECTIONS)).unwrap_or(u32::MAX)
}

/// The limits of a listener that is not the citizens': its crowd, if it has one, leaves citizens their files.
pub(crate) fn of_another_listener(limits: &LimitsConfig) -> LimitsConfig {
    LimitsConfig { connections: limits.connections.map(part_of_another), ..limits.clone() }
}

fn part_of_another(connections: u32) -> u32 {
    (connections / PART_OF_ANOTHER).max(FEWEST_OF_ANOTHER)
}

/// Whether so many open files are enough for the connections that are let in and so many sources.
///
/// # Errors
/// What is wrong, and what to do.
pub(crate) fn suffice(open_files: Option<u64>, limits: &LimitsConfig, sources: usize) -> Result<(), String> {
    let (Some(open_files), Some(connections)) = (open_files, limits.connections) else { return Ok(()) };
    let kept = u64::try_from(sources).unwrap_or(u64::MAX).saturating_mul(FOR_A_SOURCE).saturating_add(FOR_OURSELVES);
    let kept = kept.saturating_add(u64::from(part_of_another(connections)).saturating_mul(2));
    if u64::from(connections).saturating_add(kept) <= open_files {
        return Ok(());
    }
    // What fits has fewer in the other listeners too.
    let fitting = open_files.saturating_sub(kept);
    Err(format!(
        "limits.connections: {connections} connections and {kept} other open files are more than the {open_files} that the \
         system lets this process have\n  hint: raise the limit (LimitNOFILE= of systemd, `ulimit -Hn`), or write \
         limits.connections: {fitting}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_sources_and_ourselves() {
        let of = |connections| LimitsConfig { connections, ..LimitsConfig::NONE };
        assert_eq!(suffice(Some(1024), &of(Some(710)), 6), Ok(()));
        let told = suffice(Some(1024), &of(Some(730)), 6).expect_err("too many");
        assert!(told.contains("730 connections and 314 other") && told.ends_with("limits.connections: 710"), "{told}");
        assert_eq!(suffice(None, &of(Some(u32::MAX)), 6), Ok(()));
        assert_eq!(suffice(Some(1024), &of(None), 6), Ok(()), "whoever wants no limit is told by a warning elsewhere");
    }

    #[test]
    fn by_default_there_are_as_many_connections_as_have_room() {
        for (most, connections) in
            [(None, 20_000), (Some(1_048_576), 20_000), (Some(20_000), 16_000), (Some(1024), 512), (Some(100), 64)]
        {
            assert_eq!(fitting(most), connections, "{most:?}");
        }
    }

    #[test]
    fn another_listener_has_a_part_of_the_places_and_never_none() {
        for (citizens, others) in [(None, None), (Some(20_000), Some(1_250)), (Some(20), Some(16))] {
            let limits = LimitsConfig { connections: citizens, ..LimitsConfig::NONE };
            assert_eq!(of_another_listener(&limits).connections, others);
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let raised = raise();
        assert_eq!(getrlimit(Resource::Nofile).current, raised);
        assert_eq!(raised, getrlimit(Resource::Nofile).maximum);
    }
}
