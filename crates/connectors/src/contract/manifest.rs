//! The shape of a contract: what `connector.yaml` may hold, before anything is said about what it means.
//!
//! These types are the language's only definition. Their JSON Schema is what contracts are checked against, what editors
//! complete from (`contracts/schemas/connector.schema.json`) and what the reference is written from: a comment on a field is
//! what an author reads about it. Bounds on lengths, counts and numbers are enforced here; a `pattern` only helps editors,
//! because the checker that knows why says it better.

use std::collections::BTreeMap;

use overblik_widgets::{AssuranceLevel, Contact, LocalizedText, Theme};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    texts::{code_text, expectation, title},
    vocabulary::{date_format, money_formats, widget_kinds},
};

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
    /// How the gateway shows the source who it is.
    pub(super) auth: Auth,
    /// How long the source is waited for, and how much of it is read.
    pub(super) limits: Limits,
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
    /// A connector in Rust that asks the source, instead of `requests` and `widgets`.
    pub(super) native: Option<Native>,
    /// The data models of a source that speaks the national data-source interface (*Orkestreringskomponenten*), instead
    /// of `requests` and `widgets`.
    pub(super) orkestrering: Option<Orkestrering>,
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

/// How the gateway shows the source who it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Auth {
    /// A certificate of its own in TLS; which one is the deployment's.
    pub(super) mutual_tls: Option<MutualTls>,
    /// A key in a header.
    pub(super) api_key: Option<ApiKey>,
    /// A token for the gateway itself (RFC 6749 section 4.4).
    pub(super) client_credentials: Option<ClientCredentials>,
    /// A token for the citizen, in exchange for the login's (RFC 8693).
    pub(super) token_exchange: Option<TokenExchange>,
    /// What the gateway itself signs about the citizen.
    pub(super) citizen_assertion: Option<CitizenAssertion>,
    /// A token of the source for a SAML assertion about the citizen (OIO IDWS REST).
    pub(super) idws: Option<Idws>,
    /// The key that a log-in at the back end gives.
    pub(super) session_key: Option<SessionKey>,
}

/// By a certificate of its own in TLS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct MutualTls {}

/// By a token for the gateway itself (RFC 6749 section 4.4).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClientCredentials {
    /// The address of the token service: https.
    pub(super) token_url: String,
    /// The scope that is asked for.
    pub(super) scope: Option<String>,
    /// Whom the token or assertion is for: this source alone.
    pub(super) audience: Option<String>,
}

/// By a token for the citizen, in exchange for the login's (RFC 8693).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TokenExchange {
    /// The address of the token service: https.
    pub(super) token_url: String,
    /// Whom the token or assertion is for: this source alone.
    pub(super) audience: String,
    /// The scope that is asked for.
    pub(super) scope: Option<String>,
}

/// By what the gateway itself signs about the citizen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CitizenAssertion {
    /// Whom the token or assertion is for: this source alone.
    pub(super) audience: String,
    /// The header that carries it; without this key, `Authorization`.
    pub(super) header: Option<String>,
}

/// By a token of the source for a SAML assertion about the citizen (OIO IDWS REST).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Idws {
    /// Where the login's token becomes an assertion.
    pub(super) exchange_url: String,
    /// Whom the token or assertion is for: this source alone.
    pub(super) audience: String,
    /// Where the assertion becomes a token.
    pub(super) token_url: String,
}

/// By the key that a log-in at the back end gives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SessionKey {
    /// The request that logs in.
    pub(super) login: KeyLogin,
    /// The key in the answer.
    pub(super) key: String,
    /// The header that carries it.
    pub(super) header: String,
}

/// The request that logs in at a back end.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct KeyLogin {
    /// The method.
    pub(super) method: Method,
    /// The path below `baseUrl`.
    pub(super) path: String,
    /// The JSON body, with places as in a request about the citizen.
    pub(super) body: serde_json::Value,
}

/// A key in a header.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ApiKey {
    /// The header that carries the key; the key itself is the deployment's.
    #[schemars(length(max = 80))]
    pub(super) header: String,
}

/// How long a source is waited for, and how much of it is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Limits {
    /// For the whole answer, bodies and look-ups included, in milliseconds.
    #[schemars(range(min = 100, max = 10_000))]
    pub(super) timeout_ms: u64,
    /// For each body, in KiB.
    #[schemars(range(min = 1, max = 4096))]
    pub(super) body_kib: usize,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
}

/// What a source answers in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Format {
    /// JSON. Numbers and flags must be written as such.
    #[default]
    Json,
    /// XML, also in a SOAP envelope. It has only texts: whole numbers, øre and flags (`true`, `false`, `1`, `0`) are read
    /// from them.
    Xml,
}

/// What only answers in XML need told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct XmlPart {
    /// Elements that hold a list of others: `holder/entry`.
    pub(super) repeated: Vec<String>,
}

