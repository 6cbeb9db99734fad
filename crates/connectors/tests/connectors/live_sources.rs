//! Sources that are exchanged while others are asked.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::response::Response;
use overblik_connectors::{
    AddressPolicy, AnnouncedWindow, Connector, ConnectorError, ConnectorSet, Coverage, Endpoint, Fetched, LiveSource,
    LiveVersion, LoadOptions, Municipality, Revision, Secret, Share, SourceInfo, Versions, ask,
};
use serde_json::json;
use tokio::{sync::Notify, task::JoinSet};
use url::Url;

use crate::{
    source::Source,
    support::{CONTRACT, CPR, OTHER_CPR, request},
};

/// A version of a contract, named by its text.
fn version(text: &str) -> LiveVersion {
    let files = BTreeMap::from([("connector.yaml".to_owned(), text.as_bytes().to_vec())]);
    LiveVersion { revision: Revision::of_text(text), files: Arc::new(files) }
}

fn permits(text: &str) -> LiveSource {
    LiveSource::new("birkerup", version(text))
}

/// The contract with another version number, and so another contract.
fn numbered(number: &str) -> String {
    CONTRACT.replace("version: 1.0.0", &format!("version: {number}"))
}

/// A contract like the first, of another source.
fn other(authority: &str, slug: &str, digit: &str) -> String {
    CONTRACT
        .replace("name: permits", &format!("name: {slug}"))
        .replace("code: birkerup", &format!("code: {authority}"))
        .replace("4e1f9a42", &format!("4e1f9a4{digit}"))
}

fn options(url: Option<&Url>) -> LoadOptions {
    let slugs = ["permits", "water"];
    let endpoint =
        || Endpoint { base_url: url.cloned(), api_key: Some(Secret::new("key".into())), ..Endpoint::default() };
    let endpoints = slugs.into_iter().map(|slug| (slug.to_owned(), endpoint())).collect();
    LoadOptions { endpoints, address_policy: AddressPolicy::LoopbackAllowed, ..LoadOptions::default() }
}

/// A set in force, and what was wrong with its sources.
struct World {
    set: Arc<ConnectorSet>,
    options: LoadOptions,
    told: BTreeMap<String, String>,
}

impl World {
    fn of(options: LoadOptions, sources: &[(&str, LiveSource)]) -> Self {
        let none = ConnectorSet::from_connectors(vec![]).expect("nothing");
        let mut world = Self { set: Arc::new(none), options, told: BTreeMap::new() };
        world.exchange(sources);
        world
    }

    fn exchange(&mut self, sources: &[(&str, LiveSource)]) {
        let sources = sources.iter().map(|(slug, source)| ((*slug).to_owned(), source.clone())).collect();
        let fits = |source: &SourceInfo| match source.timeout.as_millis() {
            9000.. => Err("nobody waits so long".to_owned()),
            _ => Ok(()),
        };
        let (set, mistakes) = ConnectorSet::load_sources(&sources, &self.options, &self.set, &fits);
        let former = std::mem::replace(&mut self.set, Arc::new(set));
        self.set.take_over(|| drop(former));
        self.told = mistakes.into_iter().map(|(slug, mistakes)| (slug, mistakes.to_string())).collect();
    }

    fn main(&self, slug: &str) -> Arc<dyn Connector> {
        Arc::clone(&self.set.get(slug).expect("the source").main)
    }

    /// The versions that there are of a source.
    fn versions(&self, slug: &str) -> Vec<String> {
        let all = self.set.get(slug).into_iter().flat_map(Versions::all);
        all.map(|connector| connector.source().version.clone()).collect()
    }
}

/// A source that answers when it is told to.
async fn hanging(cpr: &'static str) -> (Source, Arc<Notify>) {
    let (source, told) = (Source::start().await, Arc::new(Notify::new()));
    let waits = Arc::clone(&told);
    source.later("/cases", move |_| {
        let waits = Arc::clone(&waits);
        Box::pin(async move {
            waits.notified().await;
            let body = json!({ "owner": { "cpr": cpr }, "asOf": "2026-11-22T10:15:30", "cases": [] });
            let response = Response::builder().header("content-type", "application/json");
            response.body(body.to_string().into()).expect("an answer")
        })
    });
    source.json("/archive", &[("x-owner", CPR)], json!([]));
    (source, told)
}

