//! Ways into the crate for `fuzz/` and `bench/`, which must reach what no user of it may. Thin: what is found or measured
//! behind them is the product's own code. Not public API, and never there without the feature of this name.

use std::{path::Path, sync::Arc};

use http::{HeaderMap, HeaderName, Method};
use overblik_widgets::{AssuranceLevel, Language};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

pub use crate::declared::door::{LookedUp, Source, Told, decoded, holds};
pub use crate::upstream::door::{Exchanged, exchanged};
use crate::{
    citizen::CitizenScope,
    connector::{Connector, FetchRequest, Fetched},
    contract::{ContractMistakes, from_text},
    declared::{ListPath, Selector},
    error::ConnectorError,
    explanation::Explanation,
    gate::ask,
    session_memory::SessionMemory,
    trace_context::TraceContext,
    upstream::{AddressPolicy, Call, FollowedTls, TlsFiles, UpstreamClient},
};

/// Most bytes of an answer that is measured.
const BODY_LIMIT: usize = 64 * 1024;

/// The outbound client, towards a source on this machine.
#[derive(Clone, Debug)]
pub struct Transport(UpstreamClient);

impl Transport {
    /// A client that trusts the issuers in a file, of a source that sends back what it finds in a header, if it does. `None`
    /// if they cannot be used.
    #[must_use]
    pub fn new(trusted_roots: &Path, echo: Option<&'static str>) -> Option<Self> {
        let files = TlsFiles { trusted_roots: Some(trusted_roots.to_owned()), ..TlsFiles::default() };
        let (_, tls) = FollowedTls::open("measured", files).ok()?;
        let client = UpstreamClient::new(AddressPolicy::LoopbackAllowed, tls);
        Some(Self(client.with_echo(echo.map(HeaderName::from_static))))
    }

    /// How long the body is of what an address answers; `None` without a usable answer.
    pub async fn get(&self, url: &Url) -> Option<usize> {
        let call = Call {
            method: Method::GET,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: None,
            language: Language::En,
            idempotent: true,
            deadline: None,
            body_limit: BODY_LIMIT,
        };
        self.0.send(call).await.ok().map(|answer| answer.body.len())
    }
}

/// Who asks sources about one fictitious person, as a gateway asks them.
#[derive(Clone, Debug)]
pub struct Asking(CitizenScope, Arc<SessionMemory>);

impl Asking {
    /// About whom; `None` if that is the number of no fictitious person.
    #[must_use]
    pub fn about(number: &str) -> Option<Self> {
        let scope = CitizenScope::of_fictitious(number, AssuranceLevel::Substantial, None, "overblik".to_owned());
        Some(Self(scope.ok()?, Arc::default()))
    }

    /// Asks a source once, through its gate.
    ///
    /// # Errors
    /// As [`ask`].
    pub async fn ask(&self, connector: &dyn Connector) -> Result<Fetched, ConnectorError> {
        let request = FetchRequest {
            scope: self.0.clone(),
            language: Language::Da,
            memory: Arc::clone(&self.1),
            login_token: None,
            trace: TraceContext::random(),
            may_ask_twice: true,
            deadline: Instant::now() + connector.source().timeout,
            explanation: Explanation::default(),
            item: None,
        };
        ask(connector, request, || {}).await
    }
}

/// Checks a contract as if it stood in a source's folder.
///
/// # Errors
/// All mistakes in it.
pub fn check(contract: &str, folder: &Path) -> Result<(), ContractMistakes> {
    from_text::check(contract, folder)
}

/// What an expression selects; `None` if contracts may not use it.
#[must_use]
pub fn selected<'v>(expression: &str, value: &'v Value) -> Option<Vec<&'v Value>> {
    Selector::parse(expression).ok().map(|selector| selector.all(value))
}

/// How many items of a list an expression names; `None` if contracts may not count by it.
#[must_use]
pub fn counted(expression: &str, value: &Value) -> Option<usize> {
    ListPath::parse(expression).ok().map(|list| crate::declared::door::counted(&list, value))
}
