//! Checks how the gateway shows a source who asks, and for whom.

use http::HeaderName;
use url::Url;

use super::{
    call::header_name,
    endpoint::address,
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Auth},
    session_key,
};
use crate::{
    credentials::{
        ApiKey, CitizenAssertion, Client, ClientCredentials, ClientProof, Credentials, Idws, Token, TokenEndpoint,
        TokenExchange,
    },
    declared::sensitive_header,
    load_options::{Endpoint, LoadOptions},
    secret::Secret,
    upstream::SourceTls,
};

/// Longest name of an audience, and longest scope, in bytes.
const LONGEST_NAME: usize = 255;

const KINDS: &str =
    "the ways are mutualTls, apiKey, clientCredentials, tokenExchange, citizenAssertion, idws, sessionKey";

/// What the checks look at beside the contract.
#[derive(Clone, Copy)]
pub(super) struct Deployed<'d> {
    /// The source's slug.
    pub(super) slug: &'d str,
    /// What the deployment sets for it.
    pub(super) endpoint: Option<&'d Endpoint>,
    /// What it sets for all.
    pub(super) options: &'d LoadOptions,
    /// TLS as towards anybody for whom the deployment sets no files.
    pub(super) platform_tls: &'d SourceTls,
}

impl<'d> Deployed<'d> {
    pub(super) fn of<T: ?Sized>(self, part: impl FnOnce(&'d Endpoint) -> Option<&'d T>) -> Option<&'d T> {
        self.endpoint.and_then(part)
    }

    /// TLS towards a host that is the identity provider's: as the login itself has it. A source's own issuers could
    /// otherwise vouch for somebody who takes the provider's place, and collects logins' tokens (requirements R45 and R49).
    fn tls_of_provider(self, url: &Url) -> Option<SourceTls> {
        self.is_at_provider(url).then(|| self.platform_tls.clone())
    }

    fn is_at_provider(self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.options.login_token_hosts.contains(host))
    }

    /// A token endpoint at an address.
    fn token_endpoint(self, url: Url, client: Option<Client>) -> TokenEndpoint {
        TokenEndpoint { tls: self.tls_of_provider(&url), url, client }
    }
}

/// The headers that carry credentials, in lower case. `Authorization` is none that a contract could set.
pub(super) fn headers(auth: &Auth) -> Vec<String> {
    let named = [
        auth.api_key.as_ref().map(|declared| &declared.header),
        auth.session_key.as_ref().map(|declared| &declared.header),
        auth.citizen_assertion.as_ref().and_then(|declared| declared.header.as_ref()),
    ];
    named.into_iter().flatten().map(|name| name.to_ascii_lowercase()).collect()
}

/// Whether the credentials are about one citizen and name them: what is exchanged for a login's token, or signed.
pub(super) fn name_citizen(auth: &Auth) -> bool {
    auth.token_exchange.is_some() || auth.citizen_assertion.is_some() || auth.idws.is_some()
}

/// Checks how the gateway shows the source who asks, and for whom.
pub(super) fn credentials(
    examination: &mut Examination<'_>,
    auth: &Auth,
    deployed: Deployed<'_>,
    base_url: &Result<Url, Noted>,
) -> Result<Credentials, Noted> {
    let path = KeyPath::of("spec.auth");
    let combined = combination(examination, &path, auth);
    let api_key = auth.api_key.as_ref().map(|declared| api_key(examination, &path.key("apiKey"), declared, deployed));
    let token = if let Some(declared) = &auth.client_credentials {
        Some(client_credentials(examination, &path.key("clientCredentials"), declared, deployed))
    } else if let Some(declared) = &auth.token_exchange {
        Some(token_exchange(examination, &path.key("tokenExchange"), declared, deployed))
    } else if let Some(declared) = &auth.citizen_assertion {
        Some(citizen_assertion(examination, &path.key("citizenAssertion"), declared, deployed))
    } else if let Some(declared) = &auth.idws {
        Some(idws(examination, &path.key("idws"), declared, deployed))
    } else if let Some(declared) = &auth.session_key {
        let path = path.key("sessionKey");
        Some(session_key::session_key(examination, &path, declared, deployed, base_url).map(Token::SessionKey))
    } else {
        None
    };
    let (api_key, token) = (api_key.transpose()?, token.transpose()?);
    combined?;
    Ok(Credentials::new(deployed.slug.to_owned(), api_key, token))
}

