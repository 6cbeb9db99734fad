//! Requirements R40 and R41 at the moment of calling.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::{io::AsyncWriteExt, time::Instant};

use super::{
    super::{
        address::may_connect,
        connect::{CONNECT_WITHIN, connect},
        failure::Failure,
        resolve::Resolve,
    },
    AddressPolicy, ConnectorError, UpstreamClient, get,
    listening::{Listening, read_request},
    loopback_client, text,
};

/// Answers each question with the next of its answers, and the last for good.
#[derive(Debug)]
pub(super) struct Rebinding {
    answers: Mutex<Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Rebinding {
    pub(super) fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().rev().map(|answer| answer.to_vec()).collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Resolve for Rebinding {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().expect("the answers");
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
        answer
            .map(|answer| answer.iter().map(|ip| ip.parse().expect("an address")).collect())
            .ok_or_else(|| io::Error::other("no such name"))
    }
}

pub(super) fn with_names(policy: AddressPolicy, names: Arc<Rebinding>) -> UpstreamClient {
    UpstreamClient { policy, resolver: names, ..loopback_client() }
}

async fn answering() -> Listening {
    Listening::start(|mut connection| async move {
        read_request(&mut connection).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await.expect("written");
    })
    .await
}

#[tokio::test]
async fn r40_an_address_is_checked_when_it_is_called_too() {
    let client = with_names(AddressPolicy::Production, Rebinding::new(&[&["93.184.216.34"]]));
    for url in [
        "http://api.birkerup.example/x",
        "https://api.birkerup.example:8443/x",
        "https://name@api.birkerup.example/x",
        "https://api.birkerup.example./x",
        "https://api.birkerup.example/x#y",
        "https://localhost/x",
        "https://vault.internal/x",
        "https://printer.local/x",
        "https://redis/x",
        "https://127.1/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://017700000001/x",
        "https://①②⑦.0.0.1/x",
        "https://0/x",
        "https://127.\t0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[::ffff:a9fe:a9fe]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://93.184.216.34/x",
        "ftp://api.birkerup.example/x",
    ] {
        assert_eq!(client.answer(&get(url)).await.expect_err(url), Failure::Forbidden, "{url}");
    }
    let asked = client.resolver.resolve("x").await;
    assert!(asked.is_ok_and(|found| found.len() == 1), "the resolver itself has nothing against it");
}

#[tokio::test]
async fn r41_a_number_is_refused_where_connections_are_made_whatever_was_checked_before() {
    let names = Rebinding::new(&[&["93.184.216.34"]]);
    for url in ["https://10.0.0.1", "https://93.184.216.34", "https://[::ffff:127.0.0.1]", "https://127.1"] {
        let until = Instant::now() + CONNECT_WITHIN;
        let url = url.parse().expect("a URL");
        let outcome = connect(&url, AddressPolicy::Production, names.as_ref(), until).await;
        assert_eq!(outcome.expect_err("refused"), Failure::Forbidden, "{url}");
    }
    assert_eq!(names.asked(), 0);
}

#[tokio::test]
async fn r41_a_name_that_turns_inward_between_two_calls_is_refused_at_the_second() {
    let source = answering().await;
    let url = format!("http://localhost:{}/", source.address.port());
    for inside in ["169.254.169.254", "10.0.0.7", "::ffff:127.0.0.1", "fd00::1"] {
        let client = with_names(AddressPolicy::LoopbackAllowed, Rebinding::new(&[&["127.0.0.1"], &[inside]]));
        let before = source.connections();
        assert_eq!(text(client.send(get(&url)).await).as_deref(), Ok("[]"));
        assert_eq!(client.answer(&get(&url)).await.expect_err(inside), Failure::Forbidden);
        assert_eq!(source.connections(), before + 1, "{inside}");
    }
}

#[tokio::test]
async fn r41_one_bad_address_spoils_the_whole_answer() {
    let source = answering().await;
    let url = format!("https://api.birkerup.example:{}", source.address.port()).parse().expect("a URL");
    for (policy, answer) in [
        (AddressPolicy::Production, &["127.0.0.1"][..]),
        (AddressPolicy::Production, &["93.184.216.34", "127.0.0.1"]),
        (AddressPolicy::Production, &["2606:4700::1", "fe80::1", "93.184.216.34"]),
        (AddressPolicy::LoopbackAllowed, &["127.0.0.1", "10.0.0.1"]),
    ] {
        let names = Rebinding::new(&[answer]);
        let outcome = connect(&url, policy, names.as_ref(), Instant::now() + CONNECT_WITHIN).await;
        assert_eq!(outcome.expect_err("refused"), Failure::Forbidden, "{answer:?}");
    }
    assert_eq!(source.connections(), 0);
    // The same source, when nothing is wrong with the answer.
    let names = Rebinding::new(&[&["127.0.0.1"]]);
    let until = Instant::now() + CONNECT_WITHIN;
    assert!(connect(&url, AddressPolicy::LoopbackAllowed, names.as_ref(), until).await.is_ok());
}

#[tokio::test]
async fn r41_a_name_without_an_address_is_refused() {
    for names in [Rebinding::new(&[]), Rebinding::new(&[&[]])] {
        let client = with_names(AddressPolicy::Production, names);
        let call = get("https://api.birkerup.example/");
        assert_eq!(client.answer(&call).await.expect_err("no address"), Failure::Resolve);
    }
}

#[tokio::test]
async fn plain_http_never_leaves_the_machine() {
    let client = with_names(AddressPolicy::LoopbackAllowed, Rebinding::new(&[&["93.184.216.34"]]));
    assert_eq!(client.answer(&get("http://localhost:1/")).await.expect_err("refused"), Failure::Forbidden);
}

#[tokio::test]
async fn an_address_where_nobody_answers_leaves_time_for_the_next() {
    let source = answering().await;
    let port = source.address.port();
    // On another loopback address nobody listens: refused at once, as an unreachable network is.
    let client = with_names(AddressPolicy::LoopbackAllowed, Rebinding::new(&[&["::1", "127.0.0.2", "127.0.0.1"]]));
    assert_eq!(text(client.send(get(&format!("http://localhost:{port}/"))).await).as_deref(), Ok("[]"));
}

#[tokio::test]
async fn r43_an_address_that_swallows_every_packet_costs_a_quarter_of_the_limit() {
    let source = answering().await;
    let port = source.address.port();
    // A listener whose queue is full neither accepts nor refuses.
    let full = std::net::TcpListener::bind(("127.0.0.3", port)).expect("another loopback address");
    let mut held = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&full.local_addr().expect("an address"), Duration::from_millis(50))
    {
        held.push(stream);
    }
    let client = with_names(AddressPolicy::LoopbackAllowed, Rebinding::new(&[&["127.0.0.3", "127.0.0.1"]]));
    let begun = Instant::now();
    let url = format!("http://localhost:{port}/");
    assert_eq!(text(client.send(get(&url)).await).as_deref(), Ok("[]"));
    assert!(begun.elapsed() >= Duration::from_millis(250), "the first address was not tried");
    let client = with_names(AddressPolicy::LoopbackAllowed, Rebinding::new(&[&["127.0.0.3"]]));
    let begun = Instant::now();
    assert_eq!(text(client.send(get(&url)).await), Err(ConnectorError::Unreachable));
    assert!(begun.elapsed() >= CONNECT_WITHIN);
}

