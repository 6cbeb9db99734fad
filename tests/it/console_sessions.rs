//! Sessions of the console at computers that others use too, and before people who have several (requirements R2, R17, R20,
//! R21, R27, R38, R47 and R73).

use std::time::Duration;

use http::{Method, StatusCode};
use overblik_gateway::config::Rate;
use overblik_tests::{Browser, Person, RedisServer};
use serde_json::json;

use crate::{
    command_line::{run, text},
    console::{COOKIE, Desk, click, record},
    redis_store::{in_redis, keys},
};

const LIS: &str = "authority:birkerup-libraries/lis";
const LIBRARY: &str = "/console/sources/library";
const FIRST: &str = "/console/sources/library/versions/1";
const LOST: &str = "/console/welcome";

/// Whether a session's cookie still opens something.
async fn opens(desk: &Desk, cookie: &str) -> bool {
    let mut browser = desk.api.system.browser_at(&desk.at());
    browser.set_cookie(COOKIE, cookie);
    browser.get("/console").await.header("location") != LOST
}

#[tokio::test]
async fn r20_a_login_ends_the_session_that_was_in_this_browser_before() {
    let desk = Desk::start().await;
    let mut browser = desk.person(LIS).await;
    let former = browser.cookie(COOKIE).expect("a session").to_owned();
    assert!(opens(&desk, &former).await, "the control");
    // The strict cookie does not come along from the provider; another person logs in at the same computer.
    let landed = desk.log_in_with(&mut browser, "authority:birkerup/ole").await;
    assert_eq!(landed.status, StatusCode::OK, "{}", landed.text);
    let now = browser.cookie(COOKIE).expect("a session").to_owned();
    assert_ne!(former, now);
    assert!(!opens(&desk, &former).await, "lis is out");
    assert!(opens(&desk, &now).await, "ole is in");
    // What names the session to the next login opens nothing itself.
    let named: Vec<String> = browser.cookie_names().into_iter().map(str::to_owned).collect();
    for name in named.iter().filter(|name| *name != COOKIE) {
        let value = browser.cookie(name).expect("a cookie").to_owned();
        assert!(!opens(&desk, &value).await, "{name}");
    }
    // Nor does a login of somebody's own end a session whose name they do not have.
    let other = desk.person(LIS).await;
    assert!(opens(&desk, &now).await, "a login in another browser");
    desk.stop(&[&browser, &other]).await;
}

