//! Which admin API is asked, and as whom. A secret never stands on a command line: a key is named by its file.

use std::{fs, path::PathBuf};

use clap::Args;
use overblik_connectors::Secret;
use url::Url;

use super::{Failure, Format, say_json};
use crate::{
    config::for_option,
    login::client_keys::{self, ClientKeys},
};

#[derive(Args)]
pub(super) struct WayIn {
    /// The admin API's address, or `OVERBLIK_ADMIN_URL`
    #[arg(long, value_name = "URL")]
    admin: Option<Url>,
    /// What you are registered as, `<authority>/<program>` or an operator's name, or `OVERBLIK_ADMIN_CLIENT`
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// A file with your private key (PEM or JWK), or `OVERBLIK_ADMIN_KEY_FILE`
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// What the admin API calls itself where that is another address, or `OVERBLIK_ADMIN_AUDIENCE`
    #[arg(long, value_name = "URL")]
    audience: Option<Url>,
    /// Trust these issuers (PEM) instead of those that this machine trusts, or `OVERBLIK_ADMIN_CA`
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Seconds to wait at most when it is busy or away
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(super) wait: u64,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

impl WayIn {
    /// The address, with a slash at its end.
    ///
    /// # Errors
    /// [`Failure`] when none is named, or it is none.
    pub(super) fn address(&self) -> Result<Url, Failure> {
        let at = address("--admin", "OVERBLIK_ADMIN_URL", self.admin.as_ref())?;
        let at = at.ok_or_else(|| missing("--admin", "OVERBLIK_ADMIN_URL"))?;
        // A token that goes in the clear is anybody's; to this machine it goes nowhere.
        let here = ["localhost", "127.0.0.1", "[::1]"];
        let is_here = at.host_str().is_some_and(|host| here.contains(&host));
        if at.scheme() != "https" && !(at.scheme() == "http" && is_here) {
            return Err(Failure::unasked(&"--admin: write an address with https"));
        }
        is_origin(at).ok_or_else(|| {
            Failure::unasked(&"--admin: write the address without a path, such as https://admin.overblik.example")
        })
    }

    /// What an assertion is addressed to.
    ///
    /// # Errors
    /// [`Failure`] when it is no address.
    pub(super) fn audience(&self, at: &Url) -> Result<String, Failure> {
        let named = address("--audience", "OVERBLIK_ADMIN_AUDIENCE", self.audience.as_ref())?;
        Ok(named.as_ref().unwrap_or(at).origin().ascii_serialization())
    }

    /// What we are called.
    ///
    /// # Errors
    /// [`Failure`] when it is not said.
    pub(super) fn client(&self) -> Result<String, Failure> {
        let named = self.client.clone().or_else(|| for_option("OVERBLIK_ADMIN_CLIENT"));
        named.ok_or_else(|| missing("--client", "OVERBLIK_ADMIN_CLIENT"))
    }

    /// Our key.
    ///
    /// # Errors
    /// [`Failure`] when no file is named, or it holds none.
    pub(super) fn keys(&self) -> Result<ClientKeys, Failure> {
        read_keys(self.key_file.as_ref())
    }

    /// The issuers to trust, if not this machine's.
    ///
    /// # Errors
    /// [`Failure`] when the file cannot be read.
    pub(super) fn issuers(&self) -> Result<Option<(PathBuf, Vec<u8>)>, Failure> {
        let Some(file) = self.ca.clone().or_else(|| for_option("OVERBLIK_ADMIN_CA").map(PathBuf::from)) else {
            return Ok(None);
        };
        let read = fs::read(&file);
        let read = read.map_err(|error| Failure::unasked(&format!("{}: cannot be read: {error}", file.display())))?;
        Ok(Some((file, read)))
    }
}

/// An address of which nothing is left out where something is asked of it.
fn is_origin(at: Url) -> Option<Url> {
    let is_bare = at.path() == "/" && at.query().is_none() && at.fragment().is_none();
    Some(at).filter(|at| is_bare && at.username().is_empty() && at.password().is_none())
}

fn missing(option: &str, variable: &str) -> Failure {
    Failure::unasked(&format!("say {option}, or set {variable}"))
}

fn address(option: &str, variable: &str, named: Option<&Url>) -> Result<Option<Url>, Failure> {
    if let Some(url) = named {
        return Ok(Some(url.clone()));
    }
    let Some(text) = for_option(variable) else { return Ok(None) };
    let url = Url::parse(&text).map_err(|error| Failure::unasked(&format!("{variable} ({option}): {error}")))?;
    Ok(Some(url))
}

fn read_keys(file: Option<&PathBuf>) -> Result<ClientKeys, Failure> {
    let variable = "OVERBLIK_ADMIN_KEY_FILE";
    let file = file.cloned().or_else(|| for_option(variable).map(PathBuf::from));
    let file = file.ok_or_else(|| missing("--key-file", variable))?;
    let read = fs::read_to_string(&file).map(Secret::new);
    let text = read.map_err(|error| Failure::unasked(&format!("{}: cannot be read: {error}", file.display())))?;
    let keys = client_keys::of_program(&text);
    let keys = keys.map_err(|what| Failure::unasked(&format!("{}{what}", file.display())))?;
    if keys.work() {
        Ok(keys)
    } else {
        Err(Failure::unasked(&format!("{} holds a key that signs nothing that it verifies", file.display())))
    }
}

#[derive(Args)]
pub(in crate::cli) struct KeyArguments {
    /// The file with the private key (PEM or JWK), or `OVERBLIK_ADMIN_KEY_FILE`
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Prints the public half of a key.
///
/// # Errors
/// [`Failure`] when there is no key.
pub(super) fn tell_key(arguments: &KeyArguments) -> Result<(), Failure> {
    say_json(&read_keys(arguments.key_file.as_ref())?.published());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_an_address_is_refused_and_not_dropped() {
        let read = |text: &str| is_origin(Url::parse(text).expect("an address")).is_some();
        for good in ["https://admin.overblik.example", "https://admin.overblik.example/", "http://localhost:8090"] {
            assert!(read(good), "{good}");
        }
        for bad in
            ["https://a.example/admin", "https://a.example/?x", "https://a.example/#x", "https://anna:x@a.example"]
        {
            assert!(!read(bad), "{bad}");
        }
    }
}
