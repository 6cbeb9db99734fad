//! The one client towards the admin API: it proves who asks, once, and waits when it is told to.

use std::time::Duration;

use overblik_connectors::Secret;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{Failure, Format, REFUSED, lines::Lines, say_json, way_in::WayIn};
use crate::clock::Clock;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longer than the longest verb: the kit waits for every time limit of a contract.
const CALL_LIMIT: Duration = Duration::from_secs(200);
/// Longer than an index has to come.
const LINES_LIMIT: Duration = Duration::from_secs(620);
/// Largest answer, in bytes: the files of a version are 4 MB, written out as JSON.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// How long is waited where it is not told, in seconds.
const PAUSE_S: u64 = 5;

/// The admin API, to somebody who proved who they are.
pub(super) struct Connection {
    http: reqwest::Client,
    at: Url,
    token: Secret,
    /// Until when it is waited for.
    patience: Instant,
    pub(super) format: Format,
}

/// What was answered: JSON, or a text that is CSV.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

/// What a change says that its sender looked at.
#[derive(Clone, Copy)]
pub(super) enum LookedAt<'t> {
    /// The thing with this tag.
    Tag(&'t str),
    /// That there is none.
    Nothing,
}

impl Connection {
    /// Proves who asks.
    ///
    /// # Errors
    /// [`Failure`] when nobody can be asked, or we are not who we say.
    #[expect(clippy::disallowed_methods, reason = "the one client towards the admin API")]
    pub(super) async fn open(way_in: &WayIn) -> Result<Self, Failure> {
        let (at, client, keys) = (way_in.address()?, way_in.client()?, way_in.keys()?);
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT);
        let builder = match way_in.issuers()? {
            None => builder,
            Some((file, pem)) => {
                let no_issuer = || Failure::unasked(&format!("{} holds no certificate (PEM)", file.display()));
                let issuers = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| no_issuer())?;
                if issuers.is_empty() {
                    return Err(no_issuer());
                }
                builder.tls_certs_only(issuers)
            }
        };
        let http = builder.build().map_err(|error| Failure::unasked(&error))?;
        let patience = Instant::now() + Duration::from_secs(way_in.wait.min(24 * 3600));
        let mut connection = Self { http, at, token: Secret::new(String::new()), patience, format: way_in.format };
        let audience = way_in.audience(&connection.at)?;
        let answer = connection
            .patiently(|| {
                // A new one each time: none counts twice.
                let assertion = keys.assertion(&client, &audience, Clock::system().now());
                let assertion = assertion.map_err(|_| Failure::unasked(&"the key cannot sign"))?;
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.reveal()),
                ];
                Ok(connection.http.post(connection.url("/admin/v1/token")?).form(&form))
            })
            .await?;
        let token = answer.body.get("access_token").and_then(Value::as_str);
        let Some(token) = token.filter(|_| answer.status == 200).map(ToOwned::to_owned) else {
            let why = answer.body.get("error_description").and_then(Value::as_str).unwrap_or("it gives no token");
            let hint = format!(
                "hint: is {client} registered with the public half of this key (`overblik registry key`), is this \
                 machine's clock right, and does the admin API call itself {audience}?"
            );
            return Err(Failure::unasked(&format!("{}: {why}\n  {hint}", connection.at)));
        };
        connection.token = Secret::new(token);
        Ok(connection)
    }

    /// Reads something.
    ///
    /// # Errors
    /// [`Failure`] when it is not there for us, or nobody can be asked.
    pub(super) async fn read(&self, path: &str) -> Result<Answer, Failure> {
        self.good(self.look(path).await?)
    }

    /// Reads a history after a record to its end, however many answers that takes.
    ///
    /// # Errors
    /// [`Failure`] when it is not there for us, or nobody can be asked.
    pub(super) async fn read_history(&self, path: &str, after: u64) -> Result<Value, Failure> {
        let (mut records, mut after) = (Vec::new(), after);
        loop {
            let mut page = self.read(&format!("{path}?after={after}")).await?.body;
            if let Some(Value::Array(more)) = page.get_mut("records").map(Value::take) {
                records.extend(more);
            }
            let last = records.last().and_then(|record: &Value| record.get("number")?.as_u64()).unwrap_or(after);
            if last > after && page.get("more") == Some(&Value::Bool(true)) {
                after = last;
                continue;
            }
            if let Some(page) = page.as_object_mut() {
                page.insert("records".to_owned(), records.into());
            }
            return Ok(page);
        }
    }

    /// Reads something as CSV.
    ///
    /// # Errors
    /// As [`Connection::read`].
    pub(super) async fn read_csv(&self, path: &str) -> Result<String, Failure> {
        let accept = (http::header::ACCEPT, "text/csv, application/json;q=0.1");
        let request = || Ok(self.http.get(self.url(path)?).header(accept.0.clone(), accept.1));
        let answer = self.patiently(|| Ok(request()?.bearer_auth(self.token.reveal()))).await?;
        let csv = self.good(answer)?.body;
        csv.as_str().map(ToOwned::to_owned).ok_or_else(|| Failure::unasked(&format!("{} answers no CSV", self.at)))
    }

    /// Reads something that there may not be.
    ///
    /// # Errors
    /// [`Failure`] when nobody can be asked.
    pub(super) async fn look(&self, path: &str) -> Result<Answer, Failure> {
        self.patiently(|| Ok(self.http.get(self.url(path)?).bearer_auth(self.token.reveal()))).await
    }

    /// Does something, and hands back the answer whatever it is.
    ///
    /// # Errors
    /// [`Failure`] when nobody can be asked.
    pub(super) async fn send(
        &self,
        (method, path): (http::Method, &str),
        seen: Option<LookedAt<'_>>,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.patiently(|| {
            let request = self.request(&method, path, seen)?;
            Ok(match body {
                Some(body) => request.header(http::header::CONTENT_TYPE, "application/json").body(body.to_string()),
                None => request,
            })
        })
        .await
    }

    /// Sends a file's lines, and hands back the answer whatever it is.
    ///
    /// # Errors
    /// [`Failure`] when nobody can be asked.
    pub(super) async fn send_lines(
        &self,
        (method, path): (http::Method, &str),
        seen: LookedAt<'_>,
        lines: &Lines,
    ) -> Result<Answer, Failure> {
        self.patiently(|| {
            let request = self.request(&method, path, Some(seen))?.timeout(LINES_LIMIT);
            let request = request.header(http::header::CONTENT_TYPE, "application/x-ndjson");
            Ok(request.body(reqwest::Body::wrap(lines.body()?)))
        })
        .await
    }

    fn request(
        &self,
        method: &http::Method,
        path: &str,
        seen: Option<LookedAt<'_>>,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let request = self.http.request(method.clone(), self.url(path)?).bearer_auth(self.token.reveal());
        Ok(match seen {
            Some(LookedAt::Tag(tag)) => request.header(http::header::IF_MATCH, tag),
            Some(LookedAt::Nothing) => request.header(http::header::IF_NONE_MATCH, "*"),
            None => request,
        })
    }

    /// The answer, if it is a good one.
    ///
    /// # Errors
    /// [`Failure`] with what is said instead, in the format that was asked for.
    pub(super) fn good(&self, answer: Answer) -> Result<Answer, Failure> {
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(self.refused(&answer, None)) }
    }

    /// What is said instead of a good answer, and perhaps a hint.
    pub(super) fn refused(&self, answer: &Answer, hint: Option<&str>) -> Failure {
        // A request that is not understood, and one that nobody took up, were not refused for what was found.
        let is_unasked = matches!(answer.status, 400 | 401 | 428 | 429) || answer.status >= 500 || answer.status < 400;
        if self.format == Format::Json {
            say_json(&answer.body);
            return Failure::told(if is_unasked { super::super::EXIT_UNASKED } else { REFUSED });
        }
        let text = |name: &str| answer.body.get(name).and_then(Value::as_str);
        let mut told = text("title").map_or_else(|| format!("the answer is {}", answer.status), ToOwned::to_owned);
        if let Some(detail) = text("detail") {
            told = format!("{told}: {detail}");
        }
        if let Some(code) = text("code") {
            told = format!("{told} ({code})");
        }
        if let Some(hint) = hint {
            told = format!("{told}\n  hint: {hint}");
        }
        if is_unasked { Failure::unasked(&told) } else { Failure::running(&told) }
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.at.join(path).map_err(|error| Failure::unasked(&error))
    }

    /// Asks until there is an answer other than that one should wait, for as long as there is patience.
    async fn patiently(
        &self,
        request: impl Fn() -> Result<reqwest::RequestBuilder, Failure>,
    ) -> Result<Answer, Failure> {
        loop {
            let response = request()?.send().await.map_err(|error| self.unreachable(&error))?;
            let status = response.status().as_u16();
            let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
            let (etag, pause) = (header("etag"), header("retry-after"));
            let is_csv = header("content-type").is_some_and(|kind| kind.starts_with("text/csv"));
            let pause = Duration::from_secs(pause.and_then(|pause| pause.parse().ok()).unwrap_or(PAUSE_S).max(1));
            let until = Instant::now().checked_add(pause);
            if matches!(status, 429 | 503) && until.is_some_and(|until| until <= self.patience) {
                tokio::time::sleep(pause).await;
                continue;
            }
            let bytes = read_capped(response).await.map_err(|error| self.unreachable(error.as_ref()))?;
            let body = match String::from_utf8(bytes) {
                Ok(text) if is_csv => Value::String(text),
                Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
                Err(_) => Value::Null,
            };
            return Ok(Answer { status, etag, body });
        }
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Failure {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            why = format!("{why}: {deeper}");
            cause = deeper.source();
        }
        Failure::unasked(&format!("{} cannot be reached: {why}", self.at))
    }
}

async fn read_capped(mut response: reqwest::Response) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len().saturating_add(chunk.len()) > LARGEST_ANSWER {
            return Err("its answer is too large".into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
