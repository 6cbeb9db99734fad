//! What a citizen lets a portal without a server show them, in a frame of ours on its pages (decision 39).

use std::sync::Arc;

use http::HeaderMap;
use overblik_connectors::{Secret, SourceInfo};

use super::{Portal, admission, exchange::offered};
use crate::{
    api_error::ApiError,
    app::App,
    config::PortalWay,
    session::{PortalAccess, Viewing, cookie, current, sessions::Opened},
};

/// The portal of this name, if its site may have connected frames. Of any other nothing is said.
///
/// # Errors
/// [`ApiError::NotFound`].
pub(crate) fn portal<'a>(app: &'a App, name: &str) -> Result<&'a Portal, ApiError> {
    let portal = app.portals.get(name).filter(|portal| portal.may(PortalWay::Connected));
    portal.map(|portal| &**portal).ok_or(ApiError::NotFound)
}

/// The sources that a portal may show: those that agree with it, and with us, whose session it is that is lent.
pub(crate) fn sources(app: &App, portal: &Portal) -> Vec<Arc<SourceInfo>> {
    let (offered, us) = (offered(app, portal), &app.overview_config.display_client);
    let set = app.connectors();
    let agrees = |source: &SourceInfo| offered.contains(&source.slug) && source.display_clients.contains_key(us);
    let sources = set.sources().iter().filter(|versions| versions.all().any(|one| agrees(one.source())));
    sources.map(|versions| Arc::clone(versions.main.source())).collect()
}

/// Lets a portal show the sections of whoever opened their own session, and gives the code by which its frame comes to
/// it; `None` if that session is over meanwhile.
///
/// # Errors
/// [`ApiError::StoreAway`].
pub(crate) async fn connect(app: &App, own: &Opened, portal: &Portal) -> Result<Option<Secret>, ApiError> {
    let access = PortalAccess {
        portal: portal.name.clone(),
        sources: sources(app, portal).into_iter().map(|source| source.slug.clone()).collect(),
        key_thumbprint: None,
        own_session: Some(own.key),
    };
    // The former one ends with this: nothing that it asked for is kept as the new one's.
    for former in app.sessions.connected_to(own.key, [portal.name.as_str()]) {
        app.overviews.fetches().forget(former);
    }
    let code = app.sessions.connect(own, access, &portal.display_client).await?;
    tracing::info!(portal = portal.name, citizen = %own.session.scope().actor().pseudonym, given = code.is_some(), "a portal was let show sections");
    Ok(code)
}

/// The citizen whose sections a portal's connected frame shows, by its own cookie and no other; `None` if it shows nobody's
/// (any more).
///
/// # Errors
/// [`ApiError::TooManyRequests`], [`ApiError::StoreAway`].
pub(crate) async fn shown(app: &App, headers: &HeaderMap, portal: &Portal) -> Result<Option<Viewing>, ApiError> {
    let Some(ticket) = cookie::connected(headers, &portal.name) else { return Ok(None) };
    let found = app.sessions.open_connected(&ticket, current::activity(headers)).await?;
    let Some(found) = found.filter(|found| found.access.portal == portal.name) else { return Ok(None) };
    // Not before something was opened: whoever has nothing to show does not use up what the portal may ask.
    app.limits.client(&portal.counted_as)?;
    Ok(admission::within(portal, found, None).ok())
}
