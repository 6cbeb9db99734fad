//! A connection to a gateway, and what comes over it.

use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

pub(crate) struct Client {
    sender: http1::SendRequest<Empty<Bytes>>,
    /// Ends with the client.
    _driven: JoinSet<()>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: HeaderName) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    /// The cookies that it gives, as they are sent back.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let given = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        given.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned).collect()
    }
}

impl Client {
    pub(crate) async fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let mut driven = JoinSet::new();
        driven.spawn(async move { drop(connection.await) });
        Ok(Self { sender, _driven: driven })
    }

    /// Sends a request; the head of the answer.
    pub(crate) async fn start(&mut self, request: Request<()>) -> io::Result<Response<Incoming>> {
        self.sender.ready().await.map_err(io::Error::other)?;
        self.sender.send_request(request.map(|()| Empty::new())).await.map_err(io::Error::other)
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn answer(&mut self, request: Request<()>) -> io::Result<Answer> {
        let (head, mut body) = self.start(request).await?.into_parts();
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok(Answer { status: head.status, headers: head.headers, body: bytes.freeze() })
    }
}
