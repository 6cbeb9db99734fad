//! Beginning a login, and its end when the identity provider sends the browser back.

use axum::{
    extract::{RawQuery, State},
    http::request::Parts,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use overblik_widgets::AssuranceLevel;

use super::page;
use crate::{
    api_error::ApiError,
    app::App,
    authentication::Said,
    login::{Platform, VerifiedLogin, return_to},
    secrets::{random_token, sha256},
    session::{
        Identity, LoginAttempt, Session, SessionTokens, StepUp, cookie,
        current::{self, Visitor},
        sessions::Activity,
    },
    telemetry::{Ending, PartOf, SessionMetrics, Step},
};

pub(crate) async fn begin(
    State(app): State<App>,
    parts: Parts,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    current::without_token(&parts.headers)?;
    let [wanted_path, wanted_level, platform] = parameters(query.as_deref(), ["return_to", "level", "platform"])?;
    let path = match wanted_path {
        None => "/".to_owned(),
        Some(path) => return_to(&path, &app.public_url).ok_or(ApiError::BadParameter)?,
    };
    let level = match wanted_level.as_deref() {
        None => app.login.minimum_level(),
        Some("substantial") => AssuranceLevel::Substantial.max(app.login.minimum_level()),
        Some("high") => AssuranceLevel::High,
        Some(_) => return Err(ApiError::BadParameter),
    };
    let platform = match platform.as_deref() {
        None => None,
        Some("ios") => Some(Platform::Ios),
        Some("android") => Some(Platform::Android),
        Some(_) => return Err(ApiError::BadParameter),
    };
    let wanted = Wanted { level, return_to: path, platform, may_step_up: wanted_level.is_some() };
    let mut step = app.overviews.traces().login_step(Step::Begin, app.metrics.provider.whose(), app.clock.now());
    let sent_off = send_off(&app, &parts.headers, wanted, step.part()).await;
    if let Ok((_, is_step_up)) = &sent_off {
        step.of_kind(SessionMetrics::kind(*is_step_up));
    }
    step.ended("begun", &sent_off);
    sent_off.map(|(response, _)| response)
}

/// How somebody wants to log in.
struct Wanted {
    level: AssuranceLevel,
    return_to: String,
    platform: Option<Platform>,
    /// Whoever is logged in already does so to get to that level.
    may_step_up: bool,
}

/// Sends the browser to the provider; and whether somebody logged in steps up.
async fn send_off(
    app: &App,
    headers: &HeaderMap,
    wanted: Wanted,
    part_of: PartOf,
) -> Result<(Response, bool), ApiError> {
    let Wanted { level, return_to, platform, may_step_up } = wanted;
    let begun = app.login.begin(level, platform, part_of).await?;
    let browser_secret = random_token();
    let attempt = LoginAttempt {
        nonce: begun.nonce,
        verifier: begun.verifier,
        begun: app.clock.now(),
        level,
        return_to,
        // A level that is asked for by somebody logged in is their own session's.
        steps_up: if may_step_up { step_up(app, headers).await? } else { None },
    };
    app.sessions.save_attempt(&begun.state, &browser_secret, &attempt).await?;
    let is_step_up = attempt.steps_up.is_some();
    app.metrics.sessions.login_begun(is_step_up);
    let mut response = Redirect::to(begun.redirect.as_str()).into_response();
    let cookies =
        cookie::give_attempt(headers, &short_hash(&begun.state), &browser_secret, app.clock.now().as_second());
    for value in cookies {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok((response, is_step_up))
}

pub(crate) async fn callback(
    State(app): State<App>,
    parts: Parts,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    current::without_token(&parts.headers)?;
    let [state, code, error, issuer] = parameters(query.as_deref(), ["state", "code", "error", "iss"])?;
    let state = state.ok_or(ApiError::BadParameter)?;
    let Some(attempt) = take_attempt(&app, &parts.headers, &state).await? else {
        // A reload of an answered callback: whoever is logged in goes on to the overview. The reload may count as coming
        // from the provider's site and so lack the session cookie (R18); one hop brings it along.
        return match Visitor::of(&parts, &app).await? {
            Visitor::Citizen(_) => Ok(Redirect::to("/").into_response()),
            Visitor::Stranger if page::came_from_another_site(&parts.headers) => {
                let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
                Ok(page::lead_on(&app, &parts.headers, &format!("/auth/callback?state={state}")).into_response())
            }
            Visitor::Stranger | Visitor::Expired | Visitor::Unusable => Err(ApiError::LoginAttemptUnknown),
        };
    };
    let answer = Answer { code, error, issuer };
    // Whatever comes of it, the attempt is used up.
    let step = app.overviews.traces().login_step(Step::Return, app.metrics.provider.whose(), app.clock.now());
    let finished = finish(&app, &parts.headers, attempt, answer, step.part()).await;
    step.ended("logged_in", &finished);
    if let Err(error) = &finished {
        app.metrics.sessions.login_refused(error.face().code);
    }
    let mut response = finished.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().append(header::SET_COOKIE, cookie::take_attempt(&short_hash(&state)));
    Ok(response)
}

/// What the provider sent the browser back with.
struct Answer {
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

/// Makes a session of an attempt and the provider's answer to it.
async fn finish(
    app: &App,
    headers: &HeaderMap,
    attempt: LoginAttempt,
    Answer { code, error, issuer }: Answer,
    part_of: PartOf,
) -> Result<Response, ApiError> {
    app.login.check_issuer(issuer.as_deref(), part_of).await?;
    if let Some(error) = error {
        let cancelled = error == "access_denied";
        return Err(if cancelled { ApiError::LoginCancelled } else { ApiError::LoginRefused });
    }
    let code = code.ok_or(ApiError::BadParameter)?;
    let login = app.login.finish(code, attempt.nonce, attempt.verifier, part_of).await?;
    if login.level < attempt.level {
        return Err(ApiError::LoginLevelTooLow);
    }
    let session = begin_session(app, login)?;
    if let Some(step_up) = &attempt.steps_up
        && !app.sessions.is_of_same_person(step_up, &session)
    {
        // Who the browser's session is of is in doubt too (requirement R8).
        app.end_session(step_up.session).await?;
        app.metrics.sessions.ended(Ending::AnotherPerson, 1);
        tracing::error!(event = "another_person", "a step-up came back with another person; the session was ended");
        return Err(ApiError::LoginRefused);
    }
    let Some(ticket) = app.sessions.begin(&session).await? else {
        tracing::warn!("a logout at the identity provider overtook a login");
        return Err(ApiError::LoginRefused);
    };
    let replaced = cookie::replaced(headers).map(|ticket| app.sessions.keys_of(&ticket)).unwrap_or_default();
    if !replaced.is_empty() || attempt.steps_up.is_some() {
        app.metrics.sessions.ended(Ending::Replaced, 1);
    }
    for session in replaced.into_iter().chain(attempt.steps_up.map(|step_up| step_up.session)) {
        app.end_session(session).await?;
    }
    app.metrics.sessions.logged_in();
    tracing::info!(assurance = ?session.scope().level(), "logged in");

    // The session cookie is not sent on a redirect chain that began at another site (R18): our own page leads on.
    let given = AppendHeaders([
        (header::SET_COOKIE, cookie::give_session(&ticket)),
        (header::SET_COOKIE, cookie::give_replaced(ticket.id())),
    ]);
    Ok((StatusCode::OK, given, page::lead_on(app, headers, &attempt.return_to)).into_response())
}

/// Takes the attempt that this browser began with this `state`.
async fn take_attempt(app: &App, headers: &HeaderMap, state: &str) -> Result<Option<LoginAttempt>, ApiError> {
    let Some(browser_secret) = cookie::attempt(headers, &short_hash(state)) else { return Ok(None) };
    Ok(app.sessions.take_attempt(state, browser_secret).await?)
}

/// The session of whoever is logged in, on its way to a higher level.
async fn step_up(app: &App, headers: &HeaderMap) -> Result<Option<StepUp>, ApiError> {
    match current::opened(headers, app, Activity::Counts).await {
        Ok(opened) => Ok(Some(app.sessions.step_up(&opened))),
        Err(ApiError::NotLoggedIn | ApiError::SessionOver | ApiError::SessionCookieUnusable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// From a verified login to a person's session.
fn begin_session(app: &App, login: VerifiedLogin) -> Result<Session, ApiError> {
    let authentication = app.authenticate(&Said {
        subject: &login.subject,
        cpr: &login.cpr,
        municipality: login.municipality.as_deref(),
        level: login.level,
        display_client: &app.overview_config.display_client,
    });
    let authentication = authentication.map_err(|reason| {
        tracing::warn!(reason, "login refused");
        ApiError::LoginRefused
    })?;
    let identity = Identity {
        issuer: app.login.issuer().to_owned(),
        subject: login.subject,
        provider_session: login.provider_session,
        issued: login.issued,
        authenticated: login.authenticated,
    };
    let now = app.clock.now();
    let mut session = Session::begin(authentication, login.name, identity, now);
    session.ends_at_provider = login.session_expiry;
    session.login_token = app.login_token_to_keep(&login.tokens);
    let expires = login.tokens.access_expires;
    session.tokens = login.tokens.refresh.map(|token| SessionTokens::fresh(token, expires, now));
    Ok(session)
}

/// The named parameters of a query. One that stands twice is refused (requirement R4).
pub(crate) fn parameters<const N: usize>(
    query: Option<&str>,
    names: [&str; N],
) -> Result<[Option<String>; N], ApiError> {
    let mut found = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(place) = names.iter().zip(&mut found).find_map(|(wanted, place)| (*wanted == name).then_some(place))
        else {
            continue;
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(ApiError::BadParameter);
        }
    }
    Ok(found)
}

/// What tells one browser's attempts apart in cookie names.
pub(crate) fn short_hash(state: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(state)).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_a_repeated_parameter_is_refused() {
        assert_eq!(parameters(Some("state=a&state=a"), ["state"]), Err(ApiError::BadParameter));
        assert_eq!(parameters(Some("state=a&x=1&x=2"), ["state"]), Ok([Some("a".to_owned())]));
        assert_eq!(parameters(None, ["state"]), Ok([None]));
    }
}
