//! A session's tokens are renewed while it lasts, each refresh token is sent once, and what cannot be renewed ends.

use std::time::Duration;

use futures::future::join_all;
use http::{Method, StatusCode};
use overblik_tests::{Browser, ProviderStandIn, SigningKey, System, TokenOrder};

/// How long the stand-in's access tokens last.
const LIFE: Duration = Duration::from_mins(5);

/// Such a moment before they expire.
fn before_they_expire(left: Duration) -> Duration {
    LIFE.checked_sub(left).expect("less than their life")
}

struct World {
    provider: ProviderStandIn,
    system: System,
    browser: Browser,
}

impl World {
    async fn logged_in() -> Self {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        let system = provider.system().await;
        let (browser, landed) = ProviderStandIn::log_in(&system).await;
        assert_eq!(landed.status, 200, "{}", landed.text);
        Self { provider, system, browser }
    }

    /// Lets time pass for everybody.
    fn pass(&self, time: Duration) {
        self.system.pass(time);
        self.provider.pass(time);
    }

    async fn status(&mut self) -> u16 {
        self.browser.get("/api/v1/overview").await.status.as_u16()
    }

    /// How often a refresh token was sent.
    fn refreshes(&self) -> usize {
        let requests = self.provider.received("/token");
        requests.iter().filter(|request| request.field("grant_type") == "refresh_token").count()
    }

    async fn until_refreshed(&self, times: usize) {
        self.system.until("tokens were renewed", |_| self.refreshes() == times).await;
        let renewed = || self.system.log().matches("tokens renewed").count();
        self.system.until("and kept", |_| renewed() == times).await;
    }
}