/// What may stand beside what.
fn combination(examination: &mut Examination<'_>, path: &KeyPath, auth: &Auth) -> Result<(), Noted> {
    let tokens: Vec<&str> = [
        ("clientCredentials", auth.client_credentials.is_some()),
        ("tokenExchange", auth.token_exchange.is_some()),
        ("citizenAssertion", auth.citizen_assertion.is_some()),
        ("idws", auth.idws.is_some()),
        ("sessionKey", auth.session_key.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, declared)| declared.then_some(name))
    .collect();
    let mut outcome = Ok(());
    if tokens.is_empty() && auth.api_key.is_none() && auth.mutual_tls.is_none() {
        let message = "says nothing about how the gateway shows who it is";
        outcome = Err(examination.wrong_key(path, message, Some(KINDS.to_owned())));
    }
    if let [first, second, ..] = tokens.as_slice() {
        let hint = Some("a call carries one token; apiKey and mutualTls may stand beside it".to_owned());
        outcome = Err(examination.wrong_key(&path.key(second), format!("stands beside {first}"), hint));
    }
    if auth.idws.is_some() && auth.mutual_tls.is_none() {
        let hint = Some("add mutualTls: {}; the source's token is bound to the gateway's certificate".to_owned());
        outcome = Err(examination.wrong_key(&path.key("idws"), "needs mutualTls beside it", hint));
    }
    let headers = headers(auth);
    if let [first, second, ..] = headers.as_slice()
        && first == second
    {
        let message = format!("two credentials are carried by the header {first}");
        outcome = Err(examination.wrong_key(path, message, Some("give each a header of its own".to_owned())));
    }
    outcome
}

fn api_key(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::ApiKey,
    deployed: Deployed<'_>,
) -> Result<ApiKey, Noted> {
    let name = header(examination, &path.key("header"), &declared.header);
    let value = match deployed.of(|endpoint| endpoint.api_key.as_ref()) {
        None => Err(examination.wrong_key(path, "the deployment sets no API key for this source", None)),
        Some(key) if key.reveal().is_empty() => {
            Err(examination.wrong_key(path, "the API key that the deployment sets is empty", None))
        }
        Some(key) => sensitive_header(key.reveal()).ok_or_else(|| {
            examination.wrong_key(path, "the API key that the deployment sets is not visible ASCII", None)
        }),
    };
    Ok(ApiKey { header: name?, key: value? })
}

fn client_credentials(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::ClientCredentials,
    deployed: Deployed<'_>,
) -> Result<Token, Noted> {
    let endpoint = token_endpoint(examination, path, &declared.token_url, deployed);
    let scope = optional_name(examination, &path.key("scope"), declared.scope.as_deref(), Name::Scope);
    let audience = declared.audience.as_deref();
    let audience = audience.map(|text| audience_name(examination, &path.key("audience"), text, deployed)).transpose();
    Ok(Token::ClientCredentials(ClientCredentials { endpoint: endpoint?, scope: scope?, audience: audience? }))
}

fn token_exchange(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::TokenExchange,
    deployed: Deployed<'_>,
) -> Result<Token, Noted> {
    let endpoint = token_endpoint(examination, path, &declared.token_url, deployed);
    let replaced = deployed.of(|endpoint| endpoint.token_url.as_ref()).is_some();
    let trusted = login_token_host(examination, &path.key("tokenUrl"), &declared.token_url, replaced, deployed);
    let audience = audience_name(examination, &path.key("audience"), &declared.audience, deployed);
    let scope = optional_name(examination, &path.key("scope"), declared.scope.as_deref(), Name::Scope);
    trusted?;
    Ok(Token::TokenExchange(TokenExchange { endpoint: endpoint?, audience: audience?, scope: scope? }))
}

