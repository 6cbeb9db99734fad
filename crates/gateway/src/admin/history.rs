//! The whole history, for operators.

use axum::extract::State;
use overblik_registry::{Registry, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Admin,
    error::AdminError,
    named::Asked,
    token::Caller,
    views::{HeadView, HistoryView},
};

/// Most records of one answer.
const MOST: usize = 500;

/// From where the history is read on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The number of the last record that is known; 0 for none.
    #[serde(default)]
    after: u64,
}

/// The next records.
pub(super) async fn read(
    State(admin): State<Admin>,
    caller: Caller,
    Asked(After { after }): Asked<After>,
) -> Result<axum::Json<HistoryView>, AdminError> {
    let registry = for_operators(&admin, &caller).await?;
    let records = registry.history().iter().filter(|record| record.number > after).take(MOST);
    Ok(axum::Json(HistoryView::of(records, registry.head())))
}

/// Whether every record follows the one before it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verified {
    /// Whether the whole history is as it was written.
    whole: bool,
    /// Where it ends. Whoever keeps this elsewhere notices when all of it is written anew.
    head: HeadView,
    /// What does not fit, if something does not.
    broken: Option<String>,
}

/// Reads the history from its store again and walks the chain.
pub(super) async fn verify(State(admin): State<Admin>, caller: Caller) -> Result<axum::Json<Verified>, AdminError> {
    for_operators(&admin, &caller).await?;
    let (head, broken) = admin.verify().await?;
    Ok(axum::Json(Verified { whole: broken.is_none(), head, broken }))
}

/// The registry; for whoever is no operator there is no such thing as the whole of it.
async fn for_operators(admin: &Admin, caller: &Caller) -> Result<std::sync::Arc<Registry>, AdminError> {
    if caller.0.side != Side::Operator {
        return Err(AdminError::not_found());
    }
    admin.registry().await
}
