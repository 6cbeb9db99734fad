//! Sources: what there is, and what takes them from citizens or gives them back.

use axum::extract::State;
use jiff::Timestamp;
use overblik_registry::{Change, Line, Slug, Subject, Window};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Admin,
    answer::Tagged,
    body::{Body, LookedAt},
    error::AdminError,
    here::SourceHere,
    history::After,
    named::{Asked, Named},
    shapes,
    token::Caller,
    views::{HistoryView, ListOf, SourceView},
};

/// The sources that the caller may see.
pub(super) async fn list(
    State(admin): State<Admin>,
    caller: Caller,
) -> Result<axum::Json<ListOf<SourceView>>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let seen = registry.sources().filter(|source| caller.0.may_touch(&source.authority));
    Ok(axum::Json(ListOf { items: seen.map(|source| SourceView::of(source, now)).collect() }))
}

/// One of them, and what is asked of it here.
pub(super) async fn show(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
) -> Result<Tagged<SourceHere>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    Ok(Tagged { record: source.last_record, value: SourceHere::of(&admin, &caller, source) })
}

/// What was done with it.
pub(super) async fn history(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    Asked(After { after }): Asked<After>,
) -> Result<axum::Json<HistoryView>, AdminError> {
    let registry = admin.registry().await?;
    registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    Ok(axum::Json(HistoryView::of(registry.history_of(Subject::Source(&source)), after, &registry)))
}

/// Which version citizens no longer see, and which they see again.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    /// The version that they see.
    #[schemars(schema_with = "shapes::version")]
    pub(super) from: u32,
    /// The one that they see again.
    #[schemars(schema_with = "shapes::version")]
    pub(super) to: u32,
}

pub(super) async fn roll_back(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    Body(RollBack { from, to }): Body<RollBack>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::RolledBack { source, from, to }).await
}

/// Why a source is not to be asked, and until when.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Suspend {
    /// Why: one line.
    #[schemars(schema_with = "shapes::line")]
    pub(super) reason: Line,
    /// Until when; until somebody says otherwise if it is missing.
    #[serde(default)]
    pub(super) until: Option<Timestamp>,
}

pub(super) async fn suspend(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    Body(Suspend { reason, until }): Body<Suspend>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::Suspended { source, reason, until }).await
}

pub(super) async fn resume(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::Resumed { source }).await
}

/// When a source is closed, in the place of the times before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Windows {
    /// The times, each with `from`, `to` and what citizens are told as `text`, in `da` and `en`.
    #[schemars(schema_with = "shapes::windows")]
    pub(super) windows: Vec<Window>,
}

pub(super) async fn set_windows(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    Body(Windows { windows }): Body<Windows>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::WindowsSet { source, windows }).await
}

/// Why something ends, or is not to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// Why: one line.
    #[schemars(schema_with = "shapes::line")]
    pub(super) reason: Line,
}

pub(super) async fn retire(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::SourceRetired { source, reason }).await
}
