//! Whom a source's index leaves out is not asked about.

use overblik_connectors::{AcceptedPersons, Cpr};

use super::{super::Freshness, *};
use crate::session::Viewer;

const KNOWN: &str = "6101010001";
const UNKNOWN: &str = "6101010002";

fn person(
    viewer: fn(&mut overblik_connectors::Authentication) -> &mut overblik_connectors::Citizen,
    number: &str,
) -> Viewer {
    viewer_with(|authentication| {
        viewer(authentication).cpr = Cpr::parse(number, AcceptedPersons::FictitiousToo).expect("a number");
    })
}

#[tokio::test(start_paused = true)]
async fn whom_a_source_does_not_know_it_is_not_asked_about_and_is_told_so() {
    let sources = Sources::default().with("a", answers(0)).with("b", answers(0));
    let service = sources.service();
    service.indexes().clone().with("a", &[KNOWN]);
    let of = async |viewer: &Viewer| service.begin(viewer, Language::Da, DEADLINE).collect().await.expect("a session");

    let known = of(&person(|authentication| &mut authentication.subject, KNOWN)).await;
    assert_eq!((states(&known), sources.calls()), (vec![("a", SectionState::Empty), ("b", SectionState::Empty)], 2));

    let stranger = person(|authentication| &mut authentication.subject, UNKNOWN);
    let unknown = of(&stranger).await;
    assert_eq!(states(&unknown), [("a", SectionState::NotCovered), ("b", SectionState::Empty)]);
    assert_eq!((sources.calls(), unknown.summary.counts.not_asked), (3, 1), "the other one alone");
    let message = unknown.sections[0].message.clone().expect("a reason");
    assert!(message.da.contains("ikke spurgt") && message.da.contains("gå direkte til myndigheden"), "{message:?}");
    assert!(message.en.contains("not asked") && message.en.contains("go directly to the authority"), "{message:?}");
    let declared = service.declared_for(&stranger);
    let told = declared[0].not_asked.as_ref().expect("a reason");
    assert_eq!((told.state, &told.message), (SectionState::NotCovered, &message), "and it is declared");
    assert!(declared[1].not_asked.is_none());
    let section = service.begin_section(&stranger, "a", Freshness::Anew).expect("a section").only().await.expect("one");
    assert_eq!((section.state(), sources.calls()), (SectionState::NotCovered, 3), "nor when asked for alone");
}

#[tokio::test(start_paused = true)]
async fn r58_it_is_looked_up_whom_the_data_are_about_and_not_who_looks() {
    let sources = Sources::default().with("a", answers(0));
    let service = sources.service();
    service.indexes().clone().with("a", &[KNOWN]);
    let state_for = async |viewer: Viewer| {
        let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
        (overview.sections[0].state(), sources.calls())
    };
    let parent_of_unknown = person(|authentication| &mut authentication.subject, UNKNOWN);
    assert_eq!(parent_of_unknown.scope.actor().cpr, viewer().scope.subject().cpr, "who is known themselves");
    assert_eq!(state_for(parent_of_unknown).await, (SectionState::NotCovered, 0));
    let unknown_for_known = person(|authentication| &mut authentication.actor, UNKNOWN);
    assert_eq!(state_for(unknown_for_known).await, (SectionState::Empty, 1));
}

#[tokio::test(start_paused = true)]
async fn whether_a_source_knows_somebody_is_told_at_its_own_level_alone() {
    let sources = Sources::default().declared("a", answers(0), |source| source.level = AssuranceLevel::High).declared(
        "elsewhere",
        answers(0),
        |source| {
            let elsewhere = BTreeSet::from([Municipality::parse("0902").expect("a code")]);
            source.display_clients = agreed(&["overblik"], &Coverage::Municipalities(elsewhere));
        },
    );
    let service = sources.service();
    service.indexes().clone().with("a", &[KNOWN]).with("elsewhere", &[KNOWN]);
    for number in [KNOWN, UNKNOWN] {
        let viewer = person(|authentication| &mut authentication.subject, number);
        let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
        assert_eq!(states(&overview), [("a", SectionState::StepUpRequired), ("elsewhere", SectionState::NotCovered)]);
        assert_eq!(overview.sections[1].message, SectionState::NotCovered.message());
    }
}

#[tokio::test(start_paused = true)]
async fn another_set_of_sources_goes_by_the_same_indexes() {
    let sources = Sources::default().with("a", answers(0));
    let service = sources.service();
    service.indexes().clone().with("a", &[KNOWN]);
    service.exchange(std::sync::Arc::clone(service.sources().set()));
    let viewer = person(|authentication| &mut authentication.subject, UNKNOWN);
    let overview = service.begin(&viewer, Language::Da, DEADLINE).collect().await.expect("a session");
    assert_eq!((states(&overview), sources.calls()), (vec![("a", SectionState::NotCovered)], 0));
}
