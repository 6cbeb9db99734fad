//! The authorities: for each its calls, how it knows who calls, and how it says what is wrong.

use axum::Router;
use jsonwebtoken::jwk::JwkSet;

use crate::{
    appointments, benefits, cases, child_book, daycare, deadlines, health_card, library, mailbox, master_data,
    options::{DemoOptions, GatewaySignature},
    party::Source,
    payments,
    source_gate::{Admission, Complaint, message},
    token_check::{self, TokenCheck},
};

/// One authority, without its gate.
pub(crate) struct Authority {
    pub(crate) calls: Router,
    pub(crate) admission: Admission,
    pub(crate) complaint: Complaint,
}

/// Whose exchanged tokens authorities trust.
#[derive(Clone, Copy)]
pub(crate) struct TokenService<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) keys: &'a JwkSet,
}

/// The authority behind a source.
pub(crate) fn authority(source: Source, options: &DemoOptions, tokens: TokenService<'_>) -> Authority {
    let clock = options.clock.clone();
    let secret = options.sources.get(&source).map(String::as_str).unwrap_or_default();
    let by_key = |calls| Authority { calls, admission: Admission::ApiKey(secret.to_owned()), complaint: message };
    let looks_itself = |calls| Authority { calls, admission: Admission::Elsewhere, complaint: message };
    let check = || TokenCheck::new(token_check::audience(source), options.clock.clone());
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
        Source::HealthCard => looks_itself(health_card::router(check().trust(tokens.issuer, tokens.keys), clock)),
        Source::MasterData => {
            let check = match &options.signature {
                Some(GatewaySignature { issuer, keys }) => check().trust(issuer, keys),
                None => check(),
            };
            looks_itself(master_data::router(check, clock))
        }
    }
}
