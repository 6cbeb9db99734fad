//! The end of the process.

use std::io::Write;

use overblik_tests::System;

#[tokio::test]
async fn a_client_that_never_finishes_its_request_does_not_keep_the_process() {
    let system = System::start().await;
    let address = system.demo.url.socket_addrs(|| None).expect("an address");
    let ipv4 = address.into_iter().find(std::net::SocketAddr::is_ipv4).expect("an IPv4 address");
    let mut client = std::net::TcpStream::connect(ipv4).expect("a connection");
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").expect("half a request");
    // An answered request after it: the gateway has taken the half one's connection by then.
    assert_eq!(system.browser().get("/").await.status, 200);
    let began = std::time::Instant::now();
    // From here on waiting takes no time, so that the grace period passes at once.
    tokio::time::pause();
    let stopped = tokio::time::timeout(std::time::Duration::from_mins(1), system.stop(&[])).await;
    assert!(stopped.is_ok(), "still running a minute after it was told to stop");
    assert!(began.elapsed() < std::time::Duration::from_secs(14), "it ends by its grace period, which was skipped");
    drop(client);
}
