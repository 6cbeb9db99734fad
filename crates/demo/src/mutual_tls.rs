//! Mutual TLS: an issuer of the demo world's own, a certificate for the authority and one for the gateway, all made at
//! start and gone at the end.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("the server side could not be set up: {0}")]
    Server(#[from] rustls::Error),
    #[error("nobody could be let in by certificate: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    #[error("the gateway's files could not be written: {0}")]
    Files(#[from] io::Error),
}

/// The gateway's files for the authorities that ask for a certificate, in PEM. They go with the demo world.
#[derive(Clone, Debug)]
pub struct ClientFiles {
    folder: Arc<TempDir>,
}

impl ClientFiles {
    /// The gateway's certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path("gateway.pem")
    }

    /// The certificate's key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.path("gateway-key.pem")
    }

    /// Whom the gateway must trust as issuer of the authority's certificate.
    #[must_use]
    pub fn trusted_roots(&self) -> PathBuf {
        self.path("issuer.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Both sides: the gateway's files, and how an authority's port is secured.
#[derive(Clone)]
pub(crate) struct MutualTls {
    pub(crate) client: ClientFiles,
    pub(crate) acceptor: TlsAcceptor,
}

impl MutualTls {
    /// Makes an issuer and what it issues.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn new() -> Result<Self, TlsError> {
        let (issuer_certificate, issuer) = issuer()?;
        let (server_certificate, server_key) = issued(&issuer, "Ydelsesforvaltningen", Use::Server)?;
        let (client_certificate, client_key) = issued(&issuer, "Overblik", Use::Client)?;

        let client = ClientFiles { folder: Arc::new(tempfile::Builder::new().prefix("overblik-demo-").tempdir()?) };
        fs::write(client.trusted_roots(), issuer_certificate.pem())?;
        fs::write(client.certificate(), client_certificate.pem())?;
        write_private(&client.key(), &client_key.serialize_pem())?;

        let mut roots = RootCertStore::empty();
        roots.add(issuer_certificate.der().clone())?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
        let chain: Vec<CertificateDer<'static>> = vec![server_certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(server_key.serialize_der().into());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { client, acceptor: TlsAcceptor::from(Arc::new(server)) })
    }
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Server,
    Client,
}

fn issuer() -> Result<(rcgen::Certificate, Issuer<'static, KeyPair>), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Overblik demo issuer");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate, Issuer::new(params, key)))
}

fn issued(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    purpose: Use,
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    match purpose {
        Use::Server => {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
        }
        Use::Client => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
    }
    Ok((params.signed_by(&key, issuer)?, key))
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::OrganizationName, "Overblik demo");
    named.push(DnType::CommonName, name);
    named
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}
