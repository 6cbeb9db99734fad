//! What the envelope of an answer says about itself.

use overblik_widgets::Moment;
use serde_json::Value;

use super::{
    names::{Names, folded},
    version::Version,
};
use crate::{
    declared::{DateFormat, read_moment, text_of},
    error::ConnectorError,
};

/// How the time is written at which a system was asked: Danish local time, or with an offset.
const TIMES: [DateFormat; 2] = [DateFormat::LocalSeconds, DateFormat::IsoDateTime];

/// What the answers of one data model must say about themselves.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) names: Names,
    /// The data model that the contract declares.
    pub(crate) model: String,
    pub(crate) version: Version,
    /// The system that the contract is of.
    pub(crate) it_system_id: String,
}

impl Interface {
    /// Checks a respelled answer.
    ///
    /// # Errors
    /// [`ConnectorError::Malformed`] if it is of another data model or version than declared, or does not say of which;
    /// [`ConnectorError::ContractBroken`] if it is from another system.
    pub(crate) fn check(&self, answer: &Value) -> Result<(), ConnectorError> {
        let stated = |name: &str| answer.get(name).and_then(text_of);
        let same_model = stated("datamodel").is_some_and(|model| folded(&model) == folded(&self.model));
        let version = stated("version").and_then(|version| Version::parse(&version));
        if !same_model || version != Some(self.version) {
            return Err(ConnectorError::Malformed);
        }
        // The errors that a source reports name the systems behind it, which are others.
        let own = answer.as_object().into_iter().flatten().filter(|(name, _)| *name != "fejl");
        let own = own.into_iter().all(|(name, value)| self.is_ours(name, value));
        if own { Ok(()) } else { Err(ConnectorError::ContractBroken) }
    }

    /// Whether every system that is named at or below a member of an answer is the contract's. Recursion is as deep as
    /// answers may be nested.
    fn is_ours(&self, name: &str, value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().all(|item| self.is_ours(name, item)),
            Value::Object(members) => members.iter().all(|(name, value)| self.is_ours(name, value)),
            Value::Null => true,
            plain => name != "itsystemid" || plain.as_str().is_some_and(|id| self.is_named(id)),
        }
    }

    fn is_named(&self, id: &str) -> bool {
        id.trim().eq_ignore_ascii_case(&self.it_system_id)
    }
}

/// When each object of a respelled answer was fetched, where it says so; `None` for what cannot be read.
pub(crate) fn fetch_times(answer: &Value) -> Vec<Option<Moment>> {
    let objects = answer.get("objekter").and_then(Value::as_array).into_iter().flatten();
    let stated = objects.filter_map(|object| object.get("kilde")?.get("hentet")).filter(|time| !time.is_null());
    stated.map(|time| read_moment(time.as_str()?, &TIMES)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(answer: &Value) -> Result<(), ConnectorError> {
        let interface = Interface {
            names: Names::default(),
            model: "BorgervendtSag".to_owned(),
            version: Version::parse("2.0.1").expect("a version"),
            it_system_id: "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a06".to_owned(),
        };
        interface.check(answer)
    }

    #[test]
    fn an_answer_is_of_the_declared_model_and_version() {
        for version in [json!("2.0.1"), json!("2.0"), json!("v2.0.7"), json!(2.0)] {
            assert_eq!(check(&json!({ "datamodel": "BorgervendtSag", "version": version })), Ok(()));
        }
        let malformed = Err(ConnectorError::Malformed);
        for version in [json!("2.1.0"), json!("0.8"), json!(null), json!(2)] {
            assert_eq!(check(&json!({ "datamodel": "BorgervendtSag", "version": version })), malformed, "{version}");
        }
        assert_eq!(check(&json!({ "datamodel": "BorgervendtYdelse", "version": "2.0.1" })), malformed);
        assert_eq!(check(&json!({ "version": "2.0.1" })), malformed);
        assert_eq!(check(&json!([])), malformed);
    }

    #[test]
    fn a_system_that_is_named_is_the_contract_s_except_among_the_errors() {
        let of = |id: Value, error: &str| {
            let object = json!({ "kilde": { "itsystemid": id } });
            let fejl = json!([{ "itsystemid": error }]);
            check(&json!({ "datamodel": "BorgervendtSag", "version": "2.0.1", "objekter": [object], "fejl": fejl }))
        };
        let ours = "5B0E8F0A-6a55-4d3c-9f39-0c5f4e1f9a06";
        let another = "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a07";
        assert_eq!(of(json!(ours), another), Ok(()));
        assert_eq!(of(json!(null), another), Ok(()), "nothing is stated");
        assert_eq!(of(json!([ours]), another), Ok(()));
        for wrong in [json!(another), json!(""), json!(7), json!([ours, another])] {
            assert_eq!(of(wrong.clone(), ours), Err(ConnectorError::ContractBroken), "{wrong}");
        }
    }

    #[test]
    fn objects_say_when_they_were_fetched() {
        let objects: Vec<Value> = [json!("2026-11-22T10:00:00"), json!("2026-11-22T09:30:00+01:00"), json!("i dag")]
            .into_iter()
            .map(|time| json!({ "kilde": { "hentet": time } }))
            .chain([json!({ "kilde": {} }), json!({}), json!({ "kilde": { "hentet": null } })])
            .collect();
        let moment = |text: &str| Some(Moment::new(text.parse().expect("a timestamp")));
        let expected = [moment("2026-11-22T09:00:00Z"), moment("2026-11-22T08:30:00Z"), None];
        assert_eq!(fetch_times(&json!({ "objekter": objects })), expected);
    }
}
