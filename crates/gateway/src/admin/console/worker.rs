//! Whoever works at the console: who they are, by their session's cookie alone.

use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{Method, request::Parts};
use overblik_registry::Actor;
use overblik_widgets::Language;

use super::waiting;
use crate::{
    admin::{Admin, token::Caller},
    api_error::ApiError,
    handlers::page::came_from_another_site,
    language,
    page::console::{ConsoleFrame, continue_to},
    session::cookie,
};

/// Somebody who is logged in, at a page.
pub(in crate::admin) struct Worker {
    pub(super) actor: Actor,
    pub(super) language: Language,
    path: String,
    /// How many things wait for them.
    waiting: usize,
}

impl Worker {
    /// Who they are to the functions that answer the API.
    pub(super) fn caller(&self) -> Caller {
        Caller(self.actor.clone())
    }

    pub(super) fn frame(&self) -> ConsoleFrame<'_> {
        ConsoleFrame { language: self.language, path: &self.path, who: Some(&self.actor), waiting: self.waiting }
    }
}

impl FromRequestParts<Admin> for Worker {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Response> {
        admin.console().map_err(IntoResponse::into_response)?;
        let language = language::of(&parts.headers, parts.uri.query());
        let path = parts.uri.path().to_owned();
        let colleague = match cookie::console(&parts.headers) {
            Some(ticket) => {
                admin.app.sessions.console(&ticket).await.map_err(|away| ApiError::from(away).into_response())?
            }
            None => None,
        };
        match colleague {
            Some(colleague) => {
                admin.app.limits.admin(&colleague.actor.id).map_err(IntoResponse::into_response)?;
                // What they asked and what became of it says the request's own line, under the same id.
                tracing::info!(actor = %colleague.actor.id, "person at the console");
                // Only a count: a page that needs the registry says itself that it is away.
                let registry = admin.registry().await.unwrap_or_else(|_away| admin.service.current());
                let waiting = waiting::tasks(&registry, &colleague.actor, admin.now()).yours.len();
                Ok(Self { actor: colleague.actor, language, path, waiting })
            }
            None if parts.method != Method::GET => Err(ApiError::SessionOver.into_response()),
            // A link from another site comes without the strict cookie; one hop from a page of ours brings it along.
            None if came_from_another_site(&parts.headers) => {
                let frame = ConsoleFrame { language, path: &path, who: None, waiting: 0 };
                Err(Html(continue_to(&frame, &path)).into_response())
            }
            None => Err(Redirect::to("/console/welcome").into_response()),
        }
    }
}
