//! What a request holds besides its address: a body in JSON that can be read in one way only, and what its sender looked at
//! before.

use std::{collections::BTreeSet, fmt};

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::{HeaderMap, header, request::Parts};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};

use super::{Admin, AdminRefusal, error::AdminError};
use crate::{api_error::ApiError, edge::body};

/// Largest body, in bytes.
pub(super) const SMALL: usize = 64 * 1024;

/// Largest body of a bundle: 4 MB of files, and what JSON makes of them.
pub(super) const BUNDLE: usize = 8 * 1024 * 1024;

/// A body in JSON, of at most so many bytes.
pub(super) struct Body<T, const LARGEST: usize = SMALL>(pub(super) T);

impl<T: DeserializeOwned, const LARGEST: usize> FromRequest<Admin> for Body<T, LARGEST> {
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, AdminError> {
        if !is_json(request.headers()) {
            return Err(ApiError::NotJson.into());
        }
        let request = body::read(request, LARGEST, admin.app.patience).await?;
        let whole = axum::body::to_bytes(request.into_body(), LARGEST).await.map_err(|_| ApiError::BodyTooLarge)?;
        read(&whole).map(Self).map_err(|error| AdminError::because(AdminRefusal::Body, error.to_string()))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Reads JSON in which no object names a member twice: readers differ in which of the two they believe.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice::<Unambiguous>(json)?;
    serde_json::from_slice(json)
}

/// Any JSON in which no object names a member twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Unambiguous;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON in which no object names a member twice")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_unit<E>(self) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Unambiguous, A::Error> {
                while access.next_element::<Unambiguous>()?.is_some() {}
                Ok(Unambiguous)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Unambiguous, A::Error> {
                let mut names = BTreeSet::new();
                while let Some(name) = access.next_key::<String>()? {
                    access.next_value::<Unambiguous>()?;
                    if !names.insert(name) {
                        return Err(A::Error::custom("an object names a member twice"));
                    }
                }
                Ok(Unambiguous)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// What the sender of a change looked at before: the number of the last record about it, which is its `ETag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookedAt {
    /// This state of it.
    Record(u64),
    /// They make something that there is not yet.
    Nothing,
}

impl<S: Sync> FromRequestParts<S> for LookedAt {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AdminError> {
        Self::of(&parts.headers)
    }
}

impl LookedAt {
    fn of(headers: &HeaderMap) -> Result<Self, AdminError> {
        let one = |name| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (None, _) => Ok(None),
                (Some(value), None) => Ok(Some(value.to_str().unwrap_or_default())),
                _ => Err(AdminError::because(AdminRefusal::Unconditional, "a condition is sent twice")),
            }
        };
        match (one(header::IF_MATCH)?, one(header::IF_NONE_MATCH)?) {
            (Some(tag), None) => {
                let number = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                // Any other tag is none that we gave, as of a thing that looks otherwise by now.
                number.and_then(|number| number.parse().ok()).map(Self::Record).ok_or(AdminRefusal::Stale.into())
            }
            (None, Some("*")) => Ok(Self::Nothing),
            _ => Err(AdminRefusal::Unconditional.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::Value;

    use super::*;

    #[test]
    fn r47_an_object_that_names_a_member_twice_is_read_by_nobody() {
        for good in ["{}", r#"{"a":{"a":1},"b":[{"a":null},{"a":true}]}"#, "1.5", "-1", r#""a""#] {
            assert!(read::<Value>(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"b":{"a":1,"a":2}}]"#, "{", "{} x", ""] {
            assert!(read::<Value>(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(read::<Value>(deep.as_bytes()).is_err(), "and no deeper than a stack is");
    }

    #[test]
    fn r47_whoever_changes_something_says_what_they_looked_at() {
        let of = |fields: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            LookedAt::of(&headers)
        };
        assert_eq!(of(&[("if-match", "\"17\"")]), Ok(LookedAt::Record(17)));
        assert_eq!(of(&[("if-none-match", "*")]), Ok(LookedAt::Nothing));
        for stale in ["\"x\"", "17", "*", "W/\"17\"", "\"1\", \"17\"", "\"-1\"", ""] {
            assert_eq!(of(&[("if-match", stale)]), Err(AdminRefusal::Stale.into()), "{stale}");
        }
        let missing: [&[(&str, &str)]; 4] = [
            &[],
            &[("if-none-match", "\"17\"")],
            &[("if-match", "\"17\""), ("if-none-match", "*")],
            &[("if-match", "\"17\""), ("if-match", "\"18\"")],
        ];
        for fields in missing {
            let error = of(fields).expect_err("no condition").into_response();
            assert_eq!(error.status().as_u16(), 428, "{fields:?}");
        }
    }

    use axum::response::IntoResponse;
}
