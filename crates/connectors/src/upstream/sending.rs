//! Which connection a request goes on, and when it is sent a second time.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{
    client::{Answer, Call, UpstreamClient},
    connect::{CONNECT_WITHIN, connect},
    connections::{HostAndPort, Kept, MOST_SHARED, Opened, Opening, Place},
    failure::{Failure, Reached, TlsFailure, Unanswered},
    http1::Http1,
    http2::Http2Call,
    outgoing::Outgoing,
    wire::Wire,
};

/// How long nobody is asked who refused a connection.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// HTTP/2 among the protocols of ALPN.
const H2: &[u8] = b"h2";

/// A failure, and whether it was on a connection that had been used before.
struct Failed {
    unanswered: Unanswered,
    reused: bool,
}

impl From<Unanswered> for Failed {
    fn from(unanswered: Unanswered) -> Self {
        Self { unanswered, reused: false }
    }
}

/// What a request goes over.
enum Way {
    /// A connection that all share; whether it was there before.
    Shared(Http2Call, bool),
    /// One that nobody else uses meanwhile; whether it was kept.
    Own(Box<Kept>, bool),
}

/// One request on its way.
pub(super) struct Sending<'s> {
    client: &'s UpstreamClient,
    call: &'s Call,
    host: Arc<HostAndPort>,
    outgoing: &'s Outgoing<'s>,
}

impl<'s> Sending<'s> {
    /// # Errors
    /// [`Failure::Forbidden`] for an address without a host.
    pub(super) fn new(client: &'s UpstreamClient, call: &'s Call, outgoing: &'s Outgoing<'s>) -> Result<Self, Failure> {
        let host = call.url.host_str().ok_or(Failure::Forbidden)?.to_owned();
        let port = call.url.port_or_known_default().ok_or(Failure::Forbidden)?;
        let host = Arc::new(HostAndPort { secured: call.url.scheme() == "https", host, port });
        Ok(Self { client, call, host, outgoing })
    }

    /// Sends the request, and once more only where nothing of it can have been read: the connection was refused, closed
    /// before, or the source says that it did not look. One that may be asked twice is also sent again when a connection
    /// that had been used before broke without a word, as when its time was up at the other side.
    pub(super) async fn send(&self) -> Result<Answer, Failure> {
        let failed = match self.attempt(true).await {
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
            (Failure::Broke, Reached::PerhapsSource) => failed.reused && self.call.idempotent,
            _ => false,
        };
        if !again {
            return Err(failure);
        }
        // All that were kept may have been closed together.
        self.attempt(false).await.map_err(|failed| failed.unanswered.failure)
    }

    async fn attempt(&self, kept: bool) -> Result<Answer, Failed> {
        let place = |config| Place { host: Arc::clone(&self.host), config };
        if !self.host.secured {
            return self.at(&place(None), kept).await;
        }
        let ways = self.client.tls.ways();
        let (shown, first) = ways.first();
        match self.at(&place(Some(first)), kept).await {
            // The handshake was not completed, so the source has read nothing of the request.
            Err(failed) if failed.unanswered.failure == Failure::Tls(TlsFailure::OursRefused) => {
                let Some(second) = ways.after_refusal(shown) else { return Err(failed) };
                let answer = self.at(&place(Some(second)), false).await?;
                ways.next_was_taken();
                Ok(answer)
            }
            outcome => outcome,
        }
    }

    /// At one place; over a connection that was kept only if that is wanted.
    async fn at(&self, place: &Place, kept: bool) -> Result<Answer, Failed> {
        let keeps = self.client.echo.is_some();
        match self.way(place, kept && keeps).await? {
            Way::Shared(call, reused) => {
                let (request, body) = self.outgoing.http2().map_err(Unanswered::unsent)?;
                let answer = call.exchange(request, body, self.call.body_limit).await;
                self.checked(answer).map_err(|unanswered| Failed { unanswered, reused })
            }
            Way::Own(mut own, reused) => {
                let request = self.outgoing.http1(keeps);
                let answer = self.checked(own.connection.exchange(request, self.call.body_limit).await);
                let answer = answer.map_err(|unanswered| Failed { unanswered, reused })?;
                if keeps {
                    self.client.connections.keep(place.clone(), *own);
                } else {
                    own.connection.say_farewell();
                }
                Ok(answer)
            }
        }
    }

