//! The loading of contracts: each is read, held against the others, and compiled.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    FILE_NAME,
    auth::{self, Deployed},
    claims::Claims,
    endpoint,
    examination::{Examination, KeyPath, Noted},
    folder_mark::folder_mark,
    folder_name, gate,
    manifest::Manifest,
    mistake::{ContractMistake, ContractMistakes},
    mutual_tls, native, plan, read_limited, source, stand_in,
    suggestion::suggestion,
    syntax,
};
use crate::{
    asker::Asker,
    connector::{Connector, SourceInfo},
    declared::DeclaredConnector,
    gate::{Gate, Switches},
    load_options::{Endpoint, LoadOptions},
    native::NativeConnector,
    revision::Revision,
    upstream::{FollowedTls, NoTls, SourceTls, TlsError, UpstreamClient},
};

/// Where keys and other secrets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// From the deployment; one that is missing is a mistake.
    OfDeployment,
    /// From nowhere: the contract alone is looked at, and its source is shown no credentials.
    StoodIn,
}

/// What one contract makes.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) claims: Arc<Claims>,
    /// What tells the files in its folder from any others, if it stands in a folder.
    pub(crate) folder: Option<Revision>,
}

/// What contracts make.
pub(crate) struct Loaded {
    pub(crate) compiled: Vec<Compiled>,
    pub(crate) lasting: Lasting,
}

/// What sources have whichever version of their contracts asks them. Cheap to clone: all of it is shared.
#[derive(Clone, Default)]
pub(crate) struct Lasting {
    /// TLS towards sources that the deployment sets no files for. Reading what this platform trusts takes longer than reading
    /// any contract.
    platform_tls: Option<SourceTls>,
    /// The TLS files that the deployment sets for some of them, by slug.
    pub(crate) tls_files: BTreeMap<String, Arc<Mutex<FollowedTls>>>,
    /// What stops all asking of each, by slug; also of those that are not there at present.
    pub(crate) switches: BTreeMap<String, Arc<Switches>>,
}

/// The loading of contracts.
pub(super) struct Loading<'a> {
    options: &'a LoadOptions,
    secrets: Secrets,
    /// Whether citizens are going to see what it brings.
    pub(super) is_to_be_asked: bool,
    platform_tls: SourceTls,
    pub(super) lasting: Lasting,
    /// What is taken.
    pub(super) claims: Vec<Arc<Claims>>,
    pub(super) mistakes: Vec<ContractMistake>,
    pub(super) compiled: Vec<Compiled>,
}

