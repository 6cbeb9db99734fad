//! What a hostile authority may write, and whoever approves it sees (requirements R40, R64 and R73).

use http::{Method, StatusCode};
use overblik_gateway::admin::doors;
use overblik_tests::{Answer, Browser};
use serde_json::{Value, json};

use crate::{
    admin::{LIBRARIES, LIBRARY as SOURCE, VERSIONS, bundle, changed},
    console::{Desk, click, record},
};

const FIRST: &str = "/console/sources/library/versions/1";

/// The page of a first version with these files, as an operator sees it.
async fn shown(desk: &Desk, files: &Value) -> Answer {
    let pushed = desk.api.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(files)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let mut bo = desk.person("operator/bo").await;
    let page = bo.get(FIRST).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page
}

#[tokio::test]
async fn r64_what_no_page_shows_is_shown_as_what_it_is() {
    let desk = Desk::start().await;
    let mut files = bundle(LIBRARIES, "library");
    // A line that reads otherwise than it is, one that YAML reads as two, and what is not seen at all.
    files["files"]["CHANGELOG.md"] = "rettet \u{202e}gnp.exe\r\nen\rto\nuset: ja\u{200b}nej\u{feff}\n".into();
    let page = shown(&desk, &files).await;
    let hidden = ['\u{202e}', '\u{200b}', '\u{feff}', '\r'];
    assert!(!page.text.contains(hidden), "{}", page.text);
    for line in ["rettet ⟨U+202E⟩gnp.exe<", "en␍to<", "uset: ja⟨U+200B⟩nej⟨U+FEFF⟩<"] {
        assert!(page.text.contains(line), "{line}: {}", page.text);
    }
    desk.stop(&[]).await;
}

/// What is not seen, or makes what is seen another.
const HIDDEN: [char; 4] = ['\u{202e}', '\u{200b}', '\u{feff}', '\r'];

fn hides_nothing(page: &Answer, at: &str) {
    assert_eq!(page.text.matches(HIDDEN).count(), 0, "{at}: {}", page.text);
}

/// Sends a form that the page that answers is to show in part.
async fn answered(browser: &mut Browser, at: &str, fields: &[(&str, &str)], said: &str) {
    let answer = Desk::send(browser, at, fields).await;
    hides_nothing(&answer, at);
    assert!(answer.text.contains(said), "{said} at {at}: {} {}", answer.status, answer.text);
}

