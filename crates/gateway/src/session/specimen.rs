//! A session for tests.

use jiff::Timestamp;
use overblik_connectors::{AcceptedPersons, Authentication, Citizen, Cpr, Municipality, Pseudonym};
use overblik_widgets::AssuranceLevel;

use super::{Identity, Session};

/// The citizen of [`session`].
pub(super) fn citizen() -> Citizen {
    let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
    Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([1; 16]) }
}

/// A fictitious citizen's session.
pub(super) fn session(started: Timestamp) -> Session {
    let authentication = Authentication {
        actor: citizen(),
        subject: citizen(),
        level: AssuranceLevel::Substantial,
        municipality: Municipality::parse("0901"),
        display_client: "overblik".into(),
    };
    let identity = Identity {
        issuer: "https://login.example".into(),
        subject: "s-1".into(),
        provider_session: Some("sid-1".into()),
        issued: started,
        authenticated: None,
    };
    Session::begin(authentication, Some("Åse \"Prøve\" Bjærgøsen".into()), identity, started)
}
