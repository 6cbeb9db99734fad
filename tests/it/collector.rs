//! A collector of traces, as the tests use it, and what it was sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    routing::post,
    serve::Listener,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use overblik_gateway::config::{Config, TracesConfig};
use overblik_tests::{Certificates, Setup};
use prost::Message;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::task::TaskTracker;

/// A collector that writes down what it is sent.
#[derive(Clone)]
pub(crate) struct Collector {
    address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let collector = Self::at(listener.local_addr().expect("an address"), "http");
        let routes = collector.routes();
        TaskTracker::new().spawn(async move { axum::serve(listener, routes).await });
        collector
    }

    /// One that speaks TLS, with a certificate of this issuer.
    pub(crate) async fn start_secured(certificates: &Certificates) -> Self {
        let files = certificates.files();
        let chain = CertificateDer::pem_file_iter(files.certificate_file).expect("a file");
        let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_file(files.key_file).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let collector = Self::at(listener.local_addr().expect("an address"), "https");
        let (routes, listener) = (collector.routes(), Secured { listener, tls: TlsAcceptor::from(Arc::new(config)) });
        TaskTracker::new().spawn(async move { axum::serve(listener, routes).await });
        collector
    }

    fn at(address: SocketAddr, scheme: &'static str) -> Self {
        Self { address, scheme, seen: Arc::default(), answer: Arc::default() }
    }

    fn routes(&self) -> Router {
        let (seen, answer) = (Arc::clone(&self.seen), Arc::clone(&self.answer));
        let take = move |headers: HeaderMap, body: Bytes| async move {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            seen.lock().expect("whole").push((headers, body));
            let answer = answer.lock().expect("whole").clone();
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/x-protobuf")], answer)
        };
        Router::new().route("/v1/traces", post(take))
    }

    /// Says from now on, in a good answer, that it did not take so many spans, and why.
    pub(crate) fn refuse(&self, spans: i64, why: &str) {
        let partial_success = ExportTracePartialSuccess { rejected_spans: spans, error_message: why.to_owned() };
        self.answer_with(ExportTraceServiceResponse { partial_success: Some(partial_success) }.encode_to_vec());
    }

    /// Answers with this from now on.
    pub(crate) fn answer_with(&self, body: Vec<u8>) {
        *self.answer.lock().expect("whole") = body;
    }

    /// A gateway's settings for it, with a share of all traces.
    pub(crate) fn settings(&self, share: f64) -> TracesConfig {
        let endpoint = format!("{}://{}/v1/traces", self.scheme, self.address);
        TracesConfig { endpoint: endpoint.parse().expect("an address"), share, ca_file: None, headers_file: None }
    }

    /// A gateway that sends all traces to it.
    pub(crate) fn told_by(&self, setup: Setup) -> Setup {
        setup.adjust(self.adjusting())
    }

    /// Changes a configuration so.
    pub(crate) fn adjusting(&self) -> impl FnOnce(&mut Config) + Send + 'static {
        let settings = self.settings(1.0);
        move |config| config.traces = Some(settings)
    }

    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.seen.lock().expect("whole").iter().map(|(headers, _)| headers.clone()).collect()
    }

    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.seen.lock().expect("whole").iter().map(|(_, body)| body.clone()).collect()
    }

    /// Every span, with the attributes of its sender.
    pub(crate) fn told(&self) -> Vec<(Vec<KeyValue>, Span)> {
        let mut spans = Vec::new();
        for body in self.bodies() {
            for of_sender in ExportTraceServiceRequest::decode(body).expect("OTLP").resource_spans {
                let sender = of_sender.resource.expect("a sender").attributes;
                let all = of_sender.scope_spans.into_iter().flat_map(|scope| scope.spans);
                spans.extend(all.map(|span| (sender.clone(), span)));
            }
        }
        spans
    }

    /// Every span.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.told().into_iter().map(|(_, span)| span).collect()
    }

    /// Every span of this name.
    pub(crate) fn named(&self, name: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| span.name == name).collect()
    }
}

struct Secured {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = self.listener.accept().await.expect("a connection");
            // Whoever does not trust us comes no further than this.
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Attributes as texts.
pub(crate) fn words(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let word = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(word)) => word.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is_so)) => is_so.to_string(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.as_str(), word(attribute))).collect()
}

/// One attribute of a span; empty where there is none.
pub(crate) fn word(span: &Span, name: &str) -> String {
    words(&span.attributes).remove(name).unwrap_or_default()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

pub(crate) fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}
