//! The page: HTML that fills in while it loads, without any script.

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget, Party, Source};
use overblik_tests::{Answer, Browser, SOURCES, Setup, System};

const HTML: [(&str, &str); 1] = [("accept", "text/html")];

async fn page(browser: &mut Browser, path: &str) -> Answer {
    let answer = browser.get_with(path, &HTML).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
    answer
}

/// The section of a source: what fills its slot.
#[track_caller]
fn slotted(page: &str, source: Source) -> &str {
    let slot = format!("slot=\"section-{source}\"");
    let mut filling = page.split("<article ").filter(|article| article.starts_with(&slot));
    match (filling.next(), filling.next()) {
        (Some(article), None) => article.split("</article>").next().unwrap_or_default(),
        _ => panic!("{source} does not fill its slot exactly once: {page}"),
    }
}

#[tokio::test]
async fn the_skeleton_and_the_quick_sections_arrive_before_a_slow_source_answers() {
    let system = Setup::default().fault(FaultTarget::Library, Fault::Stall).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let url = browser.at("/");
    let mut response = browser.start(Method::GET, &url, &HTML, None).await;
    let mut text = String::new();
    let mut skeleton = None;
    while !(text.contains("slot=\"section-daycare\"") && text.contains("slot=\"section-payments\"")) {
        let chunk = response.chunk().await.expect("an unbroken page").expect("more of the page");
        text.push_str(&String::from_utf8_lossy(&chunk));
        skeleton.get_or_insert_with(|| text.clone());
    }
    assert_eq!(system.demo.world.in_flight(Party::Source(Source::Library)), 3, "the library has not answered");
    assert!(!text.contains("slot=\"section-library\"") && !text.contains("</html>"));
    // The first bytes already say what will come, from whom, in the order of the themes.
    let skeleton = skeleton.expect("a first chunk");
    let places = ["Kræver din opmærksomhed", "Birkerup Kommune", "Offentlige Betalinger", "Birkerup Biblioteker"];
    let contents = ["class=\"contents\"", "Børn og familie", "Økonomi", "Kultur og fritid"];
    for order in [places, contents] {
        let positions: Vec<_> = order.iter().map(|text| skeleton.find(text)).collect();
        assert!(positions.iter().all(Option::is_some) && positions.is_sorted(), "{order:?}: {positions:?}");
    }
    drop(response);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_everybody_gets_is_compressed_and_what_is_personal_never() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let page = browser.get("/").await.text;
    let asset = page.split('"').find(|part| part.starts_with("/assets/")).expect("a stylesheet").to_owned();
    for (path, encoding) in [(asset.as_str(), Some("gzip")), ("/", None), ("/api/v1/overview", None)] {
        let url = browser.at(path);
        let answer = browser.start(Method::GET, &url, &[("accept-encoding", "gzip, br")], None).await;
        assert_eq!(answer.status(), 200, "{path}");
        let header = answer.headers().get("content-encoding").map(|value| value.to_str().expect("a text").to_owned());
        assert_eq!(header.as_deref(), encoding, "{path}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn every_slot_is_declared_once_and_filled_once() {
    for fault in [None, Some(Fault::Error), Some(Fault::Slow)] {
        let system = System::start().await;
        system.demo.world.order(FaultTarget::Daycare, fault).await;
        let mut browser = system.logged_in("overdue-laila").await;
        let page = page(&mut browser, "/").await.text;
        for source in SOURCES {
            assert_eq!(page.matches(&format!("<slot name=\"section-{source}\"")).count(), 1, "{source}");
            slotted(&page, *source);
        }
        for slot in ["attention", "status"] {
            assert_eq!(page.matches(&format!("<slot name=\"{slot}\"")).count(), 1, "{slot}");
            assert_eq!(page.matches(&format!(" slot=\"{slot}\"")).count(), 1, "{slot}");
        }
        assert_eq!(page.matches("shadowrootmode=\"open\"").count(), 1);
        assert!(page.trim_end().ends_with("</html>"));
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn each_section_names_its_authority_and_leads_to_it_whatever_happened() {
    for fault in [None, Some(Fault::Refused), Some(Fault::WrongPerson), Some(Fault::Unauthorised)] {
        let system = System::start().await;
        for source in SOURCES {
            system.demo.world.order((*source).into(), fault).await;
        }
        let mut browser = system.logged_in("family-signe").await;
        let page = page(&mut browser, "/").await.text;
        for (source, authority, link) in [
            (Source::Daycare, "Birkerup Kommune", "https://www.birkerup.example/pladsanvisning"),
            (Source::Library, "Birkerup Biblioteker", "https://bibliotek.birkerup.example/min-konto"),
            (Source::Payments, "Offentlige Betalinger", "https://www.betalinger.example/min-side"),
        ] {
            let section = slotted(&page, source);
            assert!(section.contains(authority), "{fault:?}: {section}");
            // R65: it is said where a link leads, and the page there learns nothing of this one.
            assert!(section.contains(&format!("href=\"{link}\" rel=\"noopener noreferrer\"")), "{fault:?}: {section}");
            let host = link.split('/').nth(2).expect("a host");
            assert!(section.contains(&format!("åbner {host}")), "{fault:?}: {section}");
        }
        system.stop(&[&browser]).await;
    }
}

/// What a citizen reads in each state, in Danish and English (design section 2).
#[tokio::test]
async fn the_words_are_true_in_every_state_and_both_languages() {
    const AWAY: (&str, &str) = ("svarer ikke lige nu", "not answering right now");
    const NOTHING: (&str, &str) = ("ikke registreret noget", "registered nothing");
    let cases = [
        ("nothing-ingrid", None, NOTHING),
        ("family-signe", Some(Fault::Error), AWAY),
        ("family-signe", Some(Fault::Refused), AWAY),
        ("family-signe", Some(Fault::BadJson), AWAY),
        ("family-signe", Some(Fault::Huge), AWAY),
        ("family-signe", Some(Fault::Unauthorised), AWAY),
        ("family-signe", Some(Fault::WrongPerson), AWAY),
        ("family-signe", Some(Fault::Stall), AWAY),
        ("emptybody-emil", None, ("Noget mangler", "Something is missing")),
        ("elsewhere-frede", None, ("Din kommune er ikke tilsluttet", "Your municipality has not joined")),
    ];
    for (citizen, fault, (danish, english)) in cases {
        for (language, words) in [("da", danish), ("en", english)] {
            let late = fault == Some(Fault::Stall);
            let limit = Duration::from_millis(if late { 1500 } else { 10_000 });
            let system = Setup::default().limit(Source::Library, limit).start().await;
            system.demo.world.order(FaultTarget::Library, fault).await;
            let mut browser = system.logged_in(citizen).await;
            let page = page(&mut browser, &format!("/?lang={language}")).await.text;
            let section = slotted(&page, Source::Library);
            assert!(section.contains(words), "{citizen} {fault:?} {language}: {section}");
            let says_nothing = section.contains(if language == "da" { NOTHING.0 } else { NOTHING.1 });
            assert_eq!(says_nothing, citizen == "nothing-ingrid", "only the authority can say that there is nothing");
            system.stop(&[&browser]).await;
        }
    }
}

#[tokio::test]
async fn a_source_that_stalls_reads_as_not_answering_when_its_own_limit_has_passed() {
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall);
    let system = setup.limit(Source::Library, Duration::from_millis(1500)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let text = page(&mut browser, "/?lang=da").await.text;
    assert!(slotted(&text, Source::Library).contains("svarer ikke lige nu"));
    // What the page adds up to says so too.
    assert!(text.contains("Svar fra 2 af 3 kilder. 1 svarede ikke."), "{text}");
    assert!(text.contains("Listen kan mangle noget fra 1 kilde."), "{text}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r7_data_above_the_session_s_level_are_neither_fetched_nor_shown_but_offered() {
    let setup = Setup::default().contract(Source::Payments, "level: substantial", "level: high");
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    for (language, words) in [("da", "Log ind med højere sikkerhed"), ("en", "Log in with higher security")] {
        let text = page(&mut browser, &format!("/?lang={language}")).await.text;
        let section = slotted(&text, Source::Payments);
        assert!(
            section.contains(words)
                && section.contains("href=\"/auth/login?return_to=/%23section-payments&amp;level=high\""),
            "{section}"
        );
        assert!(!text.contains("Daginstitution, denne måned"));
    }
    let overview = browser.overview().await;
    assert_eq!(overblik_tests::section(&overview, "payments")["state"], "step_up_required");
    assert_eq!(system.calls(Source::Payments), 0);
    browser.log_in("family-signe", "high").await;
    let text = page(&mut browser, "/").await.text;
    assert!(slotted(&text, Source::Payments).contains("Daginstitution, denne måned"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_source_that_was_cut_off_reads_as_not_asked() {
    let system = Setup::default().fault(FaultTarget::Library, Fault::WrongPerson).start().await;
    let mut browser = system.logged_in("family-signe").await;
    page(&mut browser, "/").await;
    for (language, words) in
        [("da", "afbrudt, indtil en fejl er undersøgt"), ("en", "cut off until an error has been looked into")]
    {
        let text = page(&mut browser, &format!("/?lang={language}")).await.text;
        assert!(slotted(&text, Source::Library).contains(words), "{language}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_needs_attention_stands_above_the_sections_and_leads_to_them() {
    let system = System::start().await;
    let mut browser = system.logged_in("overdue-laila").await;
    let text = page(&mut browser, "/?lang=da").await.text;
    let (_, attention) = text.split_once("slot=\"attention\"").expect("the list");
    let (attention, _) = attention.split_once("</section>").expect("its end");
    for entry in
        ["Bogen om næsten ingenting skulle have været afleveret", "Parkeringsafgift: betalingsdatoen er overskredet"]
    {
        assert!(attention.contains(entry), "{entry}: {attention}");
    }
    assert!(attention.contains("href=\"#section-library\"") && attention.contains("href=\"#section-payments\""));
    // The skeleton puts its slot before all others.
    assert!(text.find("<slot name=\"attention\"") < text.find("<slot name=\"section-"));
    let mut calm = system.logged_in("nothing-ingrid").await;
    let text = page(&mut calm, "/?lang=da").await.text;
    assert!(text.contains("Alle kilder har svaret. Intet kræver din opmærksomhed lige nu."), "{text}");
    system.stop(&[&browser, &calm]).await;
}

#[tokio::test]
async fn r66_no_page_has_a_script_style_or_handler_of_its_own() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut pages = vec![page(&mut browser, "/").await];
    pages.push(page(&mut system.browser(), "/").await);
    pages.push(page(&mut system.browser(), "/auth/logged-out").await);
    pages.push(browser.get_with("/no-such-page", &HTML).await);
    pages.push(system.browser().get_with("/auth/callback?state=x", &HTML).await);
    let callback = browser.choose_at_provider("/auth/login", "family-signe", "substantial").await;
    pages.push(browser.follow(&callback).await);
    for page in &pages {
        let text = page.text.to_ascii_lowercase();
        assert!(text.starts_with("<!doctype html>"), "{}", page.url);
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("javascript:"), "{}", page.url);
        for script in text.split("<script").skip(1) {
            let (attributes, content) = script.split_once('>').unwrap_or((script, ""));
            assert!(attributes.contains(" src=\"/assets/") && content.starts_with("</script>"), "<script{script}");
        }
        for tag in text.split('<') {
            let inside = tag.split('>').next().unwrap_or_default();
            let handler =
                inside.split_whitespace().any(|attribute| attribute.starts_with("on") && attribute.contains('='));
            assert!(!handler, "{inside}");
        }
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_stranger_gets_the_landing_page_and_no_source_is_asked() {
    let system = System::start().await;
    let text = page(&mut system.browser(), "/?lang=da").await.text;
    assert!(text.contains("href=\"/auth/login?return_to=/\"") && text.contains("Log ind"), "{text}");
    assert!(!text.contains("action=\"/auth/logout\""));
    assert_eq!(SOURCES.iter().map(|source| system.calls(*source)).sum::<usize>(), 0);
}

#[tokio::test]
async fn r18_an_arrival_from_another_site_takes_one_hop_and_never_two() {
    let system = System::start().await;
    let browser = system.logged_in("family-signe").await;
    for (path, shown) in [("/", "Signe Eksempelsen"), ("/?lang=en", "Your overview")] {
        for (mut visitor, expected) in [(browser.clone(), shown), (system.browser(), "/auth/login")] {
            // Another site's link: a Strict cookie does not come along, logged in or not.
            let url = visitor.at(path);
            let hop = visitor.follow(&url).await;
            assert_eq!(hop.leads_on_to().as_deref(), Some(path), "{}", hop.text);
            assert!(!hop.text.contains("Eksempelsen") && !hop.text.contains("/auth/login"), "no flash of either page");
            // The hop is our own page's, and says so.
            let headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
            let arrived = visitor.get_with(path, &headers).await;
            assert_eq!(arrived.leads_on_to(), None, "one hop");
            assert!(arrived.text.contains(expected), "{expected}: {}", arrived.text);
        }
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_choice_of_language_is_remembered_by_a_cookie_that_says_nothing_else() {
    const CHOICE: &str = "__Host-overblik-language";
    let system = System::start().await;
    let mut browser = system.browser();
    let chosen = page(&mut browser, "/?lang=en").await;
    let line = chosen.header_all("set-cookie").find(|line| line.starts_with(CHOICE)).expect("a cookie").to_owned();
    for part in ["=en;", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    browser.log_in("family-signe", "substantial").await;
    assert!(page(&mut browser, "/").await.text.contains("Your overview"), "also after a login");
    assert!(page(&mut browser, "/?lang=da").await.text.contains("Dit overblik"));
    assert_eq!(browser.cookie(CHOICE), Some("da"));
    for junk in ["xx", "", "<script>", &"e".repeat(3000)] {
        browser.set_cookie(CHOICE, junk);
        assert!(page(&mut browser, "/").await.text.contains("<html lang=\"da\""), "{junk}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_language_is_the_one_asked_for_and_can_be_changed_on_every_page() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for (path, accepted, language, words) in [
        ("/", "da", "da", "Dit overblik"),
        ("/", "en-GB,en;q=0.9,da;q=0.5", "en", "Your overview"),
        ("/?lang=en", "da", "en", "Your overview"),
        ("/?lang=da", "en", "da", "Dit overblik"),
        ("/?lang=fr", "fr", "da", "Dit overblik"),
    ] {
        let headers = [("accept", "text/html"), ("accept-language", accepted)];
        let text = browser.get_with(path, &headers).await.text;
        assert!(text.contains(&format!("<html lang=\"{language}\"")), "{path} {accepted}");
        assert!(text.contains(words), "{path} {accepted}");
        assert!(text.contains("href=\"/?lang=da\"") && text.contains("href=\"/?lang=en\""), "{path} {accepted}");
    }
    let logged_out = page(&mut system.browser(), "/auth/logged-out?lang=en").await.text;
    assert!(logged_out.contains("You are logged out") && logged_out.contains("href=\"/auth/logged-out?lang=da\""));
    system.stop(&[&browser]).await;
}
