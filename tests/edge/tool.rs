//! A tool that runs beside a gateway, in bounded time.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Whether the long form was asked for.
#[expect(clippy::disallowed_methods, reason = "a choice of whoever runs the tests, not of the gateway")]
pub(crate) fn is_long() -> bool {
    std::env::var_os("OVERBLIK_EDGE_LONG").is_some_and(|long| long == "1")
}

static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// One after the other: tools beside each other would find each other's load.
pub(crate) async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    ALONE.lock().await
}

/// What a tool says.
pub(crate) struct Said {
    pub(crate) succeeded: bool,
    pub(crate) text: String,
}

/// Runs a tool to its end, and the gateway of this test meanwhile.
pub(crate) async fn run(name: &str, arguments: &[String], within: Duration) -> Said {
    let folder = tempfile::TempDir::new().expect("a folder");
    let out = folder.path().join("out");
    let file = std::fs::File::create(&out).expect("a file");
    let mut running = Command::new(name)
        .args(arguments)
        .current_dir(folder.path())
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stderr(file.try_clone().expect("the same file"))
        .stdout(file)
        .spawn()
        .unwrap_or_else(|error| panic!("{name} does not start ({error}); `./test tools` installs it"));
    let began = Instant::now();
    let ended = loop {
        match running.try_wait().expect("its state") {
            Some(ended) => break Some(ended),
            None if began.elapsed() > within => break None,
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let text = || String::from_utf8_lossy(&std::fs::read(&out).unwrap_or_default()).into_owned();
    let Some(ended) = ended else {
        drop(running.kill());
        drop(running.wait());
        panic!("{name} did not end within {within:?}: {}", text());
    };
    Said { succeeded: ended.success(), text: text() }
}
