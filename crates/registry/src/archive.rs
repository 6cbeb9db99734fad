//! The registry as a tree of files that can live in git, and back.
//!
//! `registry.yaml` says what is on record; `<authority>/<source>/` are the files of the version that citizens see, as a
//! gateway loads contracts from a folder too. It is what holds now, for people to read and compare; the history stays in the
//! store. Bringing a tree in proposes and pushes what differs, as whoever does it: it approves nothing.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    actor::Actor,
    authority::Authority,
    bundle::Bundle,
    change::{Change, Municipalities, Share, Window},
    digest::Digest,
    record::Head,
    refusal::Refusal,
    registry::Registry,
    service::{Pushed, RegistryService},
    store::StoreError,
    text::Slug,
    unfolded::CannotRead,
};

/// The file at the top of a tree.
pub const INDEX: &str = "registry.yaml";
const SCHEMA: &str = "overblik/registry/v1";
/// Most bytes of it.
const MOST_INDEX_BYTES: usize = 8 * 1024 * 1024;

/// What is on record, apart from the files of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    schema: String,
    /// Where the history ended. A tree in git is so also a head that is kept elsewhere.
    head: Head,
    authorities: Vec<Authority>,
    sources: BTreeMap<Slug, Entry>,
}

/// A source that citizens see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    authority: Slug,
    version: u32,
    bundle: Digest,
    /// The version that a share of citizens sees. Its files are not in the tree, which has room for one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Window>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    agreements: BTreeMap<Slug, Municipalities>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    version: u32,
    bundle: Digest,
    share: Share,
}

/// A tree cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder holds something else.
    #[error("{} holds files and no {INDEX}: name an empty folder, or one that was exported to before", .0.display())]
    NotOurs(PathBuf),
    /// A link where a folder should be, which could lead to what is not the tree's.
    #[error("{} is a link; put the folder itself there", .0.display())]
    Link(PathBuf),
    /// The disk says no.
    #[error("{}: {error}", path.display())]
    Disk {
        /// What was to be read or written.
        path: PathBuf,
        /// Why it was not.
        error: io::Error,
    },
    /// The index cannot be read, or says what the files are not.
    #[error("{}: {why}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A source's files are no bundle.
    #[error("{}: {error}", path.display())]
    Files {
        /// The source's folder.
        path: PathBuf,
        /// Why not.
        error: CannotRead,
    },
    /// The store is away or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes what holds now into a folder: an empty one, or one that was exported to before, of which the sources are replaced.
///
/// # Errors
/// [`ArchiveError`].
pub async fn export(service: &RegistryService, folder: &Path) -> Result<Head, ArchiveError> {
    let registry = service.current();
    let index = index(&registry);
    let mut bundles = Vec::new();
    for (slug, entry) in &index.sources {
        bundles.push((folder.join(entry.authority.as_str()).join(slug.as_str()), service.bundle(entry.bundle).await?));
    }
    let (folder, head) = (folder.to_owned(), index.head);
    let written = tokio::task::spawn_blocking(move || write(&folder, &index, &bundles)).await;
    written.map_err(|error| StoreError::Unavailable(error.to_string()))??;
    Ok(head)
}

fn index(registry: &Registry) -> Index {
    // A time before all others: windows that are over are still what somebody set.
    let served = registry.serving(Timestamp::MIN).sources.into_iter();
    let sources = served.map(|source| {
        let beside =
            source.beside.map(|(beside, share)| Beside { version: beside.number, bundle: beside.bundle, share });
        let entry = Entry {
            authority: source.authority,
            version: source.main.number,
            bundle: source.main.bundle,
            beside,
            windows: source.windows,
            agreements: source.agreements,
        };
        (source.slug, entry)
    });
    let authorities = registry.authorities().filter_map(|(_, entry)| Some(entry.current.as_ref()?.value.clone()));
    Index {
        schema: SCHEMA.to_owned(),
        head: registry.head(),
        sources: sources.collect(),
        authorities: authorities.collect(),
    }
}

fn write(folder: &Path, index: &Index, bundles: &[(PathBuf, Bundle)]) -> Result<(), ArchiveError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| ArchiveError::Disk { path, error }
    };
    fs::create_dir_all(folder).map_err(disk(folder))?;
    let file = folder.join(INDEX);
    if file.is_file() {
        // Only what an index names is ours to replace.
        for (slug, entry) in &read_index(&file)?.sources {
            let source = source_folder(folder, entry, slug)?;
            match fs::remove_dir_all(&source) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk(&source)(error)),
                _ => {}
            }
            // Goes only if it was the authority's last.
            let _others = fs::remove_dir(folder.join(entry.authority.as_str()));
        }
    } else if fs::read_dir(folder).map_err(disk(folder))?.flatten().any(|entry| !is_hidden(&entry.path())) {
        return Err(ArchiveError::NotOurs(folder.to_owned()));
    }
    for (slug, entry) in &index.sources {
        source_folder(folder, entry, slug)?;
    }
    for (source, bundle) in bundles {
        bundle.write_into(source).map_err(disk(source))?;
    }
    let text = serde_saphyr::to_string(index);
    let text = text.map_err(|error| ArchiveError::Wrong { path: file.clone(), why: error.to_string() })?;
    fs::write(&file, text).map_err(disk(&file))
}