impl<'a> Loading<'a> {
    /// # Errors
    /// [`NoTls`] where the machine has no issuers to trust.
    pub(super) fn new(options: &'a LoadOptions, lasting: Lasting, secrets: Secrets) -> Result<Self, NoTls> {
        let platform_tls = lasting.platform_tls.clone().map_or_else(SourceTls::platform, Ok)?;
        let lasting = Lasting { platform_tls: Some(platform_tls.clone()), ..lasting };
        let (claims, mistakes, compiled) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { options, secrets, is_to_be_asked: false, platform_tls, lasting, claims, mistakes, compiled })
    }

    pub(super) fn finish(self) -> Result<Loaded, ContractMistakes> {
        if self.mistakes.is_empty() {
            Ok(Loaded { compiled: self.compiled, lasting: self.lasting })
        } else {
            Err(ContractMistakes::new(self.mistakes))
        }
    }

    pub(super) fn load_directory(&mut self, directory: &Path) {
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
        // Before it is read: what changes in between is found to be changed the next time.
        let mark = folder_mark(folder);
        let before = self.compiled.len();
        self.load_file(&file, folder);
        for compiled in self.compiled.iter_mut().skip(before) {
            compiled.folder = mark;
        }
    }

    pub(super) fn load_file(&mut self, file: &Path, folder: &Path) {
        let text = match read_limited(file) {
            Ok(text) => text,
            Err(error) => {
                self.mistakes.push(ContractMistake::of_file(file, format!("cannot be read: {error}")));
                return;
            }
        };
        self.load_text(&text, file, folder);
    }

    /// A contract that stands in no file, or was read from this one.
    pub(super) fn load_text(&mut self, text: &str, file: &Path, folder: &Path) {
        self.load_version(text, Revision::of_text(text), None, file, folder);
    }

    /// A version of a contract, with the files beside it if they do not stand in its folder.
    pub(super) fn load_version(
        &mut self,
        text: &str,
        revision: Revision,
        beside: Option<&BTreeMap<String, Vec<u8>>>,
        file: &Path,
        folder: &Path,
    ) {
        let syntax::Reading { manifest, outline, wrong, unexamined } = syntax::read(text);
        let well_shaped = wrong.is_empty();
        self.mistakes.extend(wrong.into_iter().map(|syntax::WrongShape { position, path, message, hint }| {
            ContractMistake { file: file.to_owned(), position, path, message, hint }
        }));
        let Some(manifest) = manifest else { return };
        let mut examination = Examination::new(file, &outline, unexamined).with_files(beside);
        let endpoint = self.options.endpoints.get(folder_name(folder));
        let claims = Claims::of(&mut examination, &manifest, endpoint, (file, folder), &self.claims);
        let claims = Arc::new(claims);
        self.claims.push(Arc::clone(&claims));
        refuse_settings_of_others(&mut examination, endpoint, folder);
        if self.is_to_be_asked {
            examination.refuse_placeholders();
        }
        let tls = self.tls(folder_name(folder), file);
        let connector = self.compile(&mut examination, manifest, revision, folder, tls);
        let mistakes = examination.into_mistakes();
        match connector {
            Ok(connector) if well_shaped && mistakes.is_empty() => {
                self.compiled.push(Compiled { connector, claims, folder: None });
            }
            _ => self.mistakes.extend(mistakes),
        }
    }

    /// TLS towards a source, by the files that the deployment sets for it.
    fn tls(&mut self, slug: &str, contract: &Path) -> SourceTls {
        let files = self.options.endpoints.get(slug).map(|endpoint| endpoint.tls.clone()).unwrap_or_default();
        if files.are_none() {
            return self.platform_tls.clone();
        }
        if let Some(followed) = self.lasting.tls_files.get(slug) {
            // A panic while files are read leaves the former ones.
            return followed.lock().unwrap_or_else(PoisonError::into_inner).tls();
        }
        match FollowedTls::open(slug, files) {
            Ok((followed, tls)) => {
                self.lasting.tls_files.insert(slug.to_owned(), Arc::new(Mutex::new(followed)));
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

    /// Compiles a contract; every part is looked at, whatever is wrong with the others.
    fn compile(
        &mut self,
        examination: &mut Examination<'_>,
        mut manifest: Manifest,
        revision: Revision,
        folder: &Path,
        tls: SourceTls,
    ) -> Result<Arc<dyn Connector>, Noted> {
        let endpoint = self.options.endpoints.get(folder_name(folder));
        let shared = endpoint::shared(examination, &manifest.spec, endpoint, self.options.address_policy);
        let (slug, version) = (folder_name(folder), manifest.metadata.version.clone());
        let switches = Arc::clone(self.lasting.switches.entry(slug.to_owned()).or_default());
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
            let source = source::source_info(examination, manifest, revision, folder);
            let (native, address) = native?;
            shown?;
            let asker = Asker::new(upstream.with_echo(echo?), credentials?);
            let gate = Gate::of_version(slug, &version, limits?, switches);
            let source = SourceInfo { kinds: native.kinds().to_vec(), ..source? };
            return Ok(Arc::new(NativeConnector::new(source, native, asker, address, shared.body_limit, gate)));
        }
        let plan = plan(examination, &mut manifest.spec, &shared);
        let limits = gate::limits(examination, &manifest.spec);
        let source = source::source_info(examination, manifest, revision, folder);
        shown?;
        let asker = Asker::new(upstream.with_echo(echo?), credentials?);
        let gate = Gate::of_version(slug, &version, limits?, switches);
        let (plan, detail) = plan?;
        let source = SourceInfo { kinds: plan.kinds(), ..source? };
        Ok(Arc::new(DeclaredConnector::new(source, plan, detail, asker, gate)))
    }

    /// Settings for a source that no contract declares are a slip of the pen that would otherwise go unseen.
    fn refuse_stray_endpoints(&mut self, directory: &Path, sources: &[PathBuf]) {
        let slugs: Vec<&str> = sources.iter().map(|folder| folder_name(folder)).collect();
        self.mistakes.extend(stray_endpoints(self.options, directory, &slugs).map(|(_, mistake)| mistake));
    }
}

/// Refuses a source that would be given what the deployment set for another authority's (requirement R46).
fn refuse_settings_of_others(examination: &mut Examination<'_>, endpoint: Option<&Endpoint>, folder: &Path) {
    let authority = folder.parent().map(folder_name).unwrap_or_default();
    let Some(theirs) = endpoint.and_then(|endpoint| endpoint.authority.as_deref()) else { return };
    if theirs != authority {
        let slug = folder_name(folder);
        let message =
            format!("the deployment's settings for \"{slug}\" are for \"{theirs}\", and this is of \"{authority}\"");
        let hint = format!("a name of its own, or another authority in the deployment's sources.{slug}.authority");
        examination.wrong_value(&KeyPath::of("metadata.name"), message, Some(hint));
    }
}

/// The deployment's settings for sources other than these.
pub(super) fn stray_endpoints<'o>(
    options: &'o LoadOptions,
    place: &'o Path,
    slugs: &'o [&str],
) -> impl Iterator<Item = (&'o str, ContractMistake)> {
    let strays = options.endpoints.keys().filter(|slug| !slugs.contains(&slug.as_str()));
    strays.map(move |slug| {
        let message = format!("the deployment has settings for \"{slug}\", which no contract declares");
        let hint = suggestion(slug, "sources", slugs.iter().copied());
        (slug.as_str(), ContractMistake { hint, ..ContractMistake::of_file(place, message) })
    })
}
