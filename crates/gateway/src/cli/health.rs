//! `overblik health`: whether a gateway is ready, asked from where there is no other program, such as its own image.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::{Failure, say};

/// Longer than readiness takes to be told.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than a head and a problem take.
const LONGEST: u64 = 16 * 1024;

#[derive(Args)]
pub(super) struct HealthArguments {
    /// Host and port of its operations listener
    #[arg(default_value = "127.0.0.1:9090", value_name = "HOST:PORT")]
    address: String,
    /// Speak TLS, as `operations.tls` does, and trust the issuers in this file (PEM)
    #[arg(long, value_name = "FILE")]
    trusted_roots_file: Option<PathBuf>,
    /// The name in its certificate, if it is not the host
    #[arg(long, value_name = "NAME", requires = "trusted_roots_file")]
    server_name: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it is not ready, or does not answer.
pub(super) fn run(arguments: &HealthArguments) -> Result<(), Failure> {
    let address = &arguments.address;
    let tls = arguments.tls().map_err(|why| Failure::configuration(&why))?;
    let answer = ask(address, tls).map_err(|error| Failure::running(&format!("{address} does not answer: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => {
            say(&format!("{address}: {}", body.trim()));
            Ok(())
        }
        Some(status) => Err(Failure::running(&format!("{address} is not ready ({status}): {}", body.trim()))),
        None => Err(Failure::running(&format!(
            "{address} does not speak HTTP: is it the operations listener? With operations.tls give --trusted-roots-file"
        ))),
    }
}

impl HealthArguments {
    /// What is spoken below HTTP, if it is not nothing.
    fn tls(&self) -> Result<Option<(Arc<ClientConfig>, ServerName<'static>)>, String> {
        let Some(file) = &self.trusted_roots_file else { return Ok(None) };
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        let name = self.server_name.as_deref().unwrap_or(host.trim_matches(['[', ']']));
        let name = ServerName::try_from(name.to_owned()).map_err(|_| format!("--server-name: {name} is no name"))?;
        let roots = roots(file).map_err(|why| format!("--trusted-roots-file: {}: {why}", file.display()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(Some((Arc::new(config.with_root_certificates(roots).with_no_client_auth()), name)))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let text = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|_| "is not PEM")?;
        roots.add(certificate).map_err(|_| "holds a certificate that cannot be trusted as issuer")?;
    }
    if roots.is_empty() { Err("holds no certificate".to_owned()) } else { Ok(roots) }
}

fn ask(address: &str, tls: Option<(Arc<ClientConfig>, ServerName<'static>)>) -> std::io::Result<String> {
    let mut last = None;
    for resolved in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&resolved, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return match tls {
                    None => exchange(stream, address),
                    Some((config, name)) => {
                        let session = ClientConnection::new(config, name).map_err(std::io::Error::other)?;
                        exchange(StreamOwned::new(session, stream), address)
                    }
                };
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::Error::other("the name leads to no address")))
}

fn exchange(mut stream: impl Read + Write, address: &str) -> std::io::Result<String> {
    write!(stream, "GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    stream.flush()?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
