//! The page of a source's statistics.

use axum::{extract::State, response::Html};
use overblik_registry::Slug;

use super::worker::Worker;
use crate::{
    admin::{Admin, error::AdminError, named::Named, statistics},
    page::console::{self, StatisticsPage},
    statistics::By,
};

pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
) -> Result<Html<String>, AdminError> {
    let today = admin.app.statistics.today();
    let (days, months) = (StatisticsPage::first_day(today), StatisticsPage::first_month(today));
    let days = statistics::rows_of_source(&admin, &worker.actor, &source, (days, today), By::Day).await?;
    let months = statistics::rows_of_source(&admin, &worker.actor, &source, (months, today), By::Month).await?;
    let page = StatisticsPage { source: &source, today, days: &days, months: &months };
    Ok(Html(console::statistics(&worker.frame(), &page)))
}
