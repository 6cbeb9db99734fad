//! Requirement R52 where HTTP/1.1 connections are used again: an answer is told by what it sends back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use http::HeaderName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
};

use super::{
    super::{Call, UpstreamClient},
    ConnectorError, get,
    listening::{Listening, read_request},
    loopback_client, text,
};

const ECHO: HeaderName = HeaderName::from_static("x-correlation-id");

fn echoing_client() -> UpstreamClient {
    loopback_client().with_echo(Some(ECHO))
}

fn sent(request: &str) -> String {
    let line = request.lines().find_map(|line| line.strip_prefix("x-correlation-id: "));
    line.expect("a word").to_owned()
}

fn asked_about(request: &str) -> String {
    request.split(' ').nth(1).expect("a path").trim_start_matches('/').to_owned()
}

fn answer(word: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nX-Correlation-Id: {word}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Answers every request on a connection with what it asked for.
async fn echoing() -> Listening {
    Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let _gone = connection.write_all(answer(&sent(&request), &asked_about(&request)).as_bytes()).await;
        }
    })
    .await
}

async fn ask(client: &UpstreamClient, source: &Listening, path: &str) -> Result<String, ConnectorError> {
    text(client.send(get(&source.url(&format!("/{path}")))).await)
}

#[tokio::test]
async fn a_source_that_sends_back_what_it_was_sent_is_asked_on_one_connection() {
    let (client, source) = (echoing_client(), echoing().await);
    for number in 0..20 {
        assert_eq!(ask(&client, &source, &number.to_string()).await, Ok(number.to_string()));
    }
    assert_eq!(source.connections(), 1);
    let asked = (0..10).map(|number| (number, ask(&client, &source, "x")));
    join_all(asked.map(|(_, asked)| asked)).await;
    assert!((2..=10).contains(&source.connections()), "one for each that asks at the same time");
    assert_eq!(text(loopback_client().send(get(&source.url("/x"))).await), Err(ConnectorError::Unreachable));
}

#[tokio::test]
async fn r52_an_answer_without_the_word_or_with_another_is_not_believed_and_ends_the_connection() {
    for (sent_back, expected) in [("", false), ("x-correlation-id: \r\n", false), ("x-correlation-id: 00\r\n", false)] {
        let source = Listening::start(move |mut connection| async move {
            while read_request(&mut connection).await.is_some() {
                let answer = format!("HTTP/1.1 200 OK\r\n{sent_back}content-length: 1\r\n\r\nx");
                let _gone = connection.write_all(answer.as_bytes()).await;
            }
        })
        .await;
        let client = echoing_client();
        for _ in 0..2 {
            let outcome = ask(&client, &source, "x").await;
            assert_eq!(outcome, Err(ConnectorError::ContractBroken), "{sent_back:?} {expected}");
        }
        assert_eq!(source.connections(), 2, "{sent_back:?}");
    }
    let twice = Listening::start(|mut connection| async move {
        let request = read_request(&mut connection).await.expect("a request");
        let word = sent(&request);
        let answer = answer(&word, "x").replacen("\r\n", &format!("\r\nx-correlation-id: {word}\r\n"), 1);
        let _gone = connection.write_all(answer.as_bytes()).await;
    })
    .await;
    assert_eq!(ask(&echoing_client(), &twice, "x").await, Err(ConnectorError::ContractBroken), "said twice");
}

