//! A contract at work: asks the source, checks whom the answer is about, and makes widgets of it.

mod answer;
mod asking;
mod codes;
mod condition;
mod date;
mod detail;
#[cfg(feature = "fuzzing")]
pub(crate) mod door;
mod fetch;
mod filter;
mod identity;
mod item_path;
mod item_place;
mod items;
mod kept_entries;
mod list_path;
mod looking_up;
mod lookup;
mod mapping;
mod normal_form;
mod origin;
mod outcome;
mod pages;
mod place;
mod reading;
mod selector;
mod shown;
mod sorting;
mod spelling;
mod template;
mod walk;
mod why;
mod why_mapping;
mod xml_events;
mod xml_template;

pub(crate) use answer::{
    AnswerReading, AnswerSchema, Format, MAX_SCHEMA_BYTES, XmlShape, read_json, read_xml, xml_text,
};
pub(crate) use asking::{AsOf, Request};
pub(crate) use codes::Codes;
pub(crate) use condition::{Condition, Conditions};
pub(crate) use date::{DateFormat, read_moment};
pub(crate) use detail::Detail;
pub(crate) use fetch::{DeclaredConnector, Plan};
pub(crate) use identity::Identity;
pub(crate) use item_path::{ItemPath, Spelling};
pub(crate) use item_place::ItemInAddress;
pub(crate) use items::{Items, is_bare};
pub(crate) use list_path::ListPath;
pub(crate) use lookup::Lookup;
pub(crate) use mapping::Mapping;
pub(crate) use normal_form::normal_form;
pub(crate) use origin::{Field, Holder, Origin, Unit, ValuePlace};
pub(crate) use pages::{CursorPlace, Pages};
pub(crate) use place::{Place, digits};
pub(crate) use reading::{FlagCodes, MoneyFormat, Reading, Scalars, text_of};
pub(crate) use selector::{One, Selector};
pub(crate) use shown::shown_text;
pub use shown::unshown;
pub(crate) use sorting::Sorting;
pub(crate) use template::{Body, BodyTemplate, HeaderTemplate, RequestTemplate, plain_header, sensitive_header};
pub(crate) use xml_events::is_name;
pub(crate) use xml_template::{SoapVersion, XmlTemplate};
