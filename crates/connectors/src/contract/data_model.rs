//! The files that say how the objects of a data model become widgets.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    manifest::{CodeList, WidgetMapping},
    yaml,
};
use crate::orkestrering::{CORE, Interface, MODELS, Names, Version};

/// What widgets of a model's file are from: its only request.
#[cfg(test)]
const LIST: &str = "list";

/// One of the files that say how the objects of a data model become widgets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Model {
    /// Its name.
    pub(super) name: String,
    /// Its version, as three numbers.
    pub(super) version: String,
    /// The service of the interface that lists its objects.
    service: String,
    /// The names that its files use, and what else sources call the same.
    aliases: BTreeMap<String, Vec<String>>,
    /// As in a contract.
    pub(super) codes: BTreeMap<String, CodeList>,
    /// As in a contract; their `from` is `list`, the only request.
    pub(super) widgets: Vec<WidgetMapping>,
}

impl Model {
    /// What the answers of a system must say about themselves.
    ///
    /// # Errors
    /// A defect of the file, which a test rules out.
    pub(super) fn interface(&self, it_system_id: &str) -> Result<Interface, String> {
        let core: Core = read(CORE)?;
        let aliases = core.aliases.iter().chain(&self.aliases);
        let names = Names::new(aliases).map_err(|name| format!("\"{name}\" is two names"))?;
        let version = Version::parse(&self.version).ok_or_else(|| format!("\"{}\" is no version", self.version))?;
        Ok(Interface { names, model: self.name.clone(), version, it_system_id: it_system_id.to_owned() })
    }

    /// Where its objects are listed, unless a contract says otherwise.
    pub(super) fn path(&self) -> String {
        format!("/{}/v{}", self.service, self.version)
    }
}

/// Where the objects of a model and version are listed, unless a contract says otherwise.
pub(crate) fn model_path(name: &str, version: &str) -> Option<String> {
    let known = models().ok()?;
    known.iter().find(|model| model.name == name && model.version == version).map(Model::path)
}

/// The widgets of a model and version, as a contract would say them; they are from its name.
pub(crate) fn model_widgets(name: &str, version: &str) -> Vec<Value> {
    let is_it = |file: &Value| file.get("name") == Some(&name.into()) && file.get("version") == Some(&version.into());
    let file = MODELS.into_iter().filter_map(|text| Some(yaml::read(text).ok()?.value)).find(is_it);
    let mut widgets = file.and_then(|file| Some(file.get("widgets")?.as_array()?.clone())).unwrap_or_default();
    for from in widgets.iter_mut().filter_map(|widget| widget.get_mut("from")) {
        *from = name.into();
    }
    widgets
}

/// What all models share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Core {
    aliases: BTreeMap<String, Vec<String>>,
}

/// Every data model that there is a file for.
///
/// # Errors
/// A defect of a file, which a test rules out.
pub(super) fn models() -> Result<Vec<Model>, String> {
    MODELS.into_iter().map(read).collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let read = yaml::read(text).map_err(|wrong| wrong.message)?;
    match read.refused.into_iter().next() {
        Some(refused) => Err(refused.message),
        None => serde_json::from_value(read.value).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{contract::syntax, orkestrering::folded};

    /// A contract in which each model is written out by hand.
    fn as_contract(text: &str) -> String {
        let head = include_str!("../../tests/connectors/services.yaml");
        let (head, _) = head.split_once("  requests:\n").expect("requests");
        let (_, model) = text.split_once("\ncodes:\n").expect("codes");
        let request = "    list:\n      method: POST\n      path: /x\n      body: \"{citizen.cpr}\"\n      identity: { path: \"$..cprnr\" }\n";
        let model = model.replace('\n', "\n  ");
        format!("{head}  requests:\n{request}  codes:\n  {model}")
    }

    #[test]
    fn every_model_has_the_shape_of_a_contract() {
        for text in MODELS {
            let read = syntax::read(&as_contract(text));
            assert!(read.wrong.is_empty(), "{text}\n{:?}", read.wrong);
        }
    }

    #[test]
    fn every_model_is_named_and_numbered_once_and_maps_from_its_list() {
        let models = models().expect("models");
        let names: BTreeSet<(&str, &str)> =
            models.iter().map(|model| (model.name.as_str(), model.version.as_str())).collect();
        assert_eq!(names.len(), MODELS.len());
        for model in &models {
            assert!(Version::parse(&model.version).is_some(), "{}", model.version);
            assert!(!model.widgets.is_empty() && model.widgets.iter().all(|widget| widget.from == LIST));
            assert!(url::Url::parse("https://x.example").expect("a URL").join(&model.service).is_ok());
        }
    }

    #[test]
    fn every_name_of_a_model_is_in_the_spelling_that_answers_are_brought_to() {
        for text in MODELS.into_iter().chain([CORE]) {
            let core = text == CORE;
            let aliases = if core {
                read::<Core>(text).expect("core").aliases
            } else {
                read::<Model>(text).expect("a model").aliases
            };
            for name in aliases.iter().flat_map(|(name, others)| others.iter().chain([name])) {
                assert_eq!(*name, folded(name));
            }
            for path in text.split('"').filter(|part| part.starts_with("$.")) {
                let names: String = path.split('\'').step_by(2).collect();
                assert_eq!(names, names.to_ascii_lowercase(), "{path}");
                assert!(!names.contains(['_', '-']), "{path}");
                for name in names.split(|character: char| !character.is_alphanumeric()) {
                    assert!(
                        !aliases.values().flatten().any(|other| other == name),
                        "{name} is another name, in {path}"
                    );
                }
            }
        }
    }
}
