//! A source on this machine that plays recorded answers, well or badly.
//!
//! It speaks HTTP by hand, because most of what it must do no well-behaved server does.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
    time::sleep,
};
use url::Url;

use super::{recording::Recorded, route::Route};

/// Most bytes of a request's head, and of its body.
const MAX_REQUEST: usize = 1 << 20;

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As it should be.
    AtOnce,
    /// Not a byte before this time has passed.
    Late(Duration),
    /// The head and half of the body, then nothing.
    Stalled,
    /// A byte at a time, at this pace.
    Dripping(Duration),
    /// The connection is closed instead of an answer.
    CutBefore,
    /// The connection is closed after half of the body.
    CutWithin,
    /// Without saying how long the body is; it ends with the connection.
    Unannounced,
    /// Without what the contract says that the source sends back.
    WithoutEcho,
    /// With what another request sent.
    OtherEcho,
}

/// An answer to be played.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

impl From<&Recorded> for Played {
    fn from(recorded: &Recorded) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = recorded.headers.iter();
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
        let says_type = headers.iter().any(|(name, _)| name == "content-type");
        if let (Some(content_type), false) = (recorded.format.content_type(), says_type) {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        Self { status: recorded.status.as_u16(), headers, body: recorded.body.clone(), manner: Manner::AtOnce }
    }
}

/// The answers of a source by the name of the call, in the order of their pages.
pub(super) type Script = BTreeMap<String, Vec<Played>>;

/// A request as the source saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The call of the contract that it is; `None` for one that no contract declares.
    pub(super) name: Option<String>,
    /// Path and query.
    pub(super) target: String,
    /// Everything else of it.
    pub(super) rest: Vec<u8>,
    /// Whether the script had an answer.
    pub(super) answered: bool,
}

struct Playing {
    routes: Vec<Route>,
    /// The header that is sent back with every answer.
    echo: Option<String>,
    script: Script,
    seen: Mutex<Vec<Seen>>,
}

/// A source at work; it ends when dropped.
pub(super) struct Stage {
    /// Its address.
    pub(super) url: Url,
    playing: Arc<Playing>,
    _server: JoinSet<()>,
}

impl Stage {
    /// Opens a source that plays a script.
    ///
    /// # Errors
    /// When this machine has no free port.
    pub(super) async fn open(routes: Vec<Route>, echo: Option<String>, script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?)).map_err(io::Error::other)?;
        let playing = Arc::new(Playing { routes, echo, script, seen: Mutex::default() });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&playing)));
        Ok(Self { url, playing, _server: server })
    }

    /// Every request so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.playing.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, playing: Arc<Playing>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((connection, _)) = accepted {
                    let playing = Arc::clone(&playing);
                    connections.spawn(async move {
                        // A caller that goes away early is what several of the faults are for.
                        drop(answer(connection, &playing).await);
                    });
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(mut connection: impl AsyncRead + AsyncWrite + Unpin, playing: &Playing) -> io::Result<()> {
    let Some(request) = Request::read(&mut connection).await? else { return Ok(()) };
    let mut played = playing.choose(&request).unwrap_or_else(nothing_recorded);
    let sent_back = playing.echo.as_ref().and_then(|name| match played.manner {
        Manner::WithoutEcho => None,
        Manner::OtherEcho => Some((name.clone(), "0".repeat(32))),
        _ => Some((name.clone(), request.header(name)?)),
    });
    played.headers.extend(sent_back);
    play(&mut connection, &played).await
}

fn nothing_recorded() -> Played {
    Played { status: 501, headers: Vec::new(), body: Vec::new(), manner: Manner::AtOnce }
}

impl Playing {
    fn choose(&self, request: &Request) -> Option<Played> {
        let route = Route::of(&self.routes, &request.method, &request.target, &request.body);
        let name = route.map(|route| route.name.clone());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = seen.iter().filter(|seen| name.is_some() && seen.name == name).count();
        let pages = name.as_ref().and_then(|name| self.script.get(name));
        let played = pages.and_then(|pages| pages.get(earlier).or(pages.last())).cloned();
        let rest = [request.head.as_slice(), request.body.as_slice()].concat();
        seen.push(Seen { name, target: request.target.clone(), rest, answered: played.is_some() });
        played
    }
}

struct Request {
    method: String,
    target: String,
    /// The headers, as they came.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find_map(|(other, value)| other.eq_ignore_ascii_case(name).then(|| value.trim().to_owned()))
    }

    /// Reads one request; `None` for a connection that brings none.
    async fn read(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut read = Vec::new();
        let end = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if connection.read_buf(&mut read).await? == 0 || read.len() > MAX_REQUEST {
                return Ok(None);
            }
        };
        let mut body = read.split_off(end + 4);
        let text = String::from_utf8_lossy(&read).into_owned();
        let (first, head) = text.split_once("\r\n").unwrap_or((&text, ""));
        let mut words = first.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or(0).min(MAX_REQUEST);
        while body.len() < length {
            if connection.read_buf(&mut body).await? == 0 {
                return Ok(None);
            }
        }
        Ok(Some(Self { method, target, head: head.as_bytes().to_vec(), body }))
    }
}

async fn play(connection: &mut (impl AsyncRead + AsyncWrite + Unpin), played: &Played) -> io::Result<()> {
    match played.manner {
        Manner::Late(time) => sleep(time).await,
        Manner::CutBefore => return Ok(()),
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {} As recorded\r\nconnection: close\r\n", played.status);
    if played.status != 204 && played.manner != Manner::Unannounced {
        head.extend(["content-length: ", &played.body.len().to_string(), "\r\n"]);
    }
    for (name, value) in &played.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    connection.write_all(head.as_bytes()).await?;
    let half = played.body.split_at(played.body.len() / 2).0;
    match played.manner {
        Manner::Stalled => {
            connection.write_all(half).await?;
            connection.flush().await?;
            // Until the caller has had enough.
            drop(connection.read_u8().await);
        }
        Manner::CutWithin => connection.write_all(half).await?,
        Manner::Dripping(pace) => {
            for byte in &played.body {
                connection.write_u8(*byte).await?;
                connection.flush().await?;
                sleep(pace).await;
            }
        }
        Manner::AtOnce
        | Manner::Late(_)
        | Manner::CutBefore
        | Manner::Unannounced
        | Manner::WithoutEcho
        | Manner::OtherEcho => {
            connection.write_all(&played.body).await?;
        }
    }
    connection.shutdown().await
}
