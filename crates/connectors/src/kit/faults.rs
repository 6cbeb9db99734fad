//! Everything that can be wrong with a source as a whole, and the state that each must become (design of the states: a
//! failure is never shown as "nothing").

use std::time::Duration;

use overblik_widgets::SectionState;
use serde_json::Value;

use super::{
    contract::Contract,
    planned::Planned,
    recording::{Case, Format},
    route::ANSWER,
    script::{bomb, changed, drip, format, huge, recorded},
    stage::{Manner, Played},
};

use SectionState::{Empty, Failed, Invalid, Partial, Refused, TimedOut};

/// Where a redirect of the kit leads; nobody may ever ask there.
const ELSEWHERE: &str = "/kit-elsewhere";
/// How many spaces the bomb unpacks to, in runs of 258: 5 MiB, more than any contract may allow, of 32 KiB.
const BOMB_RUNS: u32 = 20_000;
/// One byte of a dripping answer in this time.
const DRIP: Duration = Duration::from_millis(50);

/// The checks of faults, on all requests of a case at once.
pub(super) fn planned<'c>(contract: &'c Contract, case: &'c Case) -> Vec<Planned<'c>> {
    let requests = requests(contract.document());
    let limit = contract.source().timeout;
    let kib = contract.document().pointer("/spec/limits/bodyKib").and_then(Value::as_u64).unwrap_or(256);
    let body_limit = usize::try_from(kib).unwrap_or(256).saturating_mul(1024);
    let with = |change: &dyn Fn(&mut Played)| {
        changed(recorded(case), &requests, |played| {
            // What one citizen's case answers with a status that says "nothing" is answered with success here.
            played.status = 200;
            change(played);
        })
    };
    let bomb = bomb(BOMB_RUNS);
    let manner = |manner: Manner| with(&|played| played.manner = manner);
    let faults: [(&str, _, &[SectionState]); 14] = [
        ("slow", manner(Manner::Late(limit + Duration::from_secs(1))), &[TimedOut]),
        ("stalled", with(&stalled), &[TimedOut]),
        ("dripping", with(&|played| drip(played, limit, DRIP)), &[TimedOut]),
        ("huge", with(&|played| played.body = huge(format(played), body_limit)), &[Invalid]),
        (
            "huge-unannounced",
            with(&|played| {
                played.body = huge(format(played), body_limit);
                played.manner = Manner::Unannounced;
            }),
            &[Invalid],
        ),
        (
            "compressed-bomb",
            with(&|played| {
                played.body.clone_from(&bomb);
                played.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
            }),
            &[Invalid],
        ),
        ("malformed", with(&cut_in_half), &[Invalid]),
        ("too-deep", with(&too_deep), &[Invalid]),
        ("wrong-type", with(&an_error_page), &[Invalid]),
        ("cut-before-the-answer", manner(Manner::CutBefore), &[Failed]),
        ("cut-within-the-answer", with(&cut_within), &[Failed]),
        ("redirect", with(&redirect), &[Failed]),
        ("empty-body", with(&|played| played.body.clear()), &[Invalid]),
        ("no-body-no-type", with(&no_body), &[Invalid]),
    ];
    let mut planned: Vec<_> = faults
        .into_iter()
        .map(|(name, script, expected)| Planned::state(format!("fault.{name}"), case, script, expected))
        .map(|planned| {
            planned.and("and nobody asks where a redirect leads", |_, seen| {
                let followed = seen.iter().any(|seen| seen.target.contains(ELSEWHERE));
                followed.then(|| "the redirect was followed".to_owned())
            })
        })
        .collect();
    for (status, otherwise) in
        [(401, Refused), (403, Refused), (404, Failed), (429, Failed), (500, Failed), (503, Failed)]
    {
        let script = with(&|played| {
            played.status = status;
            played.body.clear();
        });
        let expected = expected_of_status(contract.document(), &requests, status, otherwise);
        planned.push(Planned::state(format!("fault.status-{status}"), case, script, expected));
    }
    if contract.document().pointer("/spec/echo").is_some() {
        // Also where the status would say that there is nothing: it may be said of somebody else.
        for (name, echo, status) in [
            ("missing", Manner::WithoutEcho, 200),
            ("missing-404", Manner::WithoutEcho, 404),
            ("of-another", Manner::OtherEcho, 200),
            ("of-another-404", Manner::OtherEcho, 404),
        ] {
            let script = with(&|played| (played.manner, played.status) = (echo, status));
            planned.push(Planned::state(format!("fault.echo-{name}"), case, script, &[Invalid]));
        }
    }
    planned
}

