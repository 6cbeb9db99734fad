//! The portal's own login, at the identity provider that the gateway uses too, and its own session.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, COOKIE, SET_COOKIE},
};
use serde::Deserialize;
use std::sync::Arc;
use url::Url;

use super::{Portal, asking, gateway::GatewayError, pages};
use crate::secret::{self, NoRandomness};

/// Cookies know no ports, and other parties of the demo have the same host: the names are the portal's own.
const VISIT: &str = "birkerup-visit";
const LOGIN: &str = "birkerup-login";

/// A login on its way, bound to the browser by a cookie.
pub(super) struct Login {
    state: String,
    nonce: String,
    verifier: String,
}

/// Somebody who is logged in at the portal.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) name: String,
    /// What opens their sections at the gateway to this server. It never leaves it.
    pub(super) section_access: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

#[derive(Deserialize)]
struct Said {
    nonce: String,
    name: String,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
pub(super) struct Callback {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

pub(super) async fn begin(State(portal): State<Arc<Portal>>) -> Response {
    portal.send_to_login().unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

pub(super) async fn callback(
    State(portal): State<Arc<Portal>>,
    Query(callback): Query<Callback>,
    headers: HeaderMap,
) -> Response {
    match portal.finish(&callback, &headers).await {
        Ok(Some(visit)) => {
            let ended = set_cookie(LOGIN, "", 0);
            let begun = portal.visits.issue(visit, (portal.clock)()).map(|ticket| set_cookie(VISIT, &ticket, 3600));
            match begun {
                Ok(begun) => with_cookies([ended, begun], "/"),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
        Ok(None) => with_cookies([set_cookie(LOGIN, "", 0)], "/"),
        Err(error) => pages::failed(&portal, &error),
    }
}

pub(super) async fn log_out(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    if let Some(visit) = cookie(&headers, VISIT).and_then(|ticket| portal.visits.redeem(&ticket, (portal.clock)()))
        && let Err(error) = portal.revoke(&visit.section_access).await
    {
        tracing::warn!(%error, "the section access could not be revoked; it ends with the login");
    }
    with_cookies([set_cookie(VISIT, "", 0)], "/")
}

impl Portal {
    /// Who is logged in here, if anybody is.
    pub(super) fn visit(&self, headers: &HeaderMap) -> Option<Visit> {
        self.visits.look(&cookie(headers, VISIT)?, (self.clock)())
    }

    fn send_to_login(&self) -> Result<Response, NoRandomness> {
        let login = Login { state: secret::random()?, nonce: secret::random()?, verifier: secret::random()? };
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, login.verifier.as_bytes()));
        let mut address = self.issuer.clone();
        address.set_path("/authorize");
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client.client_id),
            ("redirect_uri", &self.redirect_uri()),
            // The second scope is the gateway's; without it the access token opens nothing there.
            ("scope", "openid overblik"),
            ("state", &login.state),
            ("nonce", &login.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let ticket = self.logins.issue(login, (self.clock)())?;
        Ok(with_cookies([set_cookie(LOGIN, &ticket, 600)], address.as_str()))
    }

    /// Nobody where the login was cancelled, or is not one that this browser began.
    async fn finish(&self, callback: &Callback, headers: &HeaderMap) -> Result<Option<Visit>, GatewayError> {
        let login = cookie(headers, LOGIN).and_then(|ticket| self.logins.redeem(&ticket, (self.clock)()));
        let Some(login) = login.filter(|login| secret::equal(login.state.as_bytes(), callback.state.as_bytes())) else {
            return Ok(None);
        };
        let mut address = self.issuer.clone();
        address.set_path("/token");
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", callback.code.as_str()),
            ("redirect_uri", &self.redirect_uri()),
            ("code_verifier", &login.verifier),
            ("client_id", &self.client.client_id),
            ("client_secret", &self.client.client_secret),
        ];
        let answer = asking::post(&address, &fields).await?;
        let Ok(tokens) = serde_json::from_slice::<Tokens>(&answer.body) else { return Ok(None) };
        // It came from the provider itself, over our own connection (OpenID Connect Core 1.0 section 3.1.3.7 point 6).
        let Some(said) = said(&tokens.id_token).filter(|said| said.nonce == login.nonce) else { return Ok(None) };
        let section_access = self.section_access(&tokens.access_token).await?;
        Ok(Some(Visit { name: said.name, section_access }))
    }

    fn redirect_uri(&self) -> String {
        self.client.redirect_uris.first().cloned().unwrap_or_default()
    }
}

fn said(id_token: &str) -> Option<Said> {
    let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// Not `Secure`: the demo speaks plain HTTP on this machine.
fn set_cookie(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut values = pairs.flat_map(|pairs| pairs.split("; ")).filter_map(|pair| pair.split_once('='));
    values.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

fn with_cookies<const COUNT: usize>(cookies: [String; COUNT], target: &str) -> Response {
    let mut response = Redirect::to(target).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
    response
}

/// The portal's registration at the identity provider. Its access tokens are for the gateway's doors for portals.
pub(super) fn client(origin: &str, audience: &str) -> Result<crate::options::DemoClient, NoRandomness> {
    Ok(crate::options::DemoClient {
        client_id: super::CLIENT_ID.to_owned(),
        client_secret: secret::random()?,
        redirect_uris: vec![format!("{origin}/login/callback")],
        post_logout_redirect_uris: vec![format!("{origin}/")],
        api: Some(audience.to_owned()),
        logs_in: crate::options::LogsIn::Citizens,
    })
}

/// An address as text that cannot be anything else.
pub(super) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
