//! The head of an answer in HTTP/1.1: what it says of itself, and how long its body is (RFC 9112 section 6.3).

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use httparse::{ParserConfig, Response, Status};

use super::{body::MOST_HEADERS, failure::Failure};

/// What comes before a body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) length: Length,
    /// Whether the source takes another request on the connection.
    pub(super) keeps_open: bool,
}

/// How much of a body there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Known(usize),
    Chunked,
    /// All that comes.
    UntilEnd,
}

impl Head {
    /// Takes a head from what has come; `None` if not all of it is there. Interim ones before it say nothing that a contract
    /// could ask for.
    ///
    /// # Errors
    /// [`Failure::NotHttp`]; [`Failure::TooLarge`] for more lines than [`MOST_HEADERS`], all there or not.
    pub(super) fn take_from(came: &mut BytesMut) -> Result<Option<Self>, Failure> {
        loop {
            // Passed over as the library does, but once.
            while let Some(end) = [&b"\r\n"[..], b"\n"].into_iter().find(|end| came.starts_with(end)) {
                came.advance(end.len());
            }
            let mut lines = [const { MaybeUninit::uninit() }; MOST_HEADERS];
            let mut read = Response::new(&mut []);
            let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut read, came, &mut lines);
            let end = match parsed {
                Ok(Status::Complete(end)) => end,
                Ok(Status::Partial) => return Ok(None),
                Err(httparse::Error::TooManyHeaders) => return Err(Failure::TooLarge),
                Err(_) => return Err(Failure::NotHttp),
            };
            let head = Self::of(&read)?;
            came.advance(end);
            if head.is_some() {
                return Ok(head);
            }
        }
    }

    /// `None` is an interim one.
    fn of(read: &Response<'_, '_>) -> Result<Option<Self>, Failure> {
        let status = read.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Failure::NotHttp)?;
        let switches = status == StatusCode::SWITCHING_PROTOCOLS;
        if status.is_informational() && !switches {
            return Ok(None);
        }
        let mut headers = HeaderMap::with_capacity(read.headers.len());
        for line in read.headers.iter() {
            let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Failure::NotHttp)?;
            let value = HeaderValue::from_bytes(line.value).map_err(|_| Failure::NotHttp)?;
            headers.append(name, value);
        }
        let is_current = read.version == Some(1);
        let said = length(&headers, is_current)?;
        let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) || switches;
        let (length, ends_plainly) = match said {
            // What is said of a body may come, where there is none.
            said if has_none => (Length::Known(0), matches!(said, Length::Known(0) | Length::UntilEnd)),
            Length::Known(_) => (said, true),
            Length::Chunked => (said, !headers.contains_key(header::CONTENT_LENGTH)),
            Length::UntilEnd => (said, false),
        };
        // Where its end can be understood in two ways, what follows may be of it (requirement R52).
        let keeps_open = is_current && ends_plainly && !switches && !says_close(&headers);
        Ok(Some(Self { status, headers, length, keeps_open }))
    }
}

/// How much of a body an answer says that there is. A length is ignored where there are chunks.
fn length(headers: &HeaderMap, is_current: bool) -> Result<Length, Failure> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => known_length(headers).map(|length| length.map_or(Length::UntilEnd, Length::Known)),
        // HTTP/1.0 has none, and nobody asked for one beside chunks: what it hides, and where it ends, is guesswork.
        (Some(coding), None) if is_current && coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(Length::Chunked),
        (Some(_), _) => Err(Failure::NotHttp),
    }
}

/// The length that is announced, if one is. It may be said more than once, but not in two ways.
fn known_length(headers: &HeaderMap) -> Result<Option<usize>, Failure> {
    let mut known = None;
    for line in headers.get_all(header::CONTENT_LENGTH) {
        for said in line.to_str().map_err(|_| Failure::NotHttp)?.split(',').map(str::trim) {
            let is_number = said.bytes().all(|byte| byte.is_ascii_digit());
            let said: usize = said.parse().ok().filter(|_| is_number).ok_or(Failure::NotHttp)?;
            if known.replace(said).is_some_and(|other| other != said) {
                return Err(Failure::NotHttp);
            }
        }
    }
    Ok(known)
}

