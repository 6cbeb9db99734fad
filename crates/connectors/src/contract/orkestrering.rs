//! Writes out, in the language of contracts, what a source does that speaks the national data-source interface: one
//! request, its code lists and its widgets for each data model. What is written out is checked and compiled like any
//! other contract, so that there are no two ways to map.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{
    call::url_path,
    data_model::{Model, models},
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Codes, DataModel, Format, Identity, Method, Orkestrering, Spec},
    suggestion::suggestion,
};
use crate::{
    declared::{Body, BodyTemplate, Place, Request},
    orkestrering::Interface,
};

/// Longest id of a display client, in bytes.
const LONGEST_ID: usize = 100;

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
            Ok((model, _)) if chosen.iter().any(|(other, _)| other.name == model.name) => {
                let hint = "a source answers in one version of a model; another source may answer in another";
                let message = format!("\"{}\" stands here twice", model.name);
                outcome = Err(examination.wrong_value(&at.key("name"), message, Some(hint.to_owned())));
            }
            Ok(choice) => chosen.push(choice),
            Err(noted) => outcome = Err(noted),
        }
    }
    outcome.and(beside).and(authorities)?;
    let chosen: BTreeMap<(String, String), String> =
        chosen.into_iter().map(|(model, path)| ((model.name.clone(), model.version.clone()), path)).collect();
    let mut interfaces = BTreeMap::new();
    for model in known {
        if let Some(path) = chosen.get(&(model.name.clone(), model.version.clone())) {
            let interface = model
                .interface(&spec.source.it_system_id)
                .map_err(|defect| examination.wrong_value(&at, defect, None))?;
            interfaces.insert(model.name.clone(), interface);
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
        // A detail is asked for in the contract's own words.
        ("codes", !spec.codes.is_empty() && spec.detail.is_none()),
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
    let of_this_name: Vec<&Model> = known.iter().filter(|model| model.name == declared.name).collect();
    if of_this_name.is_empty() {
        let names: BTreeSet<&str> = known.iter().map(|model| model.name.as_str()).collect();
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

/// Adds a model to a contract: its request, named after it, and with that its widgets and code lists.
fn add(spec: &mut Spec, model: Model, path: &str, authorities: &[String]) {
    let name = model.name;
    let request = manifest::Request {
        method: Method::Post,
        path: path.to_owned(),
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        body: Some(json!({ "CPR-nr": Place::CitizenCpr.name(), "myndighedsliste": authorities })),
        soap_action: None,
        // The interface's calls only list.
        idempotent: true,
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
        if spec.detail.is_none() {
            widget.item = None;
        }
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
