//! Writes out, in the language of contracts, what a source does that speaks the national data-source interface: one
//! request, its code lists and its widgets for each data model. What is written out is checked and compiled like any
//! other contract, so that there are no two ways to map.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    call::url_path,
    examination::{Examination, KeyPath, Noted},
    manifest::{self, CodeList, Codes, DataModel, Format, Identity, Method, Orkestrering, Spec, WidgetMapping},
    suggestion::suggestion,
    yaml,
};
use crate::{
    declared::{Body, BodyTemplate, Place, Request},
    orkestrering::{CORE, Interface, MODELS, Names, Version},
};

/// Longest id of a display client, in bytes.
const LONGEST_ID: usize = 100;

/// What widgets of a model's file are from: its only request.
#[cfg(test)]
const LIST: &str = "list";

/// One of the files that say how the objects of a data model become widgets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Model {
    /// Its name.
    model: String,
    /// Its version, as three numbers.
    version: String,
    /// The service of the interface that lists its objects.
    service: String,
    /// The names that its files use, and what else sources call the same.
    aliases: BTreeMap<String, Vec<String>>,
    /// As in a contract.
    codes: BTreeMap<String, CodeList>,
    /// As in a contract; their `from` is `list`, the only request.
    widgets: Vec<WidgetMapping>,
}

impl Model {
    /// Where its objects are listed, unless a contract says otherwise.
    fn path(&self) -> String {
        format!("/{}/v{}", self.service, self.version)
    }
}

/// Where the objects of a model and version are listed, unless a contract says otherwise.
pub(crate) fn model_path(name: &str, version: &str) -> Option<String> {
    let known = models().ok()?;
    known.iter().find(|model| model.model == name && model.version == version).map(Model::path)
}

/// What all models share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Core {
    aliases: BTreeMap<String, Vec<String>>,
}

/// What is beyond the language: what each request's answer must say, and whom the source knows display clients as.
pub(super) struct Spoken {
    interfaces: BTreeMap<String, Interface>,
    display_clients: BTreeMap<String, String>,
}

impl Spoken {
    /// Adds to the requests what the language has no words for.
    pub(super) fn add_to(mut self, requests: &mut [Request]) {
        for request in requests {
            request.interface = self.interfaces.remove(&request.name);
            if let Some(Body::Json(BodyTemplate::Object(entries))) = &mut request.template.body {
                entries.push(("kommunenr".to_owned(), BodyTemplate::IfKnown(Place::CitizenMunicipality)));
                let display_client = BodyTemplate::DisplayClient(self.display_clients.clone());
                entries.push(("visningsklientID".to_owned(), display_client));
            }
        }
    }
}

/// Writes out the data models of a contract in its own requests, codes and widgets.
pub(super) fn write_out(
    examination: &mut Examination<'_>,
    declared: &Orkestrering,
    spec: &mut Spec,
) -> Result<Spoken, Noted> {
    let at = KeyPath::of("spec.orkestrering");
    let beside = nothing_beside(examination, spec);
    let authorities = authorities(examination, &at.key("authorities"), &declared.authorities);
    let display_clients = display_clients(examination, &at.key("displayClients"), declared, spec);
    let at = at.key("models");
    if declared.models.is_empty() {
        // Told like any bound on a list; without models there is nothing to go on with.
        return Err(examination.wrong_key(&at, "at least one entry is needed", None));
    }
    let known = models().map_err(|defect| examination.wrong_value(&at, defect, None))?;
    let mut chosen: Vec<(&Model, String)> = Vec::new();
    let mut outcome = Ok(());
    for (index, declared) in declared.models.iter().enumerate() {
        let at = at.index(index);
        match choose(examination, &at, declared, &known) {
            Ok((model, _)) if chosen.iter().any(|(other, _)| other.model == model.model) => {
                let hint = "a source answers in one version of a model; another source may answer in another";
                let message = format!("\"{}\" stands here twice", model.model);
                outcome = Err(examination.wrong_value(&at.key("name"), message, Some(hint.to_owned())));
            }
            Ok(choice) => chosen.push(choice),
            Err(noted) => outcome = Err(noted),
        }
    }
    (outcome?, beside?, authorities?);
    let chosen: BTreeMap<(String, String), String> =
        chosen.into_iter().map(|(model, path)| ((model.model.clone(), model.version.clone()), path)).collect();
    let mut interfaces = BTreeMap::new();
    for model in known {
        if let Some(path) = chosen.get(&(model.model.clone(), model.version.clone())) {
            let interface = interface(&model, spec).map_err(|defect| examination.wrong_value(&at, defect, None))?;
            interfaces.insert(model.model.clone(), interface);
            add(spec, model, path, &declared.authorities);
        }
    }
    Ok(Spoken { interfaces, display_clients: display_clients? })
}

/// The interface asks and the models map: what a contract says of these by itself would be said twice.
fn nothing_beside(examination: &mut Examination<'_>, spec: &Spec) -> Result<(), Noted> {
    let mut outcome = Ok(());
    for (part, is_there) in [
        ("requests", !spec.requests.is_empty()),
        ("lookups", !spec.lookups.is_empty()),
        ("codes", !spec.codes.is_empty()),
        ("widgets", !spec.widgets.is_empty()),
    ] {
        if is_there {
            let hint = Some(format!("leave \"{part}\" out, or \"orkestrering\""));
            let message = "the models of \"orkestrering\" say how their source is asked and read";
            outcome = Err(examination.wrong_key(&KeyPath::of("spec").key(part), message, hint));
        }
    }
    outcome
}

