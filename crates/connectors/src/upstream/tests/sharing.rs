//! One connection for all calls to a source that offers HTTP/2: when it is shared, and when there is another.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderMap, Request, Response};
use rustls::ServerConfig;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Semaphore, task::JoinSet, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    super::{client::Answer, failure::Failure, http2::TAKES_CALLS_FOR, tls::FollowedTls},
    AddressPolicy, UpstreamClient,
    addresses::Rebinding,
    authority::{Algorithm, Authority, GOOD},
    get,
    listening::{Listening, read_request},
    secured::{VERSIONS, client, securing, showing, trusting},
};

/// How a source behaves, and what it has seen.
#[derive(Default)]
struct Source {
    /// How many streams it takes at the same time on a connection.
    streams: Option<u32>,
    /// Its answers wait for this, if anything.
    held: Option<Semaphore>,
    /// Requests that it refuses without looking at them.
    refused: AtomicUsize,
    /// After this many requests on a connection it says farewell.
    farewell_after: Option<usize>,
    seen: Mutex<Vec<(String, HeaderMap)>>,
}

impl Source {
    /// Starts it; its answers name the path and the number of the connection.
    async fn start(self: &Arc<Self>, mut config: ServerConfig, protocols: &[&[u8]]) -> Listening {
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (source, count) = (Arc::clone(self), Arc::new(AtomicUsize::new(0)));
        Listening::start(move |connection| {
            let (acceptor, source) = (acceptor.clone(), Arc::clone(&source));
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                let Ok(connection) = acceptor.accept(connection).await else { return };
                source.serve(connection, number).await;
            }
        })
        .await
    }

    async fn serve(self: &Arc<Self>, connection: TlsStream<TcpStream>, number: usize) {
        let mut builder = h2::server::Builder::new();
        if let Some(streams) = self.streams {
            builder.max_concurrent_streams(streams);
        }
        let Ok(mut connection) = builder.handshake::<_, Bytes>(connection).await else { return };
        let (mut answering, mut requests) = (JoinSet::new(), 0);
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            requests += 1;
            let refused = &self.refused;
            if refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
                continue;
            }
            if self.farewell_after == Some(requests) {
                connection.graceful_shutdown();
            }
            let source = Arc::clone(self);
            answering.spawn(async move { source.answer(request, respond, number).await });
        }
    }

    async fn answer(
        &self,
        request: Request<h2::RecvStream>,
        mut respond: h2::server::SendResponse<Bytes>,
        connection: usize,
    ) {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        self.seen.lock().expect("seen").push((path.clone(), request.headers().clone()));
        if let Some(held) = &self.held {
            let _permit = held.acquire().await;
        }
        let response = Response::new(());
        if let Ok(mut stream) = respond.send_response(response, false) {
            drop(stream.send_data(format!("{path} on {connection}").into(), true));
        }
    }
}

fn text(answer: Result<Answer, Failure>) -> Result<String, Failure> {
    answer.map(|answer| String::from_utf8(answer.body.to_vec()).expect("a text"))
}

fn url(source: &Listening, path: &str) -> String {
    format!("https://localhost:{}/{path}", source.address.port())
}

async fn ask(client: &UpstreamClient, source: &Listening, path: &str) -> Result<String, Failure> {
    text(client.answer(&get(&url(source, path))).await)
}

/// A source that speaks HTTP/2, and a client that trusts it.
async fn with(source: Source) -> (Arc<Source>, Listening, UpstreamClient) {
    let authority = Authority::new(Algorithm::Ecdsa);
    let source = Arc::new(source);
    let config = securing(&authority.issue("source", GOOD), None, &VERSIONS);
    let listening = source.start(config, &[b"h2", b"http/1.1"]).await;
    (source, listening, client(trusting(&authority)))
}

#[tokio::test]
async fn r44_over_http_2_a_request_holds_the_same_few_headers() {
    let (source, listening, client) = with(Source::default()).await;
    let mut call = get(&url(&listening, "base/path?x=1"));
    call.headers.insert("x-api-key", http::HeaderValue::from_static("a key"));
    client.send(call).await.expect("an answer");
    let (_, headers) = source.seen.lock().expect("seen").pop().expect("a request");
    let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
    names.sort();
    assert_eq!(names, ["accept", "accept-language", "user-agent", "x-api-key"]);
}

