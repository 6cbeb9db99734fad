//! How one authority is asked: contracts, mapping to widgets, and the outbound client with its safeguards.
//!
//! Law of this room: it knows neither HTTP servers nor sessions; only `upstream` sends requests.

mod citizen;
mod connector;
mod error;

pub use citizen::{AcceptedPersons, Authentication, Citizen, CitizenScope, Cpr, CprError, Municipality, Pseudonym};
pub use connector::{Connector, Coverage, FetchRequest, Fetched, SourceInfo};
pub use error::{ConnectorError, Consequence, LogLevel};
