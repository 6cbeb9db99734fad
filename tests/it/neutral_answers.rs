//! Why a session opens nothing is nobody's business (requirement R37): an unknown one, one that ran out and one that was
//! tampered with get the same answer in the same time.

use std::time::{Duration, Instant};

use overblik_tests::{KeptConnection, Setup, System};

const SESSION: &str = "__Host-Http-overblik";
const ROUNDS: usize = 200;

/// By how much the medians may differ.
const TOLERANCE: Duration = Duration::from_millis(5);

async fn session(system: &System, citizen: &str) -> String {
    system.logged_in(citizen).await.cookie(SESSION).expect("a session").to_owned()
}

/// An answer without what is different each time.
fn without_reference(head: &str, body: &str) -> String {
    let reference = head.split("x-request-id: ").nth(1).and_then(|rest| rest.lines().next()).expect("a reference");
    let lines = head.lines().filter(|line| !line.starts_with("date: ") && !line.starts_with("x-request-id: "));
    let head: Vec<_> = lines.collect();
    assert!(body.to_ascii_lowercase().contains(reference), "{body}");
    format!("{head:?}{}", body.to_ascii_lowercase().replace(reference, ""))
}

#[tokio::test]
async fn r37_unknown_expired_and_tampered_sessions_get_the_same_answer_in_the_same_time() {
    let system = Setup::default().adjust(|config| config.session.idle_s = 60).start().await;
    let expired = session(&system, "family-signe").await;
    system.pass(Duration::from_secs(61));
    let (one, other) = (session(&system, "family-signe").await, session(&system, "twins-tove").await);
    // The id of one session with the half of the key of another: its record is found and does not open.
    let tampered = format!("{}{}", one.split_at(43).0, other.split_at(43).1);
    let unknown: String = {
        let swapped = |character: char| if character == 'A' { 'B' } else { 'A' };
        let first = one.chars().next().expect("a character");
        format!("{}{}", swapped(first), one.split_at(1).1)
    };
    let kinds = [("unknown", unknown), ("expired", expired), ("tampered", tampered)];
    let mut connection = KeptConnection::to(&system.demo.url);
    let mut times = [const { Vec::new() }; 3];
    let mut answers = std::collections::BTreeSet::new();
    // One after the other in each round, so that whatever else the machine does falls on all alike.
    for _ in 0..ROUNDS {
        for ((_, value), times) in kinds.iter().zip(&mut times) {
            let request = format!(
                "GET /api/v1/overview HTTP/1.1\r\nhost: localhost\r\nx-overblik-csrf: 1\r\ncookie: {SESSION}={value}\r\n\r\n"
            );
            let asked = Instant::now();
            let answer = connection.ask(request.as_bytes()).await;
            times.push(asked.elapsed());
            assert_eq!(answer.status, 401);
            answers.insert(without_reference(&answer.head, &answer.body));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let medians = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    });
    let spread = medians.iter().max().expect("three").saturating_sub(*medians.iter().min().expect("three"));
    assert!(spread < TOLERANCE, "{:?}: {medians:?}", kinds.map(|(kind, _)| kind));
    // The control: the event that only the tampered one is, so that the three were of three kinds.
    assert_eq!(system.log().matches("a session's record does not open").count(), ROUNDS);
    assert_eq!(system.browser().get("/").await.status, 200);
    system.stop(&[]).await;
}
