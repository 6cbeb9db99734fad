//! Certificates for these tests, made by openssl.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tempfile::TempDir;

/// What a certificate is like.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// Its alternative names, as openssl writes them.
    pub(super) names: &'static str,
    /// From when to when it is valid.
    pub(super) from: &'static str,
    pub(super) until: &'static str,
}

/// A certificate of this machine, valid while anybody runs these tests.
pub(super) const GOOD: Kind =
    Kind { names: "DNS:localhost,IP:127.0.0.1", from: "20260101000000Z", until: "20760101000000Z" };
pub(super) const EXPIRED: Kind = Kind { until: "20260102000000Z", ..GOOD };
pub(super) const OF_THE_FUTURE: Kind = Kind { from: "20750101000000Z", ..GOOD };
pub(super) const OF_ANOTHER_HOST: Kind = Kind { names: "DNS:other.example,IP:127.0.0.2", ..GOOD };

/// Keys and signatures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// ECDSA on P-256.
    Ecdsa,
    /// RSA, with RSASSA-PSS signatures, as OCES certificates have.
    RsaPss,
}

/// An issuer of certificates. Its files are removed when it is dropped.
pub(super) struct Authority {
    folder: TempDir,
    algorithm: Algorithm,
}

/// A certificate and its key.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Issued {
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        let chain = CertificateDer::pem_file_iter(&self.certificate).expect("a file");
        chain.collect::<Result<_, _>>().expect("certificates")
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_file(&self.key).expect("a key")
    }
}

impl Authority {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let authority = Self { folder: TempDir::new().expect("a folder"), algorithm };
        let settings = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
                        rand_serial=yes\nunique_subject=no\n[p]\ncommonName=supplied\n";
        authority.write("ca.cnf", settings);
        authority.write("index.txt", "");
        let (key, signature) = (authority.new_key(), authority.signature());
        // Each under a name of its own.
        let name = authority.folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        authority.openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -days 2 -subj /CN={name} {signature}"));
        authority
    }

    /// The certificate of the issuer itself.
    pub(super) fn root(&self) -> PathBuf {
        self.path("ca.crt")
    }

    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.root()).expect("a certificate")).expect("an issuer");
        roots
    }

    /// Issues a certificate under a name of its files.
    pub(super) fn issue(&self, name: &str, kind: Kind) -> Issued {
        let Kind { names, from, until } = kind;
        self.write(&format!("{name}.names"), &format!("subjectAltName={names}\n"));
        let (key, signature) = (self.new_key(), self.signature());
        self.openssl(&format!("req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in {name}.csr -out {name}.crt \
             -startdate {from} -enddate {until} -extfile {name}.names {signature}"
        ));
        Issued { certificate: self.path(&format!("{name}.crt")), key: self.path(&format!("{name}.key")) }
    }

    fn new_key(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ecdsa => "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc",
            Algorithm::RsaPss => "-newkey rsa:2048 -noenc",
        }
    }

    fn signature(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ecdsa => "",
            Algorithm::RsaPss => "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    fn openssl(&self, arguments: &str) {
        openssl(self.folder.path(), arguments);
    }
}

pub(super) fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let output = output.expect("openssl is not installed: ./test installs it");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
