//! A file that is read again every few seconds, so that what it holds is exchanged without a restart.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use zeroize::Zeroizing;

use crate::secrets::sha256;

/// How often a file is read.
const READ_EVERY: Duration = Duration::from_secs(2);

/// Most bytes of a file.
const LARGEST_FILE: u64 = 64 * 1024;

/// Readings after which an unusable file is told again: a minute at two seconds each.
const TOLD_EVERY: u32 = 30;

/// Reads what a file holds; else says what is wrong with it, beginning where: at `:LINE:` or a space.
type Parse<T> = fn(&str) -> Result<T, String>;

/// A file that is followed.
#[derive(Debug)]
pub struct FollowedFile<T> {
    path: PathBuf,
    parse: Parse<T>,
    /// What a good file looks like.
    hint: &'static str,
    /// Hash of what was read last; `None` if it could not be read.
    last_read: Option<[u8; 32]>,
    /// Hash of what was acted on last.
    acted_on: Option<[u8; 32]>,
    /// Readings since the file was last told to be unusable; `None` while it is usable.
    unusable_for: Option<u32>,
    standing: Arc<FileStanding>,
}

/// How a file stands that is followed elsewhere.
#[derive(Debug)]
pub struct FileStanding {
    path: PathBuf,
    is_unusable: AtomicBool,
}

impl FileStanding {
    /// Whether what it holds now cannot be used, so that what it held before is.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        self.is_unusable.load(Ordering::Relaxed)
    }

    /// How long ago it was written, if that can be told.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        fs::metadata(&self.path).ok()?.modified().ok()?.elapsed().ok()
    }
}

impl<T> FollowedFile<T> {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// [`FileMistake`].
    pub fn open(path: &Path, parse: Parse<T>, hint: &'static str) -> Result<(Self, T), FileMistake> {
        let standing = Arc::new(FileStanding { path: path.to_owned(), is_unusable: AtomicBool::new(false) });
        let mut file =
            Self { path: path.to_owned(), parse, hint, last_read: None, acted_on: None, unusable_for: None, standing };
        let text = file.text()?;
        let value = parse(&text).map_err(|what| file.mistake(what))?;
        file.last_read = Some(sha256(&text));
        file.acted_on = file.last_read;
        Ok((file, value))
    }

    /// How it stands, for whoever only looks.
    #[must_use]
    pub fn standing(&self) -> Arc<FileStanding> {
        Arc::clone(&self.standing)
    }

    /// Waits until the file has changed, or is to be told to be unusable.
    ///
    /// # Errors
    /// As [`FollowedFile::reread`].
    pub async fn changed(&mut self) -> Result<T, FileMistake> {
        loop {
            // Two readings must agree on a change, so they must not follow one another at once.
            tokio::time::sleep(READ_EVERY).await;
            if let Some(outcome) = self.reread().transpose() {
                return outcome;
            }
        }
    }

    /// Reads the file again; `None` unless it has changed. A change counts when two readings agree on it: a file that
    /// is just being written may lack a part.
    ///
    /// # Errors
    /// [`FileMistake`], at once and then every `TOLD_EVERY` readings while it stays so: until the file is mended, what
    /// somebody meant to change is as it was.
    pub fn reread(&mut self) -> Result<Option<T>, FileMistake> {
        let text = self.text();
        let read = text.as_ref().ok().map(|text| sha256(text));
        let settled = read == self.last_read;
        self.last_read = read;
        let tell_again = self.unusable_for.as_mut().is_some_and(|readings| {
            *readings += 1;
            readings.is_multiple_of(TOLD_EVERY)
        });
        if !settled || (read == self.acted_on && !tell_again) {
            return Ok(None);
        }
        self.acted_on = read;
        let value = text.and_then(|text| (self.parse)(&text).map_err(|what| self.mistake(what)));
        self.unusable_for = if value.is_ok() { None } else { self.unusable_for.or(Some(0)) };
        self.standing.is_unusable.store(value.is_err(), Ordering::Relaxed);
        value.map(Some)
    }

    fn text(&self) -> Result<Zeroizing<String>, FileMistake> {
        let unreadable = |error: std::io::Error| self.mistake(format!(" cannot be read: {error}"));
        let file = File::open(&self.path).map_err(unreadable)?;
        // Neither a pipe that never ends nor a device that always has more.
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(self.mistake(" is not a file".to_owned()));
        }
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(LARGEST_FILE).read_to_string(&mut text).map_err(unreadable)?;
        Ok(text)
    }

    fn mistake(&self, what: String) -> FileMistake {
        FileMistake { path: self.path.clone(), what, hint: self.hint }
    }
}

/// By hand: what the file holds need not be cloned with it.
impl<T> Clone for FollowedFile<T> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), standing: Arc::clone(&self.standing), ..*self }
    }
}

/// Why a file is refused. Quotes nothing of a secret.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}\n  hint: {hint}", path.display())]
pub struct FileMistake {
    path: PathBuf,
    what: String,
    hint: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::random_token;

    fn open(path: &Path) -> Result<(FollowedFile<Vec<String>>, Vec<String>), FileMistake> {
        let parse = |text: &str| {
            let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            if words.contains(&"bad".to_owned()) { Err(":1: is bad".to_owned()) } else { Ok(words) }
        };
        FollowedFile::open(path, parse, "write good words")
    }

    struct TestFile(PathBuf);

    impl TestFile {
        fn new(text: &str) -> Self {
            let file = Self(std::env::temp_dir().join(format!("overblik-followed-{}", random_token())));
            file.write(text);
            file
        }

        fn write(&self, text: &str) {
            std::fs::write(&self.0, text).expect("written");
        }
    }

    impl Drop for TestFile {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).expect("removed");
        }
    }

    #[test]
    fn r22_a_change_counts_once_when_two_readings_agree() {
        let file = TestFile::new("a");
        let (mut followed, words) = open(&file.0).expect("words");
        assert_eq!(words, ["a"]);
        assert!(followed.reread().expect("unchanged").is_none());
        file.write("b");
        assert!(followed.reread().expect("perhaps half written").is_none());
        file.write("b a");
        assert!(followed.reread().expect("changed again").is_none());
        assert_eq!(followed.reread().expect("settled").expect("words"), ["b", "a"]);
        assert!(followed.reread().expect("unchanged").is_none());
    }

    #[test]
    fn r22_a_change_that_cannot_be_used_is_told_once() {
        let file = TestFile::new("a");
        let (mut followed, _) = open(&file.0).expect("words");
        file.write("bad");
        assert!(followed.reread().expect("not settled").is_none());
        assert!(followed.reread().expect_err("refused").to_string().contains(":1: is bad"));
        assert!(followed.reread().expect("told already").is_none());
        let told = (0..TOLD_EVERY * 2).filter(|_| followed.reread().is_err()).count();
        assert_eq!(told, 2, "and again every minute while it is so");
        file.write("a");
        assert!(followed.reread().expect("not settled").is_none());
        assert_eq!(followed.reread().expect("settled").expect("words"), ["a"]);
        std::fs::remove_file(&file.0).expect("removed");
        assert!(followed.reread().expect("not settled").is_none());
        assert!(followed.reread().expect_err("gone").to_string().contains("cannot be read"));
        assert!(followed.reread().expect("told already").is_none());
        file.write("a");
        assert!(open(Path::new("no-such-file")).is_err());
    }
}
