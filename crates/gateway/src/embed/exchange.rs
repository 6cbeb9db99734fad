//! A citizen's access token in exchange for what opens their sections to a portal (RFC 8693; requirement R69).

use std::collections::BTreeSet;

use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Secret;

use super::{
    Portal, Refusal,
    embed_token::{EmbedToken, LIFE_S},
};
use crate::{
    api_error::ApiError,
    app::App,
    bearer::{self, Established, Scheme, Shown},
    config::{Dpop, PortalWay},
    form::Form,
    session::{LoginToken, PortalAccess, PortalViewing, Session, sealing::Ticket, sessions::Activity},
    telemetry::Ending,
};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// A citizen's access token of the identity provider.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// What opens sections to a portal's server.
const SECTIONS: &str = "urn:overblik:token-type:sections";
/// What opens sections to a portal's page.
const EMBED: &str = "urn:overblik:token-type:embed";

/// Fields of an exchange, besides those of [`crate::client_assertion::FIELDS`].
pub(crate) const FIELDS: [&str; 6] =
    ["grant_type", "subject_token", "subject_token_type", "requested_token_type", "audience", "scope"];

/// Seconds after which a portal whose citizen has to wait may try again.
const COME_BACK_S: u32 = 12;

/// What a portal's server is given.
pub(crate) struct Given {
    /// The token.
    pub(crate) token: Secret,
    /// What it is, as it was asked for.
    pub(crate) kind: &'static str,
    /// How it is to be shown.
    pub(crate) scheme: Scheme,
    /// Seconds until it ends.
    pub(crate) expires_in: i64,
    /// The sources that it is good for, separated by spaces.
    pub(crate) scope: String,
}

/// Exchanges a token for a portal that has proved itself.
///
/// # Errors
/// [`Refusal`]s, [`ApiError::BadParameter`], and what [`bearer::establish`] says of the citizen's token.
pub(crate) async fn exchange(app: &App, form: &Form, portal: &Portal, request: &Parts) -> Result<Given, ApiError> {
    if form.required("grant_type")? != GRANT_TYPE {
        return Err(ApiError::BadParameter);
    }
    let wanted = Wanted::of(form, portal)?;
    let offered = offered(app, portal);
    let scope = scope(form, &offered)?;
    let (ticket, found) = match form.required("subject_token_type")? {
        ACCESS_TOKEN => {
            // Of an embed token the session behind it holds all that the portal may show: there is one for all its pages.
            let sources = scope.clone().filter(|_| matches!(wanted, Wanted::Sections)).unwrap_or(offered);
            begin(app, form, portal, sources, request).await?
        }
        SECTIONS => renew(app, form, portal, request).await?,
        _ => return Err(ApiError::BadParameter),
    };
    let open: BTreeSet<String> = found.access.sources.intersection(&portal.sources).cloned().collect();
    let named = within(scope, open.clone())?;
    // A section access opens all that its session does, also where fewer were named: the answer says so.
    let sources = if matches!(wanted, Wanted::Sections) { open } else { named };
    let now = app.clock.now();
    let left = |until: Timestamp| until.as_second().saturating_sub(now.as_second()).max(0);
    let scope = sources.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    tracing::info!(portal = portal.name, kind = wanted.name(), citizen = %found.viewing.viewer.scope.actor().pseudonym, "token given to a portal");
    Ok(match wanted {
        Wanted::Sections => Given {
            token: Secret::new(ticket.reveal().to_string()),
            kind: SECTIONS,
            scheme: if found.access.key_thumbprint.is_some() { Scheme::Dpop } else { Scheme::Bearer },
            expires_in: left(found.ends),
            scope,
        },
        Wanted::Embed { origin } => {
            let latest = now.checked_add(SignedDuration::from_secs(LIFE_S)).unwrap_or(now);
            let expires = latest.min(found.ends);
            let token = EmbedToken { portal: portal.name.clone(), origin, sources, expires };
            let us = app.public_url.origin().ascii_serialization();
            let token = Secret::new(token.sign(&us, &ticket, &app.sessions));
            Given { token, kind: EMBED, scheme: Scheme::Bearer, expires_in: left(expires), scope }
        }
    })
}

/// Ends the session behind a section access of this portal. One that opens nothing, or another's, is left alone.
///
/// # Errors
/// [`ApiError::StoreAway`].
pub(crate) async fn revoke(app: &App, form: &Form, portal: &Portal) -> Result<(), ApiError> {
    let Some(ticket) = Ticket::parse(form.required("token")?) else { return Ok(()) };
    match app.sessions.open_for_portal(&ticket, Activity::DoesNotCount).await? {
        Some(found) if found.access.portal == portal.name => {
            Ok(app.end_session(found.viewing.viewer.session, Ending::Portal).await?)
        }
        _ => Ok(()),
    }
}

/// What a portal wants.
enum Wanted {
    Sections,
    Embed { origin: String },
}

