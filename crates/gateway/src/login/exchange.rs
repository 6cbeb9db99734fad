//! The call that brings a code to the provider: its ID token is looked at before the library sees it.

use std::sync::OnceLock;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::Deserialize;

use super::{
    provider::{ProviderCallError, ProviderHttp},
    token::{self, TokenHeader},
};
use crate::config::IdTokenAlgorithm;

/// One exchange of a code.
pub(super) struct Exchange<'a> {
    http: ProviderHttp,
    accepted: &'a [IdTokenAlgorithm],
    header: OnceLock<TokenHeader>,
}

/// Why an exchange came to nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error(transparent)]
    Call(#[from] ProviderCallError),
    /// The ID token does not look as it must.
    #[error("{0}")]
    Token(&'static str),
}

/// What counts of a token answer. A member that stands twice makes it unreadable.
#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(http: ProviderHttp, accepted: &'a [IdTokenAlgorithm]) -> Self {
        Self { http, accepted, header: OnceLock::new() }
    }

    /// What the ID token says about its signature, once the answer has come and held one.
    pub(super) fn into_header(self) -> Option<TokenHeader> {
        self.header.into_inner()
    }

    fn look_at(&self, answer: &HttpResponse) -> Result<(), ExchangeError> {
        // Without an ID token there is no header, and so no login; the library tells errors and answers apart.
        let Ok(TokenAnswer { id_token }) = serde_json::from_slice(answer.body()) else { return Ok(()) };
        let header = token::header(&id_token, self.accepted).map_err(ExchangeError::Token)?;
        self.header.get_or_init(|| header);
        Ok(())
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange<'_> {
    type Error = ExchangeError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.http.send(request).await?;
            // The provider's trouble, not a doubt about the login.
            if answer.status().is_server_error() {
                return Err(ProviderCallError::Status.into());
            }
            self.look_at(&answer)?;
            Ok(answer)
        })
    }
}
