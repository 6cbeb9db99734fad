//! Pages and forms about sources.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use overblik_connectors::GateStanding;
use overblik_registry::{Record, Slug, Subject, Texts, Window};
use serde::Deserialize;

use super::{offered::Offered, sent::Sent, worker::Worker};
use crate::{
    admin::{
        Admin,
        body::Body,
        error::AdminError,
        named::{Asked, Named},
        sources::{self, Reason, RollBack, Suspend, Windows},
    },
    page::console::{self, SourcePage, Waiting},
};

/// Records on a source's page.
const LAST: usize = 10;
/// Records on a page of its history.
const AT_ONCE: usize = 50;

/// How the gates of a source stand, here.
fn gates(admin: &Admin, source: &Slug) -> Vec<GateStanding> {
    let standings = admin.app.connectors().standings(admin.now());
    standings.into_iter().filter(|standing| standing.source == source.as_str()).collect()
}

pub(super) async fn list(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let mine = registry.sources().filter(|source| worker.actor.may_touch(&source.authority));
    let rows: Vec<_> = mine.map(|source| (source, gates(&admin, &source.slug))).collect();
    let waiting = if worker.actor.is_operator() { waiting(&registry) } else { Vec::new() };
    Ok(Html(console::sources(&worker.frame(), &waiting, &rows, now)))
}

/// What waits for an operator.
fn waiting(registry: &overblik_registry::Registry) -> Vec<Waiting> {
    let versions = registry.submitted_versions().map(|(source, version)| Waiting {
        href: format!("/console/sources/{}/versions/{}", source.slug, version.number),
        title: format!("{} · {}", source.slug, version.number),
    });
    let agreements = registry.pending_agreements().map(|(source, client, _)| Waiting {
        href: format!("/console/sources/{}#agreements", source.slug),
        title: format!("{} · {client}", source.slug),
    });
    versions.chain(agreements).collect()
}

pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let source = registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    let history: Vec<&Record> =
        registry.history_of(Subject::Source(&slug)).rev().take(LAST).map(AsRef::as_ref).collect();
    let may = Offered { registry: &registry, actor: &worker.actor, now }.of_source(source);
    let page = SourcePage { source, may: &may, gates: &gates(&admin, &slug), history: &history, now };
    Ok(Html(console::source(&worker.frame(), &page)))
}

/// From where the history is read on, backwards.
#[derive(Deserialize)]
pub(super) struct Before {
    #[serde(default)]
    before: Option<u64>,
}

pub(super) async fn history(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
    Asked(Before { before }): Asked<Before>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    let earlier = registry.history_of(Subject::Source(&slug)).rev();
    let mut earlier = earlier.filter(|record| before.is_none_or(|before| record.number < before));
    let records: Vec<&Record> = earlier.by_ref().take(AT_ONCE).map(AsRef::as_ref).collect();
    let older = earlier.next().and_then(|_| records.last()).map(|record| record.number);
    Ok(Html(console::history(&worker.frame(), &slug, &records, older, before.is_none())))
}

/// Where a form about a source leads.
pub(super) fn to_source(source: &Slug) -> Response {
    Redirect::to(&format!("/console/sources/{source}")).into_response()
}

pub(super) async fn suspend(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let suspend = Suspend { reason: form.line("reason")?, until: None };
    sources::suspend(State(admin), worker.caller(), Named(source.clone()), form.seen()?, Body(suspend)).await?;
    Ok(to_source(&source))
}

pub(super) async fn resume(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&[])?;
    sources::resume(State(admin), worker.caller(), Named(source.clone()), form.seen()?).await?;
    Ok(to_source(&source))
}

pub(super) async fn roll_back(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["from", "to"])?;
    let back = RollBack { from: form.number("from")?, to: form.number("to")? };
    sources::roll_back(State(admin), worker.caller(), Named(source.clone()), form.seen()?, Body(back)).await?;
    Ok(to_source(&source))
}

/// Another time in which a source is closed, beside those that are planned and not over.
pub(super) async fn add_window(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let registry = admin.registry().await?;
    // What is not theirs is not there, whatever else is wrong with the form.
    let known = registry.source_for(&worker.actor, source.as_str()).ok_or_else(AdminError::not_found)?;
    let form = sent.fields(&["from", "to", "text_da", "text_en"])?;
    let text = Texts { da: form.line("text_da")?, en: form.line("text_en")? };
    let added = Window { from: form.danish_time("from")?, to: form.danish_time("to")?, text };
    let planned = known.windows.iter().filter(|window| window.to > admin.now()).cloned();
    let windows = Windows { windows: planned.chain([added]).collect() };
    sources::set_windows(State(admin), worker.caller(), Named(source.clone()), form.seen()?, Body(windows)).await?;
    Ok(to_source(&source))
}

pub(super) async fn clear_windows(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let (form, none) = (sent.fields(&[])?, Windows { windows: Vec::new() });
    sources::set_windows(State(admin), worker.caller(), Named(source.clone()), form.seen()?, Body(none)).await?;
    Ok(to_source(&source))
}

pub(super) async fn retire(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let reason = Reason { reason: form.line("reason")? };
    sources::retire(State(admin), worker.caller(), Named(source.clone()), form.seen()?, Body(reason)).await?;
    Ok(to_source(&source))
}
