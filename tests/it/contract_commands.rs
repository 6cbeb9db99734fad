//! `overblik contract` as an authority's developer types it.

use std::{collections::BTreeMap, fs, io::Write, path::Path, process::Stdio, sync::Arc};

use overblik_demo::{DemoClient, DemoOptions, DemoWorld, LogsIn, Ports, Source};
use overblik_tests::{MORNING, repository};
use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::{overblik, run, text};

/// What `contract diff` ends with when a change is not harmless.
const NOT_HARMLESS: Option<i32> = Some(2);

const PAYMENTS: &str = "contracts/authorities/public-payments/payments";

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", text(bytes)))
}

/// The payments contract in a folder of its own, with something changed.
fn changed(from: &str, to: &str) -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let folder = directory.path().join("public-payments/payments");
    fs::create_dir_all(&folder).expect("a folder");
    let shipped = fs::read_to_string(repository().join(PAYMENTS).join("connector.yaml")).expect("a contract");
    assert!(shipped.contains(from), "{from}");
    fs::write(folder.join("connector.yaml"), shipped.replace(from, to)).expect("written");
    directory
}

/// As [`changed`], with its recordings.
fn copied(from: &str, to: &str) -> TempDir {
    let directory = changed(from, to);
    for case in ["overdue", "nothing"] {
        let (from, to) = (
            repository().join(PAYMENTS).join("examples").join(case),
            directory.path().join("public-payments/payments/examples").join(case),
        );
        fs::create_dir_all(&to).expect("a folder");
        for file in ["exchange.yaml", "overview.json", "widgets.json"] {
            fs::copy(from.join(file), to.join(file)).expect("copied");
        }
    }
    directory
}

