//! The port that takes orders.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    behaviour::{Behaviour, Fault},
    serving::Source,
};

pub(crate) async fn serve(sources: Vec<Arc<Source>>, listener: TcpListener) {
    let sources: Arc<[Arc<Source>]> = sources.into();
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let sources = Arc::clone(&sources);
        connections.spawn(async move {
            let service = service_fn(|request| {
                let response = answer(&sources, &request);
                async { Ok::<_, Infallible>(response) }
            });
            // How a connection ends is the client's affair.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

fn answer(sources: &[Arc<Source>], request: &Request<Incoming>) -> Response<Full<Bytes>> {
    match request.uri().path() {
        "/counts" => {
            let counts: Vec<_> = sources.iter().map(|source| source.counts()).collect();
            Response::new(Full::from(json!(counts).to_string()))
        }
        "/set" if set(sources, request.uri().query().unwrap_or_default()).is_some() => Response::default(),
        _ => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
        }
    }
}

fn set(sources: &[Arc<Source>], query: &str) -> Option<()> {
    let value =
        |name| url::form_urlencoded::parse(query.as_bytes()).find(|(own, _)| own == name).map(|(_, value)| value);
    let delay = Duration::from_millis(value("delay_ms")?.parse().ok()?);
    let behaviour = Behaviour { delay, fault: Fault::named(&value("fault")?)? };
    match &*value("source")? {
        "all" => sources.iter().for_each(|source| source.behave(behaviour)),
        number => sources.get(number.parse::<usize>().ok()?)?.behave(behaviour),
    }
    Some(())
}
