//! How the client proves who it is: `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};

use super::{ProtocolError, parameters::Parameters};
use crate::{options::DemoClient, secret};

const REFUSED: ProtocolError = ProtocolError::new("invalid_client", "the client is unknown or its secret is wrong");

/// The client that a call comes from.
pub(super) fn authenticate<'a>(
    clients: &'a [DemoClient],
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<&'a DemoClient, ProtocolError> {
    let posted_secret = parameters.get("client_secret");
    let (client_id, client_secret) = match (headers.get(AUTHORIZATION), posted_secret) {
        (Some(_), Some(_)) => {
            return Err(ProtocolError::invalid_request("the client authenticates in two ways at once"));
        }
        (Some(header), None) => {
            let (client_id, client_secret) = basic_credentials(header.as_bytes()).ok_or(REFUSED)?;
            if parameters.get("client_id").is_some_and(|posted| posted != client_id) {
                return Err(ProtocolError::invalid_request("client_id differs from the authenticated client"));
            }
            (client_id, client_secret)
        }
        (None, Some(secret)) => (parameters.get("client_id").ok_or(REFUSED)?.to_owned(), secret.to_owned()),
        (None, None) => return Err(REFUSED),
    };
    // Both are compared whatever the first says, so that the time taken tells nothing.
    let is_it = |client: &&DemoClient| {
        let known = secret::equal(client_id.as_bytes(), client.client_id.as_bytes());
        let proven = secret::equal(client_secret.as_bytes(), client.client_secret.as_bytes());
        known & proven
    };
    clients.iter().find(is_it).ok_or(REFUSED)
}

/// Identifier and secret from an `Authorization: Basic` header; both are form-encoded inside it.
fn basic_credentials(header: &[u8]) -> Option<(String, String)> {
    let header = str::from_utf8(header).ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, client_secret) = decoded.split_once(':')?;
    Some((form_decoded(client_id)?, form_decoded(client_secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        return None;
    }
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(decoded, _)| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(credentials: &str) -> Option<(String, String)> {
        basic_credentials(format!("Basic {}", STANDARD.encode(credentials)).as_bytes())
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        assert_eq!(basic("the%20gateway:s%3Acret%2B1"), Some(("the gateway".into(), "s:cret+1".into())));
        assert_eq!(basic("no-colon"), None);
        assert_eq!(basic_credentials(b"Bearer abc"), None);
    }
}
