//! How people come in and go: by the identity provider of those who work here, into a session of its own.

use axum::{
    extract::{RawQuery, State},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};

use crate::{
    admin::Admin,
    api_error::ApiError,
    handlers::{
        farewell::FORGET,
        login::{parameters, short_hash},
    },
    language,
    login::Login,
    page::console::{self, ConsoleFrame},
    secrets::random_token,
    session::{Identity, LoginAttempt, console::Colleague, cookie},
    telemetry::{LoginStep, PartOf, Step},
};

fn frame(headers: &HeaderMap, query: Option<&str>, path: &'static str) -> ConsoleFrame<'static> {
    ConsoleFrame { language: language::of(headers, query), path, who: None, waiting: 0 }
}

pub(super) async fn welcome(
    State(admin): State<Admin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, ApiError> {
    admin.console()?;
    Ok(Html(console::welcome(&frame(&headers, query.as_deref(), "/console/welcome"))))
}

pub(super) async fn begin(State(admin): State<Admin>, headers: HeaderMap) -> Result<Response, ApiError> {
    let console = admin.console()?;
    let step = step(&admin, Step::Begin);
    let sent_off = send_off(&admin, &headers, &console.login, step.part()).await;
    step.ended("begun", &sent_off);
    sent_off
}

/// Sends the browser to the provider.
async fn send_off(admin: &Admin, headers: &HeaderMap, login: &Login, part_of: PartOf) -> Result<Response, ApiError> {
    let level = login.minimum_level();
    let begun = login.begin(level, None, part_of).await?;
    let (browser_secret, now) = (random_token(), admin.now());
    let attempt = LoginAttempt {
        nonce: begun.nonce,
        verifier: begun.verifier,
        begun: now,
        level,
        return_to: "/console".to_owned(),
        steps_up: None,
    };
    admin.app.sessions.save_attempt(&attempt_name(&begun.state), &browser_secret, &attempt).await?;
    let mut response = Redirect::to(begun.redirect.as_str()).into_response();
    for value in cookie::give_attempt(headers, &short_hash(&begun.state), &browser_secret, now.as_second()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// A step of a login here.
fn step(admin: &Admin, step: Step) -> LoginStep {
    let app = &admin.app;
    app.overviews.traces().login_step(step, app.metrics.console_provider.whose(), admin.now())
}

/// What an attempt is kept under: one that was begun at the citizens' login is none here.
fn attempt_name(state: &str) -> String {
    format!("console {state}")
}

pub(super) async fn callback(
    State(admin): State<Admin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let [state, code, error, issuer] = parameters(query.as_deref(), ["state", "code", "error", "iss"])?;
    let state = state.ok_or(ApiError::BadParameter)?;
    let secret = cookie::attempt(&headers, &short_hash(&state)).ok_or(ApiError::LoginAttemptUnknown)?;
    let attempt = admin.app.sessions.take_attempt(&attempt_name(&state), secret).await?;
    let attempt = attempt.ok_or(ApiError::LoginAttemptUnknown)?;
    // Whatever comes of it, the attempt is used up.
    let step = step(&admin, Step::Return);
    let finished = finish(&admin, &headers, attempt, (code, error, issuer), step.part()).await;
    step.ended("logged_in", &finished);
    let mut response = finished.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().append(header::SET_COOKIE, cookie::take_attempt(&short_hash(&state)));
    Ok(response)
}

async fn finish(
    admin: &Admin,
    headers: &HeaderMap,
    attempt: LoginAttempt,
    (code, error, issuer): (Option<String>, Option<String>, Option<String>),
    part_of: PartOf,
) -> Result<Response, ApiError> {
    let console = admin.console()?;
    console.login.check_issuer(issuer.as_deref(), part_of).await?;
    if let Some(error) = error {
        let cancelled = error == "access_denied";
        return Err(if cancelled { ApiError::LoginCancelled } else { ApiError::LoginRefused });
    }
    let code = code.ok_or(ApiError::BadParameter)?;
    let role = &console.roles.claim;
    let verified = console.login.finish_for_work((&code, &attempt.nonce, &attempt.verifier), role, part_of).await?;
    let actor = console.actor(&verified, &admin.operators)?;
    let identity = Identity {
        issuer: console.login.issuer().to_owned(),
        subject: verified.subject,
        provider_session: verified.provider_session,
        issued: verified.issued,
        authenticated: None,
    };
    let (who, colleague) = (actor.id.clone(), Colleague { actor });
    // The former session of this browser is over (requirement R20). Its strict cookie does not come from the provider's site.
    if let Some(former) = cookie::console_replaced(headers) {
        admin.app.sessions.end_console(&former).await?;
    }
    let Some(ticket) = admin.app.sessions.begin_console(&colleague, &identity, verified.session_expiry).await? else {
        tracing::warn!("a logout at the identity provider overtook a login at the console");
        return Err(ApiError::LoginRefused);
    };
    tracing::info!(actor = %who, "logged in at the console");
    let given = AppendHeaders([
        (header::SET_COOKIE, cookie::give_console(&ticket)),
        (header::SET_COOKIE, cookie::give_console_replaced(ticket.id())),
    ]);
    let frame = frame(headers, None, "/console");
    Ok((given, Html(console::continue_to(&frame, &attempt.return_to))).into_response())
}

/// Ends the session, here and in the browser, whoever's it was.
pub(super) async fn log_out(State(admin): State<Admin>, headers: HeaderMap) -> Result<Response, ApiError> {
    admin.console()?;
    for ticket in cookie::every_console(&headers) {
        admin.app.sessions.end_console(ticket.id()).await?;
    }
    let taken = AppendHeaders([
        (header::SET_COOKIE, cookie::take_console()),
        (header::SET_COOKIE, cookie::take_console_replaced()),
        FORGET,
    ]);
    let mut response = (taken, Redirect::to("/console/logged-out")).into_response();
    // A login that was begun beside this session is nobody's to finish on a computer that others use too.
    for value in cookie::take_every_attempt(&headers) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

pub(super) async fn logged_out(
    State(admin): State<Admin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, ApiError> {
    let provider = admin.console()?.login.end_session_url();
    let elsewhere = (provider.origin().ascii_serialization() != admin.origin).then_some(provider.as_str());
    let page = console::logged_out(&frame(&headers, query.as_deref(), "/console/logged-out"), elsewhere);
    Ok(Html(page))
}
