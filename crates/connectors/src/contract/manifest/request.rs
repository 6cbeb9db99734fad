//! What is asked of a source, and what its answers need told before they are read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::vocabulary::date_format;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::contract) enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
}

/// What a source answers in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum Format {
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
pub(in crate::contract) struct XmlPart {
    /// Elements that hold a list of others: `holder/entry`.
    pub(in crate::contract) repeated: Vec<String>,
}

/// A request about the citizen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Request {
    /// The method.
    pub(in crate::contract) method: Method,
    /// The path below `baseUrl`. Never with a citizen's number: a path ends up in logs.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(in crate::contract) path: String,
    /// The query's parameters. Never with a citizen's number: a query ends up in logs.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(in crate::contract) query: BTreeMap<String, String>,
    /// Headers: fixed texts, or a place such as `"{citizen.cpr}"`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(in crate::contract) headers: BTreeMap<String, String>,
    /// The body: JSON with places such as `"{citizen.cpr}"`, or `xml: "<…>"` with a document in XML.
    pub(in crate::contract) body: Option<serde_json::Value>,
    /// The SOAP action of an envelope in the body.
    pub(in crate::contract) soap_action: Option<String>,
    /// Whether a POST only reads, so that it may be sent once more when its connection breaks. A GET always only reads.
    #[serde(default)]
    pub(in crate::contract) idempotent: bool,
    /// What the answer is written in.
    #[serde(default)]
    pub(in crate::contract) format: Format,
    /// What only answers in XML need told.
    pub(in crate::contract) xml: Option<XmlPart>,
    /// The path of a JSON Schema for the answer, from the contract's folder.
    pub(in crate::contract) schema: Option<String>,
    /// Where the answer says whom it is about.
    pub(in crate::contract) identity: Identity,
    /// Whose data the answer holds: where it says so, and the authorities that it may name. An answer with any other
    /// is dropped whole, and the source is not asked again until an operator lets it in.
    pub(in crate::contract) authority: Option<Codes>,
    /// Statuses by which the source says, positively, that it has nothing.
    #[serde(default)]
    #[schemars(length(max = 8), inner(range(min = 200, max = 599)))]
    pub(in crate::contract) empty_status: Vec<u16>,
    /// The source's own word for "nothing" in an answer of success: where it stands, and the codes that mean it.
    pub(in crate::contract) empty_when: Option<Codes>,
    /// How to go on to the next page of an answer that comes in several.
    pub(in crate::contract) pages: Option<Pages>,
    /// Where the answer says when its data were true.
    pub(in crate::contract) as_of: Option<AsOf>,
}

/// Where a code stands, and the codes that are meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Codes {
    /// The JSONPath of the code: a text, a number or a flag.
    pub(in crate::contract) path: String,
    /// The codes that are meant, in quotes.
    #[serde(rename = "in")]
    #[schemars(length(min = 1, max = 100))]
    pub(in crate::contract) listed: Vec<String>,
}

/// How to go on to the next page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Pages {
    /// The JSONPath of the cursor: the source's own word for the next page, a text or a number. The page without one
    /// is the last.
    pub(in crate::contract) next: String,
    /// Where the next request names the page.
    pub(in crate::contract) at: CursorPlace,
    /// Most pages, 2 to 20, the first included. If the source has more, the section says that something is missing.
    #[schemars(range(min = 2, max = 20))]
    pub(in crate::contract) max: usize,
}

/// Where a request names the page that it asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum CursorPlace {
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
pub(in crate::contract) enum Identity {
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
pub(in crate::contract) struct AsOf {
    /// The JSONPath of the time.
    pub(in crate::contract) path: String,
    /// The formats it may be written in; each with a time of day.
    #[schemars(length(min = 1, max = 8), extend("items" = date_format()))]
    pub(in crate::contract) formats: Vec<String>,
}

/// A dependent request that gives more about keys found in other answers: each key is asked about once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Lookup {
    /// Where the keys are found.
    #[schemars(length(min = 1, max = 8))]
    pub(in crate::contract) keys: Vec<KeyOrigin>,
    /// Most keys in one request, 1 to 500. More keys make more requests, four at most.
    #[schemars(range(min = 1, max = 500))]
    pub(in crate::contract) max: usize,
    /// The lookup's own time limit in milliseconds, within the source's. When it has passed, the section is shown
    /// without what the lookup gives, and says so.
    #[schemars(range(min = 50, max = 10_000))]
    pub(in crate::contract) timeout_ms: Option<u64>,
    /// How many seconds a citizen's session remembers what was found, 0 for not at all; 600 if nothing is said.
    #[serde(default = "ten_minutes")]
    #[schemars(range(max = 3_600))]
    pub(in crate::contract) keep_seconds: u64,
    /// The method.
    pub(in crate::contract) method: Method,
    /// The path below `baseUrl`.
    #[schemars(regex(pattern = "^/"), length(max = 500))]
    pub(in crate::contract) path: String,
    /// The query's parameters.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(in crate::contract) query: BTreeMap<String, String>,
    /// Headers with fixed texts.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub(in crate::contract) headers: BTreeMap<String, String>,
    /// The body: JSON in which `"{keys}"` becomes the list of keys, or `xml: "<…>"`. Never with a citizen's number.
    pub(in crate::contract) body: Option<serde_json::Value>,
    /// The SOAP action of an envelope in the body.
    pub(in crate::contract) soap_action: Option<String>,
    /// Whether a POST only reads, so that it may be sent once more when its connection breaks. A GET always only reads.
    #[serde(default)]
    pub(in crate::contract) idempotent: bool,
    /// What the answer is written in.
    #[serde(default)]
    pub(in crate::contract) format: Format,
    /// What only answers in XML need told.
    pub(in crate::contract) xml: Option<XmlPart>,
    /// The path of a JSON Schema for the answer, from the contract's folder.
    pub(in crate::contract) schema: Option<String>,
    /// The JSONPath of the list of entries in the answer.
    pub(in crate::contract) entries: String,
    /// The JSONPath of the key within an entry.
    #[serde(rename = "match")]
    pub(in crate::contract) matching: String,
}

/// How long a session remembers what a lookup found, in seconds, unless its contract says otherwise.
fn ten_minutes() -> u64 {
    600
}

/// Where keys of a look-up are found.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct KeyOrigin {
    /// The request in whose answer they are.
    pub(in crate::contract) from: String,
    /// The JSONPath of all keys in that answer.
    pub(in crate::contract) path: String,
}
