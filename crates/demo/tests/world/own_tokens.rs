//! The two authorities that know about whom they are asked from a token alone.

use http::StatusCode;
use overblik_demo::{DemoWorld, Source, token_check};
use serde_json::Value;

use crate::visitor::*;

async fn ask(world: &DemoWorld, source: Source, token: &str) -> (StatusCode, Value) {
    let call = call(world, source, "overview", "").bearer_auth(token);
    let answer = call.send().await.expect("an answer");
    (answer.status(), json_of(answer).await)
}

#[tokio::test]
async fn a_health_card_is_shown_for_a_token_of_its_own_alone() {
    let (options, clock) = options();
    let world = DemoWorld::start(options).await.expect("a demo world");
    let signe = cpr("family-signe");
    let own = exchanged_token(&world, Source::HealthCard, signe).await.expect("a token");
    let (status, card) = ask(&world, Source::HealthCard, &own).await;
    assert_eq!((status, card["patient"]["cpr"].as_str()), (StatusCode::OK, Some(signe)));
    let others = exchanged_token(&world, Source::Library, signe).await.expect("a token");
    // Signed by the gateway, and not by whom the region trusts.
    let signed = signed_about(&token_check::audience(Source::HealthCard), signe, options_now());
    for refused in [others.as_str(), &signed, "made.up.token", ""] {
        assert_eq!(ask(&world, Source::HealthCard, refused).await.0, StatusCode::UNAUTHORIZED, "{refused}");
    }
    clock.advance(70);
    assert_eq!(ask(&world, Source::HealthCard, &own).await.0, StatusCode::UNAUTHORIZED, "it counts a minute");
    world.shutdown().await;
}

#[tokio::test]
async fn some_have_no_card_some_no_doctor() {
    let world = world().await;
    let ask = async |slug: &str| {
        let call = admitted_call(&world, Source::HealthCard, "overview", cpr(slug)).await;
        call.send().await.expect("an answer")
    };
    assert_eq!(ask("nothing-ingrid").await.status(), StatusCode::NOT_FOUND);
    let free = json_of(ask("pickup-rasmus").await).await;
    assert_eq!(
        (&free["patient"]["kort"]["sikringsgruppe"], &free["patient"]["kort"]["laege"]),
        (&"2".into(), &Value::Null)
    );
    world.shutdown().await;
}

#[tokio::test]
async fn the_register_trusts_what_the_gateway_signs_for_it_and_nothing_else() {
    let world = world().await;
    let (nanna, now) = (cpr("neighbour-nanna"), options_now());
    let audience = token_check::audience(Source::MasterData);
    let (status, person) = ask(&world, Source::MasterData, &signed_about(&audience, nanna, now)).await;
    assert_eq!(status, StatusCode::OK);
    let person = &person["person"];
    assert_eq!((person["cpr"].as_str(), person["navn"]["efternavn"].as_str()), (Some(nanna), Some("Nabogaardsen")));
    assert_eq!((&person["adressebeskyttet"], &person["kommune"]["navn"]), (&"J".into(), &"Elmerup".into()));
    let exchanged = exchanged_token(&world, Source::MasterData, nanna).await.expect("a token");
    for refused in [
        signed_about(&token_check::audience(Source::HealthCard), nanna, now),
        signed_about(&audience, nanna, now - 120),
        exchanged,
        String::new(),
    ] {
        assert_eq!(ask(&world, Source::MasterData, &refused).await.0, StatusCode::UNAUTHORIZED);
    }
    let nobody = ask(&world, Source::MasterData, &signed_about(&audience, "9112990000", now)).await.1;
    assert_eq!((&nobody["svar"], &nobody["person"]["cpr"]), (&"UKENDT".into(), &"9112990000".into()));
    world.shutdown().await;
}
