//! Log events: logins, tokens and the identity provider.

use super::{Chapter, ERROR, INFO, NOTHING, WARN, event};

/// See the title.
pub(super) const CHAPTER: Chapter = Chapter { title: "Logins, tokens and the identity provider", events: EVENTS };

const EVENTS: &[super::Event] = &[
    event("logged in", INFO, "A citizen logged in, at this level.", NOTHING),
    event(
        "login refused",
        WARN,
        "The provider's answer to a login could not be trusted, for the `reason` given; the citizen is told that it was refused.",
        "A few are attacks or back buttons. Many with one reason: the provider or our registration there changed.",
    ),
    event("logged out", INFO, "A citizen logged out.", NOTHING),
    event(
        "the identity provider's clock and ours differ",
        WARN,
        "By 30 seconds or more, as an answer of the provider says; `seconds` is how far it is ahead of ours, and `why` in which direction. Tokens may be 60 seconds off, and beyond that nobody can log in. Told again at most once an hour.",
        "Look at the time service of this machine; if it is right, tell the provider.",
    ),
    event(
        "a step-up came back with another person; the session was ended",
        ERROR,
        "Somebody logged in at a higher level as another person than the session's.",
        "Nothing for one (two people at one computer). Many: tell the provider.",
    ),
    event(
        "a logout at the identity provider overtook a login",
        WARN,
        "The logout wins, and the login is refused.",
        NOTHING,
    ),
    event(
        "logged out at the identity provider",
        INFO,
        "The provider told us of a logout there, and so many sessions ended.",
        NOTHING,
    ),
    event(
        "the identity provider's logout came again",
        WARN,
        "A logout token that was used already: sent twice, or replayed.",
        NOTHING,
    ),
    event(
        "logout token refused",
        WARN,
        "Something called our logout address with a token that is not the provider's, for the `reason` given.",
        "Many: somebody tries, or the provider's keys changed.",
    ),
    event("tokens renewed", INFO, "A session's tokens were renewed with its refresh token.", NOTHING),
    event(
        "tokens not renewed",
        WARN,
        "The provider did not answer, or said to come later; it is tried again.",
        "If it goes on, see the alert OverblikProviderUnreachable.",
    ),
    event(
        "tokens not renewed; the session ends with those that it has",
        WARN,
        "The refresh token may be used up, and is not sent a second time.",
        NOTHING,
    ),
    event(
        "tokens not renewed; the session was ended",
        WARN,
        "The provider refused the refresh token: it has ended its session.",
        NOTHING,
    ),
    event(
        "a session that must end was not ended",
        ERROR,
        "The store did not answer. The session shows nothing, as its tokens have expired.",
        "See the store.",
    ),
    event(
        "tokens not kept; the session ends with those that it has",
        ERROR,
        "They were renewed, and the store did not take them.",
        "See the store.",
    ),
    event(
        "tokens not refreshed",
        WARN,
        "The provider's answer to a refresh could not be used, for the `reason` given.",
        "Many: the provider changed something.",
    ),
    event(
        "a refresh token is not revoked",
        WARN,
        "The provider did not take our word that it is used no more. The session here is gone all the same.",
        NOTHING,
    ),
    event(
        "a refresh brought an ID token about another person",
        ERROR,
        "The provider answered a refresh with another person's token. The session was ended.",
        "Tell the provider at once.",
    ),
    event(
        "the identity provider's publication cannot be fetched",
        WARN,
        "Its metadata or keys (`what`) could not be fetched; those fetched earlier serve for a day.",
        "If it goes on: is the provider away, or is our way there closed?",
    ),
    event(
        "the identity provider says what does not fit the configuration",
        WARN,
        "What its metadata say will keep everybody from logging in.",
        "Change the setting that the line names.",
    ),
    event(
        "our keys sign nothing",
        ERROR,
        "The key by which we prove who we are does not work any more: nobody can log in.",
        "Mend `login.client_keys_file`.",
    ),
    event("keys at the identity provider exchanged", INFO, "The file of our keys there was changed.", NOTHING),
    event(
        "keys at the identity provider not exchanged: they sign nothing that verifies",
        ERROR,
        "Private and public half of the new key do not fit.",
        "Mend the file.",
    ),
    event(
        "keys at the identity provider not exchanged, the former ones stay",
        ERROR,
        "The file cannot be used as it is. Told each minute until it is mended.",
        "Mend the file as the line says.",
    ),
    event(
        "client assertion refused",
        WARN,
        "A portal's server or an admin client could not prove who it is, at this `door`, for the `reason` given.",
        "Tell its owner if it is meant to get in.",
    ),
    event(
        "access token refused",
        WARN,
        "An app's access token opens nothing, for the `reason` given.",
        "Many with one reason: the app or the provider changed.",
    ),
    event(
        "proof of an access token refused",
        WARN,
        "A DPoP proof is wrong, for the `reason` given.",
        "Tell the app's maker if it goes on.",
    ),
    event(
        "proof of an access token came twice",
        WARN,
        "A DPoP proof was used already: an app's retry, or a replay.",
        NOTHING,
    ),
];
