//! Requirements R52 and R54: no HTTP/1.1 connection is used again on which anything was amiss.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::future::join_all;
use http::HeaderName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    Call, ConnectorError, UpstreamClient, get,
    listening::{Listening, read_request},
    loopback_client, text,
};

const ECHO: &str = "x-overblik-request";

/// A client of a source that returns an echo.
fn client() -> UpstreamClient {
    loopback_client().with_echo(Some(HeaderName::from_static(ECHO)))
}

/// What a request asks about, and the value to return.
fn asked(request: &str) -> (String, String) {
    let path = request.split(' ').nth(1).expect("a path").trim_start_matches('/').to_owned();
    let mut lines = request.lines().filter_map(|line| line.split_once(": "));
    let value = lines.find(|(name, _)| *name == ECHO).map(|(_, value)| value.to_owned()).unwrap_or_default();
    (path, value)
}

fn answer(value: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{ECHO}: {value}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn write(connection: &mut TcpStream, text: &str) {
    let _gone = connection.write_all(text.as_bytes()).await;
}

/// A source as it should be.
async fn good() -> Listening {
    Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let (path, value) = asked(&request);
            write(&mut connection, &answer(&value, &path)).await;
        }
    })
    .await
}

#[tokio::test]
async fn as_many_connections_are_kept_as_may_be() {
    let (source, client) = (good().await, client());
    let url = source.url("/x");
    for _ in 0..3 {
        assert!(join_all((0..100).map(|_| client.send(get(&url)))).await.iter().all(Result::is_ok));
        assert!(client.connections.count().1 <= 64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r52_a_late_second_answer_reaches_nobody_in_ten_thousand_calls_over_connections_that_are_used_again() {
    const CITIZENS: usize = 50;
    const CALLS: usize = 200;
    // Sends the answer to the request before once more, when the next citizen's has just been read; or after its own answer,
    // at once or a little later; or not at all.
    let source = Listening::start(|mut connection| async move {
        let (mut number, mut before) = (0_u64, None::<String>);
        while let Some(request) = read_request(&mut connection).await {
            let (path, value) = asked(&request);
            let own = answer(&value, &format!("own {path}"));
            number += 1;
            let again = before.replace(own.clone()).filter(|_| number % 5 == 0);
            write(&mut connection, &format!("{}{own}", again.unwrap_or_default())).await;
            match number % 7 {
                3 => write(&mut connection, &own).await,
                6 => {
                    sleep(Duration::from_millis(1)).await;
                    write(&mut connection, &own).await;
                }
                _ => {}
            }
        }
    })
    .await;
    let client = client();
    let (right, dropped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    join_all((0..CITIZENS).map(|citizen| {
        let (client, source, right, dropped) = (&client, &source, &right, &dropped);
        async move {
            for number in 0..CALLS {
                let path = format!("{citizen}-{number}");
                match text(client.send(get(&source.url(&format!("/{path}")))).await) {
                    Ok(body) => {
                        assert_eq!(body, format!("own {path}"));
                        right.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        assert_eq!(error, ConnectorError::OtherAnswer, "{path}");
                        dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    }))
    .await;
    let (right, dropped) = (right.into_inner(), dropped.into_inner());
    assert_eq!(right + dropped, CITIZENS * CALLS);
    assert!(dropped > 100, "{dropped}: the source's second answers must have come to somebody else's call");
    assert!(source.connections() < CITIZENS * CALLS * 3 / 4, "{} connections", source.connections());
}

#[tokio::test]
async fn r52_after_anything_amiss_a_connection_is_not_used_again() {
    use ConnectorError as E;
    // What a source answers, with `VALUE` for the echo.
    let table: [(&str, Result<&str, E>); 13] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", Err(E::ContractBroken)),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Err(E::ContractBroken)),
        ("HTTP/1.1 204 No Content\r\n\r\n", Err(E::ContractBroken)),
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", Err(E::Status(502))),
        ("HTTP/1.1 200 OK\r\nx-overblik-request: 0\r\ncontent-length: 2\r\n\r\n[]", Err(E::OtherAnswer)),
        (
            "HTTP/1.1 200 OK\r\nx-overblik-request: VALUE\r\nx-overblik-request: VALUE\r\ncontent-length: 2\r\n\r\n[]",
            Err(E::OtherAnswer),
        ),
        ("HTTP/1.1 502 Bad Gateway\r\nx-overblik-request: 0\r\ncontent-length: 0\r\n\r\n", Err(E::OtherAnswer)),
        ("HTTP/1.1 200 OK\r\nx-overblik-request: VALUE\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]", Ok("[]")),
        ("HTTP/1.0 200 OK\r\nx-overblik-request: VALUE\r\ncontent-length: 2\r\n\r\n[]", Ok("[]")),
        ("HTTP/1.1 200 OK\r\nx-overblik-request: VALUE\r\ncontent-length: 2\r\n\r\n[] and more", Ok("[]")),
        (
            "HTTP/1.1 200 OK\r\nx-overblik-request: VALUE\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\nHTTP/1.1",
            Ok("[]"),
        ),
        ("HTTP/1.1 200 OK\r\nx-overblik-request: VALUE\r\ncontent-length: 9999\r\n\r\n[]", Err(E::TooLarge)),
        (
            "HTTP/1.1 101 Switching Protocols\r\nx-overblik-request: VALUE\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            Ok(""),
        ),
    ];
    for (template, expected) in table {
        let source = Listening::start(move |mut connection| async move {
            while let Some(request) = read_request(&mut connection).await {
                let (_, value) = asked(&request);
                write(&mut connection, &template.replace("VALUE", &value)).await;
            }
        })
        .await;
        let client = client();
        for call in 1..=2 {
            let call_to = Call { body_limit: 64, ..get(&source.url("/")) };
            let came = text(client.send(call_to).await);
            assert_eq!(came.as_deref().map_err(|error| *error), expected, "{template}");
            assert_eq!(source.connections(), call, "{template}");
        }
        assert_eq!(client.connections.count(), (0, 0), "{template}");
    }
}

#[tokio::test]
async fn r52_what_comes_while_nobody_asks_is_found_before_the_next_call() {
    let (tell, mut told) = mpsc::channel(1);
    let source = Listening::start(move |mut connection| {
        let tell = tell.clone();
        async move {
            while let Some(request) = read_request(&mut connection).await {
                let (path, value) = asked(&request);
                write(&mut connection, &answer(&value, &path)).await;
                sleep(Duration::from_millis(20)).await;
                write(&mut connection, &answer(&value, &path)).await;
                tell.send(()).await.expect("heard");
            }
        }
    })
    .await;
    let client = client();
    for number in 1..=5 {
        assert_eq!(text(client.send(get(&source.url("/x"))).await).as_deref(), Ok("x"));
        told.recv().await.expect("sent");
        sleep(Duration::from_millis(20)).await;
        assert_eq!(source.connections(), number);
    }
}

#[tokio::test]
async fn r54_a_connection_on_which_a_call_was_dropped_is_closed_and_not_used_again() {
    let (closed, mut closing) = mpsc::channel(10);
    let source = Listening::start(move |mut connection| {
        let closed = closed.clone();
        async move {
            while let Some(request) = read_request(&mut connection).await {
                let (path, value) = asked(&request);
                let answer = answer(&value, &path);
                match path.as_str() {
                    "nothing" => {}
                    "head" => write(&mut connection, answer.split_at(30).0).await,
                    "body" => write(&mut connection, answer.split_at(answer.len() - 1).0).await,
                    _ => write(&mut connection, &answer).await,
                }
            }
            let _reset = connection.read(&mut [0]).await;
            closed.send(()).await.expect("the test waits");
        }
    })
    .await;
    let client = client();
    for (round, stage) in ["nothing", "head", "body"].into_iter().enumerate() {
        assert_eq!(text(client.send(get(&source.url("/whole"))).await).as_deref(), Ok("whole"));
        let call = get(&source.url(&format!("/{stage}")));
        assert!(timeout(Duration::from_millis(50), client.send(call)).await.is_err(), "{stage}");
        assert_eq!(timeout(Duration::from_secs(5), closing.recv()).await, Ok(Some(())), "{stage}");
        assert_eq!((client.connections.count(), source.connections()), ((0, 0), round + 1), "{stage}");
    }
}

#[tokio::test]
async fn r54_calls_dropped_anywhere_leave_nothing_to_those_that_use_their_connections() {
    let source = Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let (path, value) = asked(&request);
            let answer = answer(&value, &path);
            let (first, second) = answer.split_at(answer.len() / 2);
            write(&mut connection, first).await;
            sleep(Duration::from_millis(1)).await;
            write(&mut connection, second).await;
        }
    })
    .await;
    let client = client();
    let answered = AtomicUsize::new(0);
    join_all((0..20_u64).map(|citizen| {
        let (client, source, answered) = (&client, &source, &answered);
        async move {
            for number in 0..100 {
                let path = format!("{citizen}-{number}");
                let call = get(&source.url(&format!("/{path}")));
                // One in four waits for the answer.
                let patience = if number % 4 == 0 {
                    Duration::from_mins(1)
                } else {
                    Duration::from_micros((citizen * 100 + number) * 37 % 6_000)
                };
                if let Ok(outcome) = timeout(patience, client.send(call)).await {
                    assert_eq!(text(outcome), Ok(path));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }))
    .await;
    let answered = answered.into_inner();
    assert!((500..2_000).contains(&answered), "{answered} answered: either nothing was dropped or everything");
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_before_its_source_would_and_leaves_no_task() {
    let (closed, mut closing) = mpsc::channel(1);
    let source = Listening::start(move |mut connection| {
        let closed = closed.clone();
        async move {
            while let Some(request) = read_request(&mut connection).await {
                let (path, value) = asked(&request);
                write(&mut connection, &answer(&value, &path)).await;
            }
            closed.send(()).await.expect("the test waits");
        }
    })
    .await;
    let client = client();
    assert!(client.send(get(&source.url("/x"))).await.is_ok());
    tokio::time::pause();
    sleep(Duration::from_secs(3)).await;
    assert_eq!((client.connections.count(), client.connections.tasks().len()), ((0, 1), 1));
    sleep(Duration::from_secs(2)).await;
    tokio::time::resume();
    assert_eq!(timeout(Duration::from_secs(5), closing.recv()).await, Ok(Some(())));
    assert_eq!((client.connections.count(), client.connections.tasks().len()), ((0, 0), 0));
    assert_eq!(client.connections.room(), 0, "nor does their room stay");
}

#[tokio::test]
async fn r52_no_two_calls_send_the_same_word() {
    let source = Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let (_, value) = asked(&request);
            write(&mut connection, &answer(&value, &value)).await;
        }
    })
    .await;
    let client = client();
    let mut words = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let word = text(client.send(get(&source.url("/"))).await).expect("a word");
        assert_eq!(word.len(), 32, "128 bits");
        assert!(words.insert(word));
    }
    assert_eq!(source.connections(), 1, "all on one connection");
}
