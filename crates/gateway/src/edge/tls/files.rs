//! The files of a listener's TLS: read together, and held against each other before anybody sees what is in them.

use std::{path::Path, sync::Arc};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use overblik_connectors::CertificateFacts;
use rustls::{
    RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use zeroize::Zeroizing;

use crate::{
    config::TlsConfig,
    followed_file::{FileMistake, text_of},
};

/// Why the TLS of a listener cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsMistake {
    /// A file.
    #[error("{listener}.tls.{setting}: {mistake}")]
    File {
        /// Whose, as the configuration calls it.
        listener: &'static str,
        /// What the configuration calls the file.
        setting: &'static str,
        /// What is wrong with it.
        mistake: FileMistake,
    },
    /// What the files hold, to the library.
    #[error("{listener}.tls: {cause}")]
    Library {
        /// Whose.
        listener: &'static str,
        /// What it says.
        cause: String,
    },
}

/// What the files held when they were read.
pub(super) struct Texts<'c> {
    listener: &'static str,
    config: &'c TlsConfig,
    certificate: Zeroizing<String>,
    key: Zeroizing<String>,
    client_roots: Option<Zeroizing<String>>,
}

/// What they say.
pub(super) struct Identity {
    pub(super) shown: CertifiedKey,
    pub(super) expires: Timestamp,
    pub(super) client_roots: Option<Arc<RootCertStore>>,
}

const CERTIFICATE: &str = "certificate_file";
const KEY: &str = "key_file";
const CLIENT_ROOTS: &str = "client_roots_file";

const OF_CERTIFICATES: &str =
    "the file holds -----BEGIN CERTIFICATE----- blocks: our own certificate, then those of its issuers";
const OF_A_KEY: &str = "the file holds one -----BEGIN PRIVATE KEY----- block, without a password";

