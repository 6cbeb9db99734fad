//! How one source is asked: shown who asks and for whom, then sent the request.

use http::HeaderName;
use tokio::time::{Instant, timeout_at};

use crate::{
    connector::FetchRequest,
    credentials::Credentials,
    error::ConnectorError,
    upstream::{Answer, Call, UpstreamClient},
};

/// Where an overview is named to sources (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

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

    /// Whether the citizen's login token is exchanged for the source.
    pub(crate) fn exchanges_login_token(&self) -> bool {
        self.credentials.exchanges_login_token()
    }

    /// Sends a call for a citizen, with credentials, and reads the whole answer, whatever its status. Credentials that the
    /// source no longer takes are replaced and the call is sent once more, never twice; all of it within the deadline.
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
            let without = self.credentials.shows_a_token().then(|| call.clone());
            let shown = self.credentials.show(&mut call, request, &self.upstream).await?;
            let answer = self.upstream.send(labelled(call, request, deadline)).await?;
            let again = without.filter(|_| self.credentials.replace(&shown, &answer, request));
            let Some(mut call) = again else { return Ok(answer) };
            self.credentials.show(&mut call, request, &self.upstream).await?;
            self.upstream.send(labelled(call, request, deadline)).await
        };
        timeout_at(deadline, asked).await.unwrap_or(Err(ConnectorError::TimedOut))
    }
}

/// A call with an identifier of its own within its overview, and the time that is left for it.
fn labelled(mut call: Call, request: &FetchRequest, deadline: Instant) -> Call {
    call.deadline = Some(deadline);
    if let Some(parent) = request.trace.traceparent() {
        call.headers.insert(TRACEPARENT, parent);
    }
    call
}
