//! A certificate of the gateway's own, for contracts that want one.

use std::{fs, path::Path};

use overblik_connectors::TlsFiles;
use rcgen::{CertifiedKey, generate_simple_self_signed};

/// Files with a certificate and its key, in a folder.
pub(crate) fn client_certificate(folder: &Path) -> TlsFiles {
    let made = generate_simple_self_signed(["overblik.example".to_owned()]).expect("a certificate");
    let CertifiedKey { cert, signing_key } = made;
    let write = |name: &str, pem: String| {
        let file = folder.join(name);
        fs::write(&file, pem).expect("written");
        Some(file)
    };
    TlsFiles {
        client_certificate: write("client.pem", cert.pem()),
        client_key: write("client.key", signing_key.serialize_pem()),
        ..TlsFiles::default()
    }
}
