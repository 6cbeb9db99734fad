//! The language in which an authority declares a source: from YAML files to connectors, or to every mistake in them.

mod answer;
mod auth;
mod call;
mod choice;
mod condition;
mod data_model;
mod detail;
mod endpoint;
mod examination;
mod field;
#[cfg(feature = "fuzzing")]
pub(crate) mod from_text;
mod gate;
mod language;
mod lookup;
mod manifest;
mod mistake;
mod mutual_tls;
mod native;
mod opened;
mod orkestrering;
mod outline;
mod pages;
mod place;
mod reading;
mod reference;
mod repair;
mod request;
mod schema_walk;
mod session_key;
mod shape;
mod source;
mod stand_in;
mod suggestion;
mod syntax;
mod texts;
mod vocabulary;
mod widget;
mod yaml;
mod yaml_advice;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) use data_model::{model_path, model_widgets};
pub use language::contract_schema;
pub use mistake::{ContractMistake, ContractMistakes, Position};
pub(crate) use outline::Outline;
pub use reference::{ReferenceExample, contract_reference};

use crate::{
    asker::Asker,
    connector::{Connector, SourceInfo},
    connector_set::LoadOptions,
    declared::{DeclaredConnector, Detail, Plan},
    gate::Gate,
    native::NativeConnector,
    upstream::{FollowedTls, SourceTls, TlsError, UpstreamClient},
};
use auth::Deployed;
use endpoint::Shared;
use examination::{Examination, KeyPath, Noted};
use manifest::{Manifest, Spec};
use opened::Opened;
use suggestion::suggestion;
use widget::Answers;

/// The name of a contract's file in its source's folder.
pub(crate) const FILE_NAME: &str = "connector.yaml";

/// Loads every contract in a directory.
///
/// # Errors
/// All mistakes of all of them.
pub(crate) fn load(directory: &Path, options: &LoadOptions) -> Result<Loaded, ContractMistakes> {
    let platform_tls = SourceTls::platform()
        .map_err(|error| ContractMistakes::new(vec![ContractMistake::of_file(directory, error.to_string())]))?;
    let mut loading = Loading::new(options, platform_tls, Secrets::OfDeployment);
    // What is loaded from a directory is asked for citizens, and must have been agreed on.
    loading.is_to_be_asked = true;
    loading.load_directory(directory);
    loading.finish()
}

/// Loads contracts that stand in files of their own, away from a deployment.
///
/// # Errors
/// All mistakes of all of them.
pub(crate) fn load_files(
    files: &[ContractFile],
    options: &LoadOptions,
    secrets: Secrets,
) -> Result<Loaded, ContractMistakes> {
    let platform_tls = SourceTls::platform().map_err(|error| {
        let file = files.first().map(|file| file.file.clone()).unwrap_or_default();
        ContractMistakes::new(vec![ContractMistake::of_file(file, error.to_string())])
    })?;
    let mut loading = Loading::new(options, platform_tls, secrets);
    for file in files {
        loading.load_file(&file.file, &file.folder);
    }
    loading.finish()
}

/// Where one contract stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContractFile {
    /// The file, as mistakes name it.
    pub(crate) file: PathBuf,
    /// The folder of its source, which its names must agree with.
    pub(crate) folder: PathBuf,
}

/// Where keys and other secrets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// From the deployment; one that is missing is a mistake.
    OfDeployment,
    /// From nowhere: the contract alone is looked at, and its source is shown no credentials.
    StoodIn,
}

/// What contracts make.
pub(crate) struct Loaded {
    pub(crate) connectors: Vec<Arc<dyn Connector>>,
    /// The TLS files that the deployment sets for some of them.
    pub(crate) tls_files: Vec<FollowedTls>,
}

/// What must be unique among contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum UniqueName {
    Slug,
    ItSystemId,
}

/// The loading of contracts.
struct Loading<'a> {
    options: &'a LoadOptions,
    secrets: Secrets,
    /// Whether citizens are going to see what it brings.
    is_to_be_asked: bool,
    /// TLS towards sources that the deployment sets no files for.
    platform_tls: SourceTls,
    /// Unique names, and the file that took each first.
    taken: BTreeMap<(UniqueName, String), PathBuf>,
    opened: Opened,
    mistakes: Vec<ContractMistake>,
    loaded: Loaded,
}

impl<'a> Loading<'a> {
    fn new(options: &'a LoadOptions, platform_tls: SourceTls, secrets: Secrets) -> Self {
        let loaded = Loaded { connectors: Vec::new(), tls_files: Vec::new() };
        let (taken, opened, is_to_be_asked) = (BTreeMap::new(), Opened::default(), false);
        Self { options, secrets, is_to_be_asked, platform_tls, taken, opened, mistakes: Vec::new(), loaded }
    }

    fn finish(self) -> Result<Loaded, ContractMistakes> {
        if self.mistakes.is_empty() { Ok(self.loaded) } else { Err(ContractMistakes::new(self.mistakes)) }
    }

