//! Cookies that no browser of ours sends: never data, never a failure of ours (R38).

use overblik_tests::{Browser, RawAnswer, System, raw_get, raw_request};

const NAME: &str = "__Host-Http-overblik";

/// Something that stands in every overview of this citizen, on every face, even when all else is missing.
const CITIZEN: &str = "family-signe";
const DATA: [&str; 3] = ["Eksempelsen", "\"sections\"", "Traktoren"];

async fn session() -> (System, String) {
    let system = System::start().await;
    let browser = system.logged_in(CITIZEN).await;
    let session = browser.cookie(NAME).expect("a session").to_owned();
    (system, session)
}

async fn with_cookies(system: &System, lines: &[Vec<u8>]) -> RawAnswer {
    let mut request =
        b"GET /api/v1/overview HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-overblik-csrf: 1\r\n".to_vec();
    for line in lines {
        request.extend([b"cookie: ", line.as_slice(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    raw_request(&system.demo.url, request).await
}

#[track_caller]
fn assert_nothing_given(answer: &RawAnswer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {}", answer.head);
    for text in DATA {
        assert!(!answer.body.contains(text), "{what} gave {text}");
    }
}

/// As above, and the cookie is called unusable and taken away.
#[track_caller]
fn assert_refused_and_expired(answer: &RawAnswer, what: &str) {
    assert_nothing_given(answer, what);
    assert_eq!(answer.status, 401, "{what}");
    let taken_away = format!("set-cookie: {}=;", NAME.to_ascii_lowercase());
    assert!(answer.head.contains(&taken_away), "{what} is not expired: {}", answer.head);
}

#[tokio::test]
async fn the_session_s_own_cookie_is_accepted_beside_others() {
    let (system, session) = session().await;
    for line in [
        format!("{NAME}={session}"),
        format!("a=b; {NAME}={session}; c"),
        format!("plain={session}; {NAME}={session}"),
        format!("={session};{NAME}={session};"),
        format!("{NAME}x=1; x{NAME}=2; {NAME}={session}"),
        format!("by=\u{c5}rhus; {NAME}={session}"),
    ] {
        let answer = with_cookies(&system, &[line.clone().into_bytes()]).await;
        assert_eq!(answer.status, 200, "{line}");
        // The control of everything below: this is what data look like.
        assert!(DATA.iter().all(|text| answer.body.contains(text)), "{line}");
    }
}

#[tokio::test]
async fn r38_a_cookie_that_differs_in_any_character_opens_nothing() {
    let (system, session) = session().await;
    for position in 0..session.len() {
        let original = session.as_bytes()[position];
        for other in [b'A', b'b', b'0', b'-', b'_'].into_iter().filter(|other| *other != original) {
            let mut value = session.clone().into_bytes();
            value[position] = other;
            let line = [format!("{NAME}=").as_bytes(), &value].concat();
            let answer = with_cookies(&system, &[line]).await;
            assert_nothing_given(&answer, &format!("character {position} as {}", char::from(other)));
            assert_eq!(answer.status, 401);
        }
    }
}

#[tokio::test]
async fn r38_a_cookie_of_any_other_length_or_alphabet_opens_nothing() {
    let (system, session) = session().await;
    for length in (0..=100).filter(|length| *length != session.len()) {
        let value = session.chars().cycle().take(length).collect::<String>();
        let answer = with_cookies(&system, &[format!("{NAME}={value}").into_bytes()]).await;
        assert_refused_and_expired(&answer, &format!("{length} characters"));
    }
    let quoted = format!("\"{session}\"");
    let encoded = session.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
    for value in [
        &quoted,
        &encoded,
        "null",
        "undefined",
        "true",
        "0",
        "-1",
        "[]",
        "{}",
        "../../x",
        "' or 1=1",
        "*",
        "$ne",
        "__proto__",
        "a=b",
        "==",
        "%00",
        "\\",
        "\t",
        ",",
    ] {
        let answer = with_cookies(&system, &[format!("{NAME}={value}").into_bytes()]).await;
        assert_refused_and_expired(&answer, value);
    }
}

/// Bytes that no text in UTF-8 or ASCII has, and one letter that UTF-8 has.
const NO_ASCII: [&[u8]; 4] = [b"\xff", b"\x80\x80", b"x\xf8x", "ø".as_bytes()];

#[tokio::test]
async fn r38_bytes_that_are_no_text_are_a_malformed_cookie_too() {
    let (system, _) = session().await;
    for bytes in NO_ASCII {
        let line = [format!("{NAME}=").as_bytes(), bytes].concat();
        assert_refused_and_expired(&with_cookies(&system, &[line]).await, &format!("{bytes:?}"));
    }
}

#[tokio::test]
async fn r17_a_second_cookie_of_the_name_counts_though_it_is_no_text() {
    let (system, session) = session().await;
    for bytes in NO_ASCII {
        let own = format!("{NAME}={session}").into_bytes();
        let second = [format!("{NAME}=").as_bytes(), bytes].concat();
        for lines in [vec![[&own[..], b"; ", &second].concat()], vec![own.clone(), second.clone()], vec![second, own]] {
            assert_refused_and_expired(&with_cookies(&system, &lines).await, &format!("{bytes:?}"));
        }
    }
}

#[tokio::test]
async fn r17_two_cookies_of_the_name_are_refused_even_if_both_are_right() {
    let (system, session) = session().await;
    let other = system.logged_in("twins-tove").await.cookie(NAME).expect("a session").to_owned();
    let lower = NAME.to_ascii_lowercase();
    let pair = |name: &str, value: &str| format!("{name}={value}").into_bytes();
    let (own, own_lower) = (pair(NAME, &session), pair(&lower, &session));
    let seconds =
        [own.clone(), own_lower.clone(), pair(NAME, &other), pair(NAME, ""), pair(NAME, "x"), pair(&lower, "x")];
    for second in &seconds {
        let what = String::from_utf8_lossy(second).into_owned();
        for lines in [
            vec![[&own[..], b"; ", second].concat()],
            vec![[second, &b"; "[..], &own].concat()],
            vec![own.clone(), second.clone()],
            vec![second.clone(), own.clone()],
            vec![[&own[..], b"; a=b"].concat(), second.clone()],
        ] {
            assert_refused_and_expired(&with_cookies(&system, &lines).await, &what);
        }
    }
    assert_refused_and_expired(&with_cookies(&system, &[own_lower]).await, "a name of another case");
}

#[tokio::test]
async fn r38_cookies_of_any_size_and_number_do_no_harm() {
    let (system, session) = session().await;
    for size in [200, 4_000, 8_000, 16_000, 64_000, 1_000_000] {
        let value = session.chars().cycle().take(size).collect::<String>();
        let answer = with_cookies(&system, &[format!("{NAME}={value}").into_bytes()]).await;
        assert_nothing_given(&answer, &format!("{size} bytes"));
    }
    let many: Vec<Vec<u8>> = (0..90).map(|number| format!("c{number}={session}").into_bytes()).collect();
    assert_nothing_given(&with_cookies(&system, &many).await, "ninety cookies of other names");
    let names = [
        "Http-overblik",
        "__Host-overblik",
        "__Secure-overblik",
        "overblik",
        "__Host-Http-overblik2",
        "__host-http-",
        "X__Host-Http-overblik",
        "__Host-Http-overblik\u{b}",
        "%5F%5FHost-Http-overblik",
        "__Host-Http-overblik[]",
        "$__Host-Http-overblik",
        "\"__Host-Http-overblik\"",
        "=__Host-Http-overblik",
    ];
    for name in names {
        let answer = with_cookies(&system, &[format!("{name}={session}").into_bytes()]).await;
        assert_nothing_given(&answer, name);
    }
}

#[tokio::test]
async fn the_session_s_value_opens_nothing_anywhere_else() {
    let (system, session) = session().await;
    for header in [
        format!("authorization: Bearer {session}"),
        format!("authorization: Basic {session}"),
        format!("x-session: {session}"),
        format!("x-forwarded-cookie: {NAME}={session}"),
        format!("cookie2: {NAME}={session}"),
        format!("set-cookie: {NAME}={session}"),
    ] {
        assert_nothing_given(
            &raw_get(&system.demo.url, "/api/v1/overview", std::slice::from_ref(&header)).await,
            &header,
        );
    }
    for target in [
        format!("/api/v1/overview?{NAME}={session}"),
        format!("/api/v1/overview?session={session}"),
        format!("/api/v1/overview;{NAME}={session}"),
    ] {
        assert_nothing_given(&raw_get(&system.demo.url, &target, &[]).await, &target);
    }
}

#[tokio::test]
async fn r38_the_page_falls_back_to_the_landing_page_and_gives_no_data() {
    let (system, session) = session().await;
    for line in [format!("{NAME}=x"), format!("{NAME}={session}; {NAME}={session}"), format!("{NAME}=\u{f8}")] {
        let answer = raw_get(&system.demo.url, "/", &[format!("cookie: {line}"), "accept: text/html".into()]).await;
        assert_eq!(answer.status, 200, "{line}");
        assert!(answer.body.contains("/auth/login") && DATA.iter().all(|text| !answer.body.contains(text)), "{line}");
    }
}

#[tokio::test]
async fn r19_one_session_s_id_with_another_s_half_of_the_key_opens_neither_and_is_an_error_event() {
    let system = System::start().await;
    let (one, other) = (system.logged_in(CITIZEN).await, system.logged_in("twins-tove").await);
    let value = |browser: &Browser| browser.cookie(NAME).expect("a session").to_owned();
    let event = "a session's record does not open";
    for (id, half) in [(value(&one), value(&other)), (value(&other), value(&one))] {
        // The id's last bits are in the 43rd character, so the halves part behind it.
        let mixed = format!("{NAME}={}{}", id.split_at(43).0, half.split_at(43).1);
        let told_before = system.log().matches(event).count();
        let answer = with_cookies(&system, &[mixed.into_bytes()]).await;
        assert_nothing_given(&answer, "a mixed cookie");
        assert_eq!((answer.status, system.log().matches(event).count()), (401, told_before + 1));
    }
    for browser in [&one, &other] {
        let own = format!("{NAME}={}", value(browser)).into_bytes();
        assert_eq!(with_cookies(&system, &[own]).await.status, 200, "the sessions themselves are untouched");
    }
    system.stop(&[&one, &other]).await;
}
