//! Sources that say for which citizens they hold data: nobody else is asked about, and whatever is in doubt is asked.

use std::{fs, path::Path, time::Duration};

use overblik_demo::Source;
use overblik_gateway::config::Config;
use overblik_tests::{Browser, LeakSearch, RawAnswer, System, raw_request, section};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    admin::{ANNA, AdminApi, BIRKERUP, LIBRARIES, LIBRARY, header, of, told},
    registry_instances::{AT_ONCE, Instances, SharedRegistry},
    session_keys::key,
};

const INDEX: &str = "/admin/v1/sources/library/index";
/// Two whom the library knows, and whose numbers stand in none of its examples.
pub(crate) const KNOWN: &str = "twins-tove";
const LEFT_OUT: &str = "childless-bent";

pub(crate) fn number(citizen: &str) -> &'static str {
    System::citizen(citizen).cpr.expect("a number")
}

/// Lines as an authority sends them.
fn lines(numbers: &[&str]) -> String {
    numbers.iter().flat_map(|number| ["\"", number, "\"\n"]).collect()
}

/// Lets sources have indexes, under the keys in a folder.
pub(crate) fn with_indexes(keys: &Path) -> impl FnOnce(&mut Config) + Send + 'static {
    let file = keys.join("index-keys");
    fs::write(&file, key("only", 41)).expect("written");
    move |config| {
        let index = json!({ "keys_file": file, "most_entries": 200_000 });
        config.registry.as_mut().expect("a registry").index = Some(serde_json::from_value(index).expect("settings"));
    }
}

/// What a client is answered who sends lines about the index as it is.
async fn send(api: &AdminApi, client: &str, method: &str, path: &str, body: &str) -> RawAnswer {
    let (token, seen) = (api.token(client).await, api.etag(client, LIBRARY).await);
    let lines =
        [&format!("authorization: Bearer {token}"), &format!("if-match: {seen}"), "content-type: application/x-ndjson"];
    api.raw(method, path, &lines, body).await
}

pub(crate) async fn load(api: &AdminApi, numbers: &[&str]) -> Value {
    let path = format!("{INDEX}?entries={}", numbers.len());
    let loaded = send(api, LIBRARIES, "PUT", &path, &lines(numbers)).await;
    assert_eq!(loaded.status, 200, "{}", loaded.body);
    of(&loaded)
}

/// The library in a new overview, and how often it was asked for that.
async fn library(system: &System, browser: &mut Browser) -> (Value, usize) {
    let before = system.calls(Source::Library);
    let overview = browser.overview().await;
    (section(&overview, "library").clone(), system.calls(Source::Library) - before)
}

#[track_caller]
fn assert_left_out((library, calls): &(Value, usize)) {
    assert_eq!((&library["state"], calls), (&json!("not_covered"), &0), "{library}");
    let message = &library["message"];
    assert!(message["da"].as_str().is_some_and(|text| text.contains("så der er ikke spurgt")), "{message}");
    assert!(message["en"].as_str().is_some_and(|text| text.contains("so it was not asked")), "{message}");
    assert_eq!(library["widgets"], json!([]));
}

#[track_caller]
fn assert_asked((library, calls): &(Value, usize)) {
    assert!(*calls > 0, "{library}");
    assert!(["ready", "empty"].contains(&library["state"].as_str().unwrap_or_default()), "{library}");
}

/// Everything that lies in the files of a folder.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        all.extend(if path.is_dir() { everything_in(&path) } else { fs::read(&path).expect("a file") });
        all.push(b'\n');
    }
    all
}

fn search_for(citizens: &[&str]) -> LeakSearch {
    let mut search = LeakSearch::new();
    for citizen in citizens {
        search.person_number(number(citizen));
    }
    search
}

struct World {
    instances: Instances,
    _keys: TempDir,
}

impl World {
    /// A gateway whose library citizens see.
    async fn start() -> Self {
        let keys = tempfile::tempdir().expect("a folder");
        let instances = Instances::start(0, with_indexes(keys.path())).await;
        instances.bring_library().await;
        let mut browsers = instances.logged_in(KNOWN).await;
        instances.until_everywhere(&mut browsers, "citizens see it", |library| !library.is_null()).await;
        Self { instances, _keys: keys }
    }

    fn api(&self) -> &AdminApi {
        &self.instances.api
    }

    fn system(&self) -> &System {
        self.instances.system()
    }
}

