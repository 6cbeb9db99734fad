//! Errors as pages: what the API says in a problem document, in words for whoever sits at a form.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, header};
use overblik_widgets::Language;

use super::waiting;
use crate::{
    admin::{Admin, AdminRefusal, error::Particulars},
    api_error::ApiError,
    language,
    page::console::{ConsoleFrame, Said, refused, words_for},
    session::{
        cookie::{self, SessionCookie},
        sessions::Activity,
    },
    telemetry::Reference,
};

/// Gives an error its page, whatever layer or handler made it.
pub(super) async fn as_pages(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    let reference = Reference::current().unwrap_or_default();
    let language = language::of(request.headers(), request.uri().query());
    let shown = cookie::console(request.headers());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions().get::<ApiError>().copied() else { return response };
    let particulars = response.extensions_mut().remove::<Particulars>().unwrap_or_default();
    let (detail, detail_language) = match &particulars.form {
        Some(mistake) => (Some(mistake.words(language)), language),
        None => (particulars.detail, Language::En),
    };
    let face = error.face();
    let offer_login = face.status == 401 || face.code.starts_with("login-");
    let colleague = match shown {
        // Nobody's activity: what was refused may be another site's doing (requirement R21).
        SessionCookie::Present(ticket) if !offer_login => {
            admin.app.sessions.console(&ticket, Activity::DoesNotCount).await.ok().flatten()
        }
        _ => None,
    };
    let who = colleague.as_ref().map(|colleague| &colleague.actor);
    let waiting = who.map_or(0, |who| waiting::tasks(&admin.service.current(), who, admin.now()).yours.len());
    let frame = ConsoleFrame { language, path: "/console", who, waiting };
    let words = match error {
        ApiError::AdminRefused(AdminRefusal::Stale) => Some(words_for(language).stale),
        ApiError::AdminRefused(AdminRefusal::Body) | ApiError::BadParameter => Some(words_for(language).body),
        ApiError::AdminRefused(AdminRefusal::Mistakes) => Some(words_for(language).mistakes),
        ApiError::SessionOver => Some(words_for(language).session_over),
        _ => None,
    };
    let said = Said {
        title: face.title.get(language),
        explanation: words.unwrap_or_else(|| face.explanation.get(language)),
        detail: detail.as_deref(),
        detail_language,
        code: face.code,
        reference: reference.as_str(),
        offer_login,
    };
    let page = refused(&frame, &said);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(page);
    response
}
