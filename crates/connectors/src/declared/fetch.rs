//! One fetch of a source, or of more about one of its items: all requests at once, then the lookups, then the mapping,
//! under one deadline.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{join_all, try_join, try_join_all},
};
use overblik_widgets::WidgetKind;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    asking::{Reply, Request},
    detail::Detail,
    lookup::{Entries, Lookup},
    mapping::Mapping,
    outcome::Outcome,
    why, why_mapping,
};
use crate::{
    asker::Asker,
    connector::{Connector, FetchRequest, Fetched, SourceInfo},
    error::{ConnectorError, LogLevel},
    explanation::Explanation,
    gate::Gate,
    orkestrering::{fetch_times, reported},
};

/// Everything that a contract says about asking its source.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) requests: Vec<Request>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) mappings: Vec<Mapping>,
}

impl Plan {
    /// The kinds of widgets that the mappings make, each once.
    pub(crate) fn kinds(&self) -> Vec<WidgetKind> {
        let mut kinds = Vec::new();
        for mapping in &self.mappings {
            if !kinds.contains(&mapping.kind) {
                kinds.push(mapping.kind);
            }
        }
        kinds
    }

    /// The mappings of one request's answer.
    pub(super) fn mappings_of(&self, request: usize) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter().filter(move |mapping| mapping.from == request)
    }

    /// How many items of a page no mapping of their list claims, and the contract does not leave to nobody: what goes missing
    /// is told.
    fn unclaimed_on(&self, page: &Value, request: usize) -> usize {
        // As nearly all contracts have it: each list becomes one kind, whatever stands in it.
        if self.mappings_of(request).all(|mapping| mapping.only.all.is_empty()) {
            return 0;
        }
        let mappings: Vec<&Mapping> = self.mappings_of(request).filter(|mapping| mapping.list.is_some()).collect();
        let lists: BTreeSet<_> = mappings.iter().filter_map(|mapping| mapping.list.as_deref()).collect();
        let of_list = |list: &str| {
            let of_list: Vec<_> = mappings.iter().filter(|mapping| mapping.list.as_deref() == Some(list)).collect();
            let items = of_list.first().map(|mapping| mapping.items_on(page)).unwrap_or_default();
            let told = |item: &Value| of_list.iter().any(|mapping| mapping.claims(item) || mapping.ignores(item));
            items.iter().filter(|item| !told(item.own)).count()
        };
        lists.into_iter().map(of_list).sum()
    }

    /// What the replies come to; failures of mapping are told to `log`, with the name of their request.
    ///
    /// # Errors
    /// If no part can be used.
    pub(super) fn add_up(
        &self,
        replies: &[Reply],
        lookups: &[Entries],
        explanation: &Explanation,
        log: impl Fn(&str, ConnectorError),
    ) -> Result<Fetched, ConnectorError> {
        let mut outcome = Outcome::default();
        for (index, (asked, reply)) in self.requests.iter().zip(replies).enumerate() {
            match reply {
                Err(failure) => outcome.take_failure(*failure),
                Ok(None) => outcome.take_nothing(),
                Ok(Some(answered)) => {
                    answered.cut_short.into_iter().for_each(|failure| outcome.take_failure(failure));
                    why::answered(explanation, self, index, asked, answered);
                    if answered.goes_on {
                        outcome.take_incompleteness();
                    }
                    if let Some(as_of) = &asked.as_of {
                        answered.pages.iter().for_each(|page| outcome.take_as_of(as_of.read(page)));
                    }
                    if asked.interface.is_some() {
                        for page in &answered.pages {
                            outcome.take_reported(reported(page));
                            for moment in fetch_times(page) {
                                outcome.take_as_of(moment);
                            }
                        }
                    }
                    answered.pages.iter().for_each(|page| outcome.take_left_out(self.unclaimed_on(page, index)));
                }
            }
        }
        lookups.iter().filter_map(|entries| entries.failure).for_each(|failure| outcome.take_failure(failure));
        let (mut spoke, mut silent) = (BTreeSet::new(), BTreeSet::new());
        for (number, mapping) in self.mappings.iter().enumerate() {
            let (Some(asked), Some(Ok(Some(answered)))) = (self.requests.get(mapping.from), replies.get(mapping.from))
            else {
                continue;
            };
            why_mapping::mapped(explanation, number, asked, mapping, &answered.pages, lookups);
            match mapping.apply(&answered.pages, lookups) {
                Ok(Some(mapped)) => {
                    spoke.insert(mapping.from);
                    outcome.take(mapped);
                }
                Ok(None) => {
                    silent.insert(mapping.from);
                }
                Err(failure) => {
                    spoke.insert(mapping.from);
                    log(&asked.name, failure);
                    outcome.take_failure(failure);
                }
            }
        }
        // Lists that may be absent, and all of them are: that is no word for "nothing".
        for asked in silent.difference(&spoke).filter_map(|index| self.requests.get(*index)) {
            why::silent(explanation, asked);
            log(&asked.name, ConnectorError::ContractBroken);
            outcome.take_failure(ConnectorError::ContractBroken);
        }
        outcome.finish()
    }
}

