//! The demo world: everybody whom the gateway deals with, simulated on the loopback address.
//!
//! An identity provider, the authorities, a municipality's portal and a control page listen on a port each, so that each is an origin of
//! its own. The citizens are fictitious, the answers have the awkwardness of real ones, and every authority can be
//! ordered to fail in the ways in which authorities fail. `overblik demo` shows it to newcomers; the whole-system
//! tests use it to find out what the gateway does.
//!
//! Nothing here is for production: a build with citizens' data in it does not contain this crate.

mod appointments;
mod authorities;
mod benefits;
mod calendar;
mod cases;
mod child_book;
mod citizens;
mod colleagues;
mod connection;
mod control;
mod daycare;
mod deadlines;
mod delivery;
mod fault;
mod fault_board;
mod health_card;
mod hostile;
mod library;
mod mailbox;
mod master_data;
mod mutual_tls;
mod named;
mod options;
mod page;
mod parties;
mod party;
mod party_server;
mod payments;
mod portal;
pub mod provider;
mod received;
mod secret;
mod source_gate;
mod subject;
pub mod token_check;
mod world;

pub use citizens::{About, DemoCitizen};
pub use colleagues::DemoColleague;
pub use fault::{Fault, FaultOrder, NotAFaultOrder};
pub use mutual_tls::ClientFiles;
pub use named::UnknownName;
pub use options::{Clock, DemoClient, DemoOptions, GatewaySignature, LogsIn, OnReset, Ports};
pub use party::{FaultTarget, GATEWAY, Party, Source};
pub use portal::{CLIENT_ID as PORTAL_CLIENT, NAME as PORTAL, PortalSetup};
pub use received::{Outcome, REMEMBERED, Received};
pub use world::{DemoError, DemoWorld};
