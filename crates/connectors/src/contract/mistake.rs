//! What is wrong with a contract, and where.

use std::{fmt, path::PathBuf};

/// A place in a contract's text. Line and column count from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One mistake in a contract, or in what the deployment sets for its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractMistake {
    /// The contract's file, or the folder that should hold one.
    pub file: PathBuf,
    /// Where in the file; `None` when the mistake is about the file as a whole.
    pub position: Option<Position>,
    /// The path of keys that leads there (`spec.requests.loans.path`); empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ContractMistake {
    /// A mistake about a file or folder as a whole.
    pub(crate) fn of_file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self { file: file.into(), position: None, path: String::new(), message: message.into(), hint: None }
    }
}

impl fmt::Display for ContractMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}:", self.path)?;
        }
        write!(f, " {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Every mistake of every contract in a directory; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractMistakes(Vec<ContractMistake>);

impl ContractMistakes {
    /// Puts mistakes in the order in which an author would meet them.
    pub(crate) fn new(mut mistakes: Vec<ContractMistake>) -> Self {
        mistakes.sort_by(|a, b| (&a.file, a.position).cmp(&(&b.file, b.position)));
        // A code list that two fields use is checked for each.
        mistakes.dedup();
        Self(mistakes)
    }

    /// The mistakes, by file and position.
    #[must_use]
    pub fn as_slice(&self) -> &[ContractMistake] {
        &self.0
    }
}

impl fmt::Display for ContractMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ContractMistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_reads_like_a_compilers() {
        let mistake = ContractMistake {
            file: "contracts/x/connector.yaml".into(),
            position: Some(Position { line: 31, column: 9 }),
            path: "spec.widgets[0].fields.duedate".into(),
            message: "no such field".into(),
            hint: Some("did you mean \"due_on\"?".into()),
        };
        assert_eq!(
            mistake.to_string(),
            "contracts/x/connector.yaml:31:9: spec.widgets[0].fields.duedate: no such field\n  \
             hint: did you mean \"due_on\"?"
        );
        assert_eq!(
            ContractMistake::of_file("contracts/x", "no connector.yaml").to_string(),
            "contracts/x: no connector.yaml"
        );
    }
}
