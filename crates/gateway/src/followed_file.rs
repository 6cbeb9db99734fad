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
pub(crate) const READ_EVERY: Duration = Duration::from_secs(2);

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
    settling: Settling,
    standing: Arc<FileStanding>,
}

/// Which of the readings of a file, or of several that change together, are acted on.
#[derive(Clone, Debug)]
pub(crate) struct Settling {
    /// Hash of what was read last; `None` if it could not be read.
    last_read: Option<[u8; 32]>,
    /// Hash of what was acted on last.
    acted_on: Option<[u8; 32]>,
    /// Readings since it was last told to be unusable; `None` while it is usable.
    unusable_for: Option<u32>,
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

impl Settling {
    /// After the first reading, which was acted on.
    pub(crate) fn begun(read: [u8; 32]) -> Self {
        Self { last_read: Some(read), acted_on: Some(read), unusable_for: None }
    }

    /// Whether a reading is to be acted on: two in a row agree on a change, for what is just being written may lack a part.
    /// Or it is unusable, and time to say so again.
    pub(crate) fn is_due(&mut self, read: Option<[u8; 32]>) -> bool {
        let settled = read == self.last_read;
        self.last_read = read;
        let tell_again = self.unusable_for.as_mut().is_some_and(|readings| {
            *readings += 1;
            readings.is_multiple_of(TOLD_EVERY)
        });
        if !settled || (read == self.acted_on && !tell_again) {
            return false;
        }
        self.acted_on = read;
        true
    }

    /// What came of acting on it.
    pub(crate) fn acted(&mut self, was_usable: bool) {
        self.unusable_for = if was_usable { None } else { self.unusable_for.or(Some(0)) };
    }
}

impl<T> FollowedFile<T> {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// [`FileMistake`].
    pub fn open(path: &Path, parse: Parse<T>, hint: &'static str) -> Result<(Self, T), FileMistake> {
        let mistake = |what| FileMistake::new(path, what, hint);
        let text = text_of(path).map_err(mistake)?;
        let value = parse(&text).map_err(mistake)?;
        let settling = Settling::begun(sha256(&text));
        let standing = Arc::new(FileStanding { path: path.to_owned(), is_unusable: AtomicBool::new(false) });
        Ok((Self { path: path.to_owned(), parse, hint, settling, standing }, value))
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
        let text = text_of(&self.path);
        if !self.settling.is_due(text.as_ref().ok().map(|text| sha256(text))) {
            return Ok(None);
        }
        let value = text.and_then(|text| (self.parse)(&text));
        self.settling.acted(value.is_ok());
        self.standing.is_unusable.store(value.is_err(), Ordering::Relaxed);
        value.map(Some).map_err(|what| FileMistake::new(&self.path, what, self.hint))
    }
}

/// What a file holds, read in one go.
///
/// # Errors
/// What is wrong, as a mistake's text goes on after the file's name.
pub(crate) fn text_of(path: &Path) -> Result<Zeroizing<String>, String> {
    let unreadable = |error: std::io::Error| format!(" cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    // Neither a pipe that never ends nor a device that always has more.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(" is not a file".to_owned());
    }
    let mut text = Zeroizing::new(String::with_capacity(4096));
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    // A part of it would be something else.
    if text.len() as u64 > LARGEST_FILE {
        return Err(format!(" is larger than {} KiB", LARGEST_FILE / 1024));
    }
    Ok(text)
}

/// By hand: what the file holds need not be cloned with it.
impl<T> Clone for FollowedFile<T> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), settling: self.settling.clone(), standing: Arc::clone(&self.standing), ..*self }
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

impl FileMistake {
    /// What is wrong with a file: a text that goes on after its name, at `:LINE:` or a space.
    pub(crate) fn new(path: &Path, what: String, hint: &'static str) -> Self {
        Self { path: path.to_owned(), what, hint }
    }
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
        file.write(&"a ".repeat(40_000));
        assert!(followed.reread().expect("not settled").is_none());
        assert!(open(&file.0).expect_err("not in part").to_string().contains(" is larger than 64 KiB"));
        file.write("a");
        assert!(open(Path::new("no-such-file")).is_err());
    }
}
