//! Hands spans to the collector, many at once, beside the requests that they are of.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    super::{ToldAgain, of_spans::SpanMetrics},
    span::Ended,
};
use crate::secrets::random_token;

/// So many spans wait at most; what comes then is dropped. A span is less than a kilobyte.
pub(super) const MOST_WAITING: usize = 4096;
/// So many are sent at once.
const MOST_AT_ONCE: usize = 512;
/// So long the first of them waits for others.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// So long the collector may take.
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// The client for the collector cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("traces: the HTTP client for the collector cannot be made: {0}")]
pub struct NoClient(#[from] reqwest::Error);

/// The way to the collector.
#[derive(Debug)]
pub(super) struct Sending {
    http: reqwest::Client,
    endpoint: Url,
    waiting: mpsc::Receiver<Ended>,
    resource: Resource,
    counted: SpanMetrics,
    told: ToldAgain,
}

impl Sending {
    #[expect(clippy::disallowed_methods, reason = "the one client towards the collector of traces")]
    pub(super) fn new(endpoint: Url, waiting: mpsc::Receiver<Ended>, counted: SpanMetrics) -> Result<Self, NoClient> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(CALL_LIMIT)
            .build()?;
        let resource = [
            ("service.name", "overblik".to_owned()),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
            // Another with each start: what two instances tell is not mixed.
            ("service.instance.id", random_token()),
        ];
        let attributes = resource.into_iter().map(|(key, word)| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(Value::StringValue(word)) }),
            ..KeyValue::default()
        });
        let resource = Resource { attributes: attributes.collect(), ..Resource::default() };
        Ok(Self { http, endpoint, waiting, resource, counted, told: ToldAgain::default() })
    }

    /// Sends what comes, until stopped.
    pub(super) async fn follow(&mut self, stop: &CancellationToken) {
        loop {
            let mut spans = Vec::new();
            let came = stop.run_until_cancelled(self.waiting.recv_many(&mut spans, MOST_AT_ONCE)).await;
            if came.is_some_and(|number| number > 0) && spans.len() < MOST_AT_ONCE {
                // What is gathered is sent all the same when the process stops meanwhile.
                stop.run_until_cancelled(tokio::time::sleep(GATHERED_FOR)).await;
                self.gather(&mut spans);
            }
            self.send(spans).await;
            if came.is_none_or(|number| number == 0) {
                return;
            }
        }
    }

    /// Sends what is left.
    pub(super) async fn rest(&mut self) {
        loop {
            let mut spans = Vec::new();
            self.gather(&mut spans);
            if spans.is_empty() {
                return;
            }
            self.send(spans).await;
        }
    }

    fn gather(&mut self, spans: &mut Vec<Ended>) {
        while spans.len() < MOST_AT_ONCE
            && let Ok(span) = self.waiting.try_recv()
        {
            spans.push(span);
        }
    }

    /// Once: what the collector does not take is dropped, so that what comes after it has room.
    async fn send(&mut self, spans: Vec<Ended>) {
        let number = spans.len();
        if number == 0 {
            return;
        }
        let scope = InstrumentationScope { name: "overblik".to_owned(), ..InstrumentationScope::default() };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
        let resource = Some(self.resource.clone());
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, schema_url: String::new() }],
        };
        let post = self.http.post(self.endpoint.clone());
        let post = post.header(http::header::CONTENT_TYPE, "application/x-protobuf").body(request.encode_to_vec());
        let outcome = match post.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(_) => Err("refused"),
            Err(error) if error.is_timeout() => Err("no answer"),
            Err(_) => Err("unreachable"),
        };
        match outcome {
            Ok(()) => {
                self.counted.sent(number);
                self.told.keep(|_| false);
            }
            Err(failure) => {
                self.counted.dropped(number);
                if self.told.is_due("collector", failure) {
                    tracing::warn!(failure, spans = number, "the collector of traces takes no spans");
                }
            }
        }
    }
}
