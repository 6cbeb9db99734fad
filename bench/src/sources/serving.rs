//! One source: it answers over every connection as it was last told to behave.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use overblik_bench::answer::{Answer, CITIZEN_HEADER};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::behaviour::{Behaviour, Fault};

/// Between two bytes of a source that drips.
const DRIP: Duration = Duration::from_millis(20);

type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) struct Source {
    answer: Answer,
    echoed: HeaderName,
    behaviour: watch::Sender<Behaviour>,
    requests: AtomicU64,
    connections: AtomicU64,
}

impl Source {
    pub(crate) fn new(number: usize, echoed: HeaderName) -> Self {
        Self {
            answer: Answer::of(number),
            echoed,
            behaviour: watch::Sender::default(),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        }
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// How many requests and connections there were.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [&self.requests, &self.connections].map(|count| count.load(Ordering::Relaxed))
    }

    /// Until this source refuses connections, or takes them again.
    async fn refuses(&self, refuses: bool) {
        let mut behaviour = self.behaviour.subscribe();
        // Its sender is ours.
        drop(behaviour.wait_for(|behaviour| (behaviour.fault == Fault::Refuse) == refuses).await);
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let Behaviour { delay, fault } = *self.behaviour.borrow();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let citizen = request.headers().get(CITIZEN_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        let body = Bytes::from(self.answer.about(citizen));
        let length = body.len();
        let body = match fault {
            Fault::Healthy | Fault::Refuse => Full::new(body).boxed_unsync(),
            Fault::Error => Full::default().boxed_unsync(),
            Fault::Hang => std::future::pending().await,
            Fault::Stall => {
                let half = stream::iter([Ok(Frame::data(body.slice(..length / 2)))]);
                StreamBody::new(half.chain(stream::pending())).boxed_unsync()
            }
            Fault::Drip => StreamBody::new(stream::unfold(0..length, move |mut places| {
                let body = body.clone();
                async move {
                    let place = places.next()?;
                    tokio::time::sleep(DRIP).await;
                    Some((Ok(Frame::data(body.slice(place..=place))), places))
                }
            }))
            .boxed_unsync(),
        };
        let mut response = Response::new(body);
        if fault == Fault::Error {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        } else {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(echo) = request.headers().get(&self.echoed) {
            response.headers_mut().insert(self.echoed.clone(), echo.clone());
        }
        Ok(response)
    }

    async fn attend(self: Arc<Self>, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        let service = service_fn(|request| Arc::clone(&self).answer(request));
        // How a connection ends is the client's affair.
        let Some(acceptor) = acceptor else {
            return drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        };
        let Ok(stream) = acceptor.accept(stream).await else { return };
        let multiplexed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TokioIo::new(stream);
        if multiplexed {
            let mut server = http2::Builder::new(TokioExecutor::new());
            // What 1,000 overviews ask at once goes over one connection.
            drop(server.max_concurrent_streams(2_000).serve_connection(stream, service).await);
        } else {
            drop(http1::Builder::new().serve_connection(stream, service).await);
        }
    }
}

/// Takes a port. A thousand overviews that begin at once are a thousand connections to each source.
pub(crate) fn listen(port: u16) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option");
    socket.bind(([127, 0, 0, 1], port).into()).expect("a port");
    socket.listen(4096).expect("a listener")
}

/// Serves one port; while the source refuses, nothing listens there.
pub(crate) async fn serve(source: Arc<Source>, mut listener: TcpListener, acceptor: Option<TlsAcceptor>) {
    let port = listener.local_addr().expect("an address").port();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("a connection");
                stream.set_nodelay(true).expect("an option");
                let (source, acceptor) = (Arc::clone(&source), acceptor.clone());
                connections.spawn(async move { source.attend(stream, acceptor).await });
                while connections.try_join_next().is_some() {}
            }
            () = source.refuses(true) => {
                drop(listener);
                connections.shutdown().await;
                source.refuses(false).await;
                listener = listen(port);
            }
        }
    }
}
