//! HTTP/2 towards sources that mean it no good: requirements R43, R52 and R54 on one shared connection.

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, future::join_all};
use http::Request;
use tokio::{
    io::duplex,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    super::{
        failure::{Failure, Reached, Unanswered},
        http2::{Http2, TAKES_CALLS_FOR},
    },
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, OK, PUSH_PROMISE, Pings, RST_STREAM, line,
    },
};

const BODY_LIMIT: usize = 16 * 1024;
/// What a stream is reset by when nobody waits for it any more (RFC 9113 section 7).
const CANCEL: [u8; 4] = [0, 0, 0, 8];
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

/// What runs on both sides of a connection; the source's part until this is dropped.
struct Running {
    tasks: TaskTracker,
    _source: JoinSet<()>,
}

/// A connection to a source that is a script.
async fn connected<F>(pings: Pings, script: impl FnOnce(Frames) -> F + Send + 'static) -> (Http2, Running)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (client, source) = duplex(16 * 1024);
    let tasks = TaskTracker::new();
    let mut at_source = JoinSet::new();
    at_source.spawn(async move { script(Frames::begin(source, pings).await).await });
    let http2 = Http2::open(Box::new(client), &tasks).await.expect("HTTP/2");
    tasks.close();
    (http2, Running { tasks, _source: at_source })
}

/// Asks with a number as the request's body.
async fn ask(http2: &Http2, number: usize) -> Result<String, Unanswered> {
    let request = Request::post("https://localhost/").body(()).expect("a request");
    let body = Bytes::from(number.to_string());
    let answer = http2.call().exchange(request, body, BODY_LIMIT).await?;
    Ok(String::from_utf8(answer.body.to_vec()).expect("a text"))
}

fn unanswered(failure: Failure, reached: Reached) -> Result<String, Unanswered> {
    Err(Unanswered { failure, reached })
}

#[tokio::test]
async fn r52_frames_for_streams_that_are_over_reach_no_other_call() {
    const CALLS: usize = 10_000;
    let (mut asked, mut right) = (0, 0);
    // After so many wrong frames the source loses its connection, and what it said goes with it.
    while asked < CALLS {
        let (http2, _running) = connected(Pings::Answered, |mut source| async move {
            let mut earlier: Vec<(u32, Vec<u8>)> = Vec::new();
            while let Some((stream, body)) = source.request().await {
                let late = earlier.len() % 3;
                if late == 0 {
                    // Once more to every request of late, each on its own stream, which has ended.
                    for (stream, body) in earlier.iter().rev().take(3) {
                        source.write(DATA, END_STREAM, *stream, body).await;
                    }
                }
                source.answer(stream, &body).await;
                if late == 1 {
                    source.write(DATA, END_STREAM, stream, b"another").await;
                }
                earlier.push((stream, body));
            }
        })
        .await;
        let at_once = Semaphore::new(50);
        let answers = join_all((asked..asked + 500).map(|number| {
            let (http2, at_once) = (&http2, &at_once);
            async move {
                let _permit = at_once.acquire().await.expect("open");
                (number, ask(http2, number).await)
            }
        }))
        .await;
        for (number, answer) in answers {
            if let Ok(answer) = answer {
                assert_eq!(answer, number.to_string());
                right += 1;
            }
        }
        asked += 500;
    }
    assert!(right > CALLS / 20, "{right} right answers of {CALLS}");
}

#[tokio::test]
async fn r52_a_second_answer_on_a_stream_ends_where_the_first_did() {
    let (http2, _running) = connected(Pings::Answered, |mut source| async move {
        while let Some((stream, body)) = source.request().await {
            source.answer(stream, &body).await;
            source.answer(stream, b"another").await;
        }
    })
    .await;
    assert_eq!(ask(&http2, 1).await.as_deref(), Ok("1"));
    for number in 2..100 {
        match ask(&http2, number).await {
            Ok(answer) => assert_eq!(answer, number.to_string()),
            Err(unanswered) => {
                assert!(matches!(unanswered.failure, Failure::Broke | Failure::NotHttp), "{unanswered:?}");
            }
        }
    }
}

