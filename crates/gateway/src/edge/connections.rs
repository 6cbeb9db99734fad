//! The connections of citizens, apps and proxies: how many, how patiently, and how they end (requirements R71 and R72).
//!
//! Without TLS of our own it is HTTP/1.1 alone, as proxies speak it to what is behind them; HTTP/2 comes where it was agreed
//! on with TLS (decision 52). Of one connection no more is held than a request's head, and a part of an answer, or of each of
//! a hundred answers: an answer is made as far ahead as its client reads.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use rustls::ServerConfig;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    admission::{Admission, Place},
    http1, http2,
    patient_stream::PatientStream,
    tls::{H2, ListenerTls},
};
use crate::{
    app::App,
    clock::Clock,
    config::{LimitsConfig, PatienceConfig},
    open_files,
    server::Listener,
};

/// Most bytes of a request's head, and most that are made of an answer before its client has taken the former ones.
pub(super) const BUFFER: usize = 16 * 1024;

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
    clock: Clock,
    admission: Admission,
    open: TaskTracker,
}

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) routes: Router,
    pub(super) patience: PatienceConfig,
    pub(super) clock: Clock,
    /// When everything is stopping.
    pub(super) stop: CancellationToken,
}

/// Whose connection it is.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    /// By when the headers of its first request must be there.
    pub(super) asks_by: Instant,
    /// Whether it came when everything was stopping already: it gets one answer.
    pub(super) gets_one: bool,
}

impl Connections {
    /// Those of citizens.
    pub(crate) fn new(routes: Router, app: &App) -> Self {
        Self::within(routes, app, &app.limits_config)
    }

    /// Those of another listener, which takes no place from citizens.
    pub(crate) fn of_others(routes: Router, app: &App) -> Self {
        Self::within(routes, app, &open_files::of_another_listener(&app.limits_config))
    }

    fn within(routes: Router, app: &App, limits: &LimitsConfig) -> Self {
        Self {
            routes,
            patience: app.patience,
            clock: app.clock.clone(),
            admission: Admission::new(limits, app.trusted_proxies.clone()),
            open: TaskTracker::new(),
        }
    }

    /// Who may have how many, for changing it while they are served.
    pub(crate) fn admission(&self) -> Admission {
        self.admission.clone()
    }

    /// Serves until stopped. From then on each connection ends with the answer that is under way on it, new ones get one
    /// answer each, and after the grace period whatever is left is cut off.
    pub(crate) async fn serve(self, listener: Listener, stop: CancellationToken, grace: Duration) {
        let cut_off = CancellationToken::new();
        let Listener { tcp, tls } = listener;
        loop {
            tokio::select! {
                accepted = tcp.accept() => self.take(accepted, tls.as_ref(), &stop, &cut_off).await,
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
                accepted = tcp.accept() => self.take(accepted, tls.as_ref(), &stop, &cut_off).await,
            }
        }
        let left = self.admission.open();
        if left > 0 {
            tracing::warn!(left, "connections cut off at the end of the grace period");
        }
        cut_off.cancel();
        self.open.wait().await;
    }

    async fn take(
        &self,
        accepted: std::io::Result<(TcpStream, SocketAddr)>,
        tls: Option<&ListenerTls>,
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
        let Some(place) = self.admission.connection(peer) else {
            // As far as it goes out at once; nothing is waited for. Before TLS is agreed on there are no words for it.
            if tls.is_none() {
                drop(stream.into_std().and_then(|mut stream| stream.write(FULL)));
            }
            return;
        };
        let handshake = match tls.map(|tls| (tls.config(), self.admission.handshake(peer))) {
            None => None,
            Some((config, Some(handshake))) => Some((config, handshake)),
            Some((_, None)) => return,
        };
        // Sections are small and each matters as soon as it is there.
        drop(stream.set_nodelay(true));
        let caller = Caller { peer, asks_by: Instant::now() + self.patience.head(), gets_one: stop.is_cancelled() };
        let serving = Serving {
            routes: self.routes.clone(),
            patience: self.patience,
            clock: self.clock.clone(),
            stop: stop.clone(),
        };
        let cut_off = cut_off.clone();
        self.open.spawn(async move {
            let _place = place;
            let stream = PatientStream::new(stream, serving.patience.taking());
            let serving = async {
                match handshake {
                    // In a place of its own: what TLS needs is not held for connections without it.
                    Some((config, handshake)) => Box::pin(secured(stream, config, handshake, caller, serving)).await,
                    None => http1::serve(stream, caller, serving).await,
                }
            };
            cut_off.run_until_cancelled(serving).await;
        });
    }
}

/// Agrees on TLS with a client, in time, and serves it in the version of HTTP that was agreed on.
async fn secured(
    stream: PatientStream<TcpStream>,
    config: Arc<ServerConfig>,
    handshake: Place,
    caller: Caller,
    serving: Serving,
) {
    let accepting =
        TlsAcceptor::from(config).accept_with(stream, |connection| connection.set_buffer_limit(Some(BUFFER)));
    // Why it failed is its client's matter; the log would fill with whoever scans the internet.
    let Ok(Ok(stream)) = timeout_at(caller.asks_by, accepting).await else { return };
    drop(handshake);
    // What came before everything was stopping, and could not ask yet, gets its one answer too.
    let caller = Caller { gets_one: serving.stop.is_cancelled(), ..caller };
    if stream.get_ref().1.alpn_protocol() == Some(H2) {
        http2::serve(stream, caller, serving).await;
    } else {
        http1::serve(stream, caller, serving).await;
    }
}
