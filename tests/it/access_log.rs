//! What was asked about a citizen, as they read it: their own, all of it, and nobody else's.

use std::time::Duration;

use http::StatusCode;
use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::{AuditConfig, AuditSink, Config, RedisNode};
use overblik_tests::{Browser, LeakSearch, Person, ProviderStandIn, RedisServer, SOURCES, Setup, System};
use serde_json::Value;

use crate::{
    command_line::{overblik, text},
    configuration::Deployment,
    portal::{BIRKERUP, ORIGIN, OVERVIEW, Portals},
};

const LOG: &str = "/api/v1/access-log";

/// The log as it is now.
async fn log(browser: &mut Browser) -> Value {
    let answer = browser.get(LOG).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn asked(log: &Value) -> Vec<&Value> {
    let entries = log["entries"].as_array().expect("entries").iter();
    entries.map(|entry| &entry["what"]).filter(|what| what["kind"] == "asked").collect()
}

/// The log once it holds so many questions: they are written beside the requests.
async fn log_of(browser: &mut Browser, questions: usize) -> Value {
    let mut last = Value::Null;
    for _ in 0..200 {
        last = log(browser).await;
        if asked(&last).len() >= questions {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{questions} questions do not come into it: {last:#}");
}

#[tokio::test]
async fn r63_a_citizen_reads_every_source_that_was_asked_about_them_and_nobody_reads_another_s() {
    let system = Setup::default().fault(FaultTarget::Library, Fault::Error).start().await;
    let mut signe = system.logged_in("family-signe").await;
    let mut gert = system.logged_in("debt-gert").await;
    let sources = signe.overview().await["sections"].as_array().expect("sections").clone();
    let asked_of = |sections: &[Value]| {
        let not_asked = ["not_covered", "step_up_required", "suspended"];
        let asked = sections.iter().filter(|section| !not_asked.iter().any(|state| section["state"] == **state));
        asked.map(|section| section["source"].as_str().expect("a slug").to_owned()).collect::<Vec<_>>()
    };
    let mut expected = asked_of(&sources);
    let own = log_of(&mut signe, expected.len()).await;
    assert_eq!((own["kept"].as_str(), own["kept_days"].as_u64()), (Some("here"), Some(180)));
    let mut found: Vec<_> =
        asked(&own).iter().map(|what| what["source"].as_str().expect("a slug").to_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "every one of them once");
    let library = asked(&own).into_iter().find(|what| what["source"] == "library").expect("the library").clone();
    assert_eq!(library["authority"]["en"], "Birkerup Libraries");
    assert_eq!((library["agreement"].as_str(), library["purpose"].as_str()), (Some("BIB-2026-003"), Some("overview")));
    assert_eq!(library["outcome"], "failed", "{library:#}");
    assert_eq!(own["entries"][0]["via"]["kind"], "overview");
    assert_eq!(own["entries"][0]["on_behalf"], "own");
    assert_eq!(own["entries"][0]["at"], "2026-11-22T10:00:00+01:00");
    // Gert has read his log, and nothing else was done about him.
    log(&mut gert).await;
    let of_gert = log_of(&mut gert, 0).await;
    assert!(asked(&of_gert).is_empty(), "{of_gert:#}");
    gert.get("/api/v1/sections/payments").await;
    let of_gert = log_of(&mut gert, 1).await;
    let questions = asked(&of_gert);
    assert_eq!((questions.len(), questions[0]["purpose"].as_str()), (1, Some("section")), "{of_gert:#}");
    let read =
        of_gert["entries"].as_array().expect("entries").iter().filter(|entry| entry["what"]["kind"] == "log_read");
    assert!(read.count() >= 2, "that it was read is written down too: {of_gert:#}");
    // What nobody's doing asked for.
    signe.get_with("/api/v1/overview", &[("x-overblik-background", "1")]).await;
    let own = log_of(&mut signe, 2 * expected.len()).await;
    assert_eq!(asked(&own)[0]["purpose"], "background", "{own:#}");
    system.stop(&[&signe, &gert]).await;
}

#[tokio::test]
async fn r46_only_the_citizen_s_own_session_opens_it_and_it_closes_with_the_session() {
    let system = System::start().await;
    let mut stranger = system.browser();
    for (headers, code) in [
        (vec![], "not-logged-in"),
        (vec![("authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl")], "token-not-taken"),
        (vec![("authorization", "Bearer an-embed-token")], "token-not-taken"),
    ] {
        let answer = stranger.get_with(LOG, &headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
        assert_eq!(answer.json()["code"], code);
    }
    let mut signe = system.logged_in("family-signe").await;
    signe.overview().await;
    let both = signe.get_with(LOG, &[("authorization", "Bearer x.y.z")]).await;
    assert_ne!(both.status, StatusCode::OK, "{}", both.text);
    for wrong in ["before=x", "before=1", "before=1-2&before=1-2", "before=-1", "before=99999999999999999999999-0"] {
        let answer = signe.get(&format!("{LOG}?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}: {}", answer.text);
    }
    let landing = stranger.get_with("/access-log", &[("accept", "text/html")]).await.text;
    assert!(landing.contains("/auth/login") && !landing.contains("Birkerup"), "{landing}");
    let page = signe.get_with("/access-log?lang=da", &[("accept", "text/html")]).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("Signe Eksempelsen") && page.text.contains("Hvem er spurgt om dig"), "{}", page.text);
    signe.post("/auth/logout").await;
    assert_eq!(signe.get(LOG).await.status, StatusCode::UNAUTHORIZED);
    system.stop(&[&signe]).await;
}

#[tokio::test]
async fn r46_what_a_portal_and_an_app_had_asked_is_in_the_citizen_s_log_and_neither_reads_it() {
    let portals = Portals::start().await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 200);
    let app = portals.apps.token("family-signe");
    assert_eq!(portals.apps.show("/api/v1/overview", &app).await.status, 200);
    for token in [&app, &embed, &access] {
        for path in [LOG, "/access-log"] {
            let answer = portals.apps.show(path, token).await;
            assert_ne!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            assert!(!answer.text.contains("Birkerup"), "{}", answer.text);
        }
    }
    for (citizen, kinds) in [("debt-gert", vec![]), ("family-signe", vec!["app", "portal"])] {
        portals.apps.provider.log_in_next(Person::of(citizen));
        let (mut browser, answer) = ProviderStandIn::log_in(&portals.apps.system).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        // Of the portal's two and what the app had asked, in this order.
        let own = log_of(&mut browser, if kinds.is_empty() { 0 } else { 3 }).await;
        let entries = own["entries"].as_array().expect("entries").iter();
        let questions: Vec<_> = entries.filter(|entry| entry["what"]["kind"] == "asked").collect();
        let mut found: Vec<_> = questions.iter().map(|entry| entry["via"]["kind"].as_str().expect("text")).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, kinds, "{own:#}");
        if citizen == "family-signe" {
            let of_portal = questions.iter().find(|entry| entry["via"]["kind"] == "portal").expect("the portal's");
            assert!(of_portal["via"]["name"]["en"].as_str().expect("a name").contains("Municipality"), "{of_portal:#}");
        }
    }
    portals.stop(&[&app, &embed, &access]).await;
}

#[tokio::test]
async fn the_page_is_reached_from_the_foot_of_the_overview_and_says_it_in_both_languages() {
    let system = System::start().await;
    let mut signe = system.logged_in("family-signe").await;
    let overview = signe.get_with("/", &[("accept", "text/html")]).await.text;
    assert!(overview.contains("href=\"/access-log\""), "{overview}");
    log_of(&mut signe, SOURCES.len()).await;
    for (language, words) in [
        ("da", ["Overblikket spurgte Birkerup Biblioteker om dig", "på dine egne vegne", "Der kom svar."]),
        ("en", ["The overview asked Birkerup Libraries about you", "on your own behalf", "It answered."]),
    ] {
        let page = signe.get_with(&format!("/access-log?lang={language}"), &[("accept", "text/html")]).await.text;
        for word in words {
            assert!(page.contains(word), "{word}: {page}");
        }
    }
    let hop = signe.follow(&signe.at("/access-log")).await;
    assert_eq!(hop.leads_on_to().as_deref(), Some("/access-log"), "R18: {}", hop.text);
    system.stop(&[&signe]).await;
}

fn elsewhere(config: &mut Config) {
    config.audit = AuditConfig { sink: AuditSink::None, ..AuditConfig::default() };
}

#[tokio::test]
async fn a_log_that_is_not_kept_here_is_declared_and_never_nothing() {
    let system = Setup::default().adjust(elsewhere).start().await;
    let mut signe = system.logged_in("family-signe").await;
    signe.overview().await;
    assert_eq!(log(&mut signe).await["kept"], "nowhere");
    let page = signe.get_with("/access-log?lang=da", &[("accept", "text/html")]).await.text;
    assert!(page.contains("der føres ingen log") && !page.contains("Der er ikke spurgt om dig"), "{page}");
    system.stop(&[&signe]).await;
}

fn in_redis(server: &RedisServer) -> impl FnOnce(&mut Config) + Send + 'static {
    let node = RedisNode::parse(&server.url()).expect("an address");
    move |config| {
        config.audit.sink = AuditSink::Redis;
        config.audit.redis.nodes = vec![node];
        config.audit.queue = 16;
    }
}

#[tokio::test]
async fn r63_while_it_cannot_be_written_down_nobody_is_asked_and_sections_say_so() {
    let mut server = RedisServer::start().await;
    let system = Setup::default().adjust(in_redis(&server)).start().await;
    let mut signe = system.logged_in("family-signe").await;
    signe.overview().await;
    log_of(&mut signe, SOURCES.len()).await;
    server.stop();
    let mut told = Value::Null;
    for _ in 0..40 {
        told = signe.overview().await;
        let sections = told["sections"].as_array().expect("sections");
        if sections.iter().any(|section| section["state"] == "suspended") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let calls = || SOURCES.iter().map(|source| system.calls(*source)).sum::<usize>();
    let sections = told["sections"].as_array().expect("sections").clone();
    let refused: Vec<_> = sections.iter().filter(|section| section["state"] == "suspended").collect();
    assert!(!refused.is_empty(), "{told:#}");
    assert!(refused[0]["message"]["da"].as_str().expect("words").contains("skrive ned, at vi spørger om dig"));
    // The queue stays full: nothing at all is asked any more.
    signe.overview().await;
    let before = calls();
    signe.overview().await;
    assert_eq!(calls(), before);
    assert_eq!(signe.get(LOG).await.status, StatusCode::SERVICE_UNAVAILABLE);
    server.start_again().await;
    for _ in 0..200 {
        if signe.overview().await["sections"]
            .as_array()
            .expect("sections")
            .iter()
            .all(|one| one["state"] != "suspended")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(calls() > before, "it goes on by itself");
    system.stop(&[&signe]).await;
}

#[tokio::test]
async fn r61_the_trail_s_files_hold_no_number_and_no_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("audit");
    let kept = directory.clone();
    let setup = Setup::default().adjust(move |config| config.audit.directory = Some(kept));
    let system = setup.start().await;
    let mut signe = system.logged_in("family-signe").await;
    signe.overview().await;
    log_of(&mut signe, SOURCES.len()).await;
    let citizen = System::citizen("family-signe");
    let mut search = LeakSearch::new();
    search.person_number(citizen.cpr.expect("a number"));
    search.text("the name", citizen.name);
    for secret in signe.secrets() {
        search.token("a secret of the browser", &secret);
    }
    system.stop(&[&signe]).await;
    let mut bytes = 0;
    for entry in std::fs::read_dir(&directory).expect("a folder") {
        let content = std::fs::read(entry.expect("a file").path()).expect("bytes");
        bytes += content.len();
        assert_eq!(search.find(&content), None);
    }
    assert!(bytes > 2_000, "the control: {bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn r63_commands_verify_and_export_the_trail_and_find_what_was_changed() {
    let deployment = Deployment::new();
    let (directory, keys) = (deployment.path("audit"), deployment.path("audit-keys"));
    let audit = format!("audit: {{ sink: file, directory: {}, key_file: {} }}", directory.display(), keys.display());
    let good = deployment.good();
    let line = good.lines().find(|line| line.starts_with("audit: ")).expect("where").to_owned();
    deployment.write("overblik.yaml", &good.replace(&line, &audit));
    let file = deployment.path("overblik.yaml");
    let run = |arguments: &[&str]| {
        overblik().arg("audit").args(arguments).arg("--config").arg(&file).output().expect("the command runs")
    };
    let setup = Setup::default().adjust(move |config| {
        config.audit.directory = Some(directory);
        config.audit.key_file = Some(keys);
    });
    let system = setup.start().await;
    let mut signe = system.logged_in("family-signe").await;
    signe.overview().await;
    log_of(&mut signe, SOURCES.len()).await;
    system.stop(&[&signe]).await;
    let verified = run(&["verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    let told = text(&verified.stdout);
    assert!(told.contains(": good; records 1 to "), "{told}");
    let head = told.trim().rsplit_once("head ").expect("a head").1.to_owned();
    assert!(run(&["verify", "--head", &head]).status.success());
    let exported = run(&["export", "--from", "2026-11-22", "--to", "2026-11-22", "--source", "library"]);
    let lines = text(&exported.stdout);
    assert!(lines.contains("\"source\":\"library\"") && !lines.contains("daycare"), "{lines}");
    deployment.write("exported", &lines);
    let exported = deployment.path("exported").display().to_string();
    let good = run(&["verify", "--exported", &exported]);
    assert!(good.status.success(), "{}", text(&good.stderr));
    deployment.write("exported", &lines.replacen("BIB-2026-003", "BIB-2026-004", 1));
    assert_eq!(run(&["verify", "--exported", &exported]).status.code(), Some(1));
    let segment = deployment.path("audit").join(format!("{:020}.jsonl", 1));
    let kept = std::fs::read_to_string(&segment).expect("text");
    std::fs::write(&segment, kept.replacen("\"library\"", "\"lobrary\"", 1)).expect("written");
    let spoilt = run(&["verify"]);
    assert_eq!(spoilt.status.code(), Some(1));
    assert!(text(&spoilt.stderr).contains("its contents were changed"), "{}", text(&spoilt.stderr));
}