#[tokio::test]
async fn there_are_up_to_four_where_a_source_takes_few_streams_and_beyond_that_calls_wait() {
    let held = Some(Semaphore::new(0));
    let (source, listening, client) = with(Source { streams: Some(2), held, ..Source::default() }).await;
    // The source's own word is known once anything has been exchanged.
    source.held.as_ref().expect("held").add_permits(1);
    assert_eq!(ask(&client, &listening, "first").await.as_deref(), Ok("first on 0"));
    source.held.as_ref().expect("held").forget_permits(1);
    let paths: Vec<_> = (0..12).map(|number| number.to_string()).collect();
    let calls = join_all(paths.iter().map(|path| ask(&client, &listening, path)));
    let release = async {
        // Eight are with the source, the others wait.
        while source.seen.lock().expect("seen").len() < 9 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(source.seen.lock().expect("seen").len(), 9);
        source.held.as_ref().expect("held").add_permits(100);
    };
    let (answers, ()) = tokio::join!(calls, release);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(listening.connections(), 4);
}

#[tokio::test]
async fn a_source_that_speaks_http_1_1_alone_is_asked_over_a_connection_for_each_call() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let mut config = securing(&authority.issue("source", GOOD), None, &VERSIONS);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let source = Listening::start(move |connection| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut connection) = acceptor.accept(connection).await else { return };
            while read_request(&mut connection).await.is_some() {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
                let _gone = connection.write_all(answer).await;
                let _gone = connection.flush().await;
            }
        }
    })
    .await;
    let client = client(trusting(&authority));
    // At the same moment, when nothing is known of it, and afterwards.
    for calls in [10, 5] {
        let answers = join_all((0..calls).map(|_| ask(&client, &source, ""))).await;
        assert!(answers.iter().all(|answer| answer.as_deref() == Ok("[]")), "{answers:?}");
    }
    assert_eq!(source.connections(), 15);
    assert_eq!(client.connections.count(), (0, 0));
}

#[tokio::test]
async fn what_a_source_refuses_unseen_is_sent_once_more_and_no_third_time() {
    for (refused, expected) in [(1, Ok("x on 0".to_owned())), (2, Err(Failure::Broke))] {
        let (source, listening, client) =
            with(Source { refused: AtomicUsize::new(refused), ..Source::default() }).await;
        let mut call = get(&url(&listening, "x"));
        call.idempotent = false;
        assert_eq!(text(client.answer(&call).await), expected);
        assert_eq!(source.refused.load(Ordering::SeqCst), 0);
        assert_eq!(source.seen.lock().expect("seen").len(), 2 - refused);
    }
}

#[tokio::test]
async fn after_a_farewell_calls_go_over_a_new_connection_and_none_is_lost() {
    let (source, listening, client) = with(Source { farewell_after: Some(10), ..Source::default() }).await;
    for number in 0..50 {
        let answer = ask(&client, &listening, &number.to_string()).await;
        assert!(answer.is_ok(), "{number}: {answer:?}");
    }
    let connections = listening.connections();
    assert!((2..=6).contains(&connections), "{connections}");
    assert_eq!(source.seen.lock().expect("seen").len(), 50);
}

#[tokio::test]
async fn r49_when_certificates_are_exchanged_nobody_is_asked_over_the_former_connection() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let (present, next) = (authority.issue("present", GOOD), authority.issue("next", GOOD));
    let source = Arc::new(Source::default());
    let config = securing(&authority.issue("source", GOOD), Some(&authority), &VERSIONS);
    let listening = source.start(config, &[b"h2"]).await;
    let shown = authority.issue("shown", GOOD);
    let copy = |from: &std::path::Path, to: &std::path::Path| assert!(fs::copy(from, to).is_ok());
    copy(&present.certificate, &shown.certificate);
    copy(&present.key, &shown.key);
    let (mut followed, tls) = FollowedTls::open("library", showing(trusting(&authority), &shown)).expect("files");
    let client = UpstreamClient::new(AddressPolicy::LoopbackAllowed, tls);
    for _ in 0..2 {
        assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 0"));
    }
    copy(&next.certificate, &shown.certificate);
    copy(&next.key, &shown.key);
    followed.reread();
    followed.reread();
    for _ in 0..2 {
        assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 1"));
    }
}

