//! Requirement R42: what the environment says of proxies counts for nothing.

use std::process::Command;

use tokio::io::AsyncWriteExt;

use super::{
    get,
    listening::{Listening, read_request},
    loopback_client, text,
};

/// Set by the test in the process that it starts: where the source is.
const CHILD: &str = "OVERBLIK_TEST_SOURCE";

#[tokio::test]
#[ignore = "is run by r42_no_proxy_of_the_environment_is_used, in a process of its own"]
#[expect(clippy::disallowed_methods, reason = "a test's child is told by its environment alone")]
async fn in_a_process_of_its_own() {
    let source = std::env::var(CHILD).expect("the source");
    assert_eq!(text(loopback_client().send(get(&source)).await).as_deref(), Ok("direct"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r42_no_proxy_of_the_environment_is_used() {
    let proxy = Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy").await.expect("written");
    })
    .await;
    let source = Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ndirect").await.expect("written");
    })
    .await;
    let mut child = Command::new(std::env::current_exe().expect("this test"));
    child.args(["--ignored", "--exact", "upstream::tests::proxies::in_a_process_of_its_own"]);
    child.env(CHILD, source.url("/"));
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(variable, proxy.url("/"));
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("ended").expect("started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!((proxy.connections(), source.connections()), (0, 1));
}
