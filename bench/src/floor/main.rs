//! The floor: what a careful engineer writes on hyper without any feature. All sources are asked at once, and the bytes of
//! their answers are put into one document.
//!
//! `floor PORT LIMIT_MS CERTIFICATE SOURCE_PORT...`; a limit of 0 is none, a certificate of `-` means HTTP/1.1 in the clear,
//! else HTTP/2 over TLS 1.3, one connection for each source. `/kept` answers from memory what it fetched for the citizen.
#![allow(clippy::expect_used, reason = "a measurement that cannot be made ends")]

mod client;

use std::{
    collections::HashMap,
    convert::Infallible,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use overblik_bench::answer::CITIZEN_HEADER;
use tokio::{net::TcpListener, task::JoinSet};

use client::Client;

struct Floor {
    client: Client,
    sources: Vec<u16>,
    limit: Option<Duration>,
    kept: Mutex<HashMap<HeaderValue, Bytes>>,
}

impl Floor {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let citizen = request.headers().get(CITIZEN_HEADER).cloned().unwrap_or(HeaderValue::from_static(""));
        let keeps = request.uri().path() == "/kept";
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = if keeps { kept().get(&citizen).cloned() } else { None };
        let document = match known {
            Some(document) => document,
            None => {
                let document = self.fetch(&citizen).await;
                if keeps {
                    kept().insert(citizen, document.clone());
                }
                document
            }
        };
        let mut response = Response::new(Full::new(document));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    async fn fetch(&self, citizen: &HeaderValue) -> Bytes {
        let asked = (0..self.sources.len()).map(|source| async move {
            let asked = self.client.ask(source, &self.sources, citizen);
            match self.limit {
                Some(limit) => tokio::time::timeout(limit, asked).await.ok().flatten(),
                None => asked.await,
            }
        });
        let answers = join_all(asked).await;
        let mut document = Vec::with_capacity(answers.iter().flatten().map(|answer| answer.len() + 8).sum());
        for (number, answer) in answers.iter().enumerate() {
            document.extend_from_slice(if number == 0 { b"{\"" } else { b",\"" });
            document.extend_from_slice(number.to_string().as_bytes());
            document.extend_from_slice(b"\":");
            document.extend_from_slice(answer.as_deref().unwrap_or(b"null"));
        }
        document.push(b'}');
        document.into()
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, limit, certificate, sources @ ..] = arguments.as_slice() else { return };
    let number = |text: &String| text.parse::<u16>().expect("a number");
    let limit = number(limit);
    let floor = Arc::new(Floor {
        client: Client::new((certificate != "-").then(|| Path::new(certificate)), sources.len()),
        sources: sources.iter().map(number).collect(),
        limit: (limit > 0).then(|| Duration::from_millis(limit.into())),
        kept: Mutex::default(),
    });
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", number(port))).await.expect("a port");
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("an option");
            let floor = Arc::clone(&floor);
            connections.spawn(async move {
                let service = service_fn(|request| floor.answer(request));
                // How a connection ends is the client's affair.
                drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
            });
            while connections.try_join_next().is_some() {}
        }
    });
}
