//! Which fault is in force for what, right now.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

use crate::{
    fault::{Fault, FaultOrder},
    party::{FaultTarget, Party},
};

/// The faults in force; shared by those who order and those who obey.
#[derive(Clone)]
pub(crate) struct FaultBoard(Arc<watch::Sender<BTreeMap<FaultTarget, Fault>>>);

impl FaultBoard {
    /// A board with faults from the start. A later order for a target replaces an earlier one.
    pub(crate) fn new(orders: &[FaultOrder]) -> Self {
        Self(Arc::new(watch::Sender::new(orders.iter().map(|order| (order.target, order.fault)).collect())))
    }

    pub(crate) fn get(&self, target: FaultTarget) -> Option<Fault> {
        self.0.borrow().get(&target).copied()
    }

    pub(crate) fn set(&self, target: FaultTarget, fault: Option<Fault>) {
        self.0.send_modify(|faults| {
            match fault {
                Some(fault) => faults.insert(target, fault),
                None => faults.remove(&target),
            };
        });
    }

    /// Whether the party's port is to refuse connections.
    pub(crate) fn refuses(&self, party: Party) -> bool {
        match party {
            Party::Source(source) => self.get(source.into()) == Some(Fault::Refused),
            Party::IdentityProvider | Party::Control | Party::Portal => false,
        }
    }

    /// Returns as soon as the party's port is to refuse connections (`true`) or to take them (`false`).
    pub(crate) async fn refusal_becomes(&self, party: Party, wanted: bool) {
        let mut changes = self.0.subscribe();
        while self.refuses(party) != wanted {
            if changes.changed().await.is_err() {
                // Not reached while `self` holds the sender; waiting forever is what "no change" means.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Tells of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<FaultTarget, Fault>> {
        self.0.subscribe()
    }
}
