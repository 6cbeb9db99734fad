//! One try of a contract: its real connector, a fictitious citizen, and what came of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use overblik_widgets::{Language, Moment, Problem, SectionState, Widget};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    contract::{ConnectSettings, Contract},
    recording::Case,
    route::Route,
    stage::{Script, Seen, Stage},
};
use crate::{
    citizen::{CitizenScope, Municipality, NotFictitious},
    connector::{Connector, Coverage, FetchRequest, Fetched, SourceInfo},
    contract::{ContractMistakes, Outline},
    error::ConnectorError,
    explanation::{Explanation, Reason, Values},
    gate::{self, Gate},
    item_key::ItemKey,
    load_options::Endpoint,
    session_memory::SessionMemory,
    trace_context::TraceContext,
    upstream::AddressPolicy,
};

/// What came of asking.
#[derive(Clone, Debug)]
pub struct Came {
    /// What the section becomes.
    pub state: SectionState,
    /// What is shown.
    pub widgets: Vec<Widget>,
    /// What more about each is asked by, in the same order; nothing where the source offers none.
    pub keys: Vec<Option<ItemKey>>,
    /// Items that are not shown.
    pub left_out: u32,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// When the data were true, if the source says so.
    pub as_of: Option<Moment>,
    /// Why there is no usable answer, when there is none.
    pub error: Option<ConnectorError>,
    /// What in the answers is not as the contract says, and where the contract says it: for its author alone.
    pub reasons: Vec<Reason>,
    /// How long it took.
    pub took: Duration,
    /// Whether the connector answered within its limit, and what it has beyond it for handing over.
    pub kept_its_limit: bool,
}

impl Came {
    /// What came when nothing is known but the state.
    pub(super) fn only(state: SectionState) -> Self {
        Self {
            state,
            widgets: Vec::new(),
            keys: Vec::new(),
            left_out: 0,
            problems: Vec::new(),
            as_of: None,
            error: None,
            reasons: Vec::new(),
            took: Duration::ZERO,
            kept_its_limit: true,
        }
    }

    /// What a citizen sees, as golden results are written.
    #[must_use]
    pub fn golden(&self) -> Value {
        let mut golden = json!({
            "state": self.state,
            "left_out": self.left_out,
            "problems": self.problems,
            "widgets": self.widgets,
        });
        if let (Some(as_of), Some(object)) = (self.as_of, golden.as_object_mut()) {
            object.insert("as_of".to_owned(), json!(as_of));
        }
        if let (true, Some(object)) = (self.keys.iter().any(Option::is_some), golden.as_object_mut()) {
            let keys: Vec<_> = self.keys.iter().map(|key| key.as_ref().map(ItemKey::as_str)).collect();
            object.insert("keys".to_owned(), json!(keys));
        }
        golden
    }
}

