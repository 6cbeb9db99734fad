//! How often sources are called and what comes of it: an authority's own for it, and for operators all authorities together.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use overblik_registry::{Actor, Side, Slug};
use overblik_widgets::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Admin, AdminRefusal,
    error::AdminError,
    named::{Asked, Named},
    token::Caller,
};
use crate::statistics::{By, CSV, Row, StatisticsAway, to_csv, wants_csv};

/// Of which days, and by which periods.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    /// The first day, such as `2026-11-01`; the first of the month of `to` if it is missing. 25 months are kept.
    #[serde(default)]
    from: Option<Date>,
    /// The last day; today if it is missing.
    #[serde(default)]
    to: Option<Date>,
    /// Whether by `day` or by `month`.
    #[serde(default)]
    by: By,
}

/// Statistics of some days, for everything that was asked for. Without a row nothing was counted.
#[derive(Serialize, JsonSchema)]
pub(super) struct StatisticsView {
    /// The first day.
    from: Date,
    /// The last.
    to: Date,
    /// By which periods.
    by: By,
    /// The figures.
    rows: Vec<Row>,
}

impl From<StatisticsAway> for AdminError {
    fn from(error: StatisticsAway) -> Self {
        tracing::error!(%error, "the statistics are not to be had");
        Self::because(AdminRefusal::RegistryAway, "The statistics cannot be read right now.")
    }
}

/// Those of one source.
pub(super) async fn of_source(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    Asked(period): Asked<Period>,
    headers: HeaderMap,
) -> Result<Response, AdminError> {
    // What is not theirs is not there, whatever else is wrong with what was asked.
    owner(&admin, &caller.0, &source).await?;
    let (from, to, by) = period.days(admin.app.statistics.today())?;
    let rows = rows_of_source(&admin, &caller.0, &source, (from, to), by).await?;
    Ok(answer(&headers, StatisticsView { from, to, by, rows }))
}

/// The figures of a source from one day to another, both included, for whoever may see it.
///
/// # Errors
/// That there is no such source, for whoever may not; that the statistics cannot be read.
pub(super) async fn rows_of_source(
    admin: &Admin,
    actor: &Actor,
    source: &Slug,
    days: (Date, Date),
    by: By,
) -> Result<Vec<Row>, AdminError> {
    let owner = owner(admin, actor, source).await?;
    let mut rows = admin.app.statistics.of_source(source.as_str(), days, by).await?;
    // Of a source of that name that was another's before there was a registry, it is told nothing.
    rows.retain(|row| row.authority.as_deref() == Some(owner.as_str()));
    Ok(rows)
}

async fn owner(admin: &Admin, actor: &Actor, source: &Slug) -> Result<Slug, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(actor, source.as_str()).ok_or_else(AdminError::not_found)?;
    Ok(source.authority.clone())
}

/// Those of every authority, for operators.
pub(super) async fn of_authorities(
    State(admin): State<Admin>,
    caller: Caller,
    Asked(period): Asked<Period>,
    headers: HeaderMap,
) -> Result<Response, AdminError> {
    if caller.0.side != Side::Operator {
        return Err(AdminError::not_found());
    }
    let (from, to, by) = period.days(admin.app.statistics.today())?;
    let rows = admin.app.statistics.of_authorities((from, to), by).await?;
    Ok(answer(&headers, StatisticsView { from, to, by, rows }))
}

impl Period {
    fn days(self, today: Date) -> Result<(Date, Date, By), AdminError> {
        let to = self.to.unwrap_or(today);
        let from = self.from.unwrap_or_else(|| to.first_of_month());
        if from > to {
            return Err(AdminError::because(AdminRefusal::Body, "from is after to"));
        }
        Ok((from, to, self.by))
    }
}

fn answer(headers: &HeaderMap, view: StatisticsView) -> Response {
    if wants_csv(headers) {
        return ([(header::CONTENT_TYPE, CSV)], to_csv(&view.rows)).into_response();
    }
    Json(view).into_response()
}
