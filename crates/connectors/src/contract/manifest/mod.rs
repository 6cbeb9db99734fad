//! The shape of a contract: what `connector.yaml` may hold, before anything is said about what it means.
//!
//! These types are the language's only definition. Their JSON Schema is what contracts are checked against, what editors
//! complete from (`contracts/schemas/connector.schema.json`) and what the reference is written from: a comment on a field is
//! what an author reads about it. Bounds on lengths, counts and numbers are enforced here; a `pattern` only helps editors,
//! because the checker that knows why says it better.

mod auth;
mod detail;
mod limits;
mod request;
mod widget;

use std::collections::BTreeMap;

use overblik_widgets::{AssuranceLevel, Contact, LocalizedText, Theme};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use auth::{ApiKey, Auth, CitizenAssertion, ClientCredentials, Idws, SessionKey, TokenExchange};
pub(super) use detail::Detail;
pub(super) use limits::{Day, Limits, ServiceWindow};
pub(super) use request::{AsOf, Codes, CursorPlace, Format, Identity, Lookup, Method, Pages, Request, XmlPart};
pub(super) use widget::{CodeList, Conditions, Field, Fixed, Order, Reading, SortBy, Where, WidgetMapping};

use super::texts::{expectation, title};

/// The contract of one source of one authority.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Overblik connector contract")]
pub(super) struct Manifest {
    /// The version of the language: `overblik/v1`.
    #[schemars(extend("enum" = ["overblik/v1"]))]
    #[expect(dead_code, reason = "whether it is the one value is all there is to say about it")]
    pub(super) api_version: String,
    /// What the document is: `Connector`.
    #[schemars(extend("enum" = ["Connector"]))]
    #[expect(dead_code, reason = "whether it is the one value is all there is to say about it")]
    pub(super) kind: String,
    /// Name, version and owner of the contract.
    pub(super) metadata: Metadata,
    /// What is declared.
    pub(super) spec: Spec,
}

/// Name, version and owner of a contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Metadata {
    /// The source's slug: lower-case letters, digits and hyphens; also the name of the contract's folder.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*$"), length(max = 63))]
    pub(super) name: String,
    /// The contract's version, as three numbers like 1.0.0.
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"), length(max = 40))]
    pub(super) version: String,
    /// Who answers for the contract at the authority.
    pub(super) owner: Owner,
}

/// Who answers for the contract at the authority.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Owner {
    /// The team's name.
    #[schemars(length(max = 80))]
    pub(super) team: String,
    /// The team's e-mail address.
    #[schemars(length(max = 254))]
    pub(super) email: String,
}

/// What a contract declares.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    /// The authority whose data these are.
    pub(super) authority: AuthorityPart,
    /// The source as the citizen meets it.
    pub(super) source: SourcePart,
    /// On what basis the data are shown, and where.
    pub(super) agreement: Agreement,
    /// The least assurance level of a login that sees this source.
    pub(super) level: AssuranceLevel,
    /// The address that all paths are below: https, a public host name. A deployment can set another for a test system.
    #[schemars(regex(pattern = "^https://"), length(max = 500))]
    pub(super) base_url: String,
    /// Where the authority tries things out with fictitious citizens: an address like `baseUrl`, below which everything is as
    /// there. It is asked before a version is approved, and shown no credentials.
    #[schemars(regex(pattern = "^https://"), length(max = 500))]
    pub(super) test_url: Option<String>,
    /// How the gateway shows the source who it is.
    pub(super) auth: Auth,
    /// How the source shows which request an answer is to, where it speaks HTTP/1.1 only. Its connections are then used
    /// again, which makes calls much cheaper; without it each has a connection of its own. HTTP/2 needs none.
    pub(super) echo: Option<Echo>,
    /// How long the source is waited for, how much of it is read, and how many ask it when.
    pub(super) limits: Limits,
    /// How long an answer is kept for the citizen who asked: if nothing is said a minute, and ten minutes for the case that
    /// the source then fails. Nothing is kept of data that need level `high`.
    pub(super) cache: Option<Cache>,
    /// The requests about the citizen, by a name of your own. All are sent at once.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 8))]
    pub(super) requests: BTreeMap<String, Request>,
    /// Dependent requests that give more about keys found in other answers, by a name of your own.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 8))]
    pub(super) lookups: BTreeMap<String, Lookup>,
    /// What the source's codes mean, by a name of your own.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 40))]
    pub(super) codes: BTreeMap<String, CodeList>,
    /// How answers become widgets.
    #[serde(default)]
    #[schemars(length(max = 24))]
    pub(super) widgets: Vec<WidgetMapping>,
    /// What more the source tells about one item of its answer.
    pub(super) detail: Option<Detail>,
    /// A connector in Rust that asks the source, instead of `requests` and `widgets`.
    pub(super) native: Option<Native>,
    /// The data models of a source that speaks the national data-source interface (*Orkestreringskomponenten*), instead
    /// of `requests` and `widgets`.
    pub(super) orkestrering: Option<Orkestrering>,
}

