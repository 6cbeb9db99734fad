//! What was counted is what citizens were shown, at whichever instance, and says nothing of who they were.

use std::{collections::BTreeSet, fs, time::Duration};

use overblik_demo::{DemoWorld, Fault, FaultTarget};
use overblik_gateway::statistics::{By, Row};
use overblik_tests::{LeakSearch, RawAnswer, Setup, System, section};
use serde_json::{Value, json};

use crate::{
    admin::{ANNA, AdminApi, BIRKERUP, BO, LIBRARIES, LIBRARY, VERSIONS, header, of, told},
    command_line::text,
    registry_commands::Desk,
    registry_instances::{Instances, SharedRegistry},
};

/// The day on which the tests begin, a Sunday.
const SUNDAY: &str = "2026-11-22";
const DAY: Duration = Duration::from_hours(24);
const STATISTICS: &str = "/admin/v1/sources/library/statistics";
const OPEN_TOTAL: &str = "/api/v1/statistics";

async fn sunday(system: &System, source: &str) -> Row {
    let day = SUNDAY.parse().expect("a date");
    let mut rows = system.demo.app.statistics.of_source(source, (day, day), By::Day).await.expect("readable");
    assert_eq!(rows.len(), 1, "{source}: {rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn an_overview_is_counted_as_it_was_shown_and_no_file_says_whose_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let kept_in = directory.path().to_owned();
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Error).keeping_answers();
    let system = setup.adjust(move |config| config.statistics.directory = Some(kept_in)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut other = system.logged_in("nothing-ingrid").await;
    let states = |overview: Value| {
        ["daycare", "payments"].map(|source| section(&overview, source)["state"].as_str().map(str::to_owned))
    };
    let expected = |daycare: &str| [Some(daycare.to_owned()), Some("failed".to_owned())];
    assert_eq!(states(browser.overview().await), expected("ready"), "the control");
    assert_eq!(states(other.overview().await), expected("empty"), "the control");
    system.until("nothing runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;

    let answered = sunday(&system, "daycare").await;
    assert_eq!((answered.calls.all, answered.calls.answered, answered.sections.answered, answered.kept), (2, 2, 2, 0));
    assert_eq!(answered.with_data_per_cent, None, "one of two has data: nobody is told");
    assert!(answered.p50_ms.is_some());
    let failed = sunday(&system, "payments").await;
    assert_eq!((failed.calls.all, failed.calls.failed, failed.sections.failed), (2, 2, 2));

    browser.overview().await;
    let again = sunday(&system, "daycare").await;
    assert_eq!(
        (again.calls.all, again.sections.answered, again.kept),
        (2, 3, 1),
        "shown as it was kept, without a call"
    );
    browser.overview().await;

    let pseudonyms = pseudonyms(&system.log());
    assert!(!pseudonyms.is_empty(), "the control: the log names them");
    system.stop(&[&browser, &other]).await;
    let mut search = LeakSearch::new();
    for citizen in DemoWorld::citizens() {
        citizen.cpr.iter().for_each(|number| search.person_number(number));
        search.text("a name", citizen.name);
    }
    for pseudonym in &pseudonyms {
        search.text("a pseudonym", pseudonym);
    }
    let mut days = Vec::new();
    for entry in fs::read_dir(directory.path()).expect("a directory") {
        let path = entry.expect("a file").path();
        let bytes = fs::read(&path).expect("readable");
        assert_eq!(search.find(&bytes), None, "{}", path.display());
        if path.ends_with(format!("{SUNDAY}.json")) {
            days.push(serde_json::from_slice::<Value>(&bytes).expect("JSON"));
        }
    }
    let [sources] = &days[..] else { panic!("{days:?}") };
    let daycare = sources.as_array().expect("sources").iter().find(|one| one["source"] == "daycare");
    let figures = &daycare.expect("daycare")["figures"];
    assert_eq!(
        (&figures["kept"], &figures["citizens:asked"]),
        (&json!(2), &json!(2)),
        "handed in at the end: {figures}"
    );
}

/// Every pseudonym that the log names.
fn pseudonyms(log: &str) -> Vec<String> {
    let after = log.split("citizen").skip(1);
    let words = after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_hexdigit()).find(|word| word.len() >= 16));
    words.map(str::to_owned).collect()
}

