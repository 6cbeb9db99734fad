//! Overviews as event streams.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use tokio::{task::JoinSet, time::Instant};

use crate::client::Client;

/// An event, and how long after the request it was there.
pub(crate) struct Event {
    pub(crate) after: Duration,
    pub(crate) text: String,
}

impl Event {
    /// The number of the source whose section this is.
    pub(crate) fn source(&self) -> Option<usize> {
        let (_, rest) = self.text.strip_prefix("event: section")?.split_once("\"source\":\"source-")?;
        rest.get(..2)?.parse().ok()
    }
}

/// A stream that is read until it is dropped.
pub(crate) struct OpenStream(JoinSet<()>);

impl OpenStream {
    /// Opens one and waits for so many sections; nothing where it breaks or ends before.
    pub(crate) async fn open(port: u16, request: Request<()>, sections: usize) -> Option<Self> {
        let mut client = Client::connect(port).await.ok()?;
        let mut body = client.start(request).await.ok()?.into_body();
        let mut text = String::new();
        while text.matches("event: section").count() < sections {
            let data = body.frame().await?.ok()?.into_data().unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&data));
        }
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let _open = client;
            while body.frame().await.is_some_and(|frame| frame.is_ok()) {}
        });
        Some(Self(reading))
    }

    /// Whether the gateway has ended it.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_join_next().is_some()
    }
}

/// Opens a stream and reads it to its end; nothing where it breaks.
pub(crate) async fn read(port: u16, request: Request<()>) -> Option<Vec<Event>> {
    let mut client = Client::connect(port).await.ok()?;
    let begun = Instant::now();
    let mut body = client.start(request).await.ok()?.into_body();
    let (mut events, mut text) = (Vec::new(), String::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        text.push_str(&String::from_utf8_lossy(&data));
        while let Some((event, rest)) = text.split_once("\n\n") {
            events.push(Event { after: begun.elapsed(), text: event.to_owned() });
            text = rest.to_owned();
        }
    }
    Some(events)
}
