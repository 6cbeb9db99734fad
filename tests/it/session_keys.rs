//! The master keys that sessions are sealed under, exchanged while citizens are reading.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use http::Method;
use overblik_demo::{Fault, FaultTarget};
use overblik_tests::{Browser, Setup, System};

const CITIZENS: [&str; 4] = ["family-signe", "twins-tove", "debt-gert", "nothing-ingrid"];

/// A line of the keys' file. The key is made by counting in steps: different bytes, and the same in every run.
pub(crate) fn key(id: &str, step: u8) -> String {
    let bytes: Vec<u8> = (0..32_u8).map(|number| number.wrapping_mul(step).wrapping_add(step)).collect();
    format!("{id} {}\n", STANDARD.encode(bytes))
}

async fn system_with_keys(file: &Path, setup: Setup) -> System {
    let file = file.to_owned();
    setup.adjust(move |config| config.session.keys_file = Some(file)).start().await
}

/// Replaces the file, and waits until the gateway has acted on it.
async fn exchange(system: &System, file: &Path, keys: &str) {
    let exchanged = || system.log().matches("session keys exchanged").count();
    let before = exchanged();
    std::fs::write(file, keys).expect("written");
    system.until("the keys are exchanged", |_| exchanged() > before).await;
}

async fn status(browser: &mut Browser) -> u16 {
    browser.get("/api/v1/overview").await.status.as_u16()
}

#[tokio::test]
async fn r22_keys_exchanged_under_load_lose_no_session_and_a_removed_key_ends_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    let (old, new) = (key("old", 37), key("new", 41));
    std::fs::write(&file, &old).expect("written");
    let system = system_with_keys(&file, Setup::default()).await;
    let mut readers = Vec::new();
    for citizen in CITIZENS {
        readers.push(system.logged_in(citizen).await);
    }

    let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let reading = join_all(readers.iter_mut().map(async |browser| {
        while !stop.load(Ordering::SeqCst) {
            assert_eq!(status(browser).await, 200);
            answers.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let exchanging = async {
        exchange(&system, &file, &format!("{new}{old}")).await;
        let seen = answers.load(Ordering::SeqCst);
        system.until("everybody has read again", |_| answers.load(Ordering::SeqCst) > seen + 8).await;
        stop.store(true, Ordering::SeqCst);
    };
    futures::join!(reading, exchanging);

    let mut newcomer = system.logged_in("letters-aase").await;
    exchange(&system, &file, &new).await;
    for browser in &mut readers {
        assert_eq!(status(browser).await, 401, "its key is gone");
    }
    assert_eq!(status(&mut newcomer).await, 200);
    readers[0].log_in(CITIZENS[0], "substantial").await;
    assert_eq!(status(&mut readers[0]).await, 200, "a new login goes under the new key");
    system.stop(&readers.iter().chain([&newcomer]).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn r22_a_removed_key_ends_what_is_open_in_its_sessions() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    std::fs::write(&file, key("old", 37)).expect("written");
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall);
    let system = system_with_keys(&file, setup).await;
    let mut browser = system.logged_in("family-signe").await;
    let url = browser.at("/api/v1/overview");
    let open = browser.start(Method::GET, &url, &[("accept", "text/event-stream")], None).await;
    exchange(&system, &file, &key("new", 41)).await;
    let text = open.text().await.expect("an unbroken answer");
    assert!(text.contains("session_over") && !text.contains("event: end"), "{text}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r22_a_file_that_cannot_be_used_leaves_the_keys_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    std::fs::write(&file, key("old", 37)).expect("written");
    let system = system_with_keys(&file, Setup::default()).await;
    let mut browser = system.logged_in("family-signe").await;
    std::fs::write(&file, key("old", 0)).expect("written");
    system.until("the mistake is told", |_| system.log().contains("the key is not random")).await;
    assert_eq!(status(&mut browser).await, 200);
    system.stop(&[&browser]).await;
}
