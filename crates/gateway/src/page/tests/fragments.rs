//! What holds for the sections that portals put into their own pages (requirements R64 and R65).

use overblik_widgets::{Language, LocalizedText, Section};

use super::{LANGUAGES, every_state};
use crate::page::{
    EmbedFrame, FragmentFrame, fragment, frame_away, frame_over, frame_shell,
    specimens::{
        TODAY,
        collections::{every_kind, widgets_saying},
        ready,
    },
};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}";

fn around(language: Language, in_new_window: bool) -> FragmentFrame<'static> {
    FragmentFrame { language, our_address: "https://overblik.example/", in_new_window }
}

#[test]
fn r64_no_text_of_a_source_becomes_markup_on_a_portal_s_page() {
    let text = LocalizedText::new(HOSTILE, HOSTILE);
    let mut hostile = Section { message: Some(text.clone()), title: text.clone(), ..ready(widgets_saying(HOSTILE)) };
    hostile.authority.name = text;
    for language in LANGUAGES {
        let html = fragment(&around(language, false), &hostile, TODAY);
        for markup in ["<script", "<img", "onerror=alert(2)>", "\"'>", "<style", " style=", "javascript:"] {
            assert!(!html.contains(markup), "{markup}");
        }
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    }
}

#[test]
fn every_name_on_a_portal_s_page_is_of_the_published_kind() {
    for section in every_state().into_iter().chain([ready(every_kind())]) {
        for language in LANGUAGES {
            let html = fragment(&around(language, true), &section, TODAY);
            for attribute in [" class=\"", " id=\"", " aria-labelledby=\""] {
                for value in html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                    assert!(value.split(' ').all(|name| name.starts_with("ob-")), "{value}");
                }
            }
            assert!(html.contains("data-state=\"") && !html.contains("data-state=\"\""));
        }
    }
}

#[test]
fn r65_links_tell_their_hosts_nothing_and_leave_a_frame_by_a_window_of_their_own() {
    for (in_new_window, targets) in [(false, 0), (true, 1)] {
        let html = fragment(&around(Language::Da, in_new_window), &ready(every_kind()), TODAY);
        for tag in html.split("<a ").skip(1).filter_map(|rest| rest.split('>').next()) {
            assert!(tag.contains("href=\"https://") && tag.contains("rel=\"noopener"), "{tag}");
            assert_eq!(tag.matches("target=\"_blank\"").count(), targets, "{tag}");
        }
    }
}

#[test]
fn r66_the_pages_in_a_frame_have_nothing_inline_and_no_token() {
    let frame = EmbedFrame {
        language: Language::En,
        portal: "birkerup",
        portal_title: HOSTILE,
        origins: "https://www.birkerup.example",
        our_address: "https://overblik.example/",
        stylesheet: "/embed/v1/a.css",
        script: "/embed/v1/a.js",
        connected: None,
    };
    for (html, standing) in [(frame_shell(&frame), "shell"), (frame_over(&frame), "over"), (frame_away(&frame), "away")]
    {
        assert!(html.contains(&format!("data-standing=\"{standing}\"")), "{html}");
        // The shell alone takes a token.
        let in_shell = usize::from(standing == "shell");
        for taker in ["<script", "name=\"token\" value=\"\"", "method=\"post\""] {
            assert_eq!(html.matches(taker).count(), in_shell, "{taker}: {html}");
        }
        for inline in ["<style", " style=", "onclick", "onload", "<img"] {
            assert!(!html.contains(inline), "{inline}");
        }
    }
}
