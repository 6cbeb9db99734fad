//! What goes over the wire for a call, in either version of HTTP.

use aws_lc_rs::rand;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version, header};
use tokio::time::Instant;
use url::Position;

use super::{client::Call, failure::Failure};
use crate::hexadecimal::Hexadecimal;

/// How many milliseconds an answer is waited for. A source that cannot answer within them need not begin.
const TIME_LEFT: HeaderName = HeaderName::from_static("overblik-timeout-ms");

/// Bytes of chance in what a source sends back: nobody guesses it, and no two calls have the same.
const ECHO_BYTES: usize = 16;

/// Room for most heads.
const HEAD_AT_FIRST: usize = 512;

/// How many headers a request has at most beside the call's.
const OWN_HEADERS: usize = 6;

/// What says where a request goes, where it ends, and what becomes of the connection: for us alone to say, or one request
/// could be read as two (requirement R44). The contract checker refuses more.
static STEERING: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A request as it is sent.
#[derive(Debug)]
pub(super) struct Outgoing<'c> {
    call: &'c Call,
    /// What the source must send back, and in which header.
    pub(super) echo: Option<(&'c HeaderName, HeaderValue)>,
}

impl<'c> Outgoing<'c> {
    /// The request of a call to a source that sends back what it finds in the header `echo`, if it does.
    ///
    /// # Errors
    /// [`Failure::Header`] for what is not plain.
    pub(super) fn of(call: &'c Call, echo: Option<&'c HeaderName>) -> Result<Self, Failure> {
        if !call.headers.iter().all(|(name, value)| is_plain(name, value))
            || echo.is_some_and(|name| has_underscore(name) || STEERING.contains(name))
        {
            return Err(Failure::Header);
        }
        Ok(Self { call, echo: echo.map(|name| (name, word())) })
    }

    /// As HTTP/1.1, on a connection that is kept afterwards or not.
    pub(super) fn http1(&self, kept: bool) -> Bytes {
        let Call { method, url, body, .. } = self.call;
        let body = body.as_deref();
        let mut sent = BytesMut::with_capacity(HEAD_AT_FIRST + body.map_or(0, <[u8]>::len));
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| sent.extend_from_slice(part));
        let target = url[Position::BeforePath..Position::AfterQuery].as_bytes();
        put(&[method.as_str().as_bytes(), b" ", target, b" HTTP/1.1\r\n"]);
        put(&[b"host: ", url[Position::BeforeHost..Position::AfterPort].as_bytes(), b"\r\n"]);
        self.each_header(|name, value| put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]));
        if let Some(body) = body {
            put(&[b"content-length: ", body.len().to_string().as_bytes(), b"\r\n"]);
        } else if has_body_elsewhere(method) {
            put(&[b"content-length: 0\r\n"]);
        }
        if !kept {
            // The connection is not used twice, and the source may know it.
            put(&[b"connection: close\r\n"]);
        }
        put(&[b"\r\n", body.unwrap_or_default()]);
        sent.freeze()
    }

    /// As HTTP/2, where the body follows the request.
    ///
    /// # Errors
    /// [`Failure::Forbidden`] for an address that is none.
    pub(super) fn http2(&self) -> Result<(Request<()>, Bytes), Failure> {
        let mut request = Request::new(());
        let target = &self.call.url[..Position::AfterQuery];
        *request.uri_mut() = Uri::try_from(target).map_err(|_| Failure::Forbidden)?;
        *request.method_mut() = self.call.method.clone();
        *request.version_mut() = Version::HTTP_2;
        let headers = request.headers_mut();
        headers.reserve(self.call.headers.len() + OWN_HEADERS);
        self.each_header(|name, value| {
            headers.append(name, value.clone());
        });
        let body = self.call.body.as_deref().map(Bytes::copy_from_slice);
        Ok((request, body.unwrap_or_default()))
    }

    /// Every header but those that belong to one version of HTTP: our own, and the call's others.
    fn each_header(&self, mut put: impl FnMut(&HeaderName, &HeaderValue)) {
        let Call { headers, body, language, deadline, .. } = self.call;
        let json = HeaderValue::from_static("application/json");
        if !headers.contains_key(header::ACCEPT) {
            put(&header::ACCEPT, &json);
        }
        if body.is_some() && !headers.contains_key(header::CONTENT_TYPE) {
            put(&header::CONTENT_TYPE, &json);
        }
        put(&header::ACCEPT_LANGUAGE, &HeaderValue::from_static(language.tag()));
        put(&header::USER_AGENT, &HeaderValue::from_static(concat!("overblik/", env!("CARGO_PKG_VERSION"))));
        if let Some(deadline) = deadline {
            // As of now: the first time, and if it is sent again.
            let left = deadline.saturating_duration_since(Instant::now()).as_millis();
            put(&TIME_LEFT, &never_again(u64::try_from(left).unwrap_or(u64::MAX).into()));
        }
        if let Some((name, word)) = &self.echo {
            put(name, word);
        }
        let ours = [header::ACCEPT_LANGUAGE, header::USER_AGENT, TIME_LEFT];
        let is_ours =
            |name: &HeaderName| ours.contains(name) || self.echo.as_ref().is_some_and(|(echo, _)| *echo == name);
        headers.iter().filter(|(name, _)| !is_ours(name)).for_each(|(name, value)| put(name, value));
    }

    /// Whether an answer's head sends back what this request sent, where the source must.
    ///
    /// # Errors
    /// [`Failure::EchoMissing`], [`Failure::EchoDiffers`].
    pub(super) fn check_echo(&self, status: StatusCode, answer: &HeaderMap) -> Result<(), Failure> {
        let Some((name, word)) = &self.echo else { return Ok(()) };
        let mut sent_back = answer.get_all(*name).iter();
        match (sent_back.next(), sent_back.next()) {
            (Some(value), None) if value == word => Ok(()),
            (None, _) => Err(Failure::EchoMissing(status.as_u16())),
            (Some(_), _) => Err(Failure::EchoDiffers),
        }
    }
}

/// A word of chance. Without chance there is none that an answer could be told by, and so nothing is believed.
fn word() -> HeaderValue {
    let mut bytes = [0; ECHO_BYTES];
    #[expect(clippy::expect_used, reason = "as for every secret: without randomness the process must not go on")]
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    #[expect(clippy::expect_used, reason = "hexadecimal digits are a header's value")]
    never_again(HeaderValue::try_from(Hexadecimal(&bytes).to_string()).expect("hexadecimal digits"))
}

/// A value that hardly any other request has: HTTP/2 need not keep it in the table of those that come again. Hidden from debug
/// output too, which is not what this is for.
fn never_again(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// Visible ASCII, with spaces between words: what `HeaderValue` lets through beyond that is read in more ways than one
/// (requirement R44).
fn is_plain(name: &HeaderName, value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    plain && !value.starts_with(b" ") && !value.ends_with(b" ") && !has_underscore(name) && !STEERING.contains(name)
}

/// A name with an underscore is another name to some servers (requirement R44).
fn has_underscore(name: &HeaderName) -> bool {
    name.as_str().contains('_')
}

/// Whether requests of this method mostly have a body, so that one without says so (RFC 9110 section 8.6).
fn has_body_elsewhere(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
