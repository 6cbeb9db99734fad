//! The page that takes the place of a citizen's when the session is over.

use std::time::Duration;

use overblik_tests::{Answer, Browser, System};

const PAGE: &str = "/auth/session-ended?lang=da";
const IDLE: Duration = Duration::from_mins(20);

async fn ended(browser: &mut Browser) -> Answer {
    let answer = browser.get_with(PAGE, &[("accept", "text/html")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.text);
    answer
}

#[tokio::test]
async fn r17_a_session_that_is_over_takes_its_cookie_and_what_the_browser_keeps_with_it() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    system.pass(IDLE);
    let page = ended(&mut browser).await;
    assert!(page.text.contains("din session er udløbet") && page.text.contains("Luk alle vinduer"), "{}", page.text);
    assert!(!page.text.contains("Signe"));
    assert_eq!(page.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(browser.cookie("__Host-Http-overblik"), None);
    // Whoever has no cookie any more, as one that another tab's page took, reads the same.
    assert!(ended(&mut browser).await.text.contains("din session er udløbet"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_a_page_that_put_itself_away_extends_no_session_and_says_that_it_goes_on() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for _ in 0..19 {
        system.pass(Duration::from_mins(1));
        let page = ended(&mut browser).await;
        assert!(page.text.contains("Du er stadig logget ind") && page.text.contains("action=\"/auth/logout\""));
        assert!(!page.text.contains("Signe") && !page.text.contains("udløbet"), "{}", page.text);
        assert_eq!(page.headers.get("clear-site-data"), None);
    }
    // It closes itself when that session is over too.
    assert!(ended(&mut browser).await.text.contains("content=\"61;url=/auth/session-ended\""));
    system.pass(Duration::from_mins(1));
    assert!(ended(&mut browser).await.text.contains("din session er udløbet"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r18_an_arrival_from_another_site_is_not_told_that_the_session_is_over_while_it_lasts() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let url = browser.at("/auth/session-ended");
    let hop = browser.follow(&url).await;
    assert_eq!(hop.leads_on_to().as_deref(), Some("/auth/session-ended"), "{}", hop.text);
    system.stop(&[&browser]).await;
}

/// A browser that says nothing of where a visit comes from leaves the strict cookie behind all the same.
#[tokio::test]
async fn r33_a_page_of_another_site_takes_nobody_s_session_away_by_leading_here() {
    let system = System::start().await;
    for path in ["/auth/session-ended", "/auth/logged-out", "/"] {
        let answer = system.browser().get_with(path, &[("accept", "text/html")]).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get("set-cookie")), (200, None), "{path}");
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_page_of_a_citizen_says_when_it_closes_and_does_so_without_a_script() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for path in ["/?lang=da", "/declaration?lang=da"] {
        let page = browser.get_with(path, &[("accept", "text/html")]).await.text;
        let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"1201;url=/auth/session-ended\"></noscript>";
        assert_eq!(page.matches(refresh).count(), 1, "{path}: {page}");
        assert!(page.contains("Siden lukker af sig selv kl. "), "{path}");
        assert_eq!(page.matches("role=\"alertdialog\"").count(), 1, "{path}");
        let stranger = system.browser().get_with(path, &[("accept", "text/html")]).await.text;
        assert!(!stranger.contains("http-equiv") && !stranger.contains("alertdialog"), "{path}");
    }
    system.stop(&[&browser]).await;
}
