//! The identity provider says that somebody logged out there (OpenID Connect Back-Channel Logout 1.0): its server calls
//! ours. No browser, no cookie and no page of ours has a part in it; the token alone counts.

use std::{sync::Arc, time::Duration};

use axum::{body::Bytes, extract::State};
use http::{HeaderMap, StatusCode, header};

use crate::{
    api_error::ApiError,
    app::App,
    login::Login,
    session::StoreError,
    tokens::{LogoutToken, TokenError},
};

pub(crate) async fn log_out(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, ApiError> {
    let ending = app.clone();
    let end = move |logout: Arc<LogoutToken>| async move { ending.end_at_provider(&logout).await };
    told(&app, &app.login, (&headers, &body), end).await
}

/// What the provider of a login tells ends as `end` does it; `end` says how many sessions that were.
pub(crate) async fn told<F>(
    app: &App,
    login: &Login,
    (headers, body): (&HeaderMap, &[u8]),
    end: impl FnOnce(Arc<LogoutToken>) -> F,
) -> Result<StatusCode, ApiError>
where
    F: Future<Output = Result<usize, StoreError>> + Send + 'static,
{
    let token = token(headers, body).ok_or_else(|| refused("the request is not a form with one logout token"))?;
    let logout = login.logout_token(&token).await.map_err(|error| match error {
        TokenError::Refused(reason) => refused(reason),
        // Answered 503, so that the provider tells it again.
        TokenError::KeysAway => ApiError::ProviderAway,
    })?;
    let (issuer, client) = (login.issuer().to_owned(), login.config().client_id.clone());
    let logout = Arc::new(logout);
    let (ended, app_too) = (end(Arc::clone(&logout)), app.clone());
    // To the end, also if the provider does not wait for our answer: it need not tell the logout again.
    let work = async move {
        // First the ending, then the remembering (decision 11): what was remembered and not ended would never end.
        let sessions = ended.await?;
        let parts = [&b"logout-token"[..], issuer.as_bytes(), client.as_bytes(), logout.id.as_bytes()];
        let kept = logout.counts_until().duration_since(app_too.clock.now());
        if app_too.sessions.remember(&parts, Duration::try_from(kept).unwrap_or_default()).await? {
            tracing::info!(sessions, "logged out at the identity provider");
        } else {
            tracing::warn!(sessions, "the identity provider's logout came again");
        }
        Ok::<_, StoreError>(())
    };
    app.carry_out(work).await??;
    Ok(StatusCode::OK)
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
