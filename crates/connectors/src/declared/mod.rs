//! A contract at work: asks the source, checks whom the answer is about, and makes widgets of it.

mod answer;
mod date;
mod fetch;
mod identity;
mod lookup;
mod mapping;
mod outcome;
mod reading;
mod selector;
mod template;

pub(crate) use answer::read_json;
pub(crate) use date::DateFormat;
pub(crate) use fetch::{AsOf, DeclaredConnector, Plan, Request};
pub(crate) use identity::Identity;
pub(crate) use lookup::Lookup;
pub(crate) use mapping::{Field, Mapping, Origin, Sorting};
pub(crate) use reading::{MoneyFormat, Reading, shown_text};
pub(crate) use selector::{One, Selector};
pub(crate) use template::{BodyTemplate, HeaderTemplate, RequestTemplate, digits, plain_header, sensitive_header};
