//! Who is turned away, and how, while more is asked than can be done ([`super::overload`] says when).

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use tokio::time::Instant;

use super::{
    own_pages,
    waiting_room::{ASK_AGAIN_S, Answer},
    waiting_ticket::{COUNTS, WaitingTicket},
};
use crate::{
    api_error::ApiError,
    app::App,
    handlers::page,
    language,
    session::{
        cookie::{self, SessionCookie},
        current,
        sessions::Activity,
    },
};

/// What a request begins that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begins {
    Overview,
    Login,
}

impl Begins {
    fn of(request: &Request) -> Option<Self> {
        let route = request.extensions().get::<MatchedPath>()?.as_str();
        match route {
            "/auth/login" => Some(Self::Login),
            "/api/v1/overview" | "/embed/v1/overview" | "/embed/v1/sections/{source}" => Some(Self::Overview),
            "/embed/v1/connected" if request.method() == Method::GET => Some(Self::Overview),
            "/embed/v1/frame" if request.method() == Method::POST => Some(Self::Overview),
            // The landing page for everybody else begins nothing.
            "/" => matches!(cookie::session(request.headers()), SessionCookie::Present(_)).then_some(Self::Overview),
            _ => None,
        }
    }
}

/// When an overview was asked for: before it waited for its turn. Deadlines count from here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived(Instant);

impl Arrived {
    /// What is left of the time that somebody waits.
    pub(crate) fn left_of(self, time: Duration) -> Duration {
        time.saturating_sub(self.0.elapsed())
    }
}

impl FromRequestParts<App> for Arrived {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        // What never waits to be begun has just come.
        Ok(parts.extensions.get().copied().unwrap_or_else(|| Self(Instant::now())))
    }
}

/// Turns away what cannot be begun now. Overviews are counted where they begin, once it is known whose they are.
pub(crate) async fn shed(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match Begins::of(&request) {
        Some(_) if app.stopping.is_cancelled() => ApiError::GoingAway.into_response(),
        Some(Begins::Overview) => match app.overload.arrival_of_overview() {
            Ok(arrived) => {
                request.extensions_mut().insert(Arrived(arrived));
                next.run(request).await
            }
            Err(error) => error.into_response(),
        },
        // What another site caused goes on to its refusal, and takes nobody's turn.
        Some(Begins::Login) if own_pages::check(&app, &request).is_ok() => {
            login(&app, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn login(app: &App, request: Request, next: Next) -> Result<Response, ApiError> {
    if app.overload.logins_wait() {
        return login_in_turn(app, request, next).await;
    }
    let has_waited = cookie::waiting(request.headers()).is_some();
    let mut response = next.run(request).await;
    if has_waited {
        // Nobody keeps an early place for the next time.
        response.headers_mut().append(header::SET_COOKIE, cookie::take_waiting());
    }
    Ok(response)
}

async fn login_in_turn(app: &App, request: Request, next: Next) -> Result<Response, ApiError> {
    if is_logged_in(app, request.headers()).await? {
        return Ok(next.run(request).await);
    }
    let (keys, now) = (app.sessions.ring().keys(), app.clock.now());
    let brought = cookie::waiting(request.headers()).and_then(|text| WaitingTicket::read(text, &keys, now));
    let ticket = brought.unwrap_or_else(|| WaitingTicket::new(now));
    if app.overload.login(ticket.arrival()) == Answer::Wait {
        let mut response = waiting(app, &request, ticket);
        if brought.is_none() {
            let given = cookie::give_waiting(&ticket.sign(&keys), COUNTS.as_secs());
            response.headers_mut().append(header::SET_COOKIE, given);
        }
        return Ok(response);
    }
    if brought.is_none() {
        return Ok(next.run(request).await);
    }
    let kept = COUNTS.try_into().unwrap_or_default();
    if !app.sessions.remember(&[b"waiting-ticket", &ticket.mark()], kept).await? {
        // It let somebody in before.
        app.overload.give_back_turn();
        let mut response = waiting(app, &request, WaitingTicket::new(now));
        response.headers_mut().append(header::SET_COOKIE, cookie::take_waiting());
        return Ok(response);
    }
    let mut response = next.run(request).await;
    response.headers_mut().append(header::SET_COOKIE, cookie::take_waiting());
    Ok(response)
}

/// Whether somebody who is logged in wants another level. A cookie that opens nothing is nobody's way past the others.
async fn is_logged_in(app: &App, headers: &HeaderMap) -> Result<bool, ApiError> {
    match current::opened(headers, app, Activity::DoesNotCount).await {
        Ok(_) => Ok(true),
        Err(ApiError::StoreAway) => Err(ApiError::StoreAway),
        Err(_) => Ok(false),
    }
}

/// What somebody who waits is answered: a page for a person, a problem for a program. The page is the answer that was
/// asked for, and so a 200: proxies may show pages of their own for a 503, or take this instance for broken.
fn waiting(app: &App, request: &Request, ticket: WaitingTicket) -> Response {
    if !page::is_for_a_person(request) {
        return ApiError::LoginsWait { retry_after_s: ASK_AGAIN_S }.into_response();
    }
    let minutes = ticket.waited(app.clock.now()).as_mins();
    let language = language::of(request.headers(), request.uri().query());
    let html = page::waiting(app, language, minutes);
    let again = [page::REFRESH, header::RETRY_AFTER].map(|name| (name, HeaderValue::from(ASK_AGAIN_S)));
    (again, Html(html)).into_response()
}
