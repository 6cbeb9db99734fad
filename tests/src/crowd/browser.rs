//! A browser of the crowd: each of its requests goes through another gateway, may be given up at any moment, and its
//! answer is inspected as far as it was read.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, Method, header};
use url::Url;

use super::{
    inspection::{Inspection, Seen},
    look::{Look, Outcome},
    provider::PERSON_PARAMETER,
};
use crate::fleet::PUBLIC_ORIGIN;

const SESSION_COOKIE: &str = "__Host-Http-overblik";

/// Longest that a browser waits for one answer, a whole event stream included.
const PATIENCE: Duration = Duration::from_mins(1);

static BROWSERS: AtomicU64 = AtomicU64::new(0);

/// A browser of the crowd. Requests may be under way at the same time.
pub struct CrowdBrowser {
    number: u64,
    http: reqwest::Client,
    /// What browsers call the gateways, and where the provider leads back to.
    origin: String,
    inspection: Arc<Inspection>,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    cookies: BTreeMap<String, String>,
    /// Whose session the session cookie is.
    citizen: Option<usize>,
}

/// A request in the making.
struct Sending<'a> {
    method: Method,
    door: &'a Url,
    path: &'a str,
    accept: &'a str,
    site: &'static str,
    /// Nothing that was kept will do.
    anew: bool,
    /// Who is logged in once the answer gives a session cookie.
    becomes: Option<usize>,
}

impl CrowdBrowser {
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a test's client, not the gateway's")]
    pub(crate) fn new(inspection: Arc<Inspection>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Self::with(http.expect("a client"), PUBLIC_ORIGIN.to_owned(), inspection)
    }

    /// A browser that finds the gateways behind a proxy that speaks TLS. It connects for every request, so that each one
    /// meets the certificate of the moment.
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a test's client, not the gateway's")]
    pub(crate) fn behind(origin: &str, authority: &[u8], inspection: Arc<Inspection>) -> Self {
        let authority = reqwest::Certificate::from_pem(authority).expect("a certificate");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.tls_certs_only([authority]).pool_max_idle_per_host(0).build();
        Self::with(http.expect("a client"), origin.trim_end_matches('/').to_owned(), inspection)
    }

    fn with(http: reqwest::Client, origin: String, inspection: Arc<Inspection>) -> Self {
        Self { number: BROWSERS.fetch_add(1, Ordering::Relaxed), http, origin, inspection, state: Mutex::default() }
    }

    /// A browser that shares this one's connections, as the visitors of a load balancer do, and nothing else.
    #[must_use]
    pub fn neighbour(&self) -> Self {
        Self::with(self.http.clone(), self.origin.clone(), Arc::clone(&self.inspection))
    }

