//! Stylesheet and script. Their names hold a hash of their content, so browsers may keep them for ever.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri, header};

use crate::{api_error::ApiError, page};

pub(crate) async fn asset(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let asset = page::assets().into_iter().find(|asset| asset.path == uri.path()).ok_or(ApiError::NotFound)?;
    let described = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    Ok(if accepts_gzip(&headers) {
        (described, [(header::CONTENT_ENCODING, "gzip")], asset.gzip.as_slice()).into_response()
    } else {
        (described, asset.bytes).into_response()
    })
}

/// Whether the browser names gzip among what it can read, and does not refuse it by a weight of zero.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|accepted| {
        accepted.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            is_gzip && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
        })
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_whom_it_is_readable_for() {
        let accepts = |accepted| {
            accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
        };
        for readable in ["gzip", "br, GZIP", "deflate, gzip;q=0.5, br", "gzip; q=1"] {
            assert!(accepts(readable), "{readable}");
        }
        for other in ["", "br", "identity", "gzip;q=0", "gzip; q=0.0", "gzip;q=x", "xgzip"] {
            assert!(!accepts(other), "{other}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
