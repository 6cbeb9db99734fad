//! One request about the citizen: sent page after page, each checked for whom and from whom it is.

use std::sync::Arc;

use overblik_widgets::Moment;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    answer::AnswerReading,
    codes::{Codes, Stated},
    date::{DateFormat, read_moment},
    fetch::{DeclaredConnector, Plan},
    identity::Identity,
    pages::{Cursor, Pages},
    place::Filling,
    selector::{One, Selector},
    template::RequestTemplate,
    why::{self, Called},
};
use crate::{
    citizen::Cpr, connector::FetchRequest, error::ConnectorError, explanation::Explanation, orkestrering::Interface,
    upstream::Answer,
};

/// A request about the citizen.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its name in the contract.
    pub(crate) name: String,
    /// Where it stands in the contract.
    pub(crate) at: String,
    pub(crate) template: RequestTemplate,
    pub(crate) reading: AnswerReading,
    pub(crate) identity: Identity,
    /// Where the answer says whose data it holds, and whose it may hold.
    pub(crate) authority: Option<Codes>,
    /// Statuses by which the source says, positively, that it has nothing.
    pub(crate) empty_status: Vec<u16>,
    /// Words in the answer by which the source says the same.
    pub(crate) empty_when: Option<Codes>,
    pub(crate) pages: Option<Pages>,
    pub(crate) as_of: Option<AsOf>,
    /// The national interface, if that is what the source speaks.
    pub(crate) interface: Option<Interface>,
}

/// Where an answer says when its data were true.
#[derive(Debug)]
pub(crate) struct AsOf {
    pub(crate) path: Selector,
    pub(crate) formats: Vec<DateFormat>,
}

impl AsOf {
    pub(super) fn read(&self, page: &Value) -> Option<Moment> {
        match self.path.one(page) {
            One::Node(Value::String(text)) => read_moment(text, &self.formats),
            One::Node(_) | One::Absent | One::Several => None,
        }
    }
}

/// The answer to one request, or `None` when the source said that it has nothing.
pub(super) type Reply = Result<Option<Arc<Answered>>, ConnectorError>;

/// The pages of an answer that hold anything.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) pages: Vec<Value>,
    /// Why no further page could be had.
    pub(super) cut_short: Option<ConnectorError>,
    /// Whether there are more pages than the contract lets be asked for.
    pub(super) goes_on: bool,
}

/// One page whose person and authority are the right ones.
pub(super) struct Page {
    pub(super) body: Value,
    /// Whether the source says, in a word of its own, that there is nothing.
    pub(super) says_nothing: bool,
}

impl DeclaredConnector {
    /// Asks one of a plan's requests.
    pub(super) async fn ask(&self, plan: &Plan, index: usize, request: &FetchRequest, deadline: Instant) -> Reply {
        let Some(asked) = plan.requests.get(index) else { return Err(ConnectorError::ContractBroken) };
        let reply = self.ask_pages(plan, index, asked, request, deadline).await;
        let failure = reply.as_ref().map_or_else(|error| Some(*error), |answer| answer.as_ref()?.cut_short);
        if let Some(failure) = failure {
            self.log(&asked.name, failure);
        }
        reply
    }

    /// Asks for one page after another: each names the next. What came is kept if a later one fails, but for an answer
    /// that makes the source untrustworthy as a whole.
    async fn ask_pages(
        &self,
        plan: &Plan,
        index: usize,
        asked: &Request,
        request: &FetchRequest,
        deadline: Instant,
    ) -> Reply {
        let first = self.ask_page(plan, index, asked, None, request, deadline).await?;
        let Some(mut page) = first else { return Ok(None) };
        let mut answered = Answered::default();
        let mut asked_for: Vec<Cursor> = Vec::new();
        loop {
            let next =
                asked.pages.as_ref().map_or(Ok(None), |pages| pages.next(&page.body, &request.scope.subject().cpr));
            if next.is_err() {
                why::wrong_cursor(&request.explanation, asked, &page.body);
            }
            if !page.says_nothing {
                answered.pages.push(page.body);
            }
            let cursor = match next {
                Ok(None) => break,
                Ok(Some(cursor)) => cursor,
                Err(failure) => {
                    answered.cut_short = Some(failure);
                    break;
                }
            };
            if asked_for.contains(&cursor) {
                why::cursor_again(&request.explanation, asked);
                answered.cut_short = Some(ConnectorError::ContractBroken);
                break;
            }
            if asked.pages.as_ref().is_none_or(|pages| asked_for.len() + 1 >= pages.max) {
                answered.goes_on = true;
                break;
            }
            page = match self.ask_page(plan, index, asked, Some(&cursor), request, deadline).await {
                Ok(Some(page)) => page,
                // Only a first page can be missing.
                Ok(None) => break,
                Err(failure) if failure.cuts_off() => return Err(failure),
                Err(failure) => {
                    answered.cut_short = Some(failure);
                    break;
                }
            };
            asked_for.push(cursor);
        }
        let nothing = answered.pages.is_empty() && answered.cut_short.is_none() && !answered.goes_on;
        Ok(if nothing { None } else { Some(Arc::new(answered)) })
    }

