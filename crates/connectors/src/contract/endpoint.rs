//! Checks where a source is: the contract's word, and the deployment's.

use http::HeaderName;
use url::Url;

use super::{
    auth,
    call::header_name,
    examination::{Examination, KeyPath, Noted},
    manifest::Spec,
};
use crate::{
    load_options::Endpoint,
    upstream::{AddressPolicy, check},
};

/// What all requests of a source share.
pub(super) struct Shared {
    pub(super) base_url: Result<Url, Noted>,
    /// The headers that carry credentials or are sent back, in lower case; a contract's own headers may not be among them.
    pub(super) gateway_headers: Vec<String>,
    /// The header that the source sends back, if it does.
    pub(super) echo: Result<Option<HeaderName>, Noted>,
    /// Whether the credentials say whom a call is about, so that nothing else need say it.
    pub(super) credentials_name_citizen: bool,
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
    if let Some(test_url) = &spec.test_url {
        // What is wrong with it is noted; nobody connects to it here.
        address(examination, &KeyPath::of("spec.testUrl"), test_url, None, policy).ok();
    }
    let replacement = endpoint.and_then(|endpoint| endpoint.base_url.as_ref());
    let credential_headers = auth::headers(&spec.auth);
    let echo = spec.echo.as_ref().map(|echo| echo_header(examination, &echo.header, &credential_headers)).transpose();
    let echoed = echo.iter().flatten().map(|name| name.as_str().to_owned());
    Shared {
        gateway_headers: credential_headers.into_iter().chain(echoed).collect(),
        echo,
        base_url: address(examination, &KeyPath::of("spec.baseUrl"), &spec.base_url, replacement, policy),
        credentials_name_citizen: auth::name_citizen(&spec.auth),
        body_limit: spec.limits.body_kib.saturating_mul(1024),
    }
}

fn echo_header(examination: &mut Examination<'_>, text: &str, credentials: &[String]) -> Result<HeaderName, Noted> {
    let path = KeyPath::of("spec.echo.header");
    let name = header_name(text).map_err(|message| examination.wrong_value(&path, message, None))?;
    examination.require(
        !credentials.iter().any(|taken| taken == name.as_str()),
        &path,
        "this header carries credentials",
    )?;
    Ok(name)
}

/// The contract's address must always be fit for production; the deployment's may be what its policy allows.
pub(super) fn address(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    text: &str,
    replacement: Option<&Url>,
    policy: AddressPolicy,
) -> Result<Url, Noted> {
    let declared = Url::parse(text).map_err(|_| examination.wrong_value(path, "not an absolute address", None))?;
    check(&declared, AddressPolicy::Production)
        .map_err(|error| examination.wrong_value(path, error.to_string(), None))?;
    let Some(replacement) = replacement else { return Ok(declared) };
    check(replacement, policy).map_err(|error| {
        examination.wrong_value(path, format!("the address that the deployment sets instead {error}"), None)
    })?;
    Ok(replacement.clone())
}
