//! HTML pages: what every one of them is sent with.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};

use crate::secret;

/// A page that could not be made. The reasons are ours alone, so the reader is told nothing but that.
fn broken(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a page could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Renders a page whose style sheet carries a fresh nonce.
///
/// `form_targets` are the origins, besides the page's own, that its forms may lead to: browsers hold a form's
/// redirects to the policy as well.
pub(crate) fn respond<T: Template>(
    status: StatusCode,
    form_targets: &[&str],
    page: impl FnOnce(String) -> T,
) -> Response {
    let nonce = match secret::random() {
        Ok(nonce) => nonce,
        Err(error) => return broken(&error),
    };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        form_targets.join(" ")
    );
    let (html, policy) = match (page(nonce).render(), HeaderValue::from_str(&policy)) {
        (Ok(html), Ok(policy)) => (html, policy),
        (Err(error), _) => return broken(&error),
        (_, Err(error)) => return broken(&error),
    };
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // Keeps the Origin header of the page's own forms, which `no-referrer` would make "null".
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let mut headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    (status, headers, html).into_response()
}
