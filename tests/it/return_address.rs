//! Where a login may lead back to: a page of the gateway, and nowhere else.

use overblik_demo::Party;
use overblik_tests::System;

#[tokio::test]
async fn the_page_asked_for_is_shown_after_the_login() {
    let system = System::start().await;
    for (wanted, expected) in [("/?lang=en", "/?lang=en"), ("/%3Flang%3Den%26x%3D1", "/?lang=en&x=1")] {
        let mut browser = system.browser();
        let path = format!("/auth/login?return_to={wanted}");
        let callback = browser.choose_at_provider(&path, "family-signe", "substantial").await;
        let landed = browser.follow(&callback).await;
        assert_eq!(landed.leads_on_to().as_deref(), Some(expected), "{wanted}");
    }
}

fn login_with_return_to(address: &str) -> String {
    // Encoded once more, as a browser sends it in a query.
    let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
    format!("/auth/login?return_to={encoded}")
}

#[tokio::test]
async fn r35_r36_a_return_address_that_leads_away_begins_no_login() {
    let system = System::start().await;
    let pushed = || system.demo.world.received(Party::IdentityProvider).len();
    // Discovery, so that what is counted below is the login's alone.
    system.browser().get("/auth/login").await;
    let before = pushed();
    let starts = [
        "",
        "//",
        "///",
        "/\\",
        "\\/",
        "\\\\",
        "/\t/",
        "/\n/",
        "/\r\n/",
        "\t//",
        " //",
        " /",
        "/\u{0}/",
        "/%2f",
        "/%2F",
        "/%5c",
        "/%5C",
        "/%2f%2f",
        "/./",
        "/../",
        "/.//",
        "/..//",
        "/%2e//",
        "/%2E%2e//",
        "/a/..//",
        "/a/%2e%2e//",
        "https://",
        "HTTPS://",
        "https:",
        "https:/",
        "https:\\\\",
        "javascript:alert(1)//",
        "data:text/html,",
        "@",
        "/\u{2028}/",
        "/\u{ff0f}",
        "\u{ff0f}\u{ff0f}",
    ];
    for start in starts {
        for host in ["evil.example", "evil.example/%2f..", "localhost@evil.example"] {
            let address = format!("{start}{host}");
            let mut browser = system.browser();
            let answer = browser.get(&login_with_return_to(&address)).await;
            assert_eq!(answer.status.as_u16(), 400, "{address:?}");
            assert_eq!(browser.cookie_names(), Vec::<&str>::new(), "{address:?}");
        }
    }
    assert_eq!(pushed(), before, "the provider heard of none of them");
}

#[tokio::test]
async fn r35_whatever_is_accepted_as_return_address_stays_at_the_gateway() {
    let system = System::start().await;
    for address in [
        "/%09/evil.example",
        "/%0d%0aLocation:%20https://evil.example",
        "/a//evil.example",
        "/@evil.example",
        "/:80//evil.example",
        "/;//evil.example",
        "/?next=https://evil.example",
        "/#//evil.example",
        "/%E2%80%A8/x",
        "/a\"><script>alert(1)</script>",
        "/&#x2f;evil.example",
        "/?a=b&#39;",
    ] {
        let mut browser = system.browser();
        let begun = browser.get(&login_with_return_to(address)).await;
        if begun.status == 400 {
            continue;
        }
        let callback = browser.choose_at_provider(&login_with_return_to(address), "family-signe", "substantial").await;
        let landed = browser.follow(&callback).await;
        assert_eq!(landed.status, 200, "{address:?}");
        let target = landed.leads_on_to().expect("a page that leads on");
        let reached = browser.at("/").join(&target).expect("an address");
        assert_eq!(reached.origin(), browser.at("/").origin(), "{address:?} leads to {target:?}");
        assert!(!landed.text.contains("<script>alert"), "{address:?}");
    }
}
