//! The operators' own listener: whether the process lives, and whether it can serve (requirement R39). Nothing else is
//! there, and nothing of it is at the address that citizens use.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, header};
use overblik_widgets::Language;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{api_error::ApiError, app::App, handlers};

/// A store that takes longer to say that it is there is not there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serves until stopped.
///
/// # Errors
/// When the listener fails for good.
pub(crate) async fn serve(app: App, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    let ping: Ping = Arc::new(move || {
        let app = app.clone();
        async move {
            if app.stopping.is_cancelled() {
                return Err(ApiError::GoingAway);
            }
            Ok(app.sessions.ping().await?)
        }
        .boxed()
    });
    axum::serve(listener, router(ping)).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// Asks whether citizens can be served: the session store is there, and the process is not stopping.
type Ping = Arc<dyn Fn() -> BoxFuture<'static, Result<(), ApiError>> + Send + Sync>;

fn router(ping: Ping) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(from_fn(as_problems))
        .with_state(ping)
}

/// While the process answers at all. A store that is away is no reason to start the process anew.
async fn live() -> &'static str {
    "live\n"
}

/// While citizens can be served: the session store answers, and the process has not been told to stop. Sources that fail are the overview's own matter.
async fn ready(State(ping): State<Ping>) -> Result<&'static str, ApiError> {
    match tokio::time::timeout(PATIENCE, ping()).await {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(ApiError::StoreAway),
    }
}

/// Programs read what is said here; it is kept by nobody.
async fn as_problems(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions().get::<ApiError>() {
        let face = error.face();
        let problem = face.problem(Language::En, "");
        response = (face.status, [(header::CONTENT_TYPE, "application/problem+json")], problem).into_response();
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn r39_ready_is_whoever_s_store_answers_in_time() {
        let good: Ping = Arc::new(|| async { Ok(()) }.boxed());
        let away: Ping = Arc::new(|| async { Err(ApiError::StoreAway) }.boxed());
        let silent: Ping = Arc::new(|| std::future::pending().boxed());
        let stopping: Ping = Arc::new(|| async { Err(ApiError::GoingAway) }.boxed());
        assert_eq!(ready(State(good)).await, Ok("ready\n"));
        for ping in [away, silent] {
            assert_eq!(ready(State(ping)).await, Err(ApiError::StoreAway));
            assert_eq!(live().await, "live\n", "alive all the same");
        }
        assert_eq!(ready(State(stopping)).await, Err(ApiError::GoingAway));
    }
}
