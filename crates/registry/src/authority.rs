//! What is on record about an authority: who it is, what is its own on the network, and by which keys its programs are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::text::{Slug, Texts, checked_text};

/// Most domains of an authority.
const MOST_DOMAINS: usize = 50;
/// Most programs of an authority.
const MOST_CLIENTS: usize = 20;
/// Most keys of a program: one in use, one to come, and room for a change under way.
const MOST_KEYS: usize = 4;
/// Most characters of the key itself: an RSA modulus of 8192 bits.
const MOST_KEY_CHARACTERS: usize = 1366;
/// Most characters of what is said about it.
const MOST_NAME_CHARACTERS: usize = 100;

/// An authority. It becomes one, and its domains and keys change, by two persons (requirement R47).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its name in folders and addresses, which is its code in contracts.
    pub slug: Slug,
    /// Its name for people.
    pub name: Texts,
    /// Its number in the central business register: eight digits.
    pub cvr: Cvr,
    /// The domains that were found to be its own, with all below them. Its sources, their token services and the pages that
    /// they link to are there and nowhere else (requirement R40).
    pub domains: BTreeSet<HostName>,
    /// Its programs by name, with the public keys that they sign with.
    pub clients: BTreeMap<Slug, KeySet>,
}

/// What is wrong with an authority as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongAuthority {
    /// More domains than are looked through.
    #[error("an authority has at most {MOST_DOMAINS} domains")]
    ManyDomains,
    /// More programs.
    #[error("an authority has at most {MOST_CLIENTS} clients")]
    ManyClients,
    /// A program without a key, or with more than a change of keys needs.
    #[error("a client has one to {MOST_KEYS} keys, each with an id (kid) of its own")]
    Keys,
    /// A key that nobody can use, or a part of it that is too long.
    #[error("a client's key must be EC (with crv, x, y), OKP (with crv, x) or RSA (with n, e), in base64url")]
    Key,
}