type Call = JoinSet<Result<Fetched, ConnectorError>>;

/// A call that is under way.
fn asking(connector: Arc<dyn Connector>) -> Call {
    let mut call = JoinSet::new();
    call.spawn(async move { ask(&*connector, request(), || {}).await });
    call
}

async fn came(mut call: Call) -> Result<Fetched, ConnectorError> {
    call.join_next().await.expect("a call").expect("no panic")
}

async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_stays_is_the_very_same_connector_and_what_changes_is_another() {
    let water = other("birkerup", "water", "3");
    let mut world = World::of(options(None), &[("permits", permits(CONTRACT)), ("water", permits(&water))]);
    assert!(world.told.is_empty(), "{:?}", world.told);
    let (permits_before, water_before) = (world.main("permits"), world.main("water"));
    world.exchange(&[("permits", permits(&numbered("1.1.0"))), ("water", permits(&water))]);
    assert!(!Arc::ptr_eq(&permits_before, &world.main("permits")));
    assert!(Arc::ptr_eq(&water_before, &world.main("water")));
    let share = Share::percent(10).expect("a share");
    let both = permits(&numbered("1.1.0")).with_next(version(&numbered("2.0.0")), share);
    let main = world.main("permits");
    world.exchange(&[("permits", both)]);
    assert_eq!(world.versions("permits"), ["1.1.0", "2.0.0"]);
    assert!(world.set.get("water").is_none() && Arc::ptr_eq(&main, &world.main("permits")));
    let next = Arc::clone(&world.set.get("permits").expect("the source").next.as_ref().expect("another").0);
    world.exchange(&[("permits", permits(&numbered("2.0.0")))]);
    assert!(Arc::ptr_eq(&next, &world.main("permits")), "what a share saw, all see, with its gate and connections");
    assert!(world.told.contains_key("water") && world.told.len() == 1, "settings for nobody: {:?}", world.told);
}

#[tokio::test]
async fn a_version_that_cannot_be_asked_here_leaves_its_former_one_and_all_others() {
    let water = other("birkerup", "water", "3");
    let mut world = World::of(options(None), &[("permits", permits(CONTRACT)), ("water", permits(&water))]);
    let former = world.main("permits");
    let token = "auth: { clientCredentials: { tokenUrl: https://byg.birkerup.example/token, audience: a } }";
    for (wrong, told) in [
        ("kind: Connector".to_owned(), "is missing"),
        (numbered("1.1.0").replace("limit: 100", "limit: 0"), "must be 1 to 500"),
        (numbered("1.1.0").replace("auth: { apiKey: { header: X-Api-Key } }", token), "client_id"),
        (numbered("1.1.0").replace("timeoutMs: 2000", "timeoutMs: 9000"), "nobody waits so long"),
        (numbered("1.1.0").replace("legalBasis: Byggeloven § 1", "legalBasis: TODO"), "is still a placeholder"),
    ] {
        let new = numbered("3.0.0").replace("name: permits", "name: water").replace("4e1f9a42", "4e1f9a43");
        world.exchange(&[("permits", permits(&wrong)), ("water", permits(&new))]);
        assert!(world.told["permits"].contains(told), "{told}: {:?}", world.told);
        assert!(world.told["permits"].contains("birkerup/permits/connector.yaml"), "{:?}", world.told);
        assert!(Arc::ptr_eq(&former, &world.main("permits")), "{told}");
        assert_eq!((world.versions("water"), world.told.len()), (vec!["3.0.0".to_owned()], 1));
        // One that only a share would see: all see the main one.
        let share = Share::percent(10).expect("a share");
        world.exchange(&[("permits", permits(CONTRACT).with_next(version(&wrong), share)), ("water", permits(&new))]);
        assert_eq!(world.versions("permits"), ["1.0.0"]);
        assert!(world.told["permits"].contains(told));
    }
    let world = World::of(options(None), &[("permits", permits("kind: Connector")), ("water", permits(&water))]);
    assert!(world.set.get("permits").is_none() && world.set.get("water").is_some());
    let no_file = LiveVersion { revision: Revision::of_text("x"), files: Arc::default() };
    let world = World::of(options(None), &[("permits", LiveSource::new("birkerup", no_file))]);
    assert!(world.told["permits"].contains("holds no connector.yaml"), "{:?}", world.told);
}