fn citizen_assertion(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::CitizenAssertion,
    deployed: Deployed<'_>,
) -> Result<Token, Noted> {
    let audience = audience_name(examination, &path.key("audience"), &declared.audience, deployed);
    let named = declared.header.as_ref().map(|text| header(examination, &path.key("header"), text)).transpose();
    let signer = deployed.options.signer.clone().ok_or_else(|| {
        let hint = "set login.client_keys_file, which holds the gateway's keys".to_owned();
        examination.wrong_key(path, "the deployment has no keys to sign with", Some(hint))
    });
    Ok(Token::CitizenAssertion(CitizenAssertion { signer: signer?, audience: audience?, header: named? }))
}

fn idws(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::Idws,
    deployed: Deployed<'_>,
) -> Result<Token, Noted> {
    let policy = deployed.options.address_policy;
    let exchange_path = path.key("exchangeUrl");
    let replacement = deployed.of(|endpoint| endpoint.exchange_url.as_ref());
    let exchange_url = address(examination, &exchange_path, &declared.exchange_url, replacement, policy);
    let replaced = replacement.is_some();
    let trusted = login_token_host(examination, &exchange_path, &declared.exchange_url, replaced, deployed);
    let client = client(examination, path, &exchange_url, deployed);
    let audience = audience_name(examination, &path.key("audience"), &declared.audience, deployed);
    let token_url = deployed.of(|endpoint| endpoint.token_url.as_ref());
    let url = address(examination, &path.key("tokenUrl"), &declared.token_url, token_url, policy);
    trusted?;
    Ok(Token::Idws(Idws {
        exchange: deployed.token_endpoint(exchange_url?, Some(client?)),
        audience: audience?,
        // The certificate in TLS says there who asks.
        endpoint: TokenEndpoint { url: url?, client: None, tls: None },
    }))
}

/// Where tokens are to be had, and which client the deployment is there.
fn token_endpoint(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    token_url: &str,
    deployed: Deployed<'_>,
) -> Result<TokenEndpoint, Noted> {
    let replacement = deployed.of(|endpoint| endpoint.token_url.as_ref());
    let policy = deployed.options.address_policy;
    let url = address(examination, &path.key("tokenUrl"), token_url, replacement, policy);
    let client = client(examination, path, &url, deployed);
    Ok(deployed.token_endpoint(url?, Some(client?)))
}

/// A secret that the deployment sets for the source is what was agreed on there, and so comes before our keys.
fn client(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    url: &Result<Url, Noted>,
    deployed: Deployed<'_>,
) -> Result<Client, Noted> {
    let id = match deployed.of(|endpoint| endpoint.client_id.as_deref()) {
        Some(id) if is_plain(id) => Ok(id.to_owned()),
        Some(_) => {
            Err(examination.wrong_key(path, "the client_id that the deployment sets is not visible ASCII", None))
        }
        None => {
            let hint = format!("set sources.{}.client_id", deployed.slug);
            Err(examination.wrong_key(path, "the deployment sets no client_id for this source", Some(hint)))
        }
    };
    // At another party than the identity provider it would let that party log in as the gateway.
    let is_elsewhere = url.as_ref().is_ok_and(|url| !deployed.is_at_provider(url));
    let leaks = |secret: &Secret| {
        let login = deployed.options.login_secret.as_ref();
        is_elsewhere && login.is_some_and(|login| login.reveal() == secret.reveal())
    };
    let proof = match (deployed.of(|endpoint| endpoint.client_secret.as_ref()), &deployed.options.signer) {
        (Some(secret), _) if leaks(secret) => {
            let hint = format!(
                "agree on a secret of its own for sources.{}, or set none: the gateway's keys then sign who it is",
                deployed.slug
            );
            let message = "the client_secret that the deployment sets is that of the login, which nobody but the identity provider may see";
            Err(examination.wrong_key(path, message, Some(hint)))
        }
        (Some(secret), _) => Ok(ClientProof::Secret(secret.clone())),
        (None, Some(signer)) => Ok(ClientProof::Keys(signer.clone())),
        (None, None) => {
            let hint = format!(
                "set sources.{}.client_secret_file, or login.client_keys_file, which holds the gateway's keys",
                deployed.slug
            );
            let message = "the deployment has neither keys to sign with nor a client_secret for this source";
            Err(examination.wrong_key(path, message, Some(hint)))
        }
    };
    Ok(Client { id: id?, proof: proof? })
}

