//! Whose address a request comes from (requirement R73).

use std::net::{IpAddr, Ipv4Addr};

use http::HeaderMap;
use ipnet::IpNet;

/// The header in which trusted proxies tell, each adding at the end whom it was called by. No other is read.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the last hop that is none of our own proxies. The peer itself, unless it is one; and the peer when
/// the proxies' header is missing or malformed.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        // As bytes: what a client wrote there itself stands first, and need not be text.
        for hop in line.as_bytes().rsplit(|byte| *byte == b',') {
            match address(hop) {
                Some(hop) if is_trusted(&hop) => {}
                Some(hop) => return hop,
                None => return peer,
            }
        }
    }
    peer
}

fn address(hop: &[u8]) -> Option<IpAddr> {
    let address: IpAddr = std::str::from_utf8(hop).ok()?.trim().parse().ok()?;
    Some(address.to_canonical())
}

/// Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer gets at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AddressGroup {
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// The first half of an IPv6 address.
    V6(u64),
}

impl From<IpAddr> for AddressGroup {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d].into_iter().fold(0, |bits, segment| (bits << 16) | u64::from(segment)))
            }
        }
    }
}

impl AddressGroup {
    /// Its bytes, for a keyed hash.
    pub(crate) fn bytes(self) -> [u8; 8] {
        match self {
            // No network in use begins with 32 zero bits.
            Self::V4(address) => u64::from(address.to_bits()).to_be_bytes(),
            Self::V6(bits) => bits.to_be_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn from(peer: &str, lines: &[&str], trusted: &[&str]) -> IpAddr {
        let headers = lines
            .iter()
            .map(|line| (http::HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_str(line).expect("a value")))
            .collect();
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().expect("a network")).collect();
        client_address(ip(peer), &headers, &trusted)
    }

    #[test]
    fn r73_whoever_is_no_proxy_of_ours_says_nothing_about_addresses() {
        assert_eq!(from("198.51.100.7", &["203.0.113.9"], &[]), ip("198.51.100.7"));
        assert_eq!(from("198.51.100.7", &["203.0.113.9"], &["10.0.0.0/8"]), ip("198.51.100.7"));
        assert_eq!(from("127.0.0.1", &["203.0.113.9"], &[]), ip("127.0.0.1"), "not even this machine");
    }

    #[test]
    fn r73_the_last_hop_that_is_none_of_ours_counts() {
        let ours = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(from("10.0.0.1", &["203.0.113.9"], &ours), ip("203.0.113.9"));
        assert_eq!(from("10.0.0.1", &["192.0.2.66, 203.0.113.9"], &ours), ip("203.0.113.9"), "what was sent along");
        assert_eq!(from("10.0.0.1", &["192.0.2.66", "203.0.113.9, 10.2.3.4"], &ours), ip("203.0.113.9"));
        assert_eq!(from("fd00::1", &["2001:db8::5,fd00::2"], &ours), ip("2001:db8::5"));
        assert_eq!(from("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], &ours), ip("203.0.113.9"), "written as IPv6");
    }

    #[test]
    fn r73_what_cannot_be_read_is_the_proxy_s_own_request() {
        for line in
            ["", "unknown", "_hidden", "203.0.113.9:80", "203.0.113.9,", "x, 10.0.0.2", "203.0.113", "1.2.3.4 5"]
        {
            assert_eq!(from("10.0.0.1", &[line], &["10.0.0.0/8"]), ip("10.0.0.1"), "{line}");
        }
        assert_eq!(from("10.0.0.1", &[], &["10.0.0.0/8"]), ip("10.0.0.1"));
        assert_eq!(from("10.0.0.1", &["10.0.0.2"], &["10.0.0.0/8"]), ip("10.0.0.1"), "proxies of ours alone");
        assert_eq!(from("10.0.0.1", &["bad, 203.0.113.9"], &["10.0.0.0/8"]), ip("203.0.113.9"), "read from the end");
    }

    #[test]
    fn r73_what_a_client_wrote_before_its_address_hides_nothing_whatever_its_bytes() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        for before in [&b"\xff"[..], b"\xc3\xa6", b"192.0.2.66, \x80", b"\t"] {
            let line = [before, &b", 203.0.113.9"[..]].concat();
            let line = HeaderValue::from_bytes(&line).expect("a value");
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static(FORWARDED_FOR), line)]);
            assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted), ip("203.0.113.9"), "{before:?}");
        }
    }

    #[test]
    fn r73_ipv6_counts_by_network() {
        let group = |text| AddressGroup::from(ip(text));
        assert_eq!(group("2001:db8:1:2::1"), group("2001:db8:1:2:ffff::9"));
        assert_ne!(group("2001:db8:1:2::1"), group("2001:db8:1:3::1"));
        assert_eq!(group("::ffff:192.0.2.1"), group("192.0.2.1"));
        assert_ne!(group("192.0.2.1"), group("192.0.2.2"));
        assert_ne!(group("2001:db8:1:2::1").bytes(), group("2001:db8:1:3::1").bytes());
    }
}
