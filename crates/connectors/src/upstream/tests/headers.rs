//! Requirement R44: what a call says of us, and how.

use http::{HeaderName, HeaderValue};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use super::{
    ConnectorError, get,
    listening::{Listening, read_request},
    loopback_client,
};

#[tokio::test]
async fn r44_a_request_holds_our_own_few_headers_and_those_of_the_call() {
    let (said, mut heard) = mpsc::channel(1);
    let source = Listening::start(move |mut connection| {
        let said = said.clone();
        async move {
            said.send(read_request(&mut connection).await).await.expect("heard");
            connection
                .write_all(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")
                .await
                .expect("sent");
        }
    })
    .await;
    // Twice: an answer's cookie is not brought back.
    for _ in 0..2 {
        let mut call = get(&source.url("/base/path?x=1"));
        call.headers.insert("x-api-key", HeaderValue::from_static("a key"));
        loopback_client().send(call).await.expect("an answer");
        let request = heard.recv().await.flatten().expect("a request");
        let mut lines = request.trim_end().split("\r\n");
        assert_eq!(lines.next(), Some("GET /base/path?x=1 HTTP/1.1"));
        let mut lines: Vec<_> = lines.map(str::to_owned).collect();
        lines.sort();
        let expected = [
            "accept-language: en".to_owned(),
            "accept: application/json".to_owned(),
            "connection: close".to_owned(),
            format!("host: {}", source.address),
            concat!("user-agent: overblik/", env!("CARGO_PKG_VERSION")).to_owned(),
            "x-api-key: a key".to_owned(),
        ];
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn r44_a_header_that_is_more_than_visible_ascii_or_steers_the_connection_is_not_sent() {
    let source = Listening::start(|_| async {}).await;
    for value in [&b"a\tb"[..], b"a\x80", "bl\u{e5}".as_bytes(), b" a", b"a ", b"\xff"] {
        let mut call = get(&source.url("/"));
        call.headers.insert("x-api-key", HeaderValue::from_bytes(value).expect("the type lets it through"));
        let outcome = loopback_client().send(call).await;
        assert_eq!(outcome.expect_err("refused"), ConnectorError::ContractBroken, "{value:?}");
    }
    for name in ["connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"] {
        let mut call = get(&source.url("/"));
        call.headers.insert(name, HeaderValue::from_static("0"));
        assert_eq!(loopback_client().send(call).await.expect_err("refused"), ConnectorError::ContractBroken, "{name}");
        let client = loopback_client().with_echo(Some(HeaderName::from_static(name)));
        assert_eq!(client.send(get(&source.url("/"))).await.expect_err("refused"), ConnectorError::ContractBroken);
    }
    let mut call = get(&source.url("/"));
    call.headers.insert("x_api_key", HeaderValue::from_static("a"));
    assert_eq!(loopback_client().send(call).await.expect_err("refused"), ConnectorError::ContractBroken);
    assert_eq!(source.connections(), 0);
}

#[tokio::test]
async fn r44_whatever_stands_in_an_address_it_is_one_request_line() {
    let (said, mut heard) = mpsc::channel(1);
    let source = Listening::start(move |mut connection| {
        let said = said.clone();
        async move {
            said.send(read_request(&mut connection).await).await.expect("heard");
            let _gone = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    })
    .await;
    for path in
        ["/a b", "/a HTTP/1.1\r\nhost: evil", "/\r\n\r\nGET /other", "/a?b=\r\nc: d\t\u{7f}\u{e6}", "//evil/x", "/\0"]
    {
        let mut url: url::Url = source.url("/").parse().expect("an address");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        url.set_path(path);
        url.query_pairs_mut().append_pair("q", query);
        loopback_client().send(get(url.as_str())).await.expect("an answer");
        let request = heard.recv().await.flatten().expect("a request");
        let line: Vec<_> = request.lines().next().expect("a line").split(' ').collect();
        assert!(matches!(line.as_slice(), ["GET", target, "HTTP/1.1"] if target.starts_with('/')), "{line:?}");
        let hosts: Vec<_> = request.lines().filter(|line| line.starts_with("host:")).collect();
        assert_eq!(hosts, [format!("host: {}", source.address)]);
    }
}
