//! HTTP/1.1 on one connection.

use std::{convert::Infallible, sync::Arc};

use axum::{body::Body, extract::ConnectInfo};
use http::{HeaderValue, Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
    time::sleep_until,
};
use tower::ServiceExt;

use super::{
    connections::{BUFFER, Caller, Serving},
    line_ends::LineEnds,
};

/// Serves a connection to its end.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Send + Unpin, caller: Caller, serving: Serving) {
    let has_asked = Arc::new(Notify::new());
    let (stream, unsure) = LineEnds::new(stream);
    let service = service_fn({
        let has_asked = Arc::clone(&has_asked);
        let (routes, peer) = (serving.routes.clone(), caller.peer);
        move |request: Request<Incoming>| {
            has_asked.notify_one();
            let (routes, unsure) = (routes.clone(), unsure.clone());
            // We speak nothing else, which whoever offers it may not know. What comes after is not read as a request.
            let offers_another = request.headers().contains_key(header::UPGRADE);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            async move {
                let mut response: Response<Body> =
                    routes.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
                if offers_another || unsure.is_set() {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        }
    });
    // A connection that came when everything was stopping gets one answer.
    let (stop, gets_one) = (serving.stop, caller.gets_one);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Runs between requests too: a connection that was asked nothing for so long is closed.
        .header_read_timeout(serving.patience.idle())
        .max_buf_size(BUFFER)
        .keep_alive(!gets_one);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    // The first request comes at once, or somebody only holds the connection.
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = has_asked.notified() => {}
        () = sleep_until(caller.asks_by) => return,
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