#[tokio::test]
async fn r64_no_page_of_the_console_hides_what_somebody_wrote() {
    let desk = Desk::start().await;
    let mut files = bundle(LIBRARIES, "library");
    files["files"]["CHANGELOG.md"] = "en\rto\nuset: ja\u{200b}nej\n".into();
    let library = "/console/sources/library";
    shown(&desk, &files).await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let mut bo = desk.person("operator/bo").await;
    let hidden = "Nyt\u{200b} felt";
    // What waits, and what is not done and why.
    let everywhere = json!({ "municipalities": "all" });
    let agreement = format!("{SOURCE}/agreements/overblik");
    let proposed = desk.api.change(LIBRARIES, "PUT", &agreement, SOURCE, Some(&everywhere)).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    click(&mut bo, library, "agreements/overblik/reject", &[("reason", hidden)]).await;
    let window = [("from", "2026-12-01T20:00"), ("to", "2026-12-02T04:00"), ("text_da", hidden), ("text_en", hidden)];
    click(&mut lis, library, "windows", &window).await;
    click(&mut lis, library, "suspend", &[("reason", hidden), ("until", "")]).await;
    click(&mut lis, FIRST, "test", &[]).await;
    click(&mut lis, FIRST, "submit", &[("share", "100"), ("note", hidden)]).await;
    click(&mut bo, FIRST, "refuse", &[("reason", hidden)]).await;
    // A second version with a mistake that repeats what the contract says.
    files["files"]["CHANGELOG.md"] = "en\rto\r\nrettet \u{202e}gnp.exe\n\u{feff}\n".into();
    let files = changed(files, "timeoutMs:", "\"timeout\\u202Ex\\u200b\": 1, timeoutMs:");
    let pushed = desk.api.change(LIBRARIES, "POST", VERSIONS, SOURCE, Some(&files)).await;
    assert_eq!(pushed.status, 422, "{}", pushed.body);
    let named = [
        ("slug", "birkerup-havn"),
        ("name_da", "Birkerup\u{200b} Havn"),
        ("name_en", "Birkerup\u{200b} Harbour"),
        ("cvr", "90000034"),
        ("domains", "havn.birkerup.example"),
    ];
    let sent = Desk::send(&mut bo, "/console/new-authority", &named).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);

    let pages = doors().into_iter().filter(|door| door.method == Method::GET && !door.open).map(|door| door.path);
    let pages: Vec<_> = pages.collect();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        for (version, authority) in [("1", "birkerup-libraries"), ("2", "birkerup-havn")] {
            let page = page.replace("{source}", "library").replace("{version}", version);
            let page = page.replace("{authority}", authority);
            for browser in [&mut bo, &mut lis] {
                let shown = browser.get(&page).await;
                hides_nothing(&shown, &page);
            }
        }
    }
    for (is_bo, page, said) in [
        (true, "/console", "Birkerup⟨U+200B⟩ Havn"),
        (false, "/console", "Nyt⟨U+200B⟩ felt"),
        (true, "/console/authorities", "Birkerup⟨U+200B⟩ Havn"),
        (true, "/console/authorities/birkerup-havn", "Birkerup⟨U+200B⟩ Harbour"),
        (false, "/console/sources/library/history", "Nyt⟨U+200B⟩ felt"),
        (false, "/console/sources/library/diff?from=1&to=2", "rettet ⟨U+202E⟩gnp.exe<"),
        (false, "/console/sources/library/diff?from=1&to=2", "en␍<"),
        (false, "/console/sources/library/edit", "timeout⟨U+202E⟩x"),
        // As it was, for whoever sends it again.
        (false, "/console/sources/library/edit", "rettet &#8238;gnp.exe"),
    ] {
        let shown = if is_bo { bo.get(page).await } else { lis.get(page).await };
        assert!(shown.text.contains(said), "{said} at {page}: {}", shown.text);
    }
    let seen = record(&lis.get(&format!("{library}/edit")).await);
    let contract = files["files"]["connector.yaml"].as_str().expect("a text");
    let edited = [("record", seen.as_str()), ("base", "2"), ("do", "check"), ("text:connector.yaml", contract)];
    answered(&mut lis, &format!("{library}/edit"), &edited, "timeout⟨U+202E⟩x").await;
    let tried = [("before", "1"), ("whom", "citizen"), ("citizen", "61\u{200b}"), ("municipality", "\u{202e}1")];
    answered(&mut lis, &format!("{FIRST}/try"), &tried, "&#8238;1").await;
    let foreign = [named.as_slice(), &[("program_1", "\u{202e}")]].concat();
    answered(&mut bo, "/console/new-authority", &foreign, "&#8238;").await;
    desk.stop(&[&lis, &bo]).await;
}

#[tokio::test]
async fn r73_files_of_nothing_but_lines_make_no_page_that_fills_the_memory() {
    let desk = Desk::start().await;
    let mut files = bundle(LIBRARIES, "library");
    for number in 0..4 {
        let lines = "\n".repeat(250_000);
        files["files"][format!("examples/lines-{number}.txt")] =
            format!("første {number}{lines}sidste {number}").into();
    }
    let page = shown(&desk, &files).await;
    assert!(page.text.len() < 3_000_000, "{} bytes of a million", page.text.len());
    for number in 0..4 {
        let ends = [format!("første {number}"), format!("sidste {number}")];
        assert!(ends.iter().all(|end| page.text.contains(end)), "the whole file is there: {number}");
    }
    desk.stop(&[]).await;
}

#[tokio::test]
async fn r40_whoever_approves_is_told_the_hosts_that_the_contract_names_however_it_writes_them() {
    let desk = Desk::start().await;
    let own = "fbs.bibliotek.birkerup.example";
    let files = changed(
        bundle(LIBRARIES, "library"),
        &format!("baseUrl: https://{own}"),
        "baseUrl: \"https:\\/\\/fbs.bibliotek.birkerup.ex\\u0061mple\" # instead of https://former.example",
    );
    let files = changed(
        files,
        "linkHosts: [bibliotek.birkerup.example]",
        "linkHosts: [bibliotek.birkerup.example, laan.bibliotek.birkerup.example]",
    );
    let page = shown(&desk, &files).await;
    for host in [own, "bibliotek.birkerup.example", "laan.bibliotek.birkerup.example"] {
        assert!(page.text.contains(&format!("<li>{host}</li>")), "{host}: {}", page.text);
    }
    assert!(!page.text.contains("<li>former.example</li>"), "a remark asks nobody");
    desk.stop(&[]).await;
}
