//! One fetch of a source: all requests at once, then the lookups, then the mapping, under one deadline.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{join_all, try_join, try_join_all},
};
use overblik_widgets::Moment;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    answer::AnswerReading,
    date::{DateFormat, read_moment},
    identity::Identity,
    lookup::{Entries, Lookup},
    mapping::Mapping,
    outcome::Outcome,
    place::Filling,
    selector::{One, Selector},
    template::RequestTemplate,
};
use crate::{
    asker::Asker,
    breaker::Breaker,
    connector::{Connector, FetchRequest, Fetched, SourceInfo},
    error::{ConnectorError, LogLevel},
    upstream::Answer,
};

/// Everything that a contract says about asking its source.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) requests: Vec<Request>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) mappings: Vec<Mapping>,
}

/// A request about the citizen.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its name in the contract.
    pub(crate) name: String,
    pub(crate) template: RequestTemplate,
    pub(crate) reading: AnswerReading,
    pub(crate) identity: Identity,
    /// Statuses by which the source says, positively, that it has nothing.
    pub(crate) empty_status: Vec<u16>,
    pub(crate) as_of: Option<AsOf>,
}

/// Where an answer says when its data were true.
#[derive(Debug)]
pub(crate) struct AsOf {
    pub(crate) path: Selector,
    pub(crate) formats: Vec<DateFormat>,
}

impl AsOf {
    fn read(&self, answer: &Value) -> Option<Moment> {
        match self.path.one(answer) {
            One::Node(Value::String(text)) => read_moment(text, &self.formats),
            One::Node(_) | One::Absent | One::Several => None,
        }
    }
}

/// A connector that a contract declares.
#[derive(Debug)]
pub(crate) struct DeclaredConnector {
    source: SourceInfo,
    plan: Plan,
    asker: Asker,
    breaker: Breaker,
}

/// The answer to one request: the body, or `None` when the source said that it has nothing.
pub(super) type Reply = Result<Option<Arc<Value>>, ConnectorError>;

#[async_trait]
impl Connector for DeclaredConnector {
    fn source(&self) -> &SourceInfo {
        &self.source
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        self.breaker.check()?;
        let deadline = Instant::now() + self.source.timeout;
        let asked = self.plan.requests.iter().map(|asked| self.ask(asked, &request, deadline));
        let asked: Vec<_> = asked.map(|asked| asked.boxed().shared()).collect();
        // An answer about another person ends everything at once, whatever the other requests would have said.
        let replies = try_join_all(asked.iter().map(|asked| async {
            match asked.clone().await {
                Err(ConnectorError::WrongPerson) => Err(ConnectorError::WrongPerson),
                reply => Ok(reply),
            }
        }));
        // A lookup waits for the requests that give it keys and for no others.
        let lookups = join_all(self.plan.lookups.iter().map(|lookup| async {
            let givers = lookup.keys.iter().filter_map(|(request, _)| asked.get(*request).cloned());
            self.look_up(lookup, &join_all(givers).await, &request, deadline).await
        }));
        let (replies, lookups) = try_join(replies, lookups.map(Ok)).await?;
        // Another citizen's answer may have cut the source off meanwhile; then this one cannot be trusted either.
        self.breaker.check()?;
        self.add_up(&replies, lookups)
    }

    fn exchanges_login_token(&self) -> bool {
        self.asker.exchanges_login_token()
    }

    fn reset(&self) -> bool {
        self.breaker.reset()
    }
}

impl DeclaredConnector {
    pub(crate) fn new(source: SourceInfo, plan: Plan, asker: Asker) -> Self {
        Self { source, plan, asker, breaker: Breaker::default() }
    }

    async fn ask(&self, asked: &Request, request: &FetchRequest, deadline: Instant) -> Reply {
        let reply = self.ask_once(asked, request, deadline).await;
        if let Err(error) = &reply {
            self.log(&asked.name, *error);
        }
        reply
    }

