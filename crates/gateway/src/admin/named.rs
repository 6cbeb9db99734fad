//! What an address names. What cannot be a name names nothing.

use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use overblik_registry::Slug;
use serde::de::DeserializeOwned;

use super::{AdminRefusal, error::AdminError};

/// One name, or several by the names of their places.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AdminError> {
        Path::from_request_parts(parts, state).await.map(|Path(named)| Self(named)).map_err(|_| AdminError::not_found())
    }
}

/// What stands after the question mark: each parameter known, and there once.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AdminError> {
        let asked = Query::from_request_parts(parts, state).await;
        asked
            .map(|Query(asked)| Self(asked))
            .map_err(|error| AdminError::because(AdminRefusal::Body, error.body_text()))
    }
}

/// A source and one of its versions.
pub(super) type SourceVersion = (Slug, u32);

/// A source and a display client.
pub(super) type SourceClient = (Slug, Slug);
