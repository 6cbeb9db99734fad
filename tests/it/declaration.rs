//! The declaration of the overview, and what its operator states.

use overblik_gateway::config::{Config, PageConfig};
use overblik_tests::{SOURCES, Setup, System};

const HTML: [(&str, &str); 1] = [("accept", "text/html")];

fn calls(system: &System) -> usize {
    SOURCES.iter().map(|source| system.calls(*source)).sum()
}

#[tokio::test]
async fn anybody_can_read_whom_the_overview_asks_and_on_what_ground_and_nobody_is_asked() {
    let system = System::start().await;
    for (language, words) in [
        ("da", ["Hvad du kan se her, og hvad der mangler", "Birkerup Biblioteker", "Hele landet", "Betydelig"]),
        (
            "en",
            ["What you can see here, and what is missing", "Birkerup Libraries", "The whole country", "Substantial"],
        ),
    ] {
        let page = system.browser().get_with(&format!("/declaration?lang={language}"), &HTML).await;
        assert_eq!(page.status, 200);
        for word in words.into_iter().chain(["Biblioteksloven § 1", "0901, 0902", "laan@bibliotek.birkerup.example"]) {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        assert!(!page.text.contains("Ikke vist for dig") && !page.text.contains("Not shown to you"));
    }
    assert_eq!(calls(&system), 0);
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_citizen_reads_what_is_not_shown_to_them_and_why_and_nobody_is_asked() {
    let system = System::start().await;
    let mut elsewhere = system.logged_in("elsewhere-frede").await;
    let page = elsewhere.get_with("/declaration?lang=da", &HTML).await.text;
    let (_, not_shown) = page.split_once("Ikke vist for dig").expect("what is not shown");
    let (not_shown, _) = not_shown.split_once("<h2>").expect("the sources");
    for slug in ["library", "daycare"] {
        assert!(not_shown.contains(&format!("href=\"#source-{slug}\"")), "{slug}: {not_shown}");
    }
    assert!(!not_shown.contains("#source-payments") && not_shown.contains("Din kommune er ikke tilsluttet"));
    let mut at_home = system.logged_in("family-signe").await;
    let page = at_home.get_with("/declaration?lang=da", &HTML).await.text;
    assert!(page.contains("Alle kilder på siden bliver spurgt om dig") && page.contains("Signe Eksempelsen"), "{page}");
    assert_eq!(calls(&system), 0);
    system.stop(&[&elsewhere, &at_home]).await;
}

#[tokio::test]
async fn a_source_without_an_agreement_is_not_declared_to_anybody() {
    // The demo's contracts agree with "overblik" alone; the page of a portal that they do not know is empty.
    let system = Setup::default().start().await;
    let page = system.browser().get_with("/declaration", &HTML).await.text;
    assert!(page.contains("id=\"source-library\""), "the control");
    let sources = system.demo.app.overviews.sources();
    assert_eq!(sources.declared_to("somebody-else").count(), 0);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r18_a_link_from_another_site_leads_a_citizen_to_their_own_declaration() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let url = browser.at("/declaration");
    let hop = browser.follow(&url).await;
    assert_eq!(hop.leads_on_to().as_deref(), Some("/declaration"), "{}", hop.text);
    assert!(!hop.text.contains("Signe"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_statement_is_at_the_address_that_the_guidance_asks_for_and_every_page_leads_to_it() {
    let privacy = |config: &mut Config| {
        config.page.privacy_url = Some("https://overblik.example/privatliv".parse().expect("an address"));
    };
    let system = Setup::default().adjust(privacy).start().await;
    let mut browser = system.logged_in("family-signe").await;
    for path in ["/", "/declaration", "/was", "/auth/session-ended", "/no-such-page"] {
        for mut reader in [browser.clone(), system.browser()] {
            let page = reader.get_with(path, &HTML).await.text;
            for way in ["href=\"/was\"", "href=\"/declaration\"", "href=\"https://overblik.example/privatliv\" rel="] {
                assert_eq!(page.matches(way).count(), 1, "{way} on {path}: {page}");
            }
        }
    }
    let statement = browser.get_with("/was?lang=da", &HTML).await.text;
    assert!(statement.contains("mailto:tilgaengelighed@overblik.example") && statement.contains("delvist"));
    assert!(!statement.contains("Signe"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn an_operator_who_states_nothing_is_said_to_state_nothing() {
    let nothing = |config: &mut Config| config.page = PageConfig::default();
    let system = Setup::default().adjust(nothing).start().await;
    let page = system.browser().get_with("/was?lang=da", &HTML).await.text;
    assert!(page.contains("endnu ikke offentliggjort sin erklæring") && !page.contains("EN 301 549"), "{page}");
    system.stop(&[]).await;
}