#[tokio::test]
async fn r46_what_a_source_has_already_no_new_one_takes_from_it() {
    let mut world = World::of(options(None), &[("permits", permits(CONTRACT))]);
    // The same number of the source system, at another authority whose slug comes first.
    let thief = other("aadal", "aadal", "2");
    let mut options = options(None);
    options.endpoints.insert("aadal".into(), options.endpoints["permits"].clone());
    world.options = options;
    let source = LiveSource::new("aadal", version(&thief));
    world.exchange(&[("aadal", source.clone()), ("permits", permits(&numbered("1.1.0")))]);
    assert!(world.told["aadal"].contains("itSystemId: already taken by birkerup/permits/connector.yaml"));
    assert_eq!((world.set.get("aadal").is_none(), world.versions("permits")), (true, vec!["1.1.0".to_owned()]));
    // Given up, it can be had at the next exchange.
    let renamed = numbered("1.2.0").replace("4e1f9a42", "4e1f9a47");
    world.exchange(&[("aadal", source.clone()), ("permits", permits(&renamed))]);
    assert!(world.told.contains_key("aadal") && world.versions("permits") == ["1.2.0"]);
    world.exchange(&[("aadal", source), ("permits", permits(&renamed))]);
    assert!(!world.told.contains_key("aadal") && world.set.get("aadal").is_some(), "{:?}", world.told);
    // A slug is its authority's.
    let stolen = LiveSource::new("aadal", version(&renamed.replace("code: birkerup", "code: aadal")));
    world.exchange(&[("permits", permits(&renamed)), ("aadal", stolen)]);
    assert!(world.told["aadal"].contains("metadata.name: "), "{:?}", world.told);
}

#[tokio::test]
async fn r46_what_a_deployment_sets_for_a_source_is_for_the_authority_that_it_names() {
    let mut options = options(None);
    options.endpoints.get_mut("permits").expect("settings").authority = Some("birkerup".into());
    let thief = other("aadal", "permits", "5");
    let mut world = World::of(options, &[("permits", LiveSource::new("aadal", version(&thief)))]);
    let told = "the deployment's settings for \"permits\" are for \"birkerup\", and this is of \"aadal\"";
    assert!(world.told["permits"].contains(told), "{:?}", world.told);
    assert!(world.set.get("permits").is_none(), "nobody else is shown the key");
    world.exchange(&[("permits", permits(CONTRACT))]);
    assert!(!world.told.contains_key("permits") && world.set.get("permits").is_some(), "{:?}", world.told);
}

#[tokio::test]
async fn r46_two_authorities_share_no_secret_whenever_they_come() {
    let auth = |host: &str| {
        format!(
            "auth: {{ clientCredentials: {{ tokenUrl: 'https://tokens.{host}.example/token', audience: {host} }} }}"
        )
    };
    let with = |text: String, host: &str| text.replace("auth: { apiKey: { header: X-Api-Key } }", &auth(host));
    let endpoint = || Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new("one-secret".into())),
        ..Endpoint::default()
    };
    let endpoints = ["permits", "water"].map(|slug| (slug.to_owned(), endpoint())).into();
    let options = LoadOptions { endpoints, ..LoadOptions::default() };
    let water = with(other("aadal", "water", "3"), "aadal").replace("byg.birkerup.example", "vand.aadal.example");
    let mut world = World::of(options, &[("permits", permits(&with(numbered("1.0.0"), "birkerup")))]);
    assert!(!world.told.contains_key("permits"), "{:?}", world.told);
    let water = LiveSource::new("aadal", version(&water));
    world.exchange(&[("permits", permits(&with(numbered("1.0.0"), "birkerup"))), ("water", water)]);
    assert!(world.told["water"].contains("would be shown the client_secret"), "{:?}", world.told);
    assert!(world.set.get("water").is_none() && !world.told["water"].contains("one-secret"));
}

