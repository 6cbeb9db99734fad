//! The client: the same calls over connections of several kinds.

use std::{
    fs,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use overblik_connectors::fuzzing::Transport;
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, task::JoinSet};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Url;

use overblik_bench::tls::Certificate;

use crate::source::ECHO;

/// Calls of one measurement, and how many of them at once, as the sources of one overview are asked.
const CALLS: usize = 1_600;
const AT_ONCE: usize = 8;
/// Calls one after the other, for the latency.
const ALONE: usize = 400;

/// What a call goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    NewWithoutResumption,
    New,
    Kept,
    Multiplexed,
    /// The product's own client, at a source that returns no echo.
    OursNew,
    /// At one that does.
    OursKept,
    OursShared,
}

impl Way {
    pub(crate) const ALL: [Self; 7] = [
        Self::NewWithoutResumption,
        Self::New,
        Self::Kept,
        Self::Multiplexed,
        Self::OursNew,
        Self::OursKept,
        Self::OursShared,
    ];
    /// What the others are compared with.
    pub(crate) const BASE: usize = 2;

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NewWithoutResumption => "a new HTTP/1.1 connection, full handshake",
            Self::New => "a new HTTP/1.1 connection, resumed handshake",
            Self::Kept => "a kept HTTP/1.1 connection",
            Self::Multiplexed => "one HTTP/2 connection for all",
            Self::OursNew => "our client: a new HTTP/1.1 connection",
            Self::OursKept => "our client: a kept one, by its echo",
            Self::OursShared => "our client: a shared HTTP/2 connection",
        }
    }

    pub(crate) fn protocol(self) -> &'static [u8] {
        if matches!(self, Self::Multiplexed | Self::OursShared) { b"h2" } else { b"http/1.1" }
    }
}

/// What one call cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) cpu: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Measures one way on a thread of its own.
pub(crate) fn measure(way: Way, address: SocketAddr, certificate: &Certificate) -> Measured {
    let connector = crate::client_config(certificate, way).into();
    let ours = match way {
        Way::OursNew | Way::OursShared => Transport::new(&certificate.file(), None),
        Way::OursKept => Transport::new(&certificate.file(), Some(ECHO)),
        _ => None,
    };
    let client = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(calls(way, Place { address, connector }, ours))
    });
    client.join().expect("a measurement")
}

#[derive(Clone)]
struct Place {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Place {
    async fn connect(&self) -> TokioIo<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let name = ServerName::try_from("localhost").expect("a name");
        TokioIo::new(self.connector.connect(name, stream).await.expect("TLS"))
    }
}

/// What calls of one way share.
enum Held {
    Nothing,
    Kept(Vec<tokio::sync::Mutex<http1::SendRequest<Full<Bytes>>>>),
    Multiplexed(http2::SendRequest<Full<Bytes>>),
    Ours(Transport, Url),
}

async fn calls(way: Way, place: Place, ours: Option<Transport>) -> Measured {
    let mut driven = JoinSet::new();
    let held = match way {
        Way::New | Way::NewWithoutResumption => Held::Nothing,
        Way::OursNew | Way::OursKept | Way::OursShared => {
            let url = format!("https://localhost:{}/", place.address.port());
            Held::Ours(ours.expect("a client"), url.parse().expect("an address"))
        }
        Way::Kept => {
            let mut kept = Vec::new();
            for _ in 0..AT_ONCE {
                let (sender, connection) = http1::handshake(place.connect().await).await.expect("HTTP");
                driven.spawn(async { connection.await.is_ok() });
                kept.push(tokio::sync::Mutex::new(sender));
            }
            Held::Kept(kept)
        }
        Way::Multiplexed => {
            let stream = place.connect().await;
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.expect("HTTP/2");
            driven.spawn(async { connection.await.is_ok() });
            Held::Multiplexed(sender)
        }
    };
    // Before anything is measured: tickets for later handshakes, and warm code.
    for _ in 0..AT_ONCE {
        call(&held, &place, 0).await;
    }
    let before = processor_time();
    for _ in 0..CALLS / AT_ONCE {
        join_all((0..AT_ONCE).map(|which| call(&held, &place, which))).await;
    }
    let cpu = processor_time().saturating_sub(before) / u32::try_from(CALLS).expect("a number");
    let mut alone = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let begun = Instant::now();
        call(&held, &place, 0).await;
        alone.push(begun.elapsed());
    }
    alone.sort();
    Measured { cpu, p50: alone[ALONE / 2], p99: alone[ALONE * 99 / 100] }
}

async fn call(held: &Held, place: &Place, which: usize) {
    let length = match held {
        Held::Nothing => {
            let (mut sender, connection) = http1::handshake(place.connect().await).await.expect("HTTP");
            // Driven beside the call, as the gateway does: no task, nothing left afterwards.
            let connection = async { connection.await.is_ok() };
            let answer = async { read(sender.send_request(request("/")).await.expect("an answer")).await };
            tokio::pin!(connection, answer);
            tokio::select! {
                biased;
                length = &mut answer => length,
                _ = &mut connection => answer.await,
            }
        }
        Held::Kept(kept) => {
            let mut sender = kept[which].lock().await;
            sender.ready().await.expect("a connection");
            read(sender.send_request(request("/")).await.expect("an answer")).await
        }
        Held::Ours(transport, url) => transport.get(url).await.expect("an answer"),
        Held::Multiplexed(sender) => {
            let response = sender.clone().send_request(request("https://localhost/")).await;
            read(response.expect("an answer")).await
        }
    };
    assert_eq!(length, 2048);
}

fn request(target: &str) -> Request<Full<Bytes>> {
    let request =
        Request::get(target).header(header::ACCEPT, "application/json").header("x-api-key", "0123456789abcdef");
    let request = if target == "/" { request.header(header::HOST, "localhost") } else { request };
    request.body(Full::default()).expect("a request")
}

async fn read(response: Response<Incoming>) -> usize {
    response.into_body().collect().await.expect("a body").to_bytes().len()
}

/// What this thread has had of the processors, by the kernel's count.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    Duration::from_nanos(nanoseconds)
}
