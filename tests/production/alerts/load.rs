//! More is asked than can be done.

use std::{future::poll_fn, hint::spin_loop, task::Poll, time::Duration};

use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::Config;
use overblik_tests::Browser;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{Watch, operations, setup};

/// How long each of those has a processor who have it too often.
const HOLDS: Duration = Duration::from_millis(100);

/// Several times as many as there are processors for them.
const HOLDERS: usize = 24;

/// Longer than a round of the waiting room, by whose end it is seen who may enter.
const A_ROUND: Duration = Duration::from_secs(21);

async fn asks(browser: &mut Browser, path: &str) {
    loop {
        browser.get_with(path, &[("accept", "text/html")]).await;
        sleep(Duration::from_millis(50)).await;
    }
}

async fn looks(browser: &mut Browser) {
    loop {
        browser.get("/api/v1/overview").await;
    }
}

pub(super) async fn more_is_asked_than_there_are_places_for() {
    let setup = setup().fault(FaultTarget::Library, Fault::Stall).json_deadline(Duration::from_secs(1));
    let system = setup.adjust(|config: &mut Config| config.limits.overviews_in_flight = Some(5)).start().await;
    let (mut browsers, mut streams) = (Vec::new(), Vec::new());
    for citizen in ["family-signe", "twins-tove", "debt-gert", "nothing-ingrid", "letters-aase"] {
        browsers.push(system.logged_in(citizen).await);
    }
    let mut watch = Watch::over("every place for an overview is taken", &[operations(&system)]).await;
    for browser in &mut browsers {
        streams.push(browser.open_stream().await);
    }
    let (mut known, mut newcomer) = (browsers[0].clone(), system.browser());
    let fault = async {
        tokio::join!(looks(&mut known), asks(&mut newcomer, "/auth/login"));
    };
    let alerts = ["OverblikOverviewsRefused", "OverblikLoginsWait"];
    // The source that stalls is what fills them.
    watch.fires_while(&alerts, &["OverblikSourceDown", "OverblikSourceFails"], fault).await;
    drop(streams);
    system.demo.world.order(FaultTarget::Library, None).await;
    let rounds_go_by = async {
        loop {
            system.pass(A_ROUND);
            sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        () = watch.resolves(&alerts) => {}
        () = rounds_go_by => {}
    }
    watch.end().await;
    system.stop(&browsers.iter().chain([&newcomer]).collect::<Vec<_>>()).await;
}

/// With a limit of lateness overviews are refused before they come too late, as often as not all of them; without one all come
/// late, and nothing else tells of it.
pub(super) async fn the_processors_are_busy() {
    busy(Some(600), "OverblikRunsLate").await;
    busy(None, "OverblikDeadlineMissed").await;
}

async fn busy(lateness_ms: Option<u32>, alert: &str) {
    // A source that does not answer, so that every overview lasts until its deadline.
    let setup = setup().fault(FaultTarget::Library, Fault::Stall).json_deadline(Duration::from_millis(300));
    let setup = setup.adjust(move |config: &mut Config| config.limits.lateness_ms = lateness_ms);
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    let limit = if lateness_ms.is_some() { "a limit" } else { "no limit" };
    let name = format!("the processors are busy, with {limit} of lateness");
    let mut watch = Watch::over(&name, &[operations(&system)]).await;
    let mut holders = JoinSet::new();
    for _ in 0..HOLDERS {
        // Each joins the end of the line again when it has had its turn.
        holders.spawn(poll_fn(|context| {
            let until = Instant::now() + HOLDS;
            while Instant::now() < until {
                spin_loop();
            }
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
    }
    let mut further = vec!["OverblikSourceDown", "OverblikSourceFails"];
    if lateness_ms.is_some() {
        further.extend(["OverblikOverviewsRefused", "OverblikLoginsWait", "OverblikDeadlineMissed"]);
    }
    // Prometheus waits its turn too.
    further.push("OverblikInstanceDown");
    watch.fires_while(&[alert], &further, looks(&mut browser)).await;
    holders.shutdown().await;
    watch.resolves(&[alert]).await;
    watch.end().await;
    system.stop(&[&browser]).await;
}
