//! Log events: the audit trail, which is the citizens' access log too.

use super::{Chapter, ERROR, INFO, NOTHING, WARN, event};

/// See the title.
pub(super) const CHAPTER: Chapter = Chapter { title: "The audit trail", events: EVENTS };

const EVENTS: &[super::Event] = &[
    event(
        "audit entries cannot be written; they wait in memory",
        ERROR,
        "The trail's sink cannot be reached or is full. When the queue is full, `audit.when_full` says what happens.",
        "Make room on the disk, or bring the trail's Redis back.",
    ),
    event(
        "audit entries are written, and not surely kept",
        ERROR,
        "They were handed over, and the disk did not say that it has them.",
        "Look at the disk; a power cut would lose what was written since.",
    ),
    event("audit entries are written again", INFO, "The sink is back, and what waited is in it.", NOTHING),
    event(
        "audit entries were not written",
        ERROR,
        "So many entries found no room while the sink was away, with `audit.when_full: drop_and_count`. The trail says so itself.",
        "Note it for whoever is responsible for the data; consider `refuse`.",
    ),
    event(
        "there is no room in the audit trail",
        ERROR,
        "So many questions are being asked, or wait to be written down: with `audit.when_full: refuse` no source is asked until entries can be written again.",
        "Bring the sink back; if it is there, or only slow, raise `audit.queue`.",
    ),
    event(
        "the audit trail is not where this process had brought it: entries were lost there, and another trail begins",
        ERROR,
        "A Redis came back without its last entries, or somebody changed the trail.",
        "Keep what is there, run `overblik audit verify`, and find out which of the two it was.",
    ),
    event(
        "the end of the audit trail was never wholly written, and is cut off",
        WARN,
        "The process had ended while it wrote; the last entry was not whole. The trail says so itself.",
        "Nothing, if there was a crash or a power cut; else look at the disk.",
    ),
    event(
        "the queue of the audit trail is smaller than what sources may be asked at once",
        WARN,
        "A question has its place from before it waits at its source until it is written down. With all sources busy some are not put.",
        "Raise `audit.queue` to the number in the field `needed`, or lower what contracts allow at once.",
    ),
    event(
        "audit entries that need not be kept any more are still there",
        WARN,
        "What is older than `audit.retention_days` could not be deleted. It is tried again.",
        "Look at the rights of the folder; data are kept for longer than was promised.",
    ),
    event(
        "the clock is far ahead of the newest audit entry, and nothing is deleted by it",
        ERROR,
        "The clock is more than a week ahead of what the trail said when it was opened. It may be wrong, or the gateway was off for so long.",
        "Set the clock. If it is right, start the process once more: it is believed then.",
    ),
    event(
        "entries of a citizen's log cannot be read",
        WARN,
        "Entries about whoever asked for their access log are there and were left out: a later version wrote them, or they were changed. The citizen was told how many.",
        "Bring all instances to one version; if they are, run `overblik audit verify`.",
    ),
    event(
        "the process ends, and audit entries are lost",
        ERROR,
        "The sink was away until the end.",
        "Note it for whoever is responsible for the data.",
    ),
    event(
        "the audit trail was not written to its end",
        ERROR,
        "The sink took longer than the process may take to end; entries may be lost.",
        "Look at the sink, and note it for whoever is responsible for the data.",
    ),
    event(
        "a citizen's log cannot be read",
        ERROR,
        "Somebody asked for their access log and was told that it is not there now.",
        "Look at the sink; `overblik audit verify` reads the trails themselves.",
    ),
    event("audit keys exchanged", INFO, "New entries name citizens under the file's first key.", NOTHING),
    event(
        "audit key removed: citizens do not find what was written under it, and its marks prove nothing",
        WARN,
        "A key is gone from the file.",
        "Put it back, unless all entries under it are older than is kept.",
    ),
    event(
        "audit keys not exchanged, the former ones stay",
        ERROR,
        "The file cannot be read, or a line in it is no key.",
        "Mend the file; the message says where.",
    ),
];