#[tokio::test]
async fn r17_the_cookie_is_one_that_no_script_and_no_other_host_can_have_set() {
    let desk = Desk::start().await;
    let (_, landed) = desk.log_in(LIS).await;
    let given: Vec<_> = landed.header_all("set-cookie").filter(|cookie| cookie.starts_with(COOKIE)).collect();
    let [given] = given[..] else { panic!("one cookie: {given:?}") };
    assert!(given.starts_with("__Host-Http-overblik-console="), "{given}");
    assert!(given.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{given}");
    desk.stop(&[]).await;
}

#[tokio::test]
async fn r27_a_logout_leaves_nothing_in_a_browser_that_others_use_too() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let begun = lis.get("/console/log-in").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let out = Desk::send(&mut lis, "/console/log-out", &[]).await;
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(lis.cookie_names(), Vec::<&str>::new(), "neither the session nor a login that was begun beside it");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r38_a_cookie_that_opens_nothing_is_taken_away() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    // Two of one name open nothing, whichever of them is good.
    let good = desk.person(LIS).await;
    let twice = format!("{COOKIE}={}; {}=x", good.cookie(COOKIE).expect("a session"), COOKIE.to_uppercase());
    let mut both = desk.api.system.browser_at(&desk.at());
    let answer = both.get_with("/console", &[("cookie", &twice)]).await;
    assert_eq!(answer.header("location"), LOST);
    assert!(answer.header_all("set-cookie").any(|cookie| cookie.starts_with(&format!("{COOKIE}=;"))), "taken away");
    // Whoever comes without any is a stranger, and nothing is taken.
    let stranger = both.get("/console").await;
    assert_eq!((stranger.header("location"), stranger.header("set-cookie")), (LOST, ""));
    desk.api.pass(Duration::from_mins(16));
    let over = lis.get("/console").await;
    assert_eq!(over.header("location"), LOST);
    assert_eq!(over.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(lis.cookie(COOKIE).is_none(), "of a session that is over");
    for odd in ["", "x", "=;", &"a".repeat(86), &"æ".repeat(43)] {
        lis.set_cookie(COOKIE, odd);
        let answer = lis.get("/console").await;
        assert_eq!(answer.header("location"), LOST, "{odd:?}");
        assert!(lis.cookie(COOKIE).is_none(), "{odd:?}");
    }
    desk.stop(&[&lis, &good]).await;
}

async fn refused(browser: &mut Browser, seen: &str) {
    let fields = [("record", seen), ("reason", "x")];
    let foreign = [("sec-fetch-site", "same-site")];
    let answer = Desk::send_as(browser, &format!("{LIBRARY}/suspend"), &fields, &foreign).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
}

#[tokio::test]
async fn r21_what_another_site_makes_a_browser_send_keeps_no_session_alive() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person(LIS).await;
    let seen = record(&lis.get(LIBRARY).await);
    for _ in 0..2 {
        desk.api.pass(Duration::from_mins(7));
        refused(&mut lis, &seen).await;
    }
    desk.api.pass(Duration::from_mins(2));
    assert_eq!(lis.get("/console").await.header("location"), LOST, "nobody was there for a quarter of an hour");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r73_logins_begun_at_the_console_are_counted_by_address() {
    let desk = Desk::start_with(|config| {
        config.limits.logins_per_address = Some(Rate { per_minute: 1, at_once: 3 });
    })
    .await;
    let mut flood = desk.api.system.browser_at(&desk.at());
    // Images of another site use up nobody's logins.
    for _ in 0..5 {
        let image = [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
        assert_eq!(flood.get_with("/console/log-in", &image).await.status, StatusCode::FORBIDDEN);
    }
    desk.provider.log_in_next(Person::default());
    let mut statuses = Vec::new();
    for path in ["/console/log-in", "/console/callback?state=x", "/console/log-in", "/console/log-in"] {
        let url = flood.at(path);
        statuses.push(flood.send(Method::GET, &url, &[], None).await.status.as_u16());
    }
    assert_eq!(statuses, [303, 400, 303, 429]);
    assert_eq!(flood.get("/console/welcome").await.status, StatusCode::OK);
    desk.stop(&[&flood]).await;
}

#[tokio::test]
async fn r2_a_login_that_was_begun_at_one_door_is_none_at_the_other() {
    let desk = Desk::start().await;
    // Both doors are at one host here, and so the browser shows both of them the cookie of either attempt.
    let mut citizen = desk.api.system.browser();
    let callback = citizen.choose_at_provider("/auth/login?return_to=/", "family-signe", "substantial").await;
    let query = callback.query().expect("an answer");
    let at_console = desk.at().join(&format!("/console/callback?{query}")).expect("an address");
    let answer = citizen.follow(&at_console).await;
    assert!(answer.text.contains("login-attempt-unknown"), "{}", answer.text);
    assert!(answer.header_all("set-cookie").next().is_none(), "nothing is given or spoilt");
    assert_eq!(citizen.follow(&callback).await.status, StatusCode::OK, "the control");

    let mut lis = desk.api.system.browser_at(&desk.at());
    let callback = desk.choose(&mut lis, LIS).await;
    let query = callback.query().expect("an answer");
    let at_citizens = desk.api.system.browser().at(&format!("/auth/callback?{query}"));
    let answer = lis.follow(&at_citizens).await;
    assert!(answer.header_all("set-cookie").next().is_none(), "nothing is given or spoilt: {}", answer.text);
    assert_eq!(lis.follow(&callback).await.status, StatusCode::OK, "the control");
    desk.stop(&[&citizen, &lis]).await;
}

#[tokio::test]
async fn r47_whoever_has_one_role_today_and_another_tomorrow_is_one_pair_of_eyes() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let as_role = |role: &'static str| {
        desk.provider.forge(move |mut draft| {
            draft.claims["aud"] = "console".into();
            draft.claims["overblik_role"] = role.into();
            draft.signed()
        });
    };
    as_role("authority:birkerup-libraries");
    let mut eva = desk.person("eva").await;
    click(&mut eva, FIRST, "test", &[]).await;
    as_role("operator");
    let mut promoted = desk.person("eva").await;
    click(&mut eva, FIRST, "submit", &[("share", "100")]).await;
    let page = promoted.get(FIRST).await;
    assert!(!page.text.contains(&format!("{FIRST}/approve")), "{}", page.text);
    let alone = Desk::send(&mut promoted, &format!("{FIRST}/approve"), &[("record", &record(&page))]).await;
    assert!(alone.status == StatusCode::FORBIDDEN && alone.text.contains("four-eyes"), "{}", alone.text);
    // Another's subject is another's, however alike the two are.
    let mut other = desk.person("Eva").await;
    click(&mut other, FIRST, "approve", &[]).await;
    desk.stop(&[&eva, &promoted, &other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_an_operator_s_command_ends_what_one_person_has_at_the_console_and_nobody_else_s() {
    let (server, keys) = (RedisServer::start().await, keys());
    let desk = Desk::start_with(in_redis(&server, &keys)).await;
    let (mut lis, mut lis_elsewhere) = (desk.person(LIS).await, desk.person(LIS).await);
    let mut bo = desk.person("operator/bo").await;
    let config = json!({
        "server": { "public_url": "https://overblik.example" },
        "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(32) },
        "registry": { "directory": keys.path().join("registry") },
        "admin": {
            "listen": "127.0.0.1:0", "public_url": "https://admin.overblik.example",
            "operators": { "bo": { "name": "Bo", "person": true, "subject": "operator/bo", "keys": { "keys": [] } } },
            "login": { "issuer": desk.provider.issuer, "client_id": "console", "client_secret": "y".repeat(32) },
        },
        "session": {
            "store": "redis", "keys_file": keys.path().join("keys"), "redis": { "nodes": [server.url()] },
        },
        "audit": { "sink": "stdout", "key_file": keys.path().join("audit-keys") },
        "development": { "loopback_http": true },
    });
    std::fs::write(keys.path().join("audit-keys"), crate::session_keys::key("audit", 41)).expect("written");
    let file = keys.path().join("overblik.yaml").display().to_string();
    std::fs::write(&file, config.to_string()).expect("written");
    let end = |subject: &str| run(&["sessions", "end", "--config", &file, "--person", subject]);

    let nobody = end("authority:birkerup-libraries/nobody");
    assert!(text(&nobody.stdout).contains("0 sessions ended"), "{}{}", text(&nobody.stdout), text(&nobody.stderr));
    assert_eq!(lis.get("/console").await.status, StatusCode::OK);
    let ended = end(LIS);
    assert!(text(&ended.stdout).contains("2 sessions ended"), "{}{}", text(&ended.stdout), text(&ended.stderr));
    for browser in [&mut lis, &mut lis_elsewhere] {
        assert_eq!(browser.get("/console").await.header("location"), "/console/welcome");
    }
    assert_eq!(bo.get("/console").await.status, StatusCode::OK, "and nobody else's");
    desk.stop(&[&lis, &lis_elsewhere, &bo]).await;
}
