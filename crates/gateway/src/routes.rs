//! Every route, on one page.

use axum::{
    Router,
    routing::{delete, get, post},
};

use crate::{app::App, handlers, layers};

/// The whole public surface.
pub(crate) fn router(app: App) -> Router {
    let routes = Router::new()
        // The citizen's page.
        .route("/", get(handlers::page::overview))
        // One section of it, and more about one item, on pages of their own.
        .route("/sections/{source}", get(handlers::section_pages::section))
        .route("/sections/{source}/items/{item}", get(handlers::section_pages::item))
        // What the overview is made of, and who answers for it: as a page, and as JSON.
        .route("/declaration", get(handlers::declared::declaration))
        .route("/api/v1/sources", get(handlers::declared::sources))
        // What was asked about the citizen: as a page, and as JSON. By their session alone.
        .route("/access-log", get(handlers::access_log::page))
        .route("/api/v1/access-log", get(handlers::access_log::list))
        // How often sources were called, all together and by month. It looks at nobody.
        .route("/api/v1/statistics", get(handlers::statistics::open_total))
        // The description of what is under /api, for whoever writes a program that asks there.
        .route("/openapi.json", get(handlers::openapi::show))
        .route("/was", get(handlers::declared::accessibility))
        // The overview for browsers and apps: JSON, or an event stream by `Accept`.
        .route("/api/v1/overview", get(handlers::overview::overview))
        // One section, and more about one item of it.
        .route("/api/v1/sections/{source}", get(handlers::sections::section))
        .route("/api/v1/sections/{source}/items/{item}", get(handlers::sections::item))
        // How long the session lasts, and the citizen's word that it should.
        .route("/api/v1/session", get(handlers::session::session).post(handlers::session::stay))
        // The citizen's own sessions.
        .route("/api/v1/sessions", get(handlers::sessions::list).delete(handlers::sessions::end_all))
        .route("/api/v1/sessions/{id}", delete(handlers::sessions::end))
        // Login and logout.
        .route("/auth/login", get(handlers::login::begin))
        .route("/auth/callback", get(handlers::login::callback))
        .route("/auth/logout", post(handlers::logout::log_out))
        .route("/auth/logged-out", get(handlers::farewell::logged_out))
        // Where a page goes when its session is over.
        .route("/auth/session-ended", get(handlers::farewell::session_ended))
        // The window in which a citizen lets a portal without a server show their overview, and where a login from there leads.
        .route("/connect/{portal}", get(handlers::connect::ask).post(handlers::connect::allow))
        .route("/auth/logged-in", get(handlers::connect::logged_in))
        // The identity provider's word that somebody logged out there. No browser comes here.
        .route("/auth/backchannel-logout", post(handlers::backchannel_logout::log_out))
        // The public halves of our keys at the identity provider.
        .route("/jwks.json", get(handlers::client_keys::key_set))
        // Portals: tokens for their servers, sections, the frames on their pages, and what these load.
        .route("/embed/v1/token", post(handlers::embed::token::exchange))
        .route("/embed/v1/revoke", post(handlers::embed::token::revoke))
        .route("/embed/v1/overview", get(handlers::embed::sections::overview))
        .route("/embed/v1/sections/{source}", get(handlers::embed::sections::section))
        .route("/embed/v1/frame", get(handlers::embed::frame::shell).post(handlers::embed::frame::show))
        .route("/embed/v1/connected", get(handlers::embed::connected::show).post(handlers::embed::connected::redeem))
        .route("/embed/v1/connected/end", post(handlers::embed::connected::end))
        .route("/embed/v1/integrity.json", get(handlers::embed::files::list))
        .route("/embed/v1/{file}", get(handlers::embed::files::file))
        // Stylesheet and script, by content hash.
        .route("/assets/{name}", get(handlers::assets::asset))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed);
    layers::inbound(routes, &app).with_state(app)
}
