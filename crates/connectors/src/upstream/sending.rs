//! Which connection a request goes on, and when it is sent a second time.

use std::{net::IpAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{
    client::{Answer, UpstreamClient},
    connect::{CONNECT_WITHIN, connect},
    connections::{HostAndPort, Kept},
    failure::{Failure, Reached, TlsFailure, Unanswered},
    http1::Http1,
    http2::Http2,
    outgoing::Outgoing,
    tls::Ways,
    wire::Wire,
};

/// How long nobody is asked who refused a connection.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// HTTP/2 among the protocols of ALPN.
const H2: &[u8] = b"h2";

/// Which of the connections that are open already may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    All,
    /// Not those on which nobody sees that the other side has gone.
    Shared,
    None,
}

/// A failure, and whether it was on a connection that had been used before.
struct Failed {
    unanswered: Unanswered,
    reused: bool,
}

impl Failed {
    fn new(unanswered: Unanswered) -> Self {
        Self { unanswered, reused: false }
    }

    fn reused(unanswered: Unanswered) -> Self {
        Self { unanswered, reused: true }
    }
}

/// One request on its way.
pub(super) struct Sending<'s> {
    client: &'s UpstreamClient,
    url: &'s Url,
    host: HostAndPort,
    outgoing: &'s Outgoing,
    body_limit: usize,
}

impl<'s> Sending<'s> {
    /// # Errors
    /// [`Failure::Forbidden`] for an address without a host.
    pub(super) fn new(
        client: &'s UpstreamClient,
        url: &'s Url,
        outgoing: &'s Outgoing,
        body_limit: usize,
    ) -> Result<Self, Failure> {
        let host = url.host_str().ok_or(Failure::Forbidden)?.to_owned();
        let port = url.port_or_known_default().ok_or(Failure::Forbidden)?;
        let host = HostAndPort { secured: url.scheme() == "https", host, port };
        Ok(Self { client, url, host, outgoing, body_limit })
    }

    /// Sends the request, and once more only where nothing of it can have been read: the connection was refused, closed
    /// before, or the source says that it did not look. One that may be asked twice is also sent again when a connection
    /// that had been used before broke without a word, as when its time was up at the other side.
    pub(super) async fn send(&self, idempotent: bool) -> Result<Answer, Failure> {
        let failed = match self.attempt(Reuse::All).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let Unanswered { failure, reached } = failed.unanswered;
        let again = match (failure, reached) {
            (Failure::Refused, _) => {
                sleep(REFUSED_PAUSE).await;
                true
            }
            (Failure::Broke, Reached::Nobody) => true,
            (Failure::Broke, Reached::PerhapsSource) => failed.reused && idempotent,
            _ => false,
        };
        if !again {
            return Err(failure);
        }
        self.attempt(Reuse::Shared).await.map_err(|failed| failed.unanswered.failure)
    }

    async fn attempt(&self, reuse: Reuse) -> Result<Answer, Failed> {
        if !self.host.secured {
            return self.over_http1(None, reuse, async || self.connected(Instant::now() + CONNECT_WITHIN).await).await;
        }
        let ways = self.client.tls.ways();
        let (shown, first) = ways.first();
        match self.secured(&ways, first, reuse).await {
            // The handshake was not completed, so the source has read nothing of the request.
            Err(failed) if failed.unanswered.failure == Failure::Tls(TlsFailure::OursRefused) => {
                let Some(second) = ways.after_refusal(shown) else { return Err(failed) };
                let answer = self.secured(&ways, second, Reuse::None).await?;
                ways.next_was_taken();
                Ok(answer)
            }
            outcome => outcome,
        }
    }