    /// The connection for the request: one that all share, one that was kept, or a new one.
    async fn way(&self, place: &Place, kept: bool) -> Result<Way, Unanswered> {
        let connections = &self.client.connections;
        let Some(config) = &place.config else {
            if kept && let Some(kept) = connections.take_kept(place) {
                return Ok(Way::Own(Box::new(kept), true));
            }
            let deadline = Instant::now() + CONNECT_WITHIN;
            let UpstreamClient { policy, resolver, .. } = self.client;
            let wire =
                connect(&self.call.url, *policy, resolver.as_ref(), deadline).await.map_err(Unanswered::unsent)?;
            return Ok(own(Box::new(wire)));
        };
        let mut opened_last = None;
        // Others may have taken all the room on a new one, too.
        for _ in 0..MOST_SHARED {
            if let Some(call) = connections.shared(place) {
                return Ok(Way::Shared(call, opened_last.is_none()));
            }
            if kept && let Some(kept) = connections.take_kept(place) {
                return Ok(Way::Own(Box::new(kept), true));
            }
            // Whoever comes while another connects waits for what that finds, and mostly need not connect. It ends for all
            // alike.
            let Some(opening) = connections.opening(place, || self.opening(place, config)) else { break };
            match opening.await? {
                Opened::Http2(opened) => opened_last = Some(opened),
                Opened::Http1(first_come) => {
                    let wire = first_come.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some(wire) = wire {
                        return Ok(own(wire));
                    }
                }
            }
        }
        if let Some(opened) = opened_last {
            return Ok(Way::Shared(opened.call(), false));
        }
        let deadline = Instant::now() + CONNECT_WITHIN;
        let (wire, speaks_http2) =
            handshake(self.client, &self.call.url, Arc::clone(config), deadline).await.map_err(Unanswered::unsent)?;
        if !speaks_http2 {
            return Ok(own(wire));
        }
        // The source has learnt it since.
        match connections.take(place.clone(), wire, speaks_http2, deadline).await? {
            Opened::Http2(opened) => Ok(Way::Shared(opened.call(), false)),
            Opened::Http1(_) => Err(Unanswered::unsent(Failure::Broke)),
        }
    }

    fn opening(&self, place: &Place, config: &Arc<ClientConfig>) -> Opening {
        let (client, url, place) = (self.client.clone(), self.call.url.clone(), place.clone());
        let config = Arc::clone(config);
        let opening = async move {
            let deadline = Instant::now() + CONNECT_WITHIN;
            let (wire, speaks_http2) = handshake(&client, &url, config, deadline).await.map_err(Unanswered::unsent)?;
            client.connections.take(place, wire, speaks_http2, deadline).await
        };
        opening.boxed().shared()
    }

    /// An answer, if it is one to this request.
    fn checked(&self, answer: Result<Answer, Unanswered>) -> Result<Answer, Unanswered> {
        let answer = answer?;
        self.outgoing.check_echo(answer.status, &answer.headers).map_err(Unanswered::of_source)?;
        Ok(answer)
    }
}

fn own(wire: Wire) -> Way {
    Way::Own(Box::new(Kept { connection: Http1::new(wire), opened: Instant::now() }), false)
}

/// A connection with TLS, and whether HTTP/2 is to be spoken on it.
async fn handshake(
    client: &UpstreamClient,
    url: &Url,
    config: Arc<ClientConfig>,
    deadline: Instant,
) -> Result<(Wire, bool), Failure> {
    let stream = connect(url, client.policy, client.resolver.as_ref(), deadline).await?;
    let name = match url.host() {
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
