//! The TLS files of one source, read again every few seconds: certificates are exchanged without a restart.

use std::time::Duration;

use super::{Configured, FileTexts, NoTls, SourceTls, TlsFiles, TlsMistake, provider};

/// How often the files are read.
pub(crate) const READ_EVERY: Duration = Duration::from_secs(2);

/// Readings after which unusable files are told again: a minute at two seconds each.
const TOLD_EVERY: u32 = 30;

/// The TLS files of one source, and what is made of them.
pub(crate) struct FollowedTls {
    /// The source's slug.
    source: String,
    files: TlsFiles,
    tls: SourceTls,
    /// What was read last.
    last_read: Result<FileTexts, TlsMistake>,
    /// Whether it was acted on.
    acted_on: bool,
    /// Readings since the files became unusable; `None` while they are usable.
    unusable_for: Option<u32>,
}

/// Why the files of a source cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] TlsMistake),
    /// The machine has no issuers to trust.
    #[error(transparent)]
    NoTls(#[from] NoTls),
}

impl FollowedTls {
    /// Reads the files of a source for the first time.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn open(source: &str, files: TlsFiles) -> Result<(Self, SourceTls), TlsError> {
        let texts = files.read()?;
        let tls = SourceTls::new(configured(&texts)?);
        tls.now().tell_expiry(source);
        let followed = Self {
            source: source.to_owned(),
            files,
            tls: tls.clone(),
            last_read: Ok(texts),
            acted_on: true,
            unusable_for: None,
        };
        Ok((followed, tls))
    }

    /// TLS towards the source, as the files say now and whenever they change.
    pub(crate) fn tls(&self) -> SourceTls {
        self.tls.clone()
    }

    /// Reads the files again, and takes what they hold if it has changed. A change counts when two readings agree on it:
    /// of files that are just being written, one may be the old one still, and belong to another. What cannot be used is
    /// told, at once and then every minute, and the former stays.
    pub(crate) fn reread(&mut self) {
        let read = self.files.read();
        if read != self.last_read {
            self.last_read = read;
            self.acted_on = false;
            return;
        }
        let tell_again = self.unusable_for.as_mut().is_some_and(|readings| {
            *readings += 1;
            readings.is_multiple_of(TOLD_EVERY)
        });
        if self.acted_on && !tell_again {
            return;
        }
        self.acted_on = true;
        let source = self.source.as_str();
        match read.map_err(TlsError::from).and_then(|texts| configured(&texts)) {
            Ok(configured) => {
                self.unusable_for = None;
                configured.tell_expiry(source);
                self.tls.replace(configured);
                tracing::info!(source.id = source, event = "tls_files_taken", "TLS files of a source read again");
            }
            Err(error) => {
                self.unusable_for.get_or_insert(0);
                tracing::error!(source.id = source, %error, event = "tls_files_unusable", "the former TLS files of a source stay");
            }
        }
    }
}

fn configured(texts: &FileTexts) -> Result<Configured, TlsError> {
    Ok(Configured::of(&texts.materials(&provider())?)?)
}
