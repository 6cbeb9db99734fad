//! A token for the gateway itself, of no citizen (RFC 6749 section 4.4): one for a source, whoever is asked about.

use std::time::Duration;

use overblik_widgets::Language;

use super::{
    held::Obtained,
    token_endpoint::{TokenEndpoint, authorization, held_for, malformed},
};
use crate::{error::ConnectorError, secret::Secret, upstream::UpstreamClient};

/// How long a token is taken to last when the endpoint does not say.
const ASSUMED_LIFE: Duration = Duration::from_mins(1);

/// Longest that a token is held, whatever the endpoint says: what was withdrawn there is then noticed here.
const LONGEST_LIFE: Duration = Duration::from_hours(1);

/// How such a token is obtained.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    pub(crate) endpoint: TokenEndpoint,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
}

impl ClientCredentials {
    pub(super) async fn obtain(
        &self,
        language: Language,
        upstream: &UpstreamClient,
    ) -> Result<Obtained, ConnectorError> {
        let mut fields = vec![("grant_type", Secret::new("client_credentials".to_owned()))];
        for (name, value) in [("scope", &self.scope), ("audience", &self.audience)] {
            fields.extend(value.clone().map(|value| (name, Secret::new(value))));
        }
        let given = self.endpoint.ask(fields, language, upstream).await?;
        if !given.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(malformed("gives a token of another type than Bearer"));
        }
        let lasts = given.expires_in.unwrap_or(ASSUMED_LIFE).min(LONGEST_LIFE);
        Ok(Obtained { value: authorization("Bearer", &given.token)?, lasts: held_for(lasts) })
    }
}
