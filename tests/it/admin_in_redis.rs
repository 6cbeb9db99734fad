//! Two instances with one registry, in Redis: what is done at one is there at the other (requirements R47, R63).

use overblik_gateway::config::{RedisNode, RegistryStoreKind};
use overblik_tests::RedisServer;
use serde_json::json;

use crate::admin::{ANNA, AdminApi, BIRKERUP, BO, of, told};

const PATH: &str = "/admin/v1/authorities/birkerup";

async fn instance(server: &RedisServer) -> AdminApi {
    let node = RedisNode::parse(&server.url()).expect("an address");
    AdminApi::start_with(move |config| {
        let registry = config.registry.as_mut().expect("a registry");
        registry.store = RegistryStoreKind::Redis;
        registry.redis.nodes = vec![node];
    })
    .await
}

#[tokio::test]
async fn r47_r63_what_is_recorded_at_one_instance_is_approved_at_another_and_a_change_in_redis_is_found_out_at_both() {
    let server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let (one, two) = (instance(&server).await, instance(&server).await);
    one.register_authorities().await;
    let seen = two.etag(ANNA, PATH).await;
    let other = one.authority(BIRKERUP, "90000018", "other.example");
    let proposed = two.ask(ANNA, "PUT", PATH, &[&format!("if-match: {seen}")], Some(&other)).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    let third = one.authority(BIRKERUP, "90000018", "third.example");
    let late = one.ask(ANNA, "PUT", PATH, &[&format!("if-match: {seen}")], Some(&third)).await;
    assert_eq!(told(&late), (412, "stale".to_owned()), "the other instance was first");
    let approve = format!("{PATH}/approve");
    let own = one.change(ANNA, "POST", &approve, PATH, None).await;
    assert_eq!(told(&own), (403, "four-eyes".to_owned()), "whoever proposed it at the other");
    assert_eq!(one.change(BO, "POST", &approve, PATH, None).await.status, 200);
    let shown = of(&two.ask(BO, "GET", PATH, &[], None).await);
    assert_eq!(shown["current"]["value"]["domains"], json!(["other.example"]));

    let verify = async |api: &AdminApi| of(&api.ask(ANNA, "GET", "/admin/v1/history/verify", &[], None).await);
    for api in [&one, &two] {
        let whole = verify(api).await;
        assert_eq!((&whole["whole"], &whole["head"]["number"]), (&json!(true), &json!(6)), "{whole}");
    }
    let seen = two.etag(ANNA, PATH).await;
    server.cli(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let refused = two.ask(ANNA, "PUT", PATH, &[&format!("if-match: {seen}")], Some(&third)).await;
    assert_eq!(refused.status, 503, "a Redis that may lose it is told nothing: {}", refused.body);
    assert_eq!(two.etag(ANNA, PATH).await, seen, "and what is there is read");
    server.cli(&["CONFIG", "SET", "appendfsync", "always"]);
    let history = "overblik:{registry}:history";
    let change = |place: &str| {
        let line = server.cli(&["LINDEX", history, place]);
        let changed = line.replacen("client:bo", "client:ab", 1);
        assert_ne!(changed, line);
        assert_eq!(server.cli(&["LSET", history, place, &changed]), "OK");
    };
    change("1");
    for api in [&one, &two] {
        let changed = verify(api).await;
        assert_eq!(changed["whole"], false, "{changed}");
        assert!(changed["wrong"].as_str().is_some_and(|wrong| wrong.contains("record 2 ")), "{changed}");
    }
    change("5");
    for api in [&one, &two] {
        let refused = api.token_for(ANNA, &api.assertion(ANNA)).await;
        assert_eq!(told(&refused), (503, "registry-unavailable".to_owned()), "nothing is built upon a changed end");
    }
    one.stop().await;
    two.stop().await;
}