/// A source's folder in a tree, which it must not lead out of: who edits a tree may be another than who uses it.
fn source_folder(folder: &Path, entry: &Entry, slug: &Slug) -> Result<PathBuf, ArchiveError> {
    let authority = folder.join(entry.authority.as_str());
    let source = authority.join(slug.as_str());
    match [authority, source.clone()].into_iter().find(|path| path.is_symlink()) {
        Some(link) => Err(ArchiveError::Link(link)),
        None => Ok(source),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

fn read_index(file: &Path) -> Result<Index, ArchiveError> {
    let wrong = |why: String| ArchiveError::Wrong { path: file.to_owned(), why };
    let text = fs::read_to_string(file).map_err(|error| ArchiveError::Disk { path: file.to_owned(), error })?;
    if text.len() > MOST_INDEX_BYTES {
        return Err(wrong(format!("it is larger than {MOST_INDEX_BYTES} bytes")));
    }
    let index: Index = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if index.schema == SCHEMA { Ok(index) } else { Err(wrong(format!("its schema is not {SCHEMA}"))) }
}

/// A tree as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    index: Index,
    bundles: BTreeMap<Slug, Bundle>,
}

/// What was done to bring a tree in, or why something was not.
#[derive(Clone, Debug)]
pub enum BroughtIn {
    /// Something other than files was changed or proposed; a proposal waits for a second person.
    Recorded(Box<crate::record::Record>),
    /// Files were pushed; the version waits to be tested, submitted and approved.
    Pushed(Box<Pushed>),
    /// It was not, and will not be before something else happens.
    Not {
        /// The authority or source.
        name: Slug,
        /// Why not.
        why: Refusal,
    },
}

impl Archive {
    /// Reads a tree. The files may have been edited since they were exported: what they are counts, not their digests.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn read(folder: &Path) -> Result<Self, ArchiveError> {
        let index = read_index(&folder.join(INDEX))?;
        let mut bundles = BTreeMap::new();
        for (slug, entry) in &index.sources {
            let path = source_folder(folder, entry, slug)?;
            let bundle = Bundle::read(&path).map_err(|error| ArchiveError::Files { path, error })?;
            bundles.insert(slug.clone(), bundle);
        }
        Ok(Self { index, bundles })
    }

    /// Where the history ended when the tree was exported.
    #[must_use]
    pub fn head(&self) -> Head {
        self.index.head
    }

    /// Proposes and pushes all that differs from what is on record and from what waits already. An authority's sources come
    /// once it is approved, and a source's agreements once it was pushed: bringing the same tree in again goes on from
    /// where it was, and does nothing when all is there.
    ///
    /// # Errors
    /// [`Refusal::Store`] when the store is away. What is refused otherwise is told with the rest.
    pub async fn bring_in(
        &self,
        service: &RegistryService,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Vec<BroughtIn>, Refusal> {
        let mut done = Vec::new();
        for authority in &self.index.authorities {
            let registry = service.current();
            let entry = registry.authority_entry(&authority.slug);
            let current = entry.and_then(|entry| entry.current.as_ref()).map(|current| &current.value);
            let pending = entry.and_then(|entry| entry.pending.as_ref()).map(|pending| &pending.value);
            if ![current, pending].contains(&Some(authority)) {
                let change = Change::AuthorityProposed { authority: authority.clone() };
                done.push(record(service, actor, at, &authority.slug, change).await?);
            }
        }
        for (slug, bundle) in &self.bundles {
            let Some(entry) = self.index.sources.get(slug) else { continue };
            let registry = service.current();
            let source = registry.source(slug);
            let live = source.and_then(|source| source.versions.get(&source.main?)).map(|version| version.bundle);
            let newest = source.and_then(|source| source.newest()).map(|version| version.bundle);
            if ![live, newest].contains(&Some(bundle.digest())) {
                match service.push(actor, at, None, (&entry.authority, slug), bundle).await {
                    Ok(pushed) => done.push(BroughtIn::Pushed(Box::new(pushed))),
                    Err(why) => done.push(not(slug, why)?),
                }
            }
            for change in beside_files(&service.current(), slug, entry) {
                done.push(record(service, actor, at, slug, change).await?);
            }
        }
        Ok(done)
    }
}

/// What differs of a source that was pushed, apart from its files.
fn beside_files(registry: &Registry, slug: &Slug, entry: &Entry) -> Vec<Change> {
    let Some(source) = registry.source(slug) else { return Vec::new() };
    let mut changes = Vec::new();
    if source.windows != entry.windows {
        changes.push(Change::WindowsSet { source: slug.clone(), windows: entry.windows.clone() });
    }
    for (client, municipalities) in &entry.agreements {
        let agreement = source.agreements.get(client);
        let current = agreement.and_then(|agreement| agreement.current.as_ref()).map(|current| &current.value);
        let pending = agreement.and_then(|agreement| agreement.pending.as_ref()).map(|pending| &pending.value);
        if ![current, pending].contains(&Some(municipalities)) {
            changes.push(Change::AgreementProposed {
                source: slug.clone(),
                display_client: client.clone(),
                municipalities: municipalities.clone(),
            });
        }
    }
    changes
}

async fn record(
    service: &RegistryService,
    actor: &Actor,
    at: Timestamp,
    name: &Slug,
    change: Change,
) -> Result<BroughtIn, Refusal> {
    match service.submit(actor, at, None, change).await {
        Ok(record) => Ok(BroughtIn::Recorded(Box::new(record))),
        Err(why) => not(name, why),
    }
}

/// What is refused is told; that the store is away ends it.
fn not(name: &Slug, why: Refusal) -> Result<BroughtIn, Refusal> {
    match why {
        Refusal::Store(_) => Err(why),
        why => Ok(BroughtIn::Not { name: name.clone(), why }),
    }
}
