//! The listening process.

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{app::App, config::OperationsConfig, operations, routes};

/// Takes an address to listen on.
///
/// # Errors
/// When it is taken or not ours, with what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| ListenError { address, cause })
}

/// Takes the operators' address, if there is one.
///
/// # Errors
/// As [`listen`].
pub async fn listen_for_operators(config: &OperationsConfig) -> Result<Option<TcpListener>, ListenError> {
    match config.listen {
        Some(address) => listen(address).await.map(Some),
        None => Ok(None),
    }
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "{address}: cannot listen: {cause}\n  hint: is another process using this port? choose another with --port, server.listen or operations.listen"
)]
pub struct ListenError {
    address: SocketAddr,
    cause: std::io::Error,
}

/// How long requests may go on after the process was asked to stop.
const GRACE: Duration = Duration::from_secs(15);

/// Serves until stopped; then lets the requests that are running finish, for a while, and ends what is left.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    app: App,
    listener: TcpListener,
    operations_listener: Option<TcpListener>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let tasks = TaskTracker::new();
    if let Some(listener) = operations_listener {
        let serving = operations::serve(app.clone(), listener, stop.clone());
        tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the operators' listener failed");
            }
        });
    }
    app.sweep_expired_sessions(&tasks, stop.clone());
    app.follow_session_keys(&tasks, stop.clone());
    app.follow_provider(&tasks, stop.clone());
    app.follow_tls_files(&tasks, stop.clone());
    app.follow_ends(&tasks, stop.clone());
    app.end_expired_tokens(&tasks, stop.clone());
    let routes = routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let outcome = tokio::select! {
        outcome = serving => outcome,
        // A client that neither finishes its request nor goes away must not keep the process.
        () = patience => Ok(()),
    };
    stop.cancel();
    app.overviews.fetches().stop().await;
    tasks.close();
    let ended = async { tokio::join!(tasks.wait(), app.refreshes.finish()) };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        tracing::error!("a task did not end");
    }
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
