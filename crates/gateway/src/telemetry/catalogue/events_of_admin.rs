//! Log events: the admin API and the console.

use super::{Chapter, ERROR, INFO, NOTHING, WARN, event};

/// See the title.
pub(super) const CHAPTER: Chapter = Chapter { title: "The admin API and the console", events: EVENTS };

const EVENTS: &[super::Event] = &[
    event(
        "two contracts cannot be compared",
        ERROR,
        "A version's page shows no difference: a defect.",
        "Report the log.",
    ),
    event("client at the admin API", INFO, "Which client asks, by its registered name.", NOTHING),
    event("token for the admin API given", INFO, "A client proved who it is.", NOTHING),
    event("token at the admin API refused", WARN, "It opens nothing, for the `reason` given.", "Many: somebody tries."),
    event("logged in at the console", INFO, "Who logged in, as the registry names them.", NOTHING),
    event(
        "login at the console refused",
        WARN,
        "The person has no role here, or more than one.",
        "Check `admin.roles` and what the provider says of them.",
    ),
    event("a logout at the identity provider overtook a login at the console", WARN, "The logout wins.", NOTHING),
    event(
        "person at the console",
        INFO,
        "Who works at the console, as the registry names them; what they asked for says the request's own line.",
        NOTHING,
    ),
    event(
        "the registry is not to be had",
        ERROR,
        "A request at the admin API failed because the registry's store is away.",
        "See the store.",
    ),
    event(
        "the registry is not what was written",
        ERROR,
        "The history does not verify.",
        "docs/registry.md, on damage.",
    ),
    event(
        "work at the admin API broke off",
        ERROR,
        "A defect, or the process is stopping.",
        "Report it unless it was stopping.",
    ),
    event("the statistics are not to be had", ERROR, "Their store is away.", "See the store."),
    event(
        "a contract cannot be tried",
        ERROR,
        "No room for a contract's files, or a defect.",
        "Check the temporary directory.",
    ),
    event(
        "two versions cannot be compared",
        ERROR,
        "A defect: a version that was checked cannot be read.",
        "Report it.",
    ),
];
