//! Watches everything that is logged while tests run.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError},
    thread::{self, ThreadId},
};

use base64::{Engine, engine::general_purpose};
use overblik_gateway::telemetry::JsonLines;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static RECORD: LazyLock<Mutex<Record>> = LazyLock::new(Mutex::default);
static STARTED: OnceLock<()> = OnceLock::new();

/// What was logged, by thread: a test with its whole system runs on one thread, so its lines can be told from those of
/// tests beside it.
#[derive(Default)]
struct Record {
    logged: HashMap<ThreadId, Vec<u8>>,
    /// Threads that tests run on. The others work for all of them.
    tests: HashSet<ThreadId>,
}

/// Captures log lines of all levels down to debug, from every crate in the process.
pub struct LogGuard {
    test: ThreadId,
    from: HashMap<ThreadId, usize>,
}

impl LogGuard {
    /// Starts watching.
    #[must_use]
    pub fn begin() -> Self {
        STARTED.get_or_init(|| {
            let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("debug")).with_writer(Capture);
            // As the gateway writes them.
            lines.event_format(JsonLines).init();
        });
        let mut record = record();
        let test = thread::current().id();
        record.tests.insert(test);
        Self { test, from: record.logged.iter().map(|(thread, logged)| (*thread, logged.len())).collect() }
    }

    /// What this test's own thread logged since the beginning: all of its system, for `#[tokio::test]` runs it there.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_of(&record(), self.test)
    }

    fn text_of(&self, record: &Record, thread: ThreadId) -> String {
        let from = self.from.get(&thread).copied().unwrap_or_default();
        let logged = record.logged.get(&thread).and_then(|logged| logged.get(from..));
        String::from_utf8_lossy(logged.unwrap_or_default()).into_owned()
    }

    /// Fails if anything logged by this test, or by a thread that works for all tests, gives a person or a token away.
    ///
    /// # Panics
    /// With the log line that does.
    pub fn check(&self, persons: &[&str], tokens: &[String]) {
        let texts: Vec<String> = {
            let record = record();
            let threads = record.logged.keys().filter(|thread| !record.tests.contains(thread));
            threads.chain([&self.test]).map(|thread| self.text_of(&record, *thread)).collect()
        };
        let watched = texts.iter().any(|text| text.contains("overblik_gateway"));
        assert!(watched, "nothing of the gateway was logged: the guard watches nothing");
        let forbidden = persons.iter().flat_map(|person| spellings(person)).chain(tokens.iter().cloned());
        for secret in forbidden {
            if let Some(line) = texts.iter().flat_map(|text| text.lines()).find(|line| line.contains(&secret)) {
                // Fictitious persons only: the line may be shown.
                panic_with(line, &secret);
            }
        }
    }
}

#[expect(clippy::panic, reason = "a log line that gives somebody away fails the test")]
fn panic_with(line: &str, secret: &str) -> ! {
    panic!("a log line holds {secret}:\n{line}")
}

/// The ways in which a person number may be written: plain, with a hyphen, URL-encoded, in base64 and in hex.
#[must_use]
pub fn spellings(cpr: &str) -> Vec<String> {
    let hyphenated = match cpr.split_at_checked(6) {
        Some((birth, serial)) => format!("{birth}-{serial}"),
        None => cpr.to_owned(),
    };
    let mut all = vec![cpr.to_owned(), hyphenated.clone(), hyphenated.replace('-', "%2D"), hex(cpr), hex(&hyphenated)];
    // Base64 of a text that contains the number depends on where it stands: all three alignments, less their edges.
    for text in [cpr, hyphenated.as_str()] {
        for shift in 0..3 {
            let encoded = general_purpose::STANDARD_NO_PAD.encode(format!("{}{text}", " ".repeat(shift)));
            let edge = if shift == 0 { 0 } else { 4 };
            all.extend(encoded.get(edge..encoded.len() - 2).map(str::to_owned));
        }
    }
    all
}

pub(crate) fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        hex.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
        hex
    })
}

struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        record().logged.entry(thread::current().id()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Capture {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

fn record() -> MutexGuard<'static, Record> {
    RECORD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(text: &str) -> LogGuard {
        let guard = LogGuard::begin();
        tracing::debug!(target: "overblik_gateway", text, "a line");
        guard
    }

    #[test]
    fn a_harmless_line_passes() {
        logged("610101").check(&["6101010001"], &["the-secret".to_owned()]);
    }

    #[test]
    #[should_panic(expected = "a log line holds 610101-0001")]
    fn a_line_with_a_number_fails() {
        logged("about 610101-0001").check(&["6101010001"], &[]);
    }

    #[test]
    #[should_panic(expected = "a log line holds the-secret")]
    fn a_line_with_a_token_fails() {
        logged("cookie=the-secret").check(&[], &["the-secret".to_owned()]);
    }

    #[test]
    fn a_line_of_a_thread_that_works_for_all_tests_counts_and_another_test_s_does_not() {
        let guard = logged("mine");
        let elsewhere = |text: &'static str, is_test: bool| {
            thread::spawn(move || {
                let _guard = is_test.then(LogGuard::begin);
                tracing::debug!(target: "overblik_gateway", text, "a line");
            })
        };
        elsewhere("another-test's", true).join().expect("it logs");
        guard.check(&[], &["another-test's".to_owned()]);
        elsewhere("everybody's", false).join().expect("it logs");
        let found = std::panic::catch_unwind(|| guard.check(&[], &["everybody's".to_owned()]));
        assert!(found.is_err());
    }

    #[test]
    fn a_number_is_found_in_every_spelling() {
        let base64 = general_purpose::STANDARD.encode(r#"{"cpr":"6101010001","name":"x"}"#);
        let found = spellings("6101010001").iter().any(|spelling| base64.contains(spelling));
        assert!(found, "{base64}");
        assert!(spellings("6101010001").contains(&"610101-0001".to_owned()));
    }
}