#[tokio::test]
async fn r59_whom_a_source_does_not_know_it_is_not_asked_about_and_no_number_is_left_anywhere() {
    let world = Box::pin(World::start()).await;
    let (api, system) = (world.api(), world.system());
    let (mut known, mut other) = (system.logged_in(KNOWN).await, system.logged_in(LEFT_OUT).await);
    assert_asked(&library(system, &mut other).await);
    let loaded = load(api, &[number(KNOWN), number(KNOWN), "6101019999"]).await;
    assert_eq!((&loaded["loaded"]["entries"], &loaded["in_use"]), (&json!(2), &json!(2)), "{loaded}");
    assert_asked(&library(system, &mut known).await);
    assert_left_out(&library(system, &mut other).await);

    let declared: Value = serde_json::from_str(&other.get("/api/v1/sources").await.text).expect("JSON");
    let sources = declared["sources"].as_array().expect("sources").iter();
    let told: Vec<_> = sources.filter(|source| source["source"] == "library").collect();
    assert_eq!(told[0]["not_asked"]["state"], "not_covered", "it is declared: {told:?}");
    let page = other.get("/").await.text;
    assert!(page.contains("Du står ikke i det indeks"), "the page says why");
    assert!(!page.contains("har ikke registreret noget om dig her"), "and never that there is nothing");

    let mut answers = loaded.to_string();
    for (verb, numbers, then_left_out) in [
        ("add", vec![number(LEFT_OUT), number(KNOWN)], false),
        ("remove", vec![number(LEFT_OUT)], true),
        ("remove", vec![number(LEFT_OUT), number(KNOWN)], true),
        ("add", vec![number(LEFT_OUT)], false),
    ] {
        let changed = send(api, LIBRARIES, "POST", &format!("{INDEX}/{verb}"), &lines(&numbers)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let found = library(system, &mut other).await;
        if then_left_out {
            assert_left_out(&found);
        } else {
            assert_asked(&found);
        }
        answers.push_str(&changed.body);
    }
    assert_left_out(&library(system, &mut known).await);

    let history = api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/history"), &[], None).await.body;
    assert!(history.contains("index_loaded") && history.contains("\"entries\":2"), "{history}");
    let search = search_for(&[KNOWN, LEFT_OUT]);
    let folder = api.folder.path().join("registry");
    assert!(fs::read_dir(folder.join("indexes")).expect("a folder").count() == 2, "it, and its changes");
    for (what, bytes) in [
        ("answers", answers.into_bytes()),
        ("the history", history.into_bytes()),
        ("files", everything_in(&folder)),
        ("the log", system.log().into_bytes()),
    ] {
        assert_eq!(search.find(&bytes), None, "{what}");
    }
    assert!(search.find(lines(&[number(KNOWN)]).as_bytes()).is_some(), "the search finds what is there");
    world.instances.stop(&[&known, &other]).await;
}

#[tokio::test]
async fn an_index_that_is_over_or_dropped_leaves_nobody_out() {
    let world = Box::pin(World::start()).await;
    let (api, system) = (world.api(), world.system());
    let mut other = system.logged_in(LEFT_OUT).await;
    load(api, &[number(KNOWN)]).await;
    assert_left_out(&library(system, &mut other).await);
    let dropped = api.change(ANNA, "POST", &format!("{INDEX}/drop"), LIBRARY, None).await;
    assert_eq!((dropped.status, &of(&dropped)["loaded"]), (200, &Value::Null), "an operator may: {}", dropped.body);
    assert_asked(&library(system, &mut other).await);
    let folder = api.folder.path().join("registry/indexes");
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0, "and nothing of it is kept");
    let again = api.change(LIBRARIES, "POST", &format!("{INDEX}/drop"), LIBRARY, None).await;
    assert_eq!(told(&again), (409, "wrong-state".to_owned()));

    let loaded = load(api, &[number(KNOWN)]).await;
    assert_eq!(loaded["loaded"]["expires"], "2026-11-29T09:00:00Z", "seven days, where nothing is said");
    for (entries, expires) in [("0", ""), ("200001", ""), ("1", "2026-12-24T00:00:00Z"), ("1", "2026-11-22T09:00:00Z")]
    {
        let expires = if expires.is_empty() { String::new() } else { format!("&expires={expires}") };
        let path = format!("{INDEX}?entries={entries}{expires}");
        let refused = send(api, LIBRARIES, "PUT", &path, &lines(&[number(LEFT_OUT)])).await;
        assert_eq!(told(&refused), (400, "malformed-body".to_owned()), "{path}: {}", refused.body);
    }
    assert_left_out(&library(system, &mut other).await);
    api.pass(Duration::from_hours(7 * 24));
    let mut other = system.logged_in(LEFT_OUT).await;
    assert_asked(&library(system, &mut other).await);
    let shown = of(&api.ask(LIBRARIES, "GET", INDEX, &[], None).await);
    assert_eq!((&shown["in_use"], &shown["not_in_use"]), (&Value::Null, &json!("it is over")), "{shown}");
    world.instances.stop(&[&other]).await;
}