#[tokio::test]
async fn r41_a_connection_is_replaced_by_age_and_the_name_is_looked_at_anew() {
    let (_, listening, mut client) = with(Source::default()).await;
    let names = Rebinding::new(&[&["127.0.0.1"], &["127.0.0.1"], &["10.0.0.7"]]);
    client.resolver = names.clone();
    assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 0"));
    for (connection, life) in [(Ok(1), TAKES_CALLS_FOR), (Err(Failure::Forbidden), TAKES_CALLS_FOR)] {
        let before = ask(&client, &listening, "x").await;
        assert!(before.is_ok(), "{before:?}");
        // Used all the time, or it would be let go of for that.
        tokio::time::pause();
        tokio::time::advance(life).await;
        tokio::time::resume();
        let expected = connection.map(|number| format!("x on {number}"));
        assert_eq!(ask(&client, &listening, "x").await, expected);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_leaves_no_task() {
    let (_, listening, client) = with(Source::default()).await;
    assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 0"));
    assert!(!client.connections.tasks().is_empty());
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert_eq!(client.connections.count(), (1, 0));
    tokio::time::sleep(Duration::from_secs(10)).await;
    tokio::time::resume();
    assert_eq!(client.connections.count(), (0, 0));
    let ended = timeout(Duration::from_secs(5), async {
        while !client.connections.tasks().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(ended.await.is_ok(), "{} tasks", client.connections.tasks().len());
    assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 1"));
}

#[tokio::test]
async fn r54_whoever_gives_up_while_a_connection_is_made_spoils_it_for_nobody() {
    let (_, listening, client) = with(Source::default()).await;
    let at = url(&listening, "x");
    for round in 0..50_u64 {
        let client = UpstreamClient { connections: Arc::default(), ..client.clone() };
        let call = get(&at);
        let first = timeout(Duration::from_micros(round * 60), client.answer(&call));
        let (first, second) = tokio::join!(first, client.answer(&call));
        if let Ok(first) = first {
            assert!(first.is_ok());
        }
        assert!(second.is_ok(), "{second:?}");
    }
}

#[tokio::test]
async fn a_source_that_learns_http_2_or_unlearns_it_is_asked_as_it_speaks_now() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let certificate = authority.issue("source", GOOD);
    let config = |protocol: &[u8]| {
        let mut config = securing(&certificate, None, &VERSIONS);
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    };
    let (older, newer) = (config(b"http/1.1"), config(b"h2"));
    let count = Arc::new(AtomicUsize::new(0));
    let source = Arc::new(Source { farewell_after: Some(1), ..Source::default() });
    let listening = Listening::start(move |connection| {
        // Each connection leads to another of its machines.
        let newest = count.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        let (acceptor, source) = (if newest { newer.clone() } else { older.clone() }, Arc::clone(&source));
        async move {
            let Ok(mut connection) = acceptor.accept(connection).await else { return };
            if newest {
                source.serve(connection, 0).await;
            } else if read_request(&mut connection).await.is_some() {
                let _gone = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nx on 0").await;
                let _gone = connection.flush().await;
            }
        }
    })
    .await;
    let client = client(trusting(&authority));
    for number in 0..8 {
        assert_eq!(ask(&client, &listening, "x").await.as_deref(), Ok("x on 0"), "{number}");
    }
    assert!(listening.connections() >= 4);
}

#[tokio::test]
async fn who_come_together_to_a_source_that_does_not_answer_wait_no_longer_than_one() {
    let listening = Listening::start(|connection| async move {
        // It takes the connection and says nothing, not even of TLS.
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(connection);
    })
    .await;
    let authority = Authority::new(Algorithm::Ecdsa);
    let client = client(trusting(&authority));
    let begun = tokio::time::Instant::now();
    let answers = join_all((0..50).map(|_| ask(&client, &listening, "x"))).await;
    assert!(answers.iter().all(|answer| *answer == Err(Failure::Connect)), "{answers:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(listening.connections(), 1);
}
