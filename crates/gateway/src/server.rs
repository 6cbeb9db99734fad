//! The listening process.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{app::App, routes};

/// Takes an address to listen on.
///
/// # Errors
/// When it is taken or not ours, with what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| ListenError { address, cause })
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "{address}: cannot listen: {cause}\n  hint: is another process using this port? choose another with --port or server.listen"
)]
pub struct ListenError {
    address: SocketAddr,
    cause: std::io::Error,
}

/// Serves until stopped; then finishes the requests that are running.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(app: App, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    let tasks = TaskTracker::new();
    app.sweep_expired_sessions(&tasks, stop.clone());
    let outcome =
        axum::serve(listener, routes::router(app)).with_graceful_shutdown(stop.clone().cancelled_owned()).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    outcome
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
        }
    });
    Ok(stop)
}