fn says_close(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONNECTION).iter().any(|line| {
        // What is no text may say it.
        line.to_str().map_or(true, |line| line.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status, the length, and whether the connection stays open.
    fn read(head: &str) -> Result<Option<(u16, Length, bool)>, Failure> {
        let head = Head::take_from(&mut BytesMut::from(head))?;
        Ok(head.map(|head| (head.status.as_u16(), head.length, head.keeps_open)))
    }

    #[test]
    fn how_long_a_body_is_and_what_becomes_of_the_connection_is_read_in_one_way() {
        use Length::{Chunked, Known, UntilEnd};
        for (lines, expected) in [
            ("content-length: 2", Ok((Known(2), true))),
            ("content-length: 2, 2", Ok((Known(2), true))),
            ("content-length: 2\r\ncontent-length: 2", Ok((Known(2), true))),
            ("content-length: 2\r\nconnection: keep-alive\r\nconnection: x, Close", Ok((Known(2), false))),
            ("content-length: 2\r\nconnection: \u{e6}, close", Ok((Known(2), false))),
            ("transfer-encoding: chunked", Ok((Chunked, true))),
            ("transfer-encoding: Chunked ", Ok((Chunked, true))),
            ("transfer-encoding: chunked\r\ncontent-length: 2", Ok((Chunked, false))),
            ("transfer-encoding: chunked\r\ncontent-length: x", Ok((Chunked, false))),
            ("transfer-encoding: gzip, chunked", Err(Failure::NotHttp)),
            ("transfer-encoding: chunked, chunked", Err(Failure::NotHttp)),
            ("transfer-encoding: chunked\r\ntransfer-encoding: chunked", Err(Failure::NotHttp)),
            ("transfer-encoding: chunked\r\ntransfer-encoding: gzip", Err(Failure::NotHttp)),
            ("transfer-encoding: identity\r\ncontent-length: 2", Err(Failure::NotHttp)),
            ("transfer-encoding:\r\ncontent-length: 2", Err(Failure::NotHttp)),
            ("transfer-encoding: chunked\u{a0}", Err(Failure::NotHttp)),
            ("x: y", Ok((UntilEnd, false))),
            ("content-length: 2\r\ncontent-length: 3", Err(Failure::NotHttp)),
            ("content-length: 2, 3", Err(Failure::NotHttp)),
            ("content-length: +2", Err(Failure::NotHttp)),
            ("content-length: 2 2", Err(Failure::NotHttp)),
            ("content-length:", Err(Failure::NotHttp)),
            ("content-length: 99999999999999999999999", Err(Failure::NotHttp)),
            ("content-length : 2", Err(Failure::NotHttp)),
            ("x: y\r\n folded", Err(Failure::NotHttp)),
        ] {
            let current = read(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n"));
            let expected = expected.map(|(length, keeps_open)| Some((200, length, keeps_open)));
            assert_eq!(current, expected, "{lines}");
            let former = read(&format!("HTTP/1.0 200 OK\r\n{lines}\r\n\r\n"));
            let has_codings = lines.contains("transfer-encoding");
            let expected = if has_codings { Err(Failure::NotHttp) } else { expected };
            assert_eq!(former, expected.map(|head| head.map(|(status, length, _)| (status, length, false))), "{lines}");
        }
        for (status, lines, keeps_open) in [
            (204, "x: y", true),
            (304, "content-length: 0", true),
            (204, "content-length: 2", false),
            (304, "content-length: 2", false),
            (204, "transfer-encoding: chunked", false),
            (101, "x: y", false),
        ] {
            let head = format!("HTTP/1.1 {status} x\r\n{lines}\r\n\r\n");
            assert_eq!(read(&head), Ok(Some((status, Known(0), keeps_open))), "{lines}");
        }
    }

    #[test]
    fn interim_heads_are_passed_over_and_what_follows_a_head_is_left() {
        let mut came =
            BytesMut::from("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nlink: y\r\n\r\nHTTP/1.1 200 OK\r\nx: y");
        assert!(Head::take_from(&mut came).expect("HTTP").is_none());
        assert_eq!(came, "HTTP/1.1 200 OK\r\nx: y");
        came.extend_from_slice(b"\r\n\r\nbody");
        let head = Head::take_from(&mut came).expect("HTTP").expect("a head");
        assert_eq!((head.status, head.headers.len(), &*came), (StatusCode::OK, 1, &b"body"[..]));
    }
}
