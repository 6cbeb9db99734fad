//! What several measurements share: a certificate of this machine, TLS as the gateway speaks it, and the sources' answer.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a measurement that cannot be made ends")]

pub mod answer;
pub mod tls;
