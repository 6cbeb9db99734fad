//! The digital mailbox: its token endpoint, and who is exempt.

use http::StatusCode;
use overblik_demo::{DemoWorld, Source};

use crate::visitor::*;

async fn status_with(world: &DemoWorld, token: &str) -> StatusCode {
    let call = call(world, Source::Mailbox, "overview", cpr("family-signe"));
    call.bearer_auth(token).send().await.expect("an answer").status()
}

#[tokio::test]
async fn a_token_counts_for_five_minutes() {
    let (options, clock) = options();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let token = mailbox_token(&world).await;
    assert_eq!(status_with(&world, "made-up").await, StatusCode::UNAUTHORIZED);
    clock.advance(299);
    assert_eq!(status_with(&world, &token).await, StatusCode::OK);
    clock.advance(1);
    assert_eq!(status_with(&world, &token).await, StatusCode::UNAUTHORIZED);
    world.shutdown().await;
}

#[tokio::test]
async fn a_token_is_given_to_the_client_alone_and_for_what_it_may_ask() {
    let world = world().await;
    let grant = ("grant_type", "client_credentials");
    for (secret, fields, status, error) in [
        ("another", vec![grant], StatusCode::UNAUTHORIZED, "invalid_client"),
        ("the key", vec![("grant_type", "password")], StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        ("the key", vec![grant, ("scope", "postkasse.alt")], StatusCode::BAD_REQUEST, "invalid_scope"),
    ] {
        let answer = token_of_mailbox(&world, secret, &fields).await;
        assert_eq!((answer.status(), &answer.headers()["cache-control"]), (status, &"no-store".parse().expect("text")));
        assert_eq!(json_of(answer).await["error"], error);
    }
    let given = token_of_mailbox(&world, "the key", &[grant, ("scope", "postkasse.overblik")]).await;
    let given = json_of(given).await;
    assert_eq!((&given["token_type"], &given["expires_in"]), (&"Bearer".into(), &300.into()));
    world.shutdown().await;
}

#[tokio::test]
async fn somebody_exempt_has_no_mailbox_and_one_answer_lacks_its_number() {
    let world = world().await;
    let answer = async |slug: &str| {
        let call = admitted_call(&world, Source::Mailbox, "overview", cpr(slug)).await;
        json_of(call.send().await.expect("an answer")).await
    };
    let exempt = answer("nothing-ingrid").await;
    assert_eq!((&exempt["cpr"], &exempt["tilmelding"]), (&cpr("nothing-ingrid").into(), &"FRITAGET".into()));
    assert!(exempt.get("ulaest").is_none());
    assert!(answer("undated-dagny").await.get("ulaest").is_none());
    assert_eq!(answer("partly-poul").await["ulaest"], 0, "nothing unread is a number, not nothing");
    assert_eq!(answer("family-signe").await["seneste"]["modtaget"], "2026-11-21T08:05:00+01:00");
    world.shutdown().await;
}
