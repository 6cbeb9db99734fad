//! What the gateway says of the citizen, signed by itself, for one source and one call.
//!
//! It is made anew for each call, counts a minute, and holds the CPR number; so it travels in a header that is marked
//! sensitive, never in an address or a body, and is never held.

use http::{HeaderName, header};
use overblik_widgets::AssuranceLevel;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::{signer::Signer, token_endpoint::header_value};
use crate::{
    citizen::CitizenScope, connector::FetchRequest, declared::digits, error::ConnectorError, secret::Secret,
    upstream::Call,
};

/// The type of such a token, so that it passes for no other.
const TYPE: &str = "citizen-assertion+jwt";

/// Seconds that it counts.
const LIFE_S: u32 = 60;

/// What signs, for whom.
#[derive(Debug)]
pub(crate) struct CitizenAssertion {
    pub(crate) signer: Arc<dyn Signer>,
    /// What the source calls itself.
    pub(crate) audience: String,
    /// The header that carries it alone; `Authorization`, as a bearer token, where there is none.
    pub(crate) header: Option<HeaderName>,
}

impl CitizenAssertion {
    pub(super) fn show(&self, call: &mut Call, request: &FetchRequest) -> Result<(), ConnectorError> {
        let signed =
            self.signer.sign(TYPE, self.claims(&request.scope), LIFE_S).ok_or(ConnectorError::NothingToShow)?;
        let (name, value) = match &self.header {
            Some(name) => (name.clone(), signed),
            None => (header::AUTHORIZATION, Secret::new(format!("Bearer {}", signed.reveal()))),
        };
        call.headers.insert(name, header_value(&value)?);
        Ok(())
    }

    fn claims(&self, scope: &CitizenScope) -> Map<String, Value> {
        let (actor, subject) = (scope.actor(), scope.subject());
        let name = |citizen| Value::from(self.signer.name_for(citizen, &self.audience));
        let mut claims = Map::from_iter(
            [
                ("iss", Value::from(self.signer.issuer())),
                ("aud", Value::from(self.audience.as_str())),
                ("sub", name(&subject.pseudonym)),
                ("cpr", Value::from(digits(&subject.cpr))),
                ("loa", Value::from(level(scope.level()))),
                ("client_id", Value::from(scope.display_client())),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if actor.cpr != subject.cpr {
            // Who acts for the subject (RFC 8693 section 4.1).
            let acting = json!({ "sub": name(&actor.pseudonym), "cpr": digits(&actor.cpr) });
            claims.insert("act".to_owned(), acting);
        }
        claims
    }
}

/// A level as the national framework writes it in tokens.
fn level(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "Low",
        AssuranceLevel::Substantial => "Substantial",
        AssuranceLevel::High => "High",
    }
}
