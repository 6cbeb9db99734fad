//! What a configuration is read from, and whether it has changed.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use aws_lc_rs::digest::{Context, SHA256};

use crate::config::Written;

/// How deep contracts lie in their directory, with the files beside them.
const DEEPEST: usize = 6;

/// Looks after which what was refused is tried again: a minute at two seconds each. What it lacked may have come by then,
/// with no file changed that is looked at: the provider's metadata, or a secret's file that nobody knew of.
const TRIED_AGAIN_EVERY: u32 = 30;

/// What tells one state of all files from the others.
pub(super) type Mark = [u8; 32];

/// See the module.
#[derive(Clone, Debug)]
pub struct Inputs {
    file: PathBuf,
    secret_files: Vec<PathBuf>,
    contracts: Option<PathBuf>,
    last_read: Mark,
    acted_on: Mark,
    /// Looks since the last change was refused; `None` while what there is was taken.
    refused_for: Option<u32>,
}

impl Inputs {
    /// As they are now. To be made as soon as the configuration was read: what changes from here on is found.
    #[must_use]
    pub fn new(file: &Path, written: &Written, contracts: Option<&Path>) -> Self {
        let mut inputs = Self {
            file: file.to_owned(),
            secret_files: Vec::new(),
            contracts: None,
            last_read: Mark::default(),
            acted_on: Mark::default(),
            refused_for: None,
        };
        inputs.follow(written, contracts);
        inputs.last_read = inputs.mark();
        inputs.acted_on = inputs.last_read;
        inputs
    }

    /// The configuration's own file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// From now on these are read.
    pub(super) fn follow(&mut self, written: &Written, contracts: Option<&Path>) {
        let (secret_files, contracts) = (written.secret_files().to_vec(), contracts.map(Path::to_owned));
        if (&secret_files, &contracts) != (&self.secret_files, &self.contracts) {
            (self.secret_files, self.contracts) = (secret_files, contracts);
            // Other files have another mark. What they hold has just been read.
            self.last_read = self.mark();
            self.acted_on = self.last_read;
        }
    }

    /// Whether there is something to be read. A change counts when two looks agree on it: a file that is just being written
    /// may lack a part. Whoever asked for it does not wait. What was refused is tried again at a slower pace.
    pub(super) fn is_to_be_read(&mut self, mark: Mark, at_once: bool) -> bool {
        let is_settled = mark == self.last_read;
        self.last_read = mark;
        let is_tried_again = self.refused_for.as_mut().is_some_and(|looks| {
            *looks += 1;
            looks.is_multiple_of(TRIED_AGAIN_EVERY)
        });
        let is_to_be_read = at_once || is_settled && (is_tried_again || mark != self.acted_on);
        if is_to_be_read {
            self.acted_on = mark;
        }
        is_to_be_read
    }

    /// What came of reading it.
    pub(super) fn acted(&mut self, was_taken: bool) {
        self.refused_for = if was_taken { None } else { self.refused_for.or(Some(0)) };
    }

    /// The mark of all files as they are now. Of contracts, which may be many, times and lengths count.
    pub(super) fn mark(&self) -> Mark {
        let mut context = Context::new(&SHA256);
        for file in [&self.file].into_iter().chain(&self.secret_files) {
            let bytes = fs::read(file).unwrap_or_else(|error| error.to_string().into_bytes());
            add(&mut context, &[file.as_os_str().as_encoded_bytes(), &bytes]);
        }
        if let Some(directory) = &self.contracts {
            add_times(&mut context, directory, DEEPEST);
        }
        let mut mark = Mark::default();
        mark.copy_from_slice(context.finish().as_ref());
        mark
    }
}

fn add(context: &mut Context, parts: &[&[u8]]) {
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
}

fn add_times(context: &mut Context, directory: &Path, deeper: usize) {
    let mut entries: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        // Also by way of links, as Kubernetes puts files in place.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let time = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let name = path.as_os_str().as_encoded_bytes();
        add(context, &[name, &time.as_nanos().to_be_bytes(), &metadata.len().to_be_bytes()]);
        if metadata.is_dir() && deeper > 0 {
            add_times(context, &path, deeper - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_when_two_looks_agree_or_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, contracts) = (folder.path().join("overblik.yaml"), folder.path().join("contracts"));
        let contract = contracts.join("birkerup/library/connector.yaml");
        fs::create_dir_all(contract.parent().expect("a folder")).expect("a folder");
        fs::write(&file, "a").expect("written");
        fs::write(&contract, "b").expect("written");
        let mut inputs = Inputs::new(&file, &Written::default(), Some(&contracts));
        let look = |inputs: &mut Inputs, at_once| {
            let mark = inputs.mark();
            inputs.is_to_be_read(mark, at_once)
        };
        assert!(!look(&mut inputs, false));
        fs::write(&file, "half").expect("written");
        assert!(!look(&mut inputs, false), "perhaps half written");
        fs::write(&file, "half and half").expect("written");
        assert!(!look(&mut inputs, false));
        assert!(look(&mut inputs, false));
        assert!(!look(&mut inputs, false), "once");
        fs::write(&contract, "b longer").expect("written");
        assert!(!look(&mut inputs, false));
        assert!(look(&mut inputs, false));
        assert!(look(&mut inputs, true), "whoever asks is heard, also if nothing changed");
        fs::remove_file(&file).expect("removed");
        assert!(!look(&mut inputs, false));
        assert!(look(&mut inputs, false), "also that it is gone");
    }

    #[test]
    fn what_was_refused_is_tried_again_every_minute_until_it_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("overblik.yaml");
        fs::write(&file, "a").expect("written");
        let mut inputs = Inputs::new(&file, &Written::default(), None);
        let tried = |inputs: &mut Inputs| (0..90).filter(|_| inputs.is_to_be_read(inputs.mark(), false)).count();
        assert_eq!(tried(&mut inputs), 0);
        inputs.acted(false);
        assert_eq!(tried(&mut inputs), 3);
        // Refused once more, in between.
        inputs.acted(false);
        assert_eq!(tried(&mut inputs), 3);
        inputs.acted(true);
        assert_eq!(tried(&mut inputs), 0);
    }
}
