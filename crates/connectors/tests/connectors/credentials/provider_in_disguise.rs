//! Requirements R45 and R49: who is taken for the identity provider, and so given the token of a citizen's login.

use std::fs;

use overblik_connectors::TlsFiles;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A host on this machine whose certificate nobody but a file vouches for. What it is sent can be read.
struct Disguised {
    port: u16,
    trusted_roots: TempDir,
    sent: mpsc::UnboundedReceiver<String>,
    _server: JoinSet<()>,
}

impl Disguised {
    async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let trusted_roots = TempDir::new().expect("a folder");
        fs::write(trusted_roots.path().join("roots.pem"), cert.pem()).expect("written");
        let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (tell, sent) = mpsc::unbounded_channel();
        let mut server = JoinSet::new();
        server.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let mut read = vec![0; 16 * 1024];
                let mut length = 0;
                if let Ok(mut connection) = acceptor.accept(connection).await {
                    while !String::from_utf8_lossy(&read[..length]).contains("audience=") {
                        match connection.read(&mut read[length..]).await {
                            Ok(more) if more > 0 => length += more,
                            _ => break,
                        }
                    }
                }
                let _over = tell.send(String::from_utf8_lossy(&read[..length]).into_owned());
            }
        });
        Self { port, trusted_roots, sent, _server: server }
    }

    /// What it is sent when a source that has its file of issuers is asked, and these hosts are the provider's.
    async fn sent(&mut self, provider: &str) -> String {
        let (source, issuer) = (Source::start().await, Source::start().await);
        let tls = TlsFiles { trusted_roots: Some(self.trusted_roots.path().join("roots.pem")), ..TlsFiles::default() };
        let token_url = format!("https://localhost:{}/token", self.port).parse().ok();
        let endpoint = Endpoint { token_url, tls, ..endpoint(&source, &issuer) };
        let contract = contract("permits", EXCHANGE);
        let folder = Folder::with(&[("birkerup/permits", &contract)]);
        let options = LoadOptions {
            endpoints: BTreeMap::from([("permits".to_owned(), endpoint)]),
            address_policy: AddressPolicy::LoopbackAllowed,
            login_token_hosts: [provider.to_owned()].into(),
            ..LoadOptions::default()
        };
        let set = ConnectorSet::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(fetch_in(&set, "permits", &Arc::default()).await.is_err());
        self.sent.recv().await.expect("a connection")
    }
}

#[tokio::test]
async fn r45_the_issuers_of_a_source_s_certificate_do_not_vouch_for_the_identity_provider() {
    let mut disguised = Disguised::start().await;
    assert_eq!(disguised.sent("localhost").await, "");
    // An exchange of the authority's own, as the deployment set it, is known as the source is.
    assert!(disguised.sent("login.birkerup.example").await.contains(LOGIN_TOKEN));
}
