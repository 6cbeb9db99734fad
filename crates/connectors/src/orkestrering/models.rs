//! The data models that this gateway reads, one file for each model and version. A new one is a file and a line here.

/// What all models have: the other names of core elements.
pub(crate) const CORE: &str = include_str!("models/core.yaml");

/// Every data model.
pub(crate) const MODELS: [&str; 8] = [
    include_str!("models/BorgervendtAftaleFrister-0.8.7.yaml"),
    include_str!("models/BorgervendtAkkreditiv-0.1.0.yaml"),
    include_str!("models/BorgervendtGaeldogBetaling-0.7.0.yaml"),
    include_str!("models/BorgervendtOekonomiskYdelse-2.1.0.yaml"),
    include_str!("models/BorgervendtSag-0.8.0.yaml"),
    include_str!("models/BorgervendtSag-2.0.1.yaml"),
    include_str!("models/BorgervendtServiceydelse-3.0.0.yaml"),
    include_str!("models/Stamdata-0.1.0.yaml"),
];