    fn load_directory(&mut self, directory: &Path) {
        let authorities = self.folders(directory);
        let sources: Vec<PathBuf> = authorities.iter().flat_map(|authority| self.folders(authority)).collect();
        if sources.is_empty() && self.mistakes.is_empty() {
            let hint = Some(format!("a contract is <authority>/<source>/{FILE_NAME}"));
            let mistake = ContractMistake::of_file(directory, "holds no contract");
            self.mistakes.push(ContractMistake { hint, ..mistake });
        }
        for folder in &sources {
            self.load_folder(folder);
        }
        self.refuse_stray_endpoints(directory, &sources);
    }

    /// The folders in a directory, by name. Files beside them and hidden folders are not ours.
    fn folders(&mut self, directory: &Path) -> Vec<PathBuf> {
        let read = || -> io::Result<Vec<PathBuf>> {
            let mut folders = Vec::new();
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                if path.is_dir() && !folder_name(&path).starts_with('.') {
                    folders.push(path);
                }
            }
            folders.sort();
            Ok(folders)
        };
        read().unwrap_or_else(|error| {
            self.mistakes.push(ContractMistake::of_file(directory, format!("cannot be read: {error}")));
            Vec::new()
        })
    }

    fn load_folder(&mut self, folder: &Path) {
        let file = folder.join(FILE_NAME);
        if !file.is_file() {
            self.mistakes.push(ContractMistake::of_file(folder, format!("holds no {FILE_NAME}")));
            return;
        }
        self.load_file(&file, folder);
    }

    fn load_file(&mut self, file: &Path, folder: &Path) {
        let text = match read_limited(file) {
            Ok(text) => text,
            Err(error) => {
                self.mistakes.push(ContractMistake::of_file(file, format!("cannot be read: {error}")));
                return;
            }
        };
        self.load_text(&text, file, folder);
    }

    fn load_text(&mut self, text: &str, file: &Path, folder: &Path) {
        let syntax::Reading { manifest, outline, wrong, unexamined } = syntax::read(text);
        let well_shaped = wrong.is_empty();
        self.mistakes.extend(wrong.into_iter().map(|syntax::WrongShape { position, path, message, hint }| {
            ContractMistake { file: file.to_owned(), position, path, message, hint }
        }));
        let Some(manifest) = manifest else { return };
        let mut examination = Examination::new(file, &outline, unexamined);
        self.refuse_taken(&mut examination, &manifest, file);
        let endpoint = self.options.endpoints.get(folder_name(folder));
        self.opened.refuse_shared(&mut examination, &manifest.spec.auth, endpoint, file);
        if self.is_to_be_asked {
            examination.refuse_placeholders();
        }
        let tls = self.tls(folder_name(folder), file);
        let connector = self.compile(&mut examination, manifest, folder, tls);
        let mistakes = examination.into_mistakes();
        match connector {
            Ok(connector) if well_shaped && mistakes.is_empty() => self.loaded.connectors.push(connector),
            _ => self.mistakes.extend(mistakes),
        }
    }

    /// TLS towards a source, by the files that the deployment sets for it.
    fn tls(&mut self, slug: &str, contract: &Path) -> SourceTls {
        let files = self.options.endpoints.get(slug).map(|endpoint| endpoint.tls.clone()).unwrap_or_default();
        if files.are_none() {
            return self.platform_tls.clone();
        }
        match FollowedTls::open(slug, files) {
            Ok((followed, tls)) => {
                self.loaded.tls_files.push(followed);
                tls
            }
            Err(error) => {
                self.mistakes.push(match error {
                    TlsError::File(wrong) => ContractMistake {
                        hint: wrong.hint.map(str::to_owned),
                        ..ContractMistake::of_file(&wrong.file, format!("sources.{slug}.{wrong}"))
                    },
                    TlsError::NoTls(error) => ContractMistake::of_file(contract, error.to_string()),
                });
                self.platform_tls.clone()
            }
        }
    }

    fn refuse_taken(&mut self, examination: &mut Examination<'_>, manifest: &Manifest, file: &Path) {
        let names = [
            (UniqueName::Slug, KeyPath::of("metadata.name"), manifest.metadata.name.as_str()),
            (UniqueName::ItSystemId, KeyPath::of("spec.source.itSystemId"), &manifest.spec.source.it_system_id),
        ];
        for (kind, path, name) in names {
            if examination.noted_before(&path).is_some() {
                continue;
            }
            match self.taken.get(&(kind, name.to_owned())) {
                Some(first) => {
                    let message = format!("already taken by {}", first.display());
                    examination.wrong_value(&path, message, None);
                }
                None => {
                    self.taken.insert((kind, name.to_owned()), file.to_owned());
                }
            }
        }
    }

    /// Compiles a contract; every part is looked at, whatever is wrong with the others.
    fn compile(
        &self,
        examination: &mut Examination<'_>,
        mut manifest: Manifest,
        folder: &Path,
        tls: SourceTls,
    ) -> Result<Arc<dyn Connector>, Noted> {
        let endpoint = self.options.endpoints.get(folder_name(folder));
        let shared = endpoint::shared(examination, &manifest.spec, endpoint, self.options.address_policy);
        let slug = folder_name(folder);
        let credentials = match self.secrets {
            Secrets::OfDeployment => {
                let deployed = Deployed { slug, endpoint, options: self.options, platform_tls: &self.platform_tls };
                auth::credentials(examination, &manifest.spec.auth, deployed, &shared.base_url)
            }
            Secrets::StoodIn => {
                stand_in::credentials(examination, &manifest.spec.auth, slug, &shared.base_url, &self.platform_tls)
            }
        };
        let is_secured = shared.base_url.as_ref().is_ok_and(|url| url.scheme() == "https");
        let shown = match self.secrets {
            Secrets::OfDeployment => mutual_tls::check(examination, &manifest.spec.auth, endpoint, slug, is_secured),
            Secrets::StoodIn => Ok(()),
        };
        let echo = shared.echo.clone();
        let upstream = UpstreamClient::new(self.options.address_policy, tls);
        if let Some(declared) = &manifest.spec.native {
            let native = native::native(examination, declared, &manifest.spec, &shared);
            let limits = gate::limits(examination, &manifest.spec);
            let source = source::source_info(examination, manifest, folder);
            let (native, address) = native?;
            shown?;
            let asker = Asker::new(upstream.with_echo(echo?), credentials?);
            let gate = Gate::new(slug, limits?);
            let source = SourceInfo { kinds: native.kinds().to_vec(), ..source? };
            return Ok(Arc::new(NativeConnector::new(source, native, asker, address, shared.body_limit, gate)));
        }
        let plan = plan(examination, &mut manifest.spec, &shared);
        let limits = gate::limits(examination, &manifest.spec);
        let source = source::source_info(examination, manifest, folder);
        shown?;
        let asker = Asker::new(upstream.with_echo(echo?), credentials?);
        let gate = Gate::new(slug, limits?);
        let (plan, detail) = plan?;
        let source = SourceInfo { kinds: plan.kinds(), ..source? };
        Ok(Arc::new(DeclaredConnector::new(source, plan, detail, asker, gate)))
    }

    /// Settings for a source that no contract declares are a slip of the pen that would otherwise go unseen.
    fn refuse_stray_endpoints(&mut self, directory: &Path, sources: &[PathBuf]) {
        let slugs: Vec<&str> = sources.iter().map(|folder| folder_name(folder)).collect();
        for slug in self.options.endpoints.keys().filter(|slug| !slugs.contains(&slug.as_str())) {
            let message = format!("the deployment has settings for \"{slug}\", which no contract declares");
            let mistake = ContractMistake::of_file(directory, message);
            let hint = suggestion(slug, "sources", slugs.iter().copied());
            self.mistakes.push(ContractMistake { hint, ..mistake });
        }
    }
}

