//! Pages and forms about sources.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use overblik_registry::{Actor, Record, Slug, Source, Subject, Texts, Window};

use super::{
    histories::{Before, LAST, history_page},
    offered::Offered,
    sent::Sent,
    worker::Worker,
};
use crate::{
    admin::{
        Admin,
        body::Body,
        error::AdminError,
        index,
        named::{Asked, Named},
        sources::{self, Reason, RollBack, Suspend, Windows},
    },
    index::HowItIs,
    page::console::{self, Here, IndexHere, OfWhat, SourcePage},
};

/// How a source stands here, as somebody may know it.
pub(super) fn here(admin: &Admin, actor: &Actor, source: &Slug) -> Here {
    let standings = admin.app.connectors().standings(admin.now());
    let mut mistakes = admin.mistakes_here(actor, source);
    mistakes.dedup();
    Here { gates: standings.into_iter().filter(|standing| standing.source == source.as_str()).collect(), mistakes }
}

pub(super) async fn list(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let mine = registry.sources().filter(|source| worker.actor.may_touch(&source.authority));
    let rows: Vec<_> = mine.map(|source| (source, here(&admin, &worker.actor, &source.slug))).collect();
    let offered = Offered { registry: &registry, actor: &worker.actor, now };
    let may_begin = registry.authorities().any(|(slug, _)| offered.a_new_source(slug));
    Ok(Html(console::sources(&worker.frame(), &rows, may_begin, now)))
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
    let page = SourcePage {
        source,
        may: &may,
        here: &here(&admin, &worker.actor, &slug),
        index: console_index(&admin, source),
        display_clients: &admin.display_clients,
        history: &history,
        now,
    };
    Ok(Html(console::source(&worker.frame(), &page)))
}

/// How its index is here; nothing where there is none and may be none.
fn console_index(admin: &Admin, source: &Source) -> Option<IndexHere> {
    match index::how_it_is(admin, source) {
        Some(HowItIs::InUse(count)) => Some(IndexHere::InUse(count)),
        Some(HowItIs::Away(why)) => Some(IndexHere::Away(why)),
        None => index::may_be(admin).then_some(IndexHere::None),
    }
}

pub(super) async fn history(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
    Asked(before): Asked<Before>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    Ok(history_page(&worker, &registry, Subject::Source(&slug), OfWhat::Source(&slug), &before))
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
    let form = sent.fields(&["reason", "until"])?;
    let suspend = Suspend { reason: form.line("reason")?, until: form.optional_danish_time("until")? };
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
