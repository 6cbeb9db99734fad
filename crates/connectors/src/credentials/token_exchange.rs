//! A token for one citizen at one source, in exchange for the token of the citizen's login (RFC 8693, requirement R45).
//!
//! The login's token is shown to the exchange alone. What comes back names the source as its audience, so that whoever
//! gets hold of it there can use it nowhere else.

use std::time::Duration;

use super::{
    held::Obtained,
    token_endpoint::{Given, TokenEndpoint, authorization, held_for, malformed},
};
use crate::{connector::FetchRequest, error::ConnectorError, secret::Secret, upstream::UpstreamClient};

/// Longest that such a token is held, whatever the exchange says (requirement R45).
const LONGEST_LIFE: Duration = Duration::from_mins(1);

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// How such a token is obtained.
#[derive(Debug)]
pub(crate) struct TokenExchange {
    pub(crate) endpoint: TokenEndpoint,
    /// What the exchange calls the source.
    pub(crate) audience: String,
    pub(crate) scope: Option<String>,
}

impl TokenExchange {
    pub(super) async fn obtain(
        &self,
        request: &FetchRequest,
        upstream: &UpstreamClient,
    ) -> Result<Obtained, ConnectorError> {
        let scope = self.scope.as_deref();
        let given = exchange(&self.endpoint, &self.audience, scope, ACCESS_TOKEN, request, upstream).await?;
        if !matches!(given.issued_type.as_deref(), Some(ACCESS_TOKEN | JWT)) {
            return Err(malformed("gives no access token in exchange"));
        }
        if !given.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(malformed("gives a token of another type than Bearer"));
        }
        let lasts = given.expires_in.unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE);
        Ok(Obtained { value: authorization("Bearer", &given.token)?, lasts: held_for(lasts) })
    }
}

/// Exchanges the login's token for one of another type, meant for an audience.
///
/// # Errors
/// [`ConnectorError::NoLoginToken`] when the citizen's login has none (any more); [`ConnectorError::Malformed`] when it is
/// given back; as [`TokenEndpoint::ask`].
pub(super) async fn exchange(
    endpoint: &TokenEndpoint,
    audience: &str,
    scope: Option<&str>,
    wanted: &str,
    request: &FetchRequest,
    upstream: &UpstreamClient,
) -> Result<Given, ConnectorError> {
    let login_token = request.login_token.clone().ok_or(ConnectorError::NoLoginToken)?;
    let text = |text: &str| Secret::new(text.to_owned());
    let mut fields = vec![
        ("grant_type", text("urn:ietf:params:oauth:grant-type:token-exchange")),
        ("subject_token", login_token.clone()),
        ("subject_token_type", text(ACCESS_TOKEN)),
        ("requested_token_type", text(wanted)),
        ("audience", text(audience)),
    ];
    fields.extend(scope.map(|scope| ("scope", text(scope))));
    let given = endpoint.ask(fields, request.language, upstream).await?;
    // A source that was given the login's own token, as whatever it is called, could use it at every other one.
    if given.token.reveal() == login_token.reveal() {
        return Err(malformed("gives the login's own token back"));
    }
    Ok(given)
}
