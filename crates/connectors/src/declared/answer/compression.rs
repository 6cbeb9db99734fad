//! An answer's body as its source wrote it.
//!
//! The gateway asks for no compression. A source that sends gzip all the same is read, within the same limit, which
//! counts what comes out: 200 kB of gzip can hold 200 MB (requirement R43).

use std::{borrow::Cow, io::Read};

use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, header};

use crate::error::ConnectorError;

/// The body without compression.
///
/// # Errors
/// [`ConnectorError::TooLarge`] as soon as more than `limit` bytes come out; [`ConnectorError::Malformed`] for any other
/// encoding, several of them, and what is not whole.
pub(super) fn plain_body<'b>(
    headers: &HeaderMap,
    body: &'b [u8],
    limit: usize,
) -> Result<Cow<'b, [u8]>, ConnectorError> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let encoding = match (encodings.next(), encodings.next()) {
        (None, _) => return Ok(Cow::Borrowed(body)),
        (Some(only), None) => only.to_str().map_err(|_| ConnectorError::Malformed)?.trim().to_ascii_lowercase(),
        (Some(_), Some(_)) => return Err(ConnectorError::Malformed),
    };
    match encoding.as_str() {
        "identity" => Ok(Cow::Borrowed(body)),
        "gzip" | "x-gzip" => unzip(body, limit).map(Cow::Owned),
        _ => Err(ConnectorError::Malformed),
    }
}

fn unzip(body: &[u8], limit: usize) -> Result<Vec<u8>, ConnectorError> {
    let mut plain = Vec::new();
    // One byte more than allowed tells a body that is too large from one that is just large enough.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let whole = MultiGzDecoder::new(body).take(most).read_to_end(&mut plain);
    if plain.len() > limit {
        return Err(ConnectorError::TooLarge);
    }
    whole.map(|_| plain).map_err(|_| ConnectorError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use http::HeaderValue;

    use super::*;

    fn zipped(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    }

    fn read(encodings: &[&'static str], body: &[u8], limit: usize) -> Result<Vec<u8>, ConnectorError> {
        let name = header::CONTENT_ENCODING;
        let headers = encodings.iter().map(|encoding| (name.clone(), HeaderValue::from_static(encoding))).collect();
        plain_body(&headers, body, limit).map(Cow::into_owned)
    }

    #[test]
    fn gzip_is_read_and_no_other_encoding_is() {
        let body = zipped(b"[1]");
        assert_eq!(read(&["gzip"], &body, 3), Ok(b"[1]".to_vec()));
        assert_eq!(read(&["X-GZIP"], &body, 3), Ok(b"[1]".to_vec()));
        assert_eq!(read(&["identity"], b"[1]", 3), Ok(b"[1]".to_vec()));
        assert_eq!(read(&[], b"[1]", 3), Ok(b"[1]".to_vec()));
        let malformed = Err(ConnectorError::Malformed);
        for other in ["br", "deflate", "zstd", "compress", "gzip, gzip", "", "gzip;q=1"] {
            assert_eq!(read(&[other], &body, 100), malformed, "{other}");
        }
        assert_eq!(read(&["gzip", "gzip"], &body, 100), malformed);
        assert_eq!(read(&["gzip"], b"[1]", 100), malformed, "not gzip at all");
        assert_eq!(read(&["gzip"], body.get(..body.len() - 1).expect("a part"), 100), malformed, "cut off");
        assert_eq!(read(&["gzip"], &[body.as_slice(), b"x"].concat(), 100), malformed, "something behind it");
        assert_eq!(read(&["gzip"], b"", 100), malformed);
    }

    #[test]
    fn r43_a_bomb_stops_at_the_limit_of_what_comes_out() {
        assert_eq!(read(&["gzip"], &zipped(&[b' '; 1000]), 1000).map(|plain| plain.len()), Ok(1000));
        assert_eq!(read(&["gzip"], &zipped(&[b' '; 1001]), 1000), Err(ConnectorError::TooLarge));
        // 200 MB in 200 kB, made of parts, as one encoder would need seconds in a test.
        let part = zipped(&vec![b' '; 2_000_000]);
        let bomb = part.repeat(100);
        assert!(bomb.len() < 256 * 1024, "{}", bomb.len());
        let started = std::time::Instant::now();
        assert_eq!(read(&["gzip"], &bomb, 256 * 1024), Err(ConnectorError::TooLarge));
        assert!(started.elapsed().as_millis() < 500, "it does not run to its end: {:?}", started.elapsed());
    }
}
