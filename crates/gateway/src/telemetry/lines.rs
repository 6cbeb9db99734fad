//! How a log line is written: what happened, its fields, and the reference of the request that it is about.

use std::{fmt, str};

use serde::ser::{SerializeMap, Serializer};
use tracing::{Event, Level, Subscriber};
use tracing_serde::{AsSerde, SerdeMapVisitor};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use super::reference::Reference;

/// Bytes of most lines.
const LENGTH: usize = 512;

/// A JSON object for each event.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines;

/// Words for a person.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let line = as_json(event).map_err(|_| fmt::Error)?;
        writer.write_str(str::from_utf8(&line).map_err(|_| fmt::Error)?)?;
        writer.write_char('\n')
    }
}

fn as_json(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    let mut time = String::with_capacity("2026-11-27T10:30:00.000000Z".len());
    // A text takes whatever is written into it.
    let _written = SystemTime.format_time(&mut Writer::new(&mut time));
    let mut line = Vec::with_capacity(LENGTH);
    let mut written = serde_json::Serializer::new(&mut line);
    let mut object = written.serialize_map(None)?;
    object.serialize_entry("timestamp", &time)?;
    object.serialize_entry("level", &event.metadata().level().as_serde())?;
    let mut fields = SerdeMapVisitor::new(object);
    event.record(&mut fields);
    let mut object = fields.take_serializer()?;
    object.serialize_entry("target", event.metadata().target())?;
    if let Some(reference) = Reference::current() {
        object.serialize_entry("reference", reference.as_str())?;
    }
    object.end()?;
    Ok(line)
}

impl<S, N> FormatEvent<S, N> for TextLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut writer)?;
        let level = event.metadata().level();
        if writer.has_ansi_escapes() {
            write!(writer, " \u{1b}[{}m{level:>5}\u{1b}[0m ", colour(*level))?;
        } else {
            write!(writer, " {level:>5} ")?;
        }
        // Before what others have a part in.
        if let Some(reference) = Reference::current() {
            write!(writer, "{reference} ")?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// As terminals number them: red, yellow, green, blue, magenta.
fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}
