//! How the gateway shows a source who asks, and for whom.

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::{connector::FetchRequest, error::ConnectorError, upstream::Call};

/// What one source is shown.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// A key that the source gave this deployment, in a header.
    ApiKey {
        /// The header.
        header: HeaderName,
        /// The key, marked sensitive.
        key: HeaderValue,
    },
}

impl Credentials {
    /// Puts on a call what its source wants to see.
    ///
    /// # Errors
    /// [`ConnectorError`] when there is nothing to show, because whoever issues it refused or did not answer.
    #[expect(clippy::unused_async, reason = "other credentials are fetched")]
    pub(crate) async fn show(
        &self,
        call: &mut Call,
        _request: &FetchRequest,
        _deadline: Instant,
    ) -> Result<(), ConnectorError> {
        match self {
            Self::ApiKey { header, key } => {
                call.headers.insert(header.clone(), key.clone());
                Ok(())
            }
        }
    }
}
