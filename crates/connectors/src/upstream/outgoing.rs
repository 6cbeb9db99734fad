//! What goes over the wire for a call, in either version of HTTP.

use aws_lc_rs::rand;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version, header};
use http_body_util::Full;
use tokio::time::Instant;
use url::{Position, Url};

use super::{client::Call, failure::Failure};

/// How many milliseconds an answer is waited for. A source that cannot answer within them need not begin.
const TIME_LEFT: HeaderName = HeaderName::from_static("overblik-timeout-ms");

/// Bytes of chance in what a source sends back: nobody guesses it, and no two calls have the same.
const ECHO_BYTES: usize = 16;

/// A request as it is sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    deadline: Option<Instant>,
    /// What the source must send back, and in which header.
    pub(super) echo: Option<(HeaderName, HeaderValue)>,
}

impl Outgoing {
    /// The request of a call to a source that sends back what it finds in the header `echo`, if it does.
    ///
    /// # Errors
    /// [`Failure::Header`] for what is not plain.
    pub(super) fn of(call: Call, echo: Option<&HeaderName>) -> Result<Self, Failure> {
        let Call { method, url, mut headers, body, language, deadline, .. } = call;
        let json = HeaderValue::from_static("application/json");
        headers.entry(header::ACCEPT).or_insert_with(|| json.clone());
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("overblik/", env!("CARGO_PKG_VERSION"))));
        if body.is_some() {
            headers.entry(header::CONTENT_TYPE).or_insert(json);
        }
        let echo = echo.map(|name| (name.clone(), word()));
        if let Some((name, word)) = &echo {
            headers.insert(name.clone(), word.clone());
        }
        if !headers.iter().all(|(name, value)| is_plain(name, value)) {
            return Err(Failure::Header);
        }
        Ok(Self { method, url, headers, body: body.unwrap_or_default().into(), deadline, echo })
    }

    /// As HTTP/1.1, on a connection that is kept afterwards or not.
    ///
    /// # Errors
    /// [`Failure::Forbidden`] for an address that is none.
    pub(super) fn http1(&self, kept: bool) -> Result<Request<Full<Bytes>>, Failure> {
        let url = &self.url;
        let request = self.request(&url[Position::BeforePath..Position::AfterQuery])?;
        let mut request = request.map(|()| Full::new(self.body.clone()));
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::try_from(host).map_err(|_| Failure::Forbidden)?);
        if !kept {
            // The connection is not used twice, and the source may know it.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(request)
    }

    /// As HTTP/2, where the body follows the request.
    ///
    /// # Errors
    /// [`Failure::Forbidden`] for an address that is none.
    pub(super) fn http2(&self) -> Result<(Request<()>, Bytes), Failure> {
        let mut request = self.request(&self.url[..Position::AfterQuery])?;
        *request.version_mut() = Version::HTTP_2;
        Ok((request, self.body.clone()))
    }

    fn request(&self, target: &str) -> Result<Request<()>, Failure> {
        let mut request = Request::new(());
        *request.uri_mut() = Uri::try_from(target).map_err(|_| Failure::Forbidden)?;
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(deadline) = self.deadline {
            // As of now: the first time, and if it is sent again.
            let left = deadline.saturating_duration_since(Instant::now()).as_millis();
            let left = HeaderValue::from(u64::try_from(left).unwrap_or(u64::MAX));
            request.headers_mut().insert(TIME_LEFT, never_again(left));
        }
        Ok(request)
    }

    /// Whether an answer's head sends back what this request sent, where the source must.
    ///
    /// # Errors
    /// [`Failure::EchoMissing`], [`Failure::EchoDiffers`].
    pub(super) fn check_echo(&self, status: StatusCode, answer: &HeaderMap) -> Result<(), Failure> {
        let Some((name, word)) = &self.echo else { return Ok(()) };
        let mut sent_back = answer.get_all(name).iter();
        match (sent_back.next(), sent_back.next()) {
            (Some(value), None) if value == word => Ok(()),
            (None, _) => Err(Failure::EchoMissing(status.as_u16())),
            (Some(_), _) => Err(Failure::EchoDiffers),
        }
    }
}

/// A word of chance. Without chance there is none that an answer could be told by, and so nothing is believed.
fn word() -> HeaderValue {
    use std::fmt::Write;
    let mut bytes = [0; ECHO_BYTES];
    #[expect(clippy::expect_used, reason = "as for every secret: without randomness the process must not go on")]
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    let text = bytes.iter().fold(String::with_capacity(2 * ECHO_BYTES), |mut text, byte| {
        // Writing to a text does not fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    });
    #[expect(clippy::expect_used, reason = "hexadecimal digits are a header's value")]
    never_again(HeaderValue::try_from(text).expect("hexadecimal digits"))
}

/// A value that hardly any other request has: HTTP/2 need not keep it in the table of those that come again. Hidden from debug
/// output too, which is not what this is for.
fn never_again(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// Visible ASCII, with spaces between words: what `HeaderValue` lets through beyond that is read in more ways than one.
/// A name with an underscore is another name to some servers (requirement R44).
fn is_plain(name: &HeaderName, value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    plain && !value.starts_with(b" ") && !value.ends_with(b" ") && !name.as_str().contains('_')
}
