//! How the gateway shows a source who it is.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Method;

/// How the gateway shows the source who it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Auth {
    /// A certificate of its own in TLS; which one is the deployment's.
    pub(in crate::contract) mutual_tls: Option<MutualTls>,
    /// A key in a header.
    pub(in crate::contract) api_key: Option<ApiKey>,
    /// A token for the gateway itself (RFC 6749 section 4.4).
    pub(in crate::contract) client_credentials: Option<ClientCredentials>,
    /// A token for the citizen, in exchange for the login's (RFC 8693).
    pub(in crate::contract) token_exchange: Option<TokenExchange>,
    /// What the gateway itself signs about the citizen.
    pub(in crate::contract) citizen_assertion: Option<CitizenAssertion>,
    /// A token of the source for a SAML assertion about the citizen (OIO IDWS REST).
    pub(in crate::contract) idws: Option<Idws>,
    /// The key that a log-in at the back end gives.
    pub(in crate::contract) session_key: Option<SessionKey>,
}

/// By a certificate of its own in TLS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct MutualTls {}

/// By a token for the gateway itself (RFC 6749 section 4.4).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct ClientCredentials {
    /// The address of the token service: https.
    pub(in crate::contract) token_url: String,
    /// The scope that is asked for.
    pub(in crate::contract) scope: Option<String>,
    /// Whom the token or assertion is for: this source alone.
    pub(in crate::contract) audience: Option<String>,
}

/// By a token for the citizen, in exchange for the login's (RFC 8693).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct TokenExchange {
    /// The address of the token service: https.
    pub(in crate::contract) token_url: String,
    /// Whom the token or assertion is for: this source alone.
    pub(in crate::contract) audience: String,
    /// The scope that is asked for.
    pub(in crate::contract) scope: Option<String>,
}

/// By what the gateway itself signs about the citizen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct CitizenAssertion {
    /// Whom the token or assertion is for: this source alone.
    pub(in crate::contract) audience: String,
    /// The header that carries it; without this key, `Authorization`.
    pub(in crate::contract) header: Option<String>,
}

/// By a token of the source for a SAML assertion about the citizen (OIO IDWS REST).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Idws {
    /// Where the login's token becomes an assertion.
    pub(in crate::contract) exchange_url: String,
    /// Whom the token or assertion is for: this source alone.
    pub(in crate::contract) audience: String,
    /// Where the assertion becomes a token.
    pub(in crate::contract) token_url: String,
}

/// By the key that a log-in at the back end gives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct SessionKey {
    /// The request that logs in.
    pub(in crate::contract) login: KeyLogin,
    /// The key in the answer.
    pub(in crate::contract) key: String,
    /// The header that carries it.
    pub(in crate::contract) header: String,
}

/// The request that logs in at a back end.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct KeyLogin {
    /// The method.
    pub(in crate::contract) method: Method,
    /// The path below `baseUrl`.
    pub(in crate::contract) path: String,
    /// The JSON body, with places as in a request about the citizen.
    pub(in crate::contract) body: serde_json::Value,
}

/// A key in a header.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct ApiKey {
    /// The header that carries the key; the key itself is the deployment's.
    #[schemars(length(max = 80))]
    pub(in crate::contract) header: String,
}
