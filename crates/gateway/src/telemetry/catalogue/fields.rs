//! The fields of log events and spans: a closed list, so that whoever adds one thinks of what it may hold.

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub meaning: &'static str,
}

const fn field(name: &'static str, meaning: &'static str) -> Field {
    Field { name, meaning }
}

/// Every field, by name.
pub const FIELDS: &[Field] = &[
    field(
        "about",
        "Whether a source was asked for all of its data (`section`) or for more about one item (`item`); which one is the citizen's business.",
    ),
    field("actor", "Who works at the admin API or the console, as the registry names them. Never a citizen."),
    field("added", "Entries of an index that are new."),
    field("address", "Where we listen."),
    field("after_record", "The number of the last whole record of the registry's history."),
    field("announced", "What is announced to all instances there."),
    field("answered", "Sources that answered."),
    field("asked", "Sources that were asked."),
    field("assurance", "The level that a login was verified at."),
    field("bytes", "How many bytes."),
    field("chain", "Which chain of the audit trail, by its first hash."),
    field("citizen", "A citizen's pseudonym: a keyed hash. Never the number, nor a name."),
    field("client", "The registered name of an app, a portal's server or an admin client."),
    field("day", "The day of some statistics."),
    field("deadline_met", "Whether no source was still being asked when the overview ended."),
    field("door", "Where a client assertion was used."),
    field("duration_ms", "How long it took, in milliseconds."),
    field("entries", "Entries of an index, by number."),
    field("error", "Why not, in words of ours or the system's; nothing that a source or a caller wrote."),
    field("error.code", "Redis' own word for an error."),
    field("error.kind", "The kind of an error towards Redis."),
    field(
        "event",
        "A short name for the same, where several messages are about one thing, or one message about several.",
    ),
    field("expires", "When it does."),
    field("failed", "Sources that failed."),
    field(
        "failure",
        "What is known of a request to the provider, or to the collector of traces, that brought nothing.",
    ),
    field("given", "Whether a code was handed over."),
    field("host", "A source's host."),
    field("id", "Of the span `request`: its reference."),
    field("in_use", "How many asks of a source are under way."),
    field("kept", "Of an overview, sections shown as they were kept. Of Redis, what is kept there."),
    field("key.id", "The id of a key, as its file names it."),
    field("keys", "How many keys."),
    field("kind", "Which kind of token a portal got."),
    field("lateness_us", "How late the process runs, in microseconds."),
    field("left", "Connections that were still open."),
    field("left_out", "Items of an answer that were not valid, by number."),
    field("let_in", "How many were let in."),
    field("limit", "Which limit, or how high it is."),
    field("listener", "Which listener of ours: of citizens, of operators, of admins."),
    field("method", "The method of a request."),
    field("missing", "What is missing."),
    field("mistake", "What is wrong with a file: where, what was expected, what to do. Quotes no secret."),
    field("mistakes", "The same, several."),
    field("most_waiting", "The most who waited."),
    field("not_asked", "Sources that were not asked."),
    field("odd", "What does not fit."),
    field("outcome", "What came of it: `answered`, `ended`, or a name of the table of errors."),
    field("overviews", "Overviews under way."),
    field("pending", "Sources that were still being asked."),
    field("phase", "How far a request came."),
    field("place", "Where in the code."),
    field("portal", "Our name for a portal."),
    field("reason", "Why, in words of ours that are the same each time."),
    field("refused", "How many numbers."),
    field("removed", "Entries of an index that are gone."),
    field("request", "The name that a contract gives one of its requests."),
    field("rest_s", "For how many seconds."),
    field("route", "The route of a request as code writes it, never its address."),
    field("said", "The error code that a token endpoint gave, if it is one of the published ones."),
    field("seconds", "How many seconds."),
    field("sessions", "How many sessions."),
    field("settings", "The settings that changed, by their places."),
    field("so_far", "How often so far."),
    field("source.id", "The slug of a source."),
    field("sources", "How many sources."),
    field("spans", "How many spans of traces."),
    field("status", "An HTTP status."),
    field("trace", "The trace that the sources of an overview were told: random, and nobody else's."),
    field("was_cut_off", "Whether the source was."),
    field("what", "What was to be fetched."),
    field("when_full", "What `audit.when_full` says."),
    field(
        "who",
        "Who reached a limit: a pseudonym, a client, or a hash of an address whose key lives with the process.",
    ),
    field("why", "Why, in words of ours."),
    field("wrong", "What is wrong with the registry's history."),
];
