//! Recordings as sources write them, and as authors misname them.

use std::fs;

use overblik_connectors::kit::{self, Case, Verdict};
use overblik_widgets::SectionState;

use crate::kit::{Copy, assert_failed, of};

const DEADLINES: &str = "licence-agency/deadlines";
const ANSWER: &str = "examples/family/overview.xml";

/// The recording in another character set, with what declares it.
fn western(copy: &Copy, declaration: &str) {
    let file = copy.folder.join(ANSWER);
    let text = fs::read_to_string(&file).expect("a recording");
    let body = text.split_once("?>").map_or(text.as_str(), |(_, body)| body);
    let bytes: Vec<u8> = format!("{declaration}{}", body.trim_start()).chars().map(western_byte).collect();
    assert!(std::str::from_utf8(&bytes).is_err(), "the recording has no letter that is written otherwise");
    fs::write(file, bytes).expect("written");
}

fn western_byte(character: char) -> u8 {
    u8::try_from(u32::from(character)).expect("a character of ISO-8859-1")
}

#[tokio::test]
async fn a_recording_in_another_character_set_is_read_as_it_was_recorded() {
    let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let type_of = "answers: { overview: { headers: { content-type: \"text/xml; charset=ISO-8859-1\" } } }\n";
    for (declaration, exchange) in [(declared, ""), ("", type_of)] {
        let copy = Copy::of(DEADLINES);
        western(&copy, declaration);
        let citizen = "citizen: \"6103880002\"\n";
        fs::write(copy.folder.join("examples/family/exchange.yaml"), format!("{citizen}{exchange}")).expect("written");
        let checks = copy.checks().await;
        for id in ["recordings.readable", "recording:family", "person.another:overview", "content.unknown-fields"] {
            assert_eq!(of(&checks, id).verdict, Verdict::Passed, "{declaration}{exchange}: {:?}", of(&checks, id));
        }
    }
    let copy = Copy::of(DEADLINES);
    western(&copy, "");
    fs::write(copy.folder.join("examples/family/exchange.yaml"), "citizen: \"6103880002\"\n").expect("written");
    let contract = copy.contract();
    let case = Case::read(&contract.examples().join("family")).expect("a case");
    let (result, _) = kit::replay(&contract, &case).await.expect("a result");
    assert_eq!(result.state, SectionState::Invalid);
    let found = result.reasons.first().map(|reason| reason.found.clone()).unwrap_or_default();
    assert!(found.contains("not UTF-8") && found.contains("encoding=\"ISO-8859-1\""), "{found}");
}

#[tokio::test]
async fn what_is_wrong_with_one_case_is_told_and_the_others_are_checked() {
    let copy = Copy::of(DEADLINES);
    fs::create_dir(copy.folder.join("examples/first")).expect("a folder");
    let checks = copy.checks().await;
    assert_failed(&checks, "recordings.readable", "exchange.yaml: is missing; an example has this file");
    assert_eq!(of(&checks, "recording:family").verdict, Verdict::Passed);
}

#[tokio::test]
async fn a_recording_of_another_name_is_told_with_the_name_it_must_have() {
    let contract = Copy::of(DEADLINES);
    let family = contract.folder.join("examples/family");
    for (name, told) in [
        ("oversigt.xml", "family/oversigt.xml answers nothing; the contract's calls are recorded as overview.xml"),
        ("overview.json", "family/overview.json is read by the contract as overview.xml"),
    ] {
        let (from, to) = (family.join("overview.xml"), family.join(name));
        fs::rename(&from, &to).expect("renamed");
        let checks = contract.checks().await;
        assert_failed(&checks, "recordings.named", told);
        fs::rename(&to, &from).expect("renamed back");
    }
}
