//! A certificate of this machine, and TLS 1.3 as the gateway speaks it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::TLS13,
};
use tempfile::TempDir;

/// A certificate for `localhost` that trusts itself, made by `openssl`; it is gone when this is dropped.
pub struct Certificate(TempDir);

impl Certificate {
    /// Makes one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "every one is another")]
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -keyout key -out certificate \
                         -days 2 -subj /CN=source -addext subjectAltName=DNS:localhost \
                         -addext basicConstraints=critical,CA:FALSE";
        let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder.path()).output();
        assert!(output.expect("openssl").status.success(), "openssl made no certificate");
        Self(folder)
    }

    /// The file that it stands in.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.path().join("certificate")
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_file(self.0.path().join("key")).expect("a key")
    }

    /// A server that shows it and speaks these protocols, the first rather than the last.
    #[must_use]
    pub fn server_config(&self, protocols: &[&[u8]]) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_protocol_versions(&[&TLS13]).expect("a version").with_no_client_auth();
        let mut config = builder.with_single_cert(vec![read(&self.file())], self.key()).expect("a certificate");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }
}

/// A client that trusts the certificate in this file and speaks one protocol.
#[must_use]
pub fn client_config(certificate: &Path, protocol: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(read(certificate)).expect("an issuer");
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13]).expect("a version");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config
}

fn read(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).expect("a certificate")
}
