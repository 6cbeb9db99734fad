//! No citizen sees another's data, whatever happens at once (requirement R57).

use std::time::Duration;

use overblik_tests::{
    GatewayBinary,
    crowd::Mischief,
    storm::{StormReport, StormSetup, rage},
};

use crate::town::{Town, setting};

const CITIZENS: usize = 200;

/// The same in a long storm: most of them wait for slow authorities, and more can wait at once.
const CITIZENS_OF_A_LONG_STORM: usize = 600;

/// Answers of a storm, unless `OVERBLIK_STORM_RESPONSES` says otherwise: some seconds' worth, for every change.
const RESPONSES: u64 = 10_000;

/// From so many answers on, gateways are killed and started again meanwhile.
const LONG: u64 = 50_000;

async fn storm(town: &mut Town, responses: u64, stops_at_first_finding: bool) -> StormReport {
    let setup = StormSetup {
        seed: town.seed,
        responses,
        key_exchanges: if stops_at_first_finding { 0 } else { 2 },
        kill_every: (responses >= LONG).then_some(Duration::from_secs(30)),
        stops_at_first_finding,
    };
    let report = rage(&town.crowd, &mut town.fleet, &town.redis, setup).await;
    println!("{report}");
    report
}

#[tokio::test]
async fn r57_two_hundred_citizens_at_once_see_their_own_data_only() {
    let responses = setting("OVERBLIK_STORM_RESPONSES").unwrap_or(RESPONSES);
    // Millions of lines tell nobody anything.
    let log = if responses >= LONG { "warn" } else { "info" };
    let citizens = if responses >= LONG { CITIZENS_OF_A_LONG_STORM } else { CITIZENS };
    let mut town = Town::found(citizens, Mischief::STORM, GatewayBinary::Overblik, log).await;
    let report = storm(&mut town, responses, false).await;
    assert_eq!(report.found, 0, "{report}");
    // It rained: nearly everybody saw something of their own.
    assert!(report.responses >= responses && report.persons_shown > citizens * 9 / 10, "{report}");
    assert!(report.own_texts > report.responses / 2, "{report}");
    // On a machine that cannot keep up, the store's answers are late for some: they are told so, and shown nothing.
    assert!(report.refused() < report.responses / 4, "{report}");
    assert!(responses >= LONG || report.broken == 0, "{report}");
    assert_eq!(town.crowd.provider.replays(), 0, "a refresh token was sent twice");
    // Everybody has logged out. What is left are sessions whose cookie no browser ever got, or whose logout was given up;
    // they end when the provider says that everybody is gone.
    let left = town.left_behind().await.len();
    assert!(u64::try_from(left).is_ok_and(|left| left <= report.uncertain), "{left} sessions left: {report}");
    town.crowd.log_everybody_out(&town.fleet.doors()).await;
    assert_eq!(town.left_behind().await, Vec::<String>::new());
    let others = town.kept("*").into_iter().filter(|name| !lapses_by_itself(name));
    let (lists, others): (Vec<_>, Vec<_>) = others.partition(|name| name.ends_with(":sessions"));
    assert_eq!(others, Vec::<String>::new(), "something of sessions is left");
    // A list outlives its sessions only where a gateway was killed, or the store was late, between one step and the next.
    let half_done = report.uncertain + report.refused();
    assert!(
        responses >= LONG || u64::try_from(lists.len()).is_ok_and(|lists| lists <= half_done),
        "{lists:?}: {report}"
    );
}

/// What says nothing about a session that lives, and lapses: times of logouts, marks of tokens, attempts that nobody
/// finished.
fn lapses_by_itself(name: &str) -> bool {
    let beginnings = ["overblik:mark:", "overblik:attempt:", "overblik:probe"];
    beginnings.iter().any(|beginning| name.starts_with(beginning)) || name.ends_with(":logout")
}

/// The same storm over gateways in whose calls citizen and session are missing from the key. A storm that does not find
/// that would find nothing.
#[tokio::test]
async fn r57_the_storm_finds_a_gateway_that_mixes_citizens_up() {
    let mut town = Town::found(CITIZENS, Mischief::STORM, GatewayBinary::NegativeControl, "info").await;
    let report = storm(&mut town, RESPONSES, true).await;
    let mixed_up = report.findings.iter().filter(|finding| finding.contains("a text of person")).count();
    assert!(mixed_up > 0, "{report}");
}
