//! Which contracts are live, and who decided what when.
//!
//! The history is the registry: an append-only list of records, each chained to the one before, from which everything else
//! follows. So nothing that was done can be forgotten, going back is a record, two who change the same thing are noticed,
//! other instances follow by reading on, and what a crash tore off was never there.
//!
//! Law of this room: it knows neither HTTP nor the environment nor the time, and runs nobody's contract but in the kit.

mod actor;
pub mod archive;
mod authority;
mod bundle;
mod change;
#[cfg(feature = "testing")]
pub mod conformance;
mod daily;
mod digest;
mod examination;
mod files;
mod folding;
mod record;
mod refusal;
mod registry;
mod rules;
mod service;
mod serving;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod trying;
mod unfolded;
mod verify;

pub use actor::{Actor, ActorId, ActorKind, Side, WrongActorId};
pub use archive::{Archive, ArchiveError, BroughtIn};
pub use authority::{Authority, Cvr, HostName, KeySet, PublicKey, WrongAuthority, WrongCvr, WrongHostName};
pub use bundle::{Bundle, CONTRACT, MOST_BYTES, MOST_FILE_BYTES, MOST_FILES, WrongBundle};
pub use change::{
    Change, IndexId, Municipalities, MunicipalityCode, NoShare, Share, Subject, Window, WrongIndexId, WrongMunicipality,
};
pub use digest::{Digest, Domain, NoDigest};
pub use examination::{Mistake, Mistakes, examine, named_hosts};
pub use files::FileStore;
pub use folding::CannotApply;
pub use record::{Head, MOST_LINE_BYTES, Record, WrongRecord};
pub use refusal::Refusal;
pub use registry::{
    Agreed, Agreement, AuthorityEntry, Index, Proposal, Registry, Retired, Source, Stamp, Submitted, Suspended, Tested,
    Version, VersionState,
};
pub use service::{Pushed, RegistryService};
pub use serving::{ServedSource, ServedSuspension, ServedVersion, Serving};
pub use store::{Appended, MOST_BLOB_BYTES, RegistryStore, StoreError};
pub use text::{Line, MOST_CHARACTERS, Slug, Texts, WrongText};
pub use trying::{TestEndpoint, TestReport};
pub use unfolded::{CannotRead, Unfolded, remove_left_over};
pub use verify::{NotVerified, Verified, verify};
