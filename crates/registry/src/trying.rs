//! The conformance kit run on the files of a version.

use std::path::Path;

use overblik_connectors::kit::{self, Contract, LiveSettings};

use crate::{bundle::Bundle, refusal::Refusal, text::Slug};

/// The authority's own test endpoint, if it is to be asked too: its name for the report, and how.
pub type TestEndpoint = (String, LiveSettings);

/// What the kit says of a version's files.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// The report; as JSON it is kept.
    pub report: kit::Report,
    /// Whether no check failed.
    pub passed: bool,
}

/// Runs the kit on files in a folder of their own in `folder`.
pub(crate) async fn test(
    bundle: &Bundle,
    folder: &Path,
    authority: &Slug,
    source: &Slug,
    endpoint: Option<&TestEndpoint>,
) -> Result<TestReport, Refusal> {
    let unfolded = bundle.unfold(folder, authority, source).map_err(|error| crate::service::no_room(folder, &error))?;
    let read = Contract::read(unfolded.source());
    let contract = read.map_err(|mistakes| Refusal::Conflict(format!("the contract has mistakes:\n{mistakes}")))?;
    let mut checks = kit::test(&contract).await;
    if let Some((_, settings)) = endpoint {
        let live = kit::test_at(&contract, settings).await;
        checks.extend(live.map_err(|error| Refusal::Invalid(error.to_string()))?);
    }
    let report = kit::report(&contract, endpoint.map(|(name, _)| name.clone()), checks);
    Ok(TestReport { passed: report.passed(), report })
}
