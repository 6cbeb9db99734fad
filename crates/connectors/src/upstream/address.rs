//! Which addresses a source may be called at.
//!
//! A contract is written outside the gateway's house. Without this guard its address could point into the house:
//! at a metadata service, an admin interface, a database (requirements R40 and R41).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Which addresses the deployment lets sources have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Public addresses over https only.
    #[default]
    Production,
    /// Also the machine's own loopback addresses, over plain http too. For demonstration and test.
    LoopbackAllowed,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("must start with https://")]
    NotHttps,
    #[error("must name a host, not a number")]
    NotAHostName,
    #[error("must be a public host name with a domain, without a dot at its end")]
    NotAPublicHost,
    #[error("must hold no user name or password")]
    HoldsCredentials,
    #[error("must hold no query and no fragment")]
    HoldsMoreThanAPath,
    #[error("must use the standard port of https")]
    OtherPort,
}

/// Checks the address of a source as a policy has it, when its contract is read.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn check(address: &Url, policy: AddressPolicy) -> Result<(), AddressError> {
    if address.query().is_some() {
        return Err(AddressError::HoldsMoreThanAPath);
    }
    check_call(address, policy)
}

/// Checks the address of one call, at the moment of calling: whatever put it together, and whenever that was.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check_call(address: &Url, policy: AddressPolicy) -> Result<(), AddressError> {
    if !address.username().is_empty() || address.password().is_some() {
        return Err(AddressError::HoldsCredentials);
    }
    if address.fragment().is_some() {
        return Err(AddressError::HoldsMoreThanAPath);
    }
    if policy == AddressPolicy::LoopbackAllowed && is_loopback_url(address) {
        return Ok(());
    }
    if address.scheme() != "https" {
        return Err(AddressError::NotHttps);
    }
    let Some(Host::Domain(host)) = address.host() else { return Err(AddressError::NotAHostName) };
    // The top-level domains that never lead out of the house; RFC 6761, RFC 6762 and ICANN's `.internal`.
    let inside = matches!(host.rsplit('.').next(), Some("" | "localhost" | "local" | "internal" | "localdomain"));
    if inside || !host.contains('.') {
        return Err(AddressError::NotAPublicHost);
    }
    if address.port().is_some() { Err(AddressError::OtherPort) } else { Ok(()) }
}

fn is_loopback_url(address: &Url) -> bool {
    let loopback = match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    loopback && matches!(address.scheme(), "http" | "https")
}

/// Whether a connection to this address may be made, and kept when it turns out to lead there.
pub(super) fn may_connect(ip: IpAddr, policy: AddressPolicy) -> bool {
    (policy == AddressPolicy::LoopbackAllowed && ip.is_loopback()) || is_public(ip)
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|(network, bits)| within_v4(ip, *network, *bits)),
        IpAddr::V6(ip) => {
            let (network, bits) = GIVEN_OUT_V6;
            within_v6(ip, network, bits) && !SPECIAL_V6.iter().any(|(network, bits)| within_v6(ip, *network, *bits))
        }
    }
}

fn within_v4(ip: Ipv4Addr, network: Ipv4Addr, bits: u32) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits
}

fn within_v6(ip: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits
}

/// Networks that no source is in: the IANA special-purpose registry, with multicast and reserved space.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 space that is given out for use in public; RFC 4291 section 2.4. Outside are, beside what is local, the
/// ways in which IPv4 addresses are mapped, translated (NAT64) and embedded.
const GIVEN_OUT_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// As [`SPECIAL_V4`], within [`GIVEN_OUT_V6`]. A network that embeds IPv4 addresses is refused whole, whatever it embeds.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(address: &str, policy: AddressPolicy) -> Result<(), AddressError> {
        check(&address.parse().expect("a URL"), policy)
    }

    #[test]
    fn r40_in_production_a_source_has_a_public_https_host_name() {
        use AddressError as E;
        for (address, expected) in [
            ("https://api.birkerup.example", Ok(())),
            ("https://api.birkerup.example:443/base/path", Ok(())),
            ("http://api.birkerup.example", Err(E::NotHttps)),
            ("ftp://api.birkerup.example", Err(E::NotHttps)),
            ("https://api.birkerup.example:8443", Err(E::OtherPort)),
            ("https://name@api.birkerup.example", Err(E::HoldsCredentials)),
            ("https://:word@api.birkerup.example", Err(E::HoldsCredentials)),
            ("https://api.birkerup.example?x=1", Err(E::HoldsMoreThanAPath)),
            ("https://api.birkerup.example#x", Err(E::HoldsMoreThanAPath)),
            ("https://api.birkerup.example.", Err(E::NotAPublicHost)),
            ("https://localhost", Err(E::NotAPublicHost)),
            ("https://x.localhost", Err(E::NotAPublicHost)),
            ("https://redis", Err(E::NotAPublicHost)),
            ("https://vault.internal", Err(E::NotAPublicHost)),
            ("https://printer.local", Err(E::NotAPublicHost)),
            ("https://127.0.0.1", Err(E::NotAHostName)),
            ("https://127.1", Err(E::NotAHostName)),
            ("https://0x7f.1", Err(E::NotAHostName)),
            ("https://2130706433", Err(E::NotAHostName)),
            ("https://017700000001", Err(E::NotAHostName)),
            ("https://①②⑦.0.0.1", Err(E::NotAHostName)),
            ("https://0", Err(E::NotAHostName)),
            ("https://[::1]", Err(E::NotAHostName)),
            ("https://[::ffff:127.0.0.1]", Err(E::NotAHostName)),
            ("https://93.184.216.34", Err(E::NotAHostName)),
        ] {
            assert_eq!(checked(address, AddressPolicy::Production), expected, "{address}");
        }
    }

    #[test]
    fn the_demo_may_use_the_machine_s_own_addresses_and_nothing_else_private() {
        use AddressError as E;
        for (address, expected) in [
            ("http://127.0.0.1:4001", Ok(())),
            ("http://127.9.9.9", Ok(())),
            ("http://[::1]:4001/base", Ok(())),
            ("http://localhost:4001", Ok(())),
            ("https://api.birkerup.example", Ok(())),
            ("http://api.birkerup.example", Err(E::NotHttps)),
            ("http://10.0.0.1", Err(E::NotHttps)),
            ("https://192.168.1.1", Err(E::NotAHostName)),
            ("http://name@localhost", Err(E::HoldsCredentials)),
            ("ftp://localhost", Err(E::NotHttps)),
        ] {
            assert_eq!(checked(address, AddressPolicy::LoopbackAllowed), expected, "{address}");
        }
    }

    #[test]
    fn r41_no_special_address_is_connected_to() {
        for ip in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            // IPv4-translated (RFC 2765), which a translating stack leads to what is embedded; then space that nobody has.
            "::ffff:0:127.0.0.1",
            "::1:0:0:1",
            "64:ff9b:2::1",
            "100:0:0:1::1",
            "400::1",
            "1fff:ffff::1",
            "4000::1",
            "fe00::1",
        ] {
            let ip: IpAddr = ip.parse().expect("an address");
            assert!(!may_connect(ip, AddressPolicy::Production), "{ip}");
            assert_eq!(may_connect(ip, AddressPolicy::LoopbackAllowed), ip.is_loopback(), "{ip}");
        }
    }

    #[test]
    fn r41_public_addresses_next_to_the_special_ones_are_connected_to() {
        for ip in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2606:4700::1",
            "2a00:1450::1",
        ] {
            assert!(may_connect(ip.parse().expect("an address"), AddressPolicy::Production), "{ip}");
        }
    }
}
