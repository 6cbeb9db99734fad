//! What tells the files of a contract's folder from any others, so that a change of one is noticed where the contract's own
//! text stayed the same.

use std::{fs, io, path::Path};

use aws_lc_rs::digest;

use crate::revision::Revision;

/// How deep folders lie in a contract's folder at most.
const DEEPEST: usize = 4;

/// The mark of a folder; `None` where it cannot be read whole: then nothing counts as unchanged.
pub(super) fn folder_mark(folder: &Path) -> Option<Revision> {
    let mut context = digest::Context::new(&digest::SHA256);
    add(folder, DEEPEST, &mut context).ok()?;
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Some(Revision::from_digest(bytes))
}

fn add(folder: &Path, deeper: usize, context: &mut digest::Context) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let (is_folder, bytes) = if path.is_dir() { (true, Vec::new()) } else { (false, fs::read(&path)?) };
        // With its length before it, so that no two lists of files read the same.
        for part in [name, &bytes] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        if is_folder {
            let deeper = deeper.checked_sub(1).ok_or_else(|| io::Error::other("folders lie too deep"))?;
            context.update(b"[");
            add(&path, deeper, context)?;
            context.update(b"]");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_and_name_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        fs::create_dir(folder.path().join("schemas")).expect("a folder");
        write("connector.yaml", "a: 1");
        write("schemas/answer.json", "{}");
        let first = folder_mark(folder.path());
        assert!(first.is_some() && first == folder_mark(folder.path()));
        write("schemas/answer.json", "{ }");
        let second = folder_mark(folder.path());
        assert_ne!(first, second);
        fs::rename(folder.path().join("schemas/answer.json"), folder.path().join("answer.json")).expect("renamed");
        assert_ne!(second, folder_mark(folder.path()));
        assert_eq!(folder_mark(&folder.path().join("nowhere")), None);
    }
}
