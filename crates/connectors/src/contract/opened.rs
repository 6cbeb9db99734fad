//! What the gateway's tokens and secrets open, and that no authority is given what opens another's (requirement R46).
//!
//! Each source holds tokens of its own and is shown no other's. So what is looked at here is what a token opens and where
//! a secret goes, by the contracts' word: no two authorities may share either.

use std::collections::BTreeSet;

use url::Url;

use super::{
    claims::Claims,
    examination::{Examination, KeyPath},
    manifest::Auth,
};
use crate::{load_options::Endpoint, secret::Secret};

/// What one contract opens, and where the deployment's secret goes that it is shown.
pub(super) struct Opened {
    /// The name of its audience.
    audience: Option<String>,
    /// A token of the gateway's own.
    own: Option<OwnToken>,
    /// The deployment's client secret.
    secret: Option<ShownSecret>,
}

/// A token that names no citizen, as its endpoint is asked for it.
struct OwnToken {
    url: Url,
    scopes: BTreeSet<String>,
    has_audience: bool,
}

/// A secret of the deployment's, and whom it is shown to.
struct ShownSecret {
    secret: Secret,
    url: Url,
    /// Whether the deployment itself says that it goes there, and not the contract.
    by_deployment: bool,
}

impl OwnToken {
    /// Whether it could do what another is for. An audience of its own bounds what it opens, whatever its scopes are
    /// called; without a scope it opens whatever the endpoint gives.
    fn opens(&self, other: &Self) -> bool {
        let bounded = self.has_audience && other.has_audience;
        let unscoped = self.scopes.is_empty() || other.scopes.is_empty();
        self.url == other.url && !bounded && (unscoped || !self.scopes.is_disjoint(&other.scopes))
    }
}

impl Opened {
    /// What a contract opens; what it would share with one of another authority is noted.
    pub(super) fn of(
        examination: &mut Examination<'_>,
        auth: &Auth,
        endpoint: Option<&Endpoint>,
        others: &[&Claims],
    ) -> Self {
        Self {
            audience: own_audience(examination, auth, others),
            own: own_token(examination, auth, endpoint, others),
            secret: own_secret(examination, auth, endpoint, others),
        }
    }
}

fn own_audience(examination: &mut Examination<'_>, auth: &Auth, others: &[&Claims]) -> Option<String> {
    let (part, name) = audience(auth)?;
    let path = KeyPath::of("spec.auth").key(part).key("audience");
    if examination.noted_before(&path).is_some() {
        return None;
    }
    // Some compare audiences as addresses.
    let name = name.trim_end_matches('/');
    if let Some(first) = others.iter().find(|other| other.opened.audience.as_deref() == Some(name)) {
        examination.wrong_value(&path, format!("already taken by {}", first.file.display()), None);
    }
    Some(name.to_owned())
}

fn own_token(
    examination: &mut Examination<'_>,
    auth: &Auth,
    endpoint: Option<&Endpoint>,
    others: &[&Claims],
) -> Option<OwnToken> {
    let declared = auth.client_credentials.as_ref()?;
    let path = KeyPath::of("spec.auth").key("clientCredentials");
    let replaced = endpoint.and_then(|endpoint| endpoint.token_url.clone());
    let url = replaced.or_else(|| Url::parse(&declared.token_url).ok())?;
    if examination.noted_before(&path).is_some() {
        return None;
    }
    let scopes = declared.scope.iter().flat_map(|scope| scope.split(' ')).filter(|scope| !scope.is_empty());
    let token =
        OwnToken { url, scopes: scopes.map(str::to_owned).collect(), has_audience: declared.audience.is_some() };
    let opens = |other: &&&Claims| other.opened.own.as_ref().is_some_and(|other| token.opens(other));
    if let Some(first) = others.iter().find(opens) {
        let message = format!("gives a token that could open the source of {}", first.file.display());
        let hint = "name an audience in both, or scopes of which neither has the other's".to_owned();
        examination.wrong_value(&path.key("tokenUrl"), message, Some(hint));
    }
    Some(token)
}

/// A secret that a contract sends to an address of its authority's own would let that authority come as the gateway
/// wherever else the secret counts. What the deployment itself says, it may say: so there is always a way.
fn own_secret(
    examination: &mut Examination<'_>,
    auth: &Auth,
    endpoint: Option<&Endpoint>,
    others: &[&Claims],
) -> Option<ShownSecret> {
    let secret = endpoint.and_then(|endpoint| endpoint.client_secret.clone())?;
    let (path, setting, declared, replaced) = shown_to(auth, endpoint)?;
    let url = replaced.cloned().or_else(|| Url::parse(declared).ok())?;
    let shown = ShownSecret { secret, url, by_deployment: replaced.is_some() };
    let first = others.iter().find(|claims| {
        claims.opened.secret.as_ref().is_some_and(|other| {
            other.secret.reveal() == shown.secret.reveal()
                && other.url.origin() != shown.url.origin()
                && !(other.by_deployment && shown.by_deployment)
        })
    });
    if let Some(first) = first {
        let message = format!(
            "would be shown the client_secret that the deployment sets for {} as well, where that is shown to another host",
            first.file.display()
        );
        let hint = format!(
            "agree on a secret for each of them; if one is meant for both hosts, say so by {setting} in sources of both"
        );
        examination.wrong_value(&path, message, Some(hint));
    }
    Some(shown)
}

/// The audience that tokens for the source name, and the part that says so.
fn audience(auth: &Auth) -> Option<(&'static str, &str)> {
    let own = auth.client_credentials.as_ref().and_then(|part| part.audience.as_deref());
    let own = own.map(|name| ("clientCredentials", name));
    let exchange = auth.token_exchange.as_ref().map(|part| ("tokenExchange", part.audience.as_str()));
    let assertion = auth.citizen_assertion.as_ref().map(|part| ("citizenAssertion", part.audience.as_str()));
    let idws = auth.idws.as_ref().map(|part| ("idws", part.audience.as_str()));
    own.or(exchange).or(assertion).or(idws)
}

/// Where a client secret goes: the key that says so, the deployment's setting in its place, and what both say.
fn shown_to<'a>(
    auth: &'a Auth,
    endpoint: Option<&'a Endpoint>,
) -> Option<(KeyPath, &'static str, &'a str, Option<&'a Url>)> {
    let at = KeyPath::of("spec.auth");
    let token_url = endpoint.and_then(|endpoint| endpoint.token_url.as_ref());
    if let Some(part) = &auth.client_credentials {
        return Some((at.key("clientCredentials").key("tokenUrl"), "token_url", &part.token_url, token_url));
    }
    if let Some(part) = &auth.token_exchange {
        return Some((at.key("tokenExchange").key("tokenUrl"), "token_url", &part.token_url, token_url));
    }
    let exchange_url = endpoint.and_then(|endpoint| endpoint.exchange_url.as_ref());
    let part = auth.idws.as_ref()?;
    Some((at.key("idws").key("exchangeUrl"), "exchange_url", &part.exchange_url, exchange_url))
}
