//! How one source is asked: shown who asks and for whom, then sent the request.

use tokio::time::{Instant, timeout_at};

use crate::{
    connector::FetchRequest,
    credentials::Credentials,
    error::ConnectorError,
    upstream::{Answer, Call, UpstreamClient},
};

/// Asks one source.
#[derive(Debug)]
pub(crate) struct Asker {
    upstream: UpstreamClient,
    credentials: Credentials,
}

impl Asker {
    pub(crate) fn new(upstream: UpstreamClient, credentials: Credentials) -> Self {
        Self { upstream, credentials }
    }

    /// Sends a call for a citizen, with credentials, and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`ConnectorError`]: timed out, unreachable, credentials not to be had, too large.
    pub(crate) async fn ask(
        &self,
        mut call: Call,
        request: &FetchRequest,
        deadline: Instant,
    ) -> Result<Answer, ConnectorError> {
        let asked = async {
            self.credentials.show(&mut call, request, deadline).await?;
            self.upstream.send(call).await
        };
        timeout_at(deadline, asked).await.unwrap_or(Err(ConnectorError::TimedOut))
    }
}
