//! HTTP/2 towards a source: one connection for all, each answer bound to its request (R52), limits for each (R43), and a
//! call that is dropped ends at the source too (R54).

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::version::TLS13;
use tokio::{net::TcpStream, sync::Notify};
use tokio_rustls::TlsAcceptor;

use super::{
    super::UpstreamClient,
    ConnectorError,
    authority::{Algorithm, Authority, GOOD},
    get,
    listening::Listening,
    secured::{client, securing, trusting},
    text,
};

/// A source that speaks HTTP/2, and what it has seen.
struct Source {
    listening: Listening,
    authority: Authority,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    running: AtomicUsize,
    answered: AtomicUsize,
    dropped: Notify,
}

struct Running(Arc<Seen>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.notify_one();
    }
}

async fn answer(request: Request<Incoming>, seen: Arc<Seen>) -> Result<Response<Full<Bytes>>, Infallible> {
    seen.running.fetch_add(1, Ordering::SeqCst);
    let _running = Running(Arc::clone(&seen));
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let mut response = Response::new(Full::from(Bytes::from(path.clone())));
    match path.split('-').next().unwrap_or_default() {
        "hang" => std::future::pending().await,
        "slow" => tokio::time::sleep(Duration::from_millis(30)).await,
        "large" => *response.body_mut() = Full::from(vec![b'x'; 5000]),
        "heads" => {
            for number in 0..150 {
                response.headers_mut().append("x-more", number.into());
            }
        }
        "long" => {
            let value = "v".repeat(40_000).try_into().expect("a value");
            response.headers_mut().insert("x-long", value);
        }
        _ => {}
    }
    seen.answered.fetch_add(1, Ordering::SeqCst);
    Ok(response)
}

impl Source {
    /// A source that takes this many calls at once on a connection, and closes it after some time.
    async fn start(at_once: u32, closes_after: Option<Duration>) -> Self {
        let authority = Authority::new(Algorithm::Ecdsa);
        let mut config = securing(&authority.issue("source", GOOD), None, &[&TLS13]);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let seen: Arc<Seen> = Arc::default();
        let shared = Arc::clone(&seen);
        let listening = Listening::start(move |connection: TcpStream| {
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&shared));
            async move {
                let Ok(connection) = acceptor.accept(connection).await else { return };
                let service = service_fn(move |request| answer(request, Arc::clone(&seen)));
                let mut serving = std::pin::pin!(
                    http2::Builder::new(TokioExecutor::new())
                        .max_concurrent_streams(at_once)
                        .serve_connection(TokioIo::new(connection), service)
                );
                let closing = async {
                    match closes_after {
                        Some(after) => tokio::time::sleep(after).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    _ended = serving.as_mut() => return,
                    () = closing => serving.as_mut().graceful_shutdown(),
                }
                let _ended = serving.await;
            }
        })
        .await;
        Self { listening, authority, seen }
    }

    fn client(&self) -> UpstreamClient {
        client(trusting(&self.authority))
    }

    async fn ask(&self, client: &UpstreamClient, path: &str) -> Result<String, ConnectorError> {
        text(client.send(get(&format!("https://localhost:{}/{path}", self.listening.address.port()))).await)
    }
}

#[tokio::test]
async fn r52_many_citizens_share_a_connection_and_each_gets_the_answer_to_their_own_request() {
    let source = Source::start(100, None).await;
    let client = source.client();
    for _ in 0..10 {
        join_all((0..50).map(|number| {
            let (client, source) = (&client, &source);
            async move {
                let path = format!("{}-{number}", if number % 3 == 0 { "slow" } else { "quick" });
                assert_eq!(source.ask(client, &path).await, Ok(path));
            }
        }))
        .await;
    }
    assert_eq!(source.listening.connections(), 1);
}

#[tokio::test]
async fn calls_beyond_what_the_source_takes_on_a_connection_have_a_few_more_and_then_wait() {
    let source = Source::start(5, None).await;
    let client = source.client();
    for _ in 0..3 {
        assert!(source.ask(&client, "quick").await.is_ok(), "then it is known how many it takes");
    }
    let all = join_all((0..60).map(|number| source_ask(&source, &client, number))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert!((2..=4).contains(&source.listening.connections()), "{}", source.listening.connections());
}

async fn source_ask(source: &Source, client: &UpstreamClient, number: usize) -> Result<String, ConnectorError> {
    source.ask(client, &format!("slow-{number}")).await
}

#[tokio::test]
async fn r43_the_limits_hold_for_each_answer_and_the_connection_lives_on() {
    let source = Source::start(100, None).await;
    let client = source.client();
    for path in ["large", "heads"] {
        assert_eq!(source.ask(&client, path).await, Err(ConnectorError::TooLarge), "{path}");
    }
    assert_eq!(source.ask(&client, "quick").await.as_deref(), Ok("quick"));
    assert_eq!(source.listening.connections(), 1);
    let long = source.ask(&client, "long").await;
    assert!(matches!(long, Err(ConnectorError::TooLarge | ConnectorError::Malformed)), "{long:?}");
    assert_eq!(source.ask(&client, "quick").await.as_deref(), Ok("quick"));
}

#[tokio::test]
async fn r54_a_call_that_is_dropped_ends_at_the_source_and_the_others_go_on() {
    let source = Source::start(100, None).await;
    let client = source.client();
    let (hangs, slow) =
        tokio::join!(tokio::time::timeout(Duration::from_millis(200), source.ask(&client, "hang")), async {
            tokio::time::sleep(Duration::from_millis(190)).await;
            source.ask(&client, "slow").await
        },);
    assert!(hangs.is_err());
    assert_eq!(slow.as_deref(), Ok("slow"));
    tokio::time::timeout(Duration::from_secs(5), async {
        while source.seen.running.load(Ordering::SeqCst) > 0 {
            source.seen.dropped.notified().await;
        }
    })
    .await
    .expect("the source is told");
    assert_eq!(source.listening.connections(), 1, "and the connection lives on");
}

#[tokio::test]
async fn a_connection_that_the_source_ends_gives_way_to_another_and_no_call_is_lost() {
    let source = Source::start(100, Some(Duration::from_millis(60))).await;
    let client = source.client();
    for number in 0..40 {
        let path = format!("slow-{number}");
        assert_eq!(source.ask(&client, &path).await, Ok(path));
    }
    assert!(source.listening.connections() > 5, "{}", source.listening.connections());
}

#[tokio::test]
async fn those_who_come_together_do_not_all_connect() {
    let source = Source::start(200, None).await;
    let client = source.client();
    let all = join_all((0..100).map(|number| source_ask(&source, &client, number))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(source.listening.connections(), 1);
}

#[tokio::test]
async fn nothing_runs_for_a_client_that_is_gone() {
    let source = Source::start(100, None).await;
    let client = source.client();
    assert!(source.ask(&client, "quick").await.is_ok());
    let tasks = client.connections.tasks().clone();
    assert!(!tasks.is_empty(), "the connection is kept going");
    drop(client);
    tasks.close();
    tokio::time::timeout(Duration::from_secs(5), tasks.wait()).await.expect("it ends by itself");
}
