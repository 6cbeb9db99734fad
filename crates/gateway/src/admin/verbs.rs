//! Everything that can be asked of the admin API, in one table.

use std::time::Duration;

use axum::{
    Router,
    handler::Handler,
    middleware::from_fn_with_state,
    routing::{MethodRouter, on},
};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::{
    Admin, agreements, authorities, body,
    here::SourceHere,
    history, index, openapi, serving, sources, statistics, token, trying, versions,
    views::{AuthorityView, HistoryView, ListOf, SourceView, VersionView},
};

/// The time that a verb has, unless it runs contracts.
const SOON: Duration = Duration::from_secs(30);
/// The time that the whole kit has: it waits for every time limit of a contract.
pub(super) const TESTED: Duration = Duration::from_mins(3);
/// The time that an index has to come.
const LOADED: Duration = Duration::from_mins(10);
/// The time that one try has.
const TRIED: Duration = Duration::from_mins(1);

/// Where a token is had.
pub(super) const TOKEN: &str = "/admin/v1/token";

/// A row of the table.
pub(super) struct Verb {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// What it does, for whoever reads the description.
    pub(super) does: &'static str,
    /// Whether whoever asks must say what they looked at, and whether that can be nothing.
    pub(super) condition: Condition,
    /// Whether it is open to whoever has no token yet.
    pub(super) open: bool,
    pub(super) query: Option<Shape>,
    pub(super) body: Option<(Shape, Value, usize)>,
    /// Whether it takes a CPR number a line instead.
    pub(super) takes_lines: bool,
    pub(super) status: u16,
    pub(super) answer: Option<Shape>,
    /// Whether it answers in CSV to whoever asks for that.
    pub(super) in_csv: bool,
    within: Duration,
    route: MethodRouter<Admin>,
}

/// What a change must say that its sender looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// It changes nothing.
    None,
    /// The thing as it is.
    Existing,
    /// The thing as it is, or that there is none.
    ExistingOrNew,
}

/// The schema of a type.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape<T: JsonSchema>() -> Shape {
    |generator| generator.subschema_for::<T>()
}

impl Verb {
    fn new<H: Handler<T, Admin>, T: 'static>(
        method: Method,
        path: &'static str,
        does: &'static str,
        handler: H,
    ) -> Self {
        let filter = method.clone().try_into().unwrap_or(axum::routing::MethodFilter::GET);
        Self {
            method,
            path,
            does,
            condition: Condition::None,
            open: false,
            query: None,
            body: None,
            takes_lines: false,
            status: 200,
            answer: None,
            in_csv: false,
            within: SOON,
            route: on(filter, handler),
        }
    }

    fn get<H: Handler<T, Admin>, T: 'static>(path: &'static str, does: &'static str, handler: H) -> Self {
        Self::new(Method::GET, path, does, handler)
    }

    /// Something that is done to a thing that there is.
    fn post<H: Handler<T, Admin>, T: 'static>(path: &'static str, does: &'static str, handler: H) -> Self {
        Self { condition: Condition::Existing, ..Self::new(Method::POST, path, does, handler) }
    }

    fn put<H: Handler<T, Admin>, T: 'static>(path: &'static str, does: &'static str, handler: H) -> Self {
        Self { condition: Condition::Existing, ..Self::new(Method::PUT, path, does, handler) }
    }

    fn takes<B: JsonSchema>(self, example: Value) -> Self {
        Self { body: Some((shape::<B>(), example, body::SMALL)), ..self }
    }

    fn takes_lines(self) -> Self {
        Self { takes_lines: true, ..self }
    }

    fn asks<Q: JsonSchema>(self) -> Self {
        // Its members are parameters; the whole has no name.
        Self { query: Some(|generator| Q::json_schema(generator)), ..self }
    }

    fn answers<A: JsonSchema>(self) -> Self {
        Self { answer: Some(shape::<A>()), ..self }
    }

    fn or_csv(self) -> Self {
        Self { in_csv: true, ..self }
    }

    fn or_new(self) -> Self {
        Self { condition: Condition::ExistingOrNew, ..self }
    }
}

