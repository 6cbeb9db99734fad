//! Log events: what the process tells about itself and its load.

use super::{Chapter, ERROR, INFO, NOTHING, WARN, event};

/// See the title.
pub(super) const CHAPTER: Chapter =
    Chapter { title: "What the process tells about itself and its load", events: EVENTS };

const EVENTS: &[super::Event] = &[
    event("listening", INFO, "The process accepts requests.", NOTHING),
    event(
        "stopping",
        INFO,
        "The process was told to stop: it refuses what is new and lets what is under way finish.",
        NOTHING,
    ),
    event(
        "not ready any more; everybody is served for some time yet",
        INFO,
        "The process was told to stop, and `server.notice_s` lets load balancers notice before it refuses anybody.",
        NOTHING,
    ),
    event(
        "the service manager cannot be told anything",
        WARN,
        "`NOTIFY_SOCKET` is set, and nobody listens there.",
        "Look at the unit (`operations/systemd`): with `Type=notify` it waits for that word.",
    ),
    event(
        "the operating system gives no random bytes: the process ends",
        ERROR,
        "Without them no session or key would be a secret.",
        "Look at the system; nothing is served meanwhile.",
    ),
    event(
        "the clock was set back: sessions may last longer by that, and tokens may count as not yet valid",
        ERROR,
        "The system's clock jumped.",
        "Let it be kept by NTP that slews; end all sessions if it was by hours.",
    ),
    event(
        "the clock was set forward: sessions end earlier by that",
        WARN,
        "The system's clock jumped.",
        "Let it be kept by NTP that slews.",
    ),
    event(
        "the collector of traces takes no spans",
        WARN,
        "Nobody is at `traces.endpoint`, it takes too long, or it refuses; `failure` says which. What it did not take is \
         dropped, and nobody waits for it. Told again at a slower pace for as long as it is so.",
        "Look at the collector and the way to it; `overblik_trace_spans_total` counts what is lost.",
    ),
    event(
        "the collector of traces takes only a part of the spans",
        WARN,
        "Its good answers say that it refused so many `spans`, which are lost. What it says of the cause is not read, as it may \
         repeat what it was sent.",
        "Look at the collector's own log: its limits, or the size of what it takes.",
    ),
    event(
        "headers for the collector of traces exchanged",
        INFO,
        "The file `traces.headers_file` changed; what is sent from now on has what it says.",
        NOTHING,
    ),
    event(
        "headers for the collector of traces not exchanged, the former ones stay",
        ERROR,
        "The file cannot be read, or a line in it is no header. Nothing of it is quoted.",
        "Mend the file; the message says where.",
    ),
    event(
        "the last spans were not sent",
        WARN,
        "The process stops, and the collector of traces took too long.",
        "Nothing, if it is the only one; else look at the collector.",
    ),
    event(
        "the configuration was taken anew",
        INFO,
        "What changed in the file holds from now on; `settings` names it.",
        NOTHING,
    ),
    event(
        "the configuration stays as it was",
        ERROR,
        "The file changed, and cannot be taken; once for each mistake.",
        "Mend it, or restart where the mistake says so; `GET /config` tells how it stands.",
    ),
    event(
        "the log filter stays as it was",
        ERROR,
        "The new one could not be put in place.",
        "Restart the process when it can be spared.",
    ),
    event(
        "others on this machine can read a file of secrets",
        WARN,
        "`mistake` names the setting and the file.",
        "`chmod` as it says.",
    ),
    event(
        "a listener shows its new certificate",
        INFO,
        "Its files changed, and new connections get what is in them.",
        NOTHING,
    ),
    event(
        "the former certificate stays",
        ERROR,
        "Its files changed, and what is in them cannot be shown.",
        "Mend them; the mistake says what is wrong.",
    ),
    event(
        "a listener's certificate has expired",
        ERROR,
        "Browsers refuse it.",
        "Put a new one in the place of its files; no restart is needed.",
    ),
    event(
        "a listener's certificate expires",
        WARN,
        "Within thirty days; told once a day.",
        "Put a new one in the place of its files; no restart is needed.",
    ),
    event(
        "connections cut off at the end of the grace period",
        WARN,
        "What was under way took longer than `server.grace_s` when the process stopped.",
        "Lengthen the grace period if it happens often; clients come back by themselves.",
    ),
    event(
        "connections are accepted no more",
        ERROR,
        "The task that accepts connections ended: a defect. The process stops.",
        "Start it again, and report the log.",
    ),
    event(
        "connections cannot be accepted",
        ERROR,
        "The system gives no more connections, mostly for want of file descriptors.",
        "Raise the limit (`LimitNOFILE=`), and see `process_open_fds`.",
    ),
    event(
        "a task did not end",
        ERROR,
        "Something beside the requests did not end within 15 seconds when the process stopped.",
        "Report the log; nothing of citizens is lost by it.",
    ),
    event(
        "a handler panicked",
        ERROR,
        "A defect: one request was answered with 500. Nobody else notices.",
        "Report it with the `panic` line before it, which says where.",
    ),
    event(
        "panic",
        ERROR,
        "A defect: where in the code something gave up. What it said is not logged, as it may hold data.",
        "Report it.",
    ),
    event(
        "request answered",
        INFO,
        "One request: its method, its route as code writes it, its status and how long it took.",
        NOTHING,
    ),
    event(
        "overview answered",
        INFO,
        "The one line about an overview: how many sources were asked, answered, were kept, are pending, failed and were not asked, how long it took, whether the deadline was met, the trace that the sources were told, and about whom, by pseudonym.",
        NOTHING,
    ),
    event(
        "an answer of our own writing cannot be read",
        ERROR,
        "A defect: what a source answered was written down in a way that cannot be read back.",
        "Report it.",
    ),
    event(
        "every place is taken: further overviews are refused",
        WARN,
        "`limits.overviews_in_flight` is reached.",
        "Add instances; see docs/performance.md for what one can do.",
    ),
    event(
        "the process runs late: overviews are refused until it is on time",
        WARN,
        "What can go on waits longer for its turn than `limits.lateness_ms`.",
        "Add instances or processors.",
    ),
    event("overviews find places again", INFO, "Overviews are refused no more.", NOTHING),
    event(
        "new logins wait for their turn",
        WARN,
        "Much is asked of the process: whoever is logged in goes first, and new logins wait on a page that asks again.",
        "Add instances if it lasts.",
    ),
    event(
        "new logins need not wait any more",
        INFO,
        "The waiting room is closed, with how many were let in and how many waited at most.",
        NOTHING,
    ),
    event(
        "a limit is reached",
        WARN,
        "An address (by a hash that lives with the process), a citizen (by pseudonym) or a client asked more often than it may. Told once each time it begins.",
        "Nothing, unless it is one that should be allowed more: see `limits` in docs/configuration.md.",
    ),
    event(
        "Redis is away",
        ERROR,
        "An attempt to connect failed; others follow by themselves. `kept` says what is kept there, `error.kind` and `error.code` why.",
        "See docs/redis.md. Wrong credentials say so by their kind.",
    ),
    event(
        "no other connection to Redis was made, the former one serves on",
        WARN,
        "A node of a cluster failed, and another connection, to the nodes that are named, was not made; the nodes that the former one \
         knows still answer.",
        "Bring the nodes that are named back, or name more of them: a start needs one.",
    ),
    event("connected to Redis", INFO, "There is a connection, for the first time or again.", NOTHING),
    event(
        "Redis did not answer well",
        WARN,
        "A question was refused or its connection broke. Said once for each question.",
        "Nothing for a few at a failover. Many: see Redis' own log.",
    ),
    event(
        "Redis answered in an unknown form",
        ERROR,
        "Something answers there that is no Redis of a version that we know, or a defect.",
        "Check the address and the server's version.",
    ),
    event(
        "a subscription at Redis was lost",
        WARN,
        "What ended at other instances was perhaps not heard; everything that is shown is looked at again.",
        NOTHING,
    ),
    event(
        "announcements at Redis cannot be heard",
        ERROR,
        "This instance does not hear at once what ends at others, and looks for it every few seconds instead.",
        "Mend Redis, or the rights of its user to `SUBSCRIBE`.",
    ),
    event(
        "session keys exchanged",
        INFO,
        "The file of master keys was changed, and new sessions are sealed by its first key.",
        NOTHING,
    ),
    event(
        "session keys not exchanged, the former ones stay",
        ERROR,
        "The file of master keys cannot be used as it is. Told each minute until it is mended.",
        "Mend the file as the line says: until then a key that somebody meant to remove still opens sessions.",
    ),
    event(
        "session key removed",
        WARN,
        "A master key is gone from the file, and so are the sessions that it sealed.",
        "Nothing if that was meant.",
    ),
    event(
        "sessions of a removed key not ended",
        ERROR,
        "The store did not answer. The sessions cannot be opened any more, but their records are still there.",
        "They run out by themselves; or end them with `overblik sessions`.",
    ),
    event(
        "a connected frame not ended; it shows nothing",
        ERROR,
        "The store did not answer while a removed key's sessions ended.",
        "It runs out by itself.",
    ),
    event(
        "keys of a client exchanged",
        INFO,
        "The file of a portal's or an admin client's public keys was changed.",
        NOTHING,
    ),
    event(
        "keys of a client not exchanged, the former ones stay",
        ERROR,
        "That file cannot be used as it is. Told each minute until it is mended.",
        "Mend the file as the line says.",
    ),
    event(
        "expired sessions not removed",
        ERROR,
        "The session store did not answer while what is over was to be removed.",
        "Nothing: it is tried again. See the store if it goes on.",
    ),
];
