//! The catalogue as a document for operators: `docs/telemetry.md`.

use std::fmt::{self, Write};

use super::{EVENTS, FIELDS, METRICS, Metric, TRACE_RESOURCE, TRACE_SPANS};

const BEGINNING: &str = "# Telemetry

<!-- Written from crates/gateway/src/telemetry/catalogue by
     OVERBLIK_WRITE=1 cargo test -p overblik-tests --test it -- telemetry_document -->

Everything that the process tells about itself. Nothing is measured or logged that is not here, and nothing in it is of a
person: labels are closed sets, and log lines hold pseudonyms at most. What to do when an alert fires is in
[alerts.md](alerts.md); the rules and how Prometheus collects are in `operations/prometheus`, a dashboard in `operations/grafana`.

## Metrics

`GET /metrics` at the operators' listener (`operations.listen`) gives them as OpenMetrics text, to any program that reaches it
and to no browser. A histogram has the series `_bucket`, `_sum` and `_count`. Series of a label's value appear with the first
one of it, except where a growth from nothing is an alert.
";

const OF_EVENTS: &str = "
## Log events

A log event's name is its `message`: the same each time, with nothing in it that changes. What changes stands in fields.
Lines are JSON objects where `log.format` is `json`; lines about a request have its `reference`, which error pages and the
header `x-request-id` show, too.
";

const OF_FIELDS: &str = "
## Fields

The fields of log events, and what is in them.

| field | meaning |
| --- | --- |
";

const OF_TRACES: &str = "
## Traces

Where `traces.endpoint` is set, these leave the process for a collector (OTLP over HTTP), with these attributes at most and
those of their sender: words of closed sets, slugs of sources, numbers, yes or no.

| span | attributes | meaning |
| --- | --- | --- |
";

/// The document.
#[must_use]
pub fn document() -> String {
    let mut text = BEGINNING.to_owned();
    // A text takes whatever is written into it.
    write_all(&mut text).map_or_else(|_| String::new(), |()| text)
}

fn write_all(text: &mut String) -> fmt::Result {
    for (title, metrics) in METRICS {
        write!(
            text,
            "\n### {title}\n\n| metric | kind | labels | meaning | action |\n| --- | --- | --- | --- | --- |\n"
        )?;
        for Metric { name, kind, labels, meaning, action, .. } in metrics {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{}`: {}", label.name, label.values)).collect();
            let labels = labels.join("; ");
            writeln!(text, "| `{name}` | {} | {labels} | {meaning}. | {action} |", kind.name())?;
        }
    }
    text.push_str(OF_EVENTS);
    for chapter in EVENTS {
        write!(text, "\n### {}\n\n| message | level | meaning | action |\n| --- | --- | --- | --- |\n", chapter.title)?;
        for event in chapter.events {
            let levels: Vec<_> = event.levels.iter().map(|level| level.name()).collect();
            let levels = levels.join(", ");
            writeln!(text, "| {} | {levels} | {} | {} |", event.message, event.meaning, event.action)?;
        }
    }
    text.push_str(OF_FIELDS);
    for field in FIELDS {
        writeln!(text, "| `{}` | {} |", field.name, field.meaning)?;
    }
    text.push_str(OF_TRACES);
    for span in TRACE_SPANS {
        writeln!(text, "| `{}` | {} | {} |", span.name, span.attributes.join(", "), span.meaning)?;
    }
    writeln!(text, "\nThe sender: {}.", TRACE_RESOURCE.join(", "))?;
    Ok(())
}
