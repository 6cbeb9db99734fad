//! One connection that is used for many raw requests, as a client in a hurry does.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::RawAnswer;

/// Requests and answers one after the other on a connection, which is opened anew whenever the gateway closed it.
pub struct KeptConnection {
    port: u16,
    open: Option<TcpStream>,
}

impl KeptConnection {
    /// To a gateway; nothing is opened yet.
    ///
    /// # Panics
    /// When the address has no port.
    #[must_use]
    #[expect(clippy::expect_used, reason = "an address without a port is a mistake in the test")]
    pub fn to(gateway: &Url) -> Self {
        Self { port: gateway.port().expect("a port"), open: None }
    }

    /// Sends a whole request as it is and reads its answer, which must tell the length of its body.
    ///
    /// # Panics
    /// When the gateway cannot be connected to, or breaks off.
    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    pub async fn ask(&mut self, request: &[u8]) -> RawAnswer {
        // A connection may have been closed since; a fresh one must answer.
        if let Some(mut kept) = self.open.take()
            && let Some(answer) = exchange(&mut kept, request).await
        {
            self.keep(kept, &answer);
            return answer;
        }
        let mut fresh = TcpStream::connect(("127.0.0.1", self.port)).await.expect("a connection");
        fresh.set_nodelay(true).expect("an option");
        let answer = exchange(&mut fresh, request).await.expect("an answer");
        self.keep(fresh, &answer);
        answer
    }

    fn keep(&mut self, connection: TcpStream, answer: &RawAnswer) {
        self.open = (!answer.head.contains("\r\nconnection: close")).then_some(connection);
    }
}

async fn exchange(connection: &mut TcpStream, request: &[u8]) -> Option<RawAnswer> {
    // Refused before it was written to its end: the answer may be there all the same.
    drop(connection.write_all(request).await);
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok())?;
                return Some(RawAnswer { status, body: body.to_owned(), head });
            }
        }
        match connection.read(&mut part).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(part.get(..read)?),
            _ => return None,
        }
    }
}