/// The special-purpose networks, as the requirement lists them: written down a second time, and apart from the code.
const SPECIAL: &[(&str, u32)] = &[
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.0.0", 24),
    ("192.0.2.0", 24),
    ("192.88.99.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 3),
    ("::", 96),
    ("::ffff:0:0", 96),
    ("64:ff9b::", 96),
    ("64:ff9b:1::", 48),
    ("100::", 64),
    ("2001::", 23),
    ("2001:db8::", 32),
    ("2002::", 16),
    ("3fff::", 20),
    ("5f00::", 16),
    ("fc00::", 7),
    ("fe80::", 9),
    ("ff00::", 8),
    // All that is not 2000::/3, so that most of the above is here twice.
    ("::", 3),
    ("4000::", 2),
    ("8000::", 1),
];

/// Bits of an address, at the left of 128, and how many it has.
fn bits(ip: IpAddr) -> (u128, u32) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

fn is_special(ip: IpAddr) -> bool {
    SPECIAL.iter().any(|(network, length)| {
        let (network, width) = bits(network.parse().expect("an address"));
        let (address, of) = bits(ip);
        width == of && (address ^ network) >> (128 - length) == 0
    })
}

/// Numbers that look like chance and are the same in each run.
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn r41_every_address_is_inside_or_outside_the_special_networks_as_they_are_listed() {
    let mut state = 4;
    let mut random = || u128::from(chance(&mut state)) << 64 | u128::from(chance(&mut state));
    let mut addresses = Vec::new();
    for (network, length) in SPECIAL {
        let network: IpAddr = network.parse().expect("an address");
        let (first, width) = bits(network);
        let last = first | (u128::MAX >> length);
        let within = (0..200).map(|_| first | random() >> length);
        let one = 1 << (128 - width);
        let edges = [first, last, first.wrapping_sub(one), last.wrapping_add(one)];
        addresses.extend(within.chain(edges).map(|bits| (width, bits)));
    }
    for width in [32, 128] {
        addresses.extend((0..20_000).map(|_| (width, random())));
    }
    // Most of the IPv6 addresses that are given out.
    addresses.extend((0..20_000).map(|_| (128, random() >> 3 | 1 << 125)));
    let mut special = 0;
    for (width, bits) in &addresses {
        let ip: IpAddr = match width {
            32 => Ipv4Addr::from_bits(u32::try_from(bits >> 96).expect("32 bits")).into(),
            _ => Ipv6Addr::from_bits(*bits).into(),
        };
        special += usize::from(is_special(ip));
        assert_eq!(may_connect(ip, AddressPolicy::Production), !is_special(ip), "{ip}");
        assert_eq!(may_connect(ip, AddressPolicy::LoopbackAllowed), !is_special(ip) || ip.is_loopback(), "{ip}");
    }
    assert!(special > 5_000 && addresses.len() - special > 20_000, "{special} of {}", addresses.len());
}
