//! Settings that decide who is believed, taken anew while the process runs: proxies in front, portals, and what opens the
//! registry's store.

use std::time::{Duration, Instant};

use overblik_tests::{
    GatewayBinary, RedisServer, SigningKey,
    crowd::{Crowd, Look, Mischief},
    fleet::Fleet,
    raw_get,
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    lifecycle::Served,
    reload::{change, refused, standing},
};

/// The status of a request that a proxy says came from this address.
async fn from(door: &Url, address: &str) -> u16 {
    raw_get(door, "/no-such-page", &[format!("x-forwarded-for: {address}")]).await.status
}

/// Asks until an address has had its share; how often that was answered.
async fn share_of(door: &Url, address: &str) -> usize {
    for number in 0..10 {
        if from(door, address).await == 429 {
            return number;
        }
    }
    10
}

async fn one() -> (Crowd, Fleet, Url) {
    let crowd = Crowd::gather(1, 1, Mischief::NONE).await;
    let fleet = crowd.fleet(1, GatewayBinary::Overblik, "info", None).await;
    let door = fleet.doors().remove(0);
    (crowd, fleet, door)
}

#[tokio::test]
async fn r73_proxies_are_believed_from_when_they_are_trusted_until_they_are_not() {
    let (_crowd, fleet, door) = one().await;
    // Three at once, and one a minute.
    change(&fleet, "requests_per_address: null", "requests_per_address: { per_minute: 1, at_once: 3 }").await;
    assert_eq!(share_of(&door, "203.0.113.1").await, 3);
    assert_eq!(from(&door, "203.0.113.2").await, 429, "whoever is not trusted tells us nothing");
    change(&fleet, "server: {", "server: { trusted_proxies: [127.0.0.0/8],").await;
    assert_eq!(share_of(&door, "203.0.113.3").await, 3, "an address of its own");
    assert_eq!(share_of(&door, "203.0.113.4").await, 3);
    // What cannot be taken is told with its place, and who is trusted stays so.
    refused(&fleet, "[127.0.0.0/8]", "[127.0.0.0/99]", &["overblik-0.yaml:1:", "invalid IP address"]).await;
    refused(&fleet, "[127.0.0.0/8]", "[proxy.example]", &["overblik-0.yaml:1:", "invalid IP address"]).await;
    assert_eq!(share_of(&door, "203.0.113.5").await, 3);
    change(&fleet, " trusted_proxies: [127.0.0.0/8],", "").await;
    // Our own address has had its three, and one more for each minute that has passed since.
    assert!(share_of(&door, "203.0.113.6").await < 3, "and is not any more");
    assert_eq!(from(&door, "203.0.113.7").await, 429);
}

const FRAME: &str = "/embed/v1/frame?portal=birkerup";
const ORIGIN: &str = "https://www.birkerup.example";
const OTHER_ORIGIN: &str = "https://ny.birkerup.example";

