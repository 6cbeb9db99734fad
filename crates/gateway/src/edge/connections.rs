//! The connections of citizens, apps and proxies: how many, how patiently, and how they end (requirements R71 and R72).
//!
//! HTTP/1.1 alone, as proxies speak it to what is behind them. Of one connection no more is held than a request's head,
//! and a part of an answer: an answer is made as far ahead as its client reads.

use std::{
    convert::Infallible,
    io::Write,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{
    client_address::AddressGroup,
    patient_stream::PatientStream,
    tally::{Taken, Tally},
};
use crate::config::{LimitsConfig, PatienceConfig};

/// Most bytes of a request's head, and most that are made of an answer before its client has taken the former ones.
const BUFFER: usize = 16 * 1024;

/// Most bytes of an answer that the operating system holds for a client, before it doubles them for its own accounts:
/// a client that takes nothing costs that much and no more.
pub(crate) const SEND_BUFFER: u32 = 64 * 1024;

/// How long nobody is accepted when the system has nothing left to accept with, such as files.
const REST: Duration = Duration::from_millis(100);

/// What a connection beyond the limits is told before it is closed.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Accepts connections and serves them.
pub(crate) struct Connections {
    routes: Router,
    patience: PatienceConfig,
    admission: Admission,
    open: TaskTracker,
}

/// Who may have how many connections. Cheap to clone: all of it is shared.
#[derive(Clone)]
pub(crate) struct Admission {
    all: Arc<Tally<()>>,
    addresses: Arc<Tally<AddressGroup>>,
    trusted_proxies: Arc<RwLock<Vec<IpNet>>>,
}

impl Admission {
    fn new(limits: &LimitsConfig, trusted_proxies: Vec<IpNet>) -> Self {
        Self {
            all: Tally::new(limits.connections),
            addresses: Tally::new(limits.connections_per_address),
            trusted_proxies: Arc::new(RwLock::new(trusted_proxies)),
        }
    }

    /// Takes other limits, and other networks as those of proxies, from now on. Connections that are open stay so.
    pub(crate) fn change(&self, limits: &LimitsConfig, trusted_proxies: &[IpNet]) {
        self.all.limit(limits.connections);
        self.addresses.limit(limits.connections_per_address);
        *self.trusted_proxies.write().unwrap_or_else(PoisonError::into_inner) = trusted_proxies.to_vec();
    }

    fn place(&self, peer: SocketAddr) -> Option<Place> {
        let address = peer.ip().to_canonical();
        let proxies = self.trusted_proxies.read().unwrap_or_else(PoisonError::into_inner);
        let is_proxy = proxies.iter().any(|net| net.contains(&address));
        drop(proxies);
        let address = if is_proxy { None } else { Some(self.addresses.take(AddressGroup::from(address))?) };
        Some(Place { _all: self.all.take(())?, _address: address })
    }
}

/// A connection's place among all, and among those of its address.
struct Place {
    _all: Taken<()>,
    /// None for a proxy, behind which everybody is.
    _address: Option<Taken<AddressGroup>>,
}

impl Connections {
    pub(crate) fn new(
        routes: Router,
        patience: PatienceConfig,
        limits: &LimitsConfig,
        trusted_proxies: Vec<IpNet>,
    ) -> Self {
        Self { routes, patience, admission: Admission::new(limits, trusted_proxies), open: TaskTracker::new() }
    }

    /// Who may have how many, for changing it while they are served.
    pub(crate) fn admission(&self) -> Admission {
        self.admission.clone()
    }

    /// Serves until stopped. From then on each connection ends with the answer that is under way on it, new ones get one
    /// answer each, and after the grace period whatever is left is cut off.
    pub(crate) async fn serve(self, listener: TcpListener, stop: CancellationToken, grace: Duration) {
        let cut_off = CancellationToken::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => self.take(accepted, &stop, &cut_off).await,
                () = stop.cancelled() => break,
            }
        }
        self.open.close();
        let end = Instant::now() + grace;
        loop {
            tokio::select! {
                biased;
                () = self.open.wait() => break,
                () = sleep_until(end) => break,
                accepted = listener.accept() => self.take(accepted, &stop, &cut_off).await,
            }
        }
        let left = self.open.len();
        if left > 0 {
            tracing::warn!(left, "connections cut off at the end of the grace period");
        }
        cut_off.cancel();
        self.open.wait().await;
    }

    async fn take(
        &self,
        accepted: std::io::Result<(TcpStream, SocketAddr)>,
        stop: &CancellationToken,
        cut_off: &CancellationToken,
    ) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that broke before it was taken is its client's matter; anything else is ours.
                if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
                {
                    tracing::error!(%error, "connections cannot be accepted");
                    sleep(REST).await;
                }
                return;
            }
        };
        let Some(place) = self.admission.place(peer) else {
            // As far as it goes out at once; nothing is waited for.
            drop(stream.into_std().and_then(|mut stream| stream.write(FULL)));
            return;
        };
        // Sections are small and each matters as soon as it is there.
        drop(stream.set_nodelay(true));
        let serving = serve_one(stream, peer, self.routes.clone(), self.patience, stop.clone());
        let cut_off = cut_off.clone();
        self.open.spawn(async move {
            let _place = place;
            cut_off.run_until_cancelled(serving).await;
        });
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    patience: PatienceConfig,
    stop: CancellationToken,
) {
    let has_asked = Arc::new(Notify::new());
    let service = service_fn({
        let has_asked = Arc::clone(&has_asked);
        move |request: Request<Incoming>| {
            has_asked.notify_one();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let routes = routes.clone();
            async move { Ok::<_, Infallible>(routes.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        }
    });
    // A connection that came when everything was stopping gets one answer.
    let gets_one = stop.is_cancelled();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Runs between requests too: a connection that was asked nothing for so long is closed.
        .header_read_timeout(patience.idle())
        .max_buf_size(BUFFER)
        .keep_alive(!gets_one);
    let stream = TokioIo::new(PatientStream::new(stream, patience.taking()));
    let mut connection = std::pin::pin!(http.serve_connection(stream, service));
    // The first request comes at once, or somebody only holds the connection.
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = has_asked.notified() => {}
        () = sleep(patience.head()) => return,
        () = stop.cancelled(), if !gets_one => {}
    }
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = stop.cancelled(), if !gets_one => {}
    }
    connection.as_mut().graceful_shutdown();
    // How a connection ended is its client's matter: a handler's failures have been answered and logged.
    drop(connection.await);
}
