//! The widget kinds. Each is declared once; its struct, its field table and its JSON Schema come from that one place.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    choice::{PaymentStatus, ReservationState},
    field::{Coded, FieldSpec, FieldValues, WidgetField, WrongFields, take},
    link::Link,
    money::Money,
};

macro_rules! widget_kinds {
    ($($(#[$doc:meta])* $name:ident = $tag:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }
        )*

        /// A typed model that a front end can show without knowing the source.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum Widget {
            $($(#[$doc])* #[serde(rename = $tag)] $name($name),)*
        }

        /// The name of a widget kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WidgetKind {
            $($(#[$doc])* $name,)*
        }

        impl WidgetKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The kind's name in contracts and on the wire.
            #[must_use]
            pub fn tag(self) -> &'static str {
                match self {
                    $(Self::$name => $tag,)*
                }
            }

            /// The fields of this kind.
            #[must_use]
            pub fn fields(self) -> &'static [FieldSpec] {
                match self {
                    $(Self::$name => const {
                        &[$(FieldSpec {
                            name: stringify!($field),
                            field_type: <$type as WidgetField>::FIELD_TYPE,
                            required: <$type as WidgetField>::REQUIRED,
                        }),*]
                    },)*
                }
            }

            /// Makes a widget of this kind.
            ///
            /// # Errors
            /// [`WrongFields`] names the first field that is missing or of another type.
            pub fn build(self, mut values: FieldValues) -> Result<Widget, WrongFields> {
                match self {
                    $(Self::$name => Ok(Widget::$name($name {
                        $($field: take(&mut values, stringify!($field))?,)*
                    })),)*
                }
            }
        }
    };
}

widget_kinds! {
    /// A library loan.
    Loan = "loan" {
        /// Title of the work; absent when the catalogue could not tell.
        title: Option<String>,
        /// Author or other originator.
        author: Option<String>,
        /// Kind of material (book, film, ...).
        material: Option<String>,
        /// When it was borrowed.
        loaned_on: Option<Date>,
        /// When it must be handed in.
        due_on: Date,
        /// Whether the library says it can be renewed.
        renewable: Option<bool>,
        /// Outcome of, or obstacle to, renewal.
        renewal: Option<Coded>,
    }

    /// A library reservation.
    Reservation = "reservation" {
        /// Title of the work; absent when the catalogue could not tell.
        title: Option<String>,
        /// Author or other originator.
        author: Option<String>,
        /// Where the reservation stands.
        state: ReservationState,
        /// Number in the queue, 1 being next.
        queue_number: Option<i64>,
        /// Where it will be picked up.
        pickup_branch: Option<String>,
        /// Last day to pick it up.
        pickup_by: Option<Date>,
        /// Number on the pickup shelf.
        pickup_number: Option<String>,
        /// When it was made.
        reserved_on: Option<Date>,
        /// When it lapses if nothing comes.
        expires_on: Option<Date>,
    }

    /// A child's place on one daycare waiting list. A child may stand on several lists.
    WaitingListPlace = "waiting_list_place" {
        /// The child's name.
        child: String,
        /// Name of the list.
        list: String,
        /// Kind of institution the list is for.
        institution_type: Option<String>,
        /// Part of the municipality.
        area: Option<String>,
        /// The child's number on the list, 1 being next.
        place: i64,
        /// When the child was entered (*ansøgningsdato*).
        entered_on: Option<Date>,
        /// When a place is wanted (*behovsdato*).
        wanted_from: Option<Date>,
        /// When a place is guaranteed (*garantidato*).
        guaranteed_by: Option<Date>,
        /// Priority on the list.
        priority: Option<String>,
    }

    /// A child's enrolment in daycare, where the citizen pays.
    Enrolment = "enrolment" {
        /// The child's name.
        child: String,
        /// Name of the institution.
        institution: String,
        /// Kind of institution.
        institution_type: Option<String>,
        /// Address of the institution.
        address: Option<String>,
        /// Telephone of the institution.
        phone: Option<String>,
        /// First day.
        starts_on: Date,
        /// Last day, if one is set.
        ends_on: Option<Date>,
        /// Price next month.
        price_next_month: Option<Money>,
        /// Fee reduction (*friplads*) in per cent.
        fee_reduction_percent: Option<i64>,
        /// Last day of the fee reduction.
        fee_reduction_until: Option<Date>,
        /// Whether the sibling discount is given.
        sibling_discount: Option<bool>,
    }

    /// A payment, fee or debt.
    Payment = "payment" {
        /// What it is for.
        title: String,
        /// Who is owed.
        creditor: Option<String>,
        /// The amount.
        amount: Money,
        /// What is left of it, when that is not all.
        remaining: Option<Money>,
        /// Where it stands.
        status: Option<PaymentStatus>,
        /// When it falls due.
        due_on: Option<Date>,
        /// When it was paid.
        paid_on: Option<Date>,
        /// Where it can be paid or read about.
        link: Option<Link>,
    }
}

impl WidgetKind {
    /// The kind with this name.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.tag() == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FieldType, FieldValue};

    fn values(pairs: &[(&'static str, FieldValue)]) -> FieldValues {
        pairs.iter().cloned().collect()
    }

    #[test]
    fn a_kind_is_built_from_its_values() {
        let due = jiff::civil::date(2026, 12, 1);
        let widget = WidgetKind::Loan.build(values(&[("due_on", FieldValue::Date(due))]));
        assert_eq!(
            serde_json::to_value(widget.expect("a loan")).expect("json"),
            serde_json::json!({
                "kind": "loan", "title": null, "author": null, "material": null, "loaned_on": null,
                "due_on": "2026-12-01", "renewable": null, "renewal": null,
            })
        );
    }

    #[test]
    fn a_missing_required_field_is_named() {
        assert_eq!(WidgetKind::Loan.build(FieldValues::new()), Err(WrongFields::Missing("due_on")));
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        let wrong = values(&[("due_on", FieldValue::Text("soon".into()))]);
        assert_eq!(WidgetKind::Loan.build(wrong), Err(WrongFields::WrongType("due_on")));
    }

    #[test]
    fn an_unknown_choice_is_flagged_not_guessed() {
        let widget = WidgetKind::Reservation.build(values(&[("state", FieldValue::Choice("lost_at_sea".into()))]));
        let Ok(Widget::Reservation(reservation)) = widget else { panic!("a reservation") };
        assert_eq!(reservation.state, ReservationState::Unknown);
    }

    #[test]
    fn field_tables_know_types_and_needs() {
        let status = WidgetKind::Payment.fields().iter().find(|field| field.name == "status").expect("status");
        assert_eq!(status.field_type, FieldType::Choice(PaymentStatus::CODES));
        assert!(!status.required);
        assert_eq!(WidgetKind::from_tag("enrolment"), Some(WidgetKind::Enrolment));
        assert_eq!(WidgetKind::from_tag("nonsense"), None);
    }
}
