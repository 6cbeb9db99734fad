//! Requirements R52 and R54: which bytes of a source count, and what is left when nobody waits for them any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt, future::join_all};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{Semaphore, mpsc},
};

use super::{
    ConnectorError, get,
    listening::{Listening, read_request},
    loopback_client, text,
};

/// The citizen that a request of these tests is about: their number is its path.
fn asked_about(request: &str) -> String {
    request.split(' ').nth(1).expect("a path").trim_start_matches('/').to_owned()
}

fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Answers every request on a connection, for as long as the client keeps it, and each time once more with what another
/// citizen asked for: at once, or 10 ms later.
async fn answering_twice(late: bool) -> Listening {
    Listening::start(move |mut connection| async move {
        while let Some(request) = read_request(&mut connection).await {
            let own = answer(&format!("own {}", asked_about(&request)));
            let other = answer(&format!("other than {}", asked_about(&request)));
            if late {
                let _gone = connection.write_all(own.as_bytes()).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
                let _gone = connection.write_all(other.as_bytes()).await;
            } else {
                let _gone = connection.write_all(format!("{own}{other}").as_bytes()).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn r52_a_second_answer_reaches_no_other_citizen_and_no_other_request_of_the_same() {
    const CITIZENS: usize = 50;
    for (late, requests) in [(false, 40), (true, 160)] {
        let source = answering_twice(late).await;
        let client = loopback_client();
        // Each citizen's requests one after the other, two at a time.
        join_all((0..CITIZENS).map(|citizen| {
            let (client, source) = (&client, &source);
            async move {
                for number in 0..requests / 2 {
                    let ask = |which: &'static str| async move {
                        let path = format!("{citizen}-{number}-{which}");
                        let answer = text(client.send(get(&source.url(&format!("/{path}")))).await);
                        assert_eq!(answer, Ok(format!("own {path}")), "late: {late}");
                    };
                    tokio::join!(ask("a"), ask("b"));
                }
            }
        }))
        .await;
        assert_eq!(source.connections(), CITIZENS * requests, "a connection for each request");
    }
}

#[tokio::test]
async fn r52_an_answer_that_comes_early_stays_with_the_connection_that_it_came_on() {
    let source = Listening::start(|mut connection| async move {
        let _gone = connection.write_all(answer("early").as_bytes()).await;
        while read_request(&mut connection).await.is_some() {
            let _gone = connection.write_all(answer("own").as_bytes()).await;
        }
    })
    .await;
    // Time for the early answer to be there first.
    for _ in 0..20 {
        let outcome = text(loopback_client().send(get(&source.url("/"))).await);
        assert_ne!(outcome, Ok("own".to_owned()), "and the early answer left over for the next");
    }
    assert_eq!(source.connections(), 20, "whatever it is, it stays with the connection that it came on");
}

#[tokio::test]
async fn r43_of_a_body_that_is_longer_than_announced_the_rest_is_not_read() {
    let source = Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
        let _gone = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[] and more of it").await;
    })
    .await;
    assert_eq!(text(loopback_client().send(get(&source.url("/"))).await).as_deref(), Ok("[]"));
}

#[tokio::test]
async fn a_body_that_is_shorter_than_announced_is_no_answer() {
    let source = Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[]").await.expect("written");
    })
    .await;
    assert_eq!(text(loopback_client().send(get(&source.url("/"))).await), Err(ConnectorError::Unreachable));
}

type StatusAndBody<'b> = Result<(u16, &'b str), ConnectorError>;

#[tokio::test]
async fn an_answer_that_can_be_read_in_two_ways_or_is_of_another_protocol_stays_one_answer() {
    use ConnectorError as E;
    let table: [(&str, StatusAndBody<'_>); 12] = [
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", Ok((200, "until the end"))),
        ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n[]", Ok((200, "[]"))),
        ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nHTTP/1.1 200 OK", Ok((101, ""))),
        ("HTTP/1.1 200 OK\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\n[]", Ok((200, "[]"))),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n[]", Ok((204, ""))),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n[]", Ok((304, ""))),
        // The length is ignored where there are chunks; RFC 9112 section 6.3.
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
            Ok((200, "[]")),
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]", Err(E::Malformed)),
        ("HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n[]", Err(E::Malformed)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n", Err(E::Unreachable)),
        ("HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n[]", Err(E::Malformed)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n[]", Err(E::Unreachable)),
    ];
    for (bytes, expected) in table {
        let source = Listening::start(move |mut connection| async move {
            read_request(&mut connection).await;
            let _gone = connection.write_all(bytes.as_bytes()).await;
        })
        .await;
        let answer = loopback_client().send(get(&source.url("/"))).await;
        let came = answer.map(|answer| (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()));
        assert_eq!(came.as_ref().map(|(status, body)| (*status, body.as_str())), expected.as_ref().copied(), "{bytes}");
    }
}

/// What a source has sent when the client gives up.
const STAGES: [&str; 4] = [
    "",
    "HTTP/1.1 200 OK\r\ncontent-le",
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
];

#[tokio::test]
async fn r54_dropping_a_call_closes_its_connection_wherever_it_was() {
    for stage in STAGES {
        let (begun, mut beginning) = mpsc::channel(1);
        let (closed, mut closing) = mpsc::channel(1);
        let source = Listening::start(move |mut connection| {
            let (begun, closed) = (begun.clone(), closed.clone());
            async move {
                read_request(&mut connection).await;
                connection.write_all(stage.as_bytes()).await.expect("written");
                begun.send(()).await.expect("the test waits");
                // Nothing more is sent, so this ends when the client goes away.
                let _reset = connection.read(&mut [0]).await;
                closed.send(()).await.expect("the test waits");
            }
        })
        .await;
        let client = loopback_client();
        let url = source.url("/");
        let mut call = Box::pin(client.send(get(&url)));
        tokio::select! {
            _ = &mut call => panic!("answered"),
            _ = beginning.recv() => {}
        }
        assert!((&mut call).now_or_never().is_none(), "still waiting");
        assert!(closing.try_recv().is_err(), "still open");
        drop(call);
        let closed = tokio::time::timeout(Duration::from_secs(5), closing.recv()).await;
        assert_eq!(closed, Ok(Some(())), "{stage:?}");
    }
}

#[tokio::test]
async fn r54_calls_that_are_dropped_anywhere_leave_nothing_to_those_that_follow() {
    let source = answering_twice(true).await;
    let client = loopback_client();
    let answered = Arc::new(AtomicUsize::new(0));
    let at_once = Semaphore::new(20);
    join_all((0..600_u64).map(|number| {
        let (client, source, answered, at_once) = (&client, &source, &answered, &at_once);
        async move {
            let _permit = at_once.acquire().await.expect("open");
            let url = source.url(&format!("/{number}"));
            let call = client.send(get(&url));
            // From before the connection to after the answer; one in four waits for it.
            let patience =
                if number % 4 == 0 { Duration::from_mins(1) } else { Duration::from_micros(number * 37 % 6_000) };
            if let Ok(outcome) = tokio::time::timeout(patience, call).await {
                assert_eq!(text(outcome), Ok(format!("own {number}")));
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }))
    .await;
    let answered = answered.load(Ordering::Relaxed);
    assert!((150..600).contains(&answered), "{answered} answered: either nothing was dropped or everything");
}