#[tokio::test]
async fn everybody_may_read_the_total_of_days_that_are_over_and_had_ten_citizens() {
    let system = Setup::default().start().await;
    let statistics = &system.demo.app.statistics;
    let citizens: BTreeSet<_> =
        DemoWorld::citizens().iter().filter(|one| one.cpr.is_some()).map(|one| one.slug).collect();
    assert!(citizens.len() >= 10, "{}", citizens.len());
    let mut stranger = system.browser();
    // The same citizen, again and again.
    let mut browsers = vec![system.logged_in("family-signe").await];
    for _ in 0..12 {
        browsers[0].overview().await;
    }
    statistics.hand_in().await.expect("kept");
    system.pass(DAY);
    statistics.hand_in().await.expect("kept");
    statistics.total().await;
    let answer = stranger.get_with(OPEN_TOTAL, &[("accept", "application/json")]).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "fewest_citizens": 10, "months": [] })));

    for citizen in &citizens {
        let mut browser = system.logged_in(citizen).await;
        browser.overview().await;
        browsers.push(browser);
    }
    statistics.hand_in().await.expect("kept");
    statistics.total().await;
    let today = stranger.get_with(OPEN_TOTAL, &[("accept", "application/json")]).await;
    assert_eq!(today.json()["months"], json!([]), "a day that is under way is not told");
    system.pass(DAY);
    statistics.hand_in().await.expect("kept");
    statistics.total().await;
    let answer = stranger.get_with(OPEN_TOTAL, &[("accept", "application/json")]).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    assert_eq!((answer.header("set-cookie"), answer.header("vary")), ("", "Accept, Accept-Encoding"));
    let months = answer.json()["months"].clone();
    let [month] = &months.as_array().expect("months")[..] else { panic!("{months}") };
    assert_eq!(month["period"], "2026-11");
    assert!(month["calls"]["all"].as_u64().is_some_and(|calls| calls >= 10), "{month}");
    for name in ["authority", "source"] {
        assert!(month.get(name).is_none(), "all together: {month}");
    }
    let csv = stranger.get_with(OPEN_TOTAL, &[("accept", "text/csv")]).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    let lines: Vec<_> = csv.text.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{}", csv.text);
    assert!(lines[1].starts_with(&format!("2026-11,,,{},", month["calls"]["all"])), "{}", csv.text);
    let of_citizen = browsers[1].get_with(OPEN_TOTAL, &[("accept", "text/csv")]).await;
    assert_eq!(of_citizen.text, csv.text, "the same for everybody");
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn an_operator_who_does_not_want_it_tells_nobody() {
    let system = Setup::default().adjust(|config| config.statistics.open_total = false).start().await;
    let answer = system.browser().get_with(OPEN_TOTAL, &[("accept", "application/json")]).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (404, json!("not-found")));
    system.stop(&[]).await;
}

