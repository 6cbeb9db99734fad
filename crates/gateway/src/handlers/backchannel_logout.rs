//! The identity provider says that somebody logged out there (OpenID Connect Back-Channel Logout 1.0): its server calls
//! ours. No browser, no cookie and no page of ours has a part in it; the token alone counts.

use std::time::Duration;

use axum::{body::Bytes, extract::State};
use http::{HeaderMap, StatusCode, header};

use crate::{
    api_error::ApiError,
    app::App,
    session::StoreError,
    tokens::{LogoutToken, TokenError},
};

pub(crate) async fn log_out(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, ApiError> {
    let token = token(&headers, &body).ok_or_else(|| refused("the request is not a form with one logout token"))?;
    let logout = app.login.logout_token(&token).await.map_err(|error| match error {
        TokenError::Refused(reason) => refused(reason),
        // Answered 503, so that the provider tells it again.
        TokenError::KeysAway => ApiError::ProviderAway,
    })?;
    // To the end, also if the provider does not wait for our answer: it need not tell the logout again.
    app.carry_out(end(app.clone(), logout)).await??;
    Ok(StatusCode::OK)
}

/// First the ending, then the remembering (decision 11): what was remembered and not ended would never end.
async fn end(app: App, logout: LogoutToken) -> Result<(), StoreError> {
    let sessions = app.end_at_provider(&logout).await?;
    let parts = [b"logout-token", app.login.issuer().as_bytes(), logout.id.as_bytes()];
    let kept = Duration::try_from(logout.counts_until().duration_since(app.clock.now())).unwrap_or_default();
    if app.sessions.remember(&parts, kept).await? {
        tracing::info!(sessions, "logged out at the identity provider");
    } else {
        tracing::warn!(sessions, "the identity provider's logout came again");
    }
    Ok(())
}

/// The one logout token of a form.
fn token(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = content_type.split(';').next()?.trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let mut tokens = url::form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Some(token.into_owned()),
        _ => None,
    }
}

/// Logs why a logout token is refused. The reasons are ours; the provider is told only that it was.
fn refused(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "logout token refused");
    ApiError::LogoutTokenRefused
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn r28_a_form_with_one_logout_token_counts_and_nothing_else() {
        const FORM: &str = "application/x-www-form-urlencoded";
        for (content_type, body, found) in [
            (Some(FORM), "logout_token=a.b.c", Some("a.b.c")),
            (Some("application/x-www-form-urlencoded; charset=utf-8"), "logout_token=a", Some("a")),
            (Some(FORM), "x=1&logout_token=a&logout_tokens=b&id_token=c", Some("a")),
            (Some(FORM), "logout_token=a&logout_token=a", None),
            (Some(FORM), "logout_token=a&logout%5Ftoken=b", None),
            (Some(FORM), "Logout_Token=a", None),
            (Some(FORM), "", None),
            (Some("application/json"), r#"{"logout_token":"a"}"#, None),
            (Some("text/plain"), "logout_token=a", None),
            (Some("multipart/form-data"), "logout_token=a", None),
            (None, "logout_token=a", None),
        ] {
            let headers = content_type.map(|value| (header::CONTENT_TYPE, HeaderValue::from_static(value)));
            let headers: HeaderMap = headers.into_iter().collect();
            assert_eq!(token(&headers, body.as_bytes()).as_deref(), found, "{content_type:?} {body}");
        }
    }
}
