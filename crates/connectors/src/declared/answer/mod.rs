//! From an answer's bytes to a value, as the contract says that the source writes: the same kind of value from JSON and
//! from XML, within the same limits.

mod charset;
mod compression;
mod json;
mod limits;
mod media_type;
mod mistake;
mod no_reading;
mod schema;
mod schema_cost;
mod soap;
mod xml;

use serde_json::Value;

pub(crate) use schema::{AnswerSchema, MAX_SCHEMA_BYTES};
pub(crate) use xml::{XmlShape, read as read_xml};

use crate::{error::ConnectorError, upstream::Answer};

/// The text of an XML body in the character set that it or its content type declares; `None` if that is in doubt.
pub(crate) fn xml_text<'b>(content_type: Option<&str>, body: &'b [u8]) -> Option<std::borrow::Cow<'b, str>> {
    let declared = content_type.and_then(|declared| http::HeaderValue::from_str(declared).ok());
    let headers = declared.map(|declared| (http::header::CONTENT_TYPE, declared)).into_iter().collect();
    charset::text(&headers, body).ok()
}

/// Reads the JSON that whoever issues credentials answers with.
///
/// # Errors
/// [`ConnectorError::Malformed`] if it is not JSON, or not declared as JSON; [`ConnectorError::TooLarge`] beyond a limit.
pub(crate) fn read_json(answer: &Answer) -> Result<Value, ConnectorError> {
    if media_type::is_json(&answer.headers) { json::read(&answer.body) } else { Err(ConnectorError::Malformed) }
}

/// What a source answers in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml(XmlShape),
}

/// How the answers to one request are read.
#[derive(Debug)]
pub(crate) struct AnswerReading {
    pub(crate) format: Format,
    /// The schema that the contract gives for them.
    pub(crate) schema: Option<AnswerSchema>,
    /// Most bytes of a body, also once it is decompressed.
    pub(crate) body_limit: usize,
}

impl AnswerReading {
    /// Reads an answer of a status of success.
    ///
    /// # Errors
    /// [`ConnectorError::Malformed`] if it is not what the contract's format and its own content type say;
    /// [`ConnectorError::TooLarge`] beyond a limit; [`ConnectorError::ContractBroken`] if XML has a shape without
    /// reading; what a SOAP fault says.
    pub(super) fn read(&self, answer: &Answer) -> Result<Value, ConnectorError> {
        if !self.declares_format(answer) {
            return Err(ConnectorError::Malformed);
        }
        let body = compression::plain_body(&answer.headers, &answer.body, self.body_limit)?;
        match &self.format {
            Format::Json => json::read(&body),
            Format::Xml(shape) => {
                let text = charset::text(&answer.headers, &body)?;
                soap::fault(&text, answer.status.as_u16()).map_or_else(|| xml::read(&text, shape), Err)
            }
        }
    }

    /// What an answer in XML says that has no reading because elements stand twice where one belongs: whom they name
    /// counts all the same.
    pub(super) fn said_twice(&self, answer: &Answer) -> Option<Value> {
        let Format::Xml(shape) = &self.format else { return None };
        if !media_type::is_xml(&answer.headers) {
            return None;
        }
        let body = compression::plain_body(&answer.headers, &answer.body, self.body_limit).ok()?;
        let text = charset::text(&answer.headers, &body).ok()?;
        xml::read_together(&text, shape).ok().filter(|said| said.doubled.is_some()).map(|said| said.value)
    }

    /// Whether an answer is, by its own word, of the contract's format, and holds anything: one that can be read, or
    /// else is a failure. A server's own page for a status of its own is neither.
    pub(super) fn is_of_format(&self, answer: &Answer) -> bool {
        self.declares_format(answer) && !answer.body.trim_ascii().is_empty()
    }

    fn declares_format(&self, answer: &Answer) -> bool {
        match self.format {
            Format::Json => media_type::is_json(&answer.headers),
            Format::Xml(_) => media_type::is_xml(&answer.headers),
        }
    }

    /// What a SOAP fault says that comes with a status of failure, as SOAP sends them (500; 1.2 also 400). A failure
    /// that is nothing to be read is told by its status.
    pub(super) fn fault(&self, answer: &Answer) -> Option<ConnectorError> {
        let told_by_status = answer.status.is_success() || matches!(answer.status.as_u16(), 401 | 403);
        if told_by_status || self.format == Format::Json || !media_type::is_xml(&answer.headers) {
            return None;
        }
        let body = compression::plain_body(&answer.headers, &answer.body, self.body_limit).ok()?;
        soap::fault(&charset::text(&answer.headers, &body).ok()?, answer.status.as_u16())
    }

    /// Where an answer first breaks the contract's schema, and which part of the schema.
    pub(super) fn against_schema(&self, value: &Value) -> Option<(String, String)> {
        self.schema.as_ref()?.first_error(value)
    }

    /// Checks an answer against the contract's schema.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`].
    pub(super) fn check(&self, value: &Value) -> Result<(), ConnectorError> {
        let holds = self.schema.as_ref().is_none_or(|schema| schema.holds(value));
        if holds { Ok(()) } else { Err(ConnectorError::ContractBroken) }
    }
}
