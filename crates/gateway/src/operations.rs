//! The operators' own listener: whether the process lives and can serve (requirement R39), how things stand at every
//! source's gate, the metrics, and the operators' switches. Nothing of it is at the address that citizens use.
//!
//! Nobody logs in here: whoever reaches the listener may use it, so it must be reachable for operators alone. A browser of
//! theirs is not enough: what another site's page sends is refused (requirement R33).

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, NoContent, Response},
    routing::{get, post},
};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use overblik_connectors::{ConnectorSet, GateStanding};
use overblik_widgets::Language;
use tokio_util::sync::CancellationToken;

use crate::{
    api_error::ApiError,
    app::App,
    edge::connections::Connections,
    handlers,
    server::Listener,
    telemetry::{exposition, of_redis},
};

/// Says that an operator's program sent the request: no form, image or link can carry it, and no other site's script may.
const OPERATOR: HeaderName = HeaderName::from_static("x-overblik-operator");
/// What browsers say about where a request comes from. Operators' programs say neither.
const OF_BROWSERS: [HeaderName; 2] = [header::ORIGIN, HeaderName::from_static("sec-fetch-site")];

/// A store that takes longer to say that it is there is not there.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long an answer that is under way may take when everything else is over.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// Serves until stopped, as citizens are served.
pub(crate) async fn serve(app: App, listener: Listener, stop: CancellationToken) {
    let (of_connections, of_app) = (app.clone(), app.clone());
    let ping: Ping = Arc::new(move || {
        let app = app.clone();
        async move {
            if app.leaving.is_cancelled() || app.stopping.is_cancelled() {
                return Err(ApiError::GoingAway);
            }
            Ok(app.sessions.ping().await?)
        }
        .boxed()
    });
    Connections::of_others(router(ping, of_app), &of_connections).serve(listener, stop, LAST_ANSWER).await;
}

/// Asks whether citizens can be served: the session store is there, and the process is not stopping.
type Ping = Arc<dyn Fn() -> BoxFuture<'static, Result<(), ApiError>> + Send + Sync>;

fn router(ping: Ping, app: App) -> Router {
    let (of_metrics, ping_store) = (app.clone(), Arc::clone(&ping));
    let metrics = Router::new()
        .route("/metrics", get(move || metrics(of_metrics.clone(), Arc::clone(&ping_store))))
        .route_layer(from_fn(no_browser));
    let sources = Router::new()
        .route("/config", get(configuration))
        .route("/sources", get(standings))
        .route("/sources/{source}/switch-off", post(switch_off))
        .route("/sources/{source}/switch-on", post(switch_on))
        .route("/sources/{source}/reset", post(reset))
        .route_layer(from_fn(operators_only))
        .with_state(app);
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(ping)
        .merge(sources)
        .merge(metrics)
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(from_fn(as_problems))
}

/// Refuses what no operator's program sent. A page at a foreign host name that was made to point here (DNS rebinding) can
/// send any header; its browser names its origin all the same with whatever changes anything.
async fn operators_only(request: Request, next: Next) -> Response {
    if is_of_operators(request.headers()) { next.run(request).await } else { ApiError::ForeignOrigin.into_response() }
}

fn is_of_operators(headers: &HeaderMap) -> bool {
    headers.get(OPERATOR).is_some_and(|value| value == "1") && !is_of_browser(headers)
}

/// Refuses what a browser sent on a page's behalf. Whoever collects metrics can send no header of ours; nothing of them is
/// about a citizen.
async fn no_browser(request: Request, next: Next) -> Response {
    if is_of_browser(request.headers()) { ApiError::ForeignOrigin.into_response() } else { next.run(request).await }
}

fn is_of_browser(headers: &HeaderMap) -> bool {
    OF_BROWSERS.iter().any(|name| headers.contains_key(name))
}

/// Everything that is measured, as it is now.
async fn metrics(app: App, ping: Ping) -> Result<Response, ApiError> {
    // At the same time: whoever collects waits no longer for several that stand still than for one.
    let (ready, links) = tokio::join!(ready(State(ping)), of_redis::those_that_answer(&app));
    let is_store_up = !matches!(ready, Err(error) if error != ApiError::GoingAway);
    exposition::metrics(&app, is_store_up, &links).await
}

/// Which configuration the process runs with, since when, and what became of the last change of it.
async fn configuration(State(app): State<App>) -> Json<serde_json::Value> {
    Json(app.configuration.told())
}

/// How things stand at every gate. Nothing of it is about a citizen.
async fn standings(State(app): State<App>) -> Json<Vec<GateStanding>> {
    Json(app.connectors().standings(app.clock.now()))
}

async fn switch_off(State(app): State<App>, Path(source): Path<String>) -> Result<Response, ApiError> {
    change(&app, &source, ConnectorSet::switch_off)
}

async fn switch_on(State(app): State<App>, Path(source): Path<String>) -> Result<Response, ApiError> {
    change(&app, &source, ConnectorSet::switch_on)
}

async fn reset(State(app): State<App>, Path(source): Path<String>) -> Result<Response, ApiError> {
    change(&app, &source, ConnectorSet::reset)
}

/// Changes the gates of a source and says how its main version's stands then; nothing where none is asked now, which it will
/// be as that says. What is so already stays so.
fn change(app: &App, source: &str, change: impl FnOnce(&ConnectorSet, &str) -> bool) -> Result<Response, ApiError> {
    let set = app.connectors();
    if !set.has_switches(source) {
        return Err(ApiError::NotFound);
    }
    change(&set, source);
    let asked = set.get(source).map(|versions| Json(versions.main.gate().standing(app.clock.now())));
    Ok(asked.map_or_else(|| NoContent.into_response(), IntoResponse::into_response))
}

/// While the process answers at all. A store that is away is no reason to start the process anew.
async fn live() -> &'static str {
    "live\n"
}

/// While citizens can be served: the session store answers, and the process has not been told to stop. Sources that fail
/// are the overview's own matter.
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

    #[test]
    fn r33_only_programs_of_operators_see_and_change_gates() {
        let is_let_in = |headers: &[(&'static str, &'static str)]| {
            let headers =
                headers.iter().map(|(name, value)| (name.parse().expect("name"), HeaderValue::from_static(value)));
            is_of_operators(&headers.collect())
        };
        let operator = ("x-overblik-operator", "1");
        assert!(is_let_in(&[operator, ("host", "10.0.0.1:9090"), ("user-agent", "curl")]));
        assert!(!is_let_in(&[]));
        assert!(!is_let_in(&[("x-overblik-operator", "")]));
        for of_a_browser in [
            ("origin", "https://elsewhere.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:9090"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert!(!is_let_in(&[operator, of_a_browser]), "{of_a_browser:?}");
        }
    }

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
