//! OIO IDWS REST: a SAML assertion about the citizen becomes a token of the source, which only the holder of the
//! gateway's TLS key can use.
//!
//! 1. The login's token is exchanged for an assertion meant for the source (RFC 8693).
//! 2. The assertion is posted to the source's own token endpoint, over mutual TLS.
//! 3. The token that comes for it is shown under the scheme that the source names.
//!
//! Nothing is read of the assertion but its size: whether to believe it is for the source to say.

use std::time::Duration;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use zeroize::Zeroizing;

use super::{
    held::Obtained,
    token_endpoint::{TokenEndpoint, authorization, held_for, malformed},
    token_exchange::exchange,
};
use crate::{connector::FetchRequest, error::ConnectorError, secret::Secret, upstream::UpstreamClient};

const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";

/// Largest assertion, in bytes.
const LARGEST_ASSERTION: usize = 64 * 1024;

/// How long a token is taken to last when the source does not say.
const ASSUMED_LIFE: Duration = Duration::from_mins(1);

/// Longest that a token is held, whatever the source says.
const LONGEST_LIFE: Duration = Duration::from_mins(10);

/// An assertion in an answer is in the alphabet for addresses (RFC 8693 section 3); padding is not expected.
const ASSERTION: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How such a token is obtained.
#[derive(Debug)]
pub(crate) struct Idws {
    /// Where assertions are to be had.
    pub(crate) exchange: TokenEndpoint,
    /// What the exchange calls the source.
    pub(crate) audience: String,
    /// The source's own token endpoint.
    pub(crate) endpoint: TokenEndpoint,
}

impl Idws {
    pub(super) async fn obtain(
        &self,
        request: &FetchRequest,
        upstream: &UpstreamClient,
    ) -> Result<Obtained, ConnectorError> {
        let given = exchange(&self.exchange, &self.audience, None, SAML2, request, upstream).await?;
        if given.issued_type.as_deref() != Some(SAML2) {
            return Err(malformed("gives no SAML 2.0 assertion in exchange"));
        }
        // "N_A" is what it is called when it is no access token (RFC 8693 section 2.2.1).
        if !["N_A", "Bearer"].iter().any(|kind| given.token_type.eq_ignore_ascii_case(kind)) {
            return Err(malformed("gives an assertion of an unknown type"));
        }
        let fields = vec![("saml-token", encoded_anew(&given.token)?)];
        let given = self.endpoint.ask(fields, request.language, upstream).await?;
        let scheme = ["Holder-of-key", "Bearer"].into_iter().find(|kind| given.token_type.eq_ignore_ascii_case(kind));
        let scheme = scheme.ok_or_else(|| malformed("gives a token of an unknown type"))?;
        let lasts = given.expires_in.unwrap_or(ASSUMED_LIFE).min(LONGEST_LIFE);
        Ok(Obtained { value: authorization(scheme, &given.token)?, lasts: held_for(lasts) })
    }
}

/// From the exchange's base64 to the source's, which has another alphabet.
fn encoded_anew(token: &Secret) -> Result<Secret, ConnectorError> {
    let assertion =
        ASSERTION.decode(token.reveal()).map_err(|_| malformed("gives an assertion that is no base64url"))?;
    let assertion = Zeroizing::new(assertion);
    if assertion.is_empty() || assertion.len() > LARGEST_ASSERTION {
        return Err(malformed("gives an assertion of an impossible size"));
    }
    Ok(Secret::new(STANDARD.encode(&*assertion)))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn an_assertion_changes_its_alphabet_and_nothing_else() {
        let assertion = b"<Assertion>\xff\xfe?>>>".as_slice();
        let anew = |text: String| encoded_anew(&Secret::new(text)).map(|anew| anew.reveal().to_owned());
        let expected = STANDARD.encode(assertion);
        assert_eq!(anew(URL_SAFE_NO_PAD.encode(assertion)), Ok(expected.clone()));
        assert_eq!(anew(expected.replace('+', "-").replace('/', "_")), Ok(expected));
        let largest = vec![b'x'; LARGEST_ASSERTION + 1];
        for bad in [String::new(), "<Assertion/>".to_owned(), URL_SAFE_NO_PAD.encode(&largest)] {
            assert_eq!(anew(bad), Err(ConnectorError::Malformed));
        }
        assert!(anew(URL_SAFE_NO_PAD.encode(&largest[1..])).is_ok());
    }
}
