//! The access token that a request shows (RFC 6750 section 2.1, RFC 9449 section 7.1): one `Authorization` field, and
//! nothing else that says who sent it.

use std::fmt;

use http::{HeaderMap, header};

use crate::{
    api_error::ApiError,
    session::cookie::{self, SessionCookie},
};

/// How a token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Whoever holds it may use it.
    Bearer,
    /// With a proof that the sender holds its key.
    Dpop,
}

impl Scheme {
    /// Its name in `Authorization` and `WWW-Authenticate`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The scheme that a request names, whatever else is right or wrong with it.
    pub(super) fn named(headers: &HeaderMap) -> Option<Self> {
        let (name, _) = credentials(headers)?;
        [Self::Bearer, Self::Dpop].into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name))
    }
}

/// An access token as it was shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) scheme: Scheme,
    pub(crate) token: String,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}

impl Shown {
    /// A token that a form shows. It is bound to a key if a proof comes with it.
    ///
    /// # Errors
    /// [`ApiError::TokenRefused`] when it is no token.
    pub(crate) fn in_form(token: &str, headers: &HeaderMap) -> Result<Self, ApiError> {
        let scheme = if headers.contains_key("dpop") { Scheme::Dpop } else { Scheme::Bearer };
        if is_token(token) { Ok(Self { scheme, token: token.to_owned() }) } else { Err(ApiError::TokenRefused) }
    }

    /// The token that a request shows; `None` when it shows none.
    ///
    /// # Errors
    /// [`ApiError::CredentialsAmbiguous`] when it says otherwise too who sent it, or in the address, which is written
    /// down wherever it passes. [`ApiError::TokenRefused`] when what it shows is no token.
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Result<Option<Self>, ApiError> {
        if url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(name, _)| name == "access_token") {
            return Err(ApiError::CredentialsAmbiguous);
        }
        match headers.get_all(header::AUTHORIZATION).iter().count() {
            0 => return Ok(None),
            1 => {}
            _ => return Err(ApiError::CredentialsAmbiguous),
        }
        if !matches!(cookie::session(headers), SessionCookie::Absent) {
            return Err(ApiError::CredentialsAmbiguous);
        }
        let (scheme, (_, token)) = Scheme::named(headers).zip(credentials(headers)).ok_or(ApiError::TokenRefused)?;
        if !is_token(token) {
            return Err(ApiError::TokenRefused);
        }
        Ok(Some(Self { scheme, token: token.to_owned() }))
    }
}

/// Scheme and token, one or more spaces between them (RFC 9110 section 11.4).
fn credentials(headers: &HeaderMap) -> Option<(&str, &str)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Some((scheme, token.trim_start_matches(' ')))
}

/// Whether this is a `token68` (RFC 9110 section 11.2).
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn shown(fields: &[(&'static str, &str)], query: Option<&str>) -> Result<Option<(Scheme, String)>, ApiError> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        Ok(Shown::of(&headers, query)?.map(|Shown { scheme, token }| (scheme, token)))
    }

    #[test]
    fn r15_a_token_is_shown_in_one_field_under_a_scheme_that_is_known() {
        let good = |value| shown(&[("authorization", value)], Some("lang=en&access=1"));
        assert_eq!(good("Bearer a.b-c_d"), Ok(Some((Scheme::Bearer, "a.b-c_d".into()))));
        assert_eq!(good("bEARER   a~+/=="), Ok(Some((Scheme::Bearer, "a~+/==".into()))));
        assert_eq!(good("dpop x"), Ok(Some((Scheme::Dpop, "x".into()))));
        assert_eq!(shown(&[], None), Ok(None));
        let wrong =
            ["", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer =", "Bearer \"a\"", "Basic YTpi", "a"];
        for value in wrong {
            assert_eq!(good(value), Err(ApiError::TokenRefused), "{value}");
        }
        for value in ["Bearer\ta", "Bearer:a", "Bearer=a"] {
            assert_eq!(good(value), Err(ApiError::TokenRefused), "{value}");
        }
    }

    #[test]
    fn r15_whoever_says_in_two_ways_or_in_the_address_who_they_are_is_nobody() {
        let bearer = ("authorization", "Bearer a");
        let ambiguous = Err(ApiError::CredentialsAmbiguous);
        assert_eq!(shown(&[bearer, bearer], None), ambiguous);
        assert_eq!(shown(&[bearer, ("authorization", "Basic YTpi")], None), ambiguous);
        for cookie in ["__Host-Http-overblik=x", "a=b; __Host-Http-overblik=", "__host-http-overblik=x"] {
            assert_eq!(shown(&[bearer, ("cookie", cookie)], None), ambiguous, "{cookie}");
        }
        assert!(shown(&[bearer, ("cookie", "overblik-language=en")], None).is_ok());
        for query in ["access_token=a", "x=1&access_token=", "access%5Ftoken=a", "access_token"] {
            assert_eq!(shown(&[bearer], Some(query)), ambiguous, "{query}");
            assert_eq!(shown(&[], Some(query)), ambiguous, "{query}");
        }
    }

    #[test]
    fn r59_a_token_is_not_printed() {
        let shown = Shown { scheme: Scheme::Bearer, token: "secret".into() };
        assert_eq!(format!("{shown:?}"), "Shown(..)");
    }
}
