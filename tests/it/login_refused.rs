//! Logins that must not succeed: no session comes of them, and nothing is redeemed for them.

use http::Method;
use overblik_demo::{Party, provider};
use overblik_tests::{Answer, Browser, Setup, System};
use url::Url;

const SESSION: &str = "__Host-Http-overblik";

/// How many codes were brought to the provider.
fn redeemed(system: &System) -> usize {
    let received = system.demo.world.received(Party::IdentityProvider);
    received.iter().filter(|request| request.uri.ends_with("/token")).count()
}

async fn callback(system: &System) -> (Browser, Url) {
    let mut browser = system.browser();
    let callback = browser.choose_at_provider("/auth/login?return_to=/", "family-signe", "substantial").await;
    (browser, callback)
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert!(answer.text.contains(code), "{code}: {}", answer.text);
    let mut cookies = answer.header_all("set-cookie").filter(|cookie| cookie.starts_with(SESSION));
    assert!(cookies.all(|cookie| cookie.contains("Max-Age=0")), "a session came of a refused login");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// The callback with some parameters left out, changed or added.
fn with(callback: &Url, change: impl Fn(&str, &str) -> Vec<(String, String)>, more: &[(&str, &str)]) -> Url {
    let mut changed = callback.clone();
    let pairs: Vec<_> = callback.query_pairs().flat_map(|(name, value)| change(&name, &value)).collect();
    changed.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(more);
    changed
}

fn kept(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

fn without(callback: &Url, left_out: &str) -> Url {
    with(callback, |name, value| if name == left_out { vec![] } else { kept(name, value) }, &[])
}

fn changed(callback: &Url, which: &str, to: &str) -> Url {
    with(callback, |name, value| kept(name, if name == which { to } else { value }), &[])
}

#[tokio::test]
async fn r1_a_callback_in_a_browser_that_began_no_login_is_refused() {
    let system = System::start().await;
    let (_, callback) = callback(&system).await;
    let mut stranger = system.browser();
    assert_refused(&stranger.come_back(&callback).await, 400, "login-attempt-unknown");
    assert_eq!(stranger.cookie(SESSION), None);
    assert_eq!(redeemed(&system), 0);
}

#[tokio::test]
async fn r34_another_s_callback_in_a_browser_with_an_attempt_of_its_own_is_refused() {
    let system = System::start().await;
    let (_attacker, planted) = callback(&system).await;
    let (mut victim, own) = callback(&system).await;
    assert_refused(&victim.come_back(&planted).await, 400, "login-attempt-unknown");
    assert_eq!((victim.cookie(SESSION), redeemed(&system)), (None, 0));
    // The victim's own login is unharmed.
    assert_eq!(victim.follow(&own).await.status, 200);
    system.stop(&[&victim]).await;
}

#[tokio::test]
async fn r34_an_attempt_cookie_with_another_s_secret_is_refused() {
    let system = System::start().await;
    let (browser, planted) = callback(&system).await;
    let name = browser.cookie_names().first().map(|name| (*name).to_owned()).expect("an attempt");
    let value = browser.cookie(&name).expect("an attempt").to_owned();
    let other = if value.ends_with('A') { "B" } else { "A" };
    let forged = [value.strip_suffix(char::is_alphanumeric).unwrap_or(&value), other].concat();
    for wrong in [forged.as_str(), "", ".", "1.", "x.y", &"9".repeat(3000)] {
        let mut thief = system.browser();
        thief.set_cookie(&name, wrong);
        let answer = thief.come_back(&planted).await;
        assert!(answer.status.is_client_error(), "{wrong}: {}", answer.status);
        assert_eq!((thief.cookie(SESSION), redeemed(&system)), (None, 0), "{wrong}");
    }
}

#[tokio::test]
async fn r3_a_callback_works_once_and_a_reload_leads_to_the_overview() {
    let system = System::start().await;
    let (mut browser, callback) = callback(&system).await;
    let mut before = browser.clone();
    assert_eq!(browser.follow(&callback).await.status, 200);
    // Replayed with the attempt's cookie, as by somebody who copied the browser's state beforehand.
    assert_refused(&before.come_back(&callback).await, 400, "login-attempt-unknown");
    assert_eq!(before.cookie(SESSION), None);
    // Reloaded by the citizen.
    let reloaded = browser.send(Method::GET, &callback, &[("sec-fetch-site", "same-origin")], None).await;
    assert_eq!((reloaded.status.as_u16(), reloaded.header("location")), (303, "/"));
    assert_eq!(redeemed(&system), 1);
    system.stop(&[&browser, &before]).await;
}

#[tokio::test]
async fn r3_of_two_callbacks_at_the_same_instant_one_wins() {
    let system = System::start().await;
    let (mut one, callback) = callback(&system).await;
    let mut two = one.clone();
    let (first, second) = futures::join!(one.come_back(&callback), two.come_back(&callback));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(redeemed(&system), 1, "the code was brought to the provider once");
    system.stop(&[&one, &two]).await;
}

/// What is done to a callback's address.
type Change<'c> = &'c dyn Fn(&Url) -> Url;

#[tokio::test]
async fn r4_missing_wrong_and_repeated_parameters_are_refused() {
    let system = System::start().await;
    let issuer = system.demo.world.issuer().to_owned();
    let repeated = |name: &str, callback: &Url| {
        let value = callback.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
        with(callback, kept, &[(name, &value.expect("a parameter"))])
    };
    let cases: [(&str, Change<'_>, u16, &str); 12] = [
        ("no state", &|url| without(url, "state"), 400, "bad-parameter"),
        ("another state", &|url| changed(url, "state", "x"), 400, "login-attempt-unknown"),
        ("an empty state", &|url| changed(url, "state", ""), 400, "login-attempt-unknown"),
        ("state twice", &|url| repeated("state", url), 400, "bad-parameter"),
        ("no code", &|url| without(url, "code"), 400, "bad-parameter"),
        ("code twice", &|url| repeated("code", url), 400, "bad-parameter"),
        ("no issuer though announced", &|url| without(url, "iss"), 502, "login-refused"),
        ("another issuer", &|url| changed(url, "iss", "https://evil.example"), 502, "login-refused"),
        ("the issuer with a slash", &|url| changed(url, "iss", &format!("{issuer}/")), 502, "login-refused"),
        ("an empty issuer", &|url| changed(url, "iss", ""), 502, "login-refused"),
        ("issuer twice", &|url| repeated("iss", url), 400, "bad-parameter"),
        ("nothing at all", &|url| with(url, |_, _| vec![], &[]), 400, "bad-parameter"),
    ];
    for (what, change, status, code) in cases {
        let (mut browser, callback) = callback(&system).await;
        let answer = browser.come_back(&change(&callback)).await;
        assert_refused(&answer, status, code);
        assert_eq!((browser.cookie(SESSION), redeemed(&system)), (None, 0), "{what}");
    }
    // A code that the provider never gave is brought there, and refused.
    let (mut browser, callback) = callback(&system).await;
    assert_refused(&browser.follow(&changed(&callback, "code", "x")).await, 502, "login-refused");
    assert_eq!((browser.cookie(SESSION), redeemed(&system)), (None, 1));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_citizen_who_cancels_is_told_so_and_may_try_again() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.provider_page("/auth/login").await;
    let callback = browser.answer_provider(&page, &[(provider::field::CANCEL, "1")]).await;
    let answer = browser.follow(&callback).await;
    assert_refused(&answer, 403, "login-cancelled");
    assert!(answer.text.contains("href=\"/auth/login"), "a way to try again");
    assert_eq!(browser.cookie_names(), Vec::<&str>::new(), "an attempt that is used up leaves no cookie behind");
    browser.log_in("family-signe", "substantial").await;
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r37_what_the_provider_says_about_an_error_is_not_repeated() {
    let system = System::start().await;
    for error in ["access_denied", "server_error", "<script>alert(1)</script>"] {
        let (mut browser, callback) = callback(&system).await;
        let evil = "</p><script>alert(2)</script>\r\nSet-Cookie: x=y";
        let url = with(&without(&callback, "code"), kept, &[("error", error), ("error_description", evil)]);
        let answer = browser.follow(&url).await;
        assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{}", answer.status);
        assert!(!answer.text.contains("alert") && answer.header_all("set-cookie").all(|line| !line.starts_with("x=")));
        assert_eq!((browser.cookie(SESSION), redeemed(&system)), (None, 0));
        assert!(!system.log().contains("alert("), "nor in the log");
    }
}

#[tokio::test]
async fn r7_a_login_below_the_level_asked_for_opens_nothing() {
    let system = System::start().await;
    for (path, level) in [("/auth/login", "low"), ("/auth/login?level=high", "substantial")] {
        let mut browser = system.browser();
        let callback = browser.choose_at_provider(path, "family-signe", level).await;
        assert_refused(&browser.follow(&callback).await, 403, "login-level-too-low");
        assert_eq!(browser.get("/api/v1/overview").await.status, 401);
    }
    for unknown in ["level=highest", "level=", "level=HIGH", "level=high&level=high"] {
        let answer = system.browser().get(&format!("/auth/login?{unknown}")).await;
        assert_refused(&answer, 400, "bad-parameter");
    }
}

#[tokio::test]
async fn an_attempt_lasts_ten_minutes() {
    let system = System::start().await;
    let (mut browser, url) = callback(&system).await;
    system.pass(std::time::Duration::from_mins(10));
    assert_refused(&browser.come_back(&url).await, 400, "login-attempt-unknown");
    assert_eq!(redeemed(&system), 0);
    let mut slow = system.browser();
    let page = slow.provider_page("/auth/login").await;
    system.pass(std::time::Duration::from_secs(599));
    let choice = [(provider::field::CITIZEN, "family-signe"), (provider::field::LEVEL, "substantial")];
    let url = slow.answer_provider(&page, &choice).await;
    assert_eq!(slow.follow(&url).await.status, 200);
    system.stop(&[&browser, &slow]).await;
}

#[tokio::test]
async fn when_the_provider_is_away_login_says_so() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let system = Setup::default().adjust(move |config| config.login.issuer = format!("http://{closed}")).start().await;
    let mut browser = system.browser();
    let answer = browser.get_with("/auth/login", &[("accept", "text/html"), ("accept-language", "da")]).await;
    assert_refused(&answer, 503, "login-unavailable");
    assert!(answer.text.contains("Logintjenesten svarer ikke lige nu"));
    assert!(!answer.text.contains(&closed.to_string()), "no address of ours or theirs in an error");
    assert_eq!(browser.cookie_names(), Vec::<&str>::new());
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r34_only_a_person_s_navigation_begins_or_ends_a_login() {
    let system = System::start().await;
    let (browser, callback) = callback(&system).await;
    let begin = browser.at("/auth/login");
    for mode in ["no-cors", "cors", "same-origin", "websocket"] {
        for url in [&begin, &callback] {
            let mut embedded = browser.clone();
            let headers = [("sec-fetch-mode", mode), ("sec-fetch-site", "cross-site")];
            let answer = embedded.send(Method::GET, url, &headers, None).await;
            assert_eq!(answer.status, 403, "{mode}");
            assert!(!answer.headers.contains_key("set-cookie"), "{mode}");
        }
    }
    for url in [&begin, &callback] {
        assert_eq!(browser.clone().send(Method::HEAD, url, &[], None).await.status, 405, "a look ahead");
    }
    assert_eq!(redeemed(&system), 0);
    let mut navigating = browser.clone();
    let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")];
    assert_eq!(navigating.send(Method::GET, &callback, &headers, None).await.status, 200);
    system.stop(&[&navigating]).await;
}
