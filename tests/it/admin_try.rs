//! What a fictitious citizen would see of a version, and that trying leads nowhere that a source may not be (requirements
//! R40, R41 and R47).

use overblik_tests::{Asked, PlainServer, Reply};
use serde_json::json;

use crate::admin::{ANNA, AdminApi, BO, LIBRARIES, LIBRARY, VERSIONS, bundle, changed, of, told};

const TRY: &str = "/admin/v1/sources/library/versions/1/try";
/// The fictitious citizen of the library's recorded case.
const CITIZEN: &str = "6103880002";

/// Where the contract says where it is.
const BASE: &str = "  baseUrl: https://fbs.bibliotek.birkerup.example\n";

fn recorded(name: &str) -> String {
    let files = bundle(LIBRARIES, "library");
    files["files"][format!("examples/family/{name}.json")].as_str().unwrap_or_else(|| panic!("{name}")).to_owned()
}

/// The library's test endpoint: it says about its citizen what was recorded.
fn answered(asked: &Asked) -> Reply {
    let name = ["loans", "reservations", "fees"].into_iter().find(|name| asked.path().contains(&format!("/{name}/")));
    let mut reply = Reply::json(200, recorded(name.unwrap_or("titles")));
    reply.headers.push(("x-patron-cpr", asked.header("x-cpr").to_owned()));
    reply
}

/// A gateway with the library's contract pushed, and its test endpoint at this address.
async fn with_endpoint(server: &PlainServer) -> AdminApi {
    let at = server.origin.parse().expect("an address");
    let api = AdminApi::start_with(move |config| {
        config.sources.get_mut("library").expect("the library").test_url = Some(at);
    })
    .await;
    api.register_authorities().await;
    api.push_library().await;
    api
}

#[tokio::test]
async fn r46_a_test_endpoint_that_the_deployment_sets_is_for_one_authority() {
    let times = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&times);
    let server = PlainServer::start(move |_: &str, asked: &Asked| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        answered(asked)
    })
    .await;
    let at: url::Url = server.origin.parse().expect("an address");
    let api = AdminApi::start_with(move |config| {
        let library = config.sources.get_mut("library").expect("the library");
        (library.test_url, library.authority) = (Some(at), Some("birkerup".to_owned()));
    })
    .await;
    api.register_authorities().await;
    api.push_library().await;
    let tried = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "citizen": CITIZEN }))).await;
    assert_eq!(told(&tried), (409, "wrong-state".to_owned()), "{}", tried.body);
    assert!(tried.body.contains("names no test endpoint"), "{}", tried.body);
    assert_eq!(times.load(std::sync::atomic::Ordering::SeqCst), 0, "nobody else's is asked");
    api.stop().await;
}

#[tokio::test]
async fn a_version_is_tried_with_a_recording_and_with_its_test_endpoint() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let server = PlainServer::start({
        let seen = std::sync::Arc::clone(&seen);
        move |_: &str, asked: &Asked| {
            seen.lock().expect("a list").push(asked.clone());
            answered(asked)
        }
    })
    .await;
    let api = with_endpoint(&server).await;
    let recorded = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "example": "family" }))).await;
    assert_eq!((recorded.status, &of(&recorded)["state"]), (200, &json!("ready")), "{}", recorded.body);
    assert!(seen.lock().expect("a list").is_empty(), "a recording asks nobody");
    let none = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "example": "../family" }))).await;
    assert_eq!(told(&none), (409, "wrong-state".to_owned()));

    let live = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "citizen": CITIZEN }))).await;
    assert_eq!((live.status, &of(&live)["state"]), (200, &json!("ready")), "{}", live.body);
    assert_eq!(of(&live)["widgets"], of(&recorded)["widgets"], "what citizens would see");
    assert!(!live.body.contains(CITIZEN) && !recorded.body.contains(CITIZEN));
    let tested = api
        .change(LIBRARIES, "POST", &TRY.replace("/try", "/test"), LIBRARY, Some(&json!({ "citizen": CITIZEN })))
        .await;
    assert_eq!(tested.status, 200, "{}", tested.body);
    let report = of(&tested);
    assert!(
        report["test_endpoint"].as_str().is_some_and(|at| at.starts_with(&server.origin)),
        "{}",
        report["test_endpoint"]
    );
    assert!(
        report["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .any(|check| check["id"].as_str().is_some_and(|id| id.starts_with("live.")))
    );
    assert!(!tested.body.contains(CITIZEN), "no number is kept");
    let asked = std::mem::take(&mut *seen.lock().expect("a list"));
    assert!(asked.len() >= 3);
    assert!(asked.iter().all(|asked| asked.header("x-api-key").is_empty()), "it is shown no credentials of ours");
    api.stop().await;
}