/// The status of the frame's shell, and who may frame it.
async fn framed(door: &Url) -> (u16, String) {
    let lines = ["sec-fetch-dest: iframe", "sec-fetch-mode: navigate", "sec-fetch-site: cross-site"];
    let answer = raw_get(door, FRAME, &lines.map(str::to_owned)).await;
    let ancestors = answer.head.split("frame-ancestors ").nth(1).unwrap_or_default();
    (answer.status, ancestors.split([';', '\r']).next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn r67_a_portal_is_let_in_moved_and_shut_out_while_the_process_runs() {
    let (_crowd, fleet, door) = one().await;
    assert_eq!(framed(&door).await.0, 404, "no portal yet");
    // It needs an agreement first, as at a start.
    let contract = fleet.contract("birkerup-libraries/library");
    let written = std::fs::read_to_string(&contract).expect("a contract");
    let agreed = written.replacen("displayClients: [overblik", "displayClients: [overblik, birkerup", 1);
    assert_ne!(agreed, written);
    let portal = json!({
        "name": { "da": "Birkerup Kommune", "en": "Birkerup Municipality" }, "display_client": "birkerup",
        "provider_client": "birkerup-portal", "origins": [ORIGIN], "sources": ["library"], "ways": ["frame"],
        "keys": { "keys": [SigningKey::es256("b-1").public] },
    });
    let embed = json!({ "audience": "https://overblik.example/embed", "portals": { "birkerup": portal } });
    let with_portal = format!("embed: {embed}\nlimits: {{");
    refused(&fleet, "limits: {", &with_portal, &["embed.portals.birkerup.display_client", "no contract lists"]).await;
    assert_eq!(framed(&door).await.0, 404);
    let times = standing(&fleet).await["times_taken"].as_u64().expect("a number");
    std::fs::write(&contract, agreed).expect("written");
    crate::reload::until(&fleet, "the contract", |told| told["times_taken"] == times + 1).await;

    change(&fleet, "limits: {", &with_portal).await;
    let (status, ancestors) = framed(&door).await;
    assert!(status == 200 && ancestors.contains(ORIGIN), "{status}: {ancestors}");
    let wrong = format!("{ORIGIN}/page");
    refused(&fleet, ORIGIN, &wrong, &["embed.portals.birkerup.origins"]).await;
    refused(&fleet, "\"ways\":[\"frame\"]", "\"ways\":[\"everything\"]", &["overblik-0.yaml:", "everything"]).await;
    assert_eq!(framed(&door).await, (200, ancestors.clone()), "nothing of it was taken");
    change(&fleet, ORIGIN, OTHER_ORIGIN).await;
    let (status, moved) = framed(&door).await;
    assert!(status == 200 && moved.contains(OTHER_ORIGIN) && !moved.contains(ORIGIN), "{status}: {moved}");
    change(&fleet, &format!("embed: {}\n", embed.to_string().replace(ORIGIN, OTHER_ORIGIN)), "").await;
    assert_eq!(framed(&door).await.0, 404, "shut out");
}

#[tokio::test]
async fn r51_a_session_of_the_display_client_that_the_overview_was_ends() {
    let (crowd, fleet, door) = one().await;
    let browser = crowd.browser();
    assert_eq!(browser.log_in([&door, &door], 0, "", None).await.status(), 200);
    let contract = fleet.contract("birkerup-libraries/library");
    let written = std::fs::read_to_string(&contract).expect("a contract");
    let agreed = written.replacen("displayClients: [overblik", "displayClients: [overblik, birkerup", 1);
    assert_ne!(agreed, written);
    std::fs::write(&contract, agreed).expect("written");
    crate::reload::until(&fleet, "the contract", |told| told["times_taken"] == 2).await;
    assert_eq!(browser.look(&door, Look::Json, None).await.status(), 200);
    change(&fleet, "overview: {", "overview: { display_client: birkerup,").await;
    assert_eq!(browser.look(&door, Look::Json, None).await.status(), 401);
    assert_eq!(browser.log_in([&door, &door], 0, "", None).await.status(), 200);
    assert_eq!(browser.look(&door, Look::Json, None).await.status(), 200);
}

#[tokio::test]
async fn contracts_in_files_are_not_exchanged_for_a_registry_while_the_process_runs() {
    let (_crowd, fleet, _door) = one().await;
    let written = std::fs::read_to_string(fleet.configuration_file(0)).expect("a configuration");
    let of_sources = |line: &&str| line.starts_with("contracts:") || line.starts_with("sources:");
    let contracts = written.lines().filter(of_sources).collect::<Vec<_>>().join("\n");
    refused(&fleet, &contracts, "registry: {}", &["registry: has changed, and takes a restart"]).await;
}

async fn told(served: &Served) -> Value {
    let answer = raw_get(&served.operations, "/config", &["x-overblik-operator: 1".to_owned()]).await;
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[tokio::test]
async fn r75_the_password_of_the_registry_takes_a_restart_and_nothing_beside_it_is_taken() {
    const FIRST: &str = "registry-password-0123456789";
    const NEXT: &str = "registry-password-9876543210";
    let user = format!("user overblik on >{FIRST} ~* &* +@all");
    let redis = RedisServer::start_guarded_with(&user, &["--appendonly", "yes", "--appendfsync", "always"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let password = folder.path().join("registry-password");
    std::fs::write(&password, FIRST).expect("written");
    let (url, unfolded, file) = (redis.url(), folder.path().join("registry"), password.display().to_string());
    let registry = format!(
        "registry: {{ store: redis, directory: {}, redis: {{ nodes: [\"{url}\"], username: overblik, password_file: {file}, \
         tls: {{ ca_file: {} }} }} }}\n",
        unfolded.display(),
        redis.authority().display()
    );
    let change = |written: String| {
        let (rest, _sources) = written.split_once("sources:\n").expect("sources");
        let lines = rest.lines().filter(|line| !line.starts_with("contracts:"));
        lines.flat_map(|line| [line, "\n"]).collect::<String>() + &registry + "limits: { logins_per_address: null }\n"
    };
    let served = Served::start(change, &[]).await;
    assert_eq!(served.ready().await.status, 200);
    let before = told(&served).await;
    assert!(before["refused"].is_null(), "{before}");
    // The password alone, in its own file; with a limit that could be taken.
    std::fs::write(&password, NEXT).expect("written");
    let configuration = served.deployment.path("overblik.yaml");
    let written = std::fs::read_to_string(&configuration).expect("a configuration");
    let limited = written.replace("logins_per_address: null", "logins_per_address: { per_minute: 1, at_once: 1 }");
    std::fs::write(&configuration, limited).expect("written");
    let began = Instant::now();
    let after = loop {
        let after = told(&served).await;
        if !after["refused"].is_null() {
            break after;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{after}\n{}", served.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let mistakes = after["refused"]["mistakes"].to_string();
    assert!(mistakes.contains("registry.redis.password: has changed, and takes a restart"), "{mistakes}");
    assert_eq!((&after["times_taken"], &after["digest"]), (&before["times_taken"], &before["digest"]));
    for secret in [FIRST, NEXT] {
        assert!(!served.log().contains(secret) && !mistakes.contains(secret), "a password is told");
    }
    assert_eq!(served.ready().await.status, 200, "it goes on with the former one");
    let login = async || raw_get(&served.door, "/auth/login", &[]).await.status;
    let logins = [login().await, login().await, login().await];
    assert!(!logins.contains(&429), "the limit beside it was not taken: {logins:?}");
    // Put back, the rest is taken.
    std::fs::write(&password, FIRST).expect("written");
    let began = Instant::now();
    while told(&served).await["times_taken"] == before["times_taken"] {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", served.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    login().await;
    assert_eq!(login().await, 429);
}
