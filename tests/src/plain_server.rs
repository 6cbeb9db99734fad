//! A small HTTP/1.1 server for the parties of many gateways: one request a connection, and answers that may come late,
//! not at all, or twice.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Most bytes of a request. What the gateway sends is far smaller.
const LARGEST_REQUEST: usize = 256 * 1024;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Its headers; names in lower case.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub body: String,
}

impl Asked {
    /// The path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query; empty when it is missing.
    #[must_use]
    pub fn query(&self, name: &str) -> String {
        pair(self.target.split_once('?').map_or("", |(_, query)| query), name)
    }

    /// A field of a form; empty when it is missing.
    #[must_use]
    pub fn field(&self, name: &str) -> String {
        pair(&self.body, name)
    }
}

fn pair(pairs: &str, name: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
    pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// What a party does about a request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status of the answer.
    pub status: u16,
    /// Headers of the answer, beside its length.
    pub headers: Vec<(&'static str, String)>,
    /// Body of the answer.
    pub body: String,
    /// How long it takes.
    pub delay: Duration,
    /// How it goes on.
    pub manner: Manner,
}

/// How a party behaves on the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It answers and closes.
    #[default]
    Answers,
    /// It closes without an answer.
    Closes,
    /// It says nothing until the other side gives up.
    Silent,
    /// It answers, keeps the connection, and sends another whole answer, which nobody asked for, after this time
    /// (requirement R52).
    AnswersTwice(Box<Reply>, Duration),
}

impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        self.bytes(false) == other.bytes(false) && self.delay == other.delay && self.manner == other.manner
    }
}

impl Eq for Reply {}

impl Reply {
    /// An answer in JSON.
    #[must_use]
    pub fn json(status: u16, body: String) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body, delay: Duration::ZERO, manner: Manner::Answers }
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), delay: Duration::ZERO, manner: Manner::Answers }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(target: String) -> Self {
        Self { headers: vec![("location", target)], ..Self::empty(303) }
    }

    fn bytes(&self, keep_open: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Reply\r\ncontent-length: {}\r\n", self.status, self.body.len());
        if !keep_open {
            head.push_str("connection: close\r\n");
        }
        for (name, value) in &self.headers {
            head.extend([name, ": ", value.as_str(), "\r\n"]);
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }
}

/// A running server; it stops when it is dropped.
pub struct PlainServer {
    /// Its origin, without a slash at the end.
    pub origin: String,
    in_flight: Arc<AtomicUsize>,
    addressed: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl PlainServer {
    /// Starts on a free port. `answer` is given the server's origin too.
    ///
    /// # Panics
    /// When there is no port.
    #[expect(clippy::expect_used, reason = "a test without its parties must fail and say why")]
    pub async fn start(answer: impl Fn(&str, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let (in_flight, addressed) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let party = Arc::new(Party {
            origin: origin.clone(),
            answer: Box::new(answer),
            in_flight: Arc::clone(&in_flight),
            addressed: Arc::clone(&addressed),
        });
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((connection, _)) = listener.accept().await else { continue };
                let party = Arc::clone(&party);
                connections.spawn(async move {
                    // A connection that breaks is the other side's business, and often what a test wants.
                    drop(party.attend(connection).await);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { origin, in_flight, addressed, _serving: serving }
    }

    /// How many requests are being answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// What stood in addresses and `Referer` headers so far, each different one once.
    #[must_use]
    pub fn addressed(&self) -> Vec<String> {
        self.addressed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers what was asked of the server at an origin.
type Answer = dyn Fn(&str, &Asked) -> Reply + Send + Sync;

struct Party {
    origin: String,
    answer: Box<Answer>,
    in_flight: Arc<AtomicUsize>,
    addressed: Arc<Mutex<Vec<String>>>,
}

/// Counts a request for as long as it is held.
struct InFlight(Arc<AtomicUsize>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Party {
    async fn attend(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let Some(asked) = read(&mut connection).await? else { return Ok(()) };
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let _counted = InFlight(Arc::clone(&self.in_flight));
        self.note(&asked);
        let reply = (self.answer)(&self.origin, &asked);
        if reply.delay > Duration::ZERO {
            // Nobody waits for an answer whose asker has gone.
            tokio::select! {
                () = tokio::time::sleep(reply.delay) => {}
                _ = connection.read_u8() => return Ok(()),
            }
        }
        match &reply.manner {
            Manner::Answers => connection.write_all(&reply.bytes(false)).await?,
            Manner::Closes => {}
            Manner::Silent => drop(connection.read_u8().await),
            Manner::AnswersTwice(second, pause) => {
                connection.write_all(&reply.bytes(true)).await?;
                tokio::time::sleep(*pause).await;
                connection.write_all(&second.bytes(true)).await?;
                drop(tokio::time::timeout(Duration::from_millis(200), connection.read_u8()).await);
            }
        }
        connection.shutdown().await
    }

    fn note(&self, asked: &Asked) {
        let noted = format!("{} {}", asked.target, asked.header("referer"));
        let mut addressed = self.addressed.lock().unwrap_or_else(PoisonError::into_inner);
        // Sources have few addresses, and the same ones again and again.
        if !addressed.iter().rev().take(16).any(|earlier| *earlier == noted) {
            addressed.push(noted);
        }
    }
}

async fn read(connection: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::with_capacity(2048);
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.len() > LARGEST_REQUEST || connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..head_end).unwrap_or_default()).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    let whole = head_end + length.min(LARGEST_REQUEST);
    while bytes.len() < whole {
        if connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let body = String::from_utf8_lossy(bytes.get(head_end..whole).unwrap_or_default()).into_owned();
    Ok(Some(Asked { method, target, headers, body }))
}
