//! Behind a real cache that keeps all it may (requirement R55): nothing of a citizen is ever given to anybody again.

use http::Method;
use overblik_tests::{Answer, Browser, CachingProxy, System, X_CACHE};

const DOORS: [&str; 11] = [
    "/",
    "/?lang=en",
    "/api/v1/overview",
    "/api/v1/session",
    "/api/v1/sessions",
    "/auth/login",
    "/auth/callback",
    "/auth/callback?state=x&code=y",
    "/auth/logged-out",
    "/auth/logout",
    "/no-such-page",
];

/// Names that stand on every face of a citizen's overview.
const NAMES: [&str; 2] = ["Signe", "Tove"];

#[track_caller]
fn assert_kept_by_nobody(answer: &Answer, what: &str) {
    assert_ne!(answer.header(X_CACHE), "HIT", "{what} came from the cache");
    assert_ne!(answer.status.as_u16(), 304, "{what}");
    for name in ["etag", "last-modified", "age"] {
        assert_eq!(answer.header(name), "", "{what} has {name}");
    }
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
}

async fn logged_in(system: &System, proxy: &CachingProxy, citizen: &str) -> Browser {
    let mut browser = system.browser_at(&proxy.url);
    let mut callback = browser.choose_at_provider("/auth/login?return_to=/", citizen, "substantial").await;
    callback.set_port(proxy.url.port()).expect("an address with a port");
    let landed = browser.follow(&callback).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    assert!(landed.header_all("set-cookie").any(|cookie| cookie.starts_with("__Host-Http-overblik=")));
    assert_kept_by_nobody(&landed, "the end of a login");
    // What the same address answers to whoever asks it next.
    assert_kept_by_nobody(&system.browser_at(&proxy.url).follow(&callback).await, "a login's address again");
    browser
}

#[tokio::test]
async fn r55_a_cache_before_the_gateway_never_has_anything_to_give() {
    let system = System::start().await;
    let proxy = CachingProxy::before(&system.demo.url).await;
    let mut signe = logged_in(&system, &proxy, "family-signe").await;
    let mut tove = logged_in(&system, &proxy, "twins-tove").await;
    let mut stranger = system.browser_at(&proxy.url);
    for path in DOORS {
        for accept in ["text/html", "application/json", "text/event-stream"] {
            for conditions in
                [&[][..], &[("if-none-match", "*"), ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")]]
            {
                let headers = [&[("accept", accept)], conditions].concat();
                // Each may leave something that the next one gets; the first one comes once more at the end.
                for (who, browser, own) in [
                    ("Signe", &mut signe.clone(), Some(NAMES[0])),
                    ("Tove", &mut tove.clone(), Some(NAMES[1])),
                    ("a stranger", &mut stranger, None),
                    ("Signe again", &mut signe, Some(NAMES[0])),
                ] {
                    let what = format!("{path} as {accept} for {who}");
                    let url = browser.at(path);
                    for method in [Method::GET, Method::HEAD] {
                        let answer = browser.send(method, &url, &headers, None).await;
                        assert_kept_by_nobody(&answer, &what);
                        for name in NAMES.iter().filter(|name| Some(**name) != own) {
                            assert!(!answer.text.contains(name), "{what} got {name}");
                        }
                    }
                }
            }
        }
    }
    // The control: both see their own through the cache, so that there was something to be kept.
    for (browser, name) in [(&mut signe, NAMES[0]), (&mut tove, NAMES[1])] {
        let page = browser.get_with("/", &[("accept", "text/html")]).await;
        assert!(page.text.contains(name), "{}", page.text);
    }
    let out = signe.post("/auth/logout").await;
    assert_kept_by_nobody(&out, "logout");
    assert_eq!(signe.get("/api/v1/overview").await.status, 401, "not what was there before");
    system.stop(&[&signe, &tove]).await;
}

#[tokio::test]
async fn r55_the_cache_does_keep_what_is_nobody_s() {
    let system = System::start().await;
    let proxy = CachingProxy::before(&system.demo.url).await;
    let mut browser = system.browser_at(&proxy.url);
    let page = browser.get_with("/", &[("accept", "text/html")]).await;
    let asset = page.text.split('"').find(|text| text.starts_with("/assets/")).expect("a stylesheet").to_owned();
    assert_eq!(browser.get(&asset).await.header(X_CACHE), "MISS");
    let again = browser.get(&asset).await;
    assert_eq!(again.header(X_CACHE), "HIT", "the control of the test beside this one");
    assert_eq!(again.header("set-cookie"), "");
    system.stop(&[]).await;
}
