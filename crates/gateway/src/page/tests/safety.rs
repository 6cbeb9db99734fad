//! Nothing of a source's is ever markup or an address, and the strictest Content-Security-Policy fits (R64-R66).

use overblik_widgets::{Contact, ContactKind, Language, LocalizedText, Section};

use super::{LANGUAGES, every_page, whole};
use crate::page::{
    ErrorPage, PageFrame, error_page, section,
    specimens::{
        TODAY,
        collections::{every_kind, widgets_saying},
        frame, ready,
    },
};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}";

#[test]
fn r64_no_text_becomes_markup() {
    let text = LocalizedText::new(HOSTILE, HOSTILE);
    let contact = |kind| Contact { kind, value: HOSTILE.into() };
    let mut hostile = Section {
        message: Some(text.clone()),
        title: text.clone(),
        expect: text.clone(),
        contact: [ContactKind::Phone, ContactKind::Email, ContactKind::Website, ContactKind::DigitalPost]
            .map(contact)
            .into(),
        ..ready(widgets_saying(HOSTILE))
    };
    hostile.authority.name = text.clone();
    for language in LANGUAGES {
        let mut page = whole(language, &[hostile.clone()]);
        let named = PageFrame { citizen_name: Some(HOSTILE), ..frame(language) };
        let error = ErrorPage {
            title: text.clone(),
            explanation: text.clone(),
            code: HOSTILE,
            reference: HOSTILE,
            offer_login: false,
        };
        page += &error_page(&named, &error);
        for markup in ["<script>alert", "<img", "onerror=alert(2)>", "\"'>"] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    }
}

#[test]
fn what_a_source_wrote_is_marked_as_danish() {
    let page = section(&frame(Language::En), &ready(every_kind()), TODAY);
    for text in ["Niels Lyhne", "Birkerup Hovedbibliotek", "Vuggestuer i Birkerup Nord", "Børnehuset Solstrålen"] {
        assert!(page.contains(&format!("<bdi lang=\"da\">{text}</bdi>")), "{text}");
    }
}

#[test]
fn r66_no_page_has_an_inline_style_script_or_handler() {
    for language in LANGUAGES {
        for page in every_page(language) {
            for forbidden in ["<style", " style=", "javascript:", "data:", "<iframe", "<object", "<base"] {
                assert!(!page.contains(forbidden), "{forbidden}");
            }
            for handler in ["onclick", "onload", "onerror", "onsubmit", "onfocus"] {
                assert!(!page.contains(handler), "{handler}");
            }
            let scripts = page.matches("<script").count();
            assert_eq!(page.matches("<script type=\"module\" async src=\"/assets/").count(), scripts);
            assert_eq!(page.matches("></script>").count(), scripts);
        }
    }
}

#[test]
fn r65_a_link_off_the_site_tells_its_host_and_nothing_to_it() {
    for page in every_page(Language::Da) {
        assert!(!page.contains("target="));
        for tag in page.split("href=\"https://").skip(1) {
            let (link, _) = tag.split_once('>').expect("the tag's end");
            assert!(link.contains("rel=\"noopener noreferrer\""), "{link}");
        }
    }
    assert!(section(&frame(Language::Da), &ready(vec![]), TODAY).contains("(åbner www.birkerup.example)"));
    assert!(section(&frame(Language::En), &ready(vec![]), TODAY).contains("(opens www.birkerup.example)"));
}

#[test]
fn a_contact_is_a_link_only_in_the_form_of_its_kind() {
    let with = |kind, value: &str| {
        let contact = vec![Contact { kind, value: value.into() }];
        section(&frame(Language::Da), &Section { contact, ..ready(vec![]) }, TODAY)
    };
    assert!(with(ContactKind::Phone, "70000018").contains("href=\"tel:+4570000018\""));
    assert!(with(ContactKind::Email, "a@birkerup.example").contains("href=\"mailto:a@birkerup.example\""));
    assert!(with(ContactKind::Website, "https://birkerup.example/x").contains("href=\"https://birkerup.example/x\""));
    for (kind, value) in [
        (ContactKind::Phone, "7000;ext=1"),
        (ContactKind::Email, "a@birkerup.example?bcc=b@evil.example"),
        (ContactKind::Website, "javascript:alert(1)"),
        (ContactKind::Website, "http://birkerup.example/"),
        (ContactKind::DigitalPost, "https://birkerup.example/"),
    ] {
        let page = with(kind, value);
        assert!(page.contains(value) && !page.contains(&format!("href=\"{value}")), "{value}");
        assert!(!page.contains("tel:") && !page.contains("mailto:"), "{value}");
    }
}
