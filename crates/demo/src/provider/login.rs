//! The login page: choose an assurance level and a fictitious citizen.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use bytes::Bytes;
use http::StatusCode;
use overblik_widgets::AssuranceLevel;
use url::Url;

use super::{
    LOGIN_PATH, ProtocolError, Provider, authorize::refused_page, field, level, parameters::Parameters, person::Person,
    request::AuthorizationRequest, token::Grant,
};
use crate::{options::LogsIn, page};

/// What a normal MitID login gives, hence what is chosen when the client asks for nothing.
const USUAL_LEVEL: AssuranceLevel = AssuranceLevel::Substantial;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    nonce: String,
    action: &'static str,
    transaction: String,
    /// What can be chosen; nothing for those who work here, whose level is the usual one.
    levels: Vec<LevelView>,
    usual_level: &'static str,
    people: Vec<Person>,
    /// The host that the citizen returns to.
    portal: String,
}

struct LevelView {
    value: &'static str,
    danish: &'static str,
    english: &'static str,
    chosen: bool,
}

impl LevelView {
    fn of(level: AssuranceLevel, chosen: bool) -> Self {
        Self { value: level::form_value(level), danish: level::danish(level), english: level::english(level), chosen }
    }
}

impl Provider {
    /// Who logs in to the client of a request.
    fn logs_in(&self, request: &AuthorizationRequest) -> LogsIn {
        self.client(&request.client_id).map(|client| client.logs_in).unwrap_or_default()
    }

    /// Shows the page for a checked request.
    pub(super) fn login_page(&self, request: AuthorizationRequest) -> Response {
        let Ok(target) = Url::parse(&request.redirect_uri) else {
            return refused_page(ProtocolError::new("server_error", "the registered redirect URI is not a URL"));
        };
        let logs_in = self.logs_in(&request);
        let chosen = request.level.unwrap_or(USUAL_LEVEL);
        let Ok(transaction) = self.logins.issue(request, self.now()) else {
            return refused_page(ProtocolError::server_error());
        };
        page::respond(StatusCode::OK, &[&target.origin().ascii_serialization()], |nonce| LoginPage {
            nonce,
            action: LOGIN_PATH,
            transaction,
            levels: match logs_in {
                LogsIn::Citizens => level::ALL.map(|level| LevelView::of(level, level == chosen)).into(),
                LogsIn::Colleagues => Vec::new(),
            },
            usual_level: level::form_value(USUAL_LEVEL),
            people: Person::all(logs_in),
            portal: target.host_str().unwrap_or_default().to_owned(),
        })
    }

    fn log_in(&self, encoded: &[u8]) -> Result<Response, ProtocolError> {
        let form = Parameters::parse(encoded)?;
        let cancelled = form.get(field::CANCEL).is_some();
        let slug = form.get(field::CITIZEN);
        let level = form.get(field::LEVEL).and_then(level::of_form_value);
        let now = self.now();
        let (transaction, over) = (
            form.get(field::TRANSACTION).unwrap_or_default(),
            ProtocolError::invalid_request("the login is unknown, finished or expired"),
        );
        let begun = self.logins.look(transaction, now);
        // Who may log in depends on where to.
        let of = begun.as_ref().map(|request| self.logs_in(request)).unwrap_or_default();
        let person = slug.and_then(|slug| Person::by_slug(of, slug));
        // The transaction is used up only by a form that is right in all else.
        if !cancelled && (person.is_none() || level.is_none()) {
            return Err(ProtocolError::invalid_request("citizen or level is missing or unknown"));
        }
        let request = self.logins.redeem(transaction, now).ok_or(over)?;
        let (Some(person), Some(level), false) = (person, level, cancelled) else {
            let error = ProtocolError::new("access_denied", "the citizen cancelled the login");
            return Ok(self.return_error(&request.redirect_uri, Some(&request.state), error));
        };
        tracing::info!(citizen = person.slug(), level = level::form_value(level), "logged in");
        let (redirect_uri, state) = (request.redirect_uri.clone(), request.state.clone());
        let grant = Grant { request, person, level, auth_time: now };
        let code = self.codes.issue(grant, now).map_err(|_| ProtocolError::server_error())?;
        Ok(self.return_to(&redirect_uri, [("code", code.as_str()), ("state", state.as_str())]))
    }
}

pub(super) async fn submit(State(provider): State<Arc<Provider>>, body: Bytes) -> Response {
    provider.log_in(&body).unwrap_or_else(refused_page)
}
