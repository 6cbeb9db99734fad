//! The file of master keys that the processes of a fleet share, exchanged as an operator does it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Longer than any process needs to notice a changed file: it reads every two seconds, and two readings must agree.
const NOTICED: Duration = Duration::from_secs(7);

/// A file of master keys.
pub struct MasterKeyFile {
    path: PathBuf,
    lines: Mutex<Vec<String>>,
}

impl MasterKeyFile {
    /// A new file with one key.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let file = Self { path, lines: Mutex::new(vec![line(1)]) };
        file.write(&file.lines());
        file
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys as they stand in the file, for searches.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.lines().iter().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
    }

    /// Exchanges the key that seals without losing a session: first every process learns to open with the new key, then
    /// the new key seals. The former ones stay, for what they sealed.
    pub async fn exchange(&self) {
        {
            let mut lines = self.lines();
            let number = lines.len() + 1;
            lines.push(line(number));
            self.write(&lines);
        }
        tokio::time::sleep(NOTICED).await;
        {
            let mut lines = self.lines();
            lines.rotate_right(1);
            self.write(&lines);
        }
        tokio::time::sleep(NOTICED).await;
    }

    /// Removes every key but the one that seals: what the others sealed ends.
    pub async fn remove_former(&self) {
        {
            let mut lines = self.lines();
            lines.truncate(1);
            self.write(&lines);
        }
        tokio::time::sleep(NOTICED).await;
    }

    /// Puts something into the file that holds no keys, as a mistake of an operator does.
    #[expect(clippy::expect_used, reason = "a test that cannot write its keys must fail and say why")]
    pub(crate) fn spoil(&self) {
        fs::write(&self.path, "not a key\n").expect("written");
    }

    /// Puts the keys into the file again.
    pub(crate) fn mend(&self) {
        self.write(&self.lines());
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Written beside and moved into place, so that nobody reads half a file.
    #[expect(clippy::expect_used, reason = "a test that cannot write its keys must fail and say why")]
    fn write(&self, lines: &[String]) {
        let beside = self.path.with_extension("new");
        fs::write(&beside, lines.join("\n")).and_then(|()| fs::rename(&beside, &self.path)).expect("written");
    }
}

#[expect(clippy::expect_used, reason = "without random numbers nothing goes on")]
fn line(number: usize) -> String {
    let mut key = [0_u8; 32];
    rand::fill(&mut key).expect("random bytes");
    format!("key-{number} {}", STANDARD.encode(key))
}
