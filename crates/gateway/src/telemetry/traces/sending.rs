//! Hands spans to the collector, many at once, beside the requests that they are of.

use std::{path::Path, time::Duration};

use http::header::CONTENT_TYPE;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
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
    headers::Headers,
    span::Ended,
};
use crate::{config::TracesConfig, followed_file::FileMistake, secrets::random_token};

/// So many spans wait at most; what comes then is dropped. A span is less than a kilobyte.
pub(super) const MOST_WAITING: usize = 4096;
/// So many are sent at once.
const MOST_AT_ONCE: usize = 512;
/// So long the first of them waits for others.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// So long the collector may take.
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// Largest answer of the collector that is read, in bytes. What it says is a number and a few words.
const LARGEST_ANSWER: usize = 64 * 1024;

/// That some spans of a batch are refused, among what is told at a slower pace.
const A_PART: &str = "a part";

const PROTOBUF: &str = "application/x-protobuf";

/// Why the collector cannot be asked as configured.
#[derive(Debug, thiserror::Error)]
pub enum CollectorMistake {
    /// A file.
    #[error("{setting}: {mistake}")]
    File {
        /// What the configuration calls it, within `traces`.
        setting: &'static str,
        /// What is wrong with it.
        mistake: FileMistake,
    },
    /// The HTTP client.
    #[error("endpoint: the HTTP client for the collector cannot be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// The headers that the collector wants, if a file of them is named.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn headers(config: &TracesConfig) -> Result<Headers, CollectorMistake> {
    let Some(file) = &config.headers_file else { return Ok(Headers::default()) };
    Headers::open(file).map_err(|mistake| CollectorMistake::File { setting: "headers_file", mistake })
}

/// The issuers in a file.
fn issuers(file: &Path) -> Result<Vec<reqwest::Certificate>, CollectorMistake> {
    let pem = std::fs::read(file).map_err(|error| of_issuers(file, format!(" cannot be read: {error}")))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(issuers) if !issuers.is_empty() => Ok(issuers),
        _ => Err(of_issuers(file, " holds no certificate".to_owned())),
    }
}

fn of_issuers(file: &Path, what: String) -> CollectorMistake {
    let hint = "the file holds -----BEGIN CERTIFICATE----- blocks, of whoever issued the collector's certificate";
    CollectorMistake::File { setting: "ca_file", mistake: FileMistake::new(file, what, hint) }
}

/// The way to the collector.
#[derive(Debug)]
pub(super) struct Sending {
    http: reqwest::Client,
    endpoint: Url,
    headers: Headers,
    waiting: mpsc::Receiver<Ended>,
    resource: Resource,
    counted: SpanMetrics,
    told: ToldAgain,
}

impl Sending {
    #[expect(clippy::disallowed_methods, reason = "the one client towards the collector of traces")]
    pub(super) fn new(
        config: &TracesConfig,
        headers: Headers,
        waiting: mpsc::Receiver<Ended>,
        counted: SpanMetrics,
    ) -> Result<Self, CollectorMistake> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(CALL_LIMIT);
        let http = match &config.ca_file {
            None => builder.build()?,
            Some(file) => {
                let unusable =
                    |_error| of_issuers(file, " holds a certificate that cannot be trusted as issuer".to_owned());
                builder.tls_certs_only(issuers(file)?).build().map_err(unusable)?
            }
        };
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
        let endpoint = config.endpoint.clone();
        Ok(Self { http, endpoint, headers, waiting, resource, counted, told: ToldAgain::default() })
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
        let post = self.http.post(self.endpoint.clone()).headers(self.headers.now());
        let post = post.header(CONTENT_TYPE, PROTOBUF).body(request.encode_to_vec());
        let (refused, failure) = match post.send().await {
            Ok(answer) if answer.status().is_success() => match refused_part(answer).await.min(number) {
                0 => (0, None),
                refused if refused < number => (refused, Some("refused in part")),
                refused => (refused, Some("refused")),
            },
            Ok(_) => (number, Some("refused")),
            Err(error) if error.is_timeout() => (number, Some("no answer")),
            Err(_) => (number, Some("unreachable")),
        };
        self.counted.sent(number - refused);
        self.counted.dropped(refused);
        // A part is refused of one batch and not of the next: that is over when it has not been so for a while.
        let about = if refused < number { A_PART } else { "all" };
        match failure {
            None => self.told.keep(|about| about == A_PART),
            Some(failure) if self.told.is_due(about, failure) => {
                if refused < number {
                    tracing::warn!(failure, spans = refused, "the collector of traces takes only a part of the spans");
                } else {
                    tracing::warn!(failure, spans = refused, "the collector of traces takes no spans");
                }
            }
            Some(_) => {}
        }
    }
}

/// How many spans a good answer says were not taken all the same. Why, it says in words of the collector's own, which are not
/// read: they may repeat anything that it was sent. An answer in another form says nothing.
async fn refused_part(mut answer: reqwest::Response) -> usize {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PROTOBUF)) {
        return 0;
    }
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return 0;
        }
        body.extend_from_slice(&chunk);
    }
    let said = ExportTraceServiceResponse::decode(&*body).ok().and_then(|answer| answer.partial_success);
    said.and_then(|said| usize::try_from(said.rejected_spans).ok()).unwrap_or_default()
}
