//! Everything that is known is said, and nothing that is not.

use overblik_widgets::{AssuranceLevel, FieldType, Language, LocalizedText, Section, SectionState, Widget, WidgetKind};

use super::{LANGUAGES, end, every_state};
use crate::page::{
    overview_start, section,
    specimens::{
        self, TODAY,
        collections::{every_kind, in_full_but, widgets_saying},
        frame, ready,
        widgets::loan,
    },
    texts::Texts,
};

#[test]
fn every_text_field_of_every_kind_is_shown() {
    let mut fields = 0;
    for widget in widgets_saying("FELT") {
        let page = section(&frame(Language::Da), &ready(vec![widget]), TODAY);
        fields += page.matches("FELT").count();
    }
    let text_fields = WidgetKind::ALL
        .iter()
        .flat_map(|kind| kind.fields())
        .filter(|field| matches!(field.field_type, FieldType::Text | FieldType::Code));
    assert_eq!(fields, text_fields.count());
}

#[test]
fn no_value_of_any_kind_is_passed_over() {
    for language in LANGUAGES {
        let page = |kind, omitted| section(&frame(language), &ready(vec![in_full_but(kind, omitted)]), TODAY);
        for &kind in WidgetKind::ALL {
            let full = page(kind, None);
            for field in kind.fields().iter().filter(|field| !field.required) {
                // The outcome of a renewal tells more than that one can be tried.
                let is_outdone = (kind, field.name) == (WidgetKind::Loan, "renewable");
                let is_shown = page(kind, Some(field.name)) != full;
                assert_eq!(is_shown, !is_outdone, "{}.{}", kind.tag(), field.name);
            }
        }
    }
}

#[test]
fn a_widget_s_own_link_is_shown_once() {
    for &kind in WidgetKind::ALL {
        let page = section(&frame(Language::En), &ready(vec![in_full_but(kind, None)]), TODAY);
        let links = kind.fields().iter().filter(|field| field.field_type == FieldType::Link);
        assert_eq!(
            page.matches("href=\"https://www.birkerup.example/videre\"").count(),
            links.count(),
            "{}",
            kind.tag()
        );
    }
}

#[test]
fn every_state_tells_what_it_is_and_leads_to_the_authority() {
    for language in LANGUAGES {
        for one in every_state() {
            let page = section(&frame(language), &one, TODAY);
            let state = one.state;
            if let Some(message) = state.message() {
                assert!(page.contains(message.get(language)), "{state:?}");
            }
            assert!(page.contains(one.title.get(language)), "{state:?}");
            assert!(page.contains(one.authority.name.get(language)), "{state:?}");
            assert!(page.contains(one.expect.get(language)), "{state:?}");
            assert!(page.contains("href=\"https://www.birkerup.example/selvbetjening\""), "{state:?}");
            assert!(page.contains(&format!("slot=\"section-{}\"", one.source)), "{state:?}");
        }
    }
}

#[test]
fn a_state_without_its_message_still_tells_what_it_is() {
    let silent = Section { message: None, ..specimens::section(SectionState::TimedOut) };
    assert!(section(&frame(Language::Da), &silent, TODAY).contains("svarer ikke lige nu"));
}

#[test]
fn only_the_empty_state_says_that_nothing_is_registered() {
    for one in every_state() {
        let danish = section(&frame(Language::Da), &one, TODAY).to_lowercase();
        let english = section(&frame(Language::En), &one, TODAY).to_lowercase();
        let says_nothing = ["ingen ", "intet", "ikke registreret"].iter().any(|word| danish.contains(word))
            || ["nothing about you", "no items"].iter().any(|word| english.contains(word));
        assert_eq!(says_nothing, one.state == SectionState::Empty, "{:?}", one.state);
    }
}

#[test]
fn each_state_offers_its_own_way_out() {
    let page = |state| section(&frame(Language::Da), &specimens::section(state), TODAY);
    for state in SectionState::ALL {
        let wants_retry = matches!(
            state,
            SectionState::Partial
                | SectionState::Stale
                | SectionState::TimedOut
                | SectionState::Failed
                | SectionState::Invalid
                | SectionState::Refused
                | SectionState::Suspended
        );
        assert_eq!(page(state).contains("Prøv igen<"), wants_retry, "{state:?}");
        assert_eq!(page(state).contains("Hent siden igen"), state == SectionState::Pending, "{state:?}");
        assert_eq!(page(state).contains("/auth/login"), state == SectionState::StepUpRequired, "{state:?}");
    }
    let high = Section { level: AssuranceLevel::High, ..specimens::section(SectionState::StepUpRequired) };
    let page = section(&frame(Language::Da), &high, TODAY);
    assert!(page.contains("href=\"/auth/login?return_to=/%23section-source-10&amp;level=high\""));
}

#[test]
fn items_left_out_are_counted_aloud() {
    let some = Section { left_out: 2, ..specimens::section(SectionState::Partial) };
    assert!(section(&frame(Language::Da), &some, TODAY).contains("2 oplysninger kunne ikke vises"));
    assert!(!section(&frame(Language::Da), &ready(every_kind()), TODAY).contains("kunne ikke vises"));
}

#[test]
fn a_long_list_is_folded_and_loses_nothing() {
    let page = |count| section(&frame(Language::Da), &ready(vec![Widget::Loan(loan()); count]), TODAY);
    assert!(!page(3).contains("Vis alle"));
    let long = page(40);
    assert!(long.contains("Lån (40)") && long.contains("<summary>Vis alle 40<span class=\"hidden\">: Lån</span>"));
    assert_eq!(long.matches("Niels Lyhne").count(), 40);
    let (shown, folded) = long.split_once("Vis alle 40").expect("a fold");
    assert_eq!((shown.matches("Niels Lyhne").count(), folded.matches("Niels Lyhne").count()), (3, 37));
}

