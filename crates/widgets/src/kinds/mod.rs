//! The widget kinds. The fields of each are declared once, in the file of its part of life; its struct, its field table
//! and its JSON Schema come from that one place. Which kinds there are, and their names, is the list in this file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    field::{FieldSpec, FieldValues, WrongFields},
    link::Link,
};

/// A struct that widgets of one kind are.
trait Kind: Sized {
    const FIELDS: &'static [FieldSpec];

    fn take_from(values: &mut FieldValues) -> Result<Self, WrongFields>;
}

/// Declares the fields of kinds.
macro_rules! widgets {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl super::Kind for $name {
                const FIELDS: &'static [crate::field::FieldSpec] = &[$(crate::field::FieldSpec {
                    name: stringify!($field),
                    field_type: <$type as crate::field::WidgetField>::FIELD_TYPE,
                    required: <$type as crate::field::WidgetField>::REQUIRED,
                }),*];

                fn take_from(values: &mut crate::field::FieldValues) -> Result<Self, crate::field::WrongFields> {
                    Ok(Self { $($field: crate::field::take(values, stringify!($field))?,)* })
                }
            }
        )*
    };
}

/// Lists the kinds there are.
macro_rules! widget_kinds {
    ($($(#[$doc:meta])* $name:ident = $tag:literal,)*) => {
        /// A typed model that a front end can show without knowing the source.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum Widget {
            $($(#[$doc])* #[serde(rename = $tag)] $name($name),)*
        }

        impl Widget {
            /// Which kind it is of.
            #[must_use]
            pub fn kind(&self) -> WidgetKind {
                match self {
                    $(Self::$name(_) => WidgetKind::$name,)*
                }
            }
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
                    $(Self::$name => <$name as Kind>::FIELDS,)*
                }
            }

            /// Makes a widget of this kind.
            ///
            /// # Errors
            /// [`WrongFields`] names the first field that is missing or of another type.
            pub fn build(self, mut values: FieldValues) -> Result<Widget, WrongFields> {
                match self {
                    $(Self::$name => $name::take_from(&mut values).map(Widget::$name),)*
                }
            }
        }
    };
}

mod calendar;
mod cases;
mod children;
mod economy;
mod library;
mod mail;
mod person;

pub use calendar::{Appointment, Deadline};
pub use cases::{Case, Document, TimelineEntry};
pub use children::{ChildBookEntry, Enrolment, WaitingListPlace};
pub use economy::{Benefit, Payment, PaymentLine, ServiceBenefit};
pub use library::{Loan, Reservation};
pub use mail::Mailbox;
pub use person::{Credential, HealthCard, MasterData};

widget_kinds! {
    /// A library loan.
    Loan = "loan",
    /// A library reservation.
    Reservation = "reservation",
    /// A child's place on one daycare waiting list. A child may stand on several lists.
    WaitingListPlace = "waiting_list_place",
    /// A child's enrolment in daycare, where the citizen pays.
    Enrolment = "enrolment",
    /// Something written about a child by an institution or school, in the child's book.
    ChildBookEntry = "child_book_entry",
    /// A payment, fee or debt.
    Payment = "payment",
    /// A part of a payment, as it stands on the bill.
    PaymentLine = "payment_line",
    /// A benefit in money (*økonomisk ydelse*).
    Benefit = "benefit",
    /// A benefit in kind (*serviceydelse*): help, aids, a service.
    ServiceBenefit = "service_benefit",
    /// A case of the citizen's (*sag*).
    Case = "case",
    /// Something that happened to what it is listed with, such as a step of a case (*hændelse*).
    TimelineEntry = "timeline_entry",
    /// A document that belongs to what it is listed with.
    Document = "document",
    /// An appointment with an authority (*aftale*).
    Appointment = "appointment",
    /// A day by which the citizen must have done something (*frist*).
    Deadline = "deadline",
    /// A licence, permit or certificate (*akkreditiv*).
    Credential = "credential",
    /// What the citizen's health card says (*sundhedskort*).
    HealthCard = "health_card",
    /// What the registers hold about who and where the citizen is (*stamdata*).
    MasterData = "master_data",
    /// A digital mailbox in figures.
    Mailbox = "mailbox",
}

impl WidgetKind {
    /// The kind with this name.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.tag() == tag)
    }
}

impl Widget {
    /// The citizen's own way on from this very item, where its source gives one.
    #[must_use]
    pub fn link(&self) -> Option<&Link> {
        match self {
            Self::Loan(_)
            | Self::Reservation(_)
            | Self::WaitingListPlace(_)
            | Self::Enrolment(_)
            | Self::PaymentLine(_)
            | Self::TimelineEntry(_) => None,
            Self::ChildBookEntry(entry) => entry.link.as_ref(),
            Self::Payment(payment) => payment.link.as_ref(),
            Self::Benefit(benefit) => benefit.link.as_ref(),
            Self::ServiceBenefit(benefit) => benefit.link.as_ref(),
            Self::Case(case) => case.link.as_ref(),
            Self::Document(document) => document.link.as_ref(),
            Self::Appointment(appointment) => appointment.link.as_ref(),
            Self::Deadline(deadline) => deadline.link.as_ref(),
            Self::Credential(credential) => credential.link.as_ref(),
            Self::HealthCard(card) => card.link.as_ref(),
            Self::MasterData(data) => data.link.as_ref(),
            Self::Mailbox(mailbox) => mailbox.link.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        choice::{PaymentStatus, ReservationState},
        field::{FieldType, FieldValue},
    };

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