/// A request about the citizen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Request {
    /// The method.
    pub(super) method: Method,
    /// The path below `baseUrl`. Never with a citizen's number: a path ends up in logs.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(super) path: String,
    /// The query's parameters. Never with a citizen's number: a query ends up in logs.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(super) query: BTreeMap<String, String>,
    /// Headers: fixed texts, or a place such as `"{citizen.cpr}"`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(super) headers: BTreeMap<String, String>,
    /// The body: JSON with places such as `"{citizen.cpr}"`, or `xml: "<…>"` with a document in XML.
    pub(super) body: Option<serde_json::Value>,
    /// The SOAP action of an envelope in the body.
    pub(super) soap_action: Option<String>,
    /// What the answer is written in.
    #[serde(default)]
    pub(super) format: Format,
    /// What only answers in XML need told.
    pub(super) xml: Option<XmlPart>,
    /// The path of a JSON Schema for the answer, from the contract's folder.
    pub(super) schema: Option<String>,
    /// Where the answer says whom it is about.
    pub(super) identity: Identity,
    /// Whose data the answer holds: where it says so, and the authorities that it may name. An answer with any other
    /// is dropped whole, and the source is not asked again until an operator lets it in.
    pub(super) authority: Option<Codes>,
    /// Statuses by which the source says, positively, that it has nothing.
    #[serde(default)]
    #[schemars(length(max = 8), inner(range(min = 200, max = 599)))]
    pub(super) empty_status: Vec<u16>,
    /// The source's own word for "nothing" in an answer of success: where it stands, and the codes that mean it.
    pub(super) empty_when: Option<Codes>,
    /// How to go on to the next page of an answer that comes in several.
    pub(super) pages: Option<Pages>,
    /// Where the answer says when its data were true.
    pub(super) as_of: Option<AsOf>,
}

/// Where a code stands, and the codes that are meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Codes {
    /// The JSONPath of the code: a text, a number or a flag.
    pub(super) path: String,
    /// The codes that are meant, in quotes.
    #[serde(rename = "in")]
    #[schemars(length(min = 1, max = 100))]
    pub(super) listed: Vec<String>,
}

/// How to go on to the next page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Pages {
    /// The JSONPath of the cursor: the source's own word for the next page, a text or a number. The page without one
    /// is the last.
    pub(super) next: String,
    /// Where the next request names the page.
    pub(super) at: CursorPlace,
    /// Most pages, 2 to 20, the first included. If the source has more, the section says that something is missing.
    #[schemars(range(min = 2, max = 20))]
    pub(super) max: usize,
}

/// Where a request names the page that it asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum CursorPlace {
    /// In a parameter of the query, by its name.
    Query(String),
    /// In a header, by its name.
    Header(String),
    /// In a key at the top of the JSON body, by its name.
    Body(String),
}

/// Where an answer says whom it is about. Everything named there must be the citizen who was asked about; one answer about
/// somebody else, and the source is not asked again until an operator lets it in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Identity {
    /// In the body, at this JSONPath.
    Path(String),
    /// In this header of the answer.
    Header(String),
    /// Nowhere, and why the source cannot say it.
    None(#[schemars(length(max = 500))] String),
}

/// Where an answer says when its data were true.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AsOf {
    /// The JSONPath of the time.
    pub(super) path: String,
    /// The formats it may be written in; each with a time of day.
    #[schemars(length(min = 1, max = 8), extend("items" = date_format()))]
    pub(super) formats: Vec<String>,
}

/// A dependent request that gives more about keys found in other answers: each key is asked about once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Lookup {
    /// Where the keys are found.
    #[schemars(length(min = 1, max = 8))]
    pub(super) keys: Vec<KeyOrigin>,
    /// Most keys in one request, 1 to 500. More keys make more requests, four at most.
    #[schemars(range(min = 1, max = 500))]
    pub(super) max: usize,
    /// The lookup's own time limit in milliseconds, within the source's. When it has passed, the section is shown
    /// without what the lookup gives, and says so.
    #[schemars(range(min = 50, max = 10_000))]
    pub(super) timeout_ms: Option<u64>,
    /// How many seconds a citizen's session remembers what was found, 0 for not at all; 600 if nothing is said.
    #[serde(default = "ten_minutes")]
    #[schemars(range(max = 3_600))]
    pub(super) keep_seconds: u64,
    /// The method.
    pub(super) method: Method,
    /// The path below `baseUrl`.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(super) path: String,
    /// The query's parameters.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(super) query: BTreeMap<String, String>,
    /// Headers with fixed texts.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(super) headers: BTreeMap<String, String>,
    /// The body: JSON in which `"{keys}"` becomes the list of keys, or `xml: "<…>"`. Never with a citizen's number.
    pub(super) body: Option<serde_json::Value>,
    /// The SOAP action of an envelope in the body.
    pub(super) soap_action: Option<String>,
    /// What the answer is written in.
    #[serde(default)]
    pub(super) format: Format,
    /// What only answers in XML need told.
    pub(super) xml: Option<XmlPart>,
    /// The path of a JSON Schema for the answer, from the contract's folder.
    pub(super) schema: Option<String>,
    /// The JSONPath of the list of entries in the answer.
    pub(super) entries: String,
    /// The JSONPath of the key within an entry.
    #[serde(rename = "match")]
    pub(super) matching: String,
}

