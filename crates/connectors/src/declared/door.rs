//! Answers that no source gave, read and mapped like any other; for fuzzing and measuring.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{
    answer::{AnswerReading, AnswerSchema, Format, XmlShape},
    asking::{Answered, Reply, Request},
    fetch::Plan,
    identity::Identity,
    list_path::{Items, ListPath},
    lookup::{Entries, Lookup},
};
use crate::{
    citizen::Cpr, connector::Fetched, contract::from_text::plan_of, error::ConnectorError, explanation::Explanation,
    upstream::Answer,
};

/// What a source would have answered.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Told {
    fn answer(&self) -> Answer {
        Answer { status: self.status, headers: self.headers.clone(), body: self.body.clone() }
    }
}

/// What all look-ups of a source found.
pub struct LookedUp(Vec<Entries>);

/// A compiled contract without its source.
pub struct Source(Plan);

impl Source {
    /// Compiles a contract as if it stood in a source's folder; `None` if it has mistakes.
    #[must_use]
    pub fn compile(contract: &str, folder: &Path) -> Option<Self> {
        plan_of(contract, folder).map(Self)
    }

    /// How many requests it makes.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.requests.len()
    }

    /// How many look-ups it makes after them.
    #[must_use]
    pub fn lookups(&self) -> usize {
        self.0.lookups.len()
    }

    /// Most widgets that it makes of any answers.
    #[must_use]
    pub fn most_widgets(&self) -> usize {
        self.0.mappings.iter().map(|mapping| mapping.limit).sum()
    }

    /// Whether the answer to a request, or to a look-up counted on from the requests, is read as XML.
    #[must_use]
    pub fn reads_xml(&self, call: usize) -> bool {
        let lookup = call.checked_sub(self.requests()).and_then(|index| self.0.lookups.get(index));
        let reading =
            self.0.requests.get(call).map(|request| &request.reading).or(lookup.map(|lookup| &lookup.reading));
        reading.is_some_and(|reading| reading.format != Format::Json)
    }

    /// The persons that an answer to a request names in its body; `None` if it does not name them there.
    #[must_use]
    pub fn persons<'v>(&self, request: usize, answer: &'v Value) -> Option<Vec<&'v Value>> {
        match &self.0.requests.get(request)?.identity {
            Identity::Path(path) => Some(path.all(answer)),
            Identity::Header(_) | Identity::Unstated => None,
        }
    }

    /// Reads, checks and maps answers: one to each request, then one to each look-up. Only first pages.
    ///
    /// # Errors
    /// As a fetch.
    pub fn answered(&self, cpr: &Cpr, answers: &[Told]) -> Result<Fetched, ConnectorError> {
        let (to_requests, to_lookups) = answers.split_at_checked(self.requests()).unwrap_or((answers, &[]));
        let mut replies: Vec<Reply> = Vec::new();
        for (index, asked) in self.0.requests.iter().enumerate() {
            let reply = to_requests
                .get(index)
                .map_or(Err(ConnectorError::TimedOut), |told| self.reply(index, asked, cpr, told));
            match reply {
                Err(failure) if failure.cuts_off() => return Err(failure),
                reply => replies.push(reply),
            }
        }
        let lookups = self.0.lookups.iter().enumerate().map(|(index, lookup)| {
            let givers: Vec<Reply> =
                lookup.keys.iter().filter_map(|(request, _)| replies.get(*request).cloned()).collect();
            entries(lookup, &lookup.distinct_keys(&givers, cpr), to_lookups.get(index))
        });
        let lookups: Vec<Entries> = lookups.collect();
        self.0.add_up(&replies, &lookups, &Explanation::default(), |_, _| {})
    }

    /// What look-ups found that answer so about everything in these pages.
    #[must_use]
    pub fn looked_up(&self, cpr: &Cpr, pages: &[Value], answers: &[Told]) -> LookedUp {
        let replies = replies(pages);
        let lookups = self.0.lookups.iter().enumerate().map(|(index, lookup)| {
            let givers: Vec<Reply> =
                lookup.keys.iter().filter_map(|(request, _)| replies.get(*request).cloned()).collect();
            entries(lookup, &lookup.distinct_keys(&givers, cpr), answers.get(index))
        });
        LookedUp(lookups.collect())
    }

    /// Maps a page of the first request to the widgets of the first mapping, and nothing else.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`].
    pub fn mapped(
        &self,
        page: &[Value],
        looked_up: &LookedUp,
    ) -> Result<(Vec<overblik_widgets::Widget>, u32), ConnectorError> {
        let mapping = self.0.mappings.first().ok_or(ConnectorError::ContractBroken)?;
        let mapped = mapping.apply(page, &looked_up.0)?.unwrap_or_default();
        Ok((mapped.widgets, mapped.left_out))
    }

    fn reply(&self, index: usize, asked: &Request, cpr: &Cpr, told: &Told) -> Reply {
        let Some(page) = self.0.page(index, asked, cpr, true, told.answer(), &Explanation::default())? else {
            return Ok(None);
        };
        let mut answered = Answered::default();
        match asked.pages.as_ref().map_or(Ok(None), |pages| pages.next(&page.body, cpr)) {
            Ok(next) => answered.goes_on = next.is_some(),
            Err(failure) => answered.cut_short = Some(failure),
        }
        if !page.says_nothing {
            answered.pages.push(page.body);
        }
        let nothing = answered.pages.is_empty() && answered.cut_short.is_none() && !answered.goes_on;
        Ok(if nothing { None } else { Some(Arc::new(answered)) })
    }
}

