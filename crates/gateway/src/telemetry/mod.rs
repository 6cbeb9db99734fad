//! What operators see of the process: log lines, metrics and spans, all of them out of one `catalogue`.
//!
//! Law of this room: nothing of a person. Labels are closed sets, routes as they are written in code, and slugs of sources;
//! log lines hold pseudonyms at most.
//!
//! What is counted while requests are served is in `metrics`, by handles that were prepared before; what can be looked at
//! when somebody asks is read then (`standing`, `process`). Both leave on the operators' listener (`exposition`).

pub mod catalogue;
pub(crate) mod exposition;
pub(crate) mod levels;
mod lines;
mod logs;
pub(crate) mod metrics;
mod of_overviews;
mod of_provider;
pub(crate) mod of_redis;
mod of_requests;
mod of_sessions;
mod of_sources;
mod of_spans;
mod process;
mod reference;
mod standing;
mod told_again;
mod traces;

pub use lines::JsonLines;
pub use logs::{LogError, LogFilter, start};
pub use metrics::Metrics;
pub(crate) use of_overviews::Underway;
pub use of_overviews::{Face, OverviewMetrics};
pub use of_provider::ProviderMetrics;
pub(crate) use of_provider::{Fetch, Post};
pub(crate) use of_sessions::{Ending, Operation, SessionMetrics, StoreMetrics};
pub use of_sources::{OfSource, SourceMetrics};
pub(crate) use reference::Reference;
pub(crate) use told_again::ToldAgain;
pub(crate) use traces::{CallersSpan, LoginStep, OpenSpan, ProviderTraces, Step, SureSpan, Traces};
pub use traces::{CollectorMistake, PartOf};
