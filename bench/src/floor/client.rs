//! The floor's clients: hyper-util's, which keeps connections, and one HTTP/2 connection for each source.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use overblik_bench::{answer::CITIZEN_HEADER, tls};
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, sync::Mutex, task::JoinSet};
use tokio_rustls::TlsConnector;

type Sender = SendRequest<Empty<Bytes>>;

pub(crate) enum Client {
    Kept(legacy::Client<HttpConnector, Empty<Bytes>>),
    Multiplexed { connector: TlsConnector, senders: Vec<Mutex<Option<Sender>>>, driven: Mutex<JoinSet<()>> },
}

impl Client {
    /// HTTP/2 for who trusts a certificate, else HTTP/1.1.
    pub(crate) fn new(certificate: Option<&Path>, sources: usize) -> Self {
        let Some(certificate) = certificate else {
            let mut connector = HttpConnector::new();
            connector.set_nodelay(true);
            return Self::Kept(legacy::Client::builder(TokioExecutor::new()).build(connector));
        };
        let connector = Arc::new(tls::client_config(certificate, b"h2")).into();
        Self::Multiplexed {
            connector,
            senders: (0..sources).map(|_| Mutex::default()).collect(),
            driven: Mutex::default(),
        }
    }

    /// A source's answer, if it gives one.
    pub(crate) async fn ask(&self, source: usize, ports: &[u16], citizen: &HeaderValue) -> Option<Bytes> {
        let port = ports.get(source)?;
        let request = |origin| {
            let request = Request::get(format!("{origin}:{port}/cases")).header(CITIZEN_HEADER, citizen);
            request.body(Empty::new()).expect("a request")
        };
        let response = match self {
            Self::Kept(client) => client.request(request("http://127.0.0.1")).await.ok()?,
            Self::Multiplexed { .. } => {
                let mut sender = self.sender(source, *port).await?;
                sender.ready().await.ok()?;
                sender.send_request(request("https://localhost")).await.ok()?
            }
        };
        let succeeded = response.status().is_success();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        succeeded.then_some(body)
    }

    async fn sender(&self, source: usize, port: u16) -> Option<Sender> {
        let Self::Multiplexed { connector, senders, driven } = self else { return None };
        let mut held = senders.get(source)?.lock().await;
        if let Some(sender) = held.as_ref().filter(|sender| !sender.is_closed()) {
            return Some(sender.clone());
        }
        let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let stream = connector.connect(ServerName::try_from("localhost").ok()?, stream).await.ok()?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.ok()?;
        driven.lock().await.spawn(async move { drop(connection.await) });
        Some(held.insert(sender).clone())
    }
}