fn replies(pages: &[Value]) -> Vec<Reply> {
    let answered = |page: &Value| Answered { pages: vec![page.clone()], ..Answered::default() };
    pages.iter().map(|page| Ok(Some(Arc::new(answered(page))))).collect()
}

fn entries(lookup: &Lookup, keys: &[String], told: Option<&Told>) -> Entries {
    let mut entries = Entries::default();
    let found = told.map_or(Err(ConnectorError::TimedOut), |told| {
        let body = lookup.reading.read(&told.answer().successful()?)?;
        lookup.reading.check(&body)?;
        lookup.entries(&body)
    });
    match found {
        Ok(mut found) => keys.iter().for_each(|key| entries.take(key.clone(), found.remove(key))),
        Err(failure) if !keys.is_empty() => entries.fail(failure),
        Err(_) => {}
    }
    entries
}

/// Decodes an answer: XML with these lists (parent and child), or else JSON.
///
/// # Errors
/// As for any answer.
pub fn decoded(told: &Told, xml: Option<&[(&str, &str)]>, body_limit: usize) -> Result<Value, ConnectorError> {
    let format = xml.map_or(Format::Json, |lists| {
        let mut shape = XmlShape::default();
        for (parent, child) in lists {
            shape.declare(parent, child);
        }
        Format::Xml(shape)
    });
    let reading = AnswerReading { format, schema: None, body_limit };
    reading.fault(&told.answer()).map_or_else(|| reading.read(&told.answer().successful()?), Err)
}

/// A check of answers against a schema, compiled; `None` if contracts may not give it.
#[must_use]
pub fn holds(schema: &[u8]) -> Option<impl Fn(&Value) -> bool + use<>> {
    let schema = AnswerSchema::compile(schema).ok()?;
    let reading = AnswerReading { format: Format::Json, schema: Some(schema), body_limit: usize::MAX };
    Some(move |answer: &Value| reading.check(answer).is_ok())
}

/// How many items of a list a path names.
pub(crate) fn counted(list: &ListPath, value: &Value) -> usize {
    match list.values(value) {
        Items::Values(values) => values.len(),
        Items::Absent | Items::NoList(_) | Items::Undecided => 0,
    }
}
