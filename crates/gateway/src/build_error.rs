//! Why a gateway cannot be put together.

use crate::{
    audit::AuditSettingsError, edge::tls::TlsMistake, followed_file::FileMistake, registered_keys::KeysMistake,
    session::redis::RedisSettingsError, statistics::StatisticsSettingsError, telemetry::CollectorMistake,
};

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Mistakes in contracts.
    #[error("{0}")]
    Contracts(#[from] overblik_connectors::ContractMistakes),
    /// The file of master keys cannot be used.
    #[error("session.keys_file: {0}")]
    SessionKeys(FileMistake),
    /// The file of the keys of indexes cannot be used.
    #[error("registry.index.keys_file: {0}")]
    IndexKeys(FileMistake),
    /// The file of our keys at the provider cannot be used.
    #[error("login.client_keys_file: {0}")]
    ClientKeys(FileMistake),
    /// Our keys at the provider do not sign what they verify.
    #[error("login.client_keys_file: a signature that was just made does not verify, so none of ours would count")]
    ClientKeysUnusable,
    /// A listener's certificate cannot be shown.
    #[error("{0}")]
    Tls(#[from] TlsMistake),
    /// The Redis of the sessions cannot be used as configured.
    #[error("{0}")]
    Redis(#[from] RedisSettingsError),
    /// The statistics cannot be kept where they should be.
    #[error("{0}")]
    Statistics(#[from] StatisticsSettingsError),
    /// The audit trail cannot be kept as configured.
    #[error("{0}")]
    Audit(#[from] AuditSettingsError),
    /// A setting for a source that no contract declares.
    #[error(
        "sources.{0}: no contract declares this source\n  hint: check the spelling against metadata.name in the contracts"
    )]
    SourceWithoutContract(String),
    /// The display client has no agreement with any source.
    #[error(
        "overview.display_client: no contract lists \"{0}\" under agreement.displayClients, so nothing would be asked\n  hint: check the spelling; in a registry, whether there is an agreement with it"
    )]
    NoAgreement(String),
    /// The display client of an app has no agreement with any source.
    #[error(
        "api.clients.{client_id}.display_client: no contract lists \"{display_client}\" under agreement.displayClients, so nothing would be asked for this app\n  hint: check the spelling; in a registry, whether there is an agreement with it"
    )]
    NoAgreementOfApp {
        /// The app.
        client_id: String,
        /// Its name in contracts.
        display_client: String,
    },
    /// The display client of a portal has no agreement with any source.
    #[error(
        "embed.portals.{portal}.display_client: no contract lists \"{display_client}\" under agreement.displayClients, so this portal would show nothing\n  hint: check the spelling; in a registry, whether there is an agreement with it"
    )]
    NoAgreementOfPortal {
        /// The portal.
        portal: String,
        /// Its name in contracts.
        display_client: String,
    },
    /// A portal is registered for a source that no contract declares.
    #[error(
        "embed.portals.{portal}.sources: no contract declares the source \"{slug}\"\n  hint: check the spelling against metadata.name in the contracts"
    )]
    SourceOfPortalWithoutContract {
        /// The portal.
        portal: String,
        /// The source.
        slug: String,
    },
    /// The keys of a portal cannot be used.
    #[error("embed.portals.{portal}.{mistake}")]
    PortalKeys {
        /// The portal.
        portal: String,
        /// What is wrong.
        mistake: KeysMistake,
    },
    /// A client of the operators cannot be used.
    #[error("admin.operators.{name}.{what}")]
    Operator {
        /// The client.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// The registry cannot be opened.
    #[error("registry: {0}")]
    Registry(#[from] overblik_registry::StoreError),
    /// Streams would stop waiting before the slowest source may answer.
    #[error(
        "overview.stream_deadline_ms: must be more than {slowest_ms}, the longest limits.timeoutMs among the contracts\n  hint: a stream that ends earlier can never say that a source timed out"
    )]
    StreamTooShort {
        /// The longest time limit among the sources, in milliseconds.
        slowest_ms: u128,
    },
    /// The HTTP client for the identity provider.
    #[error("the HTTP client for the identity provider cannot be made: {0}")]
    HttpClient(#[from] reqwest::Error),
    /// The collector of traces cannot be asked as configured.
    #[error("traces.{0}")]
    Traces(#[from] CollectorMistake),
    /// The issuer or the public address makes no valid URL.
    #[error("an address in the configuration is not a URL: {0}")]
    Address(#[from] url::ParseError),
}