    async fn ask_once(&self, asked: &Request, request: &FetchRequest, deadline: Instant) -> Reply {
        let cpr = &request.scope.subject().cpr;
        let about = Filling::Citizen { cpr, municipality: request.scope.municipality() };
        let answer = self.send(&asked.template, about, request, deadline).await?;
        // Before the status is believed: a SOAP fault is never "nothing".
        if let Some(fault) = asked.reading.fault(&answer) {
            return Err(fault);
        }
        if asked.empty_status.contains(&answer.status.as_u16()) {
            return Ok(None);
        }
        let answer = answer.successful()?;
        let body = asked.reading.read(&answer);
        let identity = asked.identity.check(cpr, &answer.headers, body.as_ref().ok());
        if identity == Err(ConnectorError::WrongPerson) {
            // Now, for this fetch may be dropped before anybody hears of its outcome.
            self.breaker.cut_off();
            return Err(ConnectorError::WrongPerson);
        }
        let body = body?;
        identity?;
        asked.reading.check(&body)?;
        Ok(Some(Arc::new(body)))
    }

    async fn look_up(
        &self,
        lookup: &Lookup,
        givers: &[Reply],
        request: &FetchRequest,
        deadline: Instant,
    ) -> Result<Entries, ConnectorError> {
        let keys = lookup.distinct_keys(givers);
        if keys.is_empty() {
            return Ok(Entries::default());
        }
        let answer = self.send(&lookup.request, Filling::Keys(&keys), request, deadline).await;
        let entries = answer.and_then(|answer| {
            if let Some(fault) = lookup.reading.fault(&answer) {
                return Err(fault);
            }
            let body = lookup.reading.read(&answer.successful()?)?;
            lookup.reading.check(&body)?;
            lookup.entries(&body)
        });
        if let Err(error) = &entries {
            self.log(&lookup.name, *error);
        }
        entries
    }

    async fn send(
        &self,
        template: &RequestTemplate,
        filling: Filling<'_>,
        request: &FetchRequest,
        deadline: Instant,
    ) -> Result<Answer, ConnectorError> {
        let call = template.fill(filling, request.language)?;
        self.asker.ask(call, request, deadline).await
    }

    fn add_up(
        &self,
        replies: &[Reply],
        lookups: Vec<Result<Entries, ConnectorError>>,
    ) -> Result<Fetched, ConnectorError> {
        let mut outcome = Outcome::default();
        for (asked, reply) in self.plan.requests.iter().zip(replies) {
            match (reply, &asked.as_of) {
                (Err(failure), _) => outcome.take_failure(*failure),
                (Ok(None), _) => outcome.take_nothing(),
                (Ok(Some(answer)), Some(as_of)) => outcome.take_as_of(as_of.read(answer)),
                (Ok(Some(_)), None) => {}
            }
        }
        let mut found = Vec::with_capacity(lookups.len());
        for lookup in lookups {
            found.push(lookup.map_err(|failure| outcome.take_failure(failure)).ok());
        }
        for mapping in &self.plan.mappings {
            let (Some(asked), Some(Ok(Some(answer)))) =
                (self.plan.requests.get(mapping.from), replies.get(mapping.from))
            else {
                continue;
            };
            match mapping.apply(answer, &found) {
                Ok(mapped) => outcome.take(mapped),
                Err(failure) => {
                    self.log(&asked.name, failure);
                    outcome.take_failure(failure);
                }
            }
        }
        outcome.finish()
    }

    /// Says which request failed and how; never what was asked or answered.
    fn log(&self, request: &str, error: ConnectorError) {
        let source = self.source.slug.as_str();
        if error == ConnectorError::WrongPerson {
            tracing::error!(source, request, event = "wrong_person", "answer about another person, source cut off");
            return;
        }
        let consequence = error.consequence();
        match consequence.log {
            LogLevel::Warn => tracing::warn!(source, request, error = consequence.name, "request to source failed"),
            LogLevel::Error => tracing::error!(source, request, error = consequence.name, "request to source failed"),
        }
    }
}
