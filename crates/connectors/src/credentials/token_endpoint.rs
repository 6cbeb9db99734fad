//! Asking a token endpoint (RFC 6749 section 3.2, RFC 8693, OIO IDWS REST), and reading what it gives.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use overblik_widgets::Language;
use serde::Deserialize;
use url::Url;

use super::client::{Client, Fields};
use crate::{
    declared::sensitive_header,
    error::ConnectorError,
    secret::Secret,
    upstream::{Answer, Call, SourceTls, UpstreamClient},
};

/// Largest answer in bytes: room for an assertion of 64 KiB in base64, and what stands around it.
const LARGEST_ANSWER: usize = 96 * 1024;

/// Largest token that becomes a header, in bytes.
const LARGEST_TOKEN: usize = 16 * 1024;

/// Where tokens are to be had.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    /// Its address.
    pub(crate) url: Url,
    /// Who asks, where the endpoint must be shown that.
    pub(crate) client: Option<Client>,
    /// Whom to trust there, and as whom to come, where that is not as at the source: at the identity provider the source's
    /// own issuers of certificates have no say.
    pub(crate) tls: Option<SourceTls>,
}

/// What a token endpoint gave.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) token: Secret,
    pub(super) token_type: String,
    pub(super) issued_type: Option<String>,
    /// How long it lasts, if the endpoint says so.
    pub(super) expires_in: Option<Duration>,
}

/// What counts of an answer. A member that stands twice makes it unreadable.
#[derive(Deserialize)]
struct Members {
    access_token: String,
    token_type: String,
    issued_token_type: Option<String>,
    expires_in: Option<u64>,
}

/// What an endpoint says when it refuses (RFC 6749 section 5.2, RFC 8693 section 2.2.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Refusals that the log may name: what an endpoint writes could be anything.
const REFUSALS: [&str; 8] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
];

impl TokenEndpoint {
    /// Posts a form, and reads what is given for it.
    ///
    /// # Errors
    /// [`ConnectorError`]: no answer, [`ConnectorError::CredentialsRefused`] when the endpoint refuses,
    /// [`ConnectorError::Malformed`] when its answer gives no token.
    pub(super) async fn ask(
        &self,
        mut fields: Fields,
        language: Language,
        upstream: &UpstreamClient,
    ) -> Result<Given, ConnectorError> {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");
        let mut call = Call {
            method: Method::POST,
            url: self.url.clone(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, form)]),
            body: None,
            language,
            idempotent: false,
            deadline: None,
            body_limit: LARGEST_ANSWER,
        };
        if let Some(client) = &self.client {
            client.prove(&mut call, &mut fields, &self.url)?;
        }
        let pairs = fields.iter().map(|(name, value)| (*name, value.reveal()));
        call.body =
            Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes());
        let answer = upstream.for_other_party(self.tls.as_ref()).send(call).await?;
        read(&answer)
    }
}

fn read(answer: &Answer) -> Result<Given, ConnectorError> {
    match answer.status {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let said = serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| refusal.error);
            let said = said.as_deref().ok().and_then(|said| REFUSALS.iter().find(|known| **known == said));
            tracing::warn!(status = answer.status.as_u16(), said, "a token endpoint refused");
            return Err(ConnectorError::CredentialsRefused(answer.status.as_u16()));
        }
        other => {
            tracing::warn!(status = other.as_u16(), "a token endpoint gave no token");
            return Err(ConnectorError::Status(other.as_u16()));
        }
    }
    // Serde would take a list of the members' values for an object too.
    if !answer.body.trim_ascii_start().starts_with(b"{") {
        return Err(malformed("is no JSON object"));
    }
    let members: Members = serde_json::from_slice(&answer.body).map_err(|_| malformed("lacks what it must have"))?;
    let token = Secret::new(members.access_token);
    if token.reveal().is_empty() {
        return Err(malformed("gives an empty token"));
    }
    Ok(Given {
        token,
        token_type: members.token_type,
        issued_type: members.issued_token_type,
        expires_in: members.expires_in.map(Duration::from_secs),
    })
}

/// Logs what is wrong with a token endpoint's answer, in words of ours.
pub(super) fn malformed(reason: &'static str) -> ConnectorError {
    tracing::warn!(reason, "the answer of a token endpoint cannot be used");
    ConnectorError::Malformed
}

/// The header value that shows a token under a scheme.
///
/// # Errors
/// [`ConnectorError::Malformed`] when the token does not fit into a header.
pub(super) fn authorization(scheme: &str, token: &Secret) -> Result<Secret, ConnectorError> {
    let token = token.reveal();
    let fits = (1..=LARGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return Err(malformed("gives a token that fits into no header"));
    }
    Ok(Secret::new(format!("{scheme} {token}")))
}

/// How long something is held that lasts this long: a little less, for it must still count when it arrives.
pub(super) fn held_for(lasts: Duration) -> Duration {
    lasts.saturating_sub((lasts / 2).min(Duration::from_secs(5)))
}

/// The header that shows a value, hidden from debug output.
pub(super) fn header_value(value: &Secret) -> Result<HeaderValue, ConnectorError> {
    sensitive_header(value.reveal()).ok_or_else(|| malformed("gives what fits into no header"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn what_is_needed_is_read_and_hidden() {
        let given = read(&answer(200, r#"{"access_token":"the-token","token_type":"Bearer","expires_in":60,"x":[1]}"#));
        let given = given.expect("a token");
        assert_eq!(given.token.reveal(), "the-token");
        assert_eq!(given.expires_in, Some(Duration::from_mins(1)));
        assert!(!format!("{given:?}").contains("the-token"));
    }

    #[test]
    fn an_answer_that_gives_nothing_is_told_by_its_cause() {
        use ConnectorError::{CredentialsRefused, Malformed, Status};
        let twice = r#"{"access_token":"a","token_type":"Bearer","access_token":"b"}"#;
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_target"}"#, CredentialsRefused(400)),
            (401, "<html>", CredentialsRefused(401)),
            (503, "", Status(503)),
            (302, "", Status(302)),
            (200, "", Malformed),
            (200, r#"["a","Bearer",null,60]"#, Malformed),
            (200, r#"{"token_type":"Bearer"}"#, Malformed),
            (200, r#"{"access_token":"a"}"#, Malformed),
            (200, r#"{"access_token":"","token_type":"Bearer"}"#, Malformed),
            (200, r#"{"access_token":"a","token_type":"Bearer","expires_in":-1}"#, Malformed),
            (200, twice, Malformed),
        ] {
            assert_eq!(read(&answer(status, body)).err(), Some(expected), "{status} {body}");
        }
    }

    #[test]
    fn a_token_fits_into_a_header_or_is_none() {
        let authorization = |token: &str| authorization("Bearer", &Secret::new(token.to_owned()));
        assert_eq!(authorization("abc.def").expect("a value").reveal(), "Bearer abc.def");
        for evil in ["", "a b", "a\r\nx-cpr: 1", "æ", "x".repeat(LARGEST_TOKEN + 1).as_str()] {
            assert!(authorization(evil).is_err(), "{evil}");
        }
    }

    #[test]
    fn what_is_held_is_let_go_of_before_it_ends() {
        assert_eq!(held_for(Duration::from_mins(1)), Duration::from_secs(55));
        assert_eq!(held_for(Duration::from_secs(4)), Duration::from_secs(2));
        assert_eq!(held_for(Duration::ZERO), Duration::ZERO);
    }
}
