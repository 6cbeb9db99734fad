//! What a hostile authority may write, and whoever approves it sees (requirements R40, R64 and R73).

use http::StatusCode;
use overblik_tests::Answer;
use serde_json::Value;

use crate::{
    admin::{LIBRARIES, VERSIONS, bundle, changed},
    console::Desk,
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
