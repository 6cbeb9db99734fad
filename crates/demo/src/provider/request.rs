//! What a client asks for when it sends a citizen to log in, and what may be wrong with it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_widgets::AssuranceLevel;

use super::{ProtocolError, level, parameters::Parameters};
use crate::options::DemoClient;

/// A checked authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    /// The first level asked for that the provider knows.
    pub(super) level: Option<AssuranceLevel>,
    /// The client wants an answer without any page.
    pub(super) silent: bool,
}

/// Why a request is refused, and who can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Client or return address is in doubt: nobody is redirected (RFC 6749 section 4.1.2.1).
    Untrusted(ProtocolError),
    /// The client is told at its own return address.
    Returned { redirect_uri: String, state: Option<String>, error: ProtocolError },
}

impl Refusal {
    /// The error alone, for a client that asks directly.
    pub(super) fn into_error(self) -> ProtocolError {
        match self {
            Self::Untrusted(error) | Self::Returned { error, .. } => error,
        }
    }
}

impl AuthorizationRequest {
    /// Checks the parameters of a request by one of these clients.
    pub(super) fn check(parameters: &Parameters, clients: &[DemoClient]) -> Result<Self, Refusal> {
        let untrusted = |description| Refusal::Untrusted(ProtocolError::invalid_request(description));
        let asking = parameters.get("client_id").unwrap_or_default();
        let client = clients.iter().find(|client| client.client_id == asking);
        let client = client.ok_or_else(|| untrusted("client_id is missing or unknown"))?;
        let redirect_uri = parameters
            .get("redirect_uri")
            .filter(|asked| client.redirect_uris.iter().any(|registered| registered == asked))
            .ok_or_else(|| untrusted("redirect_uri is missing or not registered"))?;
        Self::check_trusted(parameters, client, redirect_uri).map_err(|error| Refusal::Returned {
            redirect_uri: redirect_uri.to_owned(),
            state: parameters.get("state").map(str::to_owned),
            error,
        })
    }

    fn check_trusted(parameters: &Parameters, client: &DemoClient, redirect_uri: &str) -> Result<Self, ProtocolError> {
        let required = |name: &str, description| {
            parameters.get(name).map(str::to_owned).ok_or(ProtocolError::invalid_request(description))
        };
        if parameters.get("request").is_some() {
            return Err(ProtocolError::new("request_not_supported", "request objects are not supported"));
        }
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(ProtocolError::new("unsupported_response_type", "only code is supported")),
            None => return Err(ProtocolError::invalid_request("response_type is missing")),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(ProtocolError::invalid_request("only response_mode query is supported"));
        }
        let scope = parameters.get("scope").filter(|scope| scope.split(' ').any(|value| value == "openid"));
        let scope = scope.ok_or(ProtocolError::new("invalid_scope", "the scope must hold openid"))?;
        if parameters.get("code_challenge_method") != Some("S256") {
            return Err(ProtocolError::invalid_request("code_challenge_method must be S256"));
        }
        let code_challenge = required("code_challenge", "code_challenge is missing")?;
        if URL_SAFE_NO_PAD.decode(&code_challenge).map_or(0, |hash| hash.len()) != 32 {
            return Err(ProtocolError::invalid_request("code_challenge is not the encoding of a SHA-256 hash"));
        }
        let prompts: Vec<_> = parameters.get("prompt").unwrap_or_default().split(' ').collect();
        let silent = prompts.contains(&"none");
        if silent && prompts.len() > 1 {
            return Err(ProtocolError::invalid_request("prompt none excludes all others"));
        }
        Ok(Self {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope: scope.to_owned(),
            state: required("state", "state is missing")?,
            nonce: required("nonce", "nonce is missing")?,
            code_challenge,
            level: parameters.get("acr_values").and_then(|values| values.split(' ').find_map(level::of_uri)),
            silent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::LogsIn;

    const GOOD: &str = "client_id=gateway&redirect_uri=http%3A%2F%2Fgateway.example%2Fcallback&response_type=code\
        &scope=openid&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
        &code_challenge_method=S256";

    fn check(query: &str) -> Result<AuthorizationRequest, Refusal> {
        let client = DemoClient {
            client_id: "gateway".into(),
            client_secret: "secret".into(),
            redirect_uris: vec!["http://gateway.example/callback".into()],
            post_logout_redirect_uris: vec![],
            api: None,
            logs_in: LogsIn::Citizens,
        };
        AuthorizationRequest::check(&Parameters::parse(query.as_bytes()).expect("parameters"), &[client])
    }

    #[test]
    fn a_complete_request_is_accepted_and_its_level_found() {
        assert_eq!(check(GOOD).expect("accepted").level, None);
        let query =
            format!("{GOOD}&acr_values=urn%3Aother+https%3A%2F%2Fdata.gov.dk%2Fconcept%2Fcore%2Fnsis%2Floa%2FHigh");
        assert_eq!(check(&query).expect("accepted").level, Some(AssuranceLevel::High));
    }

    #[test]
    fn nobody_is_sent_to_an_address_in_doubt() {
        for (good, bad) in [
            ("client_id=gateway", "client_id=stranger"),
            ("client_id=gateway", "client_id="),
            ("%2Fcallback", "%2Fcallback%2F"),
            ("%2Fcallback", "%2FCallback"),
            ("gateway.example", "gateway.example%40evil.example"),
            ("redirect_uri", "redirect"),
        ] {
            let answer = check(&GOOD.replace(good, bad));
            assert!(matches!(answer, Err(Refusal::Untrusted(_))), "{bad}: {answer:?}");
        }
    }

    #[test]
    fn every_other_flaw_is_told_at_the_return_address() {
        for (good, bad, expected) in [
            ("response_type=code", "response_type=id_token", "unsupported_response_type"),
            ("response_type=code", "response_type=", "invalid_request"),
            ("scope=openid", "scope=profile", "invalid_scope"),
            ("state=s", "state=", "invalid_request"),
            ("nonce=n", "nonce=", "invalid_request"),
            ("code_challenge=E9", "code_challenge=9", "invalid_request"),
            ("method=S256", "method=plain", "invalid_request"),
            ("&state", "&prompt=none+login&state", "invalid_request"),
            ("&state", "&response_mode=fragment&state", "invalid_request"),
            ("&state", "&request=e30.e30.&state", "request_not_supported"),
        ] {
            let Err(Refusal::Returned { error, .. }) = check(&GOOD.replace(good, bad)) else {
                panic!("{bad} was not returned")
            };
            assert_eq!(error.code, expected, "{bad}");
        }
    }
}
