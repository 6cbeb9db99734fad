//! Requests that no well-behaved client sends: the bytes go out as they are.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// An answer to a raw request.
#[derive(Debug)]
pub struct RawAnswer {
    /// Its status; 0 when the connection was closed without an answer.
    pub status: u16,
    /// Its status line and headers, in lower case.
    pub head: String,
    /// Its body, as it came.
    pub body: String,
}

/// Sends `GET target` with these header lines, without touching either, and reads the answer to its end.
///
/// # Panics
/// When the gateway cannot be connected to.
pub async fn raw_get(gateway: &Url, target: &str, header_lines: &[String]) -> RawAnswer {
    let lines: String = header_lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
    raw_request(gateway, format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}\r\n")).await
}

/// Sends bytes as they are and reads the answer to its end. They should ask for the connection to be closed.
///
/// # Panics
/// When the gateway cannot be connected to.
#[expect(clippy::expect_used, reason = "a gateway that takes no connection is the test's failure")]
pub async fn raw_request(gateway: &Url, request: impl AsRef<[u8]>) -> RawAnswer {
    let port = gateway.port().expect("a port");
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let mut bytes = Vec::new();
    // The gateway may refuse and close before everything is written or read: what came until then is the answer.
    let sent = connection.write_all(request.as_ref()).await;
    let read = connection.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(sent.and(read.map(drop)).is_ok() || !text.is_empty(), "the connection broke without an answer");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    RawAnswer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
