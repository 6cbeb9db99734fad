//! A contract at work: asks the source, checks whom the answer is about, and makes widgets of it.

mod answer;
mod date;
mod fetch;
mod identity;
mod lookup;
mod mapping;
mod outcome;
mod place;
mod reading;
mod selector;
mod template;
mod xml_events;
mod xml_template;

pub(crate) use answer::{AnswerReading, AnswerSchema, Format, MAX_SCHEMA_BYTES, XmlShape, read_json};
pub(crate) use date::DateFormat;
pub(crate) use fetch::{AsOf, DeclaredConnector, Plan, Request};
pub(crate) use identity::Identity;
pub(crate) use lookup::Lookup;
pub(crate) use mapping::{Field, Mapping, Origin, Sorting};
pub(crate) use place::{Place, digits};
pub(crate) use reading::{MoneyFormat, Reading, shown_text};
pub(crate) use selector::{One, Selector};
pub(crate) use template::{Body, BodyTemplate, HeaderTemplate, RequestTemplate, plain_header, sensitive_header};
pub(crate) use xml_events::is_name;
pub(crate) use xml_template::{SoapVersion, XmlTemplate};