/// What a source sends back with every answer, whatever its status: the value, other for each call, that the gateway sent in
/// the same header. An answer with another value is to another request, and is not believed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Echo {
    /// The header, such as the one by which the source's own logs tell requests apart.
    #[schemars(example = "X-Correlation-ID", length(max = 64))]
    pub(super) header: String,
}

/// The authority whose data these are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Authority")]
pub(super) struct AuthorityPart {
    /// The authority's slug; also the name of its folder.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*$"), length(max = 63))]
    pub(super) code: String,
    /// Its CVR number: eight digits, in quotes.
    #[schemars(regex(pattern = "^[0-9]{8}$"))]
    pub(super) cvr: String,
    /// Its name in both languages.
    #[schemars(schema_with = "title")]
    pub(super) name: LocalizedText,
    /// How a citizen reaches it.
    #[schemars(length(min = 1, max = 8))]
    pub(super) contact: Vec<Contact>,
}

/// The source as the citizen meets it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Source")]
pub(super) struct SourcePart {
    /// The UUID issued to the source system, in lower case.
    #[schemars(regex(pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))]
    pub(super) it_system_id: String,
    /// The heading of the section, in both languages.
    #[schemars(schema_with = "title")]
    pub(super) title: LocalizedText,
    /// What a citizen can expect here and what not, in both languages.
    #[schemars(schema_with = "expectation")]
    pub(super) expect: LocalizedText,
    /// The part of the page that the section stands in.
    pub(super) theme: Theme,
    /// The authority's own page about the same: an https address at one of `linkHosts`.
    #[schemars(regex(pattern = "^https://"), length(max = 2000))]
    pub(super) link: String,
    /// The hosts, with their subdomains, that links of this source may lead to.
    #[schemars(length(min = 1, max = 8))]
    pub(super) link_hosts: Vec<String>,
    /// Whose citizens the source knows.
    pub(super) coverage: CoveragePart,
}

/// Whose citizens a source knows. Citizens elsewhere read that their municipality has not joined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Coverage")]
pub(super) enum CoveragePart {
    /// Everybody's.
    Everywhere,
    /// Those of these municipalities, by their four-digit codes in quotes.
    Municipalities(#[schemars(length(min = 1, max = 100))] Vec<String>),
}

/// On what basis the data are shown, and where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Agreement {
    /// The legal basis.
    #[schemars(length(max = 300))]
    pub(super) legal_basis: String,
    /// The agreement's number.
    #[schemars(length(max = 80))]
    pub(super) reference: String,
    /// The display clients that the agreement covers; no other learns that the source exists.
    #[schemars(length(min = 1, max = 50))]
    pub(super) display_clients: Vec<String>,
}

/// A connector in Rust, for what the language of contracts cannot say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Native {
    /// Its name.
    pub(super) connector: String,
    /// Where on the source it is asked.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(super) path: String,
}

/// What a source delivers that speaks the national data-source interface. It is asked by `POST` with `CPR-nr`,
/// `kommunenr`, `myndighedsliste` and `visningsklientID` in JSON.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Orkestrering {
    /// The codes of the authorities whose data the agreement covers, in quotes; sent as `myndighedsliste`. An answer with
    /// data of any other is dropped whole, and the source is not asked again until an operator lets it in.
    #[schemars(length(min = 1, max = 100))]
    pub(super) authorities: Vec<String>,
    /// What the source knows display clients as, by their slug; sent as `visningsklientID`. Without an entry, the slug is
    /// sent.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    pub(super) display_clients: BTreeMap<String, String>,
    /// The data models that the source delivers.
    #[schemars(length(min = 1, max = 8))]
    pub(super) models: Vec<DataModel>,
}

/// A data model that a source delivers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct DataModel {
    /// Its name, such as `BorgervendtSag`.
    pub(super) name: String,
    /// Its version, as three numbers. Answers may differ from it in the last.
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"), length(max = 40))]
    pub(super) version: String,
    /// Where on the source its objects are listed; `/hent<domain>liste/v<version>` if nothing is said.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(super) path: Option<String>,
}

/// How long an answer is kept for the citizen who asked, sealed and never longer than they are logged in. An answer that
/// lacks anything is not kept.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Cache {
    /// Within this many seconds after an answer it is shown again, and the source is not asked. 0: the source is asked each
    /// time.
    #[schemars(range(max = 3600))]
    pub(super) fresh_seconds: u64,
    /// Within this many seconds after an answer it is shown, with a warning, if the source is asked anew and fails. 0: never.
    #[schemars(range(max = 28_800))]
    pub(super) stale_seconds: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { fresh_seconds: 60, stale_seconds: 600 }
    }
}
