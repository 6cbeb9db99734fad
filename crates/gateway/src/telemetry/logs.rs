//! Log output. What is logged holds no identifier of a citizen: only pseudonyms, slugs, codes and durations.

use std::io::{IsTerminal, Write};

use tracing::Dispatch;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, reload};

use super::{
    levels::CountLevels,
    lines::{JsonLines, TextLines},
};

use crate::{
    config::{LogConfig, LogFormat},
    one_line::OneLine,
};

/// Starts writing logs to standard error.
///
/// # Errors
/// When the filter cannot be read, or logs are already being written.
pub fn start(config: &LogConfig) -> Result<LogFilter, LogError> {
    let (dispatch, filter) = written(config, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|error| LogError::AlreadyStarted(error.to_string()))?;
    log_panics();
    Ok(filter)
}

/// Says which events are written, and can say otherwise.
pub struct LogFilter(Box<dyn Fn(EnvFilter) + Send + Sync>);

impl LogFilter {
    fn by(exchange: impl Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync + 'static) -> Self {
        Self(Box::new(move |filter| {
            // It fails where nothing is written any more.
            if let Err(error) = exchange(filter) {
                tracing::error!(%error, "the log filter stays as it was");
            }
        }))
    }

    /// Looks whether a filter can be read.
    ///
    /// # Errors
    /// [`LogError::Filter`].
    pub fn check(filter: &str) -> Result<(), LogError> {
        read(filter).map(|_| ())
    }

    /// Takes another filter from now on.
    ///
    /// # Errors
    /// [`LogError::Filter`] when it cannot be read; then the former one stays.
    pub fn exchange(&self, filter: &str) -> Result<(), LogError> {
        (self.0)(read(filter)?);
        Ok(())
    }
}

impl std::fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogFilter")
    }
}

fn read(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter).map_err(|error| LogError::Filter(error.to_string()))
}

/// Where log events go: through the filter, as lines in the format, to a writer.
fn written<W: Write + 'static>(
    config: &LogConfig,
    writer: impl Fn() -> W + Send + Sync + 'static,
    colours: bool,
) -> Result<(Dispatch, LogFilter), LogError> {
    let filter = read(&config.filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || OneLine(writer()));
    Ok(match config.format {
        LogFormat::Json => {
            let builder = builder.event_format(JsonLines).with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.finish().with(CountLevels).into(), LogFilter::by(move |filter| handle.reload(filter)))
        }
        LogFormat::Text => {
            let builder = builder.with_ansi(colours).event_format(TextLines).with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.finish().with(CountLevels).into(), LogFilter::by(move |filter| handle.reload(filter)))
        }
    })
}

/// Logs where a panic happened, but not its message, which may quote what was being worked on.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