    /// Asks for one page, the first without a cursor; `None` when the status says that there is nothing.
    async fn ask_page(
        &self,
        plan: &Plan,
        index: usize,
        asked: &Request,
        cursor: Option<&Cursor>,
        request: &FetchRequest,
        deadline: Instant,
    ) -> Result<Option<Page>, ConnectorError> {
        let cpr = &request.scope.subject().cpr;
        let scope = &request.scope;
        let (municipality, display_client) = (scope.municipality(), scope.display_client());
        let about = Filling::Citizen { cpr, municipality, display_client, item: request.item.as_ref() };
        let mut call = asked.template.fill(about, request.language)?;
        if let (Some(pages), Some(cursor)) = (&asked.pages, cursor) {
            pages.put(&mut call, cursor)?;
        }
        let answer = self.asker.ask(call, request, deadline).await;
        let answer =
            answer.inspect_err(|failure| why::unanswered(&request.explanation, Called::Request(asked), *failure))?;
        let page = plan.page(index, asked, cpr, cursor.is_none(), answer, &request.explanation);
        if page.as_ref().is_err_and(|failure| failure.cuts_off()) {
            // Now: the fetch may be dropped before anybody hears of its outcome.
            self.gate.cut_off();
        }
        page
    }
}

impl Plan {
    /// Reads the answer to a request, and checks whom and from whom it is before anything else, its status included;
    /// `None` when the status says that there is nothing.
    ///
    /// A status of nothing is believed of an answer without a body, of one of another format, as a server's own page is,
    /// and of one that can be read and names nobody else. One that is of the contract's format by its own word and cannot
    /// be read might name anybody: it is a failure, as it is with every other status.
    pub(super) fn page(
        &self,
        index: usize,
        asked: &Request,
        cpr: &Cpr,
        is_first: bool,
        answer: Answer,
        explanation: &Explanation,
    ) -> Result<Option<Page>, ConnectorError> {
        let body = asked.reading.read(&answer);
        let (body, names) = match (body, &asked.interface) {
            (Ok(body), Some(interface)) => {
                let respelled = interface.names.respell(body);
                (Ok(respelled.value), respelled.outcome)
            }
            (body, _) => (body, Ok(())),
        };
        let said_twice = if body.is_err() { asked.reading.said_twice(&answer) } else { None };
        let said = body.as_ref().ok().or(said_twice.as_ref());
        let identity = asked.identity.check(cpr, &answer.headers, said);
        if identity == Err(ConnectorError::WrongPerson) {
            why::another_person(explanation, asked);
            return Err(ConnectorError::WrongPerson);
        }
        // Before the status is believed: a SOAP fault is never "nothing".
        if let Some(fault) = asked.reading.fault(&answer) {
            why::unread(explanation, Called::Request(asked), &answer);
            return Err(fault);
        }
        let authorities = asked.authority.as_ref().zip(said).map(|(authority, said)| authority.each(said));
        let authorities = authorities.unwrap_or_default();
        if authorities.contains(&Stated::Other) {
            why::another_authority(explanation, asked, said);
            return Err(ConnectorError::WrongAuthority);
        }
        // A later page was promised by the one before: its absence is a failure, and not "nothing".
        if is_first && asked.empty_status.contains(&answer.status.as_u16()) {
            return match body {
                Err(unreadable) if asked.reading.is_of_format(&answer) => {
                    why::unread(explanation, Called::Request(asked), &answer);
                    Err(unreadable)
                }
                _ => {
                    why::nothing_by_status(explanation, asked, answer.status);
                    Ok(None)
                }
            };
        }
        if body.is_err() && answer.status.is_success() {
            why::unread(explanation, Called::Request(asked), &answer);
        }
        let status = answer.status;
        answer.successful().inspect_err(|_| why::status(explanation, Called::Request(asked), status))?;
        let body = body?;
        identity.inspect_err(|_| why::nobody_named(explanation, asked, &body))?;
        names.inspect_err(|_| why::not_as_the_interface_says(explanation, asked, "two spellings of one name"))?;
        if let Some(interface) = &asked.interface {
            let checked = interface.check(&body);
            checked.inspect_err(|_| why::not_as_the_interface_says(explanation, asked, "others"))?;
        }
        asked.reading.check(&body).inspect_err(|_| why::against_schema(explanation, Called::Request(asked), &body))?;
        let has_items = || self.mappings_of(index).any(|mapping| mapping.has_something_on(&body));
        let unstated = asked.authority.is_some() && authorities.is_empty() && has_items();
        if unstated || authorities.contains(&Stated::Nothing) {
            why::no_authority_named(explanation, asked, &body);
            return Err(ConnectorError::ContractBroken);
        }
        let says_nothing = asked.empty_when.as_ref().is_some_and(|word| word.one(&body) == Stated::Listed);
        if says_nothing && has_items() {
            why::nothing_and_something(explanation, asked);
            return Err(ConnectorError::ContractBroken);
        }
        Ok(Some(Page { body, says_nothing }))
    }
}