/// A connector that a contract declares.
#[derive(Debug)]
pub(crate) struct DeclaredConnector {
    pub(super) source: Arc<SourceInfo>,
    pub(super) plan: Plan,
    /// How more is asked about single items of its answer.
    pub(super) detail: Option<Detail>,
    pub(super) asker: Asker,
    pub(super) gate: Gate,
}

#[async_trait]
impl Connector for DeclaredConnector {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let deadline = request.deadline.min(Instant::now() + self.source.timeout);
        let mut fetched = self.follow(&self.plan, &request, deadline).await?;
        match &self.detail {
            Some(detail) => detail.keep_usable_keys(&mut fetched, &request.scope.subject().cpr),
            None => fetched.keys.clear(),
        }
        Ok(fetched)
    }

    async fn detail(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        let Some((detail, item)) = self.detail.as_ref().zip(request.item.as_ref()) else {
            return Err(ConnectorError::NotOffered);
        };
        // The key was looked at when its item was shown; but nobody need rely on that here.
        if !detail.takes(item, &request.scope.subject().cpr) {
            return Err(ConnectorError::NotOffered);
        }
        let time = detail.timeout.unwrap_or(self.source.timeout);
        let mut fetched = self.follow(&detail.plan, &request, request.deadline.min(Instant::now() + time)).await?;
        fetched.keys.clear();
        Ok(fetched)
    }

    fn exchanges_login_token(&self) -> bool {
        self.asker.exchanges_login_token()
    }
}

impl DeclaredConnector {
    pub(crate) fn new(source: SourceInfo, plan: Plan, detail: Option<Detail>, asker: Asker, gate: Gate) -> Self {
        Self { source: Arc::new(source), plan, detail, asker, gate }
    }

    /// Makes all requests of a plan at once, then its lookups, then the widgets.
    async fn follow(&self, plan: &Plan, request: &FetchRequest, deadline: Instant) -> Result<Fetched, ConnectorError> {
        let requests = plan.requests.iter().enumerate();
        let asked = requests.map(|(index, asked)| self.ask(plan, index, asked, request, deadline));
        let log = |name: &str, failure| self.log(name, failure);
        if plan.lookups.is_empty() {
            let replies = try_join_all(asked.map(|reply| reply.map(unless_cut_off))).await?;
            return plan.add_up(&replies, &[], &request.explanation, log);
        }
        let asked: Vec<_> = asked.map(|reply| reply.boxed().shared()).collect();
        let replies = try_join_all(asked.iter().map(|reply| reply.clone().map(unless_cut_off)));
        // A lookup waits for the requests that give it keys and for no others.
        let lookups = join_all(plan.lookups.iter().map(|lookup| async {
            let givers = lookup.keys.iter().filter_map(|(request, _)| asked.get(*request).cloned());
            self.look_up(lookup, &join_all(givers).await, request, deadline).await
        }));
        let (replies, lookups) = try_join(replies, lookups.map(Ok)).await?;
        plan.add_up(&replies, &lookups, &request.explanation, log)
    }

    /// Says which request failed and how; never what was asked or answered.
    pub(super) fn log(&self, request: &str, error: ConnectorError) {
        let source = self.source.slug.as_str();
        let consequence = error.consequence();
        if error.cuts_off() {
            let event = consequence.name;
            tracing::error!(source.id = source, request, event, "source cut off for its answer");
            return;
        }
        let error = consequence.name;
        match consequence.log {
            LogLevel::Warn => tracing::warn!(source.id = source, request, error, "request to source failed"),
            LogLevel::Error => tracing::error!(source.id = source, request, error, "request to source failed"),
        }
    }
}

/// An answer about another person, or from another authority, ends everything at once, whatever the other requests would
/// have said.
fn unless_cut_off(reply: Reply) -> Result<Reply, ConnectorError> {
    match reply {
        Err(error) if error.cuts_off() => Err(error),
        reply => Ok(reply),
    }
}
