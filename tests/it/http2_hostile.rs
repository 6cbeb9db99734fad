//! Clients that misuse HTTP/2 (requirements R71 and R72): refused or ended, within bounds, and nobody else notices.

use std::time::{Duration, Instant};

use overblik_gateway::config::Config;
use overblik_tests::{
    Certificates, Setup, System,
    frames::{END_HEADERS, END_STREAM, RawFrame, RawFrames, frame, get, kind, lines, post},
};

/// Error codes (RFC 9113 section 7).
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Settings (RFC 9113 section 6.5.2).
const INITIAL_WINDOW_SIZE: u16 = 4;

/// 404, 405 and so on, where they stand in the table that both sides know; other statuses are written out.
const OK: u8 = 0x88;
const NOT_FOUND: u8 = 0x8d;

struct Attacked {
    system: System,
    certificates: Certificates,
}

impl Attacked {
    async fn new() -> Self {
        Self::with_patience(3).await
    }

    /// With so many seconds for heads and bodies: many, where something else than time must end what is sent.
    async fn with_patience(seconds: u64) -> Self {
        let certificates = Certificates::new();
        let setup = Setup::default().secured(&certificates).adjust(move |config: &mut Config| {
            config.server.patience.head_s = seconds;
            config.server.patience.body_s = seconds;
            config.server.patience.idle_s = 5;
            config.server.patience.taking_s = 1;
        });
        Self { system: setup.start().await, certificates }
    }

    async fn connect(&self, settings: &[(u16, u32)]) -> RawFrames {
        let stream = self.certificates.connect(&self.system.demo.url, &["h2"]).await.expect("a connection");
        RawFrames::begin(stream, settings).await.expect("a preface")
    }

    /// Whoever else asks is answered, and nothing is left of the attack.
    async fn ends_well(self, what: &str) {
        let began = Instant::now();
        assert_eq!(self.system.browser().get("/").await.status, 200, "after {what}");
        assert!(began.elapsed() < Duration::from_secs(5), "after {what}: {:?}", began.elapsed());
        self.system.stop(&[]).await;
    }
}

/// Sends until the gateway ends the connection, or all is sent; what it said on the way out, if that still arrived.
async fn flood(frames: &mut RawFrames, piece: &[u8], times: usize) -> Option<u32> {
    for _ in 0..times {
        let sent = tokio::time::timeout(Duration::from_secs(20), frames.send(piece)).await;
        if sent.expect("neither taken nor ended").is_err() {
            break;
        }
    }
    let told = frames.to_the_end().await;
    told.iter().filter(|frame| frame.kind == kind::GOAWAY).filter_map(RawFrame::error).find(|code| *code != 0)
}

#[tokio::test]
async fn r71_heads_that_no_http2_request_has_are_refused() {
    let attacked = Attacked::new().await;
    let usual = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/auth/login")];
    let with = |more: &[(&'static str, &'static str)]| [&usual[..], more].concat();
    let cases = [
        ("connection", with(&[("connection", "close")])),
        ("connection naming a line", with(&[("connection", "x-forwarded-for"), ("x-forwarded-for", "203.0.113.9")])),
        ("transfer-encoding", with(&[("transfer-encoding", "chunked")])),
        ("upgrade", with(&[("upgrade", "websocket")])),
        ("keep-alive", with(&[("keep-alive", "timeout=5")])),
        ("proxy-connection", with(&[("proxy-connection", "keep-alive")])),
        ("te", with(&[("te", "gzip")])),
        ("upper case", with(&[("X-Upper", "y")])),
        ("a line end in a value", with(&[("x", "a\r\ncookie: b")])),
        ("a NUL in a value", with(&[("x", "a\0b")])),
        ("a blank in a name", with(&[("x y", "z")])),
        ("a colon in a name", with(&[("x:y", "z")])),
        ("a pseudo-header after a line", with(&[("x", "y"), (":method", "GET")])),
        ("an unknown pseudo-header", with(&[(":x", "y")])),
        ("a status", with(&[(":status", "200")])),
        ("two paths", with(&[(":path", "/")])),
        ("two methods", with(&[(":method", "POST")])),
        ("no path", usual[..3].to_vec()),
        ("no method", usual[1..].to_vec()),
        ("no scheme", [&usual[..1], &usual[2..]].concat()),
        ("an empty path", [&usual[..3], &[(":path", "")]].concat()),
        ("a path that is none", [&usual[..3], &[(":path", "auth/login")]].concat()),
        ("a path with a line end", [&usual[..3], &[(":path", "/auth/login HTTP/1.1\r\nx: y")]].concat()),
        ("another protocol", [&[(":method", "CONNECT"), (":protocol", "websocket")], &usual[1..]].concat()),
        ("a length without a body", with(&[("content-length", "5")])),
        ("two lengths", with(&[("content-length", "0"), ("content-length", "5")])),
    ];
    for (what, head) in cases {
        let mut frames = attacked.connect(&[]).await;
        let head = frame(kind::HEADERS, END_STREAM | END_HEADERS, 1, &lines(&head));
        frames.send(&[head, get(3, "/no-such-page")].concat()).await.expect("sent");
        let mut answered = None;
        while let Some(frame) = frames.next().await {
            let is_over = frame.kind == kind::GOAWAY || (frame.kind == kind::HEADERS && frame.stream == 3);
            if frame.stream == 1 || frame.kind == kind::GOAWAY {
                answered.get_or_insert(frame);
            }
            if is_over && answered.is_some() {
                break;
            }
        }
        let answered = answered.unwrap_or_else(|| panic!("{what}: nothing is said"));
        let is_refused = match answered.kind {
            kind::RST_STREAM | kind::GOAWAY => answered.error() == Some(PROTOCOL_ERROR),
            // 400 and the like; never what was asked for.
            kind::HEADERS => matches!(answered.payload.first(), Some(0x8c..=0x8d)),
            _ => false,
        };
        assert!(is_refused, "{what}: {answered:?}");
    }
    assert!(!attacked.system.log().contains("\"route\":\"/auth/login\""), "one of them was taken for a request");
    attacked.ends_well("malformed heads").await;
}

