//! When a request is sent once more.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderName, Method};
use tokio::{io::AsyncWriteExt, time::sleep};

use super::{
    super::failure::Failure,
    AddressPolicy, Call, UpstreamClient,
    addresses::{Rebinding, with_names},
    get,
    listening::{Listening, read_request},
    loopback_client,
};

const ECHO: &str = "x-overblik-request";

/// Answers the first request on a connection, with its echo; what it does then is told by a letter:
/// `c` closes at once, `b` breaks after the next request was read, `h` breaks within the next head.
async fn source(then: char) -> (Listening, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let seeing = Arc::clone(&seen);
    let listening = Listening::start(move |mut connection| {
        let seen = Arc::clone(&seeing);
        async move {
            let mut requests = 0;
            while let Some(request) = read_request(&mut connection).await {
                seen.lock().expect("seen").push(request.split(' ').nth(1).expect("a path").to_owned());
                requests += 1;
                if requests == 2 && then == 'h' {
                    let _gone = connection.write_all(b"HTTP/1.1 200 OK\r\n").await;
                }
                if requests == 2 || request.contains("/breaks") {
                    return;
                }
                let mut lines = request.lines().filter_map(|line| line.split_once(": "));
                let value = lines.find(|(name, _)| *name == ECHO).map(|(_, value)| value).unwrap_or_default();
                let answer = format!("HTTP/1.1 200 OK\r\n{ECHO}: {value}\r\ncontent-length: 0\r\n\r\n");
                let _gone = connection.write_all(answer.as_bytes()).await;
                if then == 'c' {
                    return;
                }
            }
        }
    })
    .await;
    (listening, seen)
}

fn call(source: &Listening, path: &str, idempotent: bool) -> Call {
    Call { method: Method::POST, idempotent, ..get(&source.url(path)) }
}

fn echoing() -> UpstreamClient {
    loopback_client().with_echo(Some(HeaderName::from_static(ECHO)))
}

async fn outcome(client: &UpstreamClient, call: &Call) -> Result<(), Failure> {
    client.answer(call).await.map(|_| ())
}

#[tokio::test]
async fn a_request_is_sent_once_more_exactly_where_that_can_do_no_harm() {
    let broke = Err(Failure::Broke);
    for (then, idempotent, expected, times) in [
        // Found closed before anything was sent: whatever it is, it goes over a new connection.
        ('c', false, Ok(()), 1),
        ('c', true, Ok(()), 1),
        // The source has read it, and may have done what it asks for.
        ('b', false, broke, 1),
        ('b', true, Ok(()), 2),
        // The answer had begun.
        ('h', false, broke, 1),
        ('h', true, broke, 1),
    ] {
        let (source, seen) = source(then).await;
        let client = echoing();
        assert_eq!(outcome(&client, &call(&source, "/first", false)).await, Ok(()));
        sleep(Duration::from_millis(20)).await;
        assert_eq!(outcome(&client, &call(&source, "/second", idempotent)).await, expected, "{then} {idempotent}");
        let seen = seen.lock().expect("seen").iter().filter(|path| *path == "/second").count();
        assert_eq!(seen, times, "{then} {idempotent}");
    }
}

#[tokio::test]
async fn a_request_that_broke_on_a_connection_of_its_own_is_not_sent_again() {
    let (source, seen) = source('b').await;
    let client = echoing();
    for idempotent in [false, true] {
        let call = call(&source, "/breaks", idempotent);
        assert_eq!(outcome(&client, &call).await, Err(Failure::Broke));
    }
    assert_eq!(seen.lock().expect("seen").len(), 2);
}

#[tokio::test]
async fn a_request_that_breaks_twice_is_not_sent_a_third_time() {
    let (source, seen) = source('b').await;
    let client = echoing();
    assert_eq!(outcome(&client, &call(&source, "/first", true)).await, Ok(()));
    assert_eq!(outcome(&client, &call(&source, "/breaks", true)).await, Err(Failure::Broke));
    assert_eq!(*seen.lock().expect("seen"), ["/first", "/breaks", "/breaks"]);
}

#[tokio::test]
async fn a_refused_connection_is_tried_once_more_where_the_name_leads_then() {
    let (source, _) = source('b').await;
    let url = format!("http://localhost:{}/x", source.address.port());
    // On the other address nobody listens.
    for (answers, expected, asked) in [
        (&[&["127.0.0.2"][..], &["127.0.0.1"]][..], Ok(()), 2),
        (&[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.1"]], Err(Failure::Refused), 2),
        // The address guard has a say each time.
        (&[&["127.0.0.2"], &["10.0.0.7"]], Err(Failure::Forbidden), 2),
        (&[&["10.0.0.7"], &["127.0.0.1"]], Err(Failure::Forbidden), 1),
    ] {
        let names = Rebinding::new(answers);
        let client = with_names(AddressPolicy::LoopbackAllowed, names.clone());
        let mut call = get(&url);
        call.idempotent = false;
        assert_eq!(outcome(&client, &call).await, expected, "{answers:?}");
        assert_eq!(names.asked(), asked, "{answers:?}");
    }
}
