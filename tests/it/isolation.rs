//! Many citizens at once: each answer holds its own citizen's data and nobody else's.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Source};
use overblik_tests::{Setup, System, section};

use crate::distinctive::{Face, assert_nobody_else, assert_own_data_only};

fn citizens() -> impl Iterator<Item = &'static str> + Clone {
    DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()).map(|citizen| citizen.slug)
}

#[tokio::test]
async fn forty_browsers_at_once_see_their_own_citizen_only() {
    let system = System::start().await;
    let looks = citizens().cycle().zip(Face::ALL.into_iter().cycle()).take(40).map(async |(citizen, face)| {
        let mut browser = system.logged_in(citizen).await;
        // Every face, each browser beginning with another one.
        let begin = Face::ALL.iter().position(|first| *first == face).unwrap_or(0);
        for face in Face::ALL.into_iter().cycle().skip(begin).take(3) {
            let (path, accept) = face.door();
            let answer = browser.get_with(path, &[("accept", accept)]).await;
            assert_eq!(answer.status, 200);
            assert_own_data_only(citizen, face, &answer.text);
        }
        browser
    });
    let browsers = join_all(looks).await;
    let sessions: BTreeSet<_> = browsers.iter().map(|browser| browser.cookie("__Host-Http-overblik")).collect();
    assert_eq!(sessions.len(), 40, "every login has a session of its own");
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn citizens_stay_apart_while_sources_fail_around_them() {
    let setup = Setup::default()
        .fault(FaultTarget::Payments, Fault::Slow)
        .fault(FaultTarget::LibraryCatalogue, Fault::Refused)
        .fault(FaultTarget::Daycare, Fault::Error);
    let system = setup.start().await;
    let looks = citizens().map(async |citizen| {
        let mut browser = system.logged_in(citizen).await;
        for face in Face::ALL {
            let (path, accept) = face.door();
            let answer = browser.get_with(path, &[("accept", accept)]).await;
            assert_nobody_else(citizen, face, &answer.text);
        }
        browser
    });
    let browsers = join_all(looks).await;
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn clients_that_leave_in_the_middle_leave_nothing_to_others() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let looks = citizens().map(async |citizen| {
        let mut browser = system.logged_in(citizen).await;
        let url = browser.at("/api/v1/overview");
        // Leaves after the headers, comes back, stays.
        drop(browser.start(Method::GET, &url, &[("accept", "text/event-stream")], None).await);
        let answer = browser.get("/api/v1/overview").await;
        assert_own_data_only(citizen, Face::Json, &answer.text);
        browser
    });
    let browsers = join_all(looks).await;
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn two_sessions_of_one_citizen_at_the_same_instant_share_nothing() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let (mut one, mut two) = (system.logged_in("family-signe").await, system.logged_in("family-signe").await);
    assert_ne!(one.cookie("__Host-Http-overblik"), two.cookie("__Host-Http-overblik"));
    let (first, second) = futures::join!(one.overview(), two.overview());
    assert_eq!(first["sections"], second["sections"]);
    assert_eq!(section(&first, "payments")["state"], "ready");
    assert_eq!(system.calls(Source::Payments), 2, "each session asks for itself");
    system.stop(&[&one, &two]).await;
}

#[tokio::test]
async fn two_views_of_one_session_at_the_same_instant_share_one_call() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let mut one = system.logged_in("family-signe").await;
    let mut two = one.clone();
    let (first, second) = futures::join!(one.overview(), two.overview());
    assert_eq!(first["sections"], second["sections"]);
    assert_eq!(system.calls(Source::Payments), 1);
    system.stop(&[&one, &two]).await;
}

#[tokio::test]
async fn the_same_citizen_in_two_languages_is_asked_about_in_each() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let mut danish = system.logged_in("family-signe").await;
    let mut english = danish.clone();
    let (first, second) = futures::join!(
        danish.get_with("/api/v1/overview", &[("accept-language", "da")]),
        english.get_with("/api/v1/overview", &[("accept-language", "en")])
    );
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_eq!(system.calls(Source::Payments), 2, "a source may answer each language otherwise");
    system.stop(&[&danish, &english]).await;
}
