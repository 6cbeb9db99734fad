//! A contract against the authority's own test endpoint.

use std::time::Duration;

use futures::future::join_all;
use overblik_widgets::SectionState;
use serde_json::Value;

use super::{
    contract::{ConnectSettings, Contract},
    faults::requests,
    planned::tag,
    report::{Check, Verdict},
    trial::{Asking, Came, CannotTry, asking_at},
};
use crate::{citizen::Municipality, error::ConnectorError};

/// How often two citizens are asked about at the same time.
const MEETINGS: usize = 5;

/// Whom a test endpoint is asked about, and how often.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Where and how it is asked.
    pub connect: ConnectSettings,
    /// A fictitious citizen about whom it has something.
    pub citizen: String,
    /// Another one.
    pub other_citizen: Option<String>,
    /// One about whom it has nothing.
    pub citizen_without_data: Option<String>,
    /// Where they live, if the contract asks for it.
    pub municipality: Option<Municipality>,
    /// How many calls the latency is measured with.
    pub calls: usize,
}

/// Tests a contract against a test endpoint.
///
/// # Errors
/// [`CannotTry`]; see there.
pub async fn test_at(contract: &Contract, settings: &LiveSettings) -> Result<Vec<Check>, CannotTry> {
    let asking = |citizen: &str| asking_at(contract, &settings.connect, citizen, settings.municipality.clone());
    let citizen = asking(&settings.citizen)?;
    let other = settings.other_citizen.as_deref().map(asking).transpose()?;
    let nobody = settings.citizen_without_data.as_deref().map(asking).transpose()?;
    let came = citizen.ask().await;
    let others = match &other {
        Some(other) => Some(other.ask().await),
        None => None,
    };
    let mut checks = vec![answers(&came), something(&came, others.as_ref())];
    checks.extend([whole(&came), about_the_citizen(contract, &came)]);
    checks.push(match other {
        Some(other) => two_at_once(contract, &citizen, &other).await,
        None => without("live.two-citizens-at-once", TWO, "no --other-citizen is given"),
    });
    checks.push(match nobody {
        Some(nobody) => {
            let came = nobody.ask().await;
            let wrong = (came.state != SectionState::Empty).then(|| format!("the section is {}", tag(came.state)));
            check("live.nothing", "200 and an empty list, or what the contract says: `empty`", &came, wrong)
        }
        None => without("live.nothing", "`empty`", "no --citizen-without-data is given"),
    });
    checks.push(latency(contract, &citizen, settings.calls).await);
    Ok(checks)
}

const TWO: &str = "two citizens who are asked about at the same time each get their own answer";

fn without(id: &str, expected: &str, reason: &str) -> Check {
    Check::not_applicable(id, expected, reason)
}

fn check(id: &str, expected: &str, came: &Came, wrong: Option<String>) -> Check {
    Check::of(id, expected, wrong).with(came)
}

fn answers(came: &Came) -> Check {
    let wrong = (!came.state.was_answered()).then(|| match came.error {
        Some(error) => error.to_string(),
        None => format!("the section is {}", tag(came.state)),
    });
    check("live.answers", "an answer in the contract's format, within its limits", came, wrong)
}

/// A path that leads nowhere and a status that says "nothing" look alike: "nothing" about everybody tests nothing.
fn something(came: &Came, other: Option<&Came>) -> Check {
    let expected = "something to show of --citizen, or of --other-citizen";
    let shown = [Some(came), other].into_iter().flatten().any(|came| !came.widgets.is_empty());
    let wrong = (!shown).then(|| {
        let hint = "name a citizen whom the test endpoint knows, and see that the address and the path are right";
        format!("there is nothing about anybody, which a mistyped path looks like too: {hint}")
    });
    let mut check = check("live.something", expected, came, wrong);
    if check.verdict == Verdict::Failed && check.reasons.is_empty() {
        check.reasons = other.map(|other| other.reasons.clone()).unwrap_or_default().into();
    }
    check
}

fn whole(came: &Came) -> Check {
    let wrong = (came.left_out > 0 || !came.problems.is_empty())
        .then(|| format!("{} items are left out, and {} problems told", came.left_out, came.problems.len()));
    check("live.whole", "everything in the answer can be shown", came, wrong)
}

/// The connector itself has compared what the answer names.
fn about_the_citizen(contract: &Contract, came: &Came) -> Check {
    const ID: &str = "live.about-the-citizen";
    const EXPECTED: &str = "the answer says that it is about the citizen who was asked about";
    if names_nobody(contract) {
        return without(ID, EXPECTED, "the contract says that the source cannot tell whom its answers are about");
    }
    let wrong = match came.error {
        Some(ConnectorError::WrongPerson) => Some("the answer is about another person".to_owned()),
        Some(error) => Some(format!("there is no answer to compare: {error}")),
        None => None,
    };
    check(ID, EXPECTED, came, wrong)
}

fn names_nobody(contract: &Contract) -> bool {
    requests(contract.document()).iter().all(|request| {
        let reason = contract.document().pointer(&format!("/spec/requests/{request}/identity/none"));
        reason.is_some_and(Value::is_string)
    })
}

async fn two_at_once(contract: &Contract, citizen: &Asking, other: &Asking) -> Check {
    const ID: &str = "live.two-citizens-at-once";
    if names_nobody(contract) {
        return without(ID, TWO, "the contract says that the source cannot tell whom its answers are about");
    }
    let mut last = None;
    for _ in 0..MEETINGS {
        for came in join_all([citizen.ask(), other.ask()]).await {
            let wrong = match came.error {
                Some(ConnectorError::WrongPerson | ConnectorError::CutOff) => {
                    Some("an answer is about another person".to_owned())
                }
                Some(error) => Some(format!("one of them has no answer: {error}")),
                None => None,
            };
            if wrong.is_some() {
                return check(ID, TWO, &came, wrong);
            }
            last = Some(came);
        }
    }
    match last {
        Some(came) => check(ID, TWO, &came, None),
        None => without(ID, TWO, "nobody was asked about"),
    }
}

async fn latency(contract: &Contract, citizen: &Asking, calls: usize) -> Check {
    const ID: &str = "live.latency";
    let limit = contract.source().timeout;
    let expected = format!("every answer within {} ms", limit.as_millis());
    let mut times = Vec::with_capacity(calls);
    let (mut late, mut unusable) = (0_usize, None);
    for _ in 0..calls {
        let came = citizen.ask().await;
        let is_late = came.took > limit || came.state == SectionState::TimedOut;
        late += usize::from(is_late);
        if !is_late && !came.state.was_answered() {
            unusable.get_or_insert((tag(came.state), came.reasons));
        }
        times.push(came.took);
    }
    times.sort();
    let at = |percent: usize| times.get((times.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default();
    let (middle, high, worst) = (milliseconds(at(50)), milliseconds(at(95)), milliseconds(at(100)));
    let (unusable, reasons) = unusable.unzip();
    let wrong = match unusable {
        _ if late > 0 => Some(format!("{late} of {calls} calls were not answered in time")),
        // What is no answer is quickly given, and says nothing about the time that answers take.
        Some(state) => Some(format!("the time of answers cannot be told: a section is {state}")),
        None => None,
    };
    let came = format!("{calls} calls: half within {middle} ms, 95 in 100 within {high} ms, all within {worst} ms");
    let reasons = reasons.unwrap_or_default().into();
    Check { came, reasons, milliseconds: worst, ..Check::of(ID, &expected, wrong) }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
