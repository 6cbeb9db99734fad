//! One spelling for the names of an answer. The published XML and JSON schemas of one model differ in casing and in whole
//! names, and sources were built from either.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::ConnectorError;

/// The names that a model and its core have several of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

/// An answer with every name in one spelling.
#[derive(Debug)]
pub(crate) struct Respelled {
    pub(crate) value: Value,
    /// [`ConnectorError::ContractBroken`] if a name stands in one object in two spellings: they could say two things, and
    /// which of them is meant is not ours to guess. Told apart from the value, because whom the answer is about must be
    /// read from all of it first.
    pub(crate) outcome: Result<(), ConnectorError>,
}

impl Names {
    /// Names with their other names, all of them folded.
    ///
    /// # Errors
    /// A name that has two meanings.
    pub(crate) fn new<'n>(aliases: impl IntoIterator<Item = (&'n String, &'n Vec<String>)>) -> Result<Self, String> {
        let mut names = BTreeMap::new();
        for (name, others) in aliases {
            for other in others {
                let first = names.insert(folded(other), folded(name));
                if first.is_some_and(|first| first != folded(name)) {
                    return Err(other.clone());
                }
            }
        }
        Ok(Self(names))
    }

    /// Brings every name of an answer to one spelling.
    pub(crate) fn respell(&self, answer: Value) -> Respelled {
        let mut twice = false;
        let value = self.respelled(answer, &mut twice);
        Respelled { value, outcome: if twice { Err(ConnectorError::ContractBroken) } else { Ok(()) } }
    }

    /// Recursion is as deep as answers may be nested.
    fn respelled(&self, value: Value, twice: &mut bool) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.respelled(item, twice)).collect(),
            Value::Object(members) => {
                let mut named = Map::new();
                for (name, value) in members {
                    let value = self.respelled(value, twice);
                    let name = folded(&name);
                    let name = self.0.get(&name).cloned().unwrap_or(name);
                    if named.contains_key(&name) {
                        *twice = true;
                        // Kept, a level deeper, under a name that is nobody's: it may be another person's number.
                        named.insert(format!("#{}", named.len()), Map::from_iter([(name, value)]).into());
                    } else {
                        named.insert(name, value);
                    }
                }
                Value::Object(named)
            }
            plain => plain,
        }
    }
}

/// A name without what its spellings differ in: casing, hyphens, underscores, blanks, and æ, ø and å for ae, oe and aa.
pub(crate) fn folded(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            '-' | '_' | '#' => {}
            blank if blank.is_whitespace() => {}
            'æ' => plain.push_str("ae"),
            'ø' => plain.push_str("oe"),
            'å' => plain.push_str("aa"),
            // The ring of an å that is written in two characters.
            '\u{30a}' => plain.push('a'),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let aliases = BTreeMap::from([("myndighedsnavn".to_owned(), vec!["myndighedsnavnbeskrivelse".to_owned()])]);
        Names::new(&aliases).expect("names")
    }

    #[test]
    fn every_spelling_of_a_name_is_the_same_name() {
        for name in ["CPR-nr", "cprNr", "CPR_NR", "Cpr nr", "cprnr"] {
            assert_eq!(folded(name), "cprnr", "{name}");
        }
        for name in ["Gæld-Beløb-Århus", "gaeldbeloebaarhus", "GAELDBELØBA\u{30a}RHUS"] {
            assert_eq!(folded(name), "gaeldbeloebaarhus", "{name}");
        }
    }

    #[test]
    fn names_are_respelled_at_every_depth_and_values_are_not() {
        let answer =
            json!({ "Objekter": [{ "OffentligOrganisation": { "MyndighedsNavnBeskrivelse": "Ærø-Kommune" } }] });
        let respelled = names().respell(answer);
        assert_eq!(respelled.outcome, Ok(()));
        let expected = json!({ "objekter": [{ "offentligorganisation": { "myndighedsnavn": "Ærø-Kommune" } }] });
        assert_eq!(respelled.value, expected);
    }

    #[test]
    fn a_name_in_two_spellings_is_told_and_both_values_can_be_found() {
        for answer in [
            json!({ "CPR-nr": "1", "cprnr": "2" }),
            json!({ "a": [{ "myndighedsnavn": "1", "Myndighedsnavnbeskrivelse": "2" }] }),
        ] {
            let respelled = names().respell(answer);
            assert_eq!(respelled.outcome, Err(ConnectorError::ContractBroken));
            let text = respelled.value.to_string();
            assert!(text.contains("\"1\"") && text.contains("\"2\""), "{text}");
        }
        let three = names().respell(json!({ "a-a": 1, "aa": 2, "AA": 3 })).value;
        assert_eq!(three.as_object().map(Map::len), Some(3), "{three}");
    }

    #[test]
    fn a_name_of_two_meanings_is_refused() {
        let aliases = BTreeMap::from([
            ("titel".to_owned(), vec!["navn".to_owned()]),
            ("emne".to_owned(), vec!["Navn".to_owned()]),
        ]);
        assert!(Names::new(&aliases).is_err());
    }
}
