//! How the gateway shows a source who asks, and for whom. One file for each kind of credential.

mod api_key;
mod citizen_assertion;
mod client;
mod client_credentials;
mod held;
mod idws;
mod session_key;
mod signer;
mod token_endpoint;
mod token_exchange;

use std::sync::Arc;

use http::{HeaderName, StatusCode, header};

pub(crate) use self::{
    api_key::ApiKey,
    citizen_assertion::CitizenAssertion,
    client::{Client, ClientProof},
    client_credentials::ClientCredentials,
    idws::Idws,
    session_key::SessionKey,
    token_endpoint::TokenEndpoint,
    token_exchange::TokenExchange,
};
use self::{held::Held, token_endpoint::header_value};
use crate::{
    connector::FetchRequest,
    error::ConnectorError,
    secret::Secret,
    session_memory::SessionMemory,
    upstream::{Answer, Call, UpstreamClient},
};
pub use signer::Signer;

/// What one source is shown. What TLS shows of itself is the upstream client's.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// The source's slug.
    source: String,
    api_key: Option<ApiKey>,
    token: Option<Token>,
    /// What is held for the source, whichever citizen it is asked about.
    of_source: SessionMemory,
}

/// What is shown beside a key.
#[derive(Debug)]
pub(crate) enum Token {
    ClientCredentials(ClientCredentials),
    TokenExchange(TokenExchange),
    CitizenAssertion(CitizenAssertion),
    Idws(Idws),
    SessionKey(SessionKey),
}

/// What a call was shown with, so far as it could be replaced.
#[derive(Debug)]
pub(crate) struct Shown(Option<Arc<Secret>>);

impl Credentials {
    pub(crate) fn new(source: String, api_key: Option<ApiKey>, token: Option<Token>) -> Self {
        Self { source, api_key, token, of_source: SessionMemory::default() }
    }

    /// Whether the citizen's login token is needed, to be exchanged.
    pub(crate) fn exchanges_login_token(&self) -> bool {
        matches!(self.token, Some(Token::TokenExchange(_) | Token::Idws(_)))
    }

    /// Whether calls are shown a token, which may have to be replaced.
    pub(crate) fn shows_a_token(&self) -> bool {
        self.token.is_some()
    }

    /// Puts on a call what its source wants to see. The caller sets the time limit.
    ///
    /// # Errors
    /// [`ConnectorError`] when there is nothing to show, because whoever issues it refused or did not answer.
    pub(crate) async fn show(
        &self,
        call: &mut Call,
        request: &FetchRequest,
        upstream: &UpstreamClient,
    ) -> Result<Shown, ConnectorError> {
        if let Some(api_key) = &self.api_key {
            api_key.show(call);
        }
        let Some(token) = &self.token else { return Ok(Shown(None)) };
        let (held, language) = (self.held(token, request), request.language);
        let (name, value): (&HeaderName, _) = match token {
            Token::CitizenAssertion(assertion) => return assertion.show(call, request).map(|()| Shown(None)),
            Token::ClientCredentials(client) => {
                (&header::AUTHORIZATION, held.get(client.obtain(language, upstream)).await?)
            }
            Token::TokenExchange(exchange) => {
                (&header::AUTHORIZATION, held.get(exchange.obtain(request, upstream)).await?)
            }
            Token::Idws(idws) => (&header::AUTHORIZATION, held.get(idws.obtain(request, upstream)).await?),
            Token::SessionKey(key) => {
                (&key.header, held.get(key.obtain(self.api_key.as_ref(), language, upstream)).await?)
            }
        };
        call.headers.insert(name.clone(), header_value(&value)?);
        Ok(Shown(Some(value)))
    }

    /// Lets go of what a call was shown with if the answer says that it does not count any more. Whether the call is
    /// worth sending again with another.
    pub(crate) fn replace(&self, shown: &Shown, answer: &Answer, request: &FetchRequest) -> bool {
        let (Some(token), Some(refused)) = (&self.token, &shown.0) else { return false };
        let lapsed = match token {
            // The profile says by the code, which RFC 6750 has, whether it is the token that is wrong.
            Token::Idws(_) => answer.status == StatusCode::UNAUTHORIZED && says_invalid_token(answer),
            _ => answer.status == StatusCode::UNAUTHORIZED,
        };
        lapsed && self.held(token, request).replace(refused)
    }

    /// Where the source's credential is held: what was given for a citizen belongs to the citizen's session.
    fn held<'m>(&'m self, token: &Token, request: &'m FetchRequest) -> Held<'m> {
        let memory = match token {
            Token::TokenExchange(_) | Token::Idws(_) | Token::CitizenAssertion(_) => request.memory.as_ref(),
            Token::ClientCredentials(_) | Token::SessionKey(_) => &self.of_source,
        };
        Held { memory, source: &self.source }
    }
}

/// Whether a challenge names the error `invalid_token` (RFC 6750 section 3.1).
fn says_invalid_token(answer: &Answer) -> bool {
    let challenges = answer.headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.flat_map(|challenge| challenge.split([',', ' '])).any(|parameter| {
        parameter.trim().split_once('=').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("error") && value.trim_matches('"') == "invalid_token"
        })
    })
}
