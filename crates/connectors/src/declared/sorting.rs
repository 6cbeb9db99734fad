//! The order of widgets.

use std::cmp::Ordering;

use overblik_widgets::FieldValue;

/// By which field the widgets are ordered. Those without a value come last either way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorting {
    pub(crate) field: &'static str,
    pub(crate) descending: bool,
}

impl Sorting {
    /// What a widget of these values is ordered by.
    pub(super) fn value(self, values: &[(&str, FieldValue)]) -> Option<FieldValue> {
        values.iter().find(|(field, _)| *field == self.field).map(|(_, value)| value.clone())
    }

    pub(super) fn compare(self, a: Option<&FieldValue>, b: Option<&FieldValue>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.descending => compare_values(b, a),
            (Some(a), Some(b)) => compare_values(a, b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// Compares two values of one field, hence of one type; the checker lets only these types be sorted by.
fn compare_values(a: &FieldValue, b: &FieldValue) -> Ordering {
    match (a, b) {
        (FieldValue::Date(a), FieldValue::Date(b)) => a.cmp(b),
        (FieldValue::Moment(a), FieldValue::Moment(b)) => a.cmp(b),
        (FieldValue::Integer(a), FieldValue::Integer(b)) => a.cmp(b),
        (FieldValue::Money(a), FieldValue::Money(b)) => a.minor.cmp(&b.minor),
        _ => Ordering::Equal,
    }
}
