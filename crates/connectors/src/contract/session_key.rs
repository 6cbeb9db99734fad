//! Checks how a back end is logged in to.

use serde_json::Value;
use url::Url;

use super::{
    auth::{Deployed, deployed_secret, header},
    call::url_path,
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Method},
    suggestion::suggestion,
};
use crate::{credentials::SessionKey, secret::Secret};

/// The place for the deployment's user.
const USER: &str = "{deployment.user}";
/// The place for the user's password.
const PASSWORD: &str = "{deployment.password}";

pub(super) fn session_key(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    declared: &manifest::SessionKey,
    deployed: Deployed<'_>,
    base_url: &Result<Url, Noted>,
) -> Result<SessionKey, Noted> {
    let login = path.key("login");
    let posts = examination.require(declared.login.method == Method::Post, &login.key("method"), "a log-in is a POST");
    let below = url_path(examination, &login.key("path"), &declared.login.path);
    let mut places = Places { deployed, password: false };
    let body = places.fill(examination, &login.key("body"), &declared.login.body);
    if body.is_ok() && !places.password {
        let message = format!("holds no password: {PASSWORD} must be in it");
        examination.wrong_key(&login.key("body"), message, None);
    }
    let key = examination.selector(&path.key("key"), &declared.key);
    let header = header(examination, &path.key("header"), &declared.header);
    posts?;
    let mut url = base_url.clone()?;
    let full_path = format!("{}{}", url.path().trim_end_matches('/'), below?);
    url.set_path(&full_path);
    // A value that was just read as JSON can be written as JSON.
    let body = serde_json::to_string(&body?).unwrap_or_default();
    Ok(SessionKey { url, body: Secret::new(body), key: key?, header: header? })
}

/// The places of a log-in, as they are found.
struct Places<'d> {
    deployed: Deployed<'d>,
    password: bool,
}

impl Places<'_> {
    /// The body with what the deployment sets in its places. A place is a whole text.
    fn fill(&mut self, examination: &mut Examination<'_>, at: &KeyPath, part: &Value) -> Result<Value, Noted> {
        match part {
            Value::String(text) if text == USER => self.user(examination, at).map(Value::from),
            Value::String(text) if text == PASSWORD => {
                self.password = true;
                let secret = self.deployed.of(|endpoint| endpoint.password.as_ref());
                let secret = deployed_secret(examination, at, secret, "password", self.deployed)?;
                Ok(Value::from(secret.reveal()))
            }
            Value::String(text) if text.contains(['{', '}']) => {
                let hint = suggestion(text, "places", [USER, PASSWORD]);
                Err(examination.wrong_value(at, "no such place; a place is the whole value", hint))
            }
            Value::Object(entries) => {
                let filled: Vec<_> = entries
                    .iter()
                    .map(|(name, inner)| Ok((name.clone(), self.fill(examination, &at.key(name), inner)?)))
                    .collect();
                filled.into_iter().collect::<Result<_, _>>().map(Value::Object)
            }
            Value::Array(items) => {
                let filled: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(index, inner)| self.fill(examination, &at.index(index), inner))
                    .collect();
                filled.into_iter().collect::<Result<_, _>>().map(Value::Array)
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Ok(part.clone()),
        }
    }

    fn user(&self, examination: &mut Examination<'_>, at: &KeyPath) -> Result<&str, Noted> {
        self.deployed.of(|endpoint| endpoint.user.as_deref()).ok_or_else(|| {
            let hint = format!("set sources.{}.user", self.deployed.slug);
            examination.wrong_key(at, "the deployment sets no user for this source", Some(hint))
        })
    }
}
