//! Links that lead a citizen to an authority's own pages.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// An `https` address on a host that the source's contract allows. Made only by [`Link::checked`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Link(String);

/// Why an address is not shown to citizens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Not an absolute `https://` address of visible ASCII without user name or port.
    NotPlainHttps,
    /// The host is not among the allowed ones.
    HostNotAllowed,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPlainHttps => "not a plain https address (no user name, no port, ASCII only)",
            Self::HostNotAllowed => "its host is not in linkHosts",
        })
    }
}

impl std::error::Error for LinkError {}

impl Link {
    /// Accepts an address if it is plain `https` and its host equals an allowed host or is a subdomain of one
    /// (requirement R65).
    ///
    /// # Errors
    /// [`LinkError`] says which of the two rules is broken.
    pub fn checked<H: AsRef<str>>(address: &str, allowed_hosts: &[H]) -> Result<Self, LinkError> {
        let host = Self::host_of_plain(address).ok_or(LinkError::NotPlainHttps)?;
        let allowed = allowed_hosts
            .iter()
            .map(AsRef::as_ref)
            .any(|allowed| host == allowed || host.strip_suffix(allowed).is_some_and(|prefix| prefix.ends_with('.')));
        if allowed { Ok(Self(address.to_owned())) } else { Err(LinkError::HostNotAllowed) }
    }

    /// The host of an address, if that is plain `https`.
    fn host_of_plain(address: &str) -> Option<&str> {
        let rest = address.strip_prefix("https://")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain_host = !host.is_empty()
            && host.split('.').all(|label| !label.is_empty())
            && host
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.');
        let plain_rest =
            rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'));
        (plain_host && plain_rest).then_some(host)
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, shown beside the link so that the citizen knows where it leads.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.0.strip_prefix("https://").unwrap_or(&self.0);
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

/// From our own writing: which hosts are allowed was asked when it was made, and the form is asked again.
impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = String::deserialize(deserializer)?;
        match Self::host_of_plain(&address) {
            Some(_) => Ok(Self(address)),
            None => Err(de::Error::custom(LinkError::NotPlainHttps)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [&str; 1] = ["birkerup.example"];

    #[test]
    fn r65_links_stay_on_allowed_hosts() {
        for good in ["https://birkerup.example", "https://www.birkerup.example/a?b=c#d", "https://birkerup.example/~x"]
        {
            assert!(Link::checked(good, &HOSTS).is_ok(), "{good}");
        }
        for evil in [
            "https://evil-birkerup.example/",
            "https://birkerup.example.evil.example/",
            "https://evil.example/?birkerup.example",
            "https://evil.example#.birkerup.example",
        ] {
            assert_eq!(Link::checked(evil, &HOSTS), Err(LinkError::HostNotAllowed), "{evil}");
        }
    }

    #[test]
    fn r65_only_plain_https_addresses_are_links() {
        for evil in [
            "http://birkerup.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//birkerup.example/",
            "https:/birkerup.example",
            "https://birkerup.example:8443/",
            "https://birkerup.example@evil.example/",
            "https://evil.example\\@birkerup.example/",
            "https://BIRKERUP.example/",
            "https://birkerup..example/",
            "https://bírkerup.example/",
            "https://birkerup.example/\u{202e}txt",
            "https://birkerup.example/a b",
            "https://birkerup.example/\n",
            " https://birkerup.example/",
            "https://",
        ] {
            assert_eq!(Link::checked(evil, &HOSTS), Err(LinkError::NotPlainHttps), "{evil}");
            assert!(serde_json::from_value::<Link>(evil.into()).is_err(), "{evil}");
        }
    }

    #[test]
    fn the_host_is_told_apart() {
        assert_eq!(
            Link::checked("https://www.birkerup.example/x", &HOSTS).map(|l| l.host().to_owned()),
            Ok("www.birkerup.example".to_owned())
        );
    }
}
