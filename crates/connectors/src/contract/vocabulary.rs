//! The closed lists that the checker knows, as the schema offers them to editors.

use overblik_widgets::WidgetKind;
use serde_json::{Value, json};

use crate::declared::{DateFormat, MoneyFormat};

/// The kinds of widgets.
pub(super) fn widget_kinds() -> Vec<&'static str> {
    WidgetKind::ALL.iter().map(|kind| kind.tag()).collect()
}

/// A way in which dates are written.
pub(super) fn date_format() -> Value {
    json!({ "type": "string", "examples": DateFormat::ALL.map(DateFormat::name).to_vec() })
}

/// The ways in which amounts are written.
pub(super) fn money_formats() -> Vec<&'static str> {
    MoneyFormat::ALL.map(MoneyFormat::name).to_vec()
}
