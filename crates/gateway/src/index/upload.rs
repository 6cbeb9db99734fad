//! What an authority sends: a CPR number a line, `"6101010001"`, of which nothing is kept but fingerprints. No number is
//! quoted, and each is wiped from memory as soon as it is read.

use overblik_connectors::{AcceptedPersons, Cpr};
use zeroize::{Zeroize, Zeroizing};

use super::fingerprint::{Fingerprint, IndexKey};

/// Longest line, in bytes: ten digits, a hyphen, quotation marks, and the end of a line as some systems write it.
const LONGEST_LINE: usize = 14;

/// Why what was sent is not taken. It says nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongUpload {
    /// A line is something else.
    #[error("line {0} is no CPR number of a person who may log in here; a line is \"DDMMYYSSSS\"")]
    Line(u64),
    /// There are more lines than were announced, or than may be.
    #[error("there are more than {0} lines")]
    More(u64),
    /// There are fewer lines than were announced: something of it is missing.
    #[error("{announced} lines were announced, and {came} came")]
    Fewer {
        /// As many were announced.
        announced: u64,
        /// As many came.
        came: u64,
    },
    /// It broke off, or a part of it took too long.
    #[error("it broke off after {0} lines")]
    BrokenOff(u64),
}

/// Reads what is sent, part by part.
pub(crate) struct Upload<'k> {
    key: &'k IndexKey,
    accepted: AcceptedPersons,
    most: u64,
    line: Zeroizing<[u8; LONGEST_LINE]>,
    length: usize,
    lines: u64,
    read: Vec<Fingerprint>,
}

impl<'k> Upload<'k> {
    /// For so many lines at most.
    pub(crate) fn new(key: &'k IndexKey, accepted: AcceptedPersons, most: u64) -> Self {
        let read = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
        Self { key, accepted, most, line: Zeroizing::new([0; LONGEST_LINE]), length: 0, lines: 0, read }
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// [`WrongUpload`].
    pub(crate) fn take(&mut self, part: &[u8]) -> Result<(), WrongUpload> {
        for byte in part {
            if *byte == b'\n' {
                self.end_line()?;
                continue;
            }
            let place = self.line.get_mut(self.length).ok_or(WrongUpload::Line(self.lines.saturating_add(1)))?;
            *place = *byte;
            self.length += 1;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), WrongUpload> {
        if self.lines >= self.most {
            return Err(WrongUpload::More(self.most));
        }
        self.lines = self.lines.saturating_add(1);
        let line = self.line.get(..self.length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        let citizen = std::str::from_utf8(bare).ok().and_then(|text| Cpr::parse(text, self.accepted).ok());
        self.read.push(self.key.fingerprint(&citizen.ok_or(WrongUpload::Line(self.lines))?));
        self.line.zeroize();
        self.length = 0;
        Ok(())
    }

    /// That it broke off here.
    pub(crate) fn broken_off(&self) -> WrongUpload {
        WrongUpload::BrokenOff(self.lines)
    }

    /// What came, of which the last line need not end: so many lines at least.
    ///
    /// # Errors
    /// [`WrongUpload`].
    pub(crate) fn finish(mut self, announced: u64) -> Result<Vec<Fingerprint>, WrongUpload> {
        if self.length > 0 {
            self.end_line()?;
        }
        if self.lines < announced {
            return Err(WrongUpload::Fewer { announced, came: self.lines });
        }
        Ok(self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::fingerprint::tests::{citizen, index, master};

    fn read(text: &str, at_a_time: usize, most: u64) -> Result<Vec<Fingerprint>, WrongUpload> {
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let mut upload = Upload::new(&key, AcceptedPersons::FictitiousToo, most);
        for part in text.as_bytes().chunks(at_a_time) {
            upload.take(part)?;
        }
        upload.finish(0)
    }

    #[test]
    fn lines_are_read_however_they_are_cut_into_parts() {
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let expected =
            Ok(["6101010001", "6101010002", "6101010001"].map(|one| key.fingerprint(&citizen(one))).to_vec());
        for text in ["\"6101010001\"\n\"610101-0002\"\n\"6101010001\"\n", "6101010001\r\n\"6101010002\"\r\n610101-0001"]
        {
            for at_a_time in [1, 3, 13, 1000] {
                assert_eq!(read(text, at_a_time, 3), expected, "{text} {at_a_time}");
            }
        }
        assert_eq!(read("", 1, 3), Ok(Vec::new()));
    }

    #[test]
    fn r59_a_line_that_is_no_number_is_told_by_its_place_alone() {
        for wrong in [
            "\n",
            "61010100011\n",
            "\"6101010001\n",
            "6101010001 \n",
            " 6101010001\n",
            "[\"6101010001\",\n",
            "{\"cpr\":\"6101010001\"}\n",
            "6113010001\n",
            "6101010001,6101010002\n",
            "\\u0036101010001\n",
            "61010100\u{f8}1\n",
        ] {
            let told = read(&format!("6101010001\n{wrong}"), 1000, 9).expect_err(wrong);
            assert_eq!(told, WrongUpload::Line(2), "{wrong}");
            assert!(!told.to_string().contains("6101"), "{told}");
        }
        assert_eq!(read("6101010001\n6101010002\n", 1000, 1), Err(WrongUpload::More(1)));
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let mut upload = Upload::new(&key, AcceptedPersons::FictitiousToo, 3);
        assert_eq!(upload.take(b"6101010001\n6101010002"), Ok(()));
        assert_eq!(upload.finish(3), Err(WrongUpload::Fewer { announced: 3, came: 2 }));
        let real = ["01", "01010001"].concat();
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let mut upload = Upload::new(&key, AcceptedPersons::Real, 2);
        assert_eq!(upload.take(format!("{real}\n").as_bytes()), Ok(()));
        assert_eq!(upload.take(b"6101010001\n"), Err(WrongUpload::Line(2)), "as at the login");
    }
}
