//! Keeps other web sites from ordering faults in the developer's name.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{HOST, ORIGIN},
};

/// Lets through what a person or a command line on this machine sends; refuses what another web site's page sends.
pub(super) async fn own_origin_only(request: Request, next: Next) -> Response {
    if (request.method().is_safe() && host_is_loopback(request.headers())) || is_own(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "Refused: this did not come from the control page itself.\n").into_response()
    }
}

/// Browsers say where a request comes from in `Sec-Fetch-Site` and, for all but plain reads, in `Origin`. A client
/// that says neither is no browser and so nobody's dupe.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    let site_is_own = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let own_origin = text(HOST.as_str()).map(|host| format!("http://{host}"));
    let origin_is_own = text(ORIGIN.as_str()).is_none_or(|origin| Some(origin) == own_origin.as_deref());
    host_is_loopback(headers) && site_is_own && origin_is_own
}

/// A foreign host name that was made to point to this machine (DNS rebinding) would pass as its own origin.
fn host_is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(headers: &[(&'static str, &str)]) -> bool {
        is_own(
            &headers.iter().map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value"))).collect(),
        )
    }

    #[test]
    fn only_the_page_itself_and_command_lines_are_own() {
        let host = ("host", "127.0.0.1:8094");
        assert!(own(&[host]));
        assert!(own(&[host, ("origin", "http://127.0.0.1:8094"), ("sec-fetch-site", "same-origin")]));
        for foreign in [
            ("origin", "http://localhost:8080"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:8093"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!own(&[host, foreign]), "{foreign:?}");
        }
        assert!(!own(&[("host", "rebound.example:8094"), ("origin", "http://rebound.example:8094")]));
        assert!(!own(&[]));
    }
}
