//! A source or an authority as it was looked at. A change names what was looked at, so that nobody undoes what they did not
//! see.

use std::fmt;

use http::Method;
use overblik_registry::Slug;
use serde_json::Value;

use super::{
    Failure,
    connection::{Answer, Connection, LookedAt},
    lines::Lines,
    words,
};

/// See the module.
pub(super) struct Thing<'c> {
    connection: &'c Connection,
    name: &'c Slug,
    path: String,
    /// How it is; nothing when there is none.
    pub(super) view: Value,
    tag: Option<String>,
}

impl<'c> Thing<'c> {
    /// Looks at a source. `seen` is the record that whoever asks looked at before, if they say so.
    ///
    /// # Errors
    /// [`Failure`] when there is none for us.
    pub(super) async fn source(connection: &'c Connection, name: &'c Slug, seen: Option<u64>) -> Result<Self, Failure> {
        Self::existing(connection, name, format!("/admin/v1/sources/{name}"), seen).await
    }

    /// Looks at an authority.
    ///
    /// # Errors
    /// [`Failure`] when there is none for us.
    pub(super) async fn authority(
        connection: &'c Connection,
        name: &'c Slug,
        seen: Option<u64>,
    ) -> Result<Self, Failure> {
        Self::existing(connection, name, format!("/admin/v1/authorities/{name}"), seen).await
    }

    /// Looks at a source or authority that there may not be yet.
    ///
    /// # Errors
    /// [`Failure`] when nobody can be asked.
    pub(super) async fn or_new(connection: &'c Connection, kind: &str, name: &'c Slug) -> Result<Self, Failure> {
        let path = format!("/admin/v1/{kind}/{name}");
        let answer = connection.look(&path).await?;
        if answer.status == 404 {
            return Ok(Self { connection, name, path, view: Value::Null, tag: None });
        }
        let Answer { etag: tag, body: view, .. } = connection.good(answer)?;
        Ok(Self { connection, name, path, view, tag })
    }

    async fn existing(
        connection: &'c Connection,
        name: &'c Slug,
        path: String,
        seen: Option<u64>,
    ) -> Result<Self, Failure> {
        let Answer { etag, body: view, .. } = connection.read(&path).await?;
        let tag = seen.map(|record| format!("\"{record}\"")).or(etag);
        Ok(Self { connection, name, path, view, tag })
    }

    /// The newest version, or the one that is named.
    ///
    /// # Errors
    /// [`Failure`] when there is none.
    pub(super) fn version(&self, named: Option<u32>) -> Result<u64, Failure> {
        let versions = self.view.get("versions").and_then(Value::as_array).into_iter().flatten();
        let newest = versions.filter_map(|version| version.get("version")?.as_u64()).max();
        let version = named.map(u64::from).or(newest);
        version.ok_or_else(|| Failure::running(&format!("{} has no version", self.name)))
    }

    /// Where something of it is to be had.
    pub(super) fn at(&self, rest: impl fmt::Display) -> String {
        format!("{}/{rest}", self.path)
    }

    /// Changes it, as it was looked at, and hands back whatever is answered.
    ///
    /// # Errors
    /// [`Failure`] when it changed meanwhile, or nobody can be asked.
    pub(super) async fn attempt(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let seen = self.tag.as_deref().map_or(LookedAt::Nothing, LookedAt::Tag);
        let answer = self.connection.send((method, path), Some(seen), body).await?;
        self.unless_stale(answer).await
    }

    /// Sends a file's lines about it, as it was looked at.
    ///
    /// # Errors
    /// [`Failure`] when that is refused.
    pub(super) async fn send_lines(&self, method: Method, path: &str, lines: &Lines) -> Result<Value, Failure> {
        let seen = self.tag.as_deref().map_or(LookedAt::Nothing, LookedAt::Tag);
        let answer = self.connection.send_lines((method, path), seen, lines).await?;
        Ok(self.connection.good(self.unless_stale(answer).await?)?.body)
    }

    async fn unless_stale(&self, answer: Answer) -> Result<Answer, Failure> {
        if answer.status == 412 {
            return Err(self.connection.refused(&answer, Some(&self.what_happened().await)));
        }
        Ok(answer)
    }

    /// Changes it, as it was looked at.
    ///
    /// # Errors
    /// [`Failure`] when that is refused.
    pub(super) async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        Ok(self.connection.good(self.attempt(method, path, body).await?)?.body)
    }

    /// Does something to it that its path names.
    ///
    /// # Errors
    /// [`Failure`] when that is refused.
    pub(super) async fn post(&self, verb: impl fmt::Display, body: Option<&Value>) -> Result<Value, Failure> {
        self.change(Method::POST, &self.at(verb), body).await
    }

    /// Who changed it meanwhile.
    async fn what_happened(&self) -> String {
        let Some(tag) = &self.tag else {
            return format!(
                "{} is a name that is taken already; choose another, or look whether it was made just now",
                self.name
            );
        };
        let seen = tag.trim_matches('"').parse().unwrap_or_default();
        let look = "look at it again, then do it again if you still mean it";
        let since = self.connection.read_history(&self.at("history"), seen).await.ok();
        let last = since.as_ref().and_then(|since| since.get("records")?.as_array()?.last());
        match last {
            Some(record) => format!("somebody changed {} meanwhile: {}; {look}", self.name, words::record(record)),
            None => format!("somebody changed {} meanwhile; {look}", self.name),
        }
    }
}
