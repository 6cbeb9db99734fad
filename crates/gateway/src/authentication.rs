//! From what verified claims say of a citizen to the person: the one place for sessions and apps alike.

use overblik_connectors::{Authentication, Citizen, Cpr, CprError, Municipality};
use overblik_widgets::AssuranceLevel;

use crate::app::App;

/// What verified claims say, and for whom the overview is.
pub(crate) struct Said<'c> {
    /// The provider's stable name for the citizen.
    pub(crate) subject: &'c str,
    /// CPR number as the provider wrote it.
    pub(crate) cpr: &'c str,
    /// Municipality of residence as the provider wrote it.
    pub(crate) municipality: Option<&'c str>,
    /// How surely the citizen was identified.
    pub(crate) level: AssuranceLevel,
    /// The portal or app that shows the overview.
    pub(crate) display_client: &'c str,
}

impl App {
    /// The person, who acts for themselves.
    ///
    /// # Errors
    /// Why there is none, for our log.
    pub(crate) fn authenticate(&self, said: &Said<'_>) -> Result<Authentication, &'static str> {
        let cpr = Cpr::parse(said.cpr, self.accepted_persons).map_err(|error| match error {
            CprError::Malformed => "the CPR claim is not a CPR number",
            CprError::Fictitious => "a fictitious person, and development.fictitious_persons is off",
        })?;
        let citizen = Citizen { cpr, pseudonym: self.sessions.pseudonym(self.login.issuer(), said.subject) };
        Ok(Authentication {
            actor: citizen.clone(),
            subject: citizen,
            level: said.level,
            municipality: said.municipality.and_then(Municipality::parse),
            display_client: said.display_client.to_owned(),
        })
    }
}