/// The names of a contract's requests: its own, or those of its data models. Without either, the name of the one call that
/// its connector makes.
pub(super) fn requests(document: &Value) -> Vec<&str> {
    let declared = document.pointer("/spec/requests").and_then(Value::as_object);
    let declared = declared.into_iter().flatten().map(|(name, _)| name.as_str());
    let models = document.pointer("/spec/orkestrering/models").and_then(Value::as_array);
    let models = models.into_iter().flatten().filter_map(|model| model.get("name")?.as_str());
    let names: Vec<_> = declared.chain(models).collect();
    if names.is_empty() { vec![ANSWER] } else { names }
}

/// A status says "nothing" for the requests whose contract says so, and for no others.
fn expected_of_status(
    document: &Value,
    requests: &[&str],
    status: u16,
    otherwise: SectionState,
) -> &'static [SectionState] {
    let says_nothing = requests.iter().filter(|name| {
        let statuses = document.pointer(&format!("/spec/requests/{name}/emptyStatus")).and_then(Value::as_array);
        statuses.is_some_and(|statuses| statuses.iter().any(|declared| declared.as_u64() == Some(u64::from(status))))
    });
    match (says_nothing.count(), otherwise) {
        (0, Refused) => &[Refused],
        (0, _) => &[Failed],
        (some, _) if some == requests.len() => &[Empty],
        _ => &[Partial],
    }
}

fn cut_in_half(played: &mut Played) {
    played.body.truncate(played.body.len() / 2);
    // Half of a short answer may be a whole one, such as a number.
    played.body.extend_from_slice(b"<{");
}

fn too_deep(played: &mut Played) {
    played.body = match format(played) {
        Format::Xml => format!("{}{}", "<a>".repeat(200), "</a>".repeat(200)),
        Format::Json | Format::Other | Format::Nothing => format!("{}{}", "[".repeat(200), "]".repeat(200)),
    }
    .into_bytes();
}

fn an_error_page(played: &mut Played) {
    set_type(played, "text/html; charset=utf-8");
    played.body = b"<!DOCTYPE html><title>Log ind</title>".to_vec();
}

fn set_type(played: &mut Played, content_type: &str) {
    played.headers.retain(|(name, _)| name != "content-type");
    played.headers.push(("content-type".to_owned(), content_type.to_owned()));
}

fn stalled(played: &mut Played) {
    // Half of nothing is already everything.
    played.body.extend_from_slice(b"  ");
    played.manner = Manner::Stalled;
}

fn cut_within(played: &mut Played) {
    if played.body.len() < 2 {
        played.body = b"    ".to_vec();
    }
    played.manner = Manner::CutWithin;
}

fn redirect(played: &mut Played) {
    played.status = 302;
    played.headers.push(("location".to_owned(), ELSEWHERE.to_owned()));
}

fn no_body(played: &mut Played) {
    played.headers.retain(|(name, _)| name != "content-type");
    played.body.clear();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kit::trial::Came;

    #[test]
    fn no_fault_may_be_shown_as_an_answer() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../contracts/authorities/public-payments/payments");
        let contract = Contract::read(&source).expect("a contract");
        let case = Case::read(&contract.examples().join("family")).expect("a case");
        let planned = planned(&contract, &case);
        assert_eq!(planned.len(), 20);
        for state in [SectionState::Ready, SectionState::Empty] {
            let shown = Came::only(state);
            for planned in &planned {
                assert!((planned.judge)(&shown, &[]).is_some(), "{} lets {state:?} pass", planned.id);
            }
        }
    }

    #[test]
    fn a_status_is_nothing_only_where_the_contract_says_so() {
        let document = json!({ "spec": { "requests": { "a": { "emptyStatus": [404] }, "b": {} } } });
        assert_eq!(expected_of_status(&document, &["a"], 404, Failed), &[Empty]);
        assert_eq!(expected_of_status(&document, &["a", "b"], 404, Failed), &[Partial]);
        assert_eq!(expected_of_status(&document, &["b"], 404, Failed), &[Failed]);
        assert_eq!(expected_of_status(&document, &["a"], 403, Refused), &[Refused]);
    }
}