#[tokio::test]
async fn r54_dropping_a_call_resets_its_stream_and_the_connection_lives_on() {
    for stage in 0..3 {
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        let (http2, _running) = connected(Pings::Answered, move |mut source| async move {
            let (stream, _) = source.request().await.expect("a request");
            if stage > 0 {
                source.write(HEADERS, END_HEADERS, stream, OK).await;
            }
            if stage > 1 {
                source.write(DATA, 0, stream, b"half").await;
            }
            tell.send(None).await.expect("heard");
            let reset = source.read().await.expect("a frame");
            assert_eq!((reset.kind, reset.stream), (RST_STREAM, stream), "{reset:?}");
            tell.send(Some(reset.payload)).await.expect("heard");
            // What comes for it afterwards counts for nothing.
            source.write(DATA, END_STREAM, stream, b"for nobody").await;
            while let Some((stream, body)) = source.request().await {
                source.answer(stream, &body).await;
            }
        })
        .await;
        let mut call = Box::pin(ask(&http2, 1));
        tokio::select! {
            _ = &mut call => panic!("answered"),
            _ = told.recv() => {}
        }
        assert!((&mut call).now_or_never().is_none(), "still waiting");
        drop(call);
        let reset = timeout(Duration::from_secs(5), told.recv()).await.expect("soon");
        assert_eq!(reset.flatten().as_deref(), Some(&CANCEL[..]), "stage {stage}");
        assert!(http2.takes_calls());
        for number in 2..20 {
            assert_eq!(ask(&http2, number).await, Ok(number.to_string()), "stage {stage}");
        }
    }
}

