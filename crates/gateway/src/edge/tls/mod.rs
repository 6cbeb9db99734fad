//! TLS of our own listeners (requirement R74): 1.2 and 1.3, HTTP/2 and HTTP/1.1, with a certificate that is exchanged
//! without a restart.
//!
//! Certificate and key change together or not at all (`files`): what does not fit is told, and the former pair stays.

mod files;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::{self, Ticketer},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    sign::SingleCertAndKey,
    version::{TLS12, TLS13},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use files::TlsMistake;
use files::{Identity, Texts};

use crate::{
    clock::Clock,
    config::TlsConfig,
    followed_file::{READ_EVERY, Settling},
};

/// HTTP/2 as it is agreed on.
pub(super) const H2: &[u8] = b"h2";

/// How long before a certificate expires operators are told.
const TOLD_BEFORE_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often they are told.
const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// TLS of one listener, as its files say now. Cheap to clone; all clones change together.
#[derive(Clone)]
pub struct ListenerTls(Arc<Parts>);

struct Parts {
    /// Whose it is, as the configuration calls it.
    listener: &'static str,
    files: TlsConfig,
    clock: Clock,
    /// The hash of what was read first.
    first_read: [u8; 32],
    served: RwLock<Served>,
}

/// What is shown to whoever connects.
#[derive(Clone)]
struct Served {
    config: Arc<ServerConfig>,
    expires: Timestamp,
}

impl fmt::Debug for ListenerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListenerTls({})", self.0.listener)
    }
}

impl ListenerTls {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// [`TlsMistake`].
    pub fn open(listener: &'static str, files: &TlsConfig, clock: Clock) -> Result<Self, TlsMistake> {
        let texts = Texts::read(listener, files)?;
        let (first_read, served) = (texts.hash(), served(listener, &texts, clock.now())?);
        Ok(Self(Arc::new(Parts { listener, files: files.clone(), clock, first_read, served: RwLock::new(served) })))
    }

    /// Whose it is, as the configuration calls it: `server`, `operations` or `admin`.
    #[must_use]
    pub fn listener(&self) -> &'static str {
        self.0.listener
    }

    /// When what is shown now expires: the first certificate of the chain to do so.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.now().expires
    }

    /// What a connection is accepted with that comes now.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.now().config
    }

    fn now(&self) -> Served {
        // Nothing but the replacement of two values happens under this lock.
        self.0.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again every few seconds, and takes what they hold when it has changed, until stopped. Connections
    /// that are open go on as they are.
    pub(crate) fn follow(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let tls = self.clone();
        tasks.spawn(async move {
            let mut following = Following::new(&tls);
            stop.run_until_cancelled(async {
                loop {
                    following.tell_expiry();
                    tokio::time::sleep(READ_EVERY).await;
                    following.reread();
                }
            })
            .await;
        });
    }
}

/// What is known of the files from one reading to the next.
struct Following<'t> {
    tls: &'t ListenerTls,
    settling: Settling,
    /// When operators were last told that the certificate expires.
    told: Option<Timestamp>,
}

impl<'t> Following<'t> {
    fn new(tls: &'t ListenerTls) -> Self {
        Self { tls, settling: Settling::begun(tls.0.first_read), told: None }
    }

    /// Takes what the files hold if two readings agree that it has changed: of files that are just being exchanged one may
    /// be the former still.
    fn reread(&mut self) {
        let parts = &self.tls.0;
        let listener = parts.listener;
        let texts = Texts::read(listener, &parts.files);
        if !self.settling.is_due(texts.as_ref().ok().map(Texts::hash)) {
            return;
        }
        let served = texts.and_then(|texts| served(listener, &texts, parts.clock.now()));
        self.settling.acted(served.is_ok());
        match served {
            Ok(served) => {
                let expires = served.expires;
                *parts.served.write().unwrap_or_else(PoisonError::into_inner) = served;
                self.told = None;
                tracing::info!(listener, %expires, event = "certificate_exchanged", "a listener shows its new certificate");
            }
            Err(mistake) => {
                tracing::error!(listener, %mistake, event = "certificate_unusable", "the former certificate stays");
            }
        }
    }

    /// Tells operators about a certificate that must soon be exchanged, once a day.
    fn tell_expiry(&mut self) {
        let (listener, now, expires) = (self.tls.0.listener, self.tls.0.clock.now(), self.tls.expires());
        let is_due = now + TOLD_BEFORE_EXPIRY > expires;
        if !is_due || self.told.is_some_and(|told| told + TOLD_EVERY > now) {
            return;
        }
        self.told = Some(now);
        if expires < now {
            tracing::error!(listener, %expires, event = "certificate_expired", "a listener's certificate has expired");
        } else {
            tracing::warn!(listener, %expires, event = "certificate_expires", "a listener's certificate expires");
        }
    }
}

/// What is served of these files.
fn served(listener: &'static str, texts: &Texts<'_>, now: Timestamp) -> Result<Served, TlsMistake> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let Identity { shown, expires, client_roots } = texts.identity(&provider, now)?;
    let library = |cause: &dyn fmt::Display| TlsMistake::Library { listener, cause: cause.to_string() };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| library(&error))?;
    let asks_for_certificates = client_roots.is_some();
    let builder = match client_roots {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| library(&error))?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    // All suites are good ones; that we choose keeps a client from being talked into what it likes least.
    config.ignore_client_order = true;
    // Tickets are sealed under keys of this process that live six hours and open six more, and under new ones after every
    // exchange of files: whoever may not come in any more cannot resume either. Nothing is kept of a session here. Where clients
    // show certificates there are none: whoever resumes is not looked at again, and a certificate would never expire.
    if asks_for_certificates {
        config.send_tls13_tickets = 0;
    } else {
        config.ticketer = Ticketer::new().map_err(|error| library(&error))?;
    }
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Served { config: Arc::new(config), expires })
}
