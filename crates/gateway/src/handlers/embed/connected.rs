//! The frame on a page of a portal without a server (requirements R67 and R69): it shows the sections of a citizen who let it
//! in a window of ours (`handlers::connect`), and to everybody else a button. What opens it is a cookie of its own, which a
//! browser keeps for frames on this site alone; no other cookie opens anything here.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use overblik_widgets::Language;
use url::form_urlencoded;

use super::{
    frame::{frame, framed_by, origins, with_error},
    sections::{collected, only},
};
use crate::{
    api_error::ApiError,
    app::App,
    edge::shedding::Arrived,
    embed::{Portal, connected, files::CONNECT_SCRIPT},
    form::Form,
    handlers::page::REFRESH,
    language,
    overview::{Collected, Shown},
    page::{self, ConnectedFrame, EmbedFrame, NotShown},
    session::{Standing, Viewing, cookie, sessions::Activity},
    telemetry::Ending,
};

/// Where it is.
const PATH: &str = "/embed/v1/connected";

/// Which frame it is.
struct Asked<'a> {
    app: &'a App,
    portal: &'a Portal,
    /// The names of the portal's origins, separated by spaces.
    origins: String,
    language: Language,
    /// The sources that it shows, separated by commas; all of the portal's if it names none.
    sections: Option<String>,
}

/// The button, or the sections.
pub(crate) async fn show(
    State(app): State<App>,
    arrived: Arrived,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.as_deref();
    let name = once(query, "portal")?.ok_or(ApiError::BadParameter)?;
    let asked = Asked::of(&app, &name, language::of(&headers, query), once(query, "sections")?)?;
    let shown = async {
        let Some(viewing) = connected::shown(&app, &headers, asked.portal).await? else { return Ok(None) };
        let standing = viewing.viewer.standing;
        asked.collect(viewing, arrived, &headers).await.map(|collected| Some((collected, standing)))
    };
    match shown.await {
        Ok(Some((Collected { summary, sections }, standing))) => {
            let sections: Vec<_> = sections.iter().map(Shown::section).collect();
            let mut response = asked.page(|frame| page::frame_sections(frame, &summary, &sections));
            if let Standing::Portal { ends } = standing {
                response.headers_mut().extend(asked.goes_at(ends));
            }
            Ok(response)
        }
        Ok(None) | Err(ApiError::TokenRefused) => {
            // Whoever let it just now, and has no cookie to show for it, has a browser that keeps none.
            let was_given = once(query, "given")?.is_some();
            Ok(asked.button(if was_given { NotShown::NoCookie } else { NotShown::NotAsked }))
        }
        Err(error) => Ok(with_error(asked.page(page::frame_away), error)),
    }
}

/// The code that the window gave the frame.
pub(crate) async fn redeem(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    let form = Form::read(&headers, &body, &["portal", "lang", "sections", "code"])?;
    let (asked, code) = (Asked::of_form(&app, &form)?, form.required("code")?);
    let portal = &asked.portal.name;
    let given = async {
        let Some(ticket) = app.sessions.redeem(code, portal).await? else { return Ok(None) };
        app.limits.client(&asked.portal.counted_as)?;
        let found = app.sessions.open_connected(&ticket, Activity::Counts).await?;
        Ok::<_, ApiError>(found.map(|_found| ticket))
    };
    Ok(match given.await {
        Ok(Some(ticket)) => {
            let mut response = Redirect::to(&format!("{}&given=1", asked.address())).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie::give_connected(portal, &ticket));
            response
        }
        Ok(None) => {
            tracing::warn!(portal, "code of a connected frame refused");
            with_error(asked.button(NotShown::Refused), ApiError::TokenRefused)
        }
        Err(error) => with_error(asked.page(page::frame_away), error),
    })
}

/// The citizen wants no more of it here.
pub(crate) async fn end(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    let form = Form::read(&headers, &body, &["portal", "lang", "sections"])?;
    let asked = Asked::of_form(&app, &form)?;
    let ended = async {
        if let Some(viewing) = connected::shown(&app, &headers, asked.portal).await? {
            app.end_session(viewing.viewer.session).await?;
            app.metrics.sessions.ended(Ending::Portal, 1);
            tracing::info!(portal = asked.portal.name, "a connected frame was ended by its citizen");
        }
        Ok::<_, ApiError>(())
    };
    // While it may still open something the cookie stays, for another try.
    if let Err(error) = ended.await {
        return Ok(with_error(asked.page(page::frame_away), error));
    }
    let mut response = Redirect::to(&asked.address()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie::take_connected(&asked.portal.name));
    Ok(response)
}

impl<'a> Asked<'a> {
    /// A portal's frame, of sources that the portal may show.
    fn of(app: &'a App, name: &str, language: Language, sections: Option<String>) -> Result<Self, ApiError> {
        let portal = connected::portal(app, name)?;
        let sections = sections.filter(|list| !list.is_empty());
        if let Some(list) = &sections {
            let offered = connected::sources(app, portal);
            if !list.split(',').all(|slug| offered.iter().any(|source| source.slug == slug)) {
                return Err(ApiError::NotFound);
            }
        }
        Ok(Self { app, portal, origins: origins(portal), language, sections })
    }

    fn of_form(app: &'a App, form: &Form) -> Result<Self, ApiError> {
        let language = language::from_tag(form.required("lang")?).unwrap_or_default();
        Self::of(app, form.required("portal")?, language, form.get("sections").map(str::to_owned))
    }

    /// What is shown of somebody's overview in this frame.
    async fn collect(&self, viewing: Viewing, arrived: Arrived, headers: &HeaderMap) -> Result<Collected, ApiError> {
        let viewing = match &self.sections {
            None => viewing,
            Some(list) => only(viewing, &list.split(',').collect::<Vec<_>>())?,
        };
        collected(self.app, &viewing, (arrived, None), headers, self.language).await
    }

    fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("portal", &self.portal.name).append_pair("lang", self.language.tag());
        if let Some(sections) = &self.sections {
            query.append_pair("sections", sections);
        }
        format!("{PATH}?{}", query.finish())
    }

    fn page(&self, html: impl FnOnce(&EmbedFrame<'_>) -> String) -> Response {
        let address = self.address();
        let connected = ConnectedFrame {
            address: &address,
            sections: self.sections.as_deref().unwrap_or_default(),
            script: &CONNECT_SCRIPT.path,
        };
        let frame = frame(self.app, self.portal, &self.origins, self.language);
        framed_by(&self.origins, html(&EmbedFrame { connected: Some(connected), ..frame }))
    }

    /// Takes what is shown from the screen when it is over, also without a script (decision 34).
    fn goes_at(&self, ends: Timestamp) -> Option<(HeaderName, HeaderValue)> {
        let seconds = ends.duration_since(self.app.clock.now()).as_secs().saturating_add(1);
        Some((REFRESH, HeaderValue::from_str(&format!("{seconds};url={}", self.address())).ok()?))
    }

    /// The button. A cookie that opens nothing goes.
    fn button(&self, why: NotShown) -> Response {
        let mut response = self.page(|frame| page::frame_button(frame, why));
        response.headers_mut().append(header::SET_COOKIE, cookie::take_connected(&self.portal.name));
        response
    }
}

/// A parameter of a query, if it is there once.
fn once(query: Option<&str>, name: &str) -> Result<Option<String>, ApiError> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut values = pairs.filter(|(given, _)| given == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(ApiError::BadParameter),
    }
}
