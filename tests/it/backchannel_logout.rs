//! Logout at the identity provider: what ends, when, and what does not.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use overblik_demo::{Fault, FaultTarget, Party, Source};
use overblik_tests::{
    Answer, Browser, Draft, EventStream, LOGOUT_DOOR, Person, ProviderStandIn, Setup, SigningKey, System, TokenOrder,
};
use serde_json::json;

const SESSION: &str = "__Host-Http-overblik";

async fn provider() -> ProviderStandIn {
    ProviderStandIn::start(SigningKey::es256("first")).await
}

/// A browser in which a person has logged in.
async fn logged_in(provider: &ProviderStandIn, system: &System, person: &Person) -> Browser {
    provider.log_in_next(person.clone());
    let (browser, answer) = ProviderStandIn::log_in(system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser
}

async fn status(browser: &mut Browser) -> u16 {
    browser.get("/api/v1/session").await.status.as_u16()
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.headers.contains_key("set-cookie"), "no cookie has a part in it");
}

/// Signe, once more, at another device: the same citizen in another session of the provider.
fn signe_at(device: &str) -> Person {
    Person { session: format!("session-at-{device}"), ..Person::of("family-signe") }
}

fn later(mut draft: Draft, seconds: i64) -> String {
    draft.claims["iat"] = json!(draft.claims["iat"].as_i64().expect("a time") + seconds);
    draft.signed()
}

#[tokio::test]
async fn r30_a_session_at_the_provider_ends_what_it_gave_rise_to_and_nothing_else() {
    let provider = provider().await;
    let system = provider.system().await;
    let (phone, laptop, gert) = (signe_at("phone"), signe_at("laptop"), Person::of("debt-gert"));
    let mut on_phone = logged_in(&provider, &system, &phone).await;
    let mut on_laptop = logged_in(&provider, &system, &laptop).await;
    let mut of_gert = logged_in(&provider, &system, &gert).await;

    assert_done(&system.bring_logout(&provider.logout_of_session(&phone).signed()).await);
    assert_eq!(
        [status(&mut on_phone).await, status(&mut on_laptop).await, status(&mut of_gert).await],
        [401, 200, 200]
    );
    // By its session alone, without a subject.
    let draft = provider.logout_draft(&json!({ "sid": laptop.session }));
    assert_done(&system.bring_logout(&draft.signed()).await);
    assert_eq!([status(&mut on_laptop).await, status(&mut of_gert).await], [401, 200]);
    assert!(
        !system.log().contains("session-at-") && !system.log().contains("subject-of-"),
        "names stay out of the log"
    );
    system.stop(&[&on_phone, &on_laptop, &of_gert]).await;
}

#[tokio::test]
async fn r30_a_subject_alone_ends_all_of_the_citizen_s_and_nobody_else_s() {
    let provider = provider().await;
    let system = provider.system().await;
    let (phone, laptop, gert) = (signe_at("phone"), signe_at("laptop"), Person::of("debt-gert"));
    let mut own = [logged_in(&provider, &system, &phone).await, logged_in(&provider, &system, &laptop).await];
    let mut of_gert = logged_in(&provider, &system, &gert).await;
    assert_done(&system.bring_logout(&provider.logout_of_all(&phone).signed()).await);
    for browser in &mut own {
        assert_eq!(status(browser).await, 401);
    }
    assert_eq!(status(&mut of_gert).await, 200);
    system.stop(&[&own[0], &own[1], &of_gert]).await;
}

#[tokio::test]
async fn r28_a_logout_of_nobody_who_is_here_is_done_too() {
    let provider = provider().await;
    let system = provider.system().await;
    let mut of_gert = logged_in(&provider, &system, &Person::of("debt-gert")).await;
    for draft in [provider.logout_of_all(&signe_at("phone")), provider.logout_of_session(&signe_at("phone"))] {
        assert_done(&system.bring_logout(&draft.signed()).await);
    }
    assert_eq!(status(&mut of_gert).await, 200);
    system.stop(&[&of_gert]).await;
}

#[tokio::test]
async fn r29_the_same_token_twice_ends_nothing_new() {
    let provider = provider().await;
    let system = provider.system().await;
    let person = Person::of("family-signe");
    let mut before = logged_in(&provider, &system, &person).await;
    let by_subject = provider.logout_of_all(&person).signed();
    assert_done(&system.bring_logout(&by_subject).await);
    assert_done(&system.bring_logout(&by_subject).await);
    assert_eq!(status(&mut before).await, 401);

    // A new login of the same citizen, in a new session of the provider, a second later.
    provider.pass(Duration::from_secs(1));
    system.pass(Duration::from_secs(1));
    let mut after = logged_in(&provider, &system, &signe_at("phone")).await;
    assert_done(&system.bring_logout(&by_subject).await);
    assert_eq!(status(&mut after).await, 200, "the replay ended a new login");
    assert!(system.log().contains("came again"), "a replay is told");

    // The same for the session's own token, and not remembered by its id alone.
    let by_session = provider.logout_of_session(&person).signed();
    for _ in 0..2 {
        assert_done(&system.bring_logout(&by_session).await);
        assert_eq!(status(&mut after).await, 200);
    }
    assert_done(&system.bring_logout(&later(provider.logout_of_all(&person), 1)).await);
    assert_eq!(status(&mut after).await, 401, "its own logout ends it");
    system.stop(&[&before, &after]).await;
}

