//! Which requests must have been sent by our own pages, and how that is told (requirements R33 and R34).
//!
//! The one place that decides it, by the route that matched and the method. A new route falls under the strictest rule
//! of its kind without being named here.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, Method, header};
use http_body::Body as _;

use crate::{
    api_error::ApiError,
    app::App,
    embed::admission,
    session::cookie::{self, SessionCookie},
};

/// Says that a program sent the request: no form, image or link can carry it, and no other site's script may.
pub(crate) const CSRF: HeaderName = HeaderName::from_static("x-overblik-csrf");

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

/// What a request must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Nothing: it starts nothing in anybody's name, or proves itself otherwise.
    Nothing,
    /// A login or its end: a person's browser moves there itself.
    Login,
    /// A page, which may look at the session: with one, a person's browser shows it as a page, or a script of ours on
    /// one of our pages asks for a part of it.
    Page,
    /// What a portal's server sends: no browser does.
    Server,
    /// A frame of ours on a portal's page: a browser shows it as one.
    Frame,
    /// What that frame sends: as one, and by a page of ours.
    FrameForm,
    /// A read through the API, which asks the sources: with a session cookie, only from our pages or by a program.
    Read,
    /// A form of ours, which works without a script and so can send no header of its own.
    Form,
    /// The same, by which a citizen lets somebody show their data: in a tab, where they see whom they answer.
    PageForm,
    /// A change through the API: from our pages by a program, in JSON.
    Change,
}

impl Rule {
    fn of(route: &str, method: &Method) -> Self {
        let is_api = route.starts_with("/api/");
        match (changes(method), route) {
            // Sent by the identity provider's server, without cookies; its signed token is the proof (requirement R28).
            // And what looks at nobody, and changes nothing whatever the method: what it does not take is told so.
            (true, "/auth/backchannel-logout") | (_, "/api/v1/statistics") => Self::Nothing,
            // With an assertion signed by the portal (requirement R69).
            (true, "/embed/v1/token" | "/embed/v1/revoke") => Self::Server,
            (true, "/embed/v1/frame" | "/embed/v1/connected" | "/embed/v1/connected/end") => Self::FrameForm,
            (false, "/embed/v1/frame" | "/embed/v1/connected") => Self::Frame,
            (true, "/connect/{portal}") => Self::PageForm,
            // No cookie is read there: a token that the request itself shows is the proof.
            (false, _) if route.starts_with("/embed/v1/") => Self::Nothing,
            (true, _) if is_api => Self::Change,
            (true, _) => Self::Form,
            (false, _) if is_api => Self::Read,
            (false, "/auth/login" | "/auth/callback") => Self::Login,
            (false, "/assets/{name}" | "/jwks.json" | "/openapi.json") => Self::Nothing,
            (false, _) => Self::Page,
        }
    }

    fn check(self, method: &Method, headers: &HeaderMap, has_body: bool, our_origin: &str) -> Result<(), ApiError> {
        let allowed = match self {
            Self::Nothing => true,
            Self::Login if method == Method::HEAD => return Err(ApiError::MethodNotAllowed),
            Self::Login => is_shown_as_a_page(headers),
            Self::Server => !admission::is_from_a_browser(headers),
            Self::Frame => is_shown_in(headers, "iframe"),
            Self::FrameForm => {
                is_shown_in(headers, "iframe") && headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin")
            }
            Self::Page => {
                let asks_for_a_part =
                    has_csrf_header(headers) && headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
                !has_session(headers) || is_shown_as_a_page(headers) || asks_for_a_part
            }
            Self::Read => {
                !has_session(headers)
                    || has_bearer_token(headers)
                    || headers.get(FETCH_SITE).map_or_else(|| has_csrf_header(headers), |site| site == "same-origin")
            }
            Self::Form => is_from_our_pages(headers, our_origin),
            Self::PageForm => is_from_our_pages(headers, our_origin) && is_shown_as_a_page(headers),
            Self::Change => {
                let is_ours = has_csrf_header(headers) && is_from_our_pages(headers, our_origin);
                let may_change = is_ours || has_bearer_token(headers);
                if may_change && has_body && !is_json(headers) {
                    return Err(ApiError::NotJson);
                }
                may_change
            }
        };
        if allowed { Ok(()) } else { Err(ApiError::ForeignOrigin) }
    }
}

