//! Who an overview is about: the person number and the scope that every data path takes first.

use std::{fmt, sync::Arc};

use overblik_widgets::AssuranceLevel;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::hexadecimal::Hexadecimal;

/// A CPR number (Danish person number), ten digits.
///
/// It cannot be printed or serialised: `Debug` shows nothing of it, and [`Cpr::reveal`] is the only way to its
/// digits (requirement R59). Modulus 11 is not checked: numbers without it are valid since 2007.
#[derive(Clone)]
pub struct Cpr(Zeroizing<[u8; 10]>);

/// Which person numbers may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedPersons {
    /// Real persons only: a fictitious number (day 61 to 91) is refused.
    Real,
    /// Fictitious persons too, for demonstration and test.
    FictitiousToo,
}

/// Why a text is not an accepted CPR number. Says nothing about the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CprError {
    /// Not ten digits (one hyphen after the sixth is allowed), or no possible day and month.
    #[error("not a CPR number")]
    Malformed,
    /// The number of a fictitious person, where only real ones may log in.
    #[error("the CPR number of a fictitious person")]
    Fictitious,
}

/// A number is no fictitious person's. Says nothing about the number itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the CPR number of a fictitious person: ten digits, with 60 added to the day of birth, such as 6101010001")]
pub struct NotFictitious;

impl Cpr {
    /// Reads a CPR number, `DDMMYYSSSS` or `DDMMYY-SSSS`. Day 61 to 91 marks a fictitious person.
    ///
    /// # Errors
    /// [`CprError`] when it is malformed, or fictitious and `accepted` does not allow that.
    pub fn parse(text: &str, accepted: AcceptedPersons) -> Result<Self, CprError> {
        let mut digits = Zeroizing::new([0_u8; 10]);
        match text.as_bytes() {
            [birth @ .., b'-', a, b, c, d] if birth.len() == 6 => {
                for (digit, byte) in digits.iter_mut().zip(birth.iter().chain([a, b, c, d])) {
                    *digit = *byte;
                }
            }
            bytes if bytes.len() == 10 => digits.copy_from_slice(bytes),
            _ => return Err(CprError::Malformed),
        }
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(CprError::Malformed);
        }
        let [d1, d2, m1, m2, ..] = *digits;
        let two = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
        let (day, month) = (two(d1, d2), two(m1, m2));
        if !(1..=12).contains(&month) {
            return Err(CprError::Malformed);
        }
        match day {
            1..=31 => Ok(Self(digits)),
            61..=91 if accepted == AcceptedPersons::FictitiousToo => Ok(Self(digits)),
            61..=91 => Err(CprError::Fictitious),
            _ => Err(CprError::Malformed),
        }
    }

    /// The ten digits, for the body or a header of a request to a source, for comparing with its answer, for the
    /// sealed record of the citizen's own session, from which [`Cpr::parse`] reads them, and for the keyed hash that an index
    /// has of them. Nothing else may call this.
    #[must_use]
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(self.0.as_slice()).unwrap_or_default()
    }

    /// Whether a text from a source's answer names this person; hyphen or not, compared in constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        Self::parse(text, AcceptedPersons::FictitiousToo).is_ok_and(|other| other == *self)
    }
}

/// Whether a word of a text could be a real person's number. Such a text does not go into files and records that are kept.
#[must_use]
pub fn holds_real_number(text: &str) -> bool {
    let mut words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    words.any(|word| Cpr::parse(word, AcceptedPersons::Real).is_ok())
}

impl PartialEq for Cpr {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for Cpr {}

impl fmt::Debug for Cpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cpr(..)")
    }
}

/// What stands for a citizen in keys and logs: a keyed hash of the identity provider's issuer and subject.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// Wraps the first 16 bytes of an HMAC whose key never leaves the process.
    #[must_use]
    pub fn from_keyed_hash(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes it was made of.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hexadecimal(&self.0).fmt(f)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym({self})")
    }
}

/// A person: the CPR number for sources, the pseudonym for everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// For asking sources and checking their answers.
    pub cpr: Cpr,
    /// For keys and logs.
    pub pseudonym: Pseudonym,
}

/// A municipality code, four digits (`0101`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Municipality(String);