#[tokio::test]
async fn r29_a_token_counts_no_more_when_its_id_is_forgotten() {
    let provider = provider().await;
    let system = provider.system().await;
    let mut draft = provider.logout_of_all(&Person::default());
    // Whatever its own end is.
    draft.claims["exp"] = json!(draft.claims["exp"].as_i64().expect("a time") + 86_400);
    let token = draft.signed();
    assert_done(&system.bring_logout(&token).await);
    system.pass(Duration::from_secs(121));
    assert_eq!(system.bring_logout(&token).await.status, 400);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r30_a_logout_that_arrives_while_its_login_is_under_way_wins() {
    for by_session in [true, false] {
        let provider = provider().await;
        let system = provider.system().await;
        let person = signe_at("phone");
        provider.log_in_next(person.clone());
        provider.order(TokenOrder::Late(Duration::from_millis(1500)));
        let mut browser = system.browser();
        let authorise = browser.get("/auth/login").await.location().expect("the provider");
        let sent = browser.send(Method::GET, &authorise, &[], None).await;
        let callback = sent.location().expect("the callback");
        let logout = async {
            system.until("the code is being redeemed", |_| provider.requests("/token") == 1).await;
            let draft = if by_session { provider.logout_of_session(&person) } else { provider.logout_of_all(&person) };
            let began = Instant::now();
            assert_done(&system.bring_logout(&draft.signed()).await);
            assert!(began.elapsed() < Duration::from_secs(1), "the login was still under way");
        };
        let (answer, ()) = tokio::join!(browser.follow(&callback), logout);
        assert_eq!(answer.status, 502, "{}", answer.text);
        assert!(answer.text.contains("login-refused"), "{}", answer.text);
        assert_eq!(browser.cookie(SESSION), None, "by session: {by_session}");
        assert!(answer.header_all("set-cookie").all(|cookie| !cookie.starts_with(SESSION)));
        assert_eq!(status(&mut browser).await, 401);

        // The next login is another matter.
        provider.pass(Duration::from_secs(1));
        system.pass(Duration::from_secs(1));
        let mut again = logged_in(&provider, &system, &signe_at("laptop")).await;
        assert_eq!(status(&mut again).await, 200);
        system.stop(&[&browser, &again]).await;
    }
}

#[tokio::test]
async fn r30_a_login_in_a_session_that_the_provider_has_ended_comes_to_nothing_however_late() {
    let provider = provider().await;
    let system = provider.system().await;
    let person = signe_at("phone");
    assert_done(&system.bring_logout(&provider.logout_of_session(&person).signed()).await);
    provider.pass(Duration::from_secs(30));
    system.pass(Duration::from_secs(30));
    provider.log_in_next(person);
    let (browser, answer) = ProviderStandIn::log_in(&system).await;
    assert_eq!((answer.status.as_u16(), browser.cookie(SESSION)), (502, None), "{}", answer.text);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r31_what_is_shown_and_fetched_ends_within_a_second() {
    for by_session in [true, false] {
        let provider = provider().await;
        let issuer = provider.issuer.clone();
        let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall);
        let system = setup.adjust(move |config| config.login.issuer = issuer).start().await;
        let (person, gert) = (signe_at("phone"), Person::of("debt-gert"));
        let mut browser = logged_in(&provider, &system, &person).await;
        let mut of_gert = logged_in(&provider, &system, &gert).await;
        let mut stream = browser.open_stream().await;
        let mut gerts = of_gert.open_stream().await;
        let payments = |demo: &overblik_gateway::demo::Demo| demo.world.in_flight(Party::Source(Source::Payments));
        system.until("payments is asked for both", |demo| payments(demo) == 2).await;

        let draft = if by_session { provider.logout_of_session(&person) } else { provider.logout_of_all(&person) };
        let token = draft.signed();
        let began = Instant::now();
        assert_done(&system.bring_logout(&token).await);
        let last = loop {
            match stream.next_event().await {
                Some((name, _)) if name == "section" => {}
                other => break other.map(|(name, _)| name),
            }
        };
        assert_eq!(last.as_deref(), Some("session_over"), "it says what happened");
        assert_eq!(stream.next_event().await, None);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        system.until("Signe's call has ended", |demo| payments(demo) == 1).await;

        assert_goes_on(&mut gerts).await;
        assert_eq!([status(&mut browser).await, status(&mut of_gert).await], [401, 200]);
        drop((stream, gerts));
        system.stop(&[&browser, &of_gert]).await;
    }
}

#[tokio::test]
async fn r31_a_session_that_began_after_the_logout_goes_on_showing() {
    let provider = provider().await;
    let issuer = provider.issuer.clone();
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall);
    let system = setup.adjust(move |config| config.login.issuer = issuer).start().await;
    let late = provider.logout_of_all(&signe_at("phone")).signed();
    provider.pass(Duration::from_secs(1));
    system.pass(Duration::from_secs(1));
    let mut browser = logged_in(&provider, &system, &signe_at("phone")).await;
    let mut stream = browser.open_stream().await;
    system.until("payments is asked", |demo| demo.world.in_flight(Party::Source(Source::Payments)) == 1).await;
    assert_done(&system.bring_logout(&late).await);
    assert_goes_on(&mut stream).await;
    assert_eq!(system.demo.app.overviews.fetches().running(), 1);
    drop(stream);
    system.stop(&[&browser]).await;
}

