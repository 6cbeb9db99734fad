//! A source that hangs, refuses, or answers about somebody else: its section says so, and nothing else is touched.

use std::time::Duration;

use super::town::Town;
use crate::crowd::Trouble;

/// The source whose authority gets into trouble.
const SOURCE: &str = "daycare";

/// In turn. None of it may cost anybody an answer.
pub(super) async fn in_turn(town: &Town) {
    for (name, trouble) in [
        ("a source hangs", Trouble::Hangs),
        ("a source closes without an answer", Trouble::Refuses),
        ("a source answers about somebody else", Trouble::WrongPerson),
    ] {
        town.begin(name, Duration::ZERO);
        town.trouble(Some(trouble));
        town.look_on().await;
        town.look_on().await;
        town.trouble(None);
        // The breaker waits half a minute and more by itself, and whoever mixed up two citizens is asked by nobody until an
        // operator says so.
        town.gateways.reset(SOURCE).await;
        town.look_on().await;
    }
}