fn all(answer: &RawAnswer) -> Vec<u64> {
    let told = of(answer);
    let rows = told["rows"].as_array().expect("rows").iter();
    rows.map(|row| row["calls"]["all"].as_u64().expect("calls")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r46_an_authority_reads_what_all_instances_counted_of_its_own_sources_and_operators_read_all() {
    let mut redis = SharedRegistry::start().await;
    let instances = Instances::start(1, redis.settings()).await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "shown", |library| library["state"] == "ready").await;
    let hand_in = async || {
        let kept = instances.system().demo.app.statistics.hand_in().await;
        instances.others[0].app.statistics.hand_in().await.and(kept)
    };
    hand_in().await.expect("kept");
    let ask = async |client, path: &str, lines: &[&str]| instances.api.ask(client, "GET", path, lines, None).await;
    let before = all(&ask(LIBRARIES, STATISTICS, &[]).await);
    let [before] = before[..] else { panic!("{before:?}") };
    for browser in &mut browsers {
        browser.overview().await;
    }
    hand_in().await.expect("kept");
    for client in [LIBRARIES, ANNA, BO] {
        let answer = ask(client, STATISTICS, &[]).await;
        assert_eq!(all(&answer), [before + 2], "one call at each instance");
        let told = of(&answer);
        assert_eq!((&told["from"], &told["to"], &told["by"]), (&json!("2026-11-01"), &json!(SUNDAY), &json!("day")));
        assert_eq!(told["rows"][0]["period"], SUNDAY);
    }
    let by_month = ask(LIBRARIES, &format!("{STATISTICS}?from=2025-01-01&to=2026-12-31&by=month"), &[]).await;
    assert_eq!((all(&by_month), &of(&by_month)["rows"][0]["period"]), (vec![before + 2], &json!("2026-11")));
    assert_eq!(all(&ask(LIBRARIES, &format!("{STATISTICS}?to=2026-11-21"), &[]).await), [0_u64; 0]);
    let foreign = ask(BIRKERUP, STATISTICS, &[]).await;
    assert_eq!(told(&foreign), (404, "not-found".to_owned()));

    let csv = ask(LIBRARIES, STATISTICS, &["accept: text/csv"]).await;
    assert_eq!(header(&csv, "content-type"), "text/csv; charset=utf-8; header=present");
    assert!(csv.body.contains(&format!("\r\n{SUNDAY},birkerup-libraries,library,{},", before + 2)), "{}", csv.body);
    let authorities = of(&ask(ANNA, "/admin/v1/statistics?by=month", &[]).await);
    let row = &authorities["rows"][0];
    assert_eq!((&row["authority"], &row["calls"]["all"]), (&json!("birkerup-libraries"), &json!(before + 2)));
    for wrong in
        ["from=2026-11-02&to=2026-11-01", "from=november", "by=year", "of=everybody", "from=2026-11-01&from=2026-11-02"]
    {
        let refused = ask(LIBRARIES, &format!("{STATISTICS}?{wrong}"), &[]).await;
        assert_eq!(told(&refused), (400, "malformed-body".to_owned()), "{wrong}");
    }

    // While Redis is away citizens notice nothing, and what they are shown is counted afterwards. Neither is a token given
    // meanwhile, nor before the registry is read again: this one is from before.
    let token = instances.api.token(LIBRARIES).await;
    redis.registry.stop();
    for browser in &mut browsers {
        assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    }
    assert!(hand_in().await.is_err(), "the control");
    redis.registry.start_again().await;
    let mut last = None;
    for _ in 0..200 {
        if hand_in().await.is_ok() {
            let answer = instances.api.with(&token, "GET", STATISTICS, &[], None).await;
            if answer.status == 200 {
                last = Some(all(&answer));
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(last, Some(vec![before + 4]));
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_what_was_counted_to_people_and_spreadsheets() {
    let desk = Desk::with_authorities().await;
    let api: &AdminApi = &desk.api;
    api.push_library().await;
    for (client, method, what, body) in [
        (LIBRARIES, "POST", "versions/1/test", Some(json!({}))),
        (LIBRARIES, "POST", "versions/1/submit", Some(json!({}))),
        (ANNA, "POST", "versions/1/approve", None),
        (BO, "POST", "versions/1/release", Some(json!({ "share": 100 }))),
        (LIBRARIES, "PUT", "agreements/overblik", Some(json!({ "municipalities": "all" }))),
        (ANNA, "POST", "agreements/overblik/approve", None),
    ] {
        let answer = api.change(client, method, &format!("{LIBRARY}/{what}"), LIBRARY, body.as_ref()).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    assert_eq!(told(&api.ask(BIRKERUP, "GET", VERSIONS, &[], None).await).0, 405, "the control");
    let none = desk.run(LIBRARIES, &["statistics", "library"]);
    assert_eq!((none.status.code(), text(&none.stdout).trim()), (Some(0), "nothing was counted"));
    api.system.until("the library is asked", |demo| !demo.app.connectors().sources().is_empty()).await;
    let mut browser = api.system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");

    let table = desk.run(LIBRARIES, &["statistics", "library"]);
    assert_eq!(table.status.code(), Some(0), "{}", text(&table.stderr));
    let lines: Vec<Vec<String>> =
        text(&table.stdout).lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert_eq!(
        (lines.len(), &lines[0][..3], &lines[1][1..3]),
        (2, &["period", "calls", "answered"].map(str::to_owned)[..], &["1", "1"].map(str::to_owned)[..])
    );
    let today = &lines[1][0];
    let month = today.rsplit_once('-').map_or("", |(month, _)| month);
    let csv = desk.run(LIBRARIES, &["statistics", "library", "--month", month, "--csv"]);
    assert!(text(&csv.stdout).contains(&format!("\n{today},birkerup-libraries,library,1,1,")), "{}", text(&csv.stdout));
    let json = desk.run(ANNA, &["statistics", "library", "--format", "json"]);
    let json: Value = serde_json::from_str(&text(&json.stdout)).expect("JSON");
    assert_eq!(json["rows"][0]["calls"]["all"], 1);
    let other_month = desk.run(LIBRARIES, &["statistics", "library", "--month", "2025-01"]);
    assert_eq!(text(&other_month.stdout).trim(), "nothing was counted");
    for (client, arguments, code) in [
        (BIRKERUP, &["statistics", "library"][..], 1),
        (LIBRARIES, &["statistics", "library", "--month", "november"], 2),
        (LIBRARIES, &["statistics", "library", "--csv", "--format", "json"], 2),
    ] {
        assert_eq!(desk.run(client, arguments).status.code(), Some(code), "{arguments:?}");
    }
    api.system.demo.app.overviews.fetches().stop().await;
    let Desk { api } = desk;
    api.system.stop(&[&browser]).await;
}
