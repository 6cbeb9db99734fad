//! The sources of one measurement: `sources COUNT [ECHOED_HEADER]`.
//!
//! Each has a port for HTTP/1.1 with connections that are kept, and one for TLS 1.3 with HTTP/2 or HTTP/1.1 by ALPN. All
//! run on one thread. Where they are is told in one line of JSON on standard output; the port named `control` takes orders
//! (`GET /set?source=3&delay_ms=100&fault=hang`, or `source=all`) and tells how often each was asked (`GET /counts`). A
//! request header of that name comes back in the answer. They end with standard input.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement that cannot be made ends")]

mod behaviour;
mod control;
mod serving;

use std::{io::Read as _, sync::Arc};

use http::HeaderName;
use overblik_bench::tls::Certificate;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use serving::Source;

/// What the gateway sends along with a call, and expects back on a connection that is kept.
const ECHOED: &str = "x-overblik-request";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().and_then(|count| count.parse().ok()).expect("a number of sources");
    let echoed = HeaderName::try_from(arguments.next().unwrap_or_else(|| ECHOED.to_owned())).expect("a header name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(count, echoed));
}

async fn run(count: usize, echoed: HeaderName) {
    let certificate = Certificate::new();
    let acceptor = TlsAcceptor::from(certificate.server_config(&[b"h2", b"http/1.1"]));
    let mut serving = JoinSet::new();
    let (mut sources, mut plain, mut tls) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..count {
        let source = Arc::new(Source::new(number, echoed.clone()));
        for (ports, acceptor) in [(&mut plain, None), (&mut tls, Some(acceptor.clone()))] {
            let listener = serving::listen(0);
            ports.push(listener.local_addr().expect("an address").port());
            serving.spawn(serving::serve(Arc::clone(&source), listener, acceptor));
        }
        sources.push(source);
    }
    let listener = serving::listen(0);
    let control = listener.local_addr().expect("an address").port();
    serving.spawn(control::serve(sources, listener));
    println!("{}", json!({ "control": control, "plain": plain, "tls": tls, "certificate": certificate.file() }));
    // Whoever started this holds the other end of standard input, and has ended when it closes.
    let starter = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    // Either way there is nothing left to do.
    drop(starter.await);
    serving.shutdown().await;
}
