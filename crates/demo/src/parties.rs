//! The running parties, as the world and the control page see them: where each is, what each received, what is wrong
//! with each.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    fault::Fault,
    fault_board::FaultBoard,
    party::{FaultTarget, Party, PerParty, Source},
    received::Recorder,
};

/// One running party.
pub(crate) struct PartyHandle {
    pub(crate) url: String,
    pub(crate) recorder: Recorder,
    /// Whether the party's port takes connections.
    pub(crate) listening: watch::Sender<bool>,
}

/// All of them; cheap to clone.
#[derive(Clone)]
pub(crate) struct Parties {
    pub(crate) handles: Arc<PerParty<PartyHandle>>,
    pub(crate) board: FaultBoard,
    pub(crate) stop: CancellationToken,
}

impl Parties {
    /// The authorities that take part.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> {
        Source::ALL.iter().copied().filter(|source| self.handles.contains_key(&Party::Source(*source)))
    }

    /// Where a party is; nowhere if it takes no part.
    pub(crate) fn url(&self, party: Party) -> &str {
        self.handles.get(&party).map_or("", |handle| &handle.url)
    }

    pub(crate) fn recorder(&self, party: Party) -> Option<&Recorder> {
        self.handles.get(&party).map(|handle| &handle.recorder)
    }

    pub(crate) fn fault(&self, target: FaultTarget) -> Option<Fault> {
        self.board.get(target)
    }

    /// Puts a fault in force, or ends it. When this returns, the port is closed or open as the fault wants it.
    pub(crate) async fn order(&self, target: FaultTarget, fault: Option<Fault>) {
        tracing::info!(%target, fault = fault.map_or("none", Fault::name), "fault ordered");
        self.board.set(target, fault);
        let party = Party::Source(target.source());
        let Some(handle) = self.handles.get(&party) else { return };
        let mut orders = self.board.changes();
        let mut listening = handle.listening.subscribe();
        // Another order may contradict this one meanwhile; the port then follows that one.
        while *listening.borrow_and_update() == self.board.refuses(party) {
            tokio::select! {
                _ = listening.changed() => {}
                _ = orders.changed() => {}
                () = self.stop.cancelled() => return,
            }
        }
    }
}
