//! What the overview is made of, and what its operator states about it.

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use http::HeaderMap;
use overblik_widgets::Sources;

use super::page::{came_from_another_site, frame, lead_on};
use crate::{
    app::App,
    handlers::session::SessionLeft,
    language,
    overview::Declaration,
    page::{self, DeclaredTo, PageFrame},
    session::current::{CurrentCitizen, Visitor},
};

/// Whom the overview asks about what: for a citizen about themselves, else in general. Asks nobody.
pub(crate) async fn declaration(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    const PATH: &str = "/declaration";
    let visited = frame(&app, language::of(&headers, query.as_deref()), PATH);
    let html = match visitor {
        Visitor::Citizen(viewing) => {
            let viewer = &viewing.viewer;
            let left = SessionLeft::of(&app, viewer);
            let session = Some(left.on_a_page(app.clock.moment()));
            let frame = PageFrame { citizen_name: viewer.name.as_deref(), session, ..visited };
            let sources = app.overviews.sources();
            let declared: Vec<_> = sources.declared_for(viewer).collect();
            page::declaration(&frame, DeclaredTo::Citizen, &declared)
        }
        Visitor::Stranger if came_from_another_site(&headers) => {
            return lead_on(&app, &headers, PATH).into_response();
        }
        Visitor::Stranger | Visitor::Expired | Visitor::Unusable => {
            let sources = app.overviews.sources();
            let declared: Vec<_> = sources.declared_to(&app.overview_config.display_client).collect();
            page::declaration(&visited, DeclaredTo::Everybody, &declared)
        }
    };
    Html(html).into_response()
}

/// The same for browsers and apps, about the citizen who asks.
pub(crate) async fn sources(State(app): State<App>, CurrentCitizen(viewing): CurrentCitizen) -> Json<Sources> {
    let sources = app.overviews.sources();
    let declared = sources.declared_for(&viewing.viewer);
    Json(Sources { sources: declared.map(Declaration::written).collect() })
}

/// The accessibility statement, at the short address that the law's guidance asks for. It does not look at who asks.
pub(crate) async fn accessibility(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Html<String> {
    Html(page::accessibility(&frame(&app, language::of(&headers, query.as_deref()), "/was"), &app.page_config))
}
