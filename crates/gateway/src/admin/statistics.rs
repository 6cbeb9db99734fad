//! How often sources are called and what comes of it: an authority's own for it, and for operators all authorities together.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use overblik_registry::{Side, Slug};
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
    let registry = admin.registry().await?;
    let owner = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?.authority.clone();
    let (from, to, by) = period.days(admin.app.statistics.today())?;
    let mut rows = admin.app.statistics.of_source(source.as_str(), (from, to), by).await?;
    // Of a source of that name that was another's before there was a registry, it is told nothing.
    rows.retain(|row| row.authority.as_deref() == Some(owner.as_str()));
    Ok(answer(&headers, StatisticsView { from, to, by, rows }))
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
