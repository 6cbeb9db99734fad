//! Requirement R42: nothing leads a call to where it was not sent.

use std::sync::Arc;

use http::StatusCode;
use tokio::io::AsyncWriteExt;

use super::{
    ConnectorError, get,
    listening::{Listening, read_request},
    loopback_client,
};

#[tokio::test]
async fn r42_a_redirect_is_an_answer_and_nobody_is_called() {
    let other = Listening::start(|_| async {}).await;
    let metadata = "http://169.254.169.254/latest/meta-data/".to_owned();
    for target in [metadata, other.url("/"), format!("//{}/", other.address), "/elsewhere".to_owned()] {
        for status in [300, 301, 302, 303, 307, 308] {
            let head = format!("HTTP/1.1 {status} Go\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let head: Arc<str> = head.into();
            let source = Listening::start(move |mut connection| {
                let head = head.clone();
                async move {
                    read_request(&mut connection).await;
                    connection.write_all(head.as_bytes()).await.expect("written");
                }
            })
            .await;
            let answer = loopback_client().send(get(&source.url("/"))).await.expect("an answer");
            assert_eq!(answer.status, StatusCode::from_u16(status).expect("a status"));
            assert_eq!(answer.successful().expect_err("no success"), ConnectorError::Status(status));
            assert_eq!(source.connections(), 1, "{status} {target}");
        }
    }
    assert_eq!(other.connections(), 0);
}
