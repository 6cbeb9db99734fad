//! The parameters of a request, from its query or its form.

use std::collections::BTreeMap;

use super::ProtocolError;

/// Parameters by name; each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text. Parameters without a value count as absent, and none may
    /// occur twice (RFC 6749 section 3.1).
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, ProtocolError> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if !value.is_empty() && parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(ProtocolError::invalid_request("a parameter occurs twice"));
            }
        }
        Ok(Self(parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_occurs_once_or_not_at_all() {
        let parameters = Parameters::parse(b"a=1&b=&c=%C3%A6+%3D").expect("parameters");
        assert_eq!((parameters.get("a"), parameters.get("b"), parameters.get("c")), (Some("1"), None, Some("æ =")));
        assert!(Parameters::parse(b"a=1&a=1").is_err());
    }
}
