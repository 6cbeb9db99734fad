//! A deployment that is not there: for checking and trying a contract where nobody has its secrets.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use super::{
    auth::{self, Deployed},
    examination::{Examination, Noted},
    manifest::Auth,
};
use crate::{
    citizen::Pseudonym,
    credentials::{Credentials, Signer},
    load_options::{Endpoint, LoadOptions},
    secret::Secret,
    upstream::{AddressPolicy, SourceTls},
};

/// Checks what the contract alone says about credentials. The source is then shown none.
pub(super) fn credentials(
    examination: &mut Examination<'_>,
    auth: &Auth,
    slug: &str,
    base_url: &Result<Url, Noted>,
    platform_tls: &SourceTls,
) -> Result<Credentials, Noted> {
    let text = || "stands-in".to_owned();
    let secret = || Some(Secret::new(text()));
    // Whose addresses those of tokens are is between the deployment and the authority.
    let address = || Url::parse("https://stands-in.example/").ok();
    let endpoint = Endpoint {
        api_key: secret(),
        token_url: address(),
        exchange_url: address(),
        client_id: Some(text()),
        client_secret: secret(),
        user: Some(text()),
        password: secret(),
        ..Endpoint::default()
    };
    let options = LoadOptions {
        address_policy: AddressPolicy::Production,
        signer: Some(Arc::new(NoSigner)),
        ..LoadOptions::default()
    };
    let deployed = Deployed { slug, endpoint: Some(&endpoint), options: &options, platform_tls };
    auth::credentials(examination, auth, deployed, base_url)?;
    Ok(Credentials::new(slug.to_owned(), None, None))
}

/// Signs nothing.
#[derive(Debug)]
struct NoSigner;

impl Signer for NoSigner {
    fn issuer(&self) -> &'static str {
        "https://stands-in.example"
    }

    fn sign(&self, _: &str, _: Map<String, Value>, _: u32) -> Option<Secret> {
        None
    }

    fn name_for(&self, _: &Pseudonym, _: &str) -> String {
        String::new()
    }
}