/// The citizen's number is no fictitious person's, the contract cannot be connected, or this machine has no free port.
#[derive(Debug, thiserror::Error)]
pub enum CannotTry {
    /// See [`NotFictitious`].
    #[error(transparent)]
    NotFictitious(#[from] NotFictitious),
    /// What is wrong with the contract or the settings.
    #[error(transparent)]
    Contract(#[from] ContractMistakes),
    /// No port for the source that plays recordings.
    #[error("no source can be played on this machine: {0}")]
    NoStage(#[from] std::io::Error),
}

/// A connector whose calls are seen to end by themselves.
struct Watched<'a> {
    connector: &'a dyn Connector,
    began: AtomicBool,
    ended: AtomicBool,
}

impl Watched<'_> {
    /// Whoever does not is dropped soon afterwards.
    fn kept_its_limit(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || !self.began.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Connector for Watched<'_> {
    fn source(&self) -> &Arc<SourceInfo> {
        self.connector.source()
    }

    fn gate(&self) -> &Gate {
        self.connector.gate()
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        self.began.store(true, Ordering::Relaxed);
        let result = self.connector.fetch(request).await;
        self.ended.store(true, Ordering::Relaxed);
        result
    }

    async fn detail(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        self.began.store(true, Ordering::Relaxed);
        let result = self.connector.detail(request).await;
        self.ended.store(true, Ordering::Relaxed);
        result
    }
}

/// A connector that is asked again and again for one citizen.
pub(super) struct Asking {
    connector: Arc<dyn Connector>,
    scope: CitizenScope,
    /// The item that more is asked about; none if the whole source is asked.
    item: Option<ItemKey>,
    memory: Arc<SessionMemory>,
    language: Language,
    values: Values,
    /// Where the contract's keys stand.
    lines: Arc<Outline>,
}

impl Asking {
    pub(super) fn new(contract: &Contract, connector: Arc<dyn Connector>, scope: CitizenScope, values: Values) -> Self {
        let (memory, language) = (Arc::default(), Language::Da);
        Self { connector, scope, item: None, memory, language, values, lines: contract.lines() }
    }

    /// For more about an item.
    fn about(self, item: Option<ItemKey>) -> Self {
        Self { item, ..self }
    }

    /// As a citizen asks who reads this language.
    fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Asks once, as a gateway does: a connector that does not keep its limit is dropped soon after it.
    pub(super) async fn ask(&self) -> Came {
        if let Some(came) = self.not_covered() {
            return came;
        }
        let (scope, memory) = (self.scope.clone(), Arc::clone(&self.memory));
        let started = Instant::now();
        let deadline = started + self.connector.source().timeout;
        let trace = TraceContext::random();
        let explanation = Explanation::asked_for(self.values);
        let request = FetchRequest {
            item: self.item.clone(),
            scope,
            language: self.language,
            memory,
            login_token: None,
            trace,
            may_ask_twice: true,
            deadline,
            explanation: explanation.clone(),
        };
        let watched = Watched { connector: self.connector.as_ref(), began: false.into(), ended: false.into() };
        let result = gate::ask(&watched, request, || {}).await;
        let (took, kept_its_limit) = (started.elapsed(), watched.kept_its_limit());
        let reasons = explanation.reasons().into_iter().map(|reason| self.placed(reason)).collect();
        match result {
            Ok(fetched) => Came {
                state: fetched.state(),
                widgets: fetched.widgets,
                keys: fetched.keys,
                left_out: fetched.left_out,
                problems: fetched.problems,
                as_of: fetched.as_of,
                error: None,
                reasons,
                took,
                kept_its_limit,
            },
            Err(error) => Came {
                state: error.consequence().state,
                widgets: Vec::new(),
                keys: Vec::new(),
                left_out: 0,
                problems: vec![error.problem()],
                as_of: None,
                error: Some(error),
                reasons,
                took,
                kept_its_limit,
            },
        }
    }

    /// What comes, as at a gateway, for a citizen who lives where the source has nothing; nobody is asked then.
    fn not_covered(&self) -> Option<Came> {
        let Coverage::Municipalities(covered) = &self.connector.source().coverage else { return None };
        let lives_in = self.scope.municipality().filter(|lives_in| !covered.contains(lives_in))?;
        let covered: Vec<_> = covered.iter().map(Municipality::code).collect();
        let found = format!("{}: nothing was asked", lives_in.code());
        let reason =
            Reason::new("", "spec.source.coverage".to_owned(), format!("a citizen of {}", covered.join(", ")), found);
        Some(Came { reasons: vec![self.placed(reason)], ..Came::only(SectionState::NotCovered) })
    }

    /// A reason with its place in the contract's text.
    fn placed(&self, reason: Reason) -> Reason {
        let line = self.lines.value(&reason.path).map(|position| position.line);
        let written = self.lines.text(&reason.path).map(str::to_owned);
        Reason { line, written, ..reason }
    }
}

/// A contract against a played source.
pub(super) struct Performance {
    pub(super) stage: Stage,
    pub(super) asking: Asking,
}

impl Performance {
    /// Plays a script of a case's calls to the contract's own connector.
    ///
    /// # Errors
    /// [`CannotTry`]; see there.
    pub(super) async fn open(contract: &Contract, case: &Case, script: Script) -> Result<Self, CannotTry> {
        let echo = contract.document().pointer("/spec/echo/header").and_then(Value::as_str).map(str::to_owned);
        let stage = Stage::open(Route::all(contract.document(), case), echo, script).await?;
        let connector = contract.connect(&ConnectSettings {
            endpoint: Endpoint { base_url: Some(stage.url.clone()), ..Endpoint::default() },
            shows_credentials: false,
            address_policy: AddressPolicy::LoopbackAllowed,
        })?;
        let scope = case.scope(a_display_client(contract))?;
        let asking = Asking::new(contract, connector, scope, Values::AsTheyAre).about(case.item.clone());
        Ok(Self { stage, asking })
    }
}

/// Replays a case as it was recorded. Also says which calls were made that the case holds no answer to, and what is named
/// otherwise than it should be.
///
/// # Errors
/// [`CannotTry`]; see there.
pub async fn replay(contract: &Contract, case: &Case) -> Result<(Came, Vec<String>), CannotTry> {
    let detail = case.item.as_ref().and_then(|_| contract.of_detail());
    let contract = detail.as_ref().unwrap_or(contract);
    let performance = Performance::open(contract, case, super::script::recorded(case)).await?;
    let result = performance.asking.ask().await;
    let unanswered = unanswered(&performance.stage.seen()).into_iter();
    let unanswered = unanswered.map(|call| format!("the case holds no answer to: {call}"));
    Ok((result, unanswered.chain(case.misnamed(contract)).collect()))
}

/// The calls that the script had no answer to.
pub(super) fn unanswered(seen: &[Seen]) -> Vec<String> {
    let mut names: Vec<_> = seen
        .iter()
        .filter(|seen| !seen.answered)
        .map(|seen| seen.name.clone().unwrap_or_else(|| "a call that the contract does not declare".to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Asks a test endpoint for a fictitious citizen who reads a language, or for more about one of their items.
///
/// # Errors
/// [`CannotTry`]; see there.
pub async fn ask_at(
    contract: &Contract,
    settings: &ConnectSettings,
    number: &str,
    municipality: Option<Municipality>,
    item: Option<ItemKey>,
    language: Language,
) -> Result<Came, CannotTry> {
    Ok(asking_at(contract, settings, number, municipality)?.about(item).in_language(language).ask().await)
}

pub(super) fn asking_at(
    contract: &Contract,
    settings: &ConnectSettings,
    number: &str,
    municipality: Option<Municipality>,
) -> Result<Asking, CannotTry> {
    // Before anything else: no number of a real person gets as far as a connector.
    let level = overblik_widgets::AssuranceLevel::High;
    let scope = CitizenScope::of_fictitious(number, level, municipality, a_display_client(contract))?;
    // What a test endpoint holds may be anybody's.
    Ok(Asking::new(contract, contract.connect(settings)?, scope, Values::InShape))
}

fn a_display_client(contract: &Contract) -> String {
    contract.source().display_clients.keys().next().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::HANDOVER;

    /// A connector that never ends.
    struct Endless(Arc<SourceInfo>, Gate);

    #[async_trait]
    impl Connector for Endless {
        fn source(&self) -> &Arc<SourceInfo> {
            &self.0
        }

        fn gate(&self) -> &Gate {
            &self.1
        }

        async fn fetch(&self, _: FetchRequest) -> Result<Fetched, ConnectorError> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connector_that_does_not_keep_its_limit_is_found_out() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../contracts/authorities/public-payments/payments");
        let contract = Contract::read(&source).expect("a contract");
        let case = Case::read(&contract.examples().join("family")).expect("a case");
        let scope = case.scope(String::new()).expect("a fictitious citizen");
        let result = Asking::new(
            &contract,
            Arc::new(Endless(Arc::clone(contract.source()), Gate::default())),
            scope,
            Values::InShape,
        )
        .ask()
        .await;
        assert_eq!((result.state, result.kept_its_limit), (SectionState::TimedOut, false));
        assert_eq!(result.took, contract.source().timeout + HANDOVER);
    }
}