/// The routes of all verbs.
pub(super) fn routes() -> Router<Admin> {
    verbs().into_iter().fold(Router::new(), |routes, verb| {
        let timed = verb.route.layer(from_fn_with_state(verb.within, serving::in_time));
        routes.route(verb.path, timed)
    })
}

/// The table.
#[expect(clippy::too_many_lines, reason = "one table, a row per verb")]
pub(super) fn verbs() -> Vec<Verb> {
    let reason = json!({ "reason": "Leverandøren flytter" });
    vec![
        Verb {
            open: true,
            condition: Condition::None,
            ..Verb::post(TOKEN, "A token of ten minutes for a client's assertion", token::issue)
        },
        Verb { open: true, ..Verb::get("/admin/v1/openapi.json", "This description", openapi::show) },
        Verb::get("/admin/v1/sources", "Your sources", sources::list).answers::<ListOf<SourceView>>(),
        Verb::get("/admin/v1/sources/{source}", "A source and its versions", sources::show).answers::<SourceHere>(),
        Verb::get("/admin/v1/sources/{source}/history", "What was done with a source, read on", sources::history)
            .asks::<history::After>()
            .answers::<HistoryView>(),
        Verb::get("/admin/v1/sources/{source}/statistics", "How often it was called, and what came of it", statistics::of_source)
            .asks::<statistics::Period>()
            .answers::<statistics::StatisticsView>()
            .or_csv(),
        Verb::get("/admin/v1/sources/{source}/diff", "What one version changes of another", versions::diff)
            .asks::<versions::Between>()
            .answers::<versions::Difference>(),
        Verb {
            body: Some((shape::<versions::Push>(), json!({ "files": { "connector.yaml": "..." } }), body::BUNDLE)),
            status: 201,
            ..Verb::post(
                "/admin/v1/sources/{source}/versions",
                "Files of the version that is open, or of the next. With mistakes it is kept as a draft, and they are told",
                versions::push,
            )
        }
        .or_new()
        .answers::<VersionView>(),
        Verb::get("/admin/v1/sources/{source}/versions/{version}", "A version", versions::show)
            .answers::<VersionView>(),
        Verb::get("/admin/v1/sources/{source}/versions/{version}/bundle", "Its files", versions::bundle)
            .answers::<versions::Files>(),
        Verb::get("/admin/v1/sources/{source}/versions/{version}/report", "The kit's report about it", versions::report)
            .answers::<Value>(),
        Verb {
            within: TESTED,
            ..Verb::post(
                "/admin/v1/sources/{source}/versions/{version}/test",
                "Runs the conformance kit on it, keeps the report, and answers with it",
                versions::test,
            )
        }
        .takes::<versions::Test>(json!({}))
        .answers::<Value>(),
        Verb {
            within: TRIED,
            condition: Condition::None,
            ..Verb::post(
                "/admin/v1/sources/{source}/versions/{version}/try",
                "What a fictitious citizen would see of it: of a recording, or of the contract's test endpoint",
                trying::try_it,
            )
        }
        .takes::<trying::Try>(json!({ "example": "family" }))
        .answers::<crate::tried::Tried>(),
        Verb::post("/admin/v1/sources/{source}/versions/{version}/submit", "Asks for approval", versions::submit)
            .takes::<versions::Submit>(json!({ "share": 10, "note": "Nyt felt: afhentningssted" }))
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/versions/{version}/approve", "Approves, as a second person", versions::approve)
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/versions/{version}/refuse", "Does not approve", versions::refuse)
            .takes::<sources::Reason>(reason.clone())
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/versions/{version}/release", "Shows it to a share of citizens", versions::release)
            .takes::<versions::Release>(json!({ "share": 100 }))
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/versions/{version}/retire", "Ends a version for good", versions::retire)
            .takes::<sources::Reason>(reason.clone())
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/rollback", "Shows citizens a former version again", sources::roll_back)
            .takes::<sources::RollBack>(json!({ "from": 2, "to": 1 }))
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/suspend", "Asks a source no more, at once", sources::suspend)
            .takes::<sources::Suspend>(json!({ "reason": "Fejl hos leverandøren" }))
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/resume", "Asks it again", sources::resume).answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/retire", "Ends a source for good", sources::retire)
            .takes::<sources::Reason>(reason.clone())
            .answers::<SourceView>(),
        Verb::put("/admin/v1/sources/{source}/windows", "Says when a source is closed", sources::set_windows)
            .takes::<sources::Windows>(json!({ "windows": [{
                "from": "2026-12-01T20:00:00Z", "to": "2026-12-02T04:00:00Z",
                "text": { "da": "Vi skifter server", "en": "We change a server" },
            }] }))
            .answers::<SourceView>(),
        Verb::get("/admin/v1/sources/{source}/index", "For how many citizens a source holds data, if it says for which", index::show)
            .answers::<index::IndexView>(),
        Verb {
            within: LOADED,
            ..Verb::put(
                "/admin/v1/sources/{source}/index",
                "Says for which citizens a source holds data, in the place of what was said before: others are not asked about",
                index::load,
            )
        }
        .asks::<index::Load>()
        .takes_lines()
        .answers::<index::IndexView>(),
        Verb::post("/admin/v1/sources/{source}/index/add", "Adds citizens to that, 10000 at most", index::add)
            .takes_lines()
            .answers::<index::IndexView>(),
        Verb::post("/admin/v1/sources/{source}/index/remove", "Takes citizens out of it, 10000 at most", index::remove)
            .takes_lines()
            .answers::<index::IndexView>(),
        Verb::post("/admin/v1/sources/{source}/index/drop", "Asks a source about all citizens again, at once", index::drop_it)
            .answers::<index::IndexView>(),
        Verb::put("/admin/v1/sources/{source}/agreements/{display_client}", "Proposes who may show a source, where", agreements::propose)
            .takes::<agreements::ProposedAgreement>(json!({ "municipalities": "all" }))
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/agreements/{display_client}/approve", "Approves that, as a second person", agreements::approve)
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/agreements/{display_client}/reject", "Does not approve it", agreements::reject)
            .takes::<sources::Reason>(reason.clone())
            .answers::<SourceView>(),
        Verb::post("/admin/v1/sources/{source}/agreements/{display_client}/end", "Ends an agreement, at once", agreements::end)
            .takes::<sources::Reason>(reason.clone())
            .answers::<SourceView>(),
        Verb::get("/admin/v1/authorities", "The authorities that you may see", authorities::list)
            .answers::<ListOf<AuthorityView>>(),
        Verb::get("/admin/v1/authorities/{authority}", "An authority", authorities::show).answers::<AuthorityView>(),
        Verb::get("/admin/v1/authorities/{authority}/history", "What was done with it, read on", authorities::history)
            .asks::<history::After>()
            .answers::<HistoryView>(),
        Verb::put("/admin/v1/authorities/{authority}", "Proposes an authority, its domains and keys", authorities::propose)
            .takes::<authorities::ProposedAuthority>(json!({
                "name": { "da": "Birkerup Kommune", "en": "Birkerup Municipality" }, "cvr": "12345678",
                "domains": ["birkerup.example"], "clients": {},
            }))
            .or_new()
            .answers::<AuthorityView>(),
        Verb::post("/admin/v1/authorities/{authority}/approve", "Approves what is proposed, as a second person", authorities::approve)
            .answers::<AuthorityView>(),
        Verb::post("/admin/v1/authorities/{authority}/reject", "Does not approve it", authorities::reject)
            .takes::<sources::Reason>(reason)
            .answers::<AuthorityView>(),
        Verb::get("/admin/v1/waiting", "What waits for a second person (operators)", history::waiting)
            .answers::<history::Waiting>(),
        Verb::get("/admin/v1/statistics", "The same of every authority, all its sources together (operators)", statistics::of_authorities)
            .asks::<statistics::Period>()
            .answers::<statistics::StatisticsView>()
            .or_csv(),
        Verb::get("/admin/v1/history", "The whole history, read on (operators)", history::read)
            .asks::<history::After>()
            .answers::<HistoryView>(),
        Verb::get("/admin/v1/history/verify", "Whether the registry is what was written (operators)", history::verify)
            .asks::<history::Expected>()
            .answers::<history::Verified>(),
    ]
}
