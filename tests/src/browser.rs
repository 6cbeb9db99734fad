//! A client that behaves as a citizen's browser does, as far as cookies, redirects and fetch metadata go.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use overblik_demo::provider;
use url::Url;

use crate::EventStream;

/// Length in characters from which a cookie's value is taken for a secret: 128 bits in base64.
const SHORTEST_SECRET: usize = 22;

/// How a cookie that is taken away says so, where it names no age.
const LONG_AGO: &str = "expires=Thu, 01 Jan 1970";

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Where it came from.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[expect(clippy::panic, reason = "an answer that is not JSON is the test's failure")]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header as text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// All headers of a name, as text.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Where a redirect leads.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        self.headers.contains_key(header::LOCATION).then(|| self.url.join(self.header("location")).ok()).flatten()
    }

    /// Where a browser goes next by itself: by redirect, or as the page leads it on.
    #[must_use]
    pub fn next_stop(&self) -> Option<Url> {
        self.location().or_else(|| self.url.join(&self.leads_on_to()?).ok())
    }

    /// Where a page leads by itself: the target of its `<meta http-equiv="refresh">`.
    #[must_use]
    pub fn leads_on_to(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("<meta http-equiv=\"refresh\" content=\"0;url=")?;
        let (target, _) = rest.split_once('"')?;
        Some(target.replace("&#38;", "&").replace("&amp;", "&"))
    }
}

/// A browser with its cookies. It keeps no other state, and follows redirects only where it is told to.
#[derive(Clone)]
pub struct Browser {
    gateway: Url,
    http: reqwest::Client,
    /// By host and name: like a real one, a browser's cookies do not tell ports apart.
    cookies: BTreeMap<(String, String), String>,
    given: Vec<String>,
}