/// Refuses what our own pages did not send where that matters.
pub(crate) async fn only_from_our_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Whether a request shows what it must; else what it is refused with.
pub(super) fn check(app: &App, request: &Request) -> Result<(), ApiError> {
    // Without a matched route nothing is there to be started.
    let Some(route) = request.extensions().get::<MatchedPath>() else { return Ok(()) };
    let our_origin = app.public_url.origin().ascii_serialization();
    // HTTP/2 needs no header to say so.
    let has_body = !request.body().is_end_stream();
    Rule::of(route.as_str(), request.method()).check(request.method(), request.headers(), has_body, &our_origin)
}

/// What a request to the console must show: a person's browser moves there in a tab, and changes something by a form of ours.
///
/// # Errors
/// What it is refused with.
pub(crate) fn check_console(method: &Method, headers: &HeaderMap, our_origin: &str) -> Result<(), ApiError> {
    let rule = if changes(method) { Rule::PageForm } else { Rule::Login };
    // Forms alone, whatever they hold.
    rule.check(method, headers, true, our_origin)
}

/// Any method but those that only read; one that nobody knows counts as a change.
fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a cookie came that may open a session. One that cannot be ours goes on to its 401 (requirement R38).
fn has_session(headers: &HeaderMap) -> bool {
    matches!(cookie::session(headers), SessionCookie::Present(_))
}

