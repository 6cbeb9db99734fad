//! Logout: everything of the session is gone before the browser moves on.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::page;
use crate::{
    api_error::ApiError,
    app::App,
    session::{cookie, current, sessions::Activity},
};

pub(crate) async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    current::without_token(&headers)?;
    if !is_from_our_pages(&headers, &app.public_url.origin().ascii_serialization()) {
        return Err(ApiError::ForeignOrigin);
    }
    for ticket in cookie::every_session(&headers) {
        let opened = app.sessions.open(&ticket, Activity::DoesNotCount).await?;
        for key in app.sessions.keys_of(&ticket) {
            app.end_session(key).await?;
        }
        tracing::info!("logged out");
        if let Some(token) = opened.and_then(|opened| opened.session.into_refresh_token()) {
            app.revoke_later(token);
        }
    }
    // A page of ours leads on to the provider's logout. A redirect would fall under `form-action` of the page that was
    // left, at every further redirect that the provider makes.
    let cleared = AppendHeaders([
        (header::SET_COOKIE, cookie::take_session()),
        (header::SET_COOKIE, cookie::take_replaced()),
        (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\"")),
    ]);
    Ok((cleared, page::leave_for(&app, &headers, &app.login.end_session_url())).into_response())
}

/// Whether a changing request was sent by a page of ours (requirement R33): `Sec-Fetch-Site` decides where the browser
/// sends it, else `Origin`. A request with neither is refused.
fn is_from_our_pages(headers: &HeaderMap, our_origin: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).is_some_and(|origin| origin == our_origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_from_our_pages(&headers, "https://overblik.example")
    }

    #[test]
    fn r33_only_our_own_pages_may_change_anything() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("origin", "https://overblik.example")]));
        for site in ["same-site", "cross-site", "none", ""] {
            assert!(!allowed(&[("sec-fetch-site", site), ("origin", "https://overblik.example")]), "{site}");
        }
        for origin in ["null", "https://evil.example", "http://overblik.example", "https://a.overblik.example", ""] {
            assert!(!allowed(&[("origin", origin)]), "{origin}");
        }
        assert!(!allowed(&[]));
    }
}