#[tokio::test]
async fn r59_what_is_sent_wrongly_or_breaks_off_leaves_the_former_index_and_is_told_without_a_number() {
    let world = Box::pin(World::start()).await;
    let (api, system) = (world.api(), world.system());
    let mut other = system.logged_in(LEFT_OUT).await;
    let first = load(api, &[number(KNOWN)]).await;
    let search = search_for(&[KNOWN, LEFT_OUT]);
    let two = lines(&[number(KNOWN), number(LEFT_OUT)]);
    for (entries, body, said) in [
        (3, two.clone(), "3 lines were announced, and 2 came"),
        (1, two.clone(), "there are more than 1 lines"),
        (2, two.replacen('\n', "\n\n", 1), "line 2 is no CPR number"),
        (2, format!("[\"{}\"]\n", number(LEFT_OUT)), "line 1 is no CPR number"),
        (2, format!("{{\"cpr\":\"{}\"}}", number(LEFT_OUT)), "line 1 is no CPR number"),
        (1, format!("{}{}", number(LEFT_OUT), number(KNOWN)), "line 1 is no CPR number"),
    ] {
        let refused = send(api, LIBRARIES, "PUT", &format!("{INDEX}?entries={entries}"), &body).await;
        assert_eq!(told(&refused), (400, "malformed-body".to_owned()));
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
        assert_eq!(search.find(refused.body.as_bytes()), None, "{}", refused.body);
    }
    let as_json = api.change(LIBRARIES, "PUT", &format!("{INDEX}?entries=1"), LIBRARY, Some(&json!([]))).await;
    assert!(as_json.status == 400 && as_json.body.contains("application/x-ndjson"), "{}", as_json.body);

    // Announced longer than it is: the connection ends in the midst of it.
    let (token, seen) = (api.token(LIBRARIES).await, api.etag(LIBRARIES, LIBRARY).await);
    let head = format!(
        "PUT {INDEX}?entries=2 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nif-match: {seen}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{two}\r\nnot a chunk\r\n",
        two.len()
    );
    let broken = raw_request(&api.at(), head).await;
    assert_eq!(broken.status, 400, "{} {}", broken.head, broken.body);

    let shown = api.ask(LIBRARIES, "GET", INDEX, &[], None).await;
    assert_eq!(of(&shown), first, "the former one holds on");
    assert_eq!(header(&shown, "etag"), seen);
    assert_left_out(&library(system, &mut other).await);
    assert_eq!(fs::read_dir(api.folder.path().join("registry/indexes")).expect("a folder").count(), 1);
    assert_eq!(search.find(system.log().as_bytes()), None);
    world.instances.stop(&[&other]).await;
}

#[tokio::test]
async fn r46_r47_an_index_is_its_authority_s_and_is_changed_as_it_was_seen() {
    let world = Box::pin(World::start()).await;
    let api = world.api();
    let seen = api.etag(LIBRARIES, LIBRARY).await;
    let foreign = async |method: &str, path: &str, lines: &[&str]| {
        let shown = format!("authorization: Bearer {}", api.token(BIRKERUP).await);
        let all = [&[shown.as_str(), "content-type: application/x-ndjson"], lines].concat();
        api.raw(method, path, &all, &self::lines(&[number(KNOWN)])).await
    };
    let matched = format!("if-match: {seen}");
    for (method, rest) in [("GET", ""), ("PUT", "?entries=1"), ("POST", "/add"), ("POST", "/remove"), ("POST", "/drop")]
    {
        let answer = foreign(method, &format!("{INDEX}{rest}"), &[&matched]).await;
        let nothing = foreign(method, &format!("/admin/v1/sources/nothing/index{rest}"), &[&matched]).await;
        assert_eq!(told(&answer), (404, "not-found".to_owned()), "{method} {rest}");
        assert_eq!(answer.body, nothing.body, "{method} {rest}");
    }
    load(api, &[number(KNOWN)]).await;
    let shown = format!("authorization: Bearer {}", api.token(LIBRARIES).await);
    for (condition, expected) in [(Some(&matched), (412, "stale")), (None, (428, "if-match-missing"))] {
        let mut head = vec![shown.as_str(), "content-type: application/x-ndjson"];
        head.extend(condition.map(String::as_str));
        for (method, rest) in [("PUT", "?entries=1"), ("POST", "/add"), ("POST", "/remove"), ("POST", "/drop")] {
            let answer = api.raw(method, &format!("{INDEX}{rest}"), &head, &lines(&[number(LEFT_OUT)])).await;
            assert_eq!(told(&answer), (expected.0, expected.1.to_owned()), "{method} {rest}");
        }
    }
    assert_eq!(of(&api.ask(ANNA, "GET", INDEX, &[], None).await)["in_use"], 1);
    world.instances.stop(&[]).await;
}