impl Authority {
    /// Whether a host is in one of its domains.
    #[must_use]
    pub fn owns(&self, host: &str) -> bool {
        self.domains.iter().any(|domain| {
            let rest = host.strip_suffix(domain.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// Checks what its parts alone do not say.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), WrongAuthority> {
        if self.domains.len() > MOST_DOMAINS {
            return Err(WrongAuthority::ManyDomains);
        }
        if self.clients.len() > MOST_CLIENTS {
            return Err(WrongAuthority::ManyClients);
        }
        self.clients.values().try_for_each(KeySet::check)
    }
}

/// The public keys of a program, as RFC 7517 writes them. Whoever verifies with them reads this as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl KeySet {
    fn check(&self) -> Result<(), WrongAuthority> {
        let ids: BTreeSet<_> = self.keys.iter().map(|key| &key.kid).collect();
        if self.keys.is_empty() || self.keys.len() > MOST_KEYS || ids.len() != self.keys.len() {
            return Err(WrongAuthority::Keys);
        }
        self.keys.iter().try_for_each(PublicKey::check)
    }
}

/// One public key (RFC 7517, RFC 7518). The members of a private key are unknown here, so that none is ever kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// The key type: `EC`, `OKP` or `RSA`.
    pub kty: String,
    /// The key's id.
    pub kid: String,
    /// What it is for: `sig`.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The first coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

impl PublicKey {
    fn check(&self) -> Result<(), WrongAuthority> {
        let parts = [&self.crv, &self.x, &self.y, &self.n, &self.e].map(Option::is_some);
        let whole = match self.kty.as_str() {
            "EC" => parts == [true, true, true, false, false],
            "OKP" => parts == [true, true, false, false, false],
            "RSA" => parts == [false, false, false, true, true],
            _ => false,
        };
        let plain = |text: &String, most: usize| {
            let character = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
            !text.is_empty() && text.len() <= most && text.bytes().all(character)
        };
        let short = [&self.usage, &self.alg, &self.crv, &self.x, &self.y, &self.e].into_iter().flatten();
        let short = short.chain([&self.kid]).all(|text| plain(text, MOST_NAME_CHARACTERS));
        let long = self.n.iter().all(|modulus| plain(modulus, MOST_KEY_CHARACTERS));
        if whole && short && long { Ok(()) } else { Err(WrongAuthority::Key) }
    }
}

checked_text! {
    /// The name of a host in the public network, in lower case, without a dot at its end.
    HostName, WrongHostName, check_host
}

/// A text is no host that an authority could own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a domain is a public host name like birkerup.example: lower case, with a dot in it, no number, no port, no *")]
pub struct WrongHostName;

fn check_host(text: &str) -> Result<(), WrongHostName> {
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    // What ends in a number is read as an address (127.1), and these lead into the house.
    let public = last.starts_with(|first: char| first.is_ascii_lowercase())
        && !matches!(last, "localhost" | "local" | "internal" | "localdomain");
    let good = text.len() <= 253 && text.contains('.') && text.split('.').all(label) && public;
    if good { Ok(()) } else { Err(WrongHostName) }
}

checked_text! {
    /// A number in the central business register.
    Cvr, WrongCvr, check_cvr
}

/// A text is no CVR number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a CVR number has eight digits")]
pub struct WrongCvr;

fn check_cvr(text: &str) -> Result<(), WrongCvr> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) { Ok(()) } else { Err(WrongCvr) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::libraries;

    #[test]
    fn r40_a_domain_is_a_public_host_name_in_one_spelling() {
        for good in ["birkerup.example", "a.b-c.example", "xn--rdhus-gra.example", "1.example"] {
            assert!(HostName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "dk",
            "localhost",
            "x.localhost",
            "printer.local",
            "db.internal",
            "a.localdomain",
            "Birkerup.example",
            "birkerup.example.",
            ".example",
            "a..example",
            "*.birkerup.example",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "017700000001",
            "①②⑦.0.0.1",
            "[::1]",
            "birkerup.example:8443",
            "a_b.example",
            "-a.example",
            "a-.example",
            "user@birkerup.example",
            "birkerup.example/x",
            "rådhus.example",
            " birkerup.example",
        ] {
            assert_eq!(HostName::parse(bad), Err(WrongHostName), "{bad}");
        }
        let long = format!("{}.example", "a.".repeat(130));
        assert_eq!(HostName::parse(long), Err(WrongHostName));
    }

    #[test]
    fn r40_a_domain_holds_what_is_below_it_and_nothing_that_looks_like_it() {
        let authority = libraries();
        for own in ["bibliotek.birkerup.example", "fbs.bibliotek.birkerup.example", "a.b.bibliotek.birkerup.example"] {
            assert!(authority.owns(own), "{own}");
        }
        for other in
            ["birkerup.example", "evilbibliotek.birkerup.example", "bibliotek.birkerup.example.evil.example", ""]
        {
            assert!(!authority.owns(other), "{other}");
        }
        assert!(
            !Authority { domains: BTreeSet::new(), ..authority }.owns("bibliotek.birkerup.example"),
            "none at first"
        );
    }

    #[test]
    fn r47_only_public_keys_that_somebody_can_use_are_on_record() {
        let with = |keys: serde_json::Value| {
            let keys: KeySet = serde_json::from_value(json!({ "keys": keys })).ok()?;
            let clients = [(crate::testing::slug("ci"), keys)].into();
            Some(Authority { clients, ..libraries() }.check())
        };
        let ec = json!({ "kty": "EC", "kid": "a", "crv": "P-256", "x": "eA", "y": "eQ", "use": "sig", "alg": "ES256" });
        let other = |member: &str, value: serde_json::Value| {
            let mut key = ec.clone();
            key[member] = value;
            key
        };
        let okp = json!({ "kty": "OKP", "kid": "b", "crv": "Ed25519", "x": "eA" });
        let rsa = json!({ "kty": "RSA", "kid": "c", "n": "A".repeat(MOST_KEY_CHARACTERS), "e": "AQAB" });
        assert_eq!(with(json!([ec, okp, rsa])), Some(Ok(())));
        for (keys, error) in [
            (json!([]), WrongAuthority::Keys),
            (json!([ec, ec]), WrongAuthority::Keys),
            (json!([other("y", json!(null))]), WrongAuthority::Key),
            (json!([other("n", json!("AQAB"))]), WrongAuthority::Key),
            (json!([other("kty", json!("oct"))]), WrongAuthority::Key),
            (json!([other("x", json!("a b"))]), WrongAuthority::Key),
            (json!([other("kid", json!(""))]), WrongAuthority::Key),
            (json!([other("x", json!("A".repeat(MOST_KEY_CHARACTERS)))]), WrongAuthority::Key),
        ] {
            assert_eq!(with(keys.clone()), Some(Err(error)), "{keys}");
        }
        assert_eq!(with(json!([other("d", json!("private"))])), None, "a private key cannot even be read");
        assert_eq!(with(json!([other("k", json!("shared"))])), None);
    }
}