/// Why logs cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error("log.filter: {0}\n  hint: write a level such as info, or overblik_gateway=debug")]
    Filter(String),
    /// Something else writes logs in this process.
    #[error("logs are already being written: {0}")]
    AlreadyStarted(String),
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;
    use crate::{clock::Clock, telemetry::Reference};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn another_filter_holds_at_once_and_one_that_cannot_be_read_changes_nothing() {
        let lines = Lines::default();
        let config = LogConfig { filter: "warn".into(), format: LogFormat::Json };
        let writer = lines.clone();
        let (dispatch, filter) = written(&config, move || writer.clone(), false).expect("a filter");
        tracing::dispatcher::with_default(&dispatch, || {
            let told = |number: u32| {
                tracing::info!(number, "told");
                let text = String::from_utf8(lines.0.lock().expect("a lock").clone()).expect("UTF-8");
                text.contains(&format!("\"number\":{number}"))
            };
            assert!(!told(1));
            filter.exchange("info").expect("a filter");
            assert!(told(2));
            assert!(filter.exchange("overblik=loud").is_err() && LogFilter::check("overblik=loud").is_err());
            assert!(told(3));
            filter.exchange("warn").expect("a filter");
            assert!(!told(4));
        });
    }

    /// What is written in a format while something is done.
    fn written_by(format: LogFormat, colours: bool, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let config = LogConfig { filter: "info".into(), format };
        let (dispatch, _) = written(&config, move || writer.clone(), colours).expect("a filter");
        tracing::dispatcher::with_default(&dispatch, work);
        let bytes = lines.0.lock().expect("a lock").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_line_says_what_happened_with_its_fields_and_for_which_request() {
        let reference = Reference::random();
        let work = || {
            reference.around(|| tracing::warn!(asked = 3, deadline_met = true, why = "late", "told"));
            tracing::info!("told again");
        };
        let text = written_by(LogFormat::Json, false, work);
        let events: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [about_request, other] = events.as_slice() else { unreachable!("{text}") };
        let of = |name: &str| about_request[name].clone();
        assert_eq!((of("level"), of("message"), of("target")), ("WARN".into(), "told".into(), module_path!().into()));
        assert_eq!((of("asked"), of("deadline_met"), of("why")), (3.into(), true.into(), "late".into()));
        assert_eq!(of("reference"), reference.as_str());
        let time = of("timestamp").as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok()).expect("a time");
        assert!(Clock::system().now().duration_since(time).abs().as_secs() < 60, "{time}");
        assert_eq!(about_request.as_object().map(serde_json::Map::len), Some(8), "and nothing else");
        assert_eq!(other.get("reference"), None, "{other}");
        for (colours, level) in [(false, " WARN"), (true, " \u{1b}[33m WARN\u{1b}[0m")] {
            let text = written_by(LogFormat::Text, colours, work);
            let (first, second) = text.split_once('\n').expect("two lines");
            let (_, after) = first.split_once(&format!("{level} {reference} ")).expect("level and reference");
            assert!(after.starts_with("told"), "{first}");
            assert!(!second.contains(reference.as_str()), "{second}");
        }
    }

    #[test]
    fn r63_control_characters_in_any_logged_field_come_out_escaped() {
        #[derive(Debug)]
        struct Wrapped(#[expect(dead_code, reason = "shown by Debug")] String);
        // Everything that could end a line, forge one, or move a terminal's cursor.
        let hostile: String =
            (0..0x20).chain(0x7f..0xa0).chain([0x2028, 0x2029, 0x202e]).filter_map(char::from_u32).collect();
        let hostile = format!("x{hostile}\r\n{{\"level\":\"ERROR\"}}\n2026-11-25T00:00:00Z ERROR forged\u{1b}[2J");
        for (format, colours) in [(LogFormat::Json, false), (LogFormat::Text, false), (LogFormat::Text, true)] {
            let text = written_by(format, colours, || {
                let error: Box<dyn std::error::Error + Send + Sync> = hostile.clone().into();
                tracing::error!(shown = %hostile, quoted = hostile, wrapped = ?Wrapped(hostile.clone()), error = &*error as &(dyn std::error::Error + 'static), "{hostile}");
            });
            assert_eq!(text.lines().count(), 1, "{text}");
            let line = text.strip_suffix('\n').expect("a line's end");
            let line = if colours { line.replace("\u{1b}[", "[") } else { line.to_owned() };
            let moving =
                line.chars().find(|character| character.is_control() || ('\u{2028}'..='\u{202e}').contains(character));
            assert_eq!(moving, None, "{format:?}: {line}");
            assert!(
                !line.contains("[2J")
                    || line.contains("\\u001b[2J")
                    || line.contains("\\x1b[2J")
                    || line.contains("\\u{1b}[2J"),
                "{line}"
            );
            if format == LogFormat::Json {
                let event: serde_json::Value = serde_json::from_str(&line).expect("JSON still");
                assert_eq!(event["quoted"], hostile.as_str(), "and nothing is lost");
            }
        }
    }
}