#[test]
fn widgets_of_one_kind_stand_together_in_the_order_they_came() {
    let mut mixed = every_kind();
    mixed.push(Widget::Loan(loan()));
    let page = section(&frame(Language::En), &ready(mixed), TODAY);
    // What a citizen has one of is not counted.
    let headings = [
        "Loans (2)",
        "Reservations (1)",
        "Waiting lists (1)",
        "Places you pay for (1)",
        "The child&#39;s book (1)",
        "Fees and payments (1)",
        "The payment consists of (1)",
        "Benefits (1)",
        "Help and support (1)",
        "Cases (1)",
        "What has happened<",
        "Documents (1)",
        "Appointments (1)",
        "Deadlines (1)",
        "Licences and permits (1)",
        "Health card<",
        "Registered details<",
        "Mailbox<",
    ];
    assert_eq!(headings.len(), WidgetKind::ALL.len());
    let places: Vec<_> = headings.iter().map(|heading| page.find(heading).expect(heading)).collect();
    assert!(places.is_sorted());
}

#[test]
fn an_overview_ends_with_what_needs_attention_and_what_is_missing() {
    let mut failed = specimens::section(SectionState::Failed);
    failed.title = LocalizedText::new("Betalinger", "Payments");
    let sections = vec![ready(every_kind()), failed, specimens::section(SectionState::NotCovered)];
    let end = end(Language::Da, &sections);
    for shown in [
        "Niels Lyhne skal snart afleveres",
        "<span class=\"relative\">om 3 dage</span>, 25. november 2026",
        "Lykke-Per er klar til afhentning",
        "Listen kan mangle noget fra 2 kilder.",
        "Svar fra 1 af 2 kilder. 1 svarede ikke. 1 blev ikke spurgt.",
        "Mangler svar fra</dt><dd><ul><li><a href=\"#section-source-6\">Betalinger (Birkerup Kommune)</a>",
        "Ikke spurgt</dt><dd><ul><li><a href=\"#section-source-11\">",
    ] {
        assert!(end.contains(shown), "{shown}\n{end}");
    }
}

#[test]
fn nothing_needs_attention_only_when_every_source_answered_in_full() {
    let end = |states: &[SectionState]| {
        end(Language::Da, &states.iter().copied().map(specimens::section).collect::<Vec<_>>())
    };
    let promise = "Alle kilder har svaret. Intet kræver din opmærksomhed";
    assert!(end(&[SectionState::Ready, SectionState::Empty]).contains(promise));
    for state in SectionState::ALL {
        let page = end(&[SectionState::Empty, state]);
        let in_full = matches!(state, SectionState::Ready | SectionState::Empty);
        assert_eq!(page.contains(promise), in_full, "{state:?}");
        assert_eq!(page.contains("Listen kan mangle noget fra 1 kilde."), !in_full, "{state:?}");
    }
    assert!(end(&[SectionState::Failed]).contains("for ingen kilder har svaret"));
    assert!(!end(&[SectionState::Failed]).contains("Listen kan mangle"), "there is no list");
    assert!(end(&[SectionState::NotCovered]).contains("Ingen kilder blev spurgt."));
}

#[test]
fn every_number_of_the_summary_is_said_of_what_it_counts() {
    let states = [
        SectionState::Ready,
        SectionState::Partial,
        SectionState::TimedOut,
        SectionState::Stale,
        SectionState::Pending,
        SectionState::NotCovered,
    ];
    let page = end(Language::En, &states.map(specimens::section));
    let line =
        "Answers from 2 of 5 sources. 2 did not answer. 1 still being fetched. 1 did not answer in full. 1 not asked.";
    assert!(page.contains(line), "{page}");
}

#[test]
fn an_overview_with_nothing_in_it_explains_itself() {
    let end = |states: &[SectionState]| {
        end(Language::Da, &states.iter().copied().map(specimens::section).collect::<Vec<_>>())
    };
    let own_word = "Det er myndighedernes eget svar.";
    assert!(end(&[SectionState::Empty, SectionState::Empty]).contains(own_word));
    for state in SectionState::ALL.into_iter().filter(|state| *state != SectionState::Empty) {
        assert!(!end(&[SectionState::Empty, state]).contains(own_word), "{state:?}");
    }
    let nobody = end(&[]);
    assert!(nobody.contains("Det betyder ikke, at de intet har om dig."));
    assert!(!nobody.contains(own_word) && !nobody.contains("Intet kræver"));
}

#[test]
fn where_there_is_nothing_to_see_the_other_ways_are_shown_at_once() {
    let page = |one: &Section| section(&frame(Language::Da), one, TODAY).contains("<details class=\"about\" open>");
    for state in SectionState::ALL {
        let sends_elsewhere = !matches!(state, SectionState::Ready | SectionState::Empty);
        assert_eq!(page(&specimens::section(state)), sends_elsewhere, "{state:?}");
    }
    assert!(!page(&ready(every_kind())));
}

#[test]
fn an_overview_of_no_source_fetches_nothing_and_never_says_that_there_is_nothing() {
    for language in LANGUAGES {
        let texts = Texts { language };
        let page = format!("{}{}", overview_start(&frame(language), &[]), end(language, &[]));
        assert!(page.contains(texts.nobody_listed()) && page.contains(texts.nobody_listed_why()), "{page}");
        assert!(!page.contains(&texts.fetching_all(0)) && page.contains(texts.nobody_asked()), "{page}");
        for promise in [texts.nothing_needs_attention(), texts.nothing_in_answers(), texts.all_empty()] {
            assert!(!page.contains(promise), "{promise}");
        }
    }
}
