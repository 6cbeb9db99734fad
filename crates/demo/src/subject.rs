//! Whom an authority answers about.

use crate::citizens::{self, DemoCitizen};

/// Whom an answer is about: the person that was asked about, or somebody else when the authority is mistaken.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The number that the answer gives.
    pub(crate) number: String,
    /// `None` for somebody whom no authority knows.
    pub(crate) citizen: Option<&'static DemoCitizen>,
}

impl Subject {
    /// Finds whom a call is about; `None` when what it says is no number. The text is never repeated in an error.
    pub(crate) fn of(asked: &str, mistaken: bool) -> Option<Self> {
        let asked = Some(asked).filter(|text| citizens::has_form_of_number(text))?;
        let citizen = if mistaken { Some(citizens::stranger_to(asked)) } else { citizens::by_cpr(asked) };
        let number = citizen.and_then(|citizen| citizen.cpr).unwrap_or(asked).to_owned();
        Some(Self { number, citizen })
    }

    /// The citizen's slug; empty for somebody unknown, about whom there is nothing.
    pub(crate) fn slug(&self) -> &'static str {
        self.citizen.map_or("", |citizen| citizen.slug)
    }
}
