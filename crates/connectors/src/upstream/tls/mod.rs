//! TLS towards one source (requirement R49): whom we trust there, and as whom we come. TLS 1.2 and 1.3.
//!
//! What comes from files is taken from them again when they change (`followed`), so that certificates are exchanged
//! without a restart. During an exchange there may be two of ours: the next one is shown once it is valid and the
//! present one has expired, or was refused.

mod files;
mod followed;
mod validity;

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    ClientConfig, ConfigBuilder,
    client::{ResolvesClientCert, WantsClientCert},
    crypto::{CryptoProvider, aws_lc_rs},
    sign::{CertifiedKey, SingleCertAndKey},
};
use rustls_platform_verifier::BuilderVerifierExt;

pub use files::TlsFiles;
pub(crate) use files::TlsMistake;
use files::{FileTexts, Materials};
pub(crate) use followed::{FollowedTls, READ_EVERY, TlsError};

/// How long before a certificate of ours expires operators are told.
const TOLD_BEFORE_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// TLS cannot be set up on this machine, because it trusts nobody.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub(crate) struct NoTls(#[source] rustls::Error);

/// Whom a connection may show itself as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// With the present certificate, or without any if there is none.
    Present,
    /// With the one that follows it.
    Next,
}

/// TLS towards one source, as of now. Cheap to clone; all clones change together.
#[derive(Clone)]
pub(crate) struct SourceTls(Arc<RwLock<Arc<Configured>>>);

impl fmt::Debug for SourceTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceTls(..)")
    }
}

/// TLS as configured at one time.
struct Configured {
    present: Arc<ClientConfig>,
    /// With the certificate that follows, and from when it is valid.
    next: Option<(Arc<ClientConfig>, Timestamp)>,
    /// When the present certificate expires, if there is one that says so.
    present_expires: Option<Timestamp>,
    /// Set when the source refused the present certificate and took the next.
    present_refused: AtomicBool,
}

impl SourceTls {
    /// TLS without a certificate of ours, with the issuers that the platform trusts.
    ///
    /// # Errors
    /// [`NoTls`].
    pub(crate) fn platform() -> Result<Self, NoTls> {
        Ok(Self::new(Configured::of(&Materials { present: None, next: None, roots: None })?))
    }

    fn new(configured: Configured) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(configured))))
    }

    fn now(&self) -> Arc<Configured> {
        // Nothing but the replacement of one pointer happens under this lock.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, configured: Configured) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(configured);
    }

    /// How to connect: as whom, and whom else to try as when that is refused.
    pub(super) fn ways(&self) -> Ways {
        Ways { configured: self.now() }
    }
}

/// The ways to connect that were there when a call began.
pub(super) struct Ways {
    configured: Arc<Configured>,
}

impl Ways {
    /// The way to begin with.
    pub(super) fn first(&self) -> (Shown, Arc<ClientConfig>) {
        let configured = &self.configured;
        match self.next_if_valid() {
            Some(next) if configured.present_refused.load(Ordering::Relaxed) || configured.present_has_expired() => {
                (Shown::Next, next)
            }
            _ => (Shown::Present, Arc::clone(&configured.present)),
        }
    }

    /// The way to try when the source refused our certificate.
    pub(super) fn after_refusal(&self, refused: Shown) -> Option<Arc<ClientConfig>> {
        if refused == Shown::Present { self.next_if_valid() } else { None }
    }

    /// The source took the next certificate after it had refused the present one: begin with the next from here on.
    pub(super) fn next_was_taken(&self) {
        if !self.configured.present_refused.swap(true, Ordering::Relaxed) {
            tracing::info!(event = "client_certificate_exchanged", "a source takes our next certificate only");
        }
    }

    fn next_if_valid(&self) -> Option<Arc<ClientConfig>> {
        let (next, from) = self.configured.next.as_ref()?;
        (*from <= current_time(next)?).then(|| Arc::clone(next))
    }
}

impl Configured {
    fn of(materials: &Materials) -> Result<Self, NoTls> {
        let config = |identity: Option<&Arc<CertifiedKey>>| -> Result<Arc<ClientConfig>, NoTls> {
            let builder = trusting(materials)?;
            let mut config = match identity {
                None => builder.with_no_client_auth(),
                Some(identity) => builder.with_client_cert_resolver(always(identity)),
            };
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Ok(Arc::new(config))
        };
        let valid =
            |identity: &Arc<CertifiedKey>| identity.end_entity_cert().ok().and_then(|der| validity::validity(der));
        let next = match &materials.next {
            None => None,
            Some(next) => {
                let from = valid(next).map_or(Timestamp::MIN, |valid| *valid.start());
                Some((config(Some(next))?, from))
            }
        };
        Ok(Self {
            present: config(materials.present.as_ref())?,
            next,
            present_expires: materials.present.as_ref().and_then(valid).map(|valid| *valid.end()),
            present_refused: AtomicBool::new(false),
        })
    }

    /// Tells operators about a certificate of ours that must soon be exchanged.
    fn tell_expiry(&self, source: &str) {
        let (Some(expires), Some(now)) = (self.present_expires, current_time(&self.present)) else { return };
        if now + TOLD_BEFORE_EXPIRY > expires {
            tracing::warn!(source.id = source, %expires, event = "client_certificate_expires", "our certificate for a source expires");
        }
    }

    fn present_has_expired(&self) -> bool {
        matches!((self.present_expires, current_time(&self.present)), (Some(end), Some(now)) if end < now)
    }
}

/// The time by which the source's certificate is judged, too.
fn current_time(config: &ClientConfig) -> Option<Timestamp> {
    let seconds = config.time_provider.current_time()?.as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn trusting(materials: &Materials) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, NoTls> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(NoTls)?;
    match &materials.roots {
        Some(roots) => Ok(builder.with_root_certificates(Arc::clone(roots))),
        None => builder.with_platform_verifier().map_err(NoTls),
    }
}

fn always(identity: &Arc<CertifiedKey>) -> Arc<dyn ResolvesClientCert> {
    Arc::new(SingleCertAndKey::from(CertifiedKey::clone(identity)))
}