#[tokio::test]
async fn r71_another_host_in_a_head_changes_nothing() {
    let attacked = Attacked::new().await;
    let mut frames = attacked.connect(&[]).await;
    let head = [(":method", "GET"), (":scheme", "https"), (":authority", "evil.example"), (":path", "/no-such-page")];
    let head = [&head[..], &[("host", "other.example")]].concat();
    frames.send(&frame(kind::HEADERS, END_STREAM | END_HEADERS, 1, &lines(&head))).await.expect("sent");
    let answer = frames.first(&[kind::HEADERS, kind::RST_STREAM], 1).await.expect("an answer");
    assert!(answer.kind == kind::RST_STREAM || answer.payload.first() == Some(&NOT_FOUND), "{answer:?}");
    attacked.ends_well("another host").await;
}

#[tokio::test]
async fn r72_requests_that_are_taken_back_at_once_end_the_connection() {
    let attacked = Attacked::new().await;
    let mut frames = attacked.connect(&[]).await;
    // A hundred requests with their resets in each piece.
    let mut told = None;
    for round in 0..200_u32 {
        let piece: Vec<u8> = (0..100)
            .flat_map(|index| {
                let stream = 1 + 2 * (round * 100 + index);
                [get(stream, "/"), frame(kind::RST_STREAM, 0, stream, &CANCEL.to_be_bytes())].concat()
            })
            .collect();
        if frames.send(&piece).await.is_err() {
            break;
        }
        told = Some(round);
    }
    let ended = frames.to_the_end().await;
    let code = ended.iter().filter_map(RawFrame::error).find(|code| *code == ENHANCE_YOUR_CALM);
    let answered = attacked.system.log().matches("request answered").count();
    assert!(code.is_some() || told < Some(199), "{ended:?}");
    assert!(answered < 1_000, "{answered} of 20000 requests were answered for nobody");
    attacked.ends_well("rapid reset").await;
}

