//! What two gateways over one Redis must do together.

use std::time::{Duration, Instant};

use futures::future::join_all;
use overblik_tests::{
    GatewayBinary,
    crowd::{Look, Mischief, Outcome},
};

use crate::town::Town;

const SOON: Duration = Duration::from_secs(1);

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(seen) => seen.text(),
        Outcome::GivenUp | Outcome::Broken => format!("{outcome:?}"),
    }
}

#[tokio::test]
async fn a_login_begun_at_one_gateway_ends_at_the_other_and_holds_at_both() {
    let town = Town::quiet().await;
    let [a, b] = town.doors();
    let browser = town.crowd.browser();
    assert_eq!(browser.log_in([&a, &b], 0, "", None).await.status(), 200);
    for door in [&a, &b] {
        let overview = browser.look(door, Look::Json, None).await;
        assert_eq!(overview.status(), 200);
        assert!(text(&overview).contains(&town.crowd.persons.of(0).marker), "{}", text(&overview));
    }
    assert_eq!(town.crowd.inspection.findings(), Vec::<String>::new());
}

#[tokio::test]
async fn r31_a_logout_at_one_gateway_ends_session_and_stream_at_the_other_within_a_second() {
    // Sources that never answer: only the logout ends the stream so soon.
    let silence = Mischief { silent: 1000, ..Mischief::NONE };
    let town = Town::found(20, silence, GatewayBinary::Overblik, "info").await;
    let [a, b] = town.doors();
    let browser = town.crowd.browser();
    assert_eq!(browser.log_in([&a, &a], 0, "", None).await.status(), 200);
    assert_eq!(browser.look(&b, Look::Session, None).await.status(), 200);
    let (tab, mut stream) = (browser.copy(), browser.open_stream(&b).await);
    let first = stream.next_event().await.expect("what is known at once");
    assert_eq!((first.0.as_str(), &first.1["state"]), ("section", &"step_up_required".into()));

    let asked = Instant::now();
    assert_eq!(browser.log_out(&a, None).await.status(), 200);
    let said = Instant::now();
    let rest = tokio::time::timeout(SOON, stream.events()).await.expect("the stream has ended");
    let names: Vec<_> = rest.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["session_over"], "{:?} after the logout was answered", said.elapsed());
    assert_eq!(tab.look(&b, Look::Session, None).await.status(), 401);
    assert!(town.crowd.comes_to_rest(SOON.saturating_sub(said.elapsed())).await, "calls go on");
    // Less than a source's own limit: it was the logout that ended them.
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(town.left_behind().await, Vec::<String>::new());
}

#[tokio::test]
async fn r22_new_keys_lose_no_session_and_removed_ones_end_theirs_at_both() {
    let town = Town::quiet().await;
    let [a, b] = town.doors();
    let (old, new) = (town.crowd.browser(), town.crowd.browser());
    assert_eq!(old.log_in([&a, &b], 0, "", None).await.status(), 200);
    town.fleet.keys().exchange().await;
    assert_eq!(new.log_in([&b, &a], 1, "", None).await.status(), 200);
    for (browser, door) in [(&old, &a), (&old, &b), (&new, &a), (&new, &b)] {
        assert_eq!(browser.look(door, Look::Json, None).await.status(), 200);
    }
    town.fleet.keys().remove_former().await;
    for door in [&a, &b] {
        assert_eq!(old.copy().look(door, Look::Session, None).await.status(), 401, "what sealed it is gone");
        assert_eq!(new.look(door, Look::Session, None).await.status(), 200);
    }
}

#[tokio::test]
async fn r23_an_operator_ends_one_citizen_s_sessions_or_everybody_s_at_every_gateway() {
    let town = Town::quiet().await;
    let [a, b] = town.doors();
    let meant = [town.crowd.browser(), town.crowd.browser()];
    let other = town.crowd.browser();
    for browser in &meant {
        assert_eq!(browser.log_in([&a, &a], 0, "", None).await.status(), 200);
    }
    assert_eq!(meant[0].look(&a, Look::Json, None).await.status(), 200);
    // Only the one citizen has been asked about so far: the log names them, by their pseudonym.
    let written = town.fleet.written().concat();
    let (_, named) = written.split_once("\"citizen\":\"").expect("a citizen in the log");
    let (pseudonym, _) = named.split_once('"').expect("the whole pseudonym");
    assert_eq!(other.log_in([&b, &b], 1, "", None).await.status(), 200);
    for browser in &meant {
        assert_eq!(browser.look(&b, Look::Session, None).await.status(), 200, "the control");
    }

    assert_eq!(town.fleet.run(&["sessions", "end", "--citizen", pseudonym]), "2 sessions ended\n");
    for door in [&a, &b] {
        for browser in &meant {
            assert_eq!(browser.copy().look(door, Look::Session, None).await.status(), 401);
        }
        assert_eq!(other.look(door, Look::Session, None).await.status(), 200, "another citizen's stays");
    }
    assert_eq!(town.fleet.run(&["sessions", "end", "--all"]), "1 session ended\n");
    assert_eq!(other.copy().look(&a, Look::Session, None).await.status(), 401);
    assert_eq!(town.left_behind().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_gateway_that_is_killed_takes_no_session_along() {
    let mut town = Town::quiet().await;
    let [a, b] = town.doors();
    let browser = town.crowd.browser();
    assert_eq!(browser.log_in([&a, &a], 0, "", None).await.status(), 200);
    town.fleet.kill(0);
    assert_eq!(browser.look(&b, Look::Json, None).await.status(), 200);
    town.fleet.start_process(0).await;
    let [a, _] = town.doors();
    assert_eq!(browser.look(&a, Look::Json, None).await.status(), 200);
}

#[tokio::test]
async fn r24_two_hundred_requests_at_token_expiry_cause_one_refresh() {
    let town = Town::quiet().await;
    let [a, b] = town.doors();
    let provider = &town.crowd.provider;
    provider.access_tokens_last(Duration::from_secs(2));
    let browser = town.crowd.browser();
    assert_eq!(browser.log_in([&a, &a], 0, "", None).await.status(), 200);
    provider.access_tokens_last(Duration::from_mins(5));
    provider.refresh_takes(Duration::from_secs(6));
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let doors = [&a, &b];
    let looks = (0..200).map(|index| browser.look(doors[index % 2], Look::Json, None));
    let outcomes = join_all(looks).await;
    let statuses: Vec<_> = outcomes.iter().map(Outcome::status).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!((provider.refreshes(), provider.replays()), (1, 0));
    assert_eq!(town.crowd.inspection.findings(), Vec::<String>::new());
}