/// What a contract says about asking and mapping; every part is looked at, whatever is wrong with the others.
fn plan(
    examination: &mut Examination<'_>,
    declared: &mut Spec,
    shared: &Shared,
) -> Result<(Plan, Option<Detail>), Noted> {
    let spec = KeyPath::of("spec");
    let spoken = match declared.orkestrering.take() {
        None => None,
        Some(models) => Some(orkestrering::write_out(examination, &models, declared)?),
    };
    let about = call::About::Citizen;
    let mut requests = request::requests(examination, &spec.key("requests"), &declared.requests, about, shared);
    if let (Some(spoken), Ok(requests)) = (spoken, &mut requests) {
        spoken.add_to(requests);
    }
    let names: Vec<&str> = declared.requests.keys().map(String::as_str).collect();
    let timeout_ms = declared.limits.timeout_ms;
    let lookups = lookup::lookups(examination, &spec.key("lookups"), &declared.lookups, &names, timeout_ms, shared);
    widget::check_codes(examination, declared);
    let mut context = field::FieldContext::new(declared);
    let answers = Answers { at: spec, requests: &declared.requests, widgets: &declared.widgets };
    let mappings = widget::mappings(examination, &answers, &mut context);
    let detail = declared.detail.as_ref();
    let detail = detail.map(|detail| detail::detail(examination, detail, declared, shared, &mut context)).transpose();
    detail::refuse_half(examination, declared);
    let (mappings, detail) = (mappings?, detail?);
    // Only now: a name that a mistaken widget misspells would be told as unused as well.
    if examination.is_complete() {
        widget::refuse_unused(examination, declared, &context);
    }
    Ok((Plan { requests: requests?, lookups: lookups?, mappings }, detail))
}

/// Where the keys of a contract stand in its text; nowhere if it cannot be read.
pub(crate) fn outline(text: &str) -> Outline {
    yaml::read(text).map(|read| read.outline).unwrap_or_default()
}

/// Reads a file up to just beyond the largest contract, so that a huge one is refused and not held in memory.
pub(crate) fn read_limited(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(syntax::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    io::Read::read_to_string(&mut io::Read::take(fs::File::open(file)?, limit), &mut text)?;
    Ok(text)
}

fn folder_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
