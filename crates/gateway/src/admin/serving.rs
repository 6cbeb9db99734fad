//! The listener of the admin API, and what every request to it passes, outermost last.

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderName, header};
use tower_http::catch_panic::CatchPanicLayer;

use super::{Admin, AdminRefusal, console, error, verbs};
use crate::{
    api_error::ApiError,
    edge::{connections::Connections, rate_limits},
    handlers, layers,
    server::Listener,
};

/// What browsers say about where a request comes from. Programs say neither.
const OF_BROWSERS: [HeaderName; 2] = [header::ORIGIN, HeaderName::from_static("sec-fetch-site")];

/// Serves until stopped, as citizens are served.
pub(crate) async fn serve(admin: Admin, listener: Listener) {
    let app = admin.app.clone();
    let connections = Connections::of_others(router(admin.clone()), &app);
    connections.serve(listener, app.stopping.clone(), app.grace).await;
    admin.tasks.close();
    // A test that is under way has nobody left to tell.
    drop(tokio::time::timeout(Duration::from_secs(5), admin.tasks.wait()).await);
}

fn router(admin: Admin) -> Router {
    let api = verbs::routes()
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        // Whoever has a token here has it in a program (requirement R33).
        .layer(from_fn(programs_only));
    // Pages have errors of their own.
    let (people, provider) = if admin.console.is_some() {
        (console::routes(&admin), console::routes_of_provider(&admin))
    } else {
        (Router::new(), Router::new())
    };
    api.merge(provider)
        .layer(from_fn(error::as_problems))
        .merge(people)
        // Nobody may keep the process busy alone (requirement R73).
        .layer(from_fn_with_state(admin.app.clone(), rate_limits::within_limits))
        .layer(CatchPanicLayer::custom(layers::panicked))
        // For what these two say.
        .layer(from_fn(error::as_problems))
        .layer(from_fn_with_state(admin.app.clone(), layers::reference_and_log_line))
        .with_state(admin)
}

async fn programs_only(request: Request, next: Next) -> Response {
    if OF_BROWSERS.iter().any(|name| request.headers().contains_key(name)) {
        return ApiError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

/// Ends what takes longer than its verb may.
pub(super) async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => ApiError::AdminRefused(AdminRefusal::TooLong).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn r72_what_takes_longer_than_it_may_is_ended() {
        let routes = Router::new()
            .route("/endless", get(std::future::pending::<()>))
            .route("/soon", get(|| async { tokio::time::sleep(Duration::from_secs(9)).await }))
            .layer(from_fn_with_state(Duration::from_secs(10), in_time))
            .layer(from_fn(error::as_problems));
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let Ok(response) = routes.clone().oneshot(request).await;
            response
        };
        let ended = ask("/endless").await;
        assert_eq!((ended.status().as_u16(), &ended.headers()["retry-after"]), (503, &HeaderValue::from_static("5")));
        assert_eq!(ask("/soon").await.status().as_u16(), 200);
    }

    use http::HeaderValue;
}