#[tokio::test]
async fn r72_a_head_without_an_end_is_cut_off() {
    let attacked = Attacked::with_patience(60).await;
    let start = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")];
    for padding in [vec![("x", "y")], vec![]] {
        let mut frames = attacked.connect(&[]).await;
        frames.send(&frame(kind::HEADERS, END_STREAM, 1, &lines(&start))).await.expect("sent");
        let more: Vec<_> = padding.iter().cycle().take(100 * padding.len()).copied().collect();
        let piece = frame(kind::CONTINUATION, 0, 1, &lines(&more)).repeat(20);
        let began = Instant::now();
        flood(&mut frames, &piece, 2_000).await;
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
    // One line far beyond what may be, and many small ones.
    let (large, many) = ("y".repeat(20_000), "x");
    for head in [vec![("x", large.as_str()); 2], vec![(many, "y"); 2_000]] {
        let mut frames = attacked.connect(&[]).await;
        let block = lines(&[&start[..], &head].concat());
        let mut parts = block.chunks(16_000);
        let first = frame(kind::HEADERS, END_STREAM, 1, parts.next().expect("a part"));
        let rest: Vec<u8> = parts.flat_map(|part| frame(kind::CONTINUATION, 0, 1, part)).collect();
        drop(frames.send(&[first, rest, frame(kind::CONTINUATION, END_HEADERS, 1, &[])].concat()).await);
        let answer = frames.first(&[kind::HEADERS, kind::RST_STREAM], 1).await;
        assert!(answer.is_none_or(|answer| answer.payload.first() != Some(&OK)), "a head of more than 16 kB");
    }
    attacked.ends_well("heads without an end").await;
}

#[tokio::test]
async fn r72_frames_that_hold_nothing_end_the_connection() {
    let attacked = Attacked::with_patience(60).await;
    let mut frames = attacked.connect(&[]).await;
    frames.send(&post(1, "/auth/backchannel-logout", &[])).await.expect("sent");
    let began = Instant::now();
    let code = flood(&mut frames, &frame(kind::DATA, 0, 1, &[]).repeat(500), 2_000).await;
    assert!(code.is_none_or(|code| code == ENHANCE_YOUR_CALM), "{code:?}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    attacked.ends_well("empty frames").await;
}

#[tokio::test]
async fn r72_whoever_asks_for_answers_and_reads_none_is_cut_off() {
    let attacked = Attacked::new().await;
    let floods = [
        ("pings", frame(kind::PING, 0, 0, &[7; 8]).repeat(500)),
        ("settings", frame(kind::SETTINGS, 0, 0, &[]).repeat(500)),
        ("requests", (0..50).flat_map(|index| get(3 + 2 * index, "/no-such-page")).collect()),
    ];
    for (what, piece) in floods {
        let mut frames = attacked.connect(&[]).await;
        frames.send(&get(1, "/no-such-page")).await.expect("sent");
        let began = Instant::now();
        let mut was_cut_off = false;
        for _ in 0..20_000 {
            let sent = tokio::time::timeout(Duration::from_secs(20), frames.send(&piece)).await;
            was_cut_off = sent.unwrap_or_else(|late| panic!("{what}: neither taken nor cut off: {late}")).is_err();
            if was_cut_off {
                break;
            }
        }
        assert!(was_cut_off, "{what}: taken to the end, in {:?}", began.elapsed());
    }
    attacked.ends_well("unread answers").await;
}

#[tokio::test]
async fn r72_a_client_that_makes_no_room_for_an_answer_loses_it_and_it_alone() {
    let attacked = Attacked::new().await;
    let mut frames = attacked.connect(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    let began = Instant::now();
    frames.send(&[get(1, "/auth/session-ended"), get(3, "/no-such-page")].concat()).await.expect("sent");
    let head = frames.first(&[kind::HEADERS, kind::RST_STREAM], 1).await.expect("an answer's head");
    assert_eq!(head.payload.first(), Some(&OK), "{head:?}");
    let end = frames.first(&[kind::DATA, kind::RST_STREAM], 1).await.expect("an end");
    assert_eq!(end.error(), Some(CANCEL), "{end:?}");
    assert!(began.elapsed() >= Duration::from_millis(900), "it was waited for");
    // The same connection, and a client that makes room in time, if little by little.
    frames.send(&get(5, "/auth/session-ended")).await.expect("sent");
    let mut received = 0;
    loop {
        frames.send(&frame(kind::WINDOW_UPDATE, 0, 5, &2_000_u32.to_be_bytes())).await.expect("sent");
        match frames.first(&[kind::DATA, kind::RST_STREAM], 5).await.expect("a part") {
            part if part.kind == kind::DATA => {
                received += part.payload.len();
                if part.flags & END_STREAM != 0 {
                    break;
                }
            }
            broken => panic!("{broken:?}"),
        }
    }
    assert!(received > 1_000, "{received}");
    // More room than there can be.
    frames.send(&frame(kind::WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes())).await.expect("sent");
    let told = frames.to_the_end().await;
    assert!(told.iter().any(|frame| frame.error() == Some(FLOW_CONTROL_ERROR)), "{told:?}");
    attacked.ends_well("windows").await;
}

#[tokio::test]
async fn r72_so_many_requests_at_once_and_no_more_and_none_whose_body_does_not_come() {
    let attacked = Attacked::new().await;
    let mut frames = attacked.connect(&[]).await;
    let began = Instant::now();
    let requests: Vec<u8> = (0..=100).flat_map(|index| post(1 + 2 * index, "/auth/backchannel-logout", &[])).collect();
    frames.send(&requests).await.expect("sent");
    let refused = frames.first(&[kind::RST_STREAM, kind::HEADERS], 201).await.expect("an answer");
    assert_eq!(refused.error(), Some(REFUSED_STREAM), "{refused:?}");
    // The others are answered that their bodies came too slowly.
    let mut answered = 0;
    while answered < 100 {
        let frame = frames.next().await.expect("an answer");
        answered += u32::from(frame.kind == kind::HEADERS);
    }
    assert!(began.elapsed() >= Duration::from_millis(2_900), "they were waited for");
    assert_eq!(attacked.system.log().matches("\"status\":408").count(), 100);
    attacked.ends_well("a hundred bodies that never come").await;
}