#[tokio::test]
async fn r47_nothing_that_a_source_answers_is_handed_on_and_no_real_person_is_tried_with() {
    const SECRET: &str = "an inner page";
    let server =
        PlainServer::start(|_: &str, _: &Asked| Reply::json(200, json!([{ "loanDetails": SECRET }]).to_string())).await;
    let api = with_endpoint(&server).await;
    let live = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "citizen": CITIZEN }))).await;
    assert_eq!((live.status, &of(&live)["state"]), (200, &json!("invalid")), "{}", live.body);
    assert!(!live.body.contains(SECRET), "{}", live.body);
    for body in [
        json!({}),
        json!({ "citizen": format!("01010{}", "10001") }),
        json!({ "citizen": "x" }),
        json!({ "citizen": CITIZEN, "municipality": "9" }),
        json!({ "citizen": CITIZEN, "example": "family" }),
        json!({ "citizen": CITIZEN, "url": "http://127.0.0.1/" }),
        json!({ "citizen": CITIZEN, "base_url": "https://evil.example/" }),
        json!({ "citizen": CITIZEN, "at": "https://evil.example/" }),
        json!({ "example": "family", "headers": {} }),
    ] {
        let answer = api.ask(LIBRARIES, "POST", TRY, &[], Some(&body)).await;
        assert_eq!(told(&answer), (400, "malformed-body".to_owned()), "{body}: {}", answer.body);
    }
    api.stop().await;
}

#[tokio::test]
async fn r47_a_test_endpoint_in_the_house_or_of_somebody_else_is_refused_and_nobody_is_called() {
    let server = PlainServer::start(|_: &str, _: &Asked| Reply::json(200, "[]".to_owned())).await;
    let api = AdminApi::with_authorities().await;
    let port = server.origin.rsplit(':').next().expect("a port").to_owned();
    let mut seen = "if-none-match: *".to_owned();
    for address in [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        "https://[::1]".to_owned(),
        "https://[::ffff:127.0.0.1]".to_owned(),
        "https://2130706433".to_owned(),
        "https://0x7f.1".to_owned(),
        "https://169.254.169.254".to_owned(),
        "https://10.0.0.1".to_owned(),
        "https://192.168.1.1".to_owned(),
        "https://metadata.google.internal".to_owned(),
        "https://printer.local".to_owned(),
        "https://redis".to_owned(),
        "https://fbs.bibliotek.birkerup.example.".to_owned(),
        "https://fbs.bibliotek.birkerup.example:8443".to_owned(),
        "https://user:pw@fbs.bibliotek.birkerup.example".to_owned(),
        "https://fbs.bibliotek.birkerup.example/?x=1".to_owned(),
        "https://fbs.bibliotek.birkerup.example/#x".to_owned(),
        "http://fbs.bibliotek.birkerup.example".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1:6379".to_owned(),
        "https://evil.example".to_owned(),
        "https://bibliotek.birkerup.example.evil.example".to_owned(),
    ] {
        let contract = changed(bundle(LIBRARIES, "library"), BASE, &format!("{BASE}  testUrl: \"{address}\"\n"));
        let pushed = api.ask(LIBRARIES, "POST", VERSIONS, &[&seen], Some(&contract)).await;
        assert_eq!(told(&pushed), (422, "contract-mistakes".to_owned()), "{address}: {}", pushed.body);
        assert_eq!(of(&pushed)["mistakes"][0]["path"], "spec.testUrl", "{address}: {}", pushed.body);
        let tried = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "citizen": CITIZEN }))).await;
        assert_eq!(told(&tried), (409, "wrong-state".to_owned()), "{address}: {}", tried.body);
        seen = format!("if-match: {}", api.etag(LIBRARIES, LIBRARY).await);
    }
    assert!(server.addressed().is_empty(), "nobody is called");
    // Its own one, in the domains of its authority as they are by now: none, and so nobody is called either.
    let own = changed(
        bundle(LIBRARIES, "library"),
        BASE,
        &format!("{BASE}  testUrl: https://test.bibliotek.birkerup.example\n"),
    );
    assert_eq!(api.ask(LIBRARIES, "POST", VERSIONS, &[&seen], Some(&own)).await.status, 201);
    let path = "/admin/v1/authorities/birkerup-libraries";
    let moved = api.authority(LIBRARIES, "90000026", "elsewhere.example");
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&moved)).await.status, 200);
    assert_eq!(api.change(BO, "POST", &format!("{path}/approve"), path, None).await.status, 200);
    let tried = api.ask(LIBRARIES, "POST", TRY, &[], Some(&json!({ "citizen": CITIZEN }))).await;
    assert_eq!(told(&tried), (409, "wrong-state".to_owned()), "{}", tried.body);
    assert!(of(&tried)["detail"].as_str().is_some_and(|why| why.contains("in no domain")), "{}", tried.body);
    let tested = api.change(LIBRARIES, "POST", &TRY.replace("/try", "/test"), LIBRARY, Some(&json!({}))).await;
    assert_eq!(told(&tested), (422, "contract-mistakes".to_owned()), "{}", tested.body);
    assert!(of(&tested)["detail"].as_str().is_some_and(|why| why.contains("by now")), "{}", tested.body);
    api.stop().await;
}
