//! Log events: sessions and portals.

use super::{Chapter, ERROR, INFO, NOTHING, WARN, event};

/// See the title.
pub(super) const CHAPTER: Chapter = Chapter { title: "Sessions and portals", events: EVENTS };

const EVENTS: &[super::Event] = &[
    event("a session was ended by its citizen", INFO, "From the list of their own.", NOTHING),
    event("all sessions were ended by their citizen", INFO, "All at once.", NOTHING),
    event(
        "a login attempt's record does not open: it was changed in the store",
        ERROR,
        "Somebody or something changes the store's records. The login is refused.",
        "See who can write to the store.",
    ),
    event(
        "a code's record does not open: it was changed in the store, or the code was",
        ERROR,
        "The same for the code of a connected frame, or somebody guesses.",
        "Many: see who can write to the store.",
    ),
    event(
        "a session of the console does not open: it was changed in the store, or the cookie was",
        ERROR,
        "The same at the console.",
        "As above.",
    ),
    event(
        "a session's record does not open: it was changed in the store, or the cookie was",
        ERROR,
        "The record and what the cookie holds do not fit: one of the two was changed. Nothing is shown.",
        "One: a damaged cookie. Many: see who can write to the store.",
    ),
    event(
        "a session's record cannot be read: it was changed in the store",
        ERROR,
        "It is not even of our form.",
        "See who can write to the store.",
    ),
    event(
        "an answer was not kept: the session store is away",
        WARN,
        "A source will be asked again at the next view. `so_far` counts since the start.",
        "See the store.",
    ),
    event(
        "a kept section is not what it should be: it was changed in the store, or is another's",
        ERROR,
        "A sealed answer did not open where it lay. It is not shown.",
        "See who can write to the store.",
    ),
    event("a portal was let show sections", INFO, "A citizen allowed it in the window of ours.", NOTHING),
    event(
        "token given to a portal",
        INFO,
        "A portal's server exchanged a citizen's access token, of the `kind` named.",
        NOTHING,
    ),
    event(
        "a section access came from a browser",
        WARN,
        "A portal's section access was used from a web page: it has leaked, or the portal sends it to browsers.",
        "Tell the portal at once.",
    ),
    event(
        "token of a portal refused",
        WARN,
        "An embed token or section access opens nothing, for the `reason` given.",
        "Many: tell the portal.",
    ),
    event(
        "token that a portal brought refused",
        WARN,
        "The citizen's access token that a portal brought cannot be exchanged, for the `reason` given.",
        "Many: tell the portal.",
    ),
    event(
        "code of a connected frame refused",
        WARN,
        "The code was used, is too old, or comes from another origin.",
        "Many: somebody tries.",
    ),
    event("a connected frame was ended by its citizen", INFO, "The citizen took their word back.", NOTHING),
];
