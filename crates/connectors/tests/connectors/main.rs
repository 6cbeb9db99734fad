//! The connectors as a gateway uses them: contracts from files, sources on the loopback interface.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "what a test needs and does not find is its failure"
)]

mod answer_schemas;
mod auth_mistakes;
mod broken;
mod certificate;
mod compressed_answers;
mod connections;
mod contract_mistakes;
mod credentials;
mod data_models;
mod detail;
mod detail_mistakes;
mod generated;
mod kit;
mod language;
mod language_mistakes;
mod live_sources;
mod mapped_examples;
mod mapping_verbs;
mod native;
mod orkestrering;
mod orkestrering_mistakes;
mod paging;
mod reasons;
mod recalls;
mod recordings;
mod remembered_lookups;
mod services;
mod shipped_contracts;
mod source;
mod source_answers;
mod support;
mod xml_contract_mistakes;
mod xml_sources;