impl<'c> Texts<'c> {
    /// Reads every file that is set.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub(super) fn read(listener: &'static str, config: &'c TlsConfig) -> Result<Self, TlsMistake> {
        let read = |setting, path: &Path| {
            let hint = "name a PEM file that this process may read";
            text_of(path).map_err(|what| TlsMistake::File {
                listener,
                setting,
                mistake: FileMistake::new(path, what, hint),
            })
        };
        Ok(Self {
            listener,
            config,
            certificate: read(CERTIFICATE, &config.certificate_file)?,
            key: read(KEY, &config.key_file)?,
            client_roots: config.client_roots_file.as_deref().map(|path| read(CLIENT_ROOTS, path)).transpose()?,
        })
    }

    /// A hash of all together.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hashing = Context::new(&SHA256);
        for text in [Some(&self.certificate), Some(&self.key), self.client_roots.as_ref()].into_iter().flatten() {
            // With its length, so that no text can pass for a part of another.
            hashing.update(&text.len().to_be_bytes());
            hashing.update(text.as_bytes());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(hashing.finish().as_ref());
        hash
    }

    /// Holds the files against each other and the time: a certificate that browsers would refuse is refused here.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn identity(&self, provider: &CryptoProvider, now: Timestamp) -> Result<Identity, TlsMistake> {
        let chain = self.certificates(CERTIFICATE, &self.config.certificate_file, &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())
            .map_err(|_| self.of_key(" holds no private key that can be read", OF_A_KEY))?;
        let key = provider.key_provider.load_private_key(key).map_err(|_| {
            self.of_key(" holds a key that TLS cannot use", "RSA of at least 2048 bits, or ECDSA on P-256 or P-384")
        })?;
        let shown = CertifiedKey::new(chain, key);
        self.belongs(&shown)?;
        let expires = self.is_in_order(&shown.cert, now)?;
        let client_roots = self.client_roots.as_ref().map(|text| self.roots(text)).transpose()?;
        Ok(Identity { shown, expires, client_roots })
    }

    /// Whether the key is the first certificate's.
    fn belongs(&self, shown: &CertifiedKey) -> Result<(), TlsMistake> {
        match shown.keys_match() {
            Ok(()) => Ok(()),
            Err(rustls::Error::InconsistentKeys(_)) => {
                let is_a_later_one = shown.cert.iter().skip(1).any(|certificate| {
                    CertifiedKey::new(vec![certificate.clone()], Arc::clone(&shown.key)).keys_match().is_ok()
                });
                if is_a_later_one {
                    let hint = "put our own certificate first, those of its issuers after it";
                    return Err(self.of_certificate(" does not begin with the certificate of the key".to_owned(), hint));
                }
                let certificate = self.config.certificate_file.display();
                let hint =
                    "key and certificate are made as a pair: name the key that the certificate was asked for with";
                Err(self.of_key(&format!(" does not belong to the certificate in {certificate}"), hint))
            }
            Err(_) => {
                Err(self.of_certificate(" begins with something that is no certificate".to_owned(), OF_CERTIFICATES))
            }
        }
    }

    /// Until when the first certificate is valid, if it is now, and each is followed by its issuer's.
    fn is_in_order(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> Result<Timestamp, TlsMistake> {
        let facts: Option<Vec<_>> = chain.iter().map(|one| CertificateFacts::read(one.as_ref())).collect();
        let facts = facts.ok_or_else(|| {
            self.of_certificate(" holds something that is no certificate".to_owned(), OF_CERTIFICATES)
        })?;
        for (index, pair) in facts.windows(2).enumerate() {
            if let [one, next] = pair
                && one.issuer != next.subject
            {
                let (one, next) = (index + 1, index + 2);
                return Err(self.of_certificate(
                    format!(": certificate {next} did not issue certificate {one}"),
                    "put our own certificate first, then its issuer's, then that one's issuer's",
                ));
            }
        }
        for (index, one) in facts.iter().enumerate() {
            let number = index + 1;
            if *one.validity.end() < now {
                return Err(self.of_certificate(
                    format!(": certificate {number} expired at {}", one.validity.end()),
                    "get a new one from whoever issued it; it is taken without a restart once there is one",
                ));
            }
            if *one.validity.start() > now {
                return Err(self.of_certificate(
                    format!(": certificate {number} is not valid before {}", one.validity.start()),
                    "wait until then, or see whether the machine's clock is right",
                ));
            }
        }
        // Of the whole chain: browsers refuse it when the first of them is over.
        let expires = facts.iter().map(|one| *one.validity.end()).min();
        expires.ok_or_else(|| self.of_certificate(" holds no certificate".to_owned(), OF_CERTIFICATES))
    }

    fn roots(&self, text: &str) -> Result<Arc<RootCertStore>, TlsMistake> {
        let path = self.config.client_roots_file.as_deref().unwrap_or(Path::new(""));
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates(CLIENT_ROOTS, path, text)? {
            roots.add(certificate).map_err(|_| {
                let what = " holds a certificate that cannot be trusted as issuer".to_owned();
                self.mistake(CLIENT_ROOTS, path, what, OF_CERTIFICATES)
            })?;
        }
        Ok(Arc::new(roots))
    }

    fn certificates(
        &self,
        setting: &'static str,
        path: &Path,
        text: &str,
    ) -> Result<Vec<CertificateDer<'static>>, TlsMistake> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => {
                Err(self.mistake(setting, path, " holds no certificate".to_owned(), OF_CERTIFICATES))
            }
            Ok(certificates) => Ok(certificates),
            Err(_) => Err(self.mistake(setting, path, " is not PEM".to_owned(), OF_CERTIFICATES)),
        }
    }

    fn of_certificate(&self, what: String, hint: &'static str) -> TlsMistake {
        self.mistake(CERTIFICATE, &self.config.certificate_file, what, hint)
    }

    fn of_key(&self, what: &str, hint: &'static str) -> TlsMistake {
        self.mistake(KEY, &self.config.key_file, what.to_owned(), hint)
    }

    fn mistake(&self, setting: &'static str, path: &Path, what: String, hint: &'static str) -> TlsMistake {
        TlsMistake::File { listener: self.listener, setting, mistake: FileMistake::new(path, what, hint) }
    }
}
