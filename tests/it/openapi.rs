//! The description of the API, and Schemathesis, which tries everything that it says against a running gateway.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use http::Method;
use overblik_tests::{Dice, Setup, System, crowd::chance, repository};
use tempfile::TempDir;
use url::Url;

use crate::native_app::Apps;

const FILE: &str = "contracts/schemas/api.openapi.json";

/// What Schemathesis tries of each operation, beside what it always does.
const EXAMPLES: &str = "12";

#[test]
fn the_published_description_is_the_generated_one() {
    let published = fs::read_to_string(repository().join(FILE)).unwrap_or_default();
    assert!(
        published.trim_end() == overblik_gateway::openapi::description(),
        "{FILE} is not what the gateway says; run: cargo run -- schema api > {FILE}"
    );
}

#[tokio::test]
async fn anybody_is_told_the_description_and_caches_may_keep_it() {
    let system = System::start().await;
    let answer = system.browser().get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert!(answer.header("cache-control").starts_with("public"), "{}", answer.header("cache-control"));
    assert_eq!(answer.text, overblik_gateway::openapi::description());
    system.stop(&[]).await;
}

/// Who asks: by what the description calls it, and the secret of it.
pub(crate) enum Identity {
    Session(String),
    Token(String),
}

impl Identity {
    /// As Schemathesis reads it.
    pub(crate) fn setting(&self) -> String {
        match self {
            Self::Session(cookie) => format!("[auth.openapi.session]\napi_key = \"{cookie}\"\n"),
            Self::Token(token) => format!("[auth.openapi.token]\nbearer = \"{token}\"\n"),
        }
    }
}

/// Runs every check that Schemathesis has against a gateway, in somebody's name; the output if it found nothing.
async fn schemathesis(gateway: &Url, identity: Identity, further: &[&str]) -> String {
    try_described(&format!("{gateway}openapi.json"), &identity.setting(), further).await
}

/// Runs every check that Schemathesis has against whoever publishes a description; the output if it found nothing.
///
/// # Panics
/// When it found something, or is not there.
pub(crate) async fn try_described(description: &str, settings: &str, further: &[&str]) -> String {
    let tool: PathBuf = repository().join("target/schemathesis/bin/schemathesis");
    assert!(tool.is_file(), "{} is missing; ./test tools installs it", tool.display());
    let seed = Dice::seeded(chance()).below(1 << 31).to_string();
    let folder = TempDir::new().expect("a folder");
    let config = folder.path().join("schemathesis.toml");
    fs::write(&config, settings).expect("written");
    let mut command = Command::new(tool);
    command.current_dir(folder.path()).arg("--config-file").arg(&config).arg("run").arg(description);
    command.args(["--checks", "all", "--workers", "1", "--no-shrink", "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", EXAMPLES, "--seed", &seed, "--warnings", "off"]);
    // The longest that the try of a source takes, on a machine that does other things besides.
    command.args(["--request-timeout", "30", "--max-response-time", "30"]);
    command.args(further);
    // The gateway runs on this thread.
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let Output { status, stdout, stderr } = ran.expect("the tool runs");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    println!("schemathesis --seed {seed}");
    assert!(status.success(), "seed {seed}\n{said}");
    said
}

/// What was tried, by the tool's own count.
#[track_caller]
pub(crate) fn assert_tried(said: &str, operations: usize) {
    let count = said.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("Tested:").or_else(|| line.split("tested:").nth(1))?;
        rest.split_whitespace().next()?.parse::<usize>().ok()
    });
    assert!(count.is_some_and(|count| count >= operations), "not {operations} operations were tried:\n{said}");
}

const ALL_BUT_ENDS: [&str; 2] = ["--exclude-method", "DELETE"];

#[tokio::test]
async fn the_description_holds_for_two_citizens_in_their_browsers() {
    let system = Setup::default().in_real_time().start().await;
    let mut browsers = Vec::new();
    // With what a program must say beside its cookie, everything can be asked; without it, as the tool finds it by chance.
    let origin = format!("Origin: {}", system.demo.url.origin().ascii_serialization());
    let says = ["-H", origin.as_str(), "-H", "X-Overblik-CSRF: 1"];
    for (citizen, says) in [("family-signe", &says[..]), ("twins-tove", &[])] {
        let mut browser = system.logged_in(citizen).await;
        let cookie = browser.cookie("__Host-Http-overblik").expect("a session").to_owned();
        let said = schemathesis(&system.demo.url, Identity::Session(cookie), &[says, &ALL_BUT_ENDS].concat()).await;
        assert_tried(&said, 8);
        assert_eq!(browser.get("/api/v1/overview").await.status, 200, "the session is still there");
        browsers.push(browser);
    }
    // What ends sessions, in one of its own.
    let ending = system.logged_in("debt-gert").await;
    let cookie = ending.cookie("__Host-Http-overblik").expect("a session").to_owned();
    let ends = [&says[..], &["--include-method", "DELETE"]].concat();
    schemathesis(&system.demo.url, Identity::Session(cookie), &ends).await;
    assert!(system.log().contains("all sessions were ended by their citizen"), "it ended what it may");
    for browser in &mut browsers {
        assert_eq!(browser.get("/api/v1/overview").await.status, 200, "nobody else's session was ended");
    }
    browsers.push(ending);
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn the_description_holds_for_an_app() {
    let apps = Apps::start().await;
    let token = apps.token("family-signe");
    let said = schemathesis(&apps.system.demo.url, Identity::Token(token.clone()), &ALL_BUT_ENDS).await;
    assert_tried(&said, 8);
    let mut browser = apps.system.browser();
    let url = browser.at("/api/v1/session");
    let bearer = format!("Bearer {token}");
    let stay = browser.send(Method::POST, &url, &[("authorization", &bearer)], None).await;
    assert_eq!(stay.status, 200, "{}", stay.text);
    apps.stop(&[], &[&token]).await;
}
