//! What is planned, of what the registry says and what is known.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use overblik_registry::{
    Change, FileStore, RegistryService, Share,
    testing::{
        at, authority, bring_live, changed, establish, libraries, library, library_files, machine_of, operator,
        pass_test,
    },
};
use tempfile::TempDir;

use super::{
    looking::{LookedAt, Named},
    plan::{Grounds, Plan},
};

/// A registry, what is known of its versions, and which of them are asked.
struct World {
    folder: TempDir,
    service: RegistryService,
    looked_at: LookedAt,
    asked: Vec<Named>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(FileStore::open(&folder.path().join("registry")).expect("a store"));
        let service = RegistryService::open(store, folder.path().join("unfolded")).await.expect("a registry");
        establish(&service, libraries()).await;
        bring_live(&service, &libraries().slug, &library(), &library_files()).await;
        Self { folder, service, looked_at: LookedAt::default(), asked: Vec::new() }
    }

    /// What is planned now.
    fn plan(&self) -> Plan {
        let former = |_: &_| self.asked.first().cloned();
        let is_asked = |named: &Named| self.asked.contains(named);
        let refused = BTreeMap::new();
        let looked_at = &self.looked_at;
        let grounds = Grounds { looked_at, refused: &refused, former: &former, is_asked: &is_asked };
        Plan::of(&self.service.current(), at(10), &grounds)
    }

    /// Looks at what there is to look at.
    async fn look(&mut self) {
        let unfolded = self.unfolded();
        for (named, authority) in self.plan().to_look_at {
            let looked = self.looked_at.look_at(named, authority, &self.service, &unfolded).await;
            assert_eq!(looked, Ok(true));
        }
    }

    fn unfolded(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("unfolded")
    }

    async fn give_domain(&self, domain: &str) {
        establish(&self.service, authority("birkerup-libraries", "90000026", domain)).await;
    }

    /// Brings another version of the library to a share of the citizens.
    async fn release_another(&self, share: Share) {
        let next = changed(&library_files(), "{ da: Bibliotek, en", "{ da: Biblioteket, en");
        let (source, bundle, service) = (library(), next.digest(), &self.service);
        let machine = machine_of("birkerup-libraries", "ci");
        service.push(&machine, at(6), None, (&libraries().slug, &source), &next).await.expect("pushed");
        pass_test(service, &machine, &source, 2).await;
        let steps = [
            (
                machine.clone(),
                Change::Submitted { source: source.clone(), version: 2, bundle, share: None, note: None },
            ),
            (operator("bo"), Change::Approved { source: source.clone(), version: 2, bundle }),
            (machine, Change::Released { source: source.clone(), version: 2, share }),
        ];
        for (actor, change) in steps {
            service.submit(&actor, at(7), None, change).await.expect("done");
        }
    }

    fn is_suspended(&self) -> bool {
        self.plan().sources["library"].suspended
    }
}

#[tokio::test]
async fn r40_what_was_stopped_stays_so_until_it_is_known_to_be_its_authority_s() {
    let mut world = World::new().await;
    assert!(world.plan().sources.is_empty(), "nobody asks what nobody looked at");
    world.look().await;
    assert!(!world.is_suspended());
    world.asked = world.plan().usable.into_iter().collect();
    world.give_domain("elsewhere.example").await;
    assert!(!world.is_suspended() && world.plan().to_look_at.len() == 1, "not before it is known");
    world.look().await;
    assert!(world.is_suspended() && world.plan().mistakes.contains_key("library"));
    world.give_domain("other.example").await;
    assert!(world.is_suspended() && !world.plan().to_look_at.is_empty(), "not let in between");
    world.look().await;
    assert!(world.is_suspended());
    world.give_domain("bibliotek.birkerup.example").await;
    assert!(world.is_suspended());
    world.look().await;
    assert!(!world.is_suspended() && world.plan().mistakes.is_empty());
}

#[tokio::test]
async fn a_version_beside_is_asked_when_it_was_looked_at_and_the_other_until_then() {
    let mut world = World::new().await;
    world.look().await;
    world.asked = world.plan().usable.into_iter().collect();
    world.release_another(Share::try_from(30).expect("a share")).await;
    let planned = world.plan().sources.remove("library").expect("the library");
    assert!(planned.versions.next.is_none(), "nobody looked");
    world.look().await;
    let planned = world.plan().sources.remove("library").expect("the library");
    assert_eq!(planned.versions.next.map(|(_, share)| share), overblik_connectors::Share::percent(30));
    assert_eq!(planned.agreements, Some(BTreeMap::new()), "without an agreement nobody shows it");
}

#[tokio::test]
async fn what_was_gone_back_from_is_not_asked_while_what_is_wanted_cannot_be() {
    let mut world = World::new().await;
    world.look().await;
    let first = world.plan().usable;
    world.asked = first.iter().cloned().collect();
    world.release_another(Share::ALL).await;
    assert!(!world.is_suspended(), "the former goes on until the next is known");
    world.look().await;
    world.asked = world.plan().usable.difference(&first).cloned().collect();
    world.looked_at.keep(&world.asked.iter().cloned().collect());
    let back = Change::RolledBack { source: library(), from: 2, to: 1 };
    world.service.submit(&operator("bo"), at(8), None, back).await.expect("rolled back");
    assert!(world.is_suspended(), "whoever went back has a reason");
    world.look().await;
    let plan = world.plan();
    assert!(!plan.sources["library"].suspended && plan.usable == first, "and the one from before is asked again");
}
