//! The `overblik` command beside the test's own executable. Cargo does not build it for tests of another package.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use crate::repository;

/// Which build of the gateway runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayBinary {
    /// The gateway.
    Overblik,
    /// A build with a deliberate defect, which the storm must find (requirement R57).
    NegativeControl,
}

impl GatewayBinary {
    /// The command, run from the root of the repository.
    ///
    /// # Panics
    /// When it is missing or older than what it is made of.
    #[must_use]
    pub fn command(self) -> Command {
        let (name, build) = match self {
            Self::Overblik => ("overblik", "cargo build -p overblik-gateway"),
            Self::NegativeControl => (
                "overblik-negative-control",
                "cargo build -p overblik-gateway --features negative-control --bin overblik-negative-control",
            ),
        };
        let command = built(name);
        let newest = newest_source(&repository().join("crates"));
        assert!(
            modified(&command) >= newest,
            "{} is missing or older than its sources; first run: {build}",
            command.display()
        );
        let mut command = Command::new(command);
        command.current_dir(repository()).stdin(Stdio::null());
        command
    }
}

#[expect(clippy::expect_used, reason = "a test's executable lies in the target folder")]
fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the test's own path");
    own.ancestors().nth(2).expect("the target folder").join(name)
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When a file that the command is made of was last changed. Tests and the other build's start are no part of it.
#[expect(clippy::expect_used, reason = "the repository can be read")]
fn newest_source(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_part = |part: &std::ffi::OsStr| part != "tests" && part != "negative_control.rs";
    let parts = entries.filter(|path| path.file_name().is_some_and(is_part));
    parts
        .map(|path| if path.is_dir() { newest_source(&path) } else { modified(&path) })
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
