//! Agreements: which display clients may show a source, and in which municipalities.

use axum::extract::State;
use overblik_registry::{Change, Municipalities, Slug, Source};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Admin,
    answer::Tagged,
    body::{Body, LookedAt},
    error::AdminError,
    named::{Named, SourceClient},
    shapes,
    sources::Reason,
    token::Caller,
    views::SourceView,
};

/// In which municipalities a display client is to show a source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposedAgreement {
    /// `"all"`, or `{"these": ["0101"]}`.
    #[schemars(schema_with = "shapes::municipalities")]
    pub(super) municipalities: Municipalities,
}

pub(super) async fn propose(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, display_client)): Named<SourceClient>,
    seen: LookedAt,
    Body(ProposedAgreement { municipalities }): Body<ProposedAgreement>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::AgreementProposed { source, display_client, municipalities }).await
}

pub(super) async fn approve(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, display_client)): Named<SourceClient>,
    seen: LookedAt,
) -> Result<Tagged<SourceView>, AdminError> {
    let change = |found: &Source| {
        let (source, proposal) = (found.slug.clone(), pending(found, &display_client));
        Ok(Change::AgreementApproved { source, display_client, proposal })
    };
    admin.change_as_it_is(caller, seen, &source, change).await
}

pub(super) async fn reject(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, display_client)): Named<SourceClient>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<SourceView>, AdminError> {
    let change = |found: &Source| {
        let (source, proposal) = (found.slug.clone(), pending(found, &display_client));
        Ok(Change::AgreementRejected { source, display_client, proposal, reason })
    };
    admin.change_as_it_is(caller, seen, &source, change).await
}

pub(super) async fn end(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, display_client)): Named<SourceClient>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::AgreementEnded { source, display_client, reason }).await
}

/// The proposal that waits; 0, which no record is called, if none does. That it is the one that the caller saw, the record
/// that they looked at says.
fn pending(source: &Source, client: &Slug) -> u64 {
    let pending = source.agreements.get(client).and_then(|agreement| agreement.pending.as_ref());
    pending.map_or(0, |proposal| proposal.proposed.record)
}
