//! Everything that can be asked of the API, in one table.

use http::Method;
use overblik_widgets::{AccessLog, Overview, Section, Sources};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    api_error::ApiError,
    handlers::{session::SessionLeft, sessions::OwnSessions, statistics::OpenTotal},
    statistics::CSV,
};

/// A row of the table.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) does: &'static str,
    pub(super) who: Who,
    pub(super) parameters: Vec<Parameter>,
    pub(super) answers: Vec<Answer>,
    /// What this one is refused with, beside what all of its kind are.
    also: &'static [ApiError],
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Everybody,
    /// A citizen in their browser.
    Session,
    /// A citizen in their browser, or an app in their name.
    Citizen,
}

/// Something that a request may say.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) told: &'static str,
    /// What it looks like, where not any text will do.
    pub(super) pattern: Option<&'static str>,
}

impl Parameter {
    const fn header(name: &'static str, told: &'static str) -> Self {
        Self { name, place: "header", told, pattern: None }
    }
}

/// The schema of a type.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What is answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) told: &'static str,
    /// By media type; a text where there is no shape.
    pub(super) content: Vec<(&'static str, Option<Shape>)>,
}

impl Answer {
    fn json<T: JsonSchema>(told: &'static str) -> Self {
        Self { status: 200, told, content: vec![("application/json", Some(SchemaGenerator::subschema_for::<T>))] }
    }

    fn none(told: &'static str) -> Self {
        Self { status: 204, told, content: Vec::new() }
    }

    fn or(mut self, media_type: &'static str) -> Self {
        self.content.push((media_type, None));
        self
    }
}

const LANGUAGE: Parameter = Parameter::header("Accept-Language", "The language of messages: da or en; da without it.");
const PREFER: Parameter =
    Parameter::header("Prefer", "wait=N: answer within so many seconds, with what is there by then (RFC 7240).");
const CACHE_CONTROL: Parameter = Parameter::header("Cache-Control", "no-cache: have the sources asked anew.");
const BACKGROUND: Parameter =
    Parameter::header("X-Overblik-Background", "The request comes by itself: it is no activity of the citizen.");
const CSRF: Parameter = Parameter::header(
    "X-Overblik-CSRF",
    "1, with a session's cookie: no other site can send it. Browsers may leave it out of reads; with a token it says nothing.",
);
const ORIGIN: Parameter = Parameter::header(
    "Origin",
    "The gateway's own origin. Browsers say so themselves; programs with a session's cookie must.",
);
const LAST_EVENT: Parameter =
    Parameter::header("Last-Event-ID", "What a stream that broke said last: `end` is answered by 204.");

const BEFORE: Parameter = Parameter {
    name: "before",
    place: "query",
    told: "Where the page begins: what `next` of the one before said.",
    pattern: Some("^[0-9]{1,19}-[0-9]{1,19}$"),
};

/// Where nobody is looked at.
const OF_ALL: &[ApiError] = &[
    ApiError::TooManyRequests { retry_after_s: 1 },
    ApiError::Internal,
    // A body is read to its end before anything else, also where none belongs.
    ApiError::BadParameter,
    ApiError::BodyTooLarge,
    ApiError::BodyTooSlow,
];

/// Where a session is opened, or refused.
const OF_SESSIONS: &[ApiError] =
    &[ApiError::NotLoggedIn, ApiError::TokenNotTaken, ApiError::ForeignOrigin, ApiError::StoreAway];

/// Where a token may be shown instead.
const OF_TOKENS: &[ApiError] = &[
    ApiError::CredentialsAmbiguous,
    ApiError::TokenRefused,
    ApiError::ProofRefused,
    ApiError::ProofNeedsNonce,
    ApiError::ScopeMissing,
    ApiError::TokenLevelTooLow,
    ApiError::LoginWithoutCpr,
    ApiError::ProviderAway,
];

/// Where something is changed.
const OF_CHANGES: &[ApiError] = &[ApiError::NotJson];

/// Where sources are asked.
const OF_OVERVIEWS: &[ApiError] =
    &[ApiError::TooManyStreams { retry_after_s: 1 }, ApiError::Overloaded { retry_after_s: 1 }, ApiError::GoingAway];

