//! A reader of `text/event-stream`, as a browser's `EventSource` reads it.

/// One thing that came over a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streamed {
    /// An event.
    Event {
        /// Its name.
        name: String,
        /// Its data lines, joined.
        data: String,
    },
    /// A comment, which heartbeats are.
    Comment(String),
}

/// An open event stream. Dropped, the connection closes, as when a citizen closes the tab.
pub struct EventStream {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl EventStream {
    /// Reads a response as an event stream.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn of(response: reqwest::Response) -> Self {
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert_eq!((response.status().as_u16(), content_type), (200, Some("text/event-stream")));
        Self { response, unread: Vec::new() }
    }

    /// The headers that it began with.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// The next event or comment; `None` when the stream has ended.
    ///
    /// # Panics
    /// When the connection breaks or the bytes are not UTF-8.
    #[expect(clippy::expect_used, reason = "a broken stream is the test's failure")]
    pub async fn next(&mut self) -> Option<Streamed> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Some(read(&String::from_utf8(block).expect("UTF-8")));
            }
            self.unread.extend(self.response.chunk().await.expect("an unbroken stream")?);
        }
    }

    /// The next event, heartbeats passed over.
    pub async fn next_event(&mut self) -> Option<(String, serde_json::Value)> {
        loop {
            if let Streamed::Event { name, data } = self.next().await? {
                return Some((name, serde_json::from_str(&data).unwrap_or_default()));
            }
        }
    }

    /// All events until the stream ends.
    pub async fn events(mut self) -> Vec<(String, serde_json::Value)> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event().await {
            events.push(event);
        }
        events
    }
}

fn read(block: &str) -> Streamed {
    let (mut name, mut data, mut comment) = (String::new(), Vec::new(), None);
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => comment = Some(value.to_owned()),
            "event" => value.clone_into(&mut name),
            "data" => data.push(value),
            _ => {}
        }
    }
    match comment {
        Some(comment) if name.is_empty() && data.is_empty() => Streamed::Comment(comment),
        _ => Streamed::Event { name, data: data.join("\n") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_comments_are_told_apart() {
        assert_eq!(read(": heartbeat\n\n"), Streamed::Comment("heartbeat".into()));
        let event = read("event: section\nid: x\ndata: {\"a\":\ndata: 1}\n\n");
        assert_eq!(event, Streamed::Event { name: "section".into(), data: "{\"a\":\n1}".into() });
    }
}
