//! What signs for the gateway. The keys are the gateway's; this room only says what is to be signed.

use std::fmt;

use serde_json::{Map, Value};

use crate::{citizen::Pseudonym, secret::Secret};

/// Signs what the gateway says of itself and of citizens.
pub trait Signer: Send + Sync + fmt::Debug {
    /// Who signs: the gateway's public address, where its keys are found.
    fn issuer(&self) -> &str;

    /// Signs claims as a compact JWS under a header of this type (`typ`), and adds what only the signer knows: when that
    /// was (`iat`, `nbf`), until when it counts (`exp`), and an id that stands nowhere else (`jti`). `None` when it
    /// cannot be signed.
    fn sign(&self, kind: &str, claims: Map<String, Value>, life_s: u32) -> Option<Secret>;

    /// What a citizen is called towards one audience: always the same, and of no use to any other audience.
    fn name_for(&self, citizen: &Pseudonym, audience: &str) -> String;
}
