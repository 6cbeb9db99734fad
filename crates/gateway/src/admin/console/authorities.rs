//! Pages and forms about authorities.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use overblik_registry::{Authority, AuthorityEntry, Change, Record, Registry, Slug, Subject};

use super::{
    authority_form::{self, LARGEST},
    histories::{LAST, history_page},
    offered::Offered,
    sent::Sent,
    worker::Worker,
};
use crate::{
    admin::{
        Admin, AdminRefusal, authorities,
        body::{Body, LookedAt},
        error::AdminError,
        named::{Asked, Named},
        sources::Reason,
    },
    api_error::ApiError,
    page::console::{self, AuthorityForm, AuthorityPage, ConsoleFrame, FormMistake, OfWhat, WrittenAuthority},
};

use super::histories::Before;

pub(super) async fn list(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let mine = registry.authorities().filter(|(slug, _)| worker.actor.may_touch(slug));
    let rows: Vec<_> = mine.map(|(slug, entry)| (slug, entry, registry.sources_of(slug).count())).collect();
    let may_propose = Offered { registry: &registry, actor: &worker.actor, now }.a_new_authority();
    Ok(Html(console::authorities(&worker.frame(), &rows, may_propose)))
}

/// An authority that somebody may see.
fn seen<'r>(registry: &'r Registry, worker: &Worker, slug: &Slug) -> Result<&'r AuthorityEntry, AdminError> {
    let entry = registry.authority_entry(slug).filter(|_| worker.actor.may_touch(slug));
    entry.ok_or_else(AdminError::not_found)
}

pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let entry = seen(&registry, &worker, &slug)?;
    let sources: Vec<_> = registry.sources_of(&slug).collect();
    let history: Vec<&Record> =
        registry.history_of(Subject::Authority(&slug)).rev().take(LAST).map(AsRef::as_ref).collect();
    let may = Offered { registry: &registry, actor: &worker.actor, now }.of_authority(&slug, entry);
    let page = AuthorityPage { slug: &slug, entry, sources: &sources, may, history: &history, now };
    Ok(Html(console::authority(&worker.frame(), &page)))
}

pub(super) async fn history(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
    Asked(before): Asked<Before>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    seen(&registry, &worker, &slug)?;
    Ok(history_page(&worker, &registry, Subject::Authority(&slug), OfWhat::Authority(&slug), &before))
}

/// The form about an authority that there is.
pub(super) async fn change(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let entry = seen(&registry, &worker, &slug)?;
    // What waits is what whoever goes on wants to see; they may change it, or send what holds instead.
    let proposal = entry.pending.as_ref().map(|proposal| &proposal.value);
    let shown = proposal.or_else(|| entry.current.as_ref().map(|agreed| &agreed.value));
    let written = shown.map(WrittenAuthority::from).unwrap_or_default();
    let authority = shown.cloned().ok_or_else(AdminError::not_found)?;
    registry.check(&worker.actor, admin.now(), &Change::AuthorityProposed { authority })?;
    let page = AuthorityForm {
        known: Some((&slug, entry.last_record)),
        replaces: proposal.is_some(),
        written: &written,
        mistakes: &[],
    };
    Ok(Html(console::authority_form(&worker.frame(), &page)))
}

pub(super) async fn propose(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
    sent: Sent<LARGEST>,
) -> Result<Response, AdminError> {
    let registry = admin.registry().await?;
    // What is not theirs is not there, whatever else is wrong with the form.
    let replaces = seen(&registry, &worker, &slug)?.pending.is_some();
    let form = authority_form::fields(&sent, false)?;
    let (record, mut written) = (form.number("record")?, authority_form::written(&form));
    let mistakes = match authority_form::authority(Some(slug.clone()), &mut written) {
        Ok(authority) => return proposed(admin, &worker, LookedAt::Record(record), authority).await,
        Err(mistakes) => mistakes,
    };
    let page = AuthorityForm { known: Some((&slug, record)), replaces, written: &written, mistakes: &mistakes };
    // Where the form is found: its own address answers no look.
    let path = format!("/console/authorities/{slug}/change");
    Ok(mistaken(console::authority_form(&ConsoleFrame { path: &path, ..worker.frame() }, &page)))
}

/// The form of a new authority.
pub(super) async fn new(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    if !(Offered { registry: &registry, actor: &worker.actor, now }).a_new_authority() {
        return Err(AdminError::not_found());
    }
    let page = AuthorityForm { known: None, replaces: false, written: &WrittenAuthority::default(), mistakes: &[] };
    Ok(Html(console::authority_form(&worker.frame(), &page)))
}

pub(super) async fn propose_new(
    State(admin): State<Admin>,
    worker: Worker,
    sent: Sent<LARGEST>,
) -> Result<Response, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    if !(Offered { registry: &registry, actor: &worker.actor, now }).a_new_authority() {
        return Err(AdminError::not_found());
    }
    let mut written = authority_form::written(&authority_form::fields(&sent, true)?);
    let mistakes = match authority_form::authority(None, &mut written) {
        Ok(authority) if registry.authority_entry(&authority.slug).is_some() => vec![FormMistake::SlugTaken],
        Ok(authority) => return proposed(admin, &worker, LookedAt::Nothing, authority).await,
        Err(mistakes) => mistakes,
    };
    let page = AuthorityForm { known: None, replaces: false, written: &written, mistakes: &mistakes };
    Ok(mistaken(console::authority_form(&worker.frame(), &page)))
}

/// The form again, with what is wrong in it: nobody writes a set of keys twice.
fn mistaken(page: String) -> Response {
    let mut response = Html(page).into_response();
    *response.status_mut() = ApiError::AdminRefused(AdminRefusal::Body).into_response().status();
    response
}

async fn proposed(admin: Admin, worker: &Worker, seen: LookedAt, authority: Authority) -> Result<Response, AdminError> {
    let (slug, body) = authorities::ProposedAuthority::of(authority);
    authorities::propose(State(admin), worker.caller(), Named(slug.clone()), seen, Body(body)).await?;
    Ok(to_authority(&slug))
}

fn to_authority(authority: &Slug) -> Response {
    Redirect::to(&format!("/console/authorities/{authority}")).into_response()
}

pub(super) async fn approve(
    State(admin): State<Admin>,
    worker: Worker,
    Named(authority): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&[])?;
    authorities::approve(State(admin), worker.caller(), Named(authority.clone()), form.seen()?).await?;
    Ok(to_authority(&authority))
}

pub(super) async fn reject(
    State(admin): State<Admin>,
    worker: Worker,
    Named(authority): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let (named, reason) = (Named(authority.clone()), Reason { reason: form.line("reason")? });
    authorities::reject(State(admin), worker.caller(), named, form.seen()?, Body(reason)).await?;
    Ok(to_authority(&authority))
}