impl Operation {
    fn new(method: Method, path: &'static str, does: &'static str, who: Who, answer: Answer) -> Self {
        Self { method, path, does, who, parameters: vec![LANGUAGE], answers: vec![answer], also: &[] }
    }

    fn with(mut self, parameters: &[Parameter]) -> Self {
        self.parameters.extend(parameters);
        self
    }

    fn or(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    fn also(self, also: &'static [ApiError]) -> Self {
        Self { also, ..self }
    }

    /// Everything that it is refused with.
    pub(super) fn refusals(&self) -> Vec<ApiError> {
        let of_somebody: &[&[ApiError]] = match self.who {
            Who::Everybody => &[],
            Who::Session => &[OF_SESSIONS],
            Who::Citizen => &[OF_SESSIONS, OF_TOKENS],
        };
        let of_change = if self.method == Method::GET { &[] } else { OF_CHANGES };
        let of_overview = if self.parameters.iter().any(|one| one.name == PREFER.name) { OF_OVERVIEWS } else { &[] };
        let all = [OF_ALL, of_change, of_overview, self.also].into_iter().chain(of_somebody.iter().copied());
        all.flatten().copied().collect()
    }
}

/// The table, in the order of `routes`.
pub(super) fn operations() -> Vec<Operation> {
    use Who::{Citizen, Everybody, Session};
    let get = |path, does, who, answer| Operation::new(Method::GET, path, does, who, answer);
    let overview = Answer::json::<Overview>("The overview").or("text/event-stream");
    vec![
        get(
            "/api/v1/sources",
            "Whom the overview asks about what, for this citizen",
            Citizen,
            Answer::json::<Sources>("The sources"),
        )
        .with(&[CSRF, BACKGROUND]),
        get(
            "/api/v1/statistics",
            "How often all sources together were called, by month",
            Everybody,
            Answer::json::<OpenTotal<'static>>("The figures").or(CSV),
        )
        .also(&[ApiError::NotFound, ApiError::StatisticsAway]),
        get(
            "/api/v1/access-log",
            "What was asked about the citizen, newest first",
            Session,
            Answer::json::<AccessLog>("A page of the log"),
        )
        .with(&[CSRF, BEFORE])
        .also(&[
            ApiError::ProviderAway,
            ApiError::AccessLogAway,
            ApiError::TooManyStreams { retry_after_s: 1 },
            ApiError::Overloaded { retry_after_s: 1 },
            ApiError::GoingAway,
        ]),
        get("/api/v1/overview", "The overview: one document, or an event stream by `Accept`", Citizen, overview)
            .or(Answer::none("The stream that comes back had its end"))
            .with(&[CSRF, BACKGROUND, PREFER, CACHE_CONTROL, LAST_EVENT]),
        get("/api/v1/sections/{source}", "One section of it", Citizen, Answer::json::<Section>("The section"))
            .with(&[CSRF, BACKGROUND, PREFER, CACHE_CONTROL])
            .also(&[ApiError::NotFound]),
        get(
            "/api/v1/sections/{source}/items/{item}",
            "More about one item, in the form of a section",
            Citizen,
            Answer::json::<Section>("The section"),
        )
        .with(&[CSRF, BACKGROUND, PREFER])
        .also(&[ApiError::NotFound]),
        get("/api/v1/session", "How long the session lasts", Citizen, Answer::json::<SessionLeft>("What is left"))
            .with(&[CSRF]),
        Operation::new(
            Method::POST,
            "/api/v1/session",
            "The citizen is still there: the idle time starts again",
            Citizen,
            Answer::json::<SessionLeft>("What is left"),
        )
        .with(&[CSRF, ORIGIN]),
        get(
            "/api/v1/sessions",
            "The citizen's own sessions, oldest first",
            Session,
            Answer::json::<OwnSessions>("The sessions"),
        )
        .with(&[CSRF, BACKGROUND]),
        Operation::new(
            Method::DELETE,
            "/api/v1/sessions",
            "Ends all of them",
            Session,
            Answer::none("They have ended"),
        )
        .with(&[CSRF, ORIGIN]),
        Operation::new(
            Method::DELETE,
            "/api/v1/sessions/{id}",
            "Ends one of them",
            Session,
            Answer::none("It has ended"),
        )
        .with(&[CSRF, ORIGIN])
        .also(&[ApiError::NotFound]),
    ]
}
