//! The source: answers every request with 2 KB of JSON, over TLS.

use std::{convert::Infallible, net::SocketAddr, sync::mpsc, thread};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use overblik_bench::tls::Certificate;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;

/// The header that it sends back.
pub(crate) const ECHO: &str = "x-correlation-id";

/// Starts a source of one protocol on a thread of its own, for as long as the process runs.
pub(crate) fn start(certificate: &Certificate, protocol: &[u8]) -> SocketAddr {
    let acceptor = TlsAcceptor::from(certificate.server_config(&[protocol]));
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("somebody waits");
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                stream.set_nodelay(true).expect("an option");
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let multiplexed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let (stream, service) = (
                        TokioIo::new(stream),
                        service_fn(|request| async move { Ok::<_, Infallible>(answer(&request)) }),
                    );
                    // How a connection ends is the client's affair.
                    let _ended = if multiplexed {
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(stream, service)
                            .await
                    } else {
                        hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
                    };
                });
                while connections.try_join_next().is_some() {}
            }
        });
    });
    told.recv().expect("an address")
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    const BODY: &[u8] = &[b'7'; 2048];
    let mut response = Response::new(Full::from(BODY));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    if let Some(sent) = request.headers().get(ECHO) {
        response.headers_mut().insert(ECHO, sent.clone());
    }
    response
}
