//! What a verified ID token says about the citizen, under the names that the provider uses.

use jiff::Timestamp;
use overblik_widgets::AssuranceLevel;
use serde_json::Value;

use super::id_token::IdTokenError;
use crate::{
    config::LoginConfig,
    tokens::{CLOCK_SKEW_S, ClaimSet, Window},
};

/// What an ID token says.
pub(super) struct Claims {
    pub(super) subject: String,
    /// CPR number as the provider wrote it, if it did.
    pub(super) cpr: Option<String>,
    pub(super) name: Option<String>,
    pub(super) municipality: Option<String>,
    /// How surely the citizen was identified, if the token says so.
    pub(super) level: Option<AssuranceLevel>,
    pub(super) issued: Timestamp,
    pub(super) authenticated: Option<Timestamp>,
    pub(super) provider_session: Option<String>,
    pub(super) session_expiry: Option<Timestamp>,
    /// What they may, where that was asked for.
    pub(super) roles: Vec<String>,
}

/// What claims say about a citizen, in ID tokens and access tokens alike.
pub(crate) struct CitizenClaims {
    /// CPR number as the provider wrote it, if it did.
    pub(crate) cpr: Option<String>,
    pub(crate) name: Option<String>,
    /// Municipality of residence as the provider wrote it.
    pub(crate) municipality: Option<String>,
    /// How surely the citizen was identified, if the token says so.
    pub(crate) level: Option<AssuranceLevel>,
}

impl CitizenClaims {
    /// Reads the claims of a token whose signature was verified.
    ///
    /// # Errors
    /// What is wrong with them, for our log.
    pub(crate) fn read(claims: &ClaimSet, config: &LoginConfig) -> Result<Self, &'static str> {
        let text = |name: &str| claims.text(name).map(str::to_owned);
        Ok(Self {
            cpr: optional_text(claims, &config.claims.cpr, "the CPR claim is not one text")?,
            name: text(&config.claims.name),
            municipality: text(&config.claims.municipality),
            level: match claims.get(&config.claims.level) {
                None => None,
                Some(Value::String(name)) => Some(config.levels.level(name).ok_or(UNKNOWN_LEVEL)?),
                Some(_) => return Err(UNKNOWN_LEVEL),
            },
        })
    }
}

/// What the claims are held against.
pub(super) struct Expected<'c> {
    pub(super) config: &'c LoginConfig,
    /// Seconds since its issue after which a token counts no more: the longest that a session can last.
    pub(super) oldest_s: i64,
    pub(super) now: Timestamp,
    /// The login's `nonce`, where the token answers a login.
    pub(super) nonce: Option<&'c str>,
    /// The claim that says what somebody may, where that matters.
    pub(super) role: Option<&'c str>,
    /// Seconds since the citizen was authenticated that are not too many, where the login asked for that.
    pub(super) max_age_s: Option<i64>,
}

/// Reads the claims of an ID token whose signature was verified.
///
/// # Errors
/// What is wrong with them, for our log.
pub(super) fn read(claims: &ClaimSet, expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    let config = expected.config;
    let text = |name: &str| claims.text(name);

    claims.check_issuer(&config.issuer)?;
    claims.check_audience(&config.client_id)?;
    if claims.get("azp").is_some_and(|party| party.as_str() != Some(&config.client_id)) {
        return Err("the ID token is another party's".into());
    }
    if expected.nonce.is_some_and(|nonce| text("nonce") != Some(nonce)) {
        return Err("the ID token answers another login".into());
    }
    let issued = claims.check_times(expected.now, Window::at_most(expected.oldest_s))?;
    let authenticated = optional_time(claims, "auth_time", "the time of authentication is not a time")?;
    check_age(authenticated, expected)?;
    let CitizenClaims { cpr, name, municipality, level } = CitizenClaims::read(claims, config)?;
    Ok(Claims {
        subject: text("sub").ok_or("the ID token names no subject")?.to_owned(),
        cpr,
        name,
        municipality,
        level,
        issued,
        authenticated,
        provider_session: optional_text(
            claims,
            &config.claims.session,
            "the provider's name for its session is not one text",
        )?,
        session_expiry: match &config.claims.session_expiry {
            None => None,
            Some(name) => session_expiry(claims, name, expected.now)?,
        },
        roles: expected.role.map(|name| roles(claims, name)).transpose()?.unwrap_or_default(),
    })
}

/// A claim that is a text or a list of texts; none if it is missing.
fn roles(claims: &ClaimSet, name: &str) -> Result<Vec<String>, &'static str> {
    const MALFORMED: &str = "the claim that says what somebody may is neither a text nor a list of texts";
    match claims.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(role)) => Ok(vec![role.clone()]),
        Some(Value::Array(roles)) => {
            roles.iter().map(|role| role.as_str().map(str::to_owned).ok_or(MALFORMED)).collect()
        }
        Some(_) => Err(MALFORMED),
    }
}

/// Whether the citizen was authenticated as lately as was asked for (requirement R7).
fn check_age(authenticated: Option<Timestamp>, expected: &Expected<'_>) -> Result<(), &'static str> {
    let now = expected.now.as_second();
    let authenticated = authenticated.map(Timestamp::as_second);
    if authenticated.is_some_and(|at| at > now.saturating_add(CLOCK_SKEW_S)) {
        return Err("the citizen was authenticated in the future");
    }
    let Some(age) = expected.max_age_s else { return Ok(()) };
    match authenticated {
        None => Err("the ID token does not say when the citizen was authenticated, though that was asked"),
        Some(at) if at < now.saturating_sub(age).saturating_sub(CLOCK_SKEW_S) => {
            Err("the citizen was authenticated longer ago than was asked for")
        }
        Some(_) => Ok(()),
    }
}

/// The absolute end of the provider's session. The one provider that is known to name it writes it as digits in a text.
fn session_expiry(claims: &ClaimSet, name: &str, now: Timestamp) -> Result<Option<Timestamp>, &'static str> {
    const MALFORMED: &str = "the end of the provider's session is not a time";
    let end = match claims.get(name) {
        Some(Value::String(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let second = digits.parse().map_err(|_| MALFORMED)?;
            Some(Timestamp::from_second(second).map_err(|_| MALFORMED)?)
        }
        _ => optional_time(claims, name, MALFORMED)?,
    };
    if end.is_some_and(|end| end <= now) {
        return Err("the provider's session is over");
    }
    Ok(end)
}

const UNKNOWN_LEVEL: &str = "the token names no level that the configuration knows";

/// A claim that is one text, or absent: null and empty count as that.
fn optional_text(claims: &ClaimSet, name: &str, otherwise: &'static str) -> Result<Option<String>, &'static str> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(otherwise),
    }
}

/// A claim that is a time in whole seconds, or absent: null counts as that.
fn optional_time(claims: &ClaimSet, name: &str, otherwise: &'static str) -> Result<Option<Timestamp>, &'static str> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => claims.moment(name).map(Some).ok_or(otherwise),
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
