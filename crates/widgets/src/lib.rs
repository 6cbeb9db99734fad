//! The vocabulary of what a citizen sees: widgets, sections, the overview, and every fixed text in Danish and
//! English.
//!
//! Law of this room: plain types and pure functions. No I/O, no async, no clock (today's date is a parameter).

mod access_log;
mod attention;
mod choice;
mod declaration;
mod field;
mod kinds;
mod level;
mod link;
mod moment;
mod money;
mod overview;
mod problem;
mod section;
mod suspension;
mod text;
mod theme;

pub use access_log::{
    AccessLog, AccessLogEntry, LogClient, LogClientKind, LogDeed, LogKept, LogOutcome, LogPurpose, LogQuestion,
    OnBehalf,
};
pub use attention::{Attention, AttentionKind};
pub use choice::{AppointmentState, BenefitState, CaseStatus, CredentialState, PaymentStatus, ReservationState};
pub use declaration::{DeclaredSource, NotAsked, Sources};
pub use field::{Coded, FieldSpec, FieldType, FieldValue, FieldValues, WidgetField, WrongFields};
pub use kinds::{
    Appointment, Benefit, Case, ChildBookEntry, Credential, Deadline, Document, Enrolment, HealthCard, Loan, Mailbox,
    MasterData, Payment, PaymentLine, Reservation, ServiceBenefit, TimelineEntry, WaitingListPlace, Widget, WidgetKind,
};
pub use level::AssuranceLevel;
pub use link::{Link, LinkError};
pub use moment::{COPENHAGEN, Moment, date_in_words};
pub use money::{Currency, Money, MoneyError};
pub use overview::{Counts, Overview, Summary};
pub use problem::{Problem, ProblemType};
pub use section::{Authority, Contact, ContactKind, Section, SectionState, SectionWidget};
pub use suspension::Suspended;
pub use text::{Language, LocalizedText};
pub use theme::Theme;

/// A calendar date without a time of day, as due dates and deadlines are (`2026-12-01`).
pub use jiff::civil::Date;
