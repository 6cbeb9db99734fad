//! What the provider publishes about itself (OpenID Connect Discovery 1.0), believed only where it fits the
//! configuration (requirement R5).

use openidconnect::{
    AdditionalProviderMetadata, ClientId, EndpointMaybeSet, EndpointNotSet, EndpointSet, ProviderMetadata, RedirectUrl,
    TokenUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{id_token::library_name, provider::ProviderCallError};
use crate::config::{LoginConfig, is_secure};

/// Metadata that the library does not know.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    /// RFC 9126.
    pushed_authorization_request_endpoint: Option<Url>,
    /// RFC 7009.
    revocation_endpoint: Option<Url>,
    /// OpenID Connect RP-Initiated Logout.
    end_session_endpoint: Option<Url>,
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What the provider published, at one time.
pub(super) struct Known {
    metadata: Metadata,
    client_id: ClientId,
}

impl Known {
    /// Reads a metadata document.
    ///
    /// # Errors
    /// When it is none, speaks for another issuer, or names an endpoint where none of this provider's may be.
    pub(super) fn read(document: &[u8], config: &LoginConfig, loopback_http: bool) -> Result<Self, ProviderCallError> {
        let metadata: Metadata = serde_json::from_slice(document).map_err(|_| ProviderCallError::Malformed)?;
        let known = Self { metadata, client_id: ClientId::new(config.client_id.clone()) };
        if known.metadata.issuer().as_str() != config.issuer {
            return Err(ProviderCallError::ForeignIssuer);
        }
        let issuer = Url::parse(&config.issuer).map_err(|_| ProviderCallError::ForeignIssuer)?;
        let is_allowed = |endpoint: &Url| {
            let host = endpoint.host_str();
            let listed = config.endpoint_hosts.iter().any(|allowed| Some(allowed.as_str()) == host);
            is_secure(endpoint, loopback_http) && (host == issuer.host_str() || listed)
        };
        if !known.endpoints().all(is_allowed) {
            return Err(ProviderCallError::ForeignEndpoint);
        }
        for odd in known.oddities(config) {
            tracing::warn!(odd, "the identity provider says what does not fit the configuration");
        }
        Ok(known)
    }

    /// What will keep everybody from logging in, as far as the provider itself says so: for the operator's eyes.
    fn oddities(&self, config: &LoginConfig) -> Vec<&'static str> {
        let signs = self.metadata.id_token_signing_alg_values_supported();
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        let own_key = config.client_keys_file.is_some();
        let mut found = Vec::new();
        if config.algorithms.iter().all(|one| !signs.contains(&library_name(*one))) {
            found.push("login.algorithms names none of the algorithms that the identity provider says it signs by");
        }
        if own_key && methods.is_some_and(|methods| !methods.contains(&CoreClientAuthMethod::PrivateKeyJwt)) {
            found
                .push("login.client_keys_file is set, and the identity provider does not say that it takes signatures");
        }
        found
    }

    /// The endpoints that we ever send anybody or anything to. Others that it may name are not used.
    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        let more = self.metadata.additional_metadata();
        [self.metadata.authorization_endpoint().url(), self.key_set_url()]
            .into_iter()
            .chain(self.metadata.token_endpoint().map(TokenUrl::url))
            .chain(&more.pushed_authorization_request_endpoint)
            .chain(&more.revocation_endpoint)
            .chain(&more.end_session_endpoint)
    }

    pub(super) fn client(&self, callback: RedirectUrl) -> Client {
        CoreClient::from_provider_metadata(self.metadata.clone(), self.client_id.clone(), None)
            .set_redirect_uri(callback)
    }

    pub(super) fn token_endpoint(&self) -> Option<&Url> {
        self.metadata.token_endpoint().map(TokenUrl::url)
    }

    pub(super) fn key_set_url(&self) -> &Url {
        self.metadata.jwks_uri().url()
    }

    pub(super) fn authorization_endpoint(&self) -> Url {
        self.metadata.authorization_endpoint().url().clone()
    }

    pub(super) fn pushed_request_endpoint(&self) -> Option<&Url> {
        self.metadata.additional_metadata().pushed_authorization_request_endpoint.as_ref()
    }

    pub(super) fn revocation_endpoint(&self) -> Option<&Url> {
        self.metadata.additional_metadata().revocation_endpoint.as_ref()
    }

    /// Whether the provider takes a secret as a field of the form, and not as Basic credentials.
    pub(super) fn takes_secret_in_form_only(&self) -> bool {
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        })
    }

    pub(super) fn names_issuer_in_responses(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    pub(super) fn end_session_endpoint(&self) -> Option<Url> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example/tenant";

    fn read(change: impl FnOnce(&mut Value), loopback_http: bool) -> Option<ProviderCallError> {
        let config = json!({ "issuer": ISSUER, "client_id": "overblik", "endpoint_hosts": ["keys.example"] });
        let config: LoginConfig = serde_json::from_value(config).expect("a configuration");
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://keys.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        change(&mut document);
        Known::read(document.to_string().as_bytes(), &config, loopback_http).err()
    }

    #[test]
    fn what_keeps_everybody_out_is_told() {
        let oddities = |change: &dyn Fn(&mut Value), keys: bool| {
            let mut config = json!({ "issuer": ISSUER, "client_id": "overblik" });
            if keys {
                config["client_keys_file"] = json!("keys.pem");
            }
            let config: LoginConfig = serde_json::from_value(config).expect("a configuration");
            let mut document = json!({
                "issuer": ISSUER,
                "authorization_endpoint": "https://login.example/authorize",
                "jwks_uri": "https://login.example/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "PS256"],
            });
            change(&mut document);
            let known = Known::read(document.to_string().as_bytes(), &config, false).expect("metadata");
            known.oddities(&config).len()
        };
        assert_eq!(oddities(&|_| {}, true), 0, "a provider need not name its methods");
        assert_eq!(
            oddities(&|document| document["id_token_signing_alg_values_supported"] = json!(["RS256"]), false),
            1
        );
        let methods = "token_endpoint_auth_methods_supported";
        assert_eq!(oddities(&|document| document[methods] = json!(["client_secret_basic"]), true), 1);
        assert_eq!(oddities(&|document| document[methods] = json!(["client_secret_basic"]), false), 0);
        assert_eq!(oddities(&|document| document[methods] = json!(["private_key_jwt"]), true), 0);
    }

    #[test]
    fn r5_the_issuer_is_compared_exactly() {
        assert_eq!(read(|_| {}, false), None);
        for other in ["https://login.example/tenant/", "https://login.example", "HTTPS://login.example/tenant"] {
            let error = read(|document| document["issuer"] = json!(other), false);
            assert_eq!(error, Some(ProviderCallError::ForeignIssuer), "{other}");
        }
        for malformed in [json!(null), json!([ISSUER]), json!("login")] {
            let error = read(|document| document["issuer"] = malformed.clone(), false);
            assert_eq!(error, Some(ProviderCallError::Malformed), "{malformed}");
        }
    }

    #[test]
    fn r5_endpoints_are_secure_and_on_hosts_that_were_named() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "pushed_authorization_request_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
        ] {
            for (url, allowed) in [
                ("https://login.example/x", true),
                ("https://keys.example/x", true),
                ("http://login.example/x", false),
                ("https://evil.example/x", false),
                ("https://sub.login.example/x", false),
                ("https://login.example.evil.example/x", false),
                ("https://login.example@evil.example/x", false),
                ("ftp://login.example/x", false),
                ("http://127.0.0.1/x", false),
            ] {
                let error = read(|document| document[name] = json!(url), true);
                assert_eq!(error, (!allowed).then_some(ProviderCallError::ForeignEndpoint), "{name}: {url}");
            }
        }
    }
}
