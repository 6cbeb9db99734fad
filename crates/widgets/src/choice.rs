//! Closed lists of values that this vocabulary owns, with their texts in both languages.
//!
//! A contract translates a source's codes into these names. A code that the contract does not know becomes
//! `Unknown`: it is shown as such and never guessed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};

use crate::{
    field::{Coded, FieldType, FieldValue, WidgetField},
    text::LocalizedText,
};

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal ($da:literal, $en:literal),)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A code of the source that its contract does not know.
            Unknown,
        }

        impl $name {
            /// The names of all values that a contract can translate to.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The value's name on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown => "unknown",
                }
            }

            /// What a citizen reads.
            #[must_use]
            pub fn text(self) -> LocalizedText {
                match self {
                    $(Self::$variant => LocalizedText::new($da, $en),)*
                    Self::Unknown => LocalizedText::new("Ukendt status", "Unknown status"),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut coded = serializer.serialize_struct("Coded", 2)?;
                coded.serialize_field("code", self.code())?;
                coded.serialize_field("text", &self.text())?;
                coded.end()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match Coded::deserialize(deserializer)?.code.as_str() {
                    $($code => Ok(Self::$variant),)*
                    "unknown" => Ok(Self::Unknown),
                    _ => Err(de::Error::custom("no such code")),
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut schema = Coded::json_schema(generator);
                let mut codes = Self::CODES.to_vec();
                codes.push(Self::Unknown.code());
                if let Some(code) = schema.pointer_mut("/properties/code") {
                    *code = schemars::json_schema!({ "type": "string", "enum": codes }).into();
                }
                schema
            }
        }

        impl WidgetField for $name {
            const FIELD_TYPE: FieldType = FieldType::Choice(Self::CODES);

            fn from_value(value: FieldValue) -> Option<Self> {
                let FieldValue::Choice(code) = value else { return None };
                Some(match code.as_str() {
                    $($code => Self::$variant,)*
                    _ => Self::Unknown,
                })
            }
        }
    };
}

choice! {
    /// Where a payment or a balance stands: the seven common statuses of *Gæld og Betalinger*.
    PaymentStatus {
        /// 1 *Kommende betaling*.
        Coming = "coming" ("Kommende betaling", "Coming payment"),
        /// 2 *Betalt*.
        Paid = "paid" ("Betalt", "Paid"),
        /// 3 *Betalingsdato overskredet*.
        Overdue = "overdue" ("Betalingsdato overskredet", "Overdue"),
        /// 4 *Sendt til Gældsstyrelsen*.
        SentToDebtAgency = "sent_to_debt_agency" ("Sendt til Gældsstyrelsen", "Sent to the Danish Debt Collection Agency"),
        /// 5 a balance of which part is overdue.
        PartlyOverdue = "partly_overdue" ("Betalingsdato delvist overskredet", "Partly overdue"),
        /// 6 a balance of which part was sent to the debt agency.
        PartlySentToDebtAgency = "partly_sent_to_debt_agency" ("Delvist sendt til Gældsstyrelsen", "Partly sent to the Danish Debt Collection Agency"),
        /// 7 a balance of which part is overdue and part was sent.
        PartlyOverdueAndSent = "partly_overdue_and_sent" ("Delvist overskredet og delvist sendt til Gældsstyrelsen", "Partly overdue, partly sent to the Danish Debt Collection Agency"),
    }
}

choice! {
    /// Where a library reservation stands.
    ReservationState {
        /// In the queue.
        Reserved = "reserved" ("Reserveret", "Reserved"),
        /// Waiting on the shelf for the citizen.
        ReadyForPickup = "ready_for_pickup" ("Klar til afhentning", "Ready for pickup"),
        /// On its way to the pickup branch.
        InTransit = "in_transit" ("På vej til dit bibliotek", "On its way to your library"),
        /// Ordered from another library.
        InterLibrary = "inter_library" ("Bestilt fra et andet bibliotek", "Ordered from another library"),
    }
}

choice! {
    /// Where a case stands: the national list *Sagstatus*.
    CaseStatus {
        /// 1 *Oprettet*: received, and nobody has begun on it.
        Created = "created" ("Oprettet", "Opened"),
        /// 2 *Behandles*: being worked on.
        InProgress = "in_progress" ("Behandles", "Being processed"),
        /// 3 *Afgjort*: decided; what was granted may now be carried out or paid.
        Decided = "decided" ("Afgjort", "Decided"),
        /// 4 *Afsluttet*: all is done, and nothing more will happen in it.
        Closed = "closed" ("Afsluttet", "Closed"),
        /// 5 *Afvist*: turned away; it will not be worked on.
        Rejected = "rejected" ("Afvist", "Rejected"),
    }
}

choice! {
    /// Where a benefit stands, in money or in kind.
    BenefitState {
        /// Applied for, and not decided.
        Applied = "applied" ("Ansøgt", "Applied for"),
        /// Granted, and not begun.
        Granted = "granted" ("Bevilget", "Granted"),
        /// Being paid or given.
        Active = "active" ("I gang", "Ongoing"),
        /// Over.
        Ended = "ended" ("Ophørt", "Ended"),
    }
}

choice! {
    /// Where an appointment stands.
    AppointmentState {
        /// Agreed.
        Booked = "booked" ("Aftalt", "Booked"),
        /// Moved to the time shown.
        Moved = "moved" ("Flyttet til nyt tidspunkt", "Moved to a new time"),
        /// Will not be held.
        Cancelled = "cancelled" ("Aflyst", "Cancelled"),
    }
}

choice! {
    /// Where a licence, permit or certificate stands.
    CredentialState {
        /// In force.
        Valid = "valid" ("Gyldig", "Valid"),
        /// Its time is over.
        Expired = "expired" ("Udløbet", "Expired"),
        /// Out of force for a time.
        Suspended = "suspended" ("Midlertidigt inddraget", "Suspended"),
        /// Taken back.
        Revoked = "revoked" ("Inddraget", "Revoked"),
    }
}
