//! The claims of a token, read by name with the JSON type that each must have (requirement R11).

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{CLOCK_SKEW_S, TokenError, form};

/// The claims of a token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClaimSet(Map<String, Value>);

/// Claims are about a person: their values stay out of logs.
impl std::fmt::Debug for ClaimSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClaimSet(..)")
    }
}

/// When a token must have been issued, in seconds from now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// How long ago at most.
    pub(crate) oldest_s: i64,
    /// How far ahead at most.
    pub(crate) ahead_s: i64,
}

impl Window {
    /// Not ahead, and at most this old, clocks differing by the allowance at most.
    pub(crate) fn at_most(oldest_s: i64) -> Self {
        Self { oldest_s: oldest_s.saturating_add(CLOCK_SKEW_S), ahead_s: CLOCK_SKEW_S }
    }
}

impl ClaimSet {
    /// Reads the claims of a token, verified or not.
    ///
    /// # Errors
    /// When they are not one JSON object that names no member twice: readers differ in which of the two they believe.
    pub(crate) fn of(token: &str) -> Result<Self, TokenError> {
        let [_, claims, _] = form::parts(token)?;
        form::members(&claims).map(Self).ok_or(TokenError::Refused("the token's claims are not one JSON object"))
    }

    /// A claim, whatever it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that is a text and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A claim that is absent, or a text and not empty.
    ///
    /// # Errors
    /// The given reason when it is anything else.
    pub(crate) fn optional_text(&self, name: &str, otherwise: &'static str) -> Result<Option<&str>, TokenError> {
        match self.get(name) {
            None => Ok(None),
            Some(_) => self.text(name).map(Some).ok_or(TokenError::Refused(otherwise)),
        }
    }

    /// A claim that is a time in whole seconds.
    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.get(name).and_then(Value::as_i64).and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// Checks that the issuer is this one, and one text.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), TokenError> {
        let is_right = self.text("iss") == Some(issuer);
        is_right.then_some(()).ok_or(TokenError::Refused("the token is another issuer's"))
    }

    /// Checks that the token is for this audience alone.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn check_audience(&self, audience: &str) -> Result<(), TokenError> {
        let is_it = |value: &Value| value.as_str().is_some_and(|text| text == audience);
        let alone = match self.get("aud") {
            Some(Value::Array(several)) => several.len() == 1 && several.iter().all(is_it),
            Some(one) => is_it(one),
            None => false,
        };
        alone.then_some(()).ok_or(TokenError::Refused("the token is not for us alone"))
    }

    /// Checks that the token is valid now and was issued within a window; when that was.
    ///
    /// # Errors
    /// When it is not, or when a time is not in whole seconds.
    pub(crate) fn check_times(&self, now: Timestamp, issued_within: Window) -> Result<Timestamp, TokenError> {
        let now = now.as_second();
        // Whole seconds only: a library would take fractions too.
        let seconds = |name: &str| self.moment(name).map(Timestamp::as_second);
        if seconds("exp").is_none_or(|end| end <= now.saturating_sub(CLOCK_SKEW_S)) {
            return Err(TokenError::Refused("the token has expired"));
        }
        let issued = self.moment("iat").ok_or(TokenError::Refused("the token does not say when it was issued"))?;
        if issued.as_second() > now.saturating_add(issued_within.ahead_s) {
            return Err(TokenError::Refused("the token was issued in the future"));
        }
        if issued.as_second() < now.saturating_sub(issued_within.oldest_s) {
            return Err(TokenError::Refused("the token is too old"));
        }
        let latest = now.saturating_add(CLOCK_SKEW_S);
        if self.get("nbf").is_some() && seconds("nbf").is_none_or(|from| from > latest) {
            return Err(TokenError::Refused("the token is not valid yet"));
        }
        Ok(issued)
    }
}

#[cfg(test)]
impl From<Map<String, Value>> for ClaimSet {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}