impl Wanted {
    fn of(form: &Form, portal: &Portal) -> Result<Self, ApiError> {
        let refused = |refusal| Err(ApiError::ExchangeRefused(refusal));
        match form.get("requested_token_type").unwrap_or(SECTIONS) {
            SECTIONS if !portal.may(PortalWay::Server) => refused(Refusal::Way),
            SECTIONS if form.get("audience").is_some() => Err(ApiError::BadParameter),
            SECTIONS => Ok(Self::Sections),
            EMBED if !portal.may(PortalWay::Component) && !portal.may(PortalWay::Frame) => refused(Refusal::Way),
            EMBED => {
                let only = || portal.origins.first().filter(|_| portal.origins.len() == 1).map(String::as_str);
                let origin = form.get("audience").or_else(only).filter(|origin| portal.origins.contains(*origin));
                origin
                    .map_or_else(|| refused(Refusal::Audience), |origin| Ok(Self::Embed { origin: origin.to_owned() }))
            }
            _ => Err(ApiError::BadParameter),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Sections => "sections",
            Self::Embed { .. } => "embed",
        }
    }
}

/// What a portal may show: what it is registered for, of sources that agree. The others are as if they did not exist.
pub(super) fn offered(app: &App, portal: &Portal) -> BTreeSet<String> {
    let set = app.connectors();
    let sources = set.connectors().map(|connector| connector.source());
    let agreed = sources.filter(|source| source.display_clients.contains_key(&portal.display_client));
    agreed.map(|source| source.slug.clone()).filter(|slug| portal.sources.contains(slug)).collect()
}

/// The sources that a form names, if it names any.
fn scope(form: &Form, offered: &BTreeSet<String>) -> Result<Option<BTreeSet<String>>, ApiError> {
    let Some(scope) = form.get("scope") else { return Ok(None) };
    let named: BTreeSet<String> = scope.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    within(Some(named), offered.clone()).map(Some)
}

fn within(named: Option<BTreeSet<String>>, most: BTreeSet<String>) -> Result<BTreeSet<String>, ApiError> {
    match named {
        None => Ok(most),
        Some(named) if !named.is_empty() && named.is_subset(&most) => Ok(named),
        Some(_) => Err(ApiError::ExchangeRefused(Refusal::Source)),
    }
}

fn no_subject(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "token that a portal brought refused");
    ApiError::ExchangeRefused(Refusal::SubjectToken)
}

/// The session for a citizen's access token: the one that it has already, or a new one with these sources.
async fn begin(
    app: &App,
    form: &Form,
    portal: &Portal,
    sources: BTreeSet<String>,
    request: &Parts,
) -> Result<(Ticket, PortalViewing), ApiError> {
    let in_words = |error| match error {
        ApiError::TokenRefused => ApiError::ExchangeRefused(Refusal::SubjectToken),
        other => other,
    };
    let shown = Shown::in_form(form.required("subject_token")?, &request.headers).map_err(in_words)?;
    let established = bearer::establish(app, &portal.api, &shown, request).await.map_err(in_words)?;
    let session = session(app, portal, sources, established, &shown.token);
    let ticket = match app.sessions.found_for_portal(&session, &shown.token).await? {
        Some(ticket) => Some(ticket),
        // Whoever is there already is served before anybody new, as at login.
        None if app.overload.logins_wait() => return Err(ApiError::Overloaded { retry_after_s: COME_BACK_S }),
        None => app.sessions.begin_for_portal(&session, &shown.token).await?,
    };
    let over = || no_subject("the citizen logged out since, or what the token began has ended");
    let ticket = ticket.ok_or_else(over)?;
    let found = app.sessions.open_for_portal(&ticket, Activity::Counts).await?.ok_or_else(over)?;
    Ok((ticket, found))
}

/// A session that ends with the token it was got for, and says nothing of the citizen's name.
fn session(app: &App, portal: &Portal, sources: BTreeSet<String>, established: Established, token: &str) -> Session {
    let Established { identity, authentication, expires, key_thumbprint, .. } = established;
    let access = PortalAccess { portal: portal.name.clone(), sources, key_thumbprint, own_session: None };
    let lent = app.connectors().exchanges_login_token();
    let mut session = Session::begin(authentication, None, identity, app.clock.now());
    session.ends_at_provider = Some(expires);
    session.login_token = lent.then(|| LoginToken { token: Secret::new(token.to_owned()), expires });
    session.portal = Some(access);
    session
}

/// The session that a section access opens, if it is this portal's, and its key's holder brings it.
async fn renew(app: &App, form: &Form, portal: &Portal, request: &Parts) -> Result<(Ticket, PortalViewing), ApiError> {
    let refused = || no_subject("the section access opens nothing, or is another portal's");
    let shown = Shown::in_form(form.required("subject_token")?, &request.headers).map_err(|_| refused())?;
    let ticket = Ticket::parse(&shown.token).ok_or_else(refused)?;
    let found = app.sessions.open_for_portal(&ticket, Activity::Counts).await?;
    let found = found.filter(|found| found.access.portal == portal.name).ok_or_else(refused)?;
    bearer::check_holder(app, Dpop::Accepted, &shown, found.access.key_thumbprint.as_deref(), request).await.map_err(
        |error| match error {
            ApiError::TokenRefused => refused(),
            other => other,
        },
    )?;
    Ok((ticket, found))
}