/// The worst of sources: it answers each request, and again, later, with the same word and another citizen's data, on
/// connections that are used by all.
#[tokio::test]
async fn r52_a_late_second_answer_reaches_no_other_citizen_on_a_connection_that_all_use() {
    const CALLS: usize = 10_000;
    let source = Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let (word, number) = (sent(&request), asked_about(&request));
            let _gone = connection.write_all(answer(&word, &format!("own {number}")).as_bytes()).await;
            if number.ends_with('7') {
                // It may come when the connection is idle, and when the next has asked already.
                tokio::time::sleep(Duration::from_micros(number.len() as u64 * 150)).await;
                let _gone = connection.write_all(answer(&word, "of another").as_bytes()).await;
            }
        }
    })
    .await;
    let (client, at_once) = (echoing_client(), Semaphore::new(20));
    let dropped = AtomicUsize::new(0);
    join_all((0..CALLS).map(|number| {
        let (client, source, at_once, dropped) = (&client, &source, &at_once, &dropped);
        async move {
            let _permit = at_once.acquire().await.expect("open");
            match ask(client, source, &number.to_string()).await {
                Ok(answer) => assert_eq!(answer, format!("own {number}")),
                Err(ConnectorError::ContractBroken | ConnectorError::Unreachable | ConnectorError::Malformed) => {
                    dropped.fetch_add(1, Ordering::Relaxed);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }))
    .await;
    let (dropped, connections) = (dropped.into_inner(), source.connections());
    assert!(connections < CALLS, "connections are used again: {connections}");
    assert!(dropped < CALLS / 5, "most are answered: {dropped} were not");
}

#[tokio::test]
async fn r54_a_connection_whose_answer_was_not_read_to_its_end_is_used_by_nobody() {
    let source = Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let head =
                format!("HTTP/1.1 200 OK\r\nx-correlation-id: {}\r\ncontent-length: 4\r\n\r\nha", sent(&request));
            let _gone = connection.write_all(head.as_bytes()).await;
            if asked_about(&request) == "whole" {
                let _gone = connection.write_all(b"lf").await;
            }
        }
    })
    .await;
    let client = echoing_client();
    for round in 1..=3 {
        let given_up = tokio::time::timeout(Duration::from_millis(50), ask(&client, &source, "half")).await;
        assert!(given_up.is_err());
        assert_eq!(source.connections(), round, "a new one each time");
    }
    assert_eq!(ask(&client, &source, "whole").await.as_deref(), Ok("half"));
    assert_eq!(ask(&client, &source, "whole").await.as_deref(), Ok("half"));
    assert_eq!(source.connections(), 4);
}

/// A source that closes a connection after its first answer: at once, or when the next request has come.
async fn impatient(reads_next: bool) -> (Listening, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let source = Listening::start(move |mut connection| {
        let counted = Arc::clone(&counted);
        async move {
            let Some(request) = read_request(&mut connection).await else { return };
            counted.fetch_add(1, Ordering::SeqCst);
            let _gone = connection.write_all(answer(&sent(&request), "x").as_bytes()).await;
            if reads_next && read_request(&mut connection).await.is_some() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    (source, requests)
}

fn only_once(source: &Listening) -> Call {
    Call { idempotent: false, ..get(&source.url("/x")) }
}

#[tokio::test]
async fn a_connection_that_the_source_has_closed_is_found_out_before_anything_is_sent() {
    let (source, requests) = impatient(false).await;
    let client = echoing_client();
    for round in 1..=5 {
        assert_eq!(text(client.send(only_once(&source)).await).as_deref(), Ok("x"));
        assert_eq!((source.connections(), requests.load(Ordering::SeqCst)), (round, round));
        // The farewell is on its way.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_broke_without_a_word_is_sent_again_only_where_asking_twice_is_the_same() {
    let (source, requests) = impatient(true).await;
    let client = echoing_client();
    assert_eq!(ask(&client, &source, "x").await.as_deref(), Ok("x"));
    assert_eq!(ask(&client, &source, "x").await.as_deref(), Ok("x"), "sent again on a new connection");
    assert_eq!((source.connections(), requests.load(Ordering::SeqCst)), (2, 3));
    assert_eq!(text(client.send(only_once(&source)).await), Err(ConnectorError::Unreachable), "nobody knows");
    assert_eq!((source.connections(), requests.load(Ordering::SeqCst)), (2, 4));
}

#[tokio::test]
async fn a_new_connection_that_breaks_is_not_tried_again() {
    let source = Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
    })
    .await;
    assert_eq!(ask(&echoing_client(), &source, "x").await, Err(ConnectorError::Unreachable));
    assert_eq!(source.connections(), 1);
    let closing = Listening::start(|connection| async move { drop(connection) }).await;
    assert_eq!(ask(&echoing_client(), &closing, "x").await, Err(ConnectorError::Unreachable));
    assert!(closing.connections() <= 2);
}

#[tokio::test]
async fn no_two_calls_send_the_same_word() {
    let source = Listening::start(|mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let word = sent(&request);
            assert_eq!(word.len(), 32);
            let _gone = connection.write_all(answer(&word, &word).as_bytes()).await;
        }
        let _farewell = connection.read(&mut [0]).await;
    })
    .await;
    let client = echoing_client();
    let mut words = std::collections::BTreeSet::new();
    for _ in 0..200 {
        assert!(words.insert(ask(&client, &source, "x").await.expect("a word")));
    }
}
