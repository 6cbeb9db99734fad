//! The form that a server of somebody else's sends: each field known, and there once.

use std::collections::BTreeMap;

use http::{HeaderMap, header};

use crate::api_error::ApiError;

/// Fields of a form.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a form of these fields and no others.
    ///
    /// # Errors
    /// [`ApiError::BadParameter`].
    pub(crate) fn read(headers: &HeaderMap, body: &[u8], known: &[&str]) -> Result<Self, ApiError> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(ApiError::BadParameter);
        }
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            let is_known = known.contains(&&*name);
            if !is_known || fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(ApiError::BadParameter);
            }
        }
        Ok(Self(fields))
    }

    /// A field; `None` when it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// [`ApiError::BadParameter`].
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or(ApiError::BadParameter)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_field_that_is_unknown_or_there_twice_is_refused() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let read = |kind: &'static str, body: &str| {
            let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect();
            Form::read(&headers, body.as_bytes(), &["a", "b"]).map(|form| form.get("a").map(str::to_owned))
        };
        assert_eq!(read(FORM, "a=1&b=2"), Ok(Some("1".into())));
        assert_eq!(read("application/x-www-form-urlencoded; charset=utf-8", "b=2&a="), Ok(None));
        for (kind, body) in
            [(FORM, "a=1&a=1"), (FORM, "a=1&c=2"), (FORM, "A=1"), (FORM, "a=1&%61=2"), ("text/plain", "a=1")]
        {
            assert_eq!(read(kind, body), Err(ApiError::BadParameter), "{body}");
        }
    }
}
