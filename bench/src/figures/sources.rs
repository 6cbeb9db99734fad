//! The sources, in a process of their own.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    time::Duration,
};

use http::{Request, header};
use serde_json::Value;

use crate::{
    client::Client,
    process::{OTHER_CORE, Process},
};

pub(crate) struct Sources {
    _process: Process,
    control: u16,
    /// Their ports for HTTP/1.1.
    pub(crate) plain: Vec<u16>,
    /// Their ports for TLS.
    pub(crate) tls: Vec<u16>,
    /// What they show there.
    pub(crate) certificate: PathBuf,
}

/// All sources, or one of them.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    All,
    One(usize),
}

impl Sources {
    pub(crate) fn start(binary: &Path, count: usize, log: &Path) -> Self {
        let command = [&*binary.to_string_lossy(), &count.to_string()];
        let mut process = Process::start(OTHER_CORE, &command, log, true);
        let mut line = String::new();
        let output = process.child.stdout.take().expect("standard output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).expect("JSON");
        let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let ports = |name: &str| told[name].as_array().expect("ports").iter().map(port).collect();
        Self {
            control: port(&told["control"]),
            plain: ports("plain"),
            tls: ports("tls"),
            certificate: told["certificate"].as_str().expect("a file").into(),
            _process: process,
        }
    }

    /// From now on they take so long, and this is wrong with them.
    pub(crate) async fn set(&self, which: Which, delay: Duration, fault: &str) {
        let source = match which {
            Which::All => "all".to_owned(),
            Which::One(number) => number.to_string(),
        };
        let target = format!("/set?source={source}&delay_ms={}&fault={fault}", delay.as_millis());
        self.control(&target).await;
    }

    /// All as they are without orders.
    pub(crate) async fn heal(&self) {
        self.set(Which::All, Duration::ZERO, "healthy").await;
    }

    /// How many requests and connections the first `count` sources have had.
    pub(crate) async fn counts(&self, count: usize) -> [u64; 2] {
        let counts: Vec<[u64; 2]> = serde_json::from_slice(&self.control("/counts").await).expect("counts");
        let counts = counts.iter().take(count);
        counts.fold([0; 2], |[requests, connections], [more, further]| [requests + more, connections + further])
    }

    async fn control(&self, target: &str) -> bytes::Bytes {
        let mut client = Client::connect(self.control).await.expect("a connection");
        let request = Request::get(target).header(header::HOST, "localhost").body(()).expect("a request");
        let answer = client.answer(request).await.expect("an answer");
        assert!(answer.status.is_success(), "the sources refuse {target}");
        answer.body
    }
}