#[tokio::test]
async fn r24_tokens_are_renewed_again_and_again_while_the_session_lasts() {
    let mut world = World::logged_in().await;
    for times in 1..=4 {
        world.pass(before_they_expire(Duration::from_secs(61)));
        assert_eq!(world.status().await, 200);
        assert_eq!(world.refreshes(), times - 1, "there is time yet");
        world.pass(Duration::from_secs(1));
        assert_eq!(world.status().await, 200, "nobody waits for a renewal that is ahead of time");
        world.until_refreshed(times).await;
    }
    world.pass(LIFE);
    assert_eq!(world.status().await, 200, "renewed first, then shown");
    assert_eq!(world.refreshes(), 5);
    let log = world.system.log();
    let renewed = log.lines().filter(|line| line.contains("\"tokens renewed\""));
    let with_reference = renewed.filter(|line| line.contains("\"reference\":\"")).count();
    assert_eq!(with_reference, 5, "for whose sake it was: {log}");
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r24_200_requests_at_the_tokens_end_cause_one_refresh() {
    let world = World::logged_in().await;
    world.provider.order(TokenOrder::Late(Duration::from_secs(6)));
    world.pass(LIFE);
    let requests = (0..200).map(async |_| world.browser.clone().get("/api/v1/overview").await.status.as_u16());
    let statuses = join_all(requests).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(world.refreshes(), 1);
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r25_a_refresh_that_was_cut_is_not_repeated_and_the_session_ends_with_its_tokens() {
    let mut world = World::logged_in().await;
    world.provider.order(TokenOrder::Cut);
    world.pass(before_they_expire(Duration::from_secs(30)));
    assert_eq!(world.status().await, 200);
    world.system.until("it was sent", |_| world.refreshes() == 1).await;
    world.pass(Duration::from_secs(29));
    assert_eq!(world.status().await, 200, "the tokens have not expired yet");
    world.pass(Duration::from_secs(1));
    assert_eq!(world.status().await, 401, "log in again");
    assert_eq!(world.status().await, 401);
    assert_eq!(world.refreshes(), 1, "a second use would have ended everything at the provider");
    (world.browser, _) = ProviderStandIn::log_in(&world.system).await;
    assert_eq!(world.status().await, 200);
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r25_a_client_that_goes_away_while_tokens_are_renewed_loses_nothing() {
    let mut world = World::logged_in().await;
    world.provider.order(TokenOrder::Late(Duration::from_millis(500)));
    world.pass(LIFE);
    let mut impatient = world.browser.clone();
    let gone = tokio::time::timeout(Duration::from_millis(200), impatient.get("/api/v1/overview")).await;
    assert!(gone.is_err());
    assert_eq!(world.status().await, 200);
    assert_eq!(world.refreshes(), 1);
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r26_a_refused_refresh_token_ends_the_session() {
    let mut world = World::logged_in().await;
    world.provider.order(TokenOrder::InvalidGrant);
    world.pass(LIFE);
    assert_eq!(world.status().await, 401);
    assert_eq!(world.refreshes(), 1);
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r26_a_provider_in_trouble_costs_nothing_until_the_tokens_expire_and_then_nothing_is_shown() {
    let mut world = World::logged_in().await;
    world.provider.order(TokenOrder::Status(StatusCode::INTERNAL_SERVER_ERROR));
    world.pass(before_they_expire(Duration::from_secs(20)));
    assert_eq!(world.status().await, 200);
    let told = || world.system.log().contains("the identity provider is in trouble");
    world.system.until("the refresh failed", |_| told()).await;
    world.system.until("and the token was put back", |demo| demo.app.refreshing() == 0).await;
    assert_eq!(world.status().await, 200);
    assert_eq!(world.refreshes(), 1, "a provider in trouble is left alone for a while");
    world.provider.order(TokenOrder::Status(StatusCode::SERVICE_UNAVAILABLE));
    world.pass(Duration::from_secs(20));
    let refused = world.browser.get("/api/v1/overview").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (503, &"login-unavailable".into()));
    assert_eq!(world.refreshes(), 2);
    world.pass(Duration::from_secs(15));
    assert_eq!(world.status().await, 200, "the session was kept, and the same token brings new ones");
    assert_eq!(world.refreshes(), 3);
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r8_r26_a_refresh_that_brings_another_person_ends_the_session_and_is_an_alarm() {
    for (member, other) in [("sub", "somebody-else"), ("cpr", "6101010002")] {
        let mut world = World::logged_in().await;
        world.provider.forge(move |mut draft| {
            if draft.of_refresh {
                draft.claims[member] = other.into();
            }
            draft.signed()
        });
        world.pass(LIFE);
        assert_eq!(world.status().await, 401, "{member}");
        assert!(world.system.log().contains("about another person"), "{member}");
        world.system.stop(&[&world.browser]).await;
    }
}

#[tokio::test]
async fn r27_a_logout_revokes_the_refresh_token() {
    let mut world = World::logged_in().await;
    world.browser.post("/auth/logout").await;
    world.system.until("it is revoked", |_| world.provider.requests("/revoke") == 1).await;
    let request = &world.provider.received("/revoke")[0];
    assert!(!world.provider.knows_refresh_token(request.field("token")));
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r27_ending_one_s_own_session_from_the_list_revokes_the_refresh_token_too() {
    let mut world = World::logged_in().await;
    let own = world.browser.get("/api/v1/sessions").await.json();
    let path = format!("/api/v1/sessions/{}", own["sessions"][0]["id"].as_str().expect("an id"));
    for (number, path) in [(1, path.as_str()), (2, "/api/v1/sessions")] {
        let url = world.browser.at(path);
        let from_our_page = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];
        assert_eq!(world.browser.send(Method::DELETE, &url, &from_our_page, None).await.status, 204);
        world.system.until("it is revoked", |_| world.provider.requests("/revoke") == number).await;
        let request = world.provider.received("/revoke").pop().expect("a request");
        assert!(!world.provider.knows_refresh_token(request.field("token")));
        (world.browser, _) = ProviderStandIn::log_in(&world.system).await;
    }
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r27_tokens_that_come_after_the_logout_are_revoked_too() {
    let mut world = World::logged_in().await;
    world.provider.order(TokenOrder::Late(Duration::from_millis(800)));
    world.pass(LIFE);
    let mut waiting = world.browser.clone();
    let (answer, ()) = futures::join!(waiting.get("/api/v1/overview"), async {
        world.system.until("it is being renewed", |_| world.refreshes() == 1).await;
        world.browser.post("/auth/logout").await;
    });
    assert_eq!(answer.status, 401);
    world.system.until("it is revoked", |_| world.provider.requests("/revoke") == 1).await;
    let token = world.provider.received("/revoke")[0].field("token").to_owned();
    assert!(token.starts_with("refresh-"), "{token}");
    assert!(!world.provider.knows_refresh_token(&token));
    world.system.stop(&[&world.browser]).await;
}

#[tokio::test]
async fn r21_a_session_lasts_no_longer_than_the_provider_s() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let system =
        provider.system_with(|config| config.login.claims.session_expiry = Some("session_expiry".into())).await;
    let morning: jiff::Timestamp = overblik_tests::MORNING.parse().expect("a time");
    provider.forge(move |mut draft| {
        draft.claims["session_expiry"] = (morning.as_second() + 600).into();
        draft.signed()
    });
    let (mut browser, landed) = ProviderStandIn::log_in(&system).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    let left = browser.get("/api/v1/session").await.json();
    assert_eq!(left["absolute_seconds_left"], 600);
    let url = browser.at("/api/v1/session");
    system.pass(Duration::from_secs(599));
    assert_eq!(browser.send(Method::GET, &url, &[], None).await.status, 200);
    system.pass(Duration::from_secs(1));
    assert_eq!(browser.send(Method::GET, &url, &[], None).await.status, 401);
    system.stop(&[&browser]).await;
}