#[tokio::test]
async fn several_instances_leave_out_the_same_citizens_and_ask_about_all_while_redis_is_away() {
    let (shared, keys) = (SharedRegistry::start().await, tempfile::tempdir().expect("a folder"));
    let (settings, indexes) = (shared.settings(), with_indexes(keys.path()));
    let instances = Instances::start(1, move |config| {
        settings(config);
        indexes(config);
    })
    .await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in(LEFT_OUT).await;
    let is_asked = |library: &Value| library["state"] == "ready" || library["state"] == "empty";
    let is_left_out = |library: &Value| library["state"] == "not_covered";
    instances.until_everywhere(&mut browsers, "it is asked", is_asked).await;
    load(&instances.api, &[number(KNOWN)]).await;
    instances.until_everywhere(&mut browsers, "it is not asked", is_left_out).await;
    let added = send(&instances.api, LIBRARIES, "POST", &format!("{INDEX}/add"), &lines(&[number(LEFT_OUT)])).await;
    assert_eq!(added.status, 200, "{}", added.body);
    instances.until_everywhere(&mut browsers, "it is asked again", is_asked).await;
    send(&instances.api, LIBRARIES, "POST", &format!("{INDEX}/remove"), &lines(&[number(LEFT_OUT)])).await;
    instances.until_everywhere(&mut browsers, "it is not asked again", is_left_out).await;

    // More than fits into any other body, and into a block; of persons who are nobody.
    let many: Vec<_> =
        (0..150_000).map(|serial| format!("{}0199{:04}", 61 + serial / 10_000, serial % 10_000)).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(load(&instances.api, &many).await["in_use"], 150_000);
    let added = send(&instances.api, LIBRARIES, "POST", &format!("{INDEX}/add"), &lines(&[number(LEFT_OUT)])).await;
    assert_eq!(of(&added)["in_use"], 150_001, "{}", added.body);
    instances.until_everywhere(&mut browsers, "it is asked once more", is_asked).await;
    load(&instances.api, &[number(KNOWN)]).await;
    instances.until_everywhere(&mut browsers, "it is not asked once more", is_left_out).await;

    let folder = shared.registry.cli(&["CONFIG", "GET", "dir"]).lines().nth(1).expect("a folder").to_owned();
    let kept = everything_in(Path::new(&folder));
    assert!(kept.windows(15).any(|bytes| bytes == b"overblik-index-"), "it is in the append-only log");
    assert_eq!(search_for(&[KNOWN, LEFT_OUT]).find(&kept), None);

    shared.registry.stand_still(true);
    // It was last said to be so at the most so long ago.
    tokio::time::sleep(AT_ONCE + Duration::from_secs(1)).await;
    instances.until_everywhere(&mut browsers, "nobody knows whether it is still so", is_asked).await;
    shared.registry.stand_still(false);
    let mut back = Value::Null;
    for _ in 0..100 {
        back = section(&browsers[0].overview().await, "library").clone();
        if is_left_out(&back) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_left_out(&back), "Redis is back: {back}");
    shared.registry.cli(&["EVAL", "redis.call('DEL', unpack(redis.call('KEYS', '*:index:*')))", "0"]);
    instances.until_everywhere(&mut browsers, "it is gone", is_asked).await;
    let shown = of(&instances.api.ask(LIBRARIES, "GET", INDEX, &[], None).await);
    assert!(shown["not_in_use"].as_str().is_some_and(|why| why.contains("not there")), "{shown}");
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}
