//! A source that hangs, refuses, or answers about somebody else: its section says so, and nothing else is touched.

use std::time::Duration;

use super::{prometheus::Prometheus, town::Town};
use crate::crowd::Trouble;

/// The source whose authority gets into trouble.
const SOURCE: &str = "daycare";

/// In turn, each with the alerts that fire for it and resolve. None of it may cost anybody an answer.
pub(super) async fn in_turn(town: &Town, prometheus: &Prometheus) {
    let down = ["OverblikSourceDown"].as_slice();
    for (name, trouble, alerts) in [
        ("a source hangs", Trouble::Hangs, down),
        ("a source closes without an answer", Trouble::Refuses, down),
        (
            "a source answers about somebody else",
            Trouble::WrongPerson,
            &["OverblikWrongPersonAnswered", "OverblikSourceCutOff"],
        ),
        ("a source refuses our key", Trouble::RefusesOurKey, &["OverblikSourceRefusesUs", "OverblikErrorsLogged"]),
    ] {
        town.begin(name, Duration::ZERO);
        town.trouble(Some(trouble));
        for alert in alerts {
            prometheus.fires(alert).await;
        }
        town.look_on().await;
        town.trouble(None);
        // The breaker waits half a minute and more by itself, and whoever mixed up two citizens is asked by nobody until an
        // operator says so.
        town.gateways.reset(SOURCE).await;
        for alert in alerts {
            prometheus.resolves(alert).await;
        }
        town.look_on().await;
    }
}
