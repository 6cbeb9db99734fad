//! The case system, as the orchestrator asks its data sources.

use http::StatusCode;
use overblik_demo::{DemoWorld, Source};
use serde_json::{Value, json};

use crate::visitor::*;

async fn post(world: &DemoWorld, body: &Value) -> (StatusCode, Value) {
    let (client, request) = call(world, Source::Cases, "overview", cpr("debt-gert")).build_split();
    let mut request = request.expect("a request");
    *request.body_mut() = Some(body.to_string().into());
    let answer = client.execute(request).await.expect("an answer");
    (answer.status(), json_of(answer).await)
}

async fn cases(world: &DemoWorld, slug: &str) -> Vec<Value> {
    let (status, answer) = post(world, &case_list(cpr(slug))).await;
    assert_eq!(
        (status, &answer["datamodel"], &answer["version"]),
        (StatusCode::OK, &json!("BorgervendtSag"), &json!("2.0.1"))
    );
    assert_eq!(answer["CPR-nr"], cpr(slug));
    answer["objekter"].as_array().expect("objects").clone()
}

#[tokio::test]
async fn every_status_occurs_and_one_that_nobody_knows() {
    let world = world().await;
    let mut statuses = std::collections::BTreeSet::new();
    for citizen in DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()) {
        for object in cases(&world, citizen.slug).await {
            let sag = &object["sag"];
            let own = sag["CPR-nr"].as_str();
            assert_eq!(own, citizen.cpr, "an object names its citizen");
            statuses.extend(sag["sagstatus"].as_u64().or(sag["Sagstatus"].as_u64()));
            assert!(["0901", "0902"].contains(&object["kilde"]["MyndighedsId"].as_str().expect("an authority")));
        }
    }
    assert!(statuses.into_iter().eq([1, 2, 3, 4, 5, 9]));
    assert!(cases(&world, "nothing-ingrid").await.is_empty());
    let untitled = cases(&world, "undated-dagny").await;
    assert_eq!((&untitled[0]["sag"].get("titel"), &untitled[1]["sag"]["oprettet"]), (&None, &Value::Null));
    let respelled = cases(&world, "neighbour-nanna").await;
    assert_eq!(respelled[0]["sag"]["Titel"], "Økonomisk friplads");
    world.shutdown().await;
}

#[tokio::test]
async fn only_cases_of_the_authorities_that_were_named_leave_it() {
    let world = world().await;
    let asked = |authorities: Value| {
        let mut body = case_list(cpr("debt-gert"));
        body["myndighedsliste"] = authorities;
        body
    };
    let (_, answer) = post(&world, &asked(json!(["0902"]))).await;
    assert_eq!(answer["objekter"].as_array().map(Vec::len), Some(2));
    let (_, answer) = post(&world, &asked(json!(["0901"]))).await;
    assert_eq!(answer["objekter"], json!([]));
    for wrong in [json!([]), json!(["901"]), json!("0901"), Value::Null] {
        assert_eq!(post(&world, &asked(wrong.clone())).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let mut without_municipality = case_list(cpr("debt-gert"));
    without_municipality["kommunenr"] = Value::Null;
    assert_eq!(post(&world, &without_municipality).await.0, StatusCode::OK, "the parameter is optional here");
    world.shutdown().await;
}
