//! What more a source tells about one item of its answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Request, WidgetMapping};

/// What more the source tells about one item of its answer, asked for when a citizen opens that item. A widget leads there
/// if its entry under `spec.widgets` says by `item` what the source knows the item by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Detail {
    /// A time limit for all of it, within the source's own, in milliseconds; the source's own if nothing is said.
    #[schemars(range(min = 50, max = 10_000))]
    pub(in crate::contract) timeout_ms: Option<u64>,
    /// For each body, in KiB, at most the source's own limit, which holds if nothing is said.
    #[schemars(range(min = 1, max = 4096))]
    pub(in crate::contract) body_kib: Option<usize>,
    /// The requests about the item, by a name of your own. All are sent at once. Each names the citizen, and by
    /// `"{item.key}"` the item: in a header or the body, as a value of the query, or as a segment of the path. Each answer
    /// says whom it is about, like any other. That an item is no longer there, a source says as it says that it has
    /// nothing: by `emptyStatus` or `emptyWhen`.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 4))]
    pub(in crate::contract) requests: BTreeMap<String, Request>,
    /// How answers become widgets: one for the item itself, and more for what belongs to it, such as the steps of a case.
    #[schemars(length(min = 1, max = 12))]
    pub(in crate::contract) widgets: Vec<WidgetMapping>,
}