impl Municipality {
    /// Reads a code; exactly four digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The four digits.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

/// What a verified login establishes. The parts of a [`CitizenScope`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Who is logged in.
    pub actor: Citizen,
    /// Whom the data are about; the same person unless a mandate is used.
    pub subject: Citizen,
    /// How surely the actor was identified.
    pub level: AssuranceLevel,
    /// Where the subject lives, when that is known.
    pub municipality: Option<Municipality>,
    /// The portal or app on whose page the overview is shown.
    pub display_client: String,
}

/// Whose data may be fetched, at which level, for which display client. First argument of every data path.
///
/// Only authentication makes one: [`CitizenScope::from_authentication`] is banned by lint everywhere but in the
/// gateway's session module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenScope(Arc<Authentication>);

impl CitizenScope {
    /// The scope that a verified login opens.
    #[must_use]
    pub fn from_authentication(authentication: Authentication) -> Self {
        Self(Arc::new(authentication))
    }

    /// The scope of a fictitious person, for trying a contract before anybody relies on it. There is no such scope of a
    /// real person: whatever is shown under it is nobody's.
    ///
    /// # Errors
    /// [`NotFictitious`] for any other number, a real person's included.
    pub(crate) fn of_fictitious(
        number: &str,
        level: AssuranceLevel,
        municipality: Option<Municipality>,
        display_client: String,
    ) -> Result<Self, NotFictitious> {
        let cpr = Cpr::parse(number, AcceptedPersons::FictitiousToo).map_err(|_| NotFictitious)?;
        if Cpr::parse(number, AcceptedPersons::Real).is_ok() {
            return Err(NotFictitious);
        }
        let citizen = Citizen { cpr, pseudonym: Pseudonym([0; 16]) };
        Ok(Self(Arc::new(Authentication {
            actor: citizen.clone(),
            subject: citizen,
            level,
            municipality,
            display_client,
        })))
    }

    /// Who is logged in.
    #[must_use]
    pub fn actor(&self) -> &Citizen {
        &self.0.actor
    }

    /// Whom the data are about.
    #[must_use]
    pub fn subject(&self) -> &Citizen {
        &self.0.subject
    }

    /// How surely the actor was identified.
    #[must_use]
    pub fn level(&self) -> AssuranceLevel {
        self.0.level
    }

    /// Where the subject lives; `None` when that is not known.
    #[must_use]
    pub fn municipality(&self) -> Option<&Municipality> {
        self.0.municipality.as_ref()
    }

    /// The portal or app on whose page the overview is shown.
    #[must_use]
    pub fn display_client(&self) -> &str {
        &self.0.display_client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fictitious_persons_log_in_only_where_that_is_allowed() {
        assert!(Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).is_ok());
        assert_eq!(Cpr::parse("6101010001", AcceptedPersons::Real), Err(CprError::Fictitious));
    }

    #[test]
    fn r8_only_ten_digits_with_a_possible_date_are_a_cpr_number() {
        for wrong in [
            "",
            "610101000",
            "61010100011",
            "610101-001",
            "61010-10001",
            "6113010001",
            "6100010001",
            "9201010001",
            "4001010001",
            "0001010001",
            "61010100o1",
            "６１０１０１０００１",
        ] {
            assert_eq!(Cpr::parse(wrong, AcceptedPersons::FictitiousToo), Err(CprError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn an_answer_may_write_the_number_with_a_hyphen() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        assert!(cpr.matches("610101-0001"));
        assert!(cpr.matches("6101010001"));
        assert!(!cpr.matches("610101-0002"));
        assert!(!cpr.matches(""));
    }

    #[test]
    fn r50_outside_logins_only_a_fictitious_person_has_a_scope() {
        let scope =
            |number| CitizenScope::of_fictitious(number, AssuranceLevel::Substantial, None, String::new()).map(|_| ());
        assert_eq!(scope("6101010001"), Ok(()));
        let real = ["01", "01010001"].concat();
        for number in [real.as_str(), "", "9901010001"] {
            assert_eq!(scope(number), Err(NotFictitious));
        }
    }

    #[test]
    fn r59_debug_output_shows_no_number() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let citizen = Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([7; 16]) };
        assert!(!format!("{citizen:?}").contains("6101"));
    }
}