/// How long a session remembers what a lookup found, in seconds, unless its contract says otherwise.
fn ten_minutes() -> u64 {
    600
}

/// Where keys of a look-up are found.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct KeyOrigin {
    /// The request in whose answer they are.
    pub(super) from: String,
    /// The JSONPath of all keys in that answer.
    pub(super) path: String,
}

/// What a source's codes mean. Codes of digits stand in quotes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum CodeList {
    /// Texts of the contract, for fields that show a code in words.
    Texts(#[schemars(schema_with = "code_text")] BTreeMap<String, LocalizedText>),
    /// Values of the widget vocabulary, for fields that have values of their own.
    Values(#[schemars(extend("minProperties" = 1, "maxProperties" = 200))] BTreeMap<String, String>),
}

/// How the items of one answer become widgets of one kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WidgetMapping {
    /// The kind of widget; see [widget kinds](#widget-kinds).
    #[schemars(extend("examples" = widget_kinds()))]
    pub(super) kind: String,
    /// The request whose answer it is.
    pub(super) from: String,
    /// The JSONPath of the list: each of its items becomes a widget.
    pub(super) each: Option<String>,
    /// The JSONPath of an object that becomes the only widget; instead of `each`.
    pub(super) one: Option<String>,
    /// Which items are of this kind, by a code in each. Items of other codes belong to other kinds.
    #[serde(rename = "where")]
    pub(super) only: Option<Codes>,
    /// In which order the widgets are shown; without it, in the source's.
    pub(super) sort_by: Option<SortBy>,
    /// Most widgets, 1 to 500; goes with `each`.
    #[schemars(range(min = 1, max = 500))]
    pub(super) limit: Option<usize>,
    /// Where each field of the kind comes from. In their paths, `$` is the item.
    #[schemars(extend("maxProperties" = 40))]
    pub(super) fields: BTreeMap<String, Field>,
}

/// An order of widgets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SortBy {
    /// A mapped field that is a date, an amount or a number.
    pub(super) field: String,
    /// The direction.
    pub(super) order: Order,
}

/// A direction.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Order {
    /// The earliest or smallest first.
    Ascending,
    /// The latest or largest first.
    Descending,
}

/// Where a field's value comes from.
// All keys are optional here: which of them belong together is told by the checker, with the position of each.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Field {
    /// Several places; the first that has a value gives it.
    #[schemars(length(min = 2, max = 8))]
    pub(super) first_of: Option<Vec<Field>>,
    /// Several texts as one, in their order.
    #[schemars(length(min = 2, max = 10))]
    pub(super) concat: Option<Vec<Field>>,
    /// What stands between the texts of `concat` that are there; a space if nothing is said.
    pub(super) separator: Option<String>,
    /// A text of the contract itself, the same for every item.
    pub(super) fixed: Option<String>,
    /// How many items a list has: the JSONPath of its items, as `$.list[*]` or `$.list[?@.x == 'y']`.
    pub(super) count: Option<String>,
    /// What the values in a list add up to: their JSONPath, as `$.list[*].amount`.
    pub(super) sum: Option<String>,
    /// The lookup whose entry holds the value.
    pub(super) join: Option<String>,
    /// The JSONPath, in the item, of the key that the lookup's entry has.
    pub(super) key: Option<String>,
    /// The JSONPath of the value.
    pub(super) path: Option<String>,
    /// What the value is read as.
    #[serde(rename = "as")]
    pub(super) reading: Option<Reading>,
    /// Ways in which the date or time may be written; the first that fits counts.
    #[schemars(length(min = 1, max = 8), extend("items" = date_format()))]
    pub(super) formats: Option<Vec<String>>,
    /// How the amount is written: `decimal` (`1234.5`), `danish` (`1.234,50`) or `oere` (`123450`).
    #[schemars(extend("examples" = money_formats()))]
    pub(super) format: Option<String>,
    /// The code list that says what the codes mean.
    pub(super) list: Option<String>,
    /// The codes that mean yes, of a flag that the source writes as codes.
    #[serde(rename = "true")]
    #[schemars(length(min = 1, max = 100))]
    pub(super) yes: Option<Vec<String>>,
    /// The codes that mean no.
    #[serde(rename = "false")]
    #[schemars(length(min = 1, max = 100))]
    pub(super) no: Option<Vec<String>>,
}

/// What a value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reading {
    /// Text, at most 500 characters.
    Text,
    /// Text of which only the last four characters are shown: account and licence numbers.
    MaskedText,
    /// A calendar date, in one of `formats`.
    Date,
    /// A date with a time of day, in one of `formats`. Without an offset it is Danish local time.
    Datetime,
    /// An amount in kroner or øre, by `format`.
    Money,
    /// A whole number.
    Integer,
    /// Yes or no, by the codes under `true` and `false` if the source has no flags.
    Flag,
    /// A code of a `list`.
    Code,
    /// A link to one of the source's `linkHosts`.
    Url,
}
