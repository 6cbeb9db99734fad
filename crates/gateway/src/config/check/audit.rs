//! The settings of the audit trail.

use crate::config::{AuditSink, Config};

/// Most days for which entries may be kept: ten years.
const LONGEST_DAYS: u16 = 3_653;

/// What is wrong with them, but for those of the Redis.
pub(super) fn contradictions(config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let (audit, is_development) = (&config.audit, config.development.fictitious_persons);
    wrong(
        audit.sink == AuditSink::None && !is_development,
        "audit.sink",
        "is missing or none",
        "what is asked about citizens is written down: name file, redis or stdout (docs/audit.md); a demonstration of fictitious persons alone goes without",
    );
    wrong(
        audit.sink == AuditSink::File && audit.directory.is_none(),
        "audit.directory",
        "is missing, and audit.sink is file",
        "name a folder of this process alone",
    );
    wrong(
        audit.sink != AuditSink::None && audit.key_file.is_none() && !is_development,
        "audit.key_file",
        "is missing",
        "under a key that ends with the process nobody would find their entries; `openssl rand -base64 32` makes one (docs/audit.md)",
    );
    wrong(
        audit.key_file.is_some() && audit.key_file == config.session.keys_file,
        "audit.key_file",
        "is session.keys_file too",
        "keys of sessions are exchanged and thrown away; those of the trail stay for as long as its entries",
    );
    wrong(
        !(1..=LONGEST_DAYS).contains(&audit.retention_days),
        "audit.retention_days",
        "must be 1 to 3653",
        "logins are to be logged for 180 days, which is the default",
    );
    wrong(
        !(16..=1_000_000).contains(&audit.queue),
        "audit.queue",
        "must be 16 to 1000000",
        "an entry takes some 500 bytes of memory while it waits",
    );
    wrong(audit.sync_ms > 60_000, "audit.sync_ms", "must be at most 60000", "a power cut loses what was written since");
}