/// What a source sends on the stream of a request, instead of an answer.
enum Bomb {
    Body { announced: Option<&'static str> },
    LongHead,
    ManyLines,
    Interim,
    Push,
    Continuations,
    Trailers,
}

impl Bomb {
    async fn go_off(&self, source: &mut Frames, stream: u32) {
        let interim = [&[0x08, 0x03][..], b"103", &line("link", "</a>")].concat();
        match self {
            Self::Body { announced } => {
                let length = announced.map(|length| line("content-length", length)).unwrap_or_default();
                source.write(HEADERS, END_HEADERS, stream, &[OK, &length].concat()).await;
                // The stream's window has room for it.
                for _ in 0..4 {
                    source.write(DATA, 0, stream, &[b'7'; 8 * 1024]).await;
                }
            }
            Self::LongHead => {
                let long = line("x-long", &"y".repeat(15_000));
                source.write(HEADERS, 0, stream, &[OK, &long].concat()).await;
                source.write(CONTINUATION, 0, stream, &long).await;
                source.write(CONTINUATION, END_HEADERS, stream, &long).await;
            }
            Self::ManyLines => {
                let lines: Vec<u8> = (0..101).flat_map(|_| line("x", "y")).collect();
                source.write(HEADERS, END_HEADERS | END_STREAM, stream, &[OK, &lines].concat()).await;
            }
            Self::Interim => {
                for _ in 0..2_000 {
                    source.write(HEADERS, END_HEADERS, stream, &interim).await;
                }
            }
            Self::Push => {
                let promised = [&2_u32.to_be_bytes()[..], &[0x82, 0x87, 0x84]].concat();
                source.write(PUSH_PROMISE, END_HEADERS, stream, &promised).await;
            }
            Self::Continuations => {
                source.write(HEADERS, 0, stream, OK).await;
                for _ in 0..2_000 {
                    if !source.write(CONTINUATION, 0, stream, &line("x", "y")).await {
                        return;
                    }
                }
            }
            Self::Trailers => {
                source.write(HEADERS, END_HEADERS, stream, OK).await;
                for _ in 0..4 {
                    source.write(HEADERS, END_HEADERS | END_STREAM, stream, &line("x", "y")).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn r43_every_bomb_on_a_stream_is_ended_at_its_limit() {
    let (whole, streams) = (true, false);
    for (name, bomb, failures, ends_connection) in [
        ("body", Bomb::Body { announced: None }, &[Failure::TooLarge][..], streams),
        ("announced", Bomb::Body { announced: Some("99999999") }, &[Failure::TooLarge], streams),
        (
            "more than can be counted",
            Bomb::Body { announced: Some("18446744073709551615") },
            &[Failure::NotHttp],
            streams,
        ),
        ("no number", Bomb::Body { announced: Some("-2") }, &[Failure::NotHttp], streams),
        ("head", Bomb::LongHead, &[Failure::NotHttp], streams),
        ("lines", Bomb::ManyLines, &[Failure::TooLarge], streams),
        ("interim heads", Bomb::Interim, &[Failure::TooLarge], streams),
        ("push", Bomb::Push, &[Failure::NotHttp, Failure::Broke], whole),
        ("continuations", Bomb::Continuations, &[Failure::NotHttp, Failure::Broke], whole),
    ] {
        let (http2, _running) = connected(Pings::Answered, move |mut source| async move {
            let mut armed = Some(bomb);
            while let Some((stream, body)) = source.request().await {
                match armed.take() {
                    Some(bomb) => bomb.go_off(&mut source, stream).await,
                    None => drop(source.answer(stream, &body).await),
                }
            }
        })
        .await;
        let begun = Instant::now();
        let outcome = timeout(Duration::from_secs(20), ask(&http2, 1)).await.expect("an end");
        let failure = outcome.expect_err(name).failure;
        assert!(failures.contains(&failure), "{name}: {failure:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
        if !ends_connection {
            for number in 2..30 {
                assert_eq!(ask(&http2, number).await, Ok(number.to_string()), "after {name}");
            }
        }
    }
}

#[tokio::test]
async fn r43_trailers_say_nothing_and_one_head_after_the_body_is_all_there_is() {
    let (http2, _running) = connected(Pings::Answered, |mut source| async move {
        let (stream, _) = source.request().await.expect("a request");
        Bomb::Trailers.go_off(&mut source, stream).await;
        while source.read().await.is_some() {}
    })
    .await;
    match ask(&http2, 1).await {
        Ok(body) => assert_eq!(body, ""),
        Err(unanswered) => assert!(matches!(unanswered.failure, Failure::Broke | Failure::NotHttp), "{unanswered:?}"),
    }
}

#[tokio::test]
async fn r43_a_body_just_within_its_limit_is_read_through_a_small_window() {
    let (http2, _running) = connected(Pings::Answered, |mut source| async move {
        let (stream, _) = source.request().await.expect("a request");
        source.write(HEADERS, END_HEADERS, stream, &[OK, &line("x-long", &"y".repeat(15_000))].concat()).await;
        source.write(DATA, 0, stream, &[b'7'; BODY_LIMIT - 1]).await;
        source.write(DATA, END_STREAM, stream, b"7").await;
        while source.read().await.is_some() {}
    })
    .await;
    assert_eq!(ask(&http2, 1).await.map(|body| body.len()), Ok(BODY_LIMIT));
}

#[tokio::test]
async fn what_was_not_looked_at_is_known_from_what_was() {
    for (farewell, expected) in [(false, Reached::Nobody), (true, Reached::Nobody)] {
        let (http2, _running) = connected(Pings::Answered, move |mut source| async move {
            let (first, _) = source.request().await.expect("a request");
            let (second, _) = source.request().await.expect("another");
            if farewell {
                source.write(GOAWAY, 0, 0, &[&first.to_be_bytes()[..], &[0; 4]].concat()).await;
            } else {
                source.write(RST_STREAM, 0, second, &REFUSED_STREAM).await;
            }
            source.answer(first, b"1").await;
            while source.read().await.is_some() {}
        })
        .await;
        let (first, second) = tokio::join!(ask(&http2, 1), ask(&http2, 2));
        assert_eq!(first.as_deref(), Ok("1"), "farewell: {farewell}");
        assert_eq!(second, unanswered(Failure::Broke, expected), "farewell: {farewell}");
        assert_eq!(http2.takes_calls(), !farewell);
    }
    // A stream that the farewell still counts, and that nothing came of: it may have been read.
    let (http2, _running) = connected(Pings::Answered, |mut source| async move {
        let (first, _) = source.request().await.expect("a request");
        source.write(GOAWAY, 0, 0, &[&first.to_be_bytes()[..], &[0, 0, 0, 2]].concat()).await;
    })
    .await;
    assert_eq!(ask(&http2, 1).await, unanswered(Failure::Broke, Reached::PerhapsSource));
    // A stream that is reset for any other reason: so may this.
    let (http2, _running) = connected(Pings::Answered, |mut source| async move {
        let (first, _) = source.request().await.expect("a request");
        source.write(RST_STREAM, 0, first, &[0, 0, 0, 2]).await;
        while source.read().await.is_some() {}
    })
    .await;
    assert_eq!(ask(&http2, 1).await, unanswered(Failure::Broke, Reached::Source));
    assert!(http2.takes_calls());
}

/// A source that reads and says nothing.
async fn silent(pings: Pings) -> (Http2, Running) {
    connected(pings, |mut source| async move { while source.read().await.is_some() {} }).await
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_a_call_timed_out_in_silence_takes_no_further_ones() {
    for (limit, pings, takes_calls) in [
        (100, Pings::Ignored, false),
        (900, Pings::Ignored, false),
        // The call was given up before anything could be said.
        (50, Pings::Ignored, true),
        // The source is slow with this one, and lives.
        (3_000, Pings::Answered, true),
    ] {
        let (http2, _running) = silent(pings).await;
        // Settings have been exchanged.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let late = timeout(Duration::from_millis(limit), ask(&http2, 1)).await;
        assert!(late.is_err(), "{late:?}");
        assert_eq!(http2.takes_calls(), takes_calls, "{limit} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_found_in_two_seconds_and_ends_all_who_wait_on_it() {
    let (http2, running) = silent(Pings::Ignored).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let begun = Instant::now();
    let (first, second) = tokio::join!(ask(&http2, 1), ask(&http2, 2));
    assert_eq!(first, unanswered(Failure::Broke, Reached::PerhapsSource));
    assert_eq!(second, first);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(!http2.takes_calls());
    running.tasks.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_no_calls_while_it_is_asked_whether_it_lives() {
    let (http2, running) = silent(Pings::Ignored).await;
    let mut call = Box::pin(ask(&http2, 1));
    let mut doubted = false;
    for _ in 0..30 {
        // Each poll of the call goes on to the next tenth of a second.
        let ended = timeout(Duration::from_millis(100), &mut call).await;
        if ended.is_ok() {
            break;
        }
        doubted |= !http2.takes_calls() && !http2.signs().is_retired();
    }
    assert!(doubted);
    running.tasks.wait().await;
    assert!(http2.signs().is_retired());
}

#[tokio::test(start_paused = true)]
async fn the_task_of_a_connection_ends_with_its_use() {
    let (http2, running) = connected(Pings::Answered, |mut source| async move {
        while let Some((stream, body)) = source.request().await {
            source.answer(stream, &body).await;
        }
    })
    .await;
    assert_eq!(ask(&http2, 1).await.as_deref(), Ok("1"));
    assert!(!running.tasks.is_empty());
    drop(http2);
    timeout(Duration::from_secs(5), running.tasks.wait()).await.expect("an end");

    // Whoever holds it on cannot keep it longer than its life.
    let (http2, running) = silent(Pings::Answered).await;
    let begun = Instant::now();
    running.tasks.wait().await;
    assert!((TAKES_CALLS_FOR..TAKES_CALLS_FOR * 2).contains(&begun.elapsed()));
    assert!(http2.signs().is_retired());
}
