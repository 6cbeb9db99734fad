//! Certificates for a gateway that speaks TLS by itself.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use overblik_gateway::config::TlsConfig;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Url;

/// As little as the system lets a client take in without reading it.
const SMALLEST_RECEIVE_BUFFER: u32 = 4096;

/// Who issues certificates, and the files that a gateway shows.
pub struct Certificates {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

#[expect(clippy::expect_used, reason = "a test without its certificates must fail and say why")]
fn params(name: &str, until_year: i32) -> CertificateParams {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2026, 10, 1);
    params.not_after = rcgen::date_time_ymd(until_year, 10, 1);
    params
}

#[expect(clippy::expect_used, reason = "a test without its certificates must fail and say why")]
impl Certificates {
    /// An issuer, and a first certificate in its files.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let mut params = params("Overblik test issuer", 2036);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an issuer");
        let certificates = Self { folder: TempDir::new().expect("a folder"), issuer };
        fs::write(certificates.path("issuer.pem"), certificates.issuer.pem()).expect("written");
        certificates.renew(2027);
        certificates
    }

    /// The files, as the configuration names them.
    #[must_use]
    pub fn files(&self) -> TlsConfig {
        TlsConfig {
            certificate_file: self.path("certificate.pem"),
            key_file: self.path("key.pem"),
            client_roots_file: None,
        }
    }

    /// The same, for a listener that lets in only who shows a certificate of this issuer.
    #[must_use]
    pub fn files_of_both_sides(&self) -> TlsConfig {
        TlsConfig { client_roots_file: Some(self.path("issuer.pem")), ..self.files() }
    }

    /// Who issued them (PEM).
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer.pem()
    }

    /// The file of that.
    #[must_use]
    pub fn issuer_file(&self) -> PathBuf {
        self.path("issuer.pem")
    }

    /// Puts another certificate in the files, and its key: valid until October of a year.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn renew(&self, until_year: i32) {
        let (certificate, key) = self.issue(until_year);
        fs::write(self.path("certificate.pem"), certificate).expect("written");
        fs::write(self.path("key.pem"), key).expect("written");
    }

    /// Puts another certificate in its file, and leaves the key as it was.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn renew_certificate_alone(&self) {
        fs::write(self.path("certificate.pem"), self.issue(2035).0).expect("written");
    }

    fn issue(&self, until_year: i32) -> (String, String) {
        let mut params = params("localhost", until_year);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        // As those have whom browsers trust; nobody looks there.
        let revoked = CrlDistributionPoint { uris: vec!["http://issuer.example/revoked.crl".to_owned()] };
        params.crl_distribution_points = vec![revoked];
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Connects to a gateway over TLS, and says which protocols it speaks: `h2`, `http/1.1`.
    ///
    /// # Errors
    /// Why nothing was agreed on.
    ///
    /// # Panics
    /// When the gateway takes no connection.
    pub async fn connect(&self, gateway: &Url, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_as(gateway, protocols, false).await
    }

    /// The same, showing a certificate of this issuer if there is one to be shown.
    ///
    /// # Errors
    /// Why nothing was agreed on.
    ///
    /// # Panics
    /// When the gateway takes no connection.
    pub async fn connect_as(
        &self,
        gateway: &Url,
        protocols: &[&str],
        shows_certificate: bool,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an issuer");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let mut config = if shows_certificate {
            let (certificate, key) = self.issue(2030);
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(vec![certificate], key).expect("a pair")
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(SMALLEST_RECEIVE_BUFFER).expect("a size");
        let address = SocketAddr::from(([127, 0, 0, 1], gateway.port().expect("a port")));
        let stream = socket.connect(address).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}
