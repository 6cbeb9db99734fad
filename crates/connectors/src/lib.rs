//! How one authority is asked: contracts, mapping to widgets, and the outbound client with its safeguards.
//!
//! Law of this room: it knows neither HTTP servers nor sessions; only `upstream` sends requests.

mod agreed;
mod asker;
mod citizen;
mod connector;
mod connector_set;
mod contract;
mod credentials;
mod declared;
mod error;
mod explanation;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod hexadecimal;
mod item_key;
pub mod kit;
mod live_source;
mod load_options;
mod native;
mod orkestrering;
mod revision;
mod secret;
mod session_memory;
mod trace_context;
mod upstream;
mod versions;

pub use citizen::{
    AcceptedPersons, Authentication, Citizen, CitizenScope, Cpr, CprError, Municipality, NotFictitious, Pseudonym,
    holds_real_number,
};
pub use connector::{Connector, Coverage, FetchRequest, Fetched, Kept, SourceInfo};
pub use connector_set::{ConnectorSet, DuplicateSlug, SourceVersions};
pub use contract::{
    ContractMistake, ContractMistakes, Position, ReferenceExample, contract_reference, contract_schema,
    schema_reference,
};
pub use credentials::Signer;
pub use declared::unshown;
pub use error::{ConnectorError, Consequence, LogLevel};
pub use explanation::{Explanation, Reason};
pub use gate::{AnnouncedWindow, BreakerStanding, Gate, GateLimits, GateStanding, ServiceWindow, Suspension, ask};
pub use item_key::ItemKey;
pub use live_source::{LiveSource, LiveVersion};
pub use load_options::{Endpoint, LoadOptions};
pub use revision::Revision;
pub use secret::Secret;
pub use session_memory::SessionMemory;
pub use trace_context::{SpanId, TraceContext};
pub use upstream::{AddressPolicy, CertificateFacts, TlsFiles};
pub use versions::{NoShare, Share, Versions};
