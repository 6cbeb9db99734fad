//! What stands in the places of a request template.

use aws_lc_rs::rand;
use overblik_widgets::Language;

use crate::{
    citizen::{Cpr, Municipality},
    error::ConnectorError,
    item_key::ItemKey,
};

/// A place in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The citizen's number, ten digits.
    CitizenCpr,
    /// The same as `DDMMYY-SSSS`.
    CitizenCprWithHyphen,
    /// The code of the municipality where the citizen lives.
    CitizenMunicipality,
    /// The language that the citizen reads, `da` or `en`.
    Language,
    /// An id that no other request has.
    RequestId,
    /// What the source knows the item by that more is asked about.
    ItemKey,
    /// The keys of a lookup.
    Keys,
}

impl Place {
    /// Every place.
    pub(crate) const ALL: [Self; 7] = [
        Self::CitizenCpr,
        Self::CitizenCprWithHyphen,
        Self::CitizenMunicipality,
        Self::Language,
        Self::RequestId,
        Self::ItemKey,
        Self::Keys,
    ];

    /// How it is written in contracts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CitizenCpr => "{citizen.cpr}",
            Self::CitizenCprWithHyphen => "{citizen.cprWithHyphen}",
            Self::CitizenMunicipality => "{citizen.municipality}",
            Self::Language => "{language}",
            Self::RequestId => "{request.id}",
            Self::ItemKey => "{item.key}",
            Self::Keys => "{keys}",
        }
    }

    /// The place that a text is.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == text)
    }

    /// Whether it says something about the citizen.
    pub(crate) fn is_personal(self) -> bool {
        matches!(self, Self::CitizenCpr | Self::CitizenCprWithHyphen | Self::CitizenMunicipality | Self::ItemKey)
    }

    /// Whether it says who the citizen is.
    pub(crate) fn names_the_citizen(self) -> bool {
        matches!(self, Self::CitizenCpr | Self::CitizenCprWithHyphen)
    }
}

/// Whom or what a request is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filling<'a> {
    /// A request about a citizen.
    Citizen {
        cpr: &'a Cpr,
        /// Where the citizen lives, when that is known.
        municipality: Option<&'a Municipality>,
        /// The display client that shows the answer.
        display_client: &'a str,
        /// The item that more is asked about.
        item: Option<&'a ItemKey>,
    },
    /// A lookup, which is about no citizen.
    Keys(&'a [String]),
}

/// What fills the places of one HTTP request.
#[derive(Debug)]
pub(crate) struct Fillings<'a> {
    about: Filling<'a>,
    language: Language,
    /// The same wherever this one request names it; the next request, also the next page of one list, has another.
    request_id: String,
}

impl<'a> Fillings<'a> {
    /// The fillings of a request that is made now.
    ///
    /// # Errors
    /// [`ConnectorError::Unreachable`] without randomness, for then TLS has none either.
    pub(crate) fn new(about: Filling<'a>, language: Language) -> Result<Self, ConnectorError> {
        Ok(Self { about, language, request_id: random_uuid()? })
    }

    /// The keys of a lookup; none for a request about a citizen.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if it is not a lookup, which a checked contract leaves no way to.
    pub(crate) fn keys(&self) -> Result<&'a [String], ConnectorError> {
        match self.about {
            Filling::Keys(keys) => Ok(keys),
            Filling::Citizen { .. } => Err(ConnectorError::ContractBroken),
        }
    }

    /// The display client that a request about a citizen is made for.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if it is a lookup, whose template never names one.
    pub(crate) fn display_client(&self) -> Result<&'a str, ConnectorError> {
        match self.about {
            Filling::Citizen { display_client, .. } => Ok(display_client),
            Filling::Keys(_) => Err(ConnectorError::ContractBroken),
        }
    }

    /// The text of a place.
    ///
    /// # Errors
    /// [`ConnectorError::MunicipalityUnknown`]; [`ConnectorError::ContractBroken`] for a place that has no text here,
    /// which a checked contract does not hold.
    pub(crate) fn text(&self, place: Place) -> Result<String, ConnectorError> {
        match (place, self.about) {
            (Place::CitizenCpr, Filling::Citizen { cpr, .. }) => Ok(digits(cpr).to_owned()),
            (Place::CitizenCprWithHyphen, Filling::Citizen { cpr, .. }) => {
                let (birth, serial) = digits(cpr).split_at_checked(6).ok_or(ConnectorError::ContractBroken)?;
                Ok(format!("{birth}-{serial}"))
            }
            (Place::CitizenMunicipality, Filling::Citizen { municipality, .. }) => {
                Ok(municipality.ok_or(ConnectorError::MunicipalityUnknown)?.code().to_owned())
            }
            (Place::ItemKey, Filling::Citizen { item: Some(item), .. }) => Ok(item.as_str().to_owned()),
            (Place::Language, _) => Ok(self.language.tag().to_owned()),
            (Place::RequestId, _) => Ok(self.request_id.clone()),
            (place, Filling::Keys(_)) if place.is_personal() => Err(ConnectorError::ContractBroken),
            (_, _) => Err(ConnectorError::ContractBroken),
        }
    }
}

/// The citizen's number, on its way to a source.
#[expect(clippy::disallowed_methods, reason = "the places that contracts declare are the way out that the ban leaves")]
pub(crate) fn digits(cpr: &Cpr) -> &str {
    cpr.reveal()
}

/// A random UUID (RFC 9562, version 4): 36 characters, where sources take 46 at most.
fn random_uuid() -> Result<String, ConnectorError> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| ConnectorError::Unreachable)?;
    let number = u128::from_be_bytes(bytes) & !(0xf000 << 64) & !(0xc000 << 48) | (0x4000 << 64) | (0x8000 << 48);
    let group = |shift: u32, digits: u32| (number >> shift) & ((1 << (4 * digits)) - 1);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        group(96, 8),
        group(80, 4),
        group(64, 4),
        group(48, 4),
        group(0, 12)
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::citizen::AcceptedPersons;

    #[test]
    fn every_place_has_its_text_or_is_none_of_the_request_s() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let municipality = Municipality::parse("0901").expect("a code");
        let texts = |about: Filling<'_>| {
            let fillings = Fillings::new(about, Language::En).expect("randomness");
            Place::ALL.map(|place| {
                fillings.text(place).map(|text| if place == Place::RequestId { "id".into() } else { text })
            })
        };
        let broken = || Err(ConnectorError::ContractBroken);
        let ok = |text: &str| Ok(text.to_owned());
        let item = ItemKey::parse("S-1");
        let about = |municipality, item| Filling::Citizen { cpr: &cpr, municipality, display_client: "overblik", item };
        let all = [ok("6101010001"), ok("610101-0001"), ok("0901"), ok("en"), ok("id"), ok("S-1"), broken()];
        assert_eq!(texts(about(Some(&municipality), item.as_ref())), all);
        let nowhere = texts(about(None, None));
        assert_eq!(nowhere[5], broken(), "no item is asked about");
        assert_eq!(nowhere[2], Err(ConnectorError::MunicipalityUnknown));
        assert_eq!(texts(Filling::Keys(&[])), [broken(), broken(), broken(), ok("en"), ok("id"), broken(), broken()]);
    }

    #[test]
    fn a_request_s_id_is_a_random_uuid_of_its_own() {
        let ids: BTreeSet<String> = (0..1_000).map(|_| random_uuid().expect("randomness")).collect();
        assert_eq!(ids.len(), 1_000);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }
}