    /// Over TLS: on an HTTP/2 connection if the host speaks that, else over HTTP/1.1.
    async fn secured(&self, ways: &Ways, config: Arc<ClientConfig>, reuse: Reuse) -> Result<Answer, Failed> {
        let connections = &self.client.connections;
        let shared = || if reuse == Reuse::None { None } else { connections.shared(&self.host, ways) };
        if let Some(call) = shared() {
            return self.checked(call.exchange(self.outgoing, self.body_limit).await).map_err(Failed::reused);
        }
        // Whoever comes while another connects waits for what that finds, and mostly need not connect.
        let opening = connections.opening(&self.host);
        let turn = match &opening {
            Some(opening) => Some(opening.lock().await),
            None => None,
        };
        if let Some(call) = shared() {
            drop(turn);
            return self.checked(call.exchange(self.outgoing, self.body_limit).await).map_err(Failed::reused);
        }
        if turn.is_none() {
            let secured = async || self.handshake(config).await.map(|(wire, _)| wire);
            return self.over_http1(Some(ways), reuse, secured).await;
        }
        let unsent = |failure| Failed::new(Unanswered::unsent(failure));
        let (wire, speaks_http2) = self.handshake(config).await.map_err(unsent)?;
        if speaks_http2 {
            let connection = Http2::open(wire, ways.clone(), connections.tasks()).await.map_err(unsent)?;
            let call = connections.share(self.host.clone(), connection);
            drop(turn);
            return self.checked(call.exchange(self.outgoing, self.body_limit).await).map_err(Failed::new);
        }
        connections.speaks_http1(&self.host);
        drop(turn);
        self.over_http1(Some(ways), Reuse::None, async || Ok(wire)).await
    }

    /// Over HTTP/1.1, on a kept connection or one that is made for it.
    async fn over_http1(
        &self,
        ways: Option<&Ways>,
        reuse: Reuse,
        connected: impl AsyncFnOnce() -> Result<Wire, Failure>,
    ) -> Result<Answer, Failed> {
        let connections = &self.client.connections;
        let keeps = self.client.echo.is_some();
        let unsent = |failure| Failed::new(Unanswered::unsent(failure));
        let request = self.outgoing.http1(keeps).map_err(unsent)?;
        let kept = if keeps && reuse == Reuse::All { connections.take_kept(&self.host, ways) } else { None };
        let reused = kept.is_some();
        let mut kept = match kept {
            Some(kept) => kept,
            None => {
                let wire = connected().await.map_err(unsent)?;
                let connection = Http1::open(wire).await.map_err(unsent)?;
                Kept { connection, ways: ways.cloned(), opened: Instant::now() }
            }
        };
        let answer = self.checked(kept.connection.exchange(request, self.body_limit).await);
        let answer = answer.map_err(|unanswered| Failed { unanswered, reused })?;
        if keeps {
            connections.keep(&self.host, kept);
        } else {
            kept.connection.say_farewell();
        }
        Ok(answer)
    }

    /// An answer, if it is one to this request.
    fn checked(&self, answer: Result<Answer, Unanswered>) -> Result<Answer, Unanswered> {
        let answer = answer?;
        self.outgoing.check_echo(&answer.headers).map_err(Unanswered::of_source)?;
        Ok(answer)
    }

    async fn connected(&self, deadline: Instant) -> Result<Wire, Failure> {
        let UpstreamClient { policy, resolver, .. } = self.client;
        Ok(Box::new(connect(self.url, *policy, resolver.as_ref(), deadline).await?))
    }

    /// A connection with TLS, and whether HTTP/2 is to be spoken on it.
    async fn handshake(&self, config: Arc<ClientConfig>) -> Result<(Wire, bool), Failure> {
        let deadline = Instant::now() + CONNECT_WITHIN;
        let UpstreamClient { policy, resolver, .. } = self.client;
        let stream = connect(self.url, *policy, resolver.as_ref(), deadline).await?;
        let name = match self.url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| Failure::Forbidden)?,
            Some(Host::Ipv4(ip)) => ServerName::IpAddress(IpAddr::V4(ip).into()),
            Some(Host::Ipv6(ip)) => ServerName::IpAddress(IpAddr::V6(ip).into()),
            None => return Err(Failure::Forbidden),
        };
        let secured = timeout_at(deadline, TlsConnector::from(config).connect(name, stream)).await;
        let stream = secured.map_err(|_| Failure::Connect)?.map_err(|error| Failure::of(&error))?;
        let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(H2);
        Ok((Box::new(stream), speaks_http2))
    }
}
