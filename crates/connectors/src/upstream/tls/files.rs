//! The files that a deployment sets for TLS towards one source, and what they hold.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use zeroize::Zeroizing;

/// Most bytes of a file.
const LARGEST_FILE: u64 = 256 * 1024;

/// Files for TLS towards one source, all of them PEM. What is not set is not used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate and those of its issuers, for mutual TLS.
    pub client_certificate: Option<PathBuf>,
    /// Its key.
    pub client_key: Option<PathBuf>,
    /// The certificate that follows it, during an exchange.
    pub client_certificate_next: Option<PathBuf>,
    /// The key of that.
    pub client_key_next: Option<PathBuf>,
    /// Whom to trust as issuer of the source's certificate, instead of those that the platform trusts.
    pub trusted_roots: Option<PathBuf>,
}

impl TlsFiles {
    /// Whether none is set.
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Reads every file that is set.
    ///
    /// # Errors
    /// The first that cannot be read, or is missing beside another.
    pub(super) fn read(&self) -> Result<FileTexts, TlsMistake> {
        let pair = |names: [&'static str; 2], files: [&Option<PathBuf>; 2]| match files {
            [None, None] => Ok(None),
            [Some(certificate), Some(key)] => {
                let [certificate_name, key_name] = names;
                Ok(Some((read(certificate_name, certificate)?, read(key_name, key)?)))
            }
            [Some(file), None] => Err(alone(names[0], names[1], file)),
            [None, Some(file)] => Err(alone(names[1], names[0], file)),
        };
        let present = pair(PRESENT, [&self.client_certificate, &self.client_key])?;
        let next = pair(NEXT, [&self.client_certificate_next, &self.client_key_next])?;
        if let (None, Some((certificate, _))) = (&present, &next) {
            return Err(alone(NEXT[0], PRESENT[0], &certificate.path));
        }
        let roots = self.trusted_roots.as_deref().map(|file| read(ROOTS, file)).transpose()?;
        Ok(FileTexts { present, next, roots })
    }
}

/// What the deployment calls the files.
const PRESENT: [&str; 2] = ["client_certificate_file", "client_key_file"];
const NEXT: [&str; 2] = ["client_certificate_next_file", "client_key_next_file"];
const ROOTS: &str = "trusted_roots_file";

/// Why the files of a source cannot be used. Quotes nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub(crate) struct TlsMistake {
    /// The file.
    pub(crate) file: PathBuf,
    /// What the deployment calls it, such as `client_key_file`.
    pub(crate) setting: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<&'static str>,
}

fn alone(setting: &'static str, missing: &str, file: &Path) -> TlsMistake {
    TlsMistake { file: file.to_owned(), setting, message: format!("is set without {missing}"), hint: None }
}

/// What one file held when it was read.
#[derive(PartialEq, Eq)]
pub(super) struct FileText {
    setting: &'static str,
    path: PathBuf,
    text: Zeroizing<Vec<u8>>,
}

impl FileText {
    fn mistake(&self, message: impl Into<String>, hint: Option<&'static str>) -> TlsMistake {
        TlsMistake { file: self.path.clone(), setting: self.setting, message: message.into(), hint }
    }

    /// The certificates in it, in their order.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsMistake> {
        let hint = Some("the file holds -----BEGIN CERTIFICATE----- blocks");
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.text).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.mistake("holds no certificate", hint)),
            Ok(certificates) => Ok(certificates),
            Err(_) => Err(self.mistake("is not PEM", hint)),
        }
    }
}

fn read(setting: &'static str, path: &Path) -> Result<FileText, TlsMistake> {
    let unreadable = |error: std::io::Error| TlsMistake {
        file: path.to_owned(),
        setting,
        message: format!("cannot be read: {error}"),
        hint: None,
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mut read = FileText { setting, path: path.to_owned(), text: Zeroizing::default() };
    // Neither a pipe that never ends nor a device that always has more.
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return Err(read.mistake("is not a file of at most 256 KiB", None));
    }
    // In one piece: a text that moves while it grows would leave a key behind in memory.
    read.text.reserve(usize::try_from(metadata.len()).unwrap_or_default().saturating_add(1));
    file.take(LARGEST_FILE).read_to_end(&mut read.text).map_err(unreadable)?;
    Ok(read)
}

/// What all files of a source held when they were read.
#[derive(PartialEq, Eq)]
pub(super) struct FileTexts {
    present: Option<(FileText, FileText)>,
    next: Option<(FileText, FileText)>,
    roots: Option<FileText>,
}

/// What all files of a source say.
pub(super) struct Materials {
    pub(super) present: Option<Arc<CertifiedKey>>,
    pub(super) next: Option<Arc<CertifiedKey>>,
    /// `None`: those of the platform.
    pub(super) roots: Option<Arc<RootCertStore>>,
}

impl FileTexts {
    /// Makes of the files what TLS needs.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub(super) fn materials(&self, provider: &CryptoProvider) -> Result<Materials, TlsMistake> {
        let identity = |pair: &Option<(FileText, FileText)>| {
            pair.as_ref().map(|(certificate, key)| identity(certificate, key, provider)).transpose()
        };
        Ok(Materials {
            present: identity(&self.present)?,
            next: identity(&self.next)?,
            roots: self.roots.as_ref().map(roots).transpose()?,
        })
    }
}

fn identity(
    certificate: &FileText,
    key: &FileText,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsMistake> {
    let chain = certificate.certificates()?;
    let der = PrivateKeyDer::from_pem_slice(&key.text).map_err(|_| {
        key.mistake(
            "holds no private key that can be read",
            Some("the file holds one -----BEGIN PRIVATE KEY----- block, without a password"),
        )
    })?;
    let signing = provider.key_provider.load_private_key(der).map_err(|_| {
        key.mistake("holds a key that TLS cannot use", Some("RSA of at least 2048 bits, or ECDSA on P-256 or P-384"))
    })?;
    let identity = CertifiedKey::new(chain, signing);
    match identity.keys_match() {
        Ok(()) => Ok(Arc::new(identity)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(key.mistake(
            format!("does not belong to the first certificate in {}", certificate.path.display()),
            Some("our own certificate comes first in its file, those of its issuers after it"),
        )),
        Err(_) => Err(certificate.mistake("begins with something that is no certificate", None)),
    }
}

fn roots(file: &FileText) -> Result<Arc<RootCertStore>, TlsMistake> {
    let mut store = RootCertStore::empty();
    for certificate in file.certificates()? {
        store
            .add(certificate)
            .map_err(|_| file.mistake("holds a certificate that cannot be trusted as issuer", None))?;
    }
    Ok(Arc::new(store))
}
