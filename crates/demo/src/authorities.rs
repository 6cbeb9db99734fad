//! The authorities: for each its calls, how it knows who calls, and how it says what is wrong.

use axum::Router;

use crate::{
    appointments, benefits, cases, child_book, daycare, deadlines, library, mailbox,
    options::Clock,
    party::Source,
    payments,
    source_gate::{Admission, Complaint, message},
};

/// One authority, without its gate.
pub(crate) struct Authority {
    pub(crate) calls: Router,
    pub(crate) admission: Admission,
    pub(crate) complaint: Complaint,
}

/// The authority behind a source, which knows the gateway by a secret.
pub(crate) fn authority(source: Source, secret: &str, clock: Clock) -> Authority {
    let by_key = |calls| Authority { calls, admission: Admission::ApiKey(secret.to_owned()), complaint: message };
    let looks_itself = |calls| Authority { calls, admission: Admission::Elsewhere, complaint: message };
    match source {
        Source::Library => by_key(library::router(clock)),
        Source::Daycare => by_key(daycare::router(clock)),
        Source::Payments => by_key(payments::router(clock)),
        // Who has come as far as its calls has shown a certificate.
        Source::Benefits => looks_itself(benefits::router(clock)),
        Source::Appointments => by_key(appointments::router(clock)),
        Source::Cases => by_key(cases::router(clock)),
        Source::ChildBook => looks_itself(child_book::router(secret, clock)),
        Source::Deadlines => Authority { complaint: deadlines::fault, ..by_key(deadlines::router(clock)) },
        Source::Mailbox => looks_itself(mailbox::router(secret, clock)),
    }
}
