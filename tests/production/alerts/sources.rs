//! Authorities that do not let us in, and authorities that fail, several at the same time.

use std::time::Duration;

use overblik_demo::Fault;
use overblik_tests::{Browser, SOURCES, System, raw_request};
use tokio::time::sleep;

use super::{Watch, operations, setup};

async fn all(system: &System, fault: Option<Fault>) {
    for source in SOURCES {
        system.demo.world.order((*source).into(), fault).await;
    }
}

async fn looks(browser: &mut Browser) {
    loop {
        browser.get("/api/v1/overview").await;
        sleep(Duration::from_millis(100)).await;
    }
}

/// Lets the sources be asked again that were left alone, as an operator does.
async fn reset(system: &System) {
    for source in SOURCES {
        let request = format!(
            "POST /sources/{}/reset HTTP/1.1\r\nhost: localhost\r\nx-overblik-operator: 1\r\ncontent-length: 0\r\n\
             connection: close\r\n\r\n",
            source.name()
        );
        let answer = raw_request(&operations(system), request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

pub(super) async fn the_authorities_refuse_us_and_then_fail() {
    let system = setup().start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut watch = Watch::over("every authority refuses our key", &[operations(&system)]).await;
    all(&system, Some(Fault::Unauthorised)).await;
    let refused = ["OverblikSourceRefusesUs", "OverblikSourceFails"];
    let left_alone = ["OverblikSourceDown", "OverblikManySourcesFail"];
    watch.fires_while(&refused, &left_alone, looks(&mut browser)).await;
    all(&system, None).await;
    reset(&system).await;
    watch.resolves(&[&refused[..], &left_alone].concat()).await;
    println!("  every authority fails");
    all(&system, Some(Fault::Error)).await;
    let failing = ["OverblikSourceFails"];
    watch.fires_while(&left_alone, &failing, looks(&mut browser)).await;
    all(&system, None).await;
    reset(&system).await;
    watch.resolves(&[&left_alone[..], &failing].concat()).await;
    watch.end().await;
    system.stop(&[&browser]).await;
}
