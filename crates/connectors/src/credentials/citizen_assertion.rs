//! What the gateway says of the citizen, signed by itself, for one source and one call.
//!
//! It is made anew for each call, counts a minute, and holds the CPR number; so it travels in a header that is marked
//! sensitive, never in an address or a body, and is never held.

use std::sync::Arc;

use http::{HeaderName, header};
use overblik_widgets::AssuranceLevel;
use serde_json::{Map, Value, json};

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

#[cfg(test)]
mod tests {
    use overblik_widgets::Language;

    use super::*;
    use crate::citizen::{AcceptedPersons, Authentication, Citizen, Cpr, Pseudonym};

    #[derive(Debug)]
    struct Unsigned;

    impl Signer for Unsigned {
        fn issuer(&self) -> &'static str {
            "https://overblik.example"
        }

        fn sign(&self, kind: &str, claims: Map<String, Value>, life_s: u32) -> Option<Secret> {
            assert_eq!((kind, life_s), (TYPE, 60));
            Some(Secret::new(Value::Object(claims).to_string()))
        }

        fn name_for(&self, citizen: &Pseudonym, audience: &str) -> String {
            format!("{}@{audience}", citizen.bytes()[0])
        }
    }

    fn citizen(cpr: &str, number: u8) -> Citizen {
        let cpr = Cpr::parse(cpr, AcceptedPersons::FictitiousToo).expect("a number");
        Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([number; 16]) }
    }

    /// The assertion about a subject for whom somebody acts, in this header.
    fn shown(actor: Citizen, subject: Citizen) -> http::HeaderValue {
        #[expect(clippy::disallowed_methods, reason = "a test is no session, and needs a citizen all the same")]
        let scope = CitizenScope::from_authentication(Authentication {
            actor,
            subject,
            level: AssuranceLevel::High,
            municipality: None,
            display_client: "an-app".into(),
        });
        let request = FetchRequest {
            item: None,
            scope,
            language: Language::Da,
            memory: Arc::default(),
            login_token: None,
            trace: crate::TraceContext::random(),
            may_ask_twice: true,
            deadline: tokio::time::Instant::now() + std::time::Duration::from_secs(3),
            explanation: crate::Explanation::default(),
        };
        let mut call = Call {
            method: http::Method::GET,
            url: "https://byg.birkerup.example/".parse().expect("a URL"),
            headers: http::HeaderMap::new(),
            body: None,
            language: Language::Da,
            idempotent: true,
            deadline: None,
            body_limit: 1,
        };
        let header = Some(HeaderName::from_static("x-borger"));
        let assertion = CitizenAssertion { signer: Arc::new(Unsigned), audience: "urn:a".into(), header };
        assertion.show(&mut call, &request).expect("an assertion");
        assert!(!format!("{call:?} {assertion:?}").contains("6101"), "nothing of it can be printed");
        call.headers["x-borger"].clone()
    }

    #[test]
    fn r45_it_says_about_whom_for_whom_and_who_acts() {
        let (parent, child) = (citizen("6101010001", 1), citizen("6201010002", 2));
        let claims = |value: http::HeaderValue| serde_json::from_slice::<Value>(value.as_bytes()).expect("claims");
        let mut own = json!({
            "iss": "https://overblik.example", "aud": "urn:a", "sub": "2@urn:a", "cpr": "6201010002", "loa": "High",
            "client_id": "an-app",
        });
        assert_eq!(claims(shown(child.clone(), child.clone())), own);
        own["act"] = json!({ "sub": "1@urn:a", "cpr": "6101010001" });
        assert_eq!(claims(shown(parent, child)), own);
    }
}