    /// The same browser profile, copied with its cookies.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            number: self.number,
            http: self.http.clone(),
            origin: self.origin.clone(),
            inspection: Arc::clone(&self.inspection),
            state: Mutex::new(self.state().clone()),
        }
    }

    /// Who is logged in, as far as this browser knows.
    #[must_use]
    pub fn citizen(&self) -> Option<usize> {
        self.state().citizen
    }

    /// The session cookie.
    #[must_use]
    pub fn session_cookie(&self) -> Option<String> {
        self.state().cookies.get(SESSION_COOKIE).cloned()
    }

    /// Logs a person in through a door each for the beginning and the callback. `further` are parameters of the
    /// beginning, such as `&level=high`. The outcome is the callback's; an earlier step's if it went wrong.
    pub async fn log_in(&self, doors: [&Url; 2], person: usize, further: &str, give_up: Option<Duration>) -> Outcome {
        match give_up {
            None => self.log_in_at_ease(doors, person, further).await,
            Some(time) => {
                let attempt = tokio::time::timeout(time, self.log_in_at_ease(doors, person, further));
                attempt.await.unwrap_or(Outcome::GivenUp)
            }
        }
    }

    async fn log_in_at_ease(&self, [first, second]: [&Url; 2], person: usize, further: &str) -> Outcome {
        let path = format!("/auth/login?return_to=/{further}");
        let begun = self.navigate(Method::GET, first, &path, "same-origin", None).await;
        let Outcome::Answered(seen) = &begun else { return begun };
        let Ok(mut provider) = Url::parse(seen.header("location")) else { return begun };
        provider.query_pairs_mut().append_pair(PERSON_PARAMETER, &person.to_string());
        let Ok(sent) = self.http.get(provider).timeout(PATIENCE).send().await else { return Outcome::Broken };
        let target = sent.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(callback) = target.strip_prefix(&self.origin) else { return Outcome::Broken };
        self.navigate(Method::GET, second, callback, "cross-site", Some(person)).await
    }

    /// Looks at something; gives up after a while if told so.
    pub async fn look(&self, door: &Url, look: Look, give_up: Option<Duration>) -> Outcome {
        self.send(looking(door, look), give_up).await
    }

    /// Looks at something, and takes nothing that was kept.
    pub async fn look_anew(&self, door: &Url, look: Look) -> Outcome {
        self.send(Sending { anew: true, ..looking(door, look) }, None).await
    }

    /// Logs out. The browser forgets its session whatever comes of it, as a person who walks away does.
    pub async fn log_out(&self, door: &Url, give_up: Option<Duration>) -> Outcome {
        let (path, accept) = ("/auth/logout", "text/html");
        let sending =
            Sending { method: Method::POST, door, path, accept, site: "same-origin", anew: false, becomes: None };
        self.send(sending, give_up).await
    }

    /// Forgets the session cookie, as when a browser is closed.
    pub fn forget(&self) {
        let mut state = self.state();
        state.cookies.remove(SESSION_COOKIE);
        state.citizen = None;
    }

    /// Opens the event stream and leaves it open.
    ///
    /// # Panics
    /// When the gateway gives none.
    pub async fn open_stream(&self, door: &Url) -> crate::EventStream {
        #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
        crate::EventStream::of(self.request(&looking(door, Look::Stream)).send().await.expect("an answer"))
    }

    /// Asks for something that no page of ours leads to; the answer's status.
    ///
    /// # Panics
    /// When nobody answers.
    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    pub async fn probe(&self, door: &Url, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = self.http.get(format!("{}{path}", door.as_str().trim_end_matches('/')));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.timeout(PATIENCE).send().await.expect("an answer").status().as_u16()
    }

    /// A document that anybody may have, if it is to be had.
    pub(crate) async fn fetch(&self, door: &Url, path: &str) -> Option<serde_json::Value> {
        let sent = self.http.get(door.join(path).ok()?).timeout(PATIENCE).send().await.ok()?;
        let bytes = sent.error_for_status().ok()?.bytes().await.ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Posts a form as a server does; the answer's status.
    ///
    /// # Panics
    /// When nobody answers.
    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    pub async fn tell(&self, door: &Url, path: &str, form: &[(&str, &str)]) -> u16 {
        let url = door.join(path).expect("an address");
        self.http.post(url).form(form).timeout(PATIENCE).send().await.expect("an answer").status().as_u16()
    }

    async fn navigate(
        &self,
        method: Method,
        door: &Url,
        path: &str,
        site: &'static str,
        becomes: Option<usize>,
    ) -> Outcome {
        self.send(Sending { method, door, path, accept: "text/html", site, anew: false, becomes }, None).await
    }

    async fn send(&self, sending: Sending<'_>, give_up: Option<Duration>) -> Outcome {
        // What was read until the browser gave up is inspected too, also when the whole login is given up.
        let asked = format!("{} {}", sending.method, sending.path.split('?').next().unwrap_or_default());
        let mut reading = Reading { browser: self, citizen: self.citizen(), asked, seen: Seen::default() };
        let outcome = match give_up {
            None => reading.read(&sending).await,
            Some(time) => match tokio::time::timeout(time, reading.read(&sending)).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => return Outcome::GivenUp,
            },
        };
        match outcome {
            Ok(()) => Outcome::Answered(reading.into_seen()),
            Err(_) => Outcome::Broken,
        }
    }

    fn request(&self, sending: &Sending<'_>) -> reqwest::RequestBuilder {
        #[expect(clippy::expect_used, reason = "a malformed path is a mistake in the test")]
        let url = sending.door.join(sending.path).expect("an address");
        let mut request = self.http.request(sending.method.clone(), url).timeout(PATIENCE);
        request = request.header("sec-fetch-site", sending.site).header(header::ACCEPT, sending.accept);
        if sending.anew {
            request = request.header(header::CACHE_CONTROL, "no-cache");
        }
        let cookies = {
            let state = self.state();
            // The session cookie is `SameSite=Strict`: it does not come along from another site.
            let strict = |name: &String| sending.site == "cross-site" && name == SESSION_COOKIE;
            let sent = state.cookies.iter().filter(|(name, _)| !strict(name));
            sent.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies) }
    }

    /// Keeps the cookies of an answer.
    fn keep(&self, headers: &HeaderMap, becomes: Option<usize>) {
        let mut state = self.state();
        for cookie in headers.get_all(header::SET_COOKIE) {
            let Ok(cookie) = cookie.to_str() else { continue };
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            let is_session = name == SESSION_COOKIE;
            if cookie.contains("Max-Age=0") {
                state.cookies.remove(name);
                state.citizen = state.citizen.filter(|_| !is_session);
            } else {
                state.cookies.insert(name.to_owned(), value.to_owned());
                self.inspection.given(self.number, value);
                if is_session {
                    state.citizen = becomes;
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn looking(door: &Url, look: Look) -> Sending<'_> {
    let (path, accept) = look.door();
    Sending { method: Method::GET, door, path, accept, site: "same-origin", anew: false, becomes: None }
}

/// An answer that is being read. Inspected when it is read or given up.
struct Reading<'b> {
    browser: &'b CrowdBrowser,
    citizen: Option<usize>,
    asked: String,
    seen: Seen,
}

impl Reading<'_> {
    async fn read(&mut self, sending: &Sending<'_>) -> reqwest::Result<()> {
        let mut response = self.browser.request(sending).send().await?;
        self.seen.status = response.status().as_u16();
        self.seen.headers = response.headers().clone();
        self.browser.keep(response.headers(), sending.becomes);
        while let Some(chunk) = response.chunk().await? {
            self.seen.body.extend_from_slice(&chunk);
        }
        self.seen.whole = true;
        Ok(())
    }

    fn into_seen(mut self) -> Seen {
        self.inspect();
        std::mem::take(&mut self.seen)
    }

    fn inspect(&self) {
        self.browser.inspection.inspect(self.citizen, &self.asked, &self.seen);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        // Nothing is left of it where it was inspected already.
        self.inspect();
    }
}