impl Browser {
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a test's client, not the gateway's")]
    pub(crate) fn new(gateway: Url) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Self { gateway, http: http.expect("a client"), cookies: BTreeMap::new(), given: Vec::new() }
    }

    /// An address at the gateway.
    ///
    /// # Panics
    /// When the path makes none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a malformed path is a mistake in the test")]
    pub fn at(&self, path: &str) -> Url {
        self.gateway.join(path).expect("a path")
    }

    /// Secrets that this browser was given, for the log guard.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.given.clone()
    }

    /// The value of a cookie of the gateway.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let host = self.gateway.host_str()?.to_owned();
        self.cookies.get(&(host, name.to_owned())).map(String::as_str)
    }

    /// Sets a cookie of the gateway, as a test of hostile cookies does.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        if let Some(host) = self.gateway.host_str() {
            self.cookies.insert((host.to_owned(), name.to_owned()), value.to_owned());
        }
    }

    /// The `Cookie` header that this browser sends to the gateway from a page of the gateway.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        self.cookies_for(self.gateway.host_str().unwrap_or_default(), false)
    }

    /// The names of this browser's cookies at the gateway.
    #[must_use]
    pub fn cookie_names(&self) -> Vec<&str> {
        let host = self.gateway.host_str();
        self.cookies.keys().filter(|(at, _)| Some(at.as_str()) == host).map(|(_, name)| name.as_str()).collect()
    }

    /// Gets a path of the gateway as a page of ours would lead to it.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Gets a path of the gateway with further headers.
    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = self.at(path);
        self.send(Method::GET, &url, headers, None).await
    }

    /// The overview as JSON, with `[item]` for ids of items, which are never the same twice.
    ///
    /// # Panics
    /// When the gateway gives none.
    pub async fn overview(&mut self) -> serde_json::Value {
        let answer = self.get("/api/v1/overview").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let mut overview = answer.json();
        crate::hide_items(&mut overview);
        overview
    }

    /// Opens the overview as an event stream.
    pub async fn open_stream(&mut self) -> EventStream {
        let url = self.at("/api/v1/overview");
        EventStream::of(self.start(Method::GET, &url, &[("accept", "text/event-stream")], None).await)
    }

    /// Posts an empty form to a path of the gateway as a page of ours does.
    pub async fn post(&mut self, path: &str) -> Answer {
        let url = self.at(path);
        self.send(Method::POST, &url, &[("sec-fetch-site", "same-origin")], Some(&[])).await
    }

    /// Logs a citizen of the demo world in at a level, through every step that a browser takes.
    ///
    /// # Panics
    /// When a step goes otherwise than it does in a successful login.
    pub async fn log_in(&mut self, citizen: &str, level: &str) {
        let callback = self.choose_at_provider("/auth/login?return_to=/", citizen, level).await;
        let landed = self.follow(&callback).await;
        assert_eq!(landed.status, StatusCode::OK, "{}", landed.text);
        assert!(self.cookie("__Host-Http-overblik").is_some(), "no session cookie: {}", landed.text);
    }

    /// Begins a login at a path of the gateway and chooses a citizen and level at the provider; the address of the
    /// gateway's callback, not yet visited.
    ///
    /// # Panics
    /// When a step goes otherwise than it does in a login.
    pub async fn choose_at_provider(&mut self, path: &str, citizen: &str, level: &str) -> Url {
        let page = self.provider_page(path).await;
        self.answer_provider(&page, &[(provider::field::CITIZEN, citizen), (provider::field::LEVEL, level)]).await
    }

    /// Begins a login at a path of the gateway; the provider's login page.
    ///
    /// # Panics
    /// When a step goes otherwise than it does in a login.
    #[expect(clippy::expect_used, reason = "a step that goes otherwise is the test's failure")]
    pub async fn provider_page(&mut self, path: &str) -> Answer {
        let begun = self.get(path).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let authorise = begun.location().expect("the provider's address");
        let page = self.send(Method::GET, &authorise, &[], None).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page
    }

    /// Sends the provider's login form with these fields; the address of the gateway's callback, not yet visited.
    ///
    /// # Panics
    /// When the provider does not send the browser back.
    #[expect(clippy::expect_used, reason = "a step that goes otherwise is the test's failure")]
    pub async fn answer_provider(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Url {
        let transaction = hidden_value(&page.text, provider::field::TRANSACTION).expect("the provider's login form");
        let action = page.url.join(provider::LOGIN_PATH).expect("an address");
        let own = (provider::field::TRANSACTION, transaction.as_str());
        let fields = fields.iter().chain([&own]);
        let form: Vec<_> = fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let chosen = self.send(Method::POST, &action, &[("sec-fetch-site", "same-origin")], Some(&form)).await;
        assert_eq!(chosen.status, StatusCode::SEE_OTHER, "{}", chosen.text);
        chosen.location().expect("the gateway's callback")
    }

    /// Visits an address as a redirect from another site does.
    pub async fn follow(&mut self, url: &Url) -> Answer {
        self.send(Method::GET, url, &[("sec-fetch-site", "cross-site"), ("accept", "text/html")], None).await
    }

    /// Visits an address of the gateway as a redirect from another site does, and goes along where the page there leads
    /// to the same path once more: a hop that brings the cookies along which other sites' redirects leave behind.
    pub async fn come_back(&mut self, url: &Url) -> Answer {
        let answer = self.follow(url).await;
        match answer.leads_on_to() {
            Some(target) if target.split('?').next() == Some(url.path()) => {
                self.get_with(&target, &[("sec-fetch-site", "same-origin"), ("accept", "text/html")]).await
            }
            _ => answer,
        }
    }

    /// Sends a request with the cookies of its host, and keeps the cookies of the answer.
    ///
    /// # Panics
    /// When nothing answers.
    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    pub async fn send(
        &mut self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        form: Option<&[(String, String)]>,
    ) -> Answer {
        let response = self.start(method, url, headers, form).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer { url: url.clone(), status, headers, text }
    }

    /// As [`Browser::send`], without reading the body.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn start(
        &mut self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        form: Option<&[(String, String)]>,
    ) -> reqwest::Response {
        self.start_with(method, url, headers, |request| match form {
            Some(form) => request.form(form),
            None => request,
        })
        .await
    }

    /// Sends a form with files, as a page of ours does (RFC 7578): each part's names, as `name="files"; filename="a"`, and
    /// what is in it.
    ///
    /// # Panics
    /// When nothing answers.
    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    pub async fn upload(&mut self, path: &str, parts: &[(&str, &str)]) -> Answer {
        let url = self.at(path);
        let part = |(names, contents): &(&str, &str)| {
            format!("--boundary\r\ncontent-disposition: form-data; {names}\r\n\r\n{contents}\r\n")
        };
        let body = format!("{}--boundary--\r\n", parts.iter().map(part).collect::<String>());
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", "multipart/form-data; boundary=boundary")];
        let response = self.start_with(Method::POST, &url, &headers, |request| request.body(body)).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer { url, status, headers, text }
    }

    #[expect(clippy::expect_used, reason = "no answer at all is the test's failure")]
    async fn start_with(
        &mut self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> reqwest::Response {
        let mut request = self.http.request(method.clone(), url.clone());
        let cross_site = headers.iter().any(|(name, value)| *name == "sec-fetch-site" && *value == "cross-site");
        let host = url.host_str().unwrap_or_default();
        let cookies = self.cookies_for(host, cross_site);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        // A page of ours leads to it, unless the test says otherwise; every browser of today tells.
        let says_site = headers.iter().any(|(name, _)| *name == "sec-fetch-site");
        if method.is_safe() && !says_site && url.origin() == self.gateway.origin() {
            request = request.header("sec-fetch-site", "same-origin");
        }
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a header name");
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        let response = body(request).send().await.expect("an answer");
        self.keep_cookies(host, response.headers());
        response
    }

    fn cookies_for(&self, host: &str, cross_site: bool) -> String {
        let cookies = self.cookies.iter().filter(|((at, _), _)| at == host);
        // Session cookies are `SameSite=Strict`: a real browser does not send them along from another site.
        let strict = ["__Host-Http-overblik", "__Host-Http-overblik-console"];
        let cookies = cookies.filter(|((_, name), _)| !(cross_site && strict.contains(&name.as_str())));
        cookies.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, host: &str, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let Ok(cookie) = cookie.to_str() else { continue };
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            let key = (host.to_owned(), name.to_owned());
            if cookie.contains("Max-Age=0") || cookie.contains(LONG_AGO) {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
                let secret = value.rsplit('.').next().unwrap_or(value);
                // Shorter ones are no secrets, as the choice of language.
                self.given.extend((secret.len() >= SHORTEST_SECRET).then(|| secret.to_owned()));
            }
        }
    }
}

/// The value of a hidden field, as a provider's page writes it.
pub(crate) fn hidden_value(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split('"').next().map(str::to_owned)
}
