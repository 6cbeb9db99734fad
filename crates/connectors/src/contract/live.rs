//! The loading of sources while others are asked: what is the same stays the very same, and a version that cannot be asked
//! here leaves the former one, and all others, as they are.

use std::{
    collections::BTreeMap,
    mem,
    path::{Path, PathBuf},
};

use super::{
    ContractMistake, ContractMistakes, FILE_NAME,
    loading::{Compiled, Lasting, Loading, Secrets, stray_endpoints},
};
use crate::{
    connector::SourceInfo,
    live_source::{LiveSource, LiveVersion},
    load_options::LoadOptions,
    revision::Revision,
    versions::Versions,
};

/// What versions of contracts became, by slug and revision.
pub(crate) type CompiledVersions = BTreeMap<(String, Revision), Compiled>;

/// What is loaded of sources.
pub(crate) struct LoadedLive {
    /// By slug.
    pub(crate) sources: BTreeMap<String, Versions<Compiled>>,
    pub(crate) lasting: Lasting,
    /// What is wrong, by slug.
    pub(crate) mistakes: BTreeMap<String, ContractMistakes>,
}

/// What is asked already.
pub(crate) struct Former<'f> {
    pub(crate) versions: &'f CompiledVersions,
    /// The main version of each source.
    pub(crate) main: &'f dyn Fn(&str) -> Option<Revision>,
    pub(crate) lasting: Lasting,
    /// Whether the deployment sets for a source what it set for the former versions: only then they may stay.
    pub(crate) is_set_the_same: &'f dyn Fn(&str) -> bool,
}

/// Loads sources, by slug. `fits` says what else is wrong with a source for this deployment.
///
/// What a source gives up is another's to take at the next loading: until then the former version may have to stay.
pub(crate) fn load_live(
    sources: &BTreeMap<String, LiveSource>,
    options: &LoadOptions,
    former: &Former<'_>,
    fits: &dyn Fn(&SourceInfo) -> Result<(), String>,
) -> LoadedLive {
    let mut noted = Noted::default();
    let slugs: Vec<&str> = sources.keys().map(String::as_str).collect();
    for (slug, mistake) in stray_endpoints(options, Path::new("sources"), &slugs) {
        noted.add(slug, mistake);
    }
    let mut loading = match Loading::new(options, former.lasting.clone(), Secrets::OfDeployment) {
        Ok(loading) => loading,
        Err(error) => {
            // Whom the platform trusts is read once: where that fails, nothing is asked already.
            for slug in &slugs {
                noted.add(slug, ContractMistake::of_file(*slug, error.to_string()));
            }
            let lasting = former.lasting.clone();
            return LoadedLive { sources: BTreeMap::new(), lasting, mistakes: noted.by_source() };
        }
    };
    loading.is_to_be_asked = true;
    // What is asked already comes first: whoever is new must leave it what it has.
    loading.claims.extend(sources.iter().flat_map(|(slug, source)| {
        let of_source = former.versions.range((slug.clone(), Revision::FIRST)..);
        let of_source = of_source.take_while(move |((of, _), _)| of == slug).map(|(_, compiled)| &compiled.claims);
        of_source.filter(|claims| claims.is_of(&source.authority, slug)).cloned()
    }));
    let mut loaded = BTreeMap::new();
    for (slug, source) in sources {
        let mut one = |version: &LiveVersion| {
            if let Some(compiled) = known(former, slug, source, version.revision)
                && (former.is_set_the_same)(slug)
            {
                return Some(compiled);
            }
            let (compiled, mistakes) = load_version(&mut loading, slug, source, version, fits);
            for mistake in mistakes {
                noted.add(slug, mistake);
            }
            compiled
        };
        let next = source.versions.next.as_ref().and_then(|(next, share)| Some((one(next)?, *share)));
        let main = one(&source.versions.main).or_else(|| {
            // What the source keeps that cannot have what is wanted for it.
            known(former, slug, source, (former.main)(slug)?)
        });
        if let Some(main) = main {
            loaded.insert(slug.clone(), Versions { main, next });
        }
    }
    LoadedLive { sources: loaded, lasting: loading.lasting, mistakes: noted.by_source() }
}

/// A version that is asked already.
fn known(former: &Former<'_>, slug: &str, source: &LiveSource, revision: Revision) -> Option<Compiled> {
    let compiled = former.versions.get(&(slug.to_owned(), revision))?;
    compiled.claims.is_of(&source.authority, slug).then(|| compiled.clone())
}

/// Compiles a version, if there is nothing wrong with it.
fn load_version(
    loading: &mut Loading<'_>,
    slug: &str,
    source: &LiveSource,
    version: &LiveVersion,
    fits: &dyn Fn(&SourceInfo) -> Result<(), String>,
) -> (Option<Compiled>, Vec<ContractMistake>) {
    let folder: PathBuf = [source.authority.as_str(), slug].iter().collect();
    let file = folder.join(FILE_NAME);
    let text = version.files.get(FILE_NAME).and_then(|text| std::str::from_utf8(text).ok());
    let Some(text) = text else {
        return (None, vec![ContractMistake::of_file(folder, format!("holds no {FILE_NAME} that can be read"))]);
    };
    let claimed = loading.claims.len();
    loading.load_version(text, version.revision, Some(&version.files), &file, &folder);
    let compiled = loading.compiled.pop();
    let mut mistakes = mem::take(&mut loading.mistakes);
    if let Some(Err(message)) = compiled.as_ref().map(|compiled| fits(compiled.connector.source())) {
        mistakes.push(ContractMistake::of_file(file, message));
    }
    if !mistakes.is_empty() {
        // It takes nothing from anybody.
        loading.claims.truncate(claimed);
        return (None, mistakes);
    }
    (compiled, mistakes)
}

/// Mistakes, by source.
#[derive(Default)]
struct Noted(BTreeMap<String, Vec<ContractMistake>>);

impl Noted {
    fn add(&mut self, slug: &str, mistake: ContractMistake) {
        self.0.entry(slug.to_owned()).or_default().push(mistake);
    }

    fn by_source(self) -> BTreeMap<String, ContractMistakes> {
        self.0.into_iter().map(|(slug, mistakes)| (slug, ContractMistakes::new(mistakes))).collect()
    }
}