#[tokio::test]
async fn agreements_narrow_what_a_contract_says_and_never_widen_it() {
    let contract = numbered("1.0.0")
        .replace("displayClients: [overblik]", "displayClients: [overblik, portal]")
        .replace("municipalities: [\"0901\"]", "municipalities: [\"0901\", \"0902\"]");
    let codes = |codes: &[&str]| {
        let codes = codes.iter().map(|code| Municipality::parse(code).expect("a code"));
        Coverage::Municipalities(codes.collect())
    };
    let under = |agreements: &[(&str, Coverage)]| {
        let agreements = agreements.iter().map(|(client, coverage)| ((*client).to_owned(), coverage.clone())).collect();
        [("permits", LiveSource { agreements: Some(agreements), ..permits(&contract) })]
    };
    let mut world = World::of(options(None), &[("permits", permits(&contract))]);
    let of_contract = world.main("permits");
    let clients = |world: &World| world.main("permits").source().display_clients.clone();
    assert_eq!(clients(&world).len(), 2);
    world.exchange(&under(&[("overblik", codes(&["0902", "0903"])), ("stranger", Coverage::Everywhere)]));
    assert_eq!(clients(&world), BTreeMap::from([("overblik".to_owned(), codes(&["0902"]))]));
    let narrowed = world.main("permits");
    assert!(std::ptr::eq(narrowed.gate(), of_contract.gate()), "its gate and connections stay");
    world.exchange(&under(&[("overblik", codes(&["0902"]))]));
    assert!(Arc::ptr_eq(&narrowed, &world.main("permits")), "the same agreement, the same connector");
    world.exchange(&under(&[]));
    assert!(clients(&world).is_empty());
    world.exchange(&under(&[("overblik", Coverage::Everywhere), ("portal", Coverage::Everywhere)]));
    assert!(Arc::ptr_eq(&of_contract, &world.main("permits")));
}

#[tokio::test]
async fn a_suspension_reaches_every_call_under_way_also_of_versions_that_were_exchanged() {
    let (source, answers) = hanging(CPR).await;
    let mut world = World::of(options(Some(&source.url)), &[("permits", permits(CONTRACT))]);
    let [first, second] = ["1.1.0", "2.0.0"].map(numbered);
    let open = async |count: usize| {
        until(|| source.seen().iter().filter(|seen| seen.uri.starts_with("/cases")).count() == count).await;
    };
    let oldest = asking(world.main("permits"));
    open(1).await;
    world.exchange(&[("permits", permits(&first))]);
    let share = Share::percent(50).expect("a share");
    let both = permits(&first).with_next(version(&second), share);
    world.exchange(&[("permits", both.clone())]);
    let main = asking(world.main("permits"));
    let next = asking(Arc::clone(&world.set.get("permits").expect("the source").next.as_ref().expect("another").0));
    open(3).await;
    world.exchange(&[("permits", LiveSource { suspended: true, ..both.clone() })]);
    let late = came(asking(world.main("permits"))).await;
    assert_eq!(late, Err(ConnectorError::SwitchedOff), "nobody is let in");
    // Resumed before they come: they are from before all the same.
    world.exchange(&[("permits", both)]);
    answers.notify_waiters();
    for call in [oldest, main, next] {
        assert_eq!(came(call).await, Err(ConnectorError::SwitchedOff));
    }
    let again = asking(world.main("permits"));
    open(4).await;
    answers.notify_waiters();
    assert!(came(again).await.is_ok());
}

#[tokio::test]
async fn an_ordinary_exchange_lets_those_who_wait_have_their_answer() {
    let (source, answers) = hanging(CPR).await;
    let mut world = World::of(options(Some(&source.url)), &[("permits", permits(CONTRACT))]);
    let former = world.main("permits");
    let under_way = asking(former);
    until(|| source.open() == 1 && !source.seen().is_empty()).await;
    world.exchange(&[("permits", permits(&numbered("1.1.0")))]);
    world.exchange(&[]);
    answers.notify_waiters();
    assert!(came(under_way).await.is_ok());
}

