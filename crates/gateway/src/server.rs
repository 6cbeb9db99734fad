//! The listening process.

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpSocket};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use crate::edge::tls::{ListenerTls, TlsMistake};
use crate::{
    admin::{self, Admin},
    app::App,
    clock::Clock,
    config::{Config, OperationsConfig, TlsConfig},
    edge::connections::{Connections, SEND_BUFFER},
    operations,
    registry_link::RegistryLink,
    reload::{Doors, FollowedConfiguration, Reload},
    service_manager,
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Takes an address to listen on.
///
/// # Errors
/// When it is taken or not ours, with what to do.
pub fn listen(address: SocketAddr) -> Result<Listener, ListenError> {
    bind(address).map(|tcp| Listener { tcp, tls: None }).map_err(|cause| ListenError { address, cause })
}

/// Where connections come in.
#[derive(Debug)]
pub struct Listener {
    pub(crate) tcp: TcpListener,
    pub(crate) tls: Option<ListenerTls>,
}

impl Listener {
    /// With TLS of our own, or without.
    #[must_use]
    pub fn with_tls(self, tls: Option<ListenerTls>) -> Self {
        Self { tls, ..self }
    }

    /// The address that was taken.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Connections take it over from what they are accepted on.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Takes the operators' address, if there is one.
///
/// # Errors
/// As [`listen`].
pub fn listen_for_operators(
    config: &OperationsConfig,
    tls: Option<ListenerTls>,
) -> Result<Option<Listener>, ListenError> {
    match config.listen {
        Some(address) => Ok(Some(listen(address)?.with_tls(tls))),
        None => Ok(None),
    }
}

/// The TLS of every listener that has its own.
#[derive(Debug)]
pub struct TlsOfListeners {
    /// Of the citizens'.
    pub citizens: Option<ListenerTls>,
    /// Of the operators'.
    pub operations: Option<ListenerTls>,
    /// Of the admin API's.
    pub admin: Option<ListenerTls>,
}

impl TlsOfListeners {
    /// Reads the files that the configuration names.
    ///
    /// # Errors
    /// [`TlsMistake`] when one of them cannot be used.
    pub fn open(config: &Config, clock: &Clock) -> Result<Self, TlsMistake> {
        let open = |listener, files: Option<&TlsConfig>| {
            files.map(|files| ListenerTls::open(listener, files, clock.clone())).transpose()
        };
        Ok(Self {
            citizens: open("server", config.server.tls.as_ref())?,
            operations: open("operations", config.operations.tls.as_ref())?,
            admin: open("admin", config.admin.as_ref().and_then(|admin| admin.tls.as_ref()))?,
        })
    }
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "{address}: cannot listen: {cause}\n  hint: is another process using this port? choose another with --port, server.listen, operations.listen or admin.listen"
)]
pub struct ListenError {
    address: SocketAddr,
    cause: std::io::Error,
}

/// Where who is served.
#[derive(Debug)]
pub struct Listeners {
    /// Citizens, apps and portals.
    pub citizens: Listener,
    /// Operators, if there is such a listener.
    pub operations: Option<Listener>,
    /// The admin API, if there is one.
    pub admin: Option<(Admin, Listener)>,
}

impl Listeners {
    /// The TLS of every listener that has its own: what each shows, and when that expires.
    pub fn tls(&self) -> impl Iterator<Item = &ListenerTls> {
        let all = [Some(&self.citizens), self.operations.as_ref(), self.admin.as_ref().map(|(_, listener)| listener)];
        all.into_iter().flatten().filter_map(|listener| listener.tls.as_ref())
    }
}

/// How long what runs beside the requests may take to end, and then what is written last. With what ends the runtime that is
/// half a minute at most (docs/configuration.md, "Stopping").
const LAST_STEPS: Duration = Duration::from_secs(14);

/// Serves until stopped. Then it is not ready any more, refuses what is new, lets what is under way finish for the grace
/// period, and ends what is left.
///
/// The configuration is followed, if it can be.
pub async fn serve(
    app: App,
    registry: Option<RegistryLink>,
    listeners: Listeners,
    configuration: Option<FollowedConfiguration>,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    // What goes on beside the requests goes on until they are over: a logout elsewhere ends what is still shown here.
    let over = CancellationToken::new();
    if let Some(configuration) = &configuration {
        configuration.begins(&app);
    }
    // One set of listeners for each gateway.
    drop(app.metrics.certificates.set(listeners.tls().cloned().collect()));
    for tls in listeners.tls() {
        tls.follow(&tasks, over.clone());
    }
    if let Some(listener) = listeners.operations {
        tasks.spawn(operations::serve(app.clone(), listener, over.clone()));
    }
    if let Some((admin, listener)) = listeners.admin {
        // One admin API for each gateway.
        drop(app.metrics.admin_keys.set(admin.key_files()));
        admin.follow_keys(&tasks, &over);
        tasks.spawn(admin::serve(admin, listener));
    }
    if let Some(registry) = registry {
        registry.follow(&tasks, &over);
    }
    app.sweep_expired_sessions(&tasks, over.clone());
    app.follow_session_keys(&tasks, over.clone());
    app.follow_tls_files(&tasks, over.clone());
    app.follow_ends(&tasks, over.clone());
    app.end_expired_tokens(&tasks, over.clone());
    app.keep_statistics(&tasks, over.clone());
    app.follow_audit_keys(&tasks, over.clone());
    app.watch_load(&tasks, over.clone());
    app.overviews.traces().follow(&tasks, over.clone());
    let doors = Doors::open(&app);
    let connections = Connections::new(doors.router(), &app);
    let reload = Reload::new(app.clone(), doors, connections.admission(), &tasks, &over);
    tasks.spawn(over.clone().run_until_cancelled_owned(async move { reload.follow(configuration).await }));
    tasks.spawn(leave(app.clone(), stop));
    let (stopping, grace) = (app.stopping.clone(), app.grace);
    // By a worker, not by the thread that waits here: what it asks memory for must be given back by a thread that tidies up.
    let accepting = tasks.spawn(async move { connections.serve(listeners.citizens, stopping, grace).await });
    if let Err(error) = accepting.await {
        tracing::error!(%error, "connections are accepted no more");
    }
    over.cancel();
    app.overviews.fetches().stop().await;
    tasks.close();
    let ended = async { tokio::join!(tasks.wait(), app.refreshes.finish()) };
    if tokio::time::timeout(LAST_STEPS, ended).await.is_err() {
        tracing::error!("a task did not end");
    }
    // Calls that were ended just now count too.
    let (counted, written, ()) = tokio::join!(
        tokio::time::timeout(LAST_STEPS, app.statistics.finish()),
        tokio::time::timeout(LAST_STEPS, app.audit.finish()),
        // Within bounds of its own.
        app.overviews.traces().finish(),
    );
    if counted.is_err() {
        tracing::error!(event = "statistics_lost", "the process ends, and what it counted last is lost");
    }
    if written.is_err() {
        tracing::error!(event = "audit_lost", "the audit trail was not written to its end");
    }
}

/// Says that the process is not ready any more when it is told to stop, and begins nothing more when whoever sends it
/// citizens has had time to notice.
async fn leave(app: App, stop: CancellationToken) {
    stop.cancelled().await;
    service_manager::tell("STOPPING=1");
    app.leaving.cancel();
    if !app.notice.is_zero() {
        tracing::info!(seconds = app.notice.as_secs(), "not ready any more; everybody is served for some time yet");
        tokio::time::sleep(app.notice).await;
    }
    app.stopping.cancel();
}

/// A token that is cancelled when the operating system asks the process to stop (Ctrl-C, SIGTERM).
///
/// # Errors
/// When the signals cannot be watched.
pub fn stop_on_signal(tasks: &TaskTracker) -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tasks.spawn({
        let stop = stop.clone();
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = stop.cancelled() => return,
            }
            tracing::info!("stopping");
            stop.cancel();
            // Whoever asks a second time does not want to wait.
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(1);
        }
    });
    Ok(stop)
}