#[test]
fn check_needs_no_deployment_and_tells_every_mistake() {
    let output = run(&["contract", "check", "contracts/authorities"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("payments/connector.yaml: good; payments 1.1.0"), "{}", text(&output.stdout));

    let wrong = changed("as: money", "as: mony");
    let path = wrong.path().display().to_string();
    let output = run(&["contract", "check", &path]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("connector.yaml:") && told.contains("\"mony\"") && told.contains("hint: "), "{told}");
    let output = run(&["contract", "check", &path, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let told = json(&output.stdout);
    assert_eq!(told["good"], false);
    let mistake = &told["mistakes"][0];
    assert!(mistake["line"].as_u64().is_some_and(|line| line > 40), "{mistake}");
    assert!(
        mistake["path"].as_str().is_some_and(|path| path.starts_with("spec.detail.widgets[0].fields.amount")),
        "{mistake}"
    );

    let output = run(&["contract", "check", "contracts/schemas"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("holds no contract"), "{}", text(&output.stderr));
}

#[test]
fn try_shows_what_a_citizen_sees_of_a_recording() {
    let output = run(&["contract", "try", PAYMENTS, "--example", "overdue"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in ["payments: ready", "as of 2026-11-22", "title", "Parkeringsafgift", "795.00 DKK", "(overdue)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let output = run(&["contract", "try", PAYMENTS, "--example", "overdue", "--format", "json"]);
    let shown = json(&output.stdout);
    assert_eq!((&shown["state"], &shown["widgets"][0]["kind"]), (&"ready".into(), &"payment".into()));
    let output = run(&["contract", "try", PAYMENTS, "--example", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("overdue"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn try_asks_a_test_endpoint_for_nobody_real_and_never_prints_the_number() {
    let world = DemoWorld::start(DemoOptions {
        ports: Ports::EPHEMERAL,
        client: DemoClient {
            client_id: "nobody".to_owned(),
            client_secret: "nothing".to_owned(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            api: None,
            logs_in: LogsIn::Citizens,
        },
        sources: BTreeMap::from([(Source::Payments, "the key".to_owned())]),
        clock: Arc::new(|| MORNING.parse().expect("a time")),
        faults: Vec::new(),
        on_reset: None,
        signature: None,
        portal: None,
        other_clients: Vec::new(),
    });
    let world = world.await.expect("a demo world");
    let key = TempDir::new().expect("a directory");
    let key_file = key.path().join("key");
    fs::write(&key_file, "the key\n").expect("written");
    let key_file = key_file.display().to_string();
    let at = world.source_url(Source::Payments).to_string();
    let number = "6909950002";
    let base = ["contract", "try", PAYMENTS, "--at", &at, "--api-key-file", &key_file];
    let with = |more: &[&str]| run(&[&base, more].concat());
    let output = with(&["--citizen", number, "--loopback"]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(shown.contains("payments: ready") && shown.contains("Parkeringsafgift"), "{shown}");
    assert!(!shown.contains(number), "{shown}");

    let real = ["01", "01010001"].concat();
    let output = with(&["--citizen", &real, "--loopback"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("fictitious") && !told.contains(&real), "{told}");

    let output = with(&["--citizen", number]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("https://"), "{}", text(&output.stderr));
}

#[test]
fn test_writes_a_report_and_ends_as_it_says() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("report.json");
    let output = run(&["contract", "test", PAYMENTS, "--report", &file.display().to_string()]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains(" 0 failed, "), "{}", text(&output.stdout));
    let report = json(&fs::read(&file).expect("a report"));
    assert_eq!(report["contract"]["name"], "payments");
    assert_eq!(report["tally"]["failed"], 0);
    let first = &report["checks"][0];
    for key in ["id", "verdict", "expected", "came", "reason", "milliseconds"] {
        assert!(first.get(key).is_some(), "{key}: {first}");
    }
    let without_recordings = changed("as: money", "as: money");
    let folder = without_recordings.path().join("public-payments/payments").display().to_string();
    let output = run(&["contract", "test", &folder, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output.stdout)["tally"]["failed"], 1);
}

#[test]
fn diff_tells_breaking_from_harmless() {
    let diff = |to: &Path, more: &[&str]| {
        let to = to.join("public-payments/payments").display().to_string();
        run(&[&["contract", "diff", PAYMENTS, &to], more].concat())
    };
    let same = changed("level: substantial", "level: substantial");
    let output = diff(same.path(), &[]);
    assert!(output.status.success() && text(&output.stdout).contains("nothing has changed"));
    let harmless = changed("da: Betalinger og gæld", "da: Betalinger");
    let output = diff(harmless.path(), &[]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("harmless"), "{}", text(&output.stdout));
    let breaking = changed("level: substantial", "level: low");
    let output = diff(breaking.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), NOT_HARMLESS);
    let told = json(&output.stdout);
    assert_eq!((&told["verdict"], &told["changes"][0]["path"]), (&"breaking".into(), &"spec.level".into()));
    let moved = changed("https://api.betalinger.example", "https://api2.betalinger.example");
    let output = diff(moved.path(), &[]);
    assert_eq!(output.status.code(), NOT_HARMLESS);
    assert!(text(&output.stdout).contains("needs approval spec.baseUrl"), "{}", text(&output.stdout));
    let raise = "note: metadata.version is 1.1.0: raise its middle number";
    assert!(text(&output.stdout).contains(raise), "{}", text(&output.stdout));
}

#[test]
fn try_tells_the_author_where_the_answer_is_not_what_the_contract_says() {
    let copy = copied("$.betalinger\"", "$.betaling\"");
    let path = copy.path().join("public-payments/payments").display().to_string();
    let output = run(&["contract", "try", &path, "--example", "overdue"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert!(told.contains("why: answer breaks the contract"), "{told}");
    assert!(told.contains("where: spec.widgets[0].each (line ") && told.contains("expected a list"), "{told}");
    let output = run(&["contract", "try", &path, "--example", "overdue", "--format", "json"]);
    let told = json(&output.stdout);
    let reason = &told["reasons"][0];
    assert_eq!((&reason["call"], &reason["written"]), (&"overview".into(), &"$.betaling".into()), "{told}");
    assert!(reason["line"].as_u64().is_some_and(|line| line > 40), "{told}");
    let output = run(&["contract", "test", &path, "--format", "json"]);
    let report = json(&output.stdout);
    let checks = report["checks"].as_array().expect("checks");
    let recorded = checks.iter().find(|check| check["id"] == "recording:overdue").expect("a check");
    assert_eq!(recorded["reasons"][0]["path"], "spec.widgets[0].each", "{recorded}");
}

#[test]
fn try_says_what_can_be_tried_and_accepts_no_live_answer() {
    let output = run(&["contract", "try", PAYMENTS]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("--example CASE") && told.contains("overdue") && told.contains("--at URL"), "{told}");
    let at = ["--at", "https://test.example", "--citizen", "6101010001", "--accept"];
    let output = run(&[&["contract", "try", PAYMENTS], &at[..]].concat());
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("'--at <URL>' cannot be used with '--accept'"), "{}", text(&output.stderr));
}

#[test]
fn a_placeholder_is_told_by_check() {
    let draft = changed("reference: BET-2026-001", "reference: TODO");
    let path = draft.path().display().to_string();
    let output = run(&["contract", "check", &path]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("spec.agreement.reference is still a placeholder"), "{told}");
    let told = json(&run(&["contract", "check", &path, "--format", "json"]).stdout);
    assert_eq!(told["contracts"][0]["placeholders"][0], "spec.agreement.reference", "{told}");
}

#[test]
fn show_tells_which_items_nobody_sees_and_what_codes_mean() {
    let hidden = changed(
        "      sortBy: { field: due_on",
        "      where: { path: \"$.status\", in: [\"1\"], ignore: [\"9\"] }\n      sortBy: { field: due_on",
    );
    let output = run(&["contract", "show", &hidden.path().join("public-payments/payments").display().to_string()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in [
        "payment from overview, each item of $.betalinger, at most 100:",
        "only items in which $.status is one of: 1",
        "ITEMS ARE HIDDEN, and nobody is told, in which $.status is one of: 9",
        "the codes of status; any other is shown as unknown:",
        "4 means sent_to_debt_agency",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn show_tells_in_plain_words_what_is_approved() {
    let output = run(&["contract", "show", PAYMENTS]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in [
        "Public Payments Agency / Offentlige Betalinger, CVR 90000034",
        "agreement: BET-2026-001",
        "with the citizen's number in the body",
        "unless it names the citizen at $['CPR-nr']",
        "remaining: $.restbeloebOere, as money",
        "each can be opened; the source knows it by",
        "What is asked when a citizen opens an item",
        ", and what the source knows the item by",
        "Which data are shown of an item that is opened",
        "asked at https://api.betalinger.example",
        "What is never shown",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn new_writes_a_contract_that_passes_from_the_start() {
    let directory = TempDir::new().expect("a directory");
    let into = directory.path().display().to_string();
    let mut command = overblik();
    command.args(["contract", "new", "--into", &into]);
    let mut asked =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let answers = "tandlaegen\nTandlægen\n90000050\nrecalls\nIndkaldelser\nhealth\n\n\ndeadline\n\n";
    asked.stdin.take().expect("an input").write_all(answers.as_bytes()).expect("answered");
    let output = asked.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let folder = directory.path().join("tandlaegen/recalls").display().to_string();
    for arguments in [
        &["contract", "check", &folder][..],
        &["contract", "try", &folder, "--example", "first", "--accept"],
        &["contract", "test", &folder],
    ] {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    let again = run(&["contract", "new", "--into", &into]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("--answers"), "{}", text(&again.stderr));
}

#[test]
fn new_writes_every_way_to_show_who_asks_and_xml_and_refuses_what_it_does_not_know() {
    let directory = TempDir::new().expect("a directory");
    let into = directory.path().display().to_string();
    let answers = directory.path().join("answers.yaml");
    let new = |text: &str| {
        fs::write(&answers, text).expect("written");
        run(&["contract", "new", "--answers", &answers.display().to_string(), "--into", &into])
    };
    for (auth, format) in [
        ("mutualTls", "json"),
        ("clientCredentials", "json"),
        ("tokenExchange", "json"),
        ("citizenAssertion", "json"),
        ("idws", "json"),
        ("sessionKey", "json"),
        ("apiKey", "xml"),
    ] {
        let source = auth.to_lowercase();
        let output = new(&format!("source: {source}\nauth: {auth}\nformat: {format}\n"));
        assert!(output.status.success(), "{auth}: {}", text(&output.stderr));
        let folder = directory.path().join("my-authority").join(&source);
        let contract = fs::read_to_string(folder.join("connector.yaml")).expect("a contract");
        assert!(contract.contains(&format!("{auth}: {{")) || contract.contains(&format!("{auth}:\n")), "{contract}");
        let folder = folder.display().to_string();
        let output = run(&["contract", "try", &folder, "--example", "first"]);
        assert!(output.status.success(), "{auth}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    for (wrong, told) in [
        ("auth: password", "sessionKey"),
        ("format: yaml", "json, xml"),
        ("cvr: 12", "eight digits"),
        ("baseUrl: http://api.skovby.example", "https://"),
    ] {
        let output = new(&format!("source: wrong\n{wrong}\n"));
        assert_eq!(output.status.code(), Some(1), "{wrong}");
        assert!(text(&output.stderr).contains(told), "{wrong}: {}", text(&output.stderr));
    }
    assert!(!directory.path().join("my-authority/wrong").exists(), "nothing is written of what is refused");
}

#[test]
fn what_a_case_does_not_answer_is_not_accepted() {
    let directory = TempDir::new().expect("a directory");
    let into = directory.path().display().to_string();
    let answers = directory.path().join("answers.yaml");
    fs::write(&answers, "{}\n").expect("written");
    assert!(run(&["contract", "new", "--answers", &answers.display().to_string(), "--into", &into]).status.success());
    let folder = directory.path().join("my-authority/my-source");
    let case = folder.join("examples/first");
    fs::remove_file(case.join("overview.json")).expect("removed");
    let output = run(&["contract", "try", &folder.display().to_string(), "--example", "first", "--accept"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no answer to: overview"), "{}", text(&output.stderr));
    assert!(!case.join("widgets.json").exists());
}

#[test]
fn new_reads_an_openapi_and_writes_over_nothing() {
    let directory = TempDir::new().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let openapi = r#"{"openapi":"3.0.3","servers":[{"url":"https://api.tandlaegen.example/v2"}],"paths":{"/recalls":{"post":{
        "operationId":"recalls","requestBody":{"content":{"application/json":{"schema":{"properties":{"patientCpr":{"type":"string"}}}}}},
        "responses":{"200":{"content":{"application/json":{"schema":{"type":"object","properties":{"patientCpr":{"type":"string"},
        "recalls":{"type":"array","items":{"type":"object","properties":{"overskrift":{"type":"string"},"frist":{"type":"string","format":"date"}}}}}}}}}}}}}}"#;
    fs::write(path("openapi.json"), openapi).expect("written");
    fs::write(path("answers.yaml"), "authority: tandlaegen\nsource: recalls\nkind: deadline\ntheme: health\n")
        .expect("written");
    let new = |operation: &str| {
        let (openapi, answers) = (path("openapi.json"), path("answers.yaml"));
        let from = ["contract", "new", "--from-openapi", &openapi, "--operation", operation];
        run(&[&from[..], &["--answers", &answers, "--into", &path("out")]].concat())
    };
    let output = new("recall");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("there are: recalls"), "{}", text(&output.stderr));
    let output = new("recalls");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let contract =
        fs::read_to_string(directory.path().join("out/tandlaegen/recalls/connector.yaml")).expect("a contract");
    for line in [
        "baseUrl: https://api.tandlaegen.example/v2",
        "path: /recalls",
        "body: { \"patientCpr\": \"{citizen.cpr}\" }",
        "identity: { path: \"$.patientCpr\" }",
        "each: \"$.recalls\"",
        "title: { path: \"$.overskrift\", as: text }",
        "due_on: { path: \"$.frist\", as: date, formats: [iso] }",
    ] {
        assert!(contract.contains(line), "{line}: {contract}");
    }
    let output = run(&["contract", "check", &path("out")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = new("recalls");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("connector.yaml"), "{}", text(&output.stderr));
}
