//! How an authority checks what the gateway shows it: a token or an assertion of the identity provider's token service, or
//! what the gateway itself signed about a citizen.
//!
//! An authority trusts an issuer by its keys, and takes only what is meant for itself, of the right type, and not expired.

use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{options::Clock, party::Source};

/// The type of an access token (RFC 9068).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The type of the signature within an assertion.
pub const ASSERTION_TYPE: &str = "demo-assertion+jwt";

/// The type of what the gateway itself signs about a citizen.
pub const CITIZEN_ASSERTION_TYPE: &str = "citizen-assertion+jwt";

/// Longest that what is shown may count, in seconds.
const LONGEST_LIFE_S: i64 = 60;

/// Seconds by which clocks may differ.
const SKEW_S: i64 = 5;

/// What an authority of the demo is called in tokens that are meant for it.
#[must_use]
pub fn audience(source: Source) -> String {
    format!("urn:overblik-demo:{}", source.name())
}

/// Whether the token service knows an audience.
pub(crate) fn is_registered(name: &str) -> bool {
    Source::ALL.iter().any(|source| audience(*source) == name)
}

/// What is said to an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceClaims {
    /// Who says it.
    pub iss: String,
    /// To whom.
    pub aud: String,
    /// About whom: the issuer's name for the citizen, or the client where it is about no citizen.
    pub sub: String,
    /// Which client asks.
    pub client_id: String,
    /// When it was said, in seconds since 1970.
    pub iat: i64,
    /// Until when it counts.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The citizen's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpr: Option<String>,
    /// How surely the citizen was identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa: Option<String>,
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
}

/// Why what was shown opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Nothing was shown, or not as it should be.
    #[error("no token is shown as it should be")]
    Missing,
    /// The signature, the issuer, the type or the form is wrong.
    #[error("the token is not of an issuer that is trusted here")]
    Untrusted,
    /// It is meant for somebody else.
    #[error("the token is meant for another authority")]
    OtherAudience,
    /// It counts no more, not yet, or too long.
    #[error("the token has expired or counts too long")]
    Expired,
}

/// What one authority accepts.
#[derive(Clone)]
pub struct TokenCheck {
    audience: String,
    clock: Clock,
    trusted: Vec<(String, JwkSet)>,
}

impl TokenCheck {
    /// An authority that is called by this name in tokens, and trusts nobody yet.
    #[must_use]
    pub fn new(audience: String, clock: Clock) -> Self {
        Self { audience, clock, trusted: Vec::new() }
    }

    /// Trusts what these keys sign in the name of an issuer.
    #[must_use]
    pub fn trust(mut self, issuer: &str, keys: &JwkSet) -> Self {
        self.trusted.push((issuer.to_owned(), keys.clone()));
        self
    }

    /// What the bearer token of a call says.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn bearer(&self, headers: &HeaderMap, kind: &str) -> Result<SourceClaims, NotAccepted> {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (shown.next(), shown.next()) else { return Err(NotAccepted::Missing) };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).ok_or(NotAccepted::Missing)?;
        self.token(token, kind)
    }

    /// What a token of this type says.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn token(&self, token: &str, kind: &str) -> Result<SourceClaims, NotAccepted> {
        let header = decode_header(token).map_err(|_| NotAccepted::Untrusted)?;
        if header.typ.as_deref() != Some(kind) {
            return Err(NotAccepted::Untrusted);
        }
        // The times are compared below, with this world's clock.
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let signed_by = |(issuer, keys): &(String, JwkSet)| {
            let key = keys.find(header.kid.as_deref()?)?;
            let strong = matches!(header.alg, Algorithm::ES256 | Algorithm::PS256);
            let key = DecodingKey::from_jwk(key).ok().filter(|_| strong)?;
            let claims = decode::<SourceClaims>(token, &key, &validation).ok()?.claims;
            (claims.iss == *issuer).then_some(claims)
        };
        let claims = self.trusted.iter().find_map(signed_by).ok_or(NotAccepted::Untrusted)?;
        if claims.aud != self.audience {
            return Err(NotAccepted::OtherAudience);
        }
        let now = (self.clock)().as_second();
        let life = claims.exp.saturating_sub(claims.iat);
        let counts = claims.iat <= now.saturating_add(SKEW_S) && now < claims.exp.saturating_add(SKEW_S);
        if counts && (1..=LONGEST_LIFE_S).contains(&life) { Ok(claims) } else { Err(NotAccepted::Expired) }
    }

    /// What an assertion says, from its XML.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn assertion(&self, xml: &str) -> Result<SourceClaims, NotAccepted> {
        let signature = xml.split_once(SIGNATURE_BEGINS).and_then(|(_, rest)| rest.split_once(SIGNATURE_ENDS));
        let (signature, _) = signature.ok_or(NotAccepted::Untrusted)?;
        let claims = self.token(signature, ASSERTION_TYPE)?;
        // The signature covers the claims; the text around it counts only if it is made of nothing else.
        if assertion(&claims, signature) == xml { Ok(claims) } else { Err(NotAccepted::Untrusted) }
    }
}

const SIGNATURE_BEGINS: &str = "<ds:SignatureValue>";
const SIGNATURE_ENDS: &str = "</ds:SignatureValue>";

/// A SAML 2.0 assertion for demonstration. Its signature is a JWS over what it says and no XML signature, and it is bound
/// to no certificate, for the demo's provider sees none.
pub(crate) fn assertion(claims: &SourceClaims, signature: &str) -> String {
    let moment = |second: i64| jiff::Timestamp::from_second(second).unwrap_or_default();
    let (said, until) = (moment(claims.iat), moment(claims.exp));
    let [id, issuer, subject, audience] =
        [&claims.jti, &claims.iss, &claims.sub, &claims.aud].map(|text| escaped(text));
    let mut xml = format!(
        "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Version=\"2.0\" ID=\"_{id}\" IssueInstant=\"{said}\">\
         <saml2:Issuer>{issuer}</saml2:Issuer>\
         <ds:Signature>{SIGNATURE_BEGINS}{signature}{SIGNATURE_ENDS}</ds:Signature>\
         <saml2:Subject><saml2:NameID>{subject}</saml2:NameID></saml2:Subject>\
         <saml2:Conditions NotBefore=\"{said}\" NotOnOrAfter=\"{until}\"><saml2:AudienceRestriction>\
         <saml2:Audience>{audience}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>\
         <saml2:AuthnStatement AuthnInstant=\"{said}\"/><saml2:AttributeStatement>"
    );
    let attributes = [
        ("https://data.gov.dk/concept/core/nsis/loa", &claims.loa),
        ("https://data.gov.dk/model/core/eid/cprNumber", &claims.cpr),
    ];
    for (name, value) in attributes {
        let Some(value) = value else { continue };
        let value = escaped(value);
        xml.extend(["<saml2:Attribute Name=\"", name, "\"><saml2:AttributeValue>", &value]);
        xml.push_str("</saml2:AttributeValue></saml2:Attribute>");
    }
    xml.push_str("</saml2:AttributeStatement></saml2:Assertion>");
    xml
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
