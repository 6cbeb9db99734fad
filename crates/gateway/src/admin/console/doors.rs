//! Every page and form of the console, in one table.

use axum::{
    Router,
    extract::{Request, State},
    handler::Handler,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, MethodRouter, any, get, on},
};
use http::Method;

use super::{
    agreements, authorities, differences, editor, login, new_source, refused, sources, statistics, trying, versions,
    waiting,
};
use crate::{
    admin::{Admin, verbs},
    edge::{own_pages, rate_limits},
    handlers, layers,
};

/// A row of the table.
pub struct Door {
    /// `GET` for a page, `POST` for a form.
    pub method: Method,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// Whether it is there for whoever is not logged in.
    pub open: bool,
    route: MethodRouter<Admin>,
}

impl Door {
    fn page<H: Handler<T, Admin>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { method: Method::GET, path, open: false, route: on(MethodFilter::GET, handler) }
    }

    fn form<H: Handler<T, Admin>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { method: Method::POST, path, open: false, route: on(MethodFilter::POST, handler) }
    }
}

/// The table.
#[must_use]
pub fn doors() -> Vec<Door> {
    vec![
        Door { open: true, ..Door::page("/console/welcome", login::welcome) },
        Door { open: true, ..Door::page("/console/log-in", login::begin) },
        Door { open: true, ..Door::page("/console/callback", login::callback) },
        Door { open: true, ..Door::page("/console/logged-out", login::logged_out) },
        Door { open: true, ..Door::form("/console/log-out", login::log_out) },
        Door::page("/console", waiting::show),
        Door::page("/console/sources", sources::list),
        Door::page("/console/new-source", new_source::show),
        Door::form("/console/new-source", new_source::send),
        Door::page("/console/sources/{source}", sources::show),
        Door::page("/console/sources/{source}/history", sources::history),
        Door::page("/console/sources/{source}/statistics", statistics::show),
        Door::page("/console/sources/{source}/edit", editor::show),
        Door::form("/console/sources/{source}/edit", editor::send),
        Door::page("/console/sources/{source}/diff", differences::show),
        Door::form("/console/sources/{source}/suspend", sources::suspend),
        Door::form("/console/sources/{source}/resume", sources::resume),
        Door::form("/console/sources/{source}/rollback", sources::roll_back),
        Door::form("/console/sources/{source}/windows", sources::add_window),
        Door::form("/console/sources/{source}/windows/clear", sources::clear_windows),
        Door::form("/console/sources/{source}/retire", sources::retire),
        Door::page("/console/sources/{source}/versions/{version}", versions::show),
        Door::page("/console/sources/{source}/versions/{version}/try", trying::show),
        Door::form("/console/sources/{source}/versions/{version}/try", trying::send),
        Door::form("/console/sources/{source}/versions/{version}/test", versions::test),
        Door::form("/console/sources/{source}/versions/{version}/submit", versions::submit),
        Door::form("/console/sources/{source}/versions/{version}/approve", versions::approve),
        Door::form("/console/sources/{source}/versions/{version}/refuse", versions::refuse),
        Door::form("/console/sources/{source}/versions/{version}/release", versions::release),
        Door::form("/console/sources/{source}/versions/{version}/retire", versions::retire),
        Door::form("/console/sources/{source}/agreements", agreements::propose),
        Door::form("/console/sources/{source}/agreements/{display_client}/approve", agreements::approve),
        Door::form("/console/sources/{source}/agreements/{display_client}/reject", agreements::reject),
        Door::form("/console/sources/{source}/agreements/{display_client}/end", agreements::end),
        Door::page("/console/authorities", authorities::list),
        Door::page("/console/authorities/{authority}", authorities::show),
        Door::page("/console/authorities/{authority}/history", authorities::history),
        Door::page("/console/authorities/{authority}/change", authorities::change),
        Door::form("/console/authorities/{authority}/propose", authorities::propose),
        Door::form("/console/authorities/{authority}/approve", authorities::approve),
        Door::form("/console/authorities/{authority}/reject", authorities::reject),
        Door::page("/console/new-authority", authorities::new),
        Door::form("/console/new-authority", authorities::propose_new),
    ]
}

/// The routes of all doors, with what each passes, outermost last.
pub(crate) fn routes(admin: &Admin) -> Router<Admin> {
    let routes = doors().into_iter().fold(Router::new(), |routes, door| {
        // A form may run the kit.
        let timed = door.route.layer(from_fn_with_state(verbs::TESTED, crate::admin::serving::in_time));
        routes.route(door.path, timed)
    });
    routes
        .route("/", get(first_page))
        .route("/console/", get(first_page))
        .route("/console/{*none}", any(handlers::not_found))
        // Nobody may begin more logins than their share (requirement R73).
        .layer(from_fn_with_state(admin.app.clone(), rate_limits::beginnings_at_console))
        // What other sites made a browser send starts nothing (requirement R33).
        .layer(from_fn_with_state(admin.clone(), only_from_our_pages))
        // Stylesheets are loaded by the pages.
        .route("/assets/{name}", get(handlers::assets::asset))
        .layer(from_fn_with_state(admin.clone(), refused::as_pages))
        .layer(from_fn(layers::remember_language))
        .layer(from_fn_with_state(layers::security_headers(&admin.public_url), layers::add_headers))
}

/// Where whoever types the listener's address, or one with a stroke too many, wants to be.
async fn first_page() -> Redirect {
    Redirect::to("/console")
}

async fn only_from_our_pages(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    match own_pages::check_console(request.method(), request.headers(), &admin.origin) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}
