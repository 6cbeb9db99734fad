//! Connectors in Rust, for what the language of contracts cannot say.
//!
//! Only the asking and reading of an answer are Rust. Who the source is, where, with which credentials and limits, for
//! whom, and under which agreement stand in its contract like anybody's, which names the connector under `native`. A new
//! one is one file here that implements [`Native`], and one line in [`ALL`].

mod regional_appointments;

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderValue, Method, header};
use overblik_widgets::WidgetKind;
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use crate::{
    asker::Asker,
    connector::{Connector, FetchRequest, Fetched, SourceInfo},
    declared::digits,
    error::ConnectorError,
    gate::Gate,
    upstream::{Answer, Call},
};

/// Every connector in Rust, by its name in contracts.
const ALL: [(&str, &dyn Native); 1] = [("regional-appointments", &regional_appointments::RegionalAppointments)];

/// What a connector in Rust does.
#[async_trait]
pub(crate) trait Native: Send + Sync {
    /// The kinds of widgets that it makes.
    fn kinds(&self) -> &'static [WidgetKind];

    /// Asks its source and makes widgets of the answer. It must check whom the answer is about before it reads anything
    /// else of it: [`ConnectorError::WrongPerson`] cuts the source off.
    ///
    /// # Errors
    /// [`ConnectorError`].
    async fn fetch(&self, source: &NativeSource<'_>) -> Result<Fetched, ConnectorError>;
}

/// The connector of a name.
pub(crate) fn named(name: &str) -> Option<&'static dyn Native> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, native)| *native)
}

/// The names of all.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// One fetch of a source, as its connector sees it.
pub(crate) struct NativeSource<'a> {
    asker: &'a Asker,
    /// Where the contract says that the source is asked.
    address: &'a Url,
    body_limit: usize,
    /// Who asks, about whom.
    pub(crate) request: &'a FetchRequest,
    deadline: Instant,
}

impl NativeSource<'_> {
    /// Posts the citizen's number, under this key of a JSON object, and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// As for any call.
    pub(crate) async fn post_citizen(&self, key: &str, accept: &'static str) -> Result<Answer, ConnectorError> {
        let body = json!({ key: digits(&self.request.scope.subject().cpr) });
        let mut headers = http::HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let call = Call {
            method: Method::POST,
            url: self.address.clone(),
            headers,
            body: Some(body.to_string().into_bytes()),
            language: self.request.language,
            // It asks, and changes nothing.
            idempotent: true,
            deadline: None,
            body_limit: self.body_limit,
        };
        self.asker.ask(call, self.request, self.deadline).await
    }
}

/// A source that is asked by a connector in Rust.
pub(crate) struct NativeConnector {
    source: Arc<SourceInfo>,
    native: &'static dyn Native,
    asker: Asker,
    address: Url,
    body_limit: usize,
    gate: Gate,
}

impl NativeConnector {
    /// The connector of a contract: what it declares, which connector asks, and how and where.
    pub(crate) fn new(
        source: SourceInfo,
        native: &'static dyn Native,
        asker: Asker,
        address: Url,
        body_limit: usize,
        gate: Gate,
    ) -> Self {
        Self { source: Arc::new(source), native, asker, address, body_limit, gate }
    }
}

#[async_trait]
impl Connector for NativeConnector {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let source = NativeSource {
            asker: &self.asker,
            address: &self.address,
            body_limit: self.body_limit,
            request: &request,
            deadline: request.deadline.min(Instant::now() + self.source.timeout),
        };
        let fetched = self.native.fetch(&source).await;
        if let Err(error) = fetched
            && error.cuts_off()
        {
            let (source, event) = (self.source.slug.as_str(), error.consequence().name);
            tracing::error!(source.id = source, event, "source cut off for its answer");
        }
        fetched
    }

    fn exchanges_login_token(&self) -> bool {
        self.asker.exchanges_login_token()
    }
}
