//! Each alert that is shipped fires for a real fault that it names, before a real Prometheus, and no other does; and where
//! the fault can be mended, it ends.

mod dependencies;
mod instances;
mod load;
mod provider;
mod sources;

use std::{
    collections::BTreeSet,
    fs,
    future::Future,
    path::Path,
    sync::{Mutex, PoisonError},
};

use overblik_tests::{Setup, System, production::Prometheus, repository};
use url::Url;

/// Those of which no fault is made here, each with the reason. `promtool` alone tries them.
const NOT_MADE: [(&str, &str); 3] = [
    ("OverblikDefects", "it tells of a defect of ours, and a known one would be mended"),
    ("OverblikMemoryNearLimit", "the limit is the whole control group's, in which all these tests run"),
    (
        "OverblikVersionRefused",
        "it takes a registry and a version that cannot be asked; `registry_link` has its metric",
    ),
];

/// Which have fired here, for a fault that was meant to make them.
static FIRED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A system whose metrics can be seen.
fn setup() -> Setup {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    Setup::default().adjust(move |config| config.operations.listen = Some(any_port))
}

/// The operators' door of a system.
fn operations(system: &System) -> Url {
    let address = system.demo.operations.expect("a listener");
    Url::parse(&format!("http://{address}/")).expect("an address")
}

/// A Prometheus that looks on while something goes wrong. Systems in this process do not count what they log, so it sees no
/// `OverblikErrorsLogged` of them; the small production does.
struct Watch {
    prometheus: Prometheus,
    /// What the faults so far explain.
    explained: Vec<String>,
}

impl Watch {
    async fn over(name: &str, doors: &[Url]) -> Self {
        println!("  {name}");
        // Before its first look there was nobody.
        let at_first = "OverblikAllInstancesGone";
        let watch = Self { prometheus: Prometheus::start(doors).await, explained: vec![at_first.to_owned()] };
        watch.resolves(&[at_first]).await;
        watch
    }

    /// These fire in the end while something goes on, which explains some further ones too.
    async fn fires_while(&mut self, alerts: &[&str], further: &[&str], fault: impl Future<Output = ()>) {
        self.explained.extend(alerts.iter().chain(further).map(|alert| (*alert).to_owned()));
        let all = async {
            for alert in alerts {
                self.prometheus.fires(alert).await;
                FIRED.lock().unwrap_or_else(PoisonError::into_inner).insert((*alert).to_owned());
            }
        };
        tokio::select! {
            () = all => {}
            () = fault => panic!("the fault ended by itself before {alerts:?} fired"),
        }
    }

    /// These fire in the end.
    async fn fires(&mut self, alerts: &[&str]) {
        self.fires_while(alerts, &[], std::future::pending()).await;
    }

    /// All has been mended, and these end.
    async fn resolves(&self, alerts: &[&str]) {
        for alert in alerts {
            self.prometheus.resolves(alert).await;
        }
    }

    /// Nothing fired at any time that the faults do not explain.
    async fn end(self) {
        let fired = self.prometheus.has_fired().await;
        assert!(fired.len() > 1, "what fired is not known: {fired:?}");
        let other: Vec<_> = fired.iter().filter(|alert| !self.explained.contains(alert)).collect();
        assert!(other.is_empty(), "fired for nothing: {other:?}");
    }
}

/// Some of them are for every change, all of them for operators and before a release.
pub(super) async fn each_fires(in_full: bool) {
    dependencies::the_audit_trail_cannot_be_written().await;
    sources::the_authorities_refuse_us_and_then_fail().await;
    if in_full {
        provider::logins_come_to_nothing().await;
        provider::the_clocks_differ().await;
        dependencies::a_certificate_ends().await;
        dependencies::the_session_store_is_slow().await;
        dependencies::the_registry_is_away().await;
        load::more_is_asked_than_there_are_places_for().await;
        load::the_processors_are_busy().await;
        instances::there_are_several_versions().await;
        instances::file_descriptors_run_out().await;
        instances::one_is_started_again_and_again_and_then_there_is_none().await;
        let fired = FIRED.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let elsewhere = texts("tests/src/production");
        let not_fired: Vec<_> = to_be_made().into_iter().filter(|alert| !fired.contains(alert)).collect();
        let nowhere: Vec<_> = not_fired.iter().filter(|alert| !is_named(&elsewhere, alert)).collect();
        assert!(nowhere.is_empty(), "neither here nor in the small production: {nowhere:?}");
    }
}

/// Every alert that is shipped.
fn shipped() -> Vec<String> {
    let rules = fs::read_to_string(repository().join("operations/prometheus/alerts.yml")).expect("the rules");
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ").map(str::to_owned)).collect()
}

/// Those of which a fault is made.
fn to_be_made() -> Vec<String> {
    shipped().into_iter().filter(|alert| !NOT_MADE.iter().any(|(name, _)| name == alert)).collect()
}

/// The sources in a folder, but this one: it lists what is not made.
fn texts(folder: &str) -> String {
    let files = fs::read_dir(repository().join(folder)).expect("a folder");
    let files = files.map(|file| file.expect("a file").path()).filter(|path| !path.ends_with(Path::new("mod.rs")));
    files.map(|path| fs::read_to_string(path).expect("a text")).collect()
}

fn is_named(texts: &str, alert: &str) -> bool {
    texts.contains(&format!("\"{alert}\""))
}

/// The whole run says which have fired; for every change it is only looked whether each is named where faults are made.
#[test]
fn no_alert_is_without_a_fault_that_it_fires_for() {
    let alerts = shipped();
    assert!(alerts.len() > 30, "{alerts:?}");
    let made = texts("tests/production/alerts") + &texts("tests/src/production");
    for alert in &alerts {
        let is_excepted = NOT_MADE.iter().any(|(name, _)| name == alert);
        assert!(
            is_named(&made, alert) != is_excepted,
            "{alert}: made by a fault, or told why it cannot be, and not both"
        );
    }
    for (name, _) in NOT_MADE {
        assert!(alerts.iter().any(|alert| alert == name), "{name} is no alert");
    }
}