#[tokio::test]
async fn what_an_operator_switched_off_and_what_was_cut_off_stays_so_through_exchanges() {
    let (source, answers) = hanging(OTHER_CPR).await;
    let mut world = World::of(options(Some(&source.url)), &[("permits", permits(CONTRACT))]);
    let standing = |world: &World| {
        let standings = world.set.standings(jiff::Timestamp::UNIX_EPOCH);
        let flags = standings.iter().map(|one| (one.version.clone(), one.switched_off, one.suspended, one.cut_off));
        flags.collect::<Vec<_>>()
    };
    assert!(world.set.switch_off("permits") && !world.set.switch_off("permits"));
    world.exchange(&[("permits", LiveSource { suspended: true, ..permits(&numbered("1.1.0")) })]);
    assert_eq!(standing(&world), [("1.1.0".into(), true, true, false)]);
    world.exchange(&[("permits", permits(&numbered("1.1.0")))]);
    assert_eq!(standing(&world), [("1.1.0".into(), true, false, false)], "resumed in the registry, off by hand");
    // Gone for a while, it comes back as it went.
    world.exchange(&[]);
    world.exchange(&[("permits", permits(&numbered("1.2.0")))]);
    assert_eq!(standing(&world), [("1.2.0".into(), true, false, false)]);
    assert!(world.set.switch_on("permits"));
    answers.notify_one();
    assert_eq!(ask(&*world.main("permits"), request(), || {}).await, Err(ConnectorError::WrongPerson));
    let share = Share::percent(50).expect("a share");
    let both = permits(&numbered("2.0.0")).with_next(version(&numbered("1.2.0")), share);
    world.exchange(&[("permits", LiveSource { suspended: true, ..both.clone() })]);
    world.exchange(&[("permits", both)]);
    let cut_off = |version: &str| (version.to_owned(), false, false, true);
    assert_eq!(standing(&world), [cut_off("2.0.0"), cut_off("1.2.0")], "whichever version asks, it is the same source");
    assert!(world.set.reset("permits") && !world.set.reset("permits"));
    assert!(standing(&world).iter().all(|(_, off, suspended, cut)| !off && !suspended && !cut));
}

#[tokio::test]
async fn announced_windows_come_and_go_with_exchanges() {
    let mut world = World::of(options(None), &[("permits", permits(CONTRACT))]);
    let connector = world.main("permits");
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time");
    let (from, to) = (at("2026-11-22T10:00:00Z"), at("2026-11-22T12:00:00Z"));
    let text = Some(overblik_widgets::LocalizedText::new("Vi flytter.", "We are moving."));
    let windows = vec![AnnouncedWindow { from, to, text: text.clone() }];
    let within = at("2026-11-22T11:00:00Z");
    assert_eq!(connector.gate().suspension(within), None);
    world.exchange(&[("permits", LiveSource { windows, ..permits(CONTRACT) })]);
    let suspension = connector.gate().suspension(within).expect("closed");
    let told = (suspension.reason, suspension.until, suspension.announced);
    assert_eq!(told, (ConnectorError::Maintenance, Some(to), text));
    assert_eq!(world.set.standings(within)[0].closed_until, Some(to));
    assert_eq!(connector.gate().suspension(to), None);
    world.exchange(&[("permits", permits(CONTRACT))]);
    assert_eq!(connector.gate().suspension(within), None);
}

#[tokio::test]
async fn the_files_beside_a_contract_come_with_it() {
    let place = "      path: /archive\n";
    let contract = CONTRACT.replace(place, &format!("{place}      schema: schemas/answer.json\n"));
    let with = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        LiveSource::new("birkerup", LiveVersion { revision: Revision::of_text("1"), files: Arc::new(files) })
    };
    let contract = ("connector.yaml", contract.as_str());
    let world = World::of(options(None), &[("permits", with(&[contract, ("schemas/answer.json", "true")]))]);
    assert!(!world.told.contains_key("permits"), "{:?}", world.told);
    let world = World::of(options(None), &[("permits", with(&[contract]))]);
    assert!(world.told["permits"].contains("schema: cannot be read"), "{:?}", world.told);
}
