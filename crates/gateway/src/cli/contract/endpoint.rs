//! Where a contract is tried for real, and what its source is shown.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use overblik_connectors::{
    AddressPolicy, Endpoint, Municipality, Secret, TlsFiles,
    kit::{CannotTry, ConnectSettings},
};
use url::Url;

use crate::cli::Failure;

/// A test endpoint, as the command line names it.
#[derive(Args)]
pub(super) struct EndpointArguments {
    /// Ask a test endpoint at this address instead of the contract's
    #[arg(long, value_name = "URL", requires = "citizen")]
    at: Option<Url>,
    /// The number of a fictitious citizen, with 60 added to the day of birth (6101010001)
    #[arg(long, value_name = "NUMBER")]
    citizen: Option<String>,
    /// The municipality of the citizen, if the contract asks for it
    #[arg(long, value_name = "CODE", value_parser = read_municipality)]
    municipality: Option<Municipality>,
    /// A file with the API key that the source gave
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Where tokens for the source are to be had, instead of the contract's `tokenUrl`
    #[arg(long, value_name = "URL")]
    token_url: Option<Url>,
    /// Our name there
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A file with our secret there
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Our user at a back end that is logged in to
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A file with the user's password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file with our certificate towards the test endpoint and those of its issuers (PEM), for mutual TLS
    #[arg(long, value_name = "FILE", requires = "client_key_file")]
    client_certificate_file: Option<PathBuf>,
    /// A file with its key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_certificate_file")]
    client_key_file: Option<PathBuf>,
    /// A file with the issuers to trust at the test endpoint (PEM), instead of those that this machine trusts
    #[arg(long, value_name = "FILE")]
    trusted_roots_file: Option<PathBuf>,
    /// Let the address be one of this machine, over plain http too
    #[arg(long)]
    loopback: bool,
}

/// A test endpoint, and whom it is asked about.
pub(super) struct Live {
    pub(super) url: Url,
    pub(super) citizen: String,
    pub(super) municipality: Option<Municipality>,
    pub(super) connect: ConnectSettings,
}

impl EndpointArguments {
    /// The test endpoint, if one is named.
    ///
    /// # Errors
    /// [`Failure`] when a file cannot be read.
    pub(super) fn live(&self) -> Result<Option<Live>, Failure> {
        let (Some(url), Some(citizen)) = (&self.at, &self.citizen) else { return Ok(None) };
        let endpoint = Endpoint {
            base_url: Some(url.clone()),
            api_key: secret(self.api_key_file.as_deref())?,
            token_url: self.token_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: secret(self.client_secret_file.as_deref())?,
            user: self.user.clone(),
            password: secret(self.password_file.as_deref())?,
            tls: TlsFiles {
                client_certificate: self.client_certificate_file.clone(),
                client_key: self.client_key_file.clone(),
                trusted_roots: self.trusted_roots_file.clone(),
                ..TlsFiles::default()
            },
            ..Endpoint::default()
        };
        let shows_credentials = endpoint.api_key.is_some()
            || endpoint.client_id.is_some()
            || endpoint.user.is_some()
            || endpoint.tls.client_certificate.is_some();
        let address_policy = if self.loopback { AddressPolicy::LoopbackAllowed } else { AddressPolicy::Production };
        Ok(Some(Live {
            url: url.clone(),
            citizen: citizen.replace('-', ""),
            municipality: self.municipality.clone(),
            connect: ConnectSettings { endpoint, shows_credentials, address_policy },
        }))
    }
}

fn secret(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let read = fs::read_to_string(file);
    let read = read.map_err(|error| Failure::running(&format!("{}: cannot be read: {error}", file.display())))?;
    Ok(Some(Secret::new(read.trim_end().to_owned())))
}

fn read_municipality(text: &str) -> Result<Municipality, String> {
    Municipality::parse(text).ok_or_else(|| "is no municipality code: four digits".to_owned())
}

/// Why a test endpoint cannot be asked. What is told of a deployment's settings is told in their names; here they are
/// options.
pub(super) fn cannot_ask(error: &CannotTry) -> Failure {
    if !matches!(error, CannotTry::Contract(_)) {
        return Failure::running(error);
    }
    let hint = "here a deployment's settings are options of the same names (--client-id), and --loopback lets the address \
                be one of this machine; what rests on a citizen's login can be asked for with no credentials only";
    Failure::running(&format!("{error}\n  note: {hint}"))
}
