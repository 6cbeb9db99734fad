//! Finds the places of a request template, and checks that each may stand where it does.

use serde_json::Value;

use super::{
    call::About,
    examination::{Examination, KeyPath, Noted},
    suggestion::suggestion,
};
use crate::declared::{BodyTemplate, HeaderTemplate, Place, XmlTemplate, plain_header};

/// The places of a call, as they are found.
pub(super) struct Places {
    pub(super) about: About,
    /// Whether what the call is about stands somewhere.
    pub(super) filled: bool,
    /// Whether the item stands somewhere that more is asked about.
    pub(super) item: bool,
}

/// What the value of a query's parameter is.
pub(super) enum QueryValue<'t> {
    Fixed(&'t str),
    Language,
    Item,
}

impl Places {
    pub(super) fn header(
        &mut self,
        examination: &mut Examination<'_>,
        at: &KeyPath,
        text: &str,
    ) -> Result<HeaderTemplate, Noted> {
        match self.text(examination, at, text)? {
            Some(Place::Keys) => Err(examination.wrong_value(at, "keys stand in the body only", None)),
            Some(place) => Ok(HeaderTemplate::Place(place)),
            None => plain_header(text)
                .map(HeaderTemplate::Fixed)
                .ok_or_else(|| examination.wrong_value(at, "a header value is visible ASCII", None)),
        }
    }

    /// The value of a query parameter.
    pub(super) fn query<'t>(
        &mut self,
        examination: &mut Examination<'_>,
        at: &KeyPath,
        text: &'t str,
    ) -> Result<QueryValue<'t>, Noted> {
        let message = match Place::named(text) {
            Some(Place::Language) => return Ok(QueryValue::Language),
            Some(Place::ItemKey) => {
                self.take(examination, at, Place::ItemKey)?;
                return Ok(QueryValue::Item);
            }
            None if !text.contains(['{', '}']) => return Ok(QueryValue::Fixed(text)),
            Some(Place::RequestId) | None if !text.contains("{citizen.") && !text.contains(Place::Keys.name()) => {
                match self.about {
                    About::Item => "in a query only {item.key} and {language} have a place, each as a whole value",
                    About::Citizen | About::Keys => "in a query only {language} has a place, as the whole value",
                }
            }
            _ => {
                "the citizen's number and keys never stand in a query: it ends up in logs; put them in a header or the body"
            }
        };
        Err(examination.wrong_value(at, message, None))
    }

    pub(super) fn body(
        &mut self,
        examination: &mut Examination<'_>,
        at: &KeyPath,
        part: &Value,
    ) -> Result<BodyTemplate, Noted> {
        match part {
            Value::String(text) => {
                let place = self.text(examination, at, text)?;
                Ok(place.map_or_else(|| BodyTemplate::Fixed(part.clone()), BodyTemplate::Place))
            }
            Value::Object(entries) => {
                let parts: Vec<_> = entries
                    .iter()
                    .map(|(name, inner)| Ok((name.clone(), self.body(examination, &at.key(name), inner)?)))
                    .collect();
                parts.into_iter().collect::<Result<_, _>>().map(BodyTemplate::Object)
            }
            Value::Array(items) => {
                let parts: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(index, inner)| self.body(examination, &at.index(index), inner))
                    .collect();
                parts.into_iter().collect::<Result<_, _>>().map(BodyTemplate::List)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(BodyTemplate::Fixed(part.clone())),
        }
    }

    /// A body in XML; what is wrong in it is told with its line and column there, for YAML may write it in many ways.
    pub(super) fn xml(
        &mut self,
        examination: &mut Examination<'_>,
        at: &KeyPath,
        text: &str,
    ) -> Result<XmlTemplate, Noted> {
        let template = XmlTemplate::parse(text).map_err(|mistake| {
            let hint = mistake.unknown_place.and_then(|name| suggestion(&name, "places", Place::ALL.map(Place::name)));
            let message = format!("line {}, column {} of the XML: {}", mistake.line, mistake.column, mistake.message);
            examination.wrong_value(at, message, hint)
        })?;
        for place in template.places() {
            self.take(examination, at, place)?;
        }
        Ok(template)
    }

    /// The place that a text is, if it is one.
    fn text(&mut self, examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<Option<Place>, Noted> {
        match Place::named(text) {
            Some(place) => self.take(examination, at, place).map(|()| Some(place)),
            None if text.contains(['{', '}']) => {
                let hint = suggestion(text, "places", Place::ALL.map(Place::name));
                Err(examination.wrong_value(at, "no such place; a place is the whole value", hint))
            }
            None => Ok(None),
        }
    }

    pub(super) fn take(&mut self, examination: &mut Examination<'_>, at: &KeyPath, place: Place) -> Result<(), Noted> {
        match self.about {
            About::Keys if place.is_personal() => {
                let message = if place.names_the_citizen() {
                    "a lookup never carries the citizen's number"
                } else {
                    "a lookup is about no citizen and carries nothing of one"
                };
                Err(examination.wrong_value(at, message, None))
            }
            About::Citizen | About::Item if place == Place::Keys => {
                Err(examination.wrong_value(at, "only a lookup has keys", None))
            }
            About::Citizen if place == Place::ItemKey => {
                Err(examination.wrong_value(at, "only the requests of a detail are about an item", None))
            }
            About::Citizen | About::Item => {
                self.filled |= place.names_the_citizen();
                self.item |= place == Place::ItemKey;
                Ok(())
            }
            About::Keys => {
                self.filled |= place == Place::Keys;
                Ok(())
            }
        }
    }
}
