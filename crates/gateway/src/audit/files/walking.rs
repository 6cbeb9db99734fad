//! Reading a whole trail, beside the process that writes it.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use super::{
    super::{
        AuditAway,
        names::{Mark, MarkOf},
    },
    marks, segment,
};

/// A folder with a trail, for whoever reads it.
#[derive(Clone, Debug)]
pub(in crate::audit) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The mark that is there.
    pub(in crate::audit) fn mark(&self, of: MarkOf) -> Result<Option<Mark>, AuditAway> {
        marks::read(&self.0, of).map_err(|error| self.away(&error))
    }

    /// Hands over every whole line until told to stop. What follows the last of them is being written, or was left by a
    /// crash.
    pub(in crate::audit) fn for_each_line<B>(
        &self,
        mut take: impl FnMut(&str) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, AuditAway> {
        let firsts = segment::all(&self.0).map_err(|error| self.away(&error))?;
        for first in firsts {
            let file = match File::open(segment::lines(&self.0, first)) {
                // Its time was over meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.map_err(|error| self.away(&error))?,
            };
            let (mut reader, mut line) = (BufReader::new(file), Vec::new());
            loop {
                line.clear();
                reader.read_until(b'\n', &mut line).map_err(|error| self.away(&error))?;
                let Some(text) = line.strip_suffix(b"\n") else { break };
                if let ControlFlow::Break(end) = take(&String::from_utf8_lossy(text)) {
                    return Ok(ControlFlow::Break(end));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn away(&self, error: &io::Error) -> AuditAway {
        AuditAway(format!("{}: {error}", self.0.display()))
    }
}
