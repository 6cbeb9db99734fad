//! A request's body, whole, before any handler runs: no larger and no slower than it may be (requirement R72).

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::header;
use http_body::Body as _;

use crate::{api_error::ApiError, app::App, config::PatienceConfig};

/// Largest request body, in bytes: our forms are a few hundred.
const LARGEST: usize = 16 * 1024;

/// Reads the body to its end, and gives it to the handler as it came.
pub(crate) async fn whole_in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    match read(request, LARGEST, app.patience).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// A request with its body there, whole.
///
/// # Errors
/// [`ApiError::BodyTooLarge`] beyond this many bytes, [`ApiError::BodyTooSlow`], [`ApiError::BadParameter`] where it breaks
/// off.
pub(crate) async fn read(request: Request, largest: usize, patience: PatienceConfig) -> Result<Request, ApiError> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| usize::try_from(length).map_or(true, |length| length > largest)) {
        return Err(ApiError::BodyTooLarge);
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(patience.body(), whole(body, largest)).await {
        Ok(body) => Ok(Request::from_parts(parts, body?)),
        Err(_elapsed) => Err(ApiError::BodyTooSlow),
    }
}

async fn whole(body: Body, largest: usize) -> Result<Body, ApiError> {
    let mut whole = Vec::new();
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        // Broken off, or not what its headers announced.
        let part = part.map_err(|_broken| ApiError::BadParameter)?;
        if whole.len().saturating_add(part.len()) > largest {
            return Err(ApiError::BodyTooLarge);
        }
        whole.extend_from_slice(&part);
    }
    Ok(Body::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r72_a_body_that_announces_no_length_is_read_to_the_limit_and_no_further() {
        let parts = |count| {
            let parts = (0..count).map(|_| Ok::<_, std::convert::Infallible>(bytes::Bytes::from(vec![b'x'; 1024])));
            Body::from_stream(futures::stream::iter(parts))
        };
        let read = whole(parts(16), LARGEST).await.expect("as large as may be");
        assert_eq!(axum::body::to_bytes(read, usize::MAX).await.expect("bytes").len(), LARGEST);
        assert_eq!(whole(parts(17), LARGEST).await.err(), Some(ApiError::BodyTooLarge));
    }
}
