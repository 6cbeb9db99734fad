//! Checks where a source is and how the gateway shows it who it is: the contract's word, and the deployment's.

use url::Url;

use super::{
    call::header_name,
    examination::{Examination, KeyPath, Noted},
    manifest::{Auth, Spec},
};
use crate::{
    credentials::Credentials,
    declared::sensitive_header,
    registry::Endpoint,
    upstream::{AddressPolicy, check},
};

/// What all requests of a source share.
pub(super) struct Shared {
    pub(super) base_url: Result<Url, Noted>,
    /// The header that carries the credentials, in lower case; a contract's own headers may not.
    pub(super) credential_header: Option<String>,
    /// Most bytes of an answer's body.
    pub(super) body_limit: usize,
}

/// Checks what all requests of a source share.
pub(super) fn shared(
    examination: &mut Examination<'_>,
    spec: &Spec,
    endpoint: Option<&Endpoint>,
    policy: AddressPolicy,
) -> Shared {
    Shared {
        base_url: base_url(examination, &spec.base_url, endpoint, policy),
        credential_header: Some(header_of(&spec.auth)),
        body_limit: spec.limits.body_kib.saturating_mul(1024),
    }
}

fn header_of(auth: &Auth) -> String {
    let Auth::ApiKey(declared) = auth;
    declared.header.to_ascii_lowercase()
}

/// The contract's address must always be fit for production; the deployment's may be what its policy allows.
fn base_url(
    examination: &mut Examination<'_>,
    text: &str,
    endpoint: Option<&Endpoint>,
    policy: AddressPolicy,
) -> Result<Url, Noted> {
    let path = KeyPath::of("spec.baseUrl");
    let declared = Url::parse(text).map_err(|_| examination.wrong_value(&path, "not an absolute address", None))?;
    check(&declared, AddressPolicy::Production)
        .map_err(|error| examination.wrong_value(&path, error.to_string(), None))?;
    let Some(replacement) = endpoint.and_then(|endpoint| endpoint.base_url.clone()) else { return Ok(declared) };
    check(&replacement, policy).map_err(|error| {
        examination.wrong_value(&path, format!("the address that the deployment sets instead {error}"), None)
    })?;
    Ok(replacement)
}

/// Checks how the gateway shows the source who it is.
pub(super) fn credentials(
    examination: &mut Examination<'_>,
    auth: &Auth,
    endpoint: Option<&Endpoint>,
) -> Result<Credentials, Noted> {
    let Auth::ApiKey(declared) = auth;
    let path = KeyPath::of("spec.auth.apiKey");
    let name =
        header_name(&declared.header).map_err(|message| examination.wrong_value(&path.key("header"), message, None));
    let value = match endpoint.and_then(|endpoint| endpoint.api_key.as_ref()) {
        None => Err(examination.wrong_key(&path, "the deployment sets no API key for this source", None)),
        Some(key) if key.reveal().is_empty() => {
            Err(examination.wrong_key(&path, "the API key that the deployment sets is empty", None))
        }
        Some(key) => sensitive_header(key.reveal()).ok_or_else(|| {
            examination.wrong_key(&path, "the API key that the deployment sets is not visible ASCII", None)
        }),
    };
    Ok(Credentials::ApiKey { header: name?, key: value? })
}