/// A stream that still waits for its last section: nothing but sections comes, and no end.
async fn assert_goes_on(stream: &mut EventStream) {
    let other_than_sections = async {
        while let Some((name, data)) = stream.next_event().await {
            if name != "section" {
                return Some((name, data));
            }
        }
        None
    };
    let ended = tokio::time::timeout(Duration::from_millis(300), other_than_sections).await;
    assert!(ended.is_err(), "{ended:?}");
}

#[tokio::test]
async fn r28_the_door_is_for_post_alone_and_outside_cookies_and_their_protection() {
    let provider = provider().await;
    let system = provider.system().await;
    let person = Person::default();
    let mut browser = logged_in(&provider, &system, &person).await;
    let door = browser.at(LOGOUT_DOOR);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH] {
        let mut url = door.clone();
        url.query_pairs_mut().append_pair("logout_token", &provider.logout_of_all(&person).signed());
        let answer = browser.send(method.clone(), &url, &[], None).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    // A session's cookie alone ends nothing here, whoever sends it along.
    let answer = browser.send(Method::POST, &door, &[("sec-fetch-site", "same-origin")], Some(&[])).await;
    assert_eq!(answer.status, 400);
    assert_eq!(status(&mut browser).await, 200);
    // The provider's server is no page of ours, and need not say so.
    let form = [("logout_token".to_owned(), provider.logout_of_all(&person).signed())];
    let foreign = [("origin", "https://login.example"), ("sec-fetch-site", "cross-site"), ("cookie", "a=b")];
    assert_done(&system.browser().send(Method::POST, &door, &foreign, Some(&form)).await);
    assert_eq!(status(&mut browser).await, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn without_the_provider_s_keys_the_logout_is_to_be_told_again() {
    let provider = provider().await;
    provider.publish_document(StatusCode::INTERNAL_SERVER_ERROR, None, String::new());
    let system = provider.system().await;
    let answer = system.bring_logout(&provider.logout_of_all(&Person::default()).signed()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("login-unavailable")));
    system.stop(&[]).await;
}

#[tokio::test]
async fn r32_no_address_that_a_browser_may_be_led_to_ends_a_session() {
    let provider = provider().await;
    let system = provider.system().await;
    let person = Person::default();
    let mut browser = logged_in(&provider, &system, &person).await;
    let guesses =
        ["frontchannel-logout", "frontchannel_logout", "front-channel-logout", "logout", "logout/frontchannel"];
    let invented =
        guesses.iter().flat_map(|name| [format!("/auth/{name}"), format!("/{name}"), format!("/api/v1/{name}")]);
    let known = ["/", "/auth/login", "/auth/callback", "/auth/logged-out", LOGOUT_DOOR].map(str::to_owned);
    for path in invented.chain(known) {
        // As a frame at the provider would ask (OpenID Connect Front-Channel Logout 1.0 section 2), with our cookie.
        let mut url = browser.at(&path);
        url.query_pairs_mut().append_pair("iss", &provider.issuer).append_pair("sid", &person.session);
        let cookie = browser.cookie_header();
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site")];
        let answer = system.browser().send(Method::GET, &url, &headers, None).await;
        if path.contains("front") {
            assert_eq!(answer.status, 404, "{path}");
        }
        assert_eq!(status(&mut browser).await, 200, "{path} ended the session");
    }
    system.stop(&[&browser]).await;
}
