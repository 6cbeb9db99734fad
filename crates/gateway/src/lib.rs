//! The process: HTTP in, login, sessions, orchestration, the citizen's page.
//!
//! # Life of a request
//! 1. `layers`: request id, log line, panic to problem, size limit, security headers; `edge` decides what goes further.
//! 2. `routes`: every route on one page → a handler in `handlers`, which parses, calls, answers.
//! 3. [`session::current`]: cookie → session → `Viewer`, which holds the unforgeable `CitizenScope`.
//! 4. [`overview`]: plan → fan-out → sections as they arrive; it cannot fail.
//! 5. The same sections leave as JSON, as an event stream, or as a page that fills in while it loads ([`page`]).

#[cfg(all(feature = "negative-control", not(debug_assertions)))]
compile_error!("negative-control mixes citizens up deliberately: it is for tests alone, never for a release build");

pub mod admin;
pub mod api_error;
pub mod app;
pub mod audit;
mod authentication;
mod bearer;
mod blocking;
pub mod build_error;
mod capacity;
pub mod cli;
mod client_assertion;
pub mod clock;
mod clock_watch;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
mod edge;
pub mod embed;
mod endings;
mod expected_sources;
mod folder_lock;
pub mod followed_file;
mod form;
mod handlers;
mod index;
mod language;
pub mod lateness;
mod layers;
pub mod login;
mod one_line;
mod open_files;
pub mod openapi;
mod operations;
pub mod overview;
mod own_token;
pub mod page;
mod preference;
mod redis_link;
mod refreshes;
pub mod registered_keys;
pub mod registry_link;
mod registry_store;
pub mod reload;
mod routes;
pub mod schema;
mod secrets;
mod self_test;
pub mod server;
mod service_manager;
pub mod session;
pub mod source_exchange;
pub mod statistics;
pub mod telemetry;
mod tokens;
mod tried;
