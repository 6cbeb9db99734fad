//! What holds for connected frames and for the window that they open (requirements R64, R66 and R69).

use std::{collections::BTreeSet, sync::Arc};

use overblik_widgets::{Language, LocalizedText};

use super::LANGUAGES;
use crate::page::{
    ConnectPage, ConnectedFrame, EmbedFrame, NotShown, connect, connect_allowed, connect_log_in, connect_logged_in,
    frame_away, frame_button,
    specimens::{frame, ready, source},
};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}";
const CODE: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuQ";

#[test]
fn r66_the_window_s_pages_have_nothing_inline_and_one_holds_the_code() {
    let title = LocalizedText::new(HOSTILE, HOSTILE);
    let origins: BTreeSet<String> = ["https://a.example".into(), "https://b.example".into()].into();
    let source = Arc::new(source(&ready(vec![])));
    let page = ConnectPage { portal: "birkerup", title: &title, origins: &origins, sources: vec![Arc::clone(&source)] };
    for language in LANGUAGES {
        let frame = frame(language);
        let asked = connect(&frame, &page);
        for words in ["https://a.example", "https://b.example", source.title.get(language), "method=\"post\""] {
            assert!(asked.contains(words), "{words} in {asked}");
        }
        let allowed = connect_allowed(&frame, &page, CODE);
        assert_eq!(allowed.matches(CODE).count(), 1);
        for html in [asked, allowed, connect_log_in(&frame, &page), connect_logged_in(&frame)] {
            for inline in ["<style", " style=", "onclick", "onload", "<img", "<script>"] {
                assert!(!html.contains(inline), "{inline} in {html}");
            }
        }
    }
}

#[test]
fn r69_a_connected_frame_that_shows_nothing_has_a_button_and_no_code() {
    let connected = ConnectedFrame {
        address: "/embed/v1/connected?portal=birkerup&lang=en",
        sections: "library",
        script: "/embed/v1/b.js",
    };
    let frame = EmbedFrame {
        language: Language::En,
        portal: "birkerup",
        portal_title: HOSTILE,
        origins: "https://www.birkerup.example",
        our_address: "https://overblik.example/",
        stylesheet: "/embed/v1/a.css",
        script: "/embed/v1/a.js",
        connected: Some(connected),
    };
    let mut said = BTreeSet::new();
    for why in [NotShown::NotAsked, NotShown::Refused, NotShown::NoCookie] {
        let html = frame_button(&frame, why);
        assert!(html.contains("data-standing=\"button\"") && html.contains("name=\"code\" value=\"\""), "{html}");
        assert!(html.contains("data-window=\"/connect/birkerup?lang=en\"") && !html.contains("ob-token"), "{html}");
        assert!(!html.contains("<script>") && !html.contains(" style="));
        assert!(said.insert(html), "each says why");
    }
    let away = frame_away(&frame);
    assert!(away.contains("action=\"/embed/v1/connected/end\"") && !away.contains("name=\"code\""), "{away}");
    assert!(away.contains("href=\"/embed/v1/connected?portal=birkerup&#38;lang=en\""), "{away}");
}
