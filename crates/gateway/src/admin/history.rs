//! For operators: the whole history, and what waits for a second person.

use axum::extract::State;
use overblik_registry::{Digest, Head, Registry, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Admin, AdminRefusal,
    error::AdminError,
    named::Asked,
    shapes,
    token::Caller,
    views::{HeadView, HistoryView},
};

/// From where a history is read on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The number of the last record that is known; 0 for none.
    #[serde(default)]
    #[schemars(schema_with = "shapes::number")]
    pub(super) after: u64,
}

/// The next records.
pub(super) async fn read(
    State(admin): State<Admin>,
    caller: Caller,
    Asked(After { after }): Asked<After>,
) -> Result<axum::Json<HistoryView>, AdminError> {
    let registry = for_operators(&admin, &caller).await?;
    Ok(axum::Json(HistoryView::of(registry.history().iter(), after, &registry)))
}

/// Where the history ended before, as somebody kept it elsewhere.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// The number of the record.
    #[serde(default)]
    #[schemars(schema_with = "shapes::number")]
    number: Option<u64>,
    /// Its hash.
    #[serde(default)]
    #[schemars(schema_with = "shapes::digest")]
    hash: Option<Digest>,
}

/// Whether the registry is what was written.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verified {
    /// Whether every record fits the one before and the rules, every blob is there, and the head that was expected is in it.
    whole: bool,
    /// Where it ends. Whoever keeps this elsewhere notices when all of it is written anew.
    head: Option<HeadView>,
    /// The first thing that is wrong.
    wrong: Option<String>,
}

/// Reads the whole registry again.
pub(super) async fn verify(
    State(admin): State<Admin>,
    caller: Caller,
    Asked(Expected { number, hash }): Asked<Expected>,
) -> Result<axum::Json<Verified>, AdminError> {
    for_operators(&admin, &caller).await?;
    let expected = match (number, hash) {
        (Some(number), Some(hash)) => Some(Head { number, hash }),
        (None, None) => None,
        _ => return Err(AdminError::because(AdminRefusal::Body, "number and hash belong together")),
    };
    let (head, wrong) = match admin.verify(expected).await? {
        Ok(head) => (Some(head.into()), None),
        Err(wrong) => (None, Some(wrong)),
    };
    Ok(axum::Json(Verified { whole: wrong.is_none(), head, wrong }))
}

/// What waits for a second person.
#[derive(Serialize, JsonSchema)]
pub(super) struct Waiting {
    /// Versions, as `source` and `version`.
    versions: Vec<WaitingVersion>,
    /// Authorities by name.
    authorities: Vec<String>,
    /// Agreements, as `source` and `display_client`.
    agreements: Vec<WaitingAgreement>,
}

#[derive(Serialize, JsonSchema)]
struct WaitingVersion {
    source: String,
    version: u32,
}

#[derive(Serialize, JsonSchema)]
struct WaitingAgreement {
    source: String,
    display_client: String,
}

/// What an operator has to look at.
pub(super) async fn waiting(State(admin): State<Admin>, caller: Caller) -> Result<axum::Json<Waiting>, AdminError> {
    let registry = for_operators(&admin, &caller).await?;
    let versions = registry.submitted_versions();
    let agreements = registry.pending_agreements();
    Ok(axum::Json(Waiting {
        versions: versions
            .map(|(source, version)| WaitingVersion { source: source.slug.to_string(), version: version.number })
            .collect(),
        authorities: registry.pending_authorities().map(|proposal| proposal.value.slug.to_string()).collect(),
        agreements: agreements
            .map(|(source, client, _)| WaitingAgreement {
                source: source.slug.to_string(),
                display_client: client.to_string(),
            })
            .collect(),
    }))
}

/// The registry; for whoever is no operator there is no such thing as the whole of it.
async fn for_operators(admin: &Admin, caller: &Caller) -> Result<std::sync::Arc<Registry>, AdminError> {
    if caller.0.side != Side::Operator {
        return Err(AdminError::not_found());
    }
    admin.registry().await
}