/// An app's access token. Browsers add none by themselves, and other sites' scripts may not.
fn has_bearer_token(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    [&b"bearer"[..], b"dpop"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn has_csrf_header(headers: &HeaderMap) -> bool {
    headers.get(CSRF).is_some_and(|value| value == "1")
}

/// `Sec-Fetch-Site` decides where the browser sends it, else `Origin`. A request with neither is refused.
fn is_from_our_pages(headers: &HeaderMap, our_origin: &str) -> bool {
    match headers.get(FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).is_some_and(|origin| origin == our_origin),
    }
}

/// A person's browser moves to it in a tab: it is no image, script or frame, and no look ahead. Clients that do not say
/// so are no browsers of today.
fn is_shown_as_a_page(headers: &HeaderMap) -> bool {
    headers.get(FETCH_MODE).is_none_or(|mode| mode == "navigate")
        && headers.get(FETCH_DEST).is_none_or(|destination| destination == "document")
        && !headers.contains_key(PURPOSE)
}

/// A browser moves there in a frame of this kind, and says so: one that says nothing shows nothing (requirement R67).
fn is_shown_in(headers: &HeaderMap, destination: &str) -> bool {
    headers.get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
        && headers.get(FETCH_DEST).is_some_and(|value| value == destination)
        && !headers.contains_key(PURPOSE)
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let essence = value.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OURS: &str = "https://overblik.example";
    const SESSION: (&str, &str) = (
        "cookie",
        "__Host-Http-overblik=abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuQ",
    );
    const PROGRAM: (&str, &str) = ("x-overblik-csrf", "1");
    const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

    type Pairs<'a> = &'a [(&'static str, &'static str)];

    fn answer(method: &str, route: &str, pairs: Pairs<'_>) -> Result<(), ApiError> {
        let method: Method = method.parse().expect("a method");
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let has_body = headers.get("content-length").is_some_and(|length| length != "0")
            || headers.contains_key("transfer-encoding");
        Rule::of(route, &method).check(&method, &headers, has_body, OURS)
    }

    #[track_caller]
    fn allowed(method: &str, route: &str, pairs: Pairs<'_>) {
        assert_eq!(answer(method, route, pairs), Ok(()), "{method} {route} {pairs:?}");
    }

    #[track_caller]
    fn refused(method: &str, route: &str, pairs: Pairs<'_>) {
        assert_eq!(answer(method, route, pairs), Err(ApiError::ForeignOrigin), "{method} {route} {pairs:?}");
    }

    const IN_A_FRAME: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];

    #[test]
    fn r67_a_frame_is_shown_as_a_frame_and_its_form_is_our_own_shell_s() {
        let [mode, destination] = IN_A_FRAME;
        allowed("GET", "/embed/v1/frame", &[mode, destination, ("sec-fetch-site", "cross-site")]);
        allowed("POST", "/embed/v1/frame", &[mode, destination, SAME_ORIGIN]);
        for wrong in [
            &[][..],
            &[mode],
            &[destination],
            &[mode, ("sec-fetch-dest", "document")],
            &[destination, ("sec-fetch-mode", "no-cors")],
        ] {
            refused("GET", "/embed/v1/frame", wrong);
            refused("POST", "/embed/v1/frame", &[wrong, &[SAME_ORIGIN]].concat());
        }
        for site in ["cross-site", "same-site", "none", ""] {
            refused("POST", "/embed/v1/frame", &[mode, destination, ("sec-fetch-site", site)]);
        }
        refused("POST", "/embed/v1/frame", &[mode, destination, ("origin", OURS)]);
        refused("GET", "/embed/v1/frame", &[mode, destination, ("sec-purpose", "prefetch")]);
    }

    #[test]
    fn r69_a_connected_frame_is_a_frame_and_consent_is_given_in_a_tab() {
        let [mode, destination] = IN_A_FRAME;
        allowed("GET", "/embed/v1/connected", &[mode, destination, ("sec-fetch-site", "cross-site")]);
        refused("GET", "/embed/v1/connected", &[mode, ("sec-fetch-dest", "document")]);
        for form in ["/embed/v1/connected", "/embed/v1/connected/end"] {
            allowed("POST", form, &[mode, destination, SAME_ORIGIN]);
            refused("POST", form, &[mode, destination, ("sec-fetch-site", "cross-site")]);
            refused("POST", form, &[mode, destination, ("origin", OURS)]);
            refused("POST", form, &[mode, ("sec-fetch-dest", "document"), SAME_ORIGIN]);
        }
        let consent = "/connect/{portal}";
        allowed("POST", consent, &[mode, ("sec-fetch-dest", "document"), SAME_ORIGIN]);
        allowed("POST", consent, &[("origin", OURS)]);
        for site in ["cross-site", "same-site", "none", ""] {
            refused("POST", consent, &[mode, ("sec-fetch-dest", "document"), ("sec-fetch-site", site)]);
        }
        refused("POST", consent, &[mode, destination, SAME_ORIGIN]);
        refused("POST", consent, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), SAME_ORIGIN]);
        refused("POST", consent, &[]);
        refused("GET", consent, &[SESSION, mode, destination]);
        allowed("GET", consent, &[SESSION, mode, ("sec-fetch-dest", "document")]);
    }

    #[test]
    fn r69_what_a_portal_s_server_sends_no_browser_sends() {
        for route in ["/embed/v1/token", "/embed/v1/revoke"] {
            allowed("POST", route, &[]);
            refused("POST", route, &[SAME_ORIGIN]);
            refused("POST", route, &[("origin", OURS)]);
            refused("POST", route, &[("origin", "null")]);
        }
        for route in ["/embed/v1/overview", "/embed/v1/sections/{source}", "/embed/v1/{file}"] {
            allowed("GET", route, &[("sec-fetch-site", "cross-site"), SESSION]);
            refused("POST", route, &[("sec-fetch-site", "cross-site")]);
        }
    }

    #[test]
    fn r33_only_our_own_pages_send_a_form() {
        allowed("POST", "/auth/logout", &[SAME_ORIGIN]);
        allowed("POST", "/auth/logout", &[("origin", OURS)]);
        for site in ["same-site", "cross-site", "none", ""] {
            refused("POST", "/auth/logout", &[("sec-fetch-site", site), ("origin", OURS), PROGRAM]);
        }
        for origin in ["null", "https://evil.example", "http://overblik.example", "https://a.overblik.example", ""] {
            refused("POST", "/auth/logout", &[("origin", origin)]);
        }
        refused("POST", "/auth/logout", &[]);
        refused("POST", "/a-form-of-tomorrow", &[]);
    }

    #[test]
    fn r33_a_change_through_the_api_needs_the_header_and_our_own_page() {
        let route = "/api/v1/sessions/{id}";
        for method in ["POST", "PUT", "PATCH", "DELETE", "BREW"] {
            allowed(method, route, &[PROGRAM, SAME_ORIGIN]);
            allowed(method, route, &[PROGRAM, ("origin", OURS)]);
            refused(method, route, &[SAME_ORIGIN]);
            refused(method, route, &[("origin", OURS)]);
            refused(method, route, &[PROGRAM]);
            refused(method, route, &[("x-overblik-csrf", "0"), SAME_ORIGIN]);
            refused(method, route, &[PROGRAM, ("origin", "null")]);
            for site in ["same-site", "cross-site", "none"] {
                refused(method, route, &[PROGRAM, ("sec-fetch-site", site), ("origin", OURS)]);
            }
            allowed(method, route, &[("authorization", "Bearer x")]);
            allowed(method, route, &[("authorization", "DPoP x")]);
            refused(method, route, &[("authorization", "Basic x")]);
        }
    }

    #[test]
    fn r33_what_is_sent_to_the_api_is_json() {
        let ours = [PROGRAM, SAME_ORIGIN, ("content-length", "2")];
        let with = |content_type| [&ours[..], &[("content-type", content_type)]].concat();
        for good in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            allowed("POST", "/api/v1/x", &with(good));
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""] {
            assert_eq!(answer("POST", "/api/v1/x", &with(bad)), Err(ApiError::NotJson), "{bad}");
        }
        assert_eq!(answer("POST", "/api/v1/x", &ours), Err(ApiError::NotJson));
        let chunked = [PROGRAM, SAME_ORIGIN, ("transfer-encoding", "chunked")];
        assert_eq!(answer("POST", "/api/v1/x", &chunked), Err(ApiError::NotJson));
        let twice = [&with("application/json")[..], &[("content-type", "text/plain")]].concat();
        assert_eq!(answer("POST", "/api/v1/x", &twice), Err(ApiError::NotJson));
        allowed("DELETE", "/api/v1/x", &[PROGRAM, SAME_ORIGIN, ("content-length", "0")]);
    }

    #[test]
    fn r33_a_read_that_asks_sources_comes_from_our_pages_or_from_a_program() {
        for route in ["/api/v1/overview", "/api/v1/sections/{source}"] {
            allowed("GET", route, &[SESSION, SAME_ORIGIN]);
            allowed("GET", route, &[SESSION, PROGRAM]);
            refused("GET", route, &[SESSION]);
            refused("GET", route, &[SESSION, ("origin", OURS)]);
            for site in ["same-site", "cross-site", "none", ""] {
                refused("GET", route, &[SESSION, ("sec-fetch-site", site), PROGRAM]);
                refused("HEAD", route, &[SESSION, ("sec-fetch-site", site)]);
                // Without a session nothing can be started; the answer is the 401 of everybody.
                allowed("GET", route, &[("sec-fetch-site", site)]);
                allowed("GET", route, &[("authorization", "Bearer x"), ("sec-fetch-site", site)]);
            }
        }
    }

    #[test]
    fn r33_with_a_session_the_page_is_shown_as_a_page_only() {
        allowed("GET", "/", &[SESSION]);
        allowed("GET", "/", &[SESSION, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]);
        for (mode, destination) in [
            ("navigate", "iframe"),
            ("navigate", "frame"),
            ("navigate", "object"),
            ("navigate", "embed"),
            ("no-cors", "image"),
            ("no-cors", "script"),
            ("no-cors", "document"),
            ("cors", "empty"),
            ("same-origin", "empty"),
        ] {
            let how = [("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
            refused("GET", "/", &[&[SESSION], &how[..]].concat());
            // A script of ours, which no other site's may pretend to be, asks for a part of a page.
            allowed("GET", "/sections/{source}", &[&[SESSION, PROGRAM, SAME_ORIGIN], &how[..]].concat());
            refused("GET", "/sections/{source}", &[&[SESSION, SAME_ORIGIN], &how[..]].concat());
            refused("GET", "/auth/login", &how);
            refused("GET", "/auth/callback", &how);
            allowed("GET", "/", &how);
        }
        let ahead = ("sec-purpose", "prefetch;prerender");
        refused("GET", "/", &[SESSION, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ahead]);
        assert_eq!(answer("HEAD", "/auth/login", &[]), Err(ApiError::MethodNotAllowed));
    }

    #[test]
    fn r33_whatever_looks_at_the_session_is_shown_as_a_page_only() {
        // It counts as the citizen's activity, and may renew the session's tokens.
        for route in ["/auth/logged-out", "/a-page-of-tomorrow"] {
            for method in ["GET", "HEAD"] {
                refused(method, route, &[SESSION, ("sec-fetch-dest", "image")]);
                refused(method, route, &[SESSION, ("sec-fetch-dest", "iframe")]);
                allowed(method, route, &[SESSION, ("sec-fetch-dest", "document")]);
                allowed(method, route, &[("sec-fetch-dest", "image")]);
            }
        }
        // Our own pages' parts, and what programs of the provider read: neither looks at who asks.
        allowed("GET", "/assets/{name}", &[SESSION, ("sec-fetch-dest", "style")]);
        allowed("GET", "/jwks.json", &[SESSION, ("sec-fetch-dest", "empty")]);
    }

    #[test]
    fn r28_the_provider_s_own_logout_needs_no_page_of_ours() {
        allowed("POST", "/auth/backchannel-logout", &[("content-type", "application/x-www-form-urlencoded")]);
    }
}
