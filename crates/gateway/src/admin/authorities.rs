//! Authorities: who they are, which domains are theirs, and by which keys their programs are known.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use overblik_registry::{Authority, AuthorityEntry, Change, Cvr, HostName, KeySet, Slug, Subject, Texts};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Admin,
    answer::Tagged,
    body::{Body, LookedAt},
    error::AdminError,
    history::After,
    named::{Asked, Named},
    shapes,
    sources::Reason,
    token::Caller,
    views::{AuthorityView, HistoryView, ListOf},
};

/// The authorities that the caller may see.
pub(super) async fn list(
    State(admin): State<Admin>,
    caller: Caller,
) -> Result<axum::Json<ListOf<AuthorityView>>, AdminError> {
    let registry = admin.registry().await?;
    let seen = registry.authorities().filter(|(slug, _)| caller.0.may_touch(slug));
    Ok(axum::Json(ListOf { items: seen.map(|(slug, entry)| AuthorityView::of(slug.as_str(), entry)).collect() }))
}

pub(super) async fn show(
    State(admin): State<Admin>,
    caller: Caller,
    Named(authority): Named<Slug>,
) -> Result<Tagged<AuthorityView>, AdminError> {
    admin.show_authority(&caller, &authority).await
}

pub(super) async fn history(
    State(admin): State<Admin>,
    caller: Caller,
    Named(authority): Named<Slug>,
    Asked(After { after }): Asked<After>,
) -> Result<axum::Json<HistoryView>, AdminError> {
    admin.show_authority(&caller, &authority).await?;
    let registry = admin.registry().await?;
    Ok(axum::Json(HistoryView::of(registry.history_of(Subject::Authority(&authority)), after, &registry)))
}

/// An authority as it is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposedAuthority {
    /// Its name, in `da` and `en`.
    #[schemars(schema_with = "shapes::texts")]
    name: Texts,
    /// Its number in the central business register: eight digits.
    #[schemars(schema_with = "shapes::cvr")]
    cvr: Cvr,
    /// The domains that are its own, with all below them.
    #[schemars(with = "Vec<String>")]
    domains: BTreeSet<HostName>,
    /// Its programs by name, each with its public keys as a JSON Web Key Set.
    #[serde(default)]
    #[schemars(schema_with = "shapes::clients")]
    clients: BTreeMap<Slug, KeySet>,
}

impl ProposedAuthority {
    /// What is to be said of an authority, and of which.
    pub(super) fn of(authority: Authority) -> (Slug, Self) {
        let Authority { slug, name, cvr, domains, clients } = authority;
        (slug, Self { name, cvr, domains, clients })
    }
}

pub(super) async fn propose(
    State(admin): State<Admin>,
    caller: Caller,
    Named(slug): Named<Slug>,
    seen: LookedAt,
    Body(ProposedAuthority { name, cvr, domains, clients }): Body<ProposedAuthority>,
) -> Result<Tagged<AuthorityView>, AdminError> {
    let authority = Authority { slug: slug.clone(), name, cvr, domains, clients };
    admin.change_authority(caller, seen, &slug, |_| Ok(Change::AuthorityProposed { authority })).await
}

pub(super) async fn approve(
    State(admin): State<Admin>,
    caller: Caller,
    Named(authority): Named<Slug>,
    seen: LookedAt,
) -> Result<Tagged<AuthorityView>, AdminError> {
    let slug = authority.clone();
    let change = |entry: Option<&AuthorityEntry>| {
        let proposal = pending(entry)?;
        Ok(Change::AuthorityApproved { authority, proposal })
    };
    admin.change_authority(caller, seen, &slug, change).await
}

pub(super) async fn reject(
    State(admin): State<Admin>,
    caller: Caller,
    Named(authority): Named<Slug>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<AuthorityView>, AdminError> {
    let slug = authority.clone();
    let change = |entry: Option<&AuthorityEntry>| {
        let proposal = pending(entry)?;
        Ok(Change::AuthorityRejected { authority, proposal, reason })
    };
    admin.change_authority(caller, seen, &slug, change).await
}

/// The proposal that waits; 0, which no record is called, if none does. That it is the one that the caller saw, the record
/// that they looked at says.
fn pending(entry: Option<&AuthorityEntry>) -> Result<u64, AdminError> {
    let pending = entry.ok_or_else(AdminError::not_found)?.pending.as_ref();
    Ok(pending.map_or(0, |proposal| proposal.proposed.record))
}