/// The citizen's login token is shown to the identity provider alone. A contract could otherwise name an address of its
/// authority's own, and so be given what opens everything (requirement R45).
fn login_token_host(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &str,
    replaced: bool,
    deployed: Deployed<'_>,
) -> Result<(), Noted> {
    let host = Url::parse(declared).ok().and_then(|url| url.host_str().map(str::to_owned));
    // What is no address is told already.
    let known = host.is_none_or(|host| deployed.options.login_token_hosts.contains(&host));
    if known || replaced {
        return Ok(());
    }
    let message = "is not at the identity provider, and nobody else is shown the token of a citizen's login";
    let hint = format!(
        "the deployment lets it be by login.endpoint_hosts, or by its own address in sources.{}",
        deployed.slug
    );
    Err(examination.wrong_value(path, message, Some(hint)))
}

pub(super) fn header(examination: &mut Examination<'_>, path: &KeyPath, text: &str) -> Result<HeaderName, Noted> {
    header_name(text).map_err(|message| examination.wrong_value(path, message, None))
}

/// What a text names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Audience,
    /// One or more, with spaces between them.
    Scope,
}

fn optional_name(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    text: Option<&str>,
    kind: Name,
) -> Result<Option<String>, Noted> {
    text.map(|text| name(examination, path, text, kind)).transpose()
}

fn name(examination: &mut Examination<'_>, path: &KeyPath, text: &str, kind: Name) -> Result<String, Noted> {
    let plain = match kind {
        Name::Audience => is_plain(text),
        Name::Scope => text.len() <= LONGEST_NAME && text.split(' ').all(is_plain),
    };
    examination.require(plain, path, "must be visible ASCII without quotes and backslashes, at most 255 characters")?;
    Ok(text.to_owned())
}

/// The name of an audience, which is neither the gateway nor the identity provider: whoever is given a token for one of
/// these could do there what the citizen may (requirement R46).
fn audience_name(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    text: &str,
    deployed: Deployed<'_>,
) -> Result<String, Noted> {
    let audience = name(examination, path, text, Name::Audience)?;
    let options = deployed.options;
    let host = Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let is_provider = host.is_some_and(|host| options.login_token_hosts.contains(&host));
    if is_provider || options.own_audiences.iter().any(|own| own.trim_end_matches('/') == text.trim_end_matches('/')) {
        let hint = "a source is given tokens that are meant for itself".to_owned();
        return Err(examination.wrong_value(path, "means the gateway or the identity provider", Some(hint)));
    }
    Ok(audience)
}

/// What may stand in forms, tokens and challenges alike (RFC 6749 appendix A.4).
fn is_plain(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// A secret of the deployment's that a contract needs.
pub(super) fn deployed_secret<'d>(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    secret: Option<&'d Secret>,
    name: &str,
    deployed: Deployed<'_>,
) -> Result<&'d Secret, Noted> {
    secret.ok_or_else(|| {
        let hint = format!("set sources.{}.{name}", deployed.slug);
        examination.wrong_key(path, format!("the deployment sets no {name} for this source"), Some(hint))
    })
}
