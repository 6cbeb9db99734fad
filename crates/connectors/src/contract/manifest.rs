//! The shape of a contract: what `connector.yaml` may hold, before anything is said about what it means.

use std::collections::BTreeMap;

use overblik_widgets::{AssuranceLevel, Contact, LocalizedText, Theme};
use serde::Deserialize;

/// A whole contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Metadata {
    /// The source's slug.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) owner: Owner,
}

/// Who answers for the contract at the authority.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Owner {
    pub(super) team: String,
    pub(super) email: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) authority: AuthorityPart,
    pub(super) source: SourcePart,
    pub(super) agreement: Agreement,
    pub(super) level: AssuranceLevel,
    pub(super) base_url: String,
    pub(super) auth: Auth,
    pub(super) limits: Limits,
    /// The requests about the citizen. All are sent at once.
    #[serde(default)]
    pub(super) requests: BTreeMap<String, Request>,
    #[serde(default)]
    pub(super) lookups: BTreeMap<String, Lookup>,
    #[serde(default)]
    pub(super) codes: BTreeMap<String, CodeList>,
    /// How the answers become widgets.
    #[serde(default)]
    pub(super) widgets: Vec<WidgetMapping>,
    /// A connector in Rust that asks the source, instead of `requests` and `widgets`.
    pub(super) native: Option<Native>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AuthorityPart {
    pub(super) code: String,
    pub(super) cvr: String,
    pub(super) name: LocalizedText,
    pub(super) contact: Vec<Contact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SourcePart {
    pub(super) it_system_id: String,
    pub(super) title: LocalizedText,
    pub(super) expect: LocalizedText,
    pub(super) theme: Theme,
    pub(super) link: String,
    pub(super) link_hosts: Vec<String>,
    pub(super) coverage: CoveragePart,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CoveragePart {
    Everywhere,
    Municipalities(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Agreement {
    pub(super) legal_basis: String,
    pub(super) reference: String,
    pub(super) display_clients: Vec<String>,
}

/// A connector in Rust, for what the language of contracts cannot say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Native {
    /// Its name.
    pub(super) connector: String,
    /// Where on the source it is asked.
    pub(super) path: String,
}

/// How the gateway shows the source who it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Auth {
    pub(super) mutual_tls: Option<MutualTls>,
    pub(super) api_key: Option<ApiKey>,
    pub(super) client_credentials: Option<ClientCredentials>,
    pub(super) token_exchange: Option<TokenExchange>,
    pub(super) citizen_assertion: Option<CitizenAssertion>,
    pub(super) idws: Option<Idws>,
    pub(super) session_key: Option<SessionKey>,
}

/// By a certificate of its own in TLS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct MutualTls {}

/// By a token for the gateway itself (RFC 6749 section 4.4).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClientCredentials {
    pub(super) token_url: String,
    pub(super) scope: Option<String>,
    pub(super) audience: Option<String>,
}

/// By a token for the citizen, in exchange for the login's (RFC 8693).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TokenExchange {
    pub(super) token_url: String,
    pub(super) audience: String,
    pub(super) scope: Option<String>,
}

/// By what the gateway itself signs about the citizen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CitizenAssertion {
    pub(super) audience: String,
    pub(super) header: Option<String>,
}

/// By a token of the source for a SAML assertion about the citizen (OIO IDWS REST).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Idws {
    /// Where the login's token becomes an assertion.
    pub(super) exchange_url: String,
    pub(super) audience: String,
    /// Where the assertion becomes a token.
    pub(super) token_url: String,
}

/// By the key that a log-in at the back end gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SessionKey {
    pub(super) login: KeyLogin,
    /// The key in the answer.
    pub(super) key: String,
    /// The header that carries it.
    pub(super) header: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct KeyLogin {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: serde_json::Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ApiKey {
    /// The header that carries the key; the key itself is the deployment's.
    pub(super) header: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Limits {
    /// For the whole answer, bodies and lookups included, in milliseconds.
    pub(super) timeout_ms: u64,
    /// For each body, in KiB.
    pub(super) body_kib: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    Get,
    Post,
}

/// A request about the citizen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<serde_json::Value>,
    pub(super) identity: Identity,
    /// Statuses by which the source says, positively, that it has nothing.
    #[serde(default)]
    pub(super) empty_status: Vec<u16>,
    pub(super) as_of: Option<AsOf>,
}

/// Where an answer says whom it is about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Identity {
    Path(String),
    Header(String),
    /// Nowhere, and why the source cannot say it.
    None(String),
}

/// Where an answer says when its data were true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AsOf {
    pub(super) path: String,
    pub(super) formats: Vec<String>,
}

/// A dependent request that gives more about keys found in other answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Lookup {
    pub(super) keys: Vec<KeyOrigin>,
    /// Most keys in one request.
    pub(super) max: usize,
    pub(super) method: Method,
    pub(super) path: String,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<serde_json::Value>,
    /// The list of entries in the answer.
    pub(super) entries: String,
    /// The key within an entry.
    #[serde(rename = "match")]
    pub(super) matching: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct KeyOrigin {
    pub(super) from: String,
    pub(super) path: String,
}

/// What a source's codes mean.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CodeList {
    /// Texts of the contract.
    Texts(BTreeMap<String, LocalizedText>),
    /// Values of the widget vocabulary.
    Values(BTreeMap<String, String>),
}

/// How the items of one answer become widgets of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WidgetMapping {
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) each: String,
    pub(super) sort_by: Option<SortBy>,
    pub(super) limit: usize,
    pub(super) fields: BTreeMap<String, Field>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SortBy {
    pub(super) field: String,
    pub(super) order: Order,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Order {
    Ascending,
    Descending,
}

/// Where a field's value comes from. All keys are optional here: which of them belong together is told with the
/// position of each, which an untagged enum would lose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Field {
    pub(super) first_of: Option<Vec<Field>>,
    pub(super) join: Option<String>,
    pub(super) key: Option<String>,
    pub(super) path: Option<String>,
    #[serde(rename = "as")]
    pub(super) reading: Option<Reading>,
    pub(super) formats: Option<Vec<String>>,
    pub(super) format: Option<String>,
    pub(super) list: Option<String>,
}

/// What a value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reading {
    Text,
    Date,
    Money,
    Integer,
    Flag,
    Code,
    Url,
}
