//! `overblik registry`, as an authority's pipeline and an operator type it, against a gateway.

use std::{
    fs,
    path::PathBuf,
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use overblik_tests::{Asked, PlainServer, Reply, TlsProxy, repository};
use serde_json::{Value, json};

use crate::{
    admin::{ANNA, AdminApi, BIRKERUP, BO, LIBRARIES, US},
    command_line::{overblik, run, text},
    indexes::with_indexes,
};

/// Done; refused for what was found; not asked rightly, or of nobody.
const DONE: Option<i32> = Some(0);
const REFUSED: Option<i32> = Some(1);
const UNASKED: Option<i32> = Some(2);

/// People and programs at their machines, each with a key in a file.
pub(crate) struct Desk {
    pub(crate) api: AdminApi,
}

impl Desk {
    /// At a gateway that has both authorities on record.
    pub(crate) async fn with_authorities() -> Self {
        let api = AdminApi::in_real_time(|_| {}).await;
        api.register_authorities().await;
        Self::new(api)
    }

    pub(crate) fn new(api: AdminApi) -> Self {
        for client in [ANNA, BO, LIBRARIES, BIRKERUP] {
            let key = api.key(client);
            fs::write(Self::key_file_of(&api, client), key.private_json().to_string()).expect("written");
        }
        Self { api }
    }

    fn key_file_of(api: &AdminApi, client: &str) -> PathBuf {
        api.folder.path().join(format!("{}.jwk", client.replace('/', "-")))
    }

    pub(crate) fn key_file(&self, client: &str) -> PathBuf {
        Self::key_file_of(&self.api, client)
    }

    /// Runs a command as somebody.
    pub(crate) fn run(&self, client: &str, arguments: &[&str]) -> Output {
        let mut command = overblik();
        command.arg("registry").args(arguments).env("OVERBLIK_ADMIN_URL", self.api.at().as_str());
        command.env("OVERBLIK_ADMIN_CLIENT", client).env("OVERBLIK_ADMIN_KEY_FILE", self.key_file(client));
        command.env("OVERBLIK_ADMIN_AUDIENCE", US).output().expect("the command runs")
    }

    /// What a command tells that is done.
    #[track_caller]
    pub(crate) fn done(&self, client: &str, arguments: &[&str]) -> String {
        let output = self.run(client, arguments);
        assert_eq!(output.status.code(), DONE, "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// What a command complains of that is refused.
    #[track_caller]
    pub(crate) fn refused(&self, client: &str, arguments: &[&str]) -> String {
        let output = self.run(client, arguments);
        assert_eq!(output.status.code(), REFUSED, "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stderr)
    }

    /// The library's folder, in which a text that stands there once was replaced.
    pub(crate) fn library(&self, from: &str, to: &str) -> String {
        let folder = self.api.folder.path().join("birkerup-libraries/library");
        copy(&repository().join("contracts/authorities/birkerup-libraries/library"), &folder);
        let file = folder.join("connector.yaml");
        let contract = fs::read_to_string(&file).expect("a contract");
        assert_eq!(contract.matches(from).count(), 1, "{from}");
        fs::write(file, contract.replace(from, to)).expect("written");
        folder.display().to_string()
    }

    /// Brings the library's first version to all citizens.
    pub(crate) fn release_library(&self) {
        let folder = self.library("timeoutMs: 3000", "timeoutMs: 3000");
        self.done(LIBRARIES, &["push", &folder]);
        self.done(LIBRARIES, &["test", "library"]);
        self.done(LIBRARIES, &["submit", "library"]);
        self.done(ANNA, &["approve", "library"]);
        self.done(LIBRARIES, &["release", "library", "--share", "100"]);
    }
}

pub(crate) fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_a_source_goes_from_a_mistake_to_citizens_and_back_by_commands_alone() {
    let desk = Desk::with_authorities().await;
    let folder = desk.library("timeoutMs: 3000", "timeoutMs: soon");
    let checked = run(&["contract", "check", &folder]);
    let complaint = text(&checked.stderr);
    assert!(complaint.contains("connector.yaml:") && complaint.contains("timeoutMs"), "{complaint}");
    assert_eq!(desk.refused(LIBRARIES, &["push", &folder]), complaint, "as `contract check` tells it");
    assert_eq!(text(&run(&["registry", "check", &folder]).stderr), complaint);
    let as_json = desk.run(LIBRARIES, &["push", &folder, "--format", "json"]);
    let told: Value = serde_json::from_slice(&as_json.stdout).expect("JSON");
    assert_eq!((as_json.status.code(), &told["code"]), (REFUSED, &json!("contract-mistakes")));
    assert!(told["mistakes"][0]["line"].is_u64(), "{told}");

    let folder = desk.library("timeoutMs: 3000", "timeoutMs: 3000");
    assert_eq!(run(&["registry", "check", &folder]).status.code(), DONE);
    assert!(desk.done(LIBRARIES, &["push", &folder]).contains("library version 1 checked"));
    assert!(desk.refused(LIBRARIES, &["submit", "library"]).contains("wrong-state"));
    assert!(desk.done(LIBRARIES, &["test", "library"]).contains(" 0 failed"));
    let alone = desk.refused(LIBRARIES, &["submit", "library", "--share", "10"]);
    assert!(alone.contains("no version is live"), "{alone}");
    desk.done(LIBRARIES, &["submit", "library", "--note", "Første udgave"]);
    assert!(desk.refused(LIBRARIES, &["approve", "library"]).contains("not-allowed"), "not one's own");
    assert!(desk.done(ANNA, &["approve", "library"]).contains("version 1 approved"));
    assert!(desk.done(LIBRARIES, &["release", "library", "--share", "100"]).contains("version 1 is live"));

    let folder = desk.library("timeoutMs: 3000", "timeoutMs: 2500");
    assert!(desk.done(LIBRARIES, &["push", &folder]).contains("version 2 checked"));
    let difference = desk.done(ANNA, &["diff", "library", "--from", "1", "--to", "2"]);
    assert!(difference.contains("spec.limits.timeoutMs: 3000 -> 2500"), "{difference}");
    let shown = desk.done(ANNA, &["try", "library", "--example", "family"]);
    assert!(shown.starts_with("library version 2\n") && shown.contains("\"widgets\""), "{shown}");
    desk.done(LIBRARIES, &["test", "library", "--version", "2"]);
    desk.done(LIBRARIES, &["submit", "library", "--share", "10"]);
    desk.done(BO, &["approve", "library"]);
    let more = desk.refused(LIBRARIES, &["release", "library", "--share", "11"]);
    assert!(more.contains("approved for 10 of 100 citizens") && more.contains("not-allowed"), "{more}");
    let shared = desk.done(LIBRARIES, &["release", "library", "--share", "10"]);
    assert!(shared.contains("version 1 is live, version 2 for 10 of 100 citizens"), "{shared}");
    assert!(desk.done(BO, &["rollback", "library"]).contains("version 1 is live (record"));

    let suspended = desk.done(BO, &["suspend", "library", "--reason", "Fejl hos leverandøren"]);
    assert!(suspended.contains("suspended: Fejl hos leverandøren"), "{suspended}");
    assert!(desk.refused(LIBRARIES, &["resume", "library"]).contains("wrong-state"), "an operator's to end");
    desk.done(BO, &["resume", "library"]);
    let windows = desk.api.folder.path().join("windows.yaml");
    let window = "from: 2026-12-01T20:00:00Z, to: 2026-12-02T04:00:00Z, text: { da: Ny server, en: New server }";
    fs::write(&windows, format!("windows:\n  - {{ {window} }}\n")).expect("written");
    let set = desk.done(LIBRARIES, &["windows", "library", &windows.display().to_string()]);
    assert!(set.contains("closed from 2026-12-01T20:00:00Z"), "{set}");
    desk.done(LIBRARIES, &["agreement", "propose", "library", "portal", "--municipalities", "0901"]);
    let agreed = desk.done(ANNA, &["agreement", "approve", "library", "portal"]);
    assert!(agreed.contains("agreement with portal: 0901"), "{agreed}");

    let history = desk.done(LIBRARIES, &["history", "library"]);
    let kinds =
        ["pushed version 2", "approved version 1 by anna", "rolled back", "suspended by bo (Fejl hos", "resumed"];
    assert!(kinds.iter().all(|kind| history.contains(kind)), "{history}");
    let status: Value = serde_json::from_str(&desk.done(LIBRARIES, &["status", "--format", "json"])).expect("JSON");
    assert_eq!(status["items"][0]["main"], 1);
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_whoever_changes_what_another_changed_meanwhile_is_told_who_did() {
    let desk = Desk::with_authorities().await;
    desk.release_library();
    let view: Value =
        serde_json::from_str(&desk.done(LIBRARIES, &["status", "library", "--format", "json"])).expect("JSON");
    let seen = view["record"].to_string();
    desk.done(BO, &["suspend", "library", "--reason", "Fejl"]);
    let complaint = desk.refused(LIBRARIES, &["retire", "library", "--whole", "--reason", "Lukket", "--seen", &seen]);
    assert!(
        complaint.contains("somebody changed library meanwhile") && complaint.contains("suspended by bo"),
        "{complaint}"
    );
    assert!(!desk.done(BO, &["status", "library"]).contains("retired:"));
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r46_a_foreign_source_a_wrong_key_and_an_address_that_nobody_answers_are_told_apart() {
    let desk = Desk::with_authorities().await;
    desk.release_library();
    let complaint = desk.refused(BIRKERUP, &["status", "library"]);
    assert!(complaint.contains("or it is not yours"), "{complaint}");
    let key = desk.key_file(BIRKERUP).display().to_string();
    let wrong_key = desk.run(LIBRARIES, &["status", "--key-file", &key]);
    assert_eq!(wrong_key.status.code(), UNASKED, "{}", text(&wrong_key.stderr));
    assert!(text(&wrong_key.stderr).contains("hint:"), "{}", text(&wrong_key.stderr));
    for (arguments, told) in [
        (&["status", "--admin", "http://127.0.0.1:1", "--wait", "0"][..], "cannot be reached"),
        (&["status", "--admin", "http://admin.example"], "https"),
        (&["status", "--key-file", "no-such-file"], "no-such-file: cannot be read"),
        (&["status", "--ca", &key], "holds no certificate"),
        (&["status", "No Source"], "SOURCE"),
        (&["release", "library", "--share", "101"], "--share"),
        (&["retire", "library", "--reason", "x"], "--version <N>|--whole"),
    ] {
        let output = desk.run(LIBRARIES, arguments);
        assert_eq!(output.status.code(), UNASKED, "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(told), "{arguments:?}: {}", text(&output.stderr));
    }
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r63_an_admin_api_that_is_not_what_it_should_be_neither_writes_on_a_terminal_nor_breaks_a_command() {
    let hostile = PlainServer::start(|_: &str, asked: &Asked| match asked.path() {
        "/admin/v1/token" => Reply::json(200, json!({ "access_token": "x" }).to_string()),
        "/admin/v1/sources/waits" => {
            Reply { headers: vec![("retry-after", u64::MAX.to_string())], ..Reply::empty(503) }
        }
        "/admin/v1/sources/refuses" => {
            let told = json!({ "title": "no\u{1b}[2J", "detail": "a\rb", "code": "\u{9b}31m" });
            Reply::json(409, told.to_string())
        }
        _ => Reply::json(200, json!({ "source": "x\u{1b}]0;title\u{7}", "authority": "\u{202e}y" }).to_string()),
    })
    .await;
    let desk = Desk::with_authorities().await;
    let run = |source| desk.run(LIBRARIES, &["status", source, "--admin", &hostile.origin]);
    let waits = run("waits");
    assert_eq!(waits.status.code(), UNASKED, "{}", text(&waits.stderr));
    assert!(text(&waits.stderr).contains("the answer is 503"), "{}", text(&waits.stderr));
    for (source, code, parts) in [
        ("refuses", REFUSED, ["no\\u001b[2J: a\\u000db", "(\\u009b31m)"]),
        ("tells", DONE, ["x\\u001b]0;title\\u0007", "\\u202ey"]),
    ] {
        let output = run(source);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), code, "{said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        let obeyed = |one: char| one.is_control() && one != '\n' || one == '\u{202e}';
        assert!(!said.contains(obeyed), "{said:?}");
    }
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_rejected_ended_and_retired_by_commands_is_so() {
    let desk = Desk::with_authorities().await;
    desk.release_library();
    let why = ["--reason", "Ikke aftalt"];
    let with_why = |arguments: &[&'static str]| [arguments, &why[..]].concat();
    let folder = desk.library("timeoutMs: 3000", "timeoutMs: 2500");
    desk.done(LIBRARIES, &["push", &folder]);
    desk.done(LIBRARIES, &["test", "library"]);
    desk.done(LIBRARIES, &["submit", "library"]);
    assert!(desk.refused(LIBRARIES, &with_why(&["refuse", "library"])).contains("not-allowed"));
    let refused = desk.done(BO, &with_why(&["refuse", "library"]));
    assert!(refused.contains("version 2 refused") && refused.contains("why: Ikke aftalt"), "{refused}");
    assert!(
        desk.refused(BO, &with_why(&["retire", "library", "--version", "1"])).contains("wrong-state"),
        "it is live"
    );

    desk.done(LIBRARIES, &["push", &folder]);
    let gone = desk.done(LIBRARIES, &with_why(&["retire", "library", "--version", "3"]));
    assert!(gone.contains("version 3 retired") && !gone.contains("retired: Ikke aftalt"), "{gone}");
    assert!(desk.refused(LIBRARIES, &["test", "library", "--version", "3"]).contains("wrong-state"), "it is an end");

    let propose = ["agreement", "propose", "library", "portal", "--municipalities", "0901"];
    desk.done(LIBRARIES, &propose);
    assert!(!desk.done(ANNA, &with_why(&["agreement", "reject", "library", "portal"])).contains("portal"));
    desk.done(LIBRARIES, &propose);
    desk.done(ANNA, &["agreement", "approve", "library", "portal"]);
    assert!(!desk.done(LIBRARIES, &with_why(&["agreement", "end", "library", "portal"])).contains("portal"));
    assert!(desk.refused(LIBRARIES, &with_why(&["agreement", "end", "library", "portal"])).contains("wrong-state"));

    let file = desk.api.folder.path().join("authority.json");
    let proposed = desk.api.authority(LIBRARIES, "90000026", "elsewhere.example").to_string();
    fs::write(&file, proposed).expect("written");
    desk.done(ANNA, &["authority", "propose", "birkerup-libraries", &file.display().to_string()]);
    let waits = desk.done(BO, &["authority", "show", "birkerup-libraries"]);
    assert!(waits.contains("waits for a second person") && waits.contains("elsewhere.example"), "{waits}");
    let rejected = desk.done(BO, &with_why(&["authority", "reject", "birkerup-libraries"]));
    assert!(!rejected.contains("elsewhere.example"), "{rejected}");

    let retired = desk.done(LIBRARIES, &with_why(&["retire", "library", "--whole"]));
    assert!(retired.contains("no version is live") && retired.contains("retired: Ikke aftalt"), "{retired}");
    assert!(desk.refused(LIBRARIES, &["push", &folder]).contains("stays so"));
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_who_is_trusted_is_told_who_asks() {
    let desk = Desk::with_authorities().await;
    let proxy = TlsProxy::before(&desk.api.at()).await;
    let issuer = proxy.issuer.display().to_string();
    let run = |more: &[&str]| desk.run(LIBRARIES, &[&["status", "--admin", proxy.url.as_str()], more].concat());
    let trusted = run(&["--ca", &issuer]);
    assert_eq!(trusted.status.code(), DONE, "{}", text(&trusted.stderr));
    let stranger = TlsProxy::before(&desk.api.at()).await;
    let stranger_s = stranger.issuer.display().to_string();
    for untrusted in [&["--wait", "0"][..], &["--wait", "0", "--ca", &stranger_s]] {
        let output = run(untrusted);
        assert_eq!(output.status.code(), UNASKED, "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("cannot be reached"), "{}", text(&output.stderr));
    }
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_told_whole_and_one_without_an_end_is_not_waited_for() {
    let paged = PlainServer::start(|_: &str, asked: &Asked| match asked.path() {
        "/admin/v1/token" => Reply::json(200, json!({ "access_token": "x" }).to_string()),
        path => {
            let after: u64 = asked.query("after").parse().expect("a number");
            let number = if path.contains("endless") { 7 } else { after + 1 };
            let records = json!([{ "number": number, "change": { "kind": "resumed" } }]);
            let told = json!({ "records": records, "more": number < 3 || number == 7, "head": { "number": 9 } });
            Reply::json(200, told.to_string())
        }
    })
    .await;
    let desk = Desk::with_authorities().await;
    let told = |source| {
        let output = desk.run(LIBRARIES, &["history", source, "--admin", &paged.origin]);
        assert_eq!(output.status.code(), DONE, "{}", text(&output.stderr));
        text(&output.stdout).matches("record ").count()
    };
    assert_eq!((told("long"), told("endless")), (3, 2));
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_a_file_that_is_no_list_of_numbers_is_told_by_its_line_and_not_sent() {
    let keys = tempfile::tempdir().expect("a folder");
    let api = AdminApi::in_real_time(with_indexes(keys.path())).await;
    api.register_authorities().await;
    let desk = Desk::new(api);
    desk.done(LIBRARIES, &["push", &desk.library("timeoutMs: 3000", "timeoutMs: 3000")]);
    let file = desk.api.folder.path().join("citizens.txt");
    let path = file.display().to_string();
    fs::write(&file, "6101010001\n\"610101-0002\"\r\n6101010001").expect("written");
    let loaded = desk.done(LIBRARIES, &["index", "load", "library", &path]);
    assert!(loaded.contains("library: 2 citizens, expires ") && loaded.contains("in use: 2 citizens"), "{loaded}");
    for (wrong, line) in [("6101010003\n\n", 2), ("cpr\n6101010003\n", 1), ("6101010003;6101010004\n", 1)] {
        fs::write(&file, wrong).expect("written");
        for verb in ["load", "add", "remove"] {
            let output = desk.run(LIBRARIES, &["index", verb, "library", &path]);
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), UNASKED, "{told}");
            assert!(told.contains(&format!("citizens.txt:{line}: is no CPR number")), "{told}");
            assert!(!told.contains("61010100"), "{told}");
        }
    }
    assert_eq!(desk.done(LIBRARIES, &["index", "status", "library"]), loaded, "nothing has changed");
    fs::write(&file, "6101010003\n").expect("written");
    let late = desk.run(LIBRARIES, &["index", "load", "library", &path, "--expires", "2020-01-01T00:00:00Z"]);
    assert_eq!(late.status.code(), UNASKED);
    assert!(text(&late.stderr).contains("an index expires after it is loaded"), "{}", text(&late.stderr));
    assert!(desk.refused(BIRKERUP, &["index", "status", "library"]).contains("or it is not yours"));
    let dropped = desk.done(ANNA, &["index", "drop", "library"]);
    assert!(dropped.contains("library has no index: it is asked about all citizens"), "{dropped}");
    desk.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_as_long_as_it_is_told_and_no_longer_than_it_may() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let busy = PlainServer::start(move |_: &str, _: &Asked| match counted.fetch_add(1, Ordering::Relaxed) {
        0 | 3 => Reply { headers: vec![("retry-after", "1".to_owned())], ..Reply::empty(503) },
        1 => Reply::json(200, json!({ "access_token": "x", "items": [] }).to_string()),
        _ => Reply::json(200, json!({ "items": [] }).to_string()),
    })
    .await;
    let desk = Desk::with_authorities().await;
    let output = desk.run(LIBRARIES, &["status", "--admin", &busy.origin]);
    assert_eq!(output.status.code(), DONE, "{}", text(&output.stderr));
    let impatient = desk.run(LIBRARIES, &["status", "--admin", &busy.origin, "--wait", "0"]);
    assert_eq!(impatient.status.code(), UNASKED, "{}", text(&impatient.stderr));
    assert_eq!(asked.load(Ordering::Relaxed), 4, "once refused, once let in, once asked; and once refused");
    desk.api.stop().await;
}
