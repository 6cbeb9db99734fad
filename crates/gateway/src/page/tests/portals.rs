//! What the page says of every widget and state, for those who show the same elsewhere: the web component of
//! portals is held to it in `tests/browser`.

use std::{fmt::Write as _, fs, path::Path};

use overblik_widgets::{Language, Section, Widget};
use serde_json::json;

use super::{LANGUAGES, every_state};
use crate::page::{
    section,
    specimens::{
        TODAY,
        collections::{every_kind, every_kind_at_its_barest, every_standing},
        frame, ready,
    },
};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/browser/fixtures/specimens.json");

/// The words of a piece of a page, in their order, without what browsers do not show.
fn words(html: &str) -> String {
    let texts = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text = texts.collect::<Vec<_>>().join(" ");
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let text = signs.iter().fold(text, |text, (written, sign)| text.replace(written, sign));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of the one card of a page's section.
fn words_of_card(language: Language, widget: &Widget) -> String {
    let page = section(&frame(language), &ready(vec![widget.clone()]), TODAY);
    let (_, card) = page.split_once("<ul class=\"cards\">").expect("a list of cards");
    let (card, _) = card.rsplit_once("</ul>").expect("its end");
    words(card)
}

fn line(name: &str, what: &impl serde::Serialize, said: impl Fn(Language) -> String) -> String {
    let [da, en] = LANGUAGES.map(said);
    json!({ name: what, "da": da, "en": en }).to_string()
}

fn list(lines: &[String]) -> String {
    lines.join(",\n")
}

/// A section without the way to ask it anew, which leads to a page of ours: a portal has ways of its own.
fn without_update(html: &str) -> String {
    let Some((before, rest)) = html.split_once("<a href=\"/sections/") else { return html.to_owned() };
    format!("{before}{}", rest.split_once("</a>").expect("its end").1)
}

/// One specimen a line, so that a difference shows which.
fn specimens() -> String {
    let widgets = [every_kind(), every_kind_at_its_barest(), every_standing()].concat();
    let widget = |widget: &Widget| line("widget", widget, |language| words_of_card(language, widget));
    let shown = |language, one: &Section| words(&without_update(&section(&frame(language), one, TODAY)));
    let state = |one: &Section| line("section", one, |language| shown(language, one));
    let widgets: Vec<_> = widgets.iter().map(widget).collect();
    let states: Vec<_> = every_state().iter().map(state).collect();
    let mut text = String::new();
    write!(
        text,
        "{{\"today\":\"{TODAY}\",\n\"widgets\":[\n{}\n],\n\"states\":[\n{}\n]}}\n",
        list(&widgets),
        list(&states)
    )
    .expect("a String");
    text
}

#[test]
fn the_browser_s_specimens_are_the_page_s() {
    let written = fs::read_to_string(FIXTURE).unwrap_or_default();
    let now = specimens();
    if written == now {
        return;
    }
    let beside = Path::new(FIXTURE).with_extension("json.new");
    fs::write(&beside, now).expect("a file beside the fixture");
    panic!(
        "what the page says has changed. Read the difference, then: mv {0}.new {0}\nand let the web component say the same.",
        "tests/browser/fixtures/specimens.json"
    );
}

#[test]
fn words_are_what_a_browser_shows() {
    assert_eq!(words("<p>a&#38;b <b title=\"x\">c</b>d\n</p>e"), "a&b c d e");
    assert_eq!(words("&#38;#60;"), "&#60;");
}