fn authorities(examination: &mut Examination<'_>, at: &KeyPath, codes: &[String]) -> Result<(), Noted> {
    let mut outcome = examination.code_set(at, codes).map(|_| ());
    for (index, code) in codes.iter().enumerate() {
        let plain =
            !code.is_empty() && code.len() <= LONGEST_ID && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let message = "an authority's code is letters and digits; municipalities have four digits, in quotes";
        outcome = outcome.and(examination.require(plain, &at.index(index), message));
    }
    outcome
}

fn display_clients(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &Orkestrering,
    spec: &Spec,
) -> Result<BTreeMap<String, String>, Noted> {
    let mut outcome = Ok(());
    for (slug, id) in &declared.display_clients {
        let at = at.key(slug);
        if !spec.agreement.display_clients.contains(slug) {
            let covered = spec.agreement.display_clients.iter().map(String::as_str);
            let hint = suggestion(slug, "display clients of the agreement", covered);
            outcome = Err(examination.wrong_key(&at, "the agreement covers no such display client", hint));
        }
        let plain = !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
        let message = "must be at most 100 characters of visible ASCII without blanks";
        outcome = outcome.and(examination.require(plain, &at, message));
    }
    outcome.map(|()| declared.display_clients.clone())
}

/// The model that a contract names, and where its objects are listed.
fn choose<'k>(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &DataModel,
    known: &'k [Model],
) -> Result<(&'k Model, String), Noted> {
    let path = declared.path.as_deref().map(|path| url_path(examination, &at.key("path"), path)).transpose();
    let of_this_name: Vec<&Model> = known.iter().filter(|model| model.model == declared.name).collect();
    if of_this_name.is_empty() {
        let names: BTreeSet<&str> = known.iter().map(|model| model.model.as_str()).collect();
        let hint = suggestion(&declared.name, "data models", names);
        let message = format!("no such data model \"{}\"", declared.name);
        return Err(examination.wrong_value(&at.key("name"), message, hint));
    }
    let model = of_this_name.iter().find(|model| model.version == declared.version).ok_or_else(|| {
        let versions: Vec<&str> = of_this_name.iter().map(|model| model.version.as_str()).collect();
        let hint = Some(format!("the known versions of {} are {}", declared.name, versions.join(", ")));
        let message = format!("no such version \"{}\" of {}", declared.version, declared.name);
        examination.wrong_value(&at.key("version"), message, hint)
    })?;
    Ok((model, path?.map_or_else(|| model.path(), str::to_owned)))
}

/// What the answers of a model must say about themselves.
///
/// # Errors
/// A defect of the model's file, which a test rules out.
fn interface(model: &Model, spec: &Spec) -> Result<Interface, String> {
    let core: Core = read(CORE)?;
    let names =
        Names::new(core.aliases.iter().chain(&model.aliases)).map_err(|name| format!("\"{name}\" is two names"))?;
    let version = Version::parse(&model.version).ok_or_else(|| format!("\"{}\" is no version", model.version))?;
    let it_system_id = spec.source.it_system_id.clone();
    Ok(Interface { names, model: model.model.clone(), version, it_system_id })
}

/// Adds a model to a contract: its request, named after it, and with that its widgets and code lists.
fn add(spec: &mut Spec, model: Model, path: &str, authorities: &[String]) {
    let name = model.model;
    let request = manifest::Request {
        method: Method::Post,
        path: path.to_owned(),
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        body: Some(json!({ "CPR-nr": Place::CitizenCpr.name(), "myndighedsliste": authorities })),
        soap_action: None,
        format: Format::Json,
        xml: None,
        schema: None,
        identity: Identity::Path("$..cprnr".to_owned()),
        authority: Some(Codes { path: "$..myndighedsid".to_owned(), listed: authorities.to_vec() }),
        empty_status: Vec::new(),
        empty_when: None,
        pages: None,
        as_of: None,
    };
    let list_of = |list: &str| format!("{name}.{list}");
    spec.codes.extend(model.codes.into_iter().map(|(list, codes)| (list_of(&list), codes)));
    for mut widget in model.widgets {
        widget.from.clone_from(&name);
        widget.fields.values_mut().for_each(|field| rename_list(field, &list_of));
        spec.widgets.push(widget);
    }
    spec.requests.insert(name.clone(), request);
}

fn rename_list(field: &mut manifest::Field, list_of: &impl Fn(&str) -> String) {
    if let Some(list) = &mut field.list {
        *list = list_of(list);
    }
    for part in field.first_of.iter_mut().chain(&mut field.concat).flatten() {
        rename_list(part, list_of);
    }
}

/// Every data model that there is a file for.
///
/// # Errors
/// A defect of a file, which a test rules out.
fn models() -> Result<Vec<Model>, String> {
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
    use super::*;
    use crate::{contract::syntax, orkestrering::folded};

    /// A contract in which each model is written out by hand.
    fn as_contract(text: &str) -> String {
        let head = include_str!("../../tests/connectors/services.yaml");
        let (head, _) = head.split_once("  requests:\n").expect("requests");
        let (_, model) = text.split_once("\ncodes:\n").expect("codes");
        let request = "    list:\n      method: POST\n      path: /x\n      body: \"{citizen.cpr}\"\n      identity: { path: \"$..cprnr\" }\n";
        let model: String = model.lines().map(|line| format!("  {line}\n")).collect();
        format!("{head}  requests:\n{request}  codes:\n{model}")
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
            models.iter().map(|model| (model.model.as_str(), model.version.as_str())).collect();
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
