//! What sources are shown of a citizen's login: a token of their own, and never the login's.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jsonwebtoken::jwk::JwkSet;
use overblik_demo::{
    Source,
    token_check::{self, ACCESS_TOKEN_TYPE, CITIZEN_ASSERTION_TYPE, NotAccepted, TokenCheck},
};
use overblik_gateway::config::{Config, ContractsConfig};
use overblik_tests::{
    Asked, Browser, PlainServer, ProviderStandIn, Reply, Setup, SigningKey, System, copy_contracts, section,
};
use serde_json::json;
use url::Url;

/// How the shipped contracts show who asks.
const SHIPPED: &str = "apiKey: { header: X-Api-Key }";

/// How a contract asks for tokens of its own instead.
fn exchange(source: Source) -> String {
    let audience = token_check::audience(source);
    format!("{SHIPPED}, tokenExchange: {{ tokenUrl: https://login.example/token, audience: \"{audience}\" }}")
}

/// A party that writes down what it is asked, and answers everything alike.
struct Party {
    server: PlainServer,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Party {
    async fn start(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let server = PlainServer::start({
            let asked = Arc::clone(&asked);
            move |_, request| {
                let mut asked = asked.lock().expect("the requests");
                asked.push(request.clone());
                answer(asked.len())
            }
        })
        .await;
        Self { server, asked }
    }

    /// A source that answers nothing of use.
    async fn source() -> Self {
        Self::start(|_| Reply::json(404, "{}".to_owned())).await
    }

    /// An exchange whose tokens are good for one call.
    async fn exchange() -> Self {
        Self::start(|number| {
            let answer = json!({
                "access_token": format!("exchanged-{number}"), "token_type": "Bearer", "expires_in": 0,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            });
            Reply::json(200, answer.to_string())
        })
        .await
    }

    fn url(&self) -> Url {
        self.server.origin.parse().expect("a URL")
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the requests").clone()
    }

    /// The tokens of logins that an exchange was shown.
    fn login_tokens(&self) -> Vec<String> {
        self.asked().iter().map(|asked| asked.field("subject_token")).collect()
    }

    fn bearer_tokens(&self) -> Vec<String> {
        let token = |asked: &Asked| asked.header("authorization").strip_prefix("Bearer ").map(str::to_owned);
        self.asked().iter().filter_map(token).collect()
    }
}

/// What an authority of this name accepts of an issuer that publishes its keys here.
async fn check(browser: &mut Browser, source: Source, issuer: &str, keys: &str) -> TokenCheck {
    let keys: Url = keys.parse().expect("a URL");
    let keys = browser.send(http::Method::GET, &keys, &[], None).await.json();
    let keys: JwkSet = serde_json::from_value(keys).expect("keys");
    let now: jiff::Timestamp = overblik_tests::MORNING.parse().expect("a time");
    TokenCheck::new(token_check::audience(source), Arc::new(move || now)).trust(issuer, &keys)
}

#[tokio::test]
async fn r45_each_source_is_shown_a_token_that_it_alone_takes() {
    let (library, daycare) = (Party::source().await, Party::source().await);
    let at = [library.url(), daycare.url()];
    let system = Setup::default()
        .contract(Source::Library, SHIPPED, &exchange(Source::Library))
        .contract(Source::Daycare, SHIPPED, &exchange(Source::Daycare))
        .adjust(move |config| {
            let [library, daycare] = at;
            config.sources.get_mut("library").expect("the source").base_url = Some(library);
            config.sources.get_mut("daycare").expect("the source").base_url = Some(daycare);
        })
        .start()
        .await;
    let mut browser = system.logged_in("twins-tove").await;
    browser.overview().await;
    let issuer = system.demo.world.issuer().to_owned();
    let keys = format!("{issuer}/jwks");
    let at_library = check(&mut browser, Source::Library, &issuer, &keys).await;
    let at_daycare = check(&mut browser, Source::Daycare, &issuer, &keys).await;
    for (party, own, other) in [(&library, &at_library, &at_daycare), (&daycare, &at_daycare, &at_library)] {
        let shown = party.bearer_tokens();
        assert_eq!(shown.len(), party.asked().len());
        for token in shown {
            let claims = own.token(&token, ACCESS_TOKEN_TYPE).expect("a token for this source");
            assert_eq!(claims.cpr.as_deref(), System::citizen("twins-tove").cpr);
            assert_eq!(
                other.token(&token, ACCESS_TOKEN_TYPE),
                Err(NotAccepted::OtherAudience),
                "captured here, shown there"
            );
            assert!(!system.log().contains(&token), "a token in the log");
        }
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r45_the_login_s_own_token_reaches_the_exchange_alone_and_no_log() {
    let (exchange_party, source) = (Party::exchange().await, Party::source().await);
    let (exchange_url, source_url) = (exchange_party.url(), source.url());
    let system = Setup::default()
        .contract(Source::Library, SHIPPED, &exchange(Source::Library))
        .adjust(move |config| {
            for settings in config.sources.values_mut() {
                settings.base_url = Some(source_url.clone());
                settings.token_url = Some(exchange_url.clone());
            }
        })
        .start()
        .await;
    let mut browser = system.logged_in("twins-tove").await;
    browser.overview().await;
    let login_tokens = exchange_party.login_tokens();
    let login_token = login_tokens.first().expect("an exchange").clone();
    assert!(login_tokens.iter().all(|token| *token == login_token) && login_token.len() > 20);
    let received = format!("{:?}", source.asked());
    assert!(received.contains("exchanged-1") && !received.contains(&login_token), "{received}");
    // All at debug level.
    for secret in [&login_token, "exchanged-1", &browser.secrets().join("")] {
        assert!(!system.log().contains(secret), "a token in the log");
    }
    // The provider gave no refresh token: once the login's has expired, the citizen is told, and nobody is asked.
    for _ in 0..4 {
        system.pass(Duration::from_mins(16));
        browser.overview().await;
    }
    let (exchanges, calls) = (exchange_party.asked().len(), source.asked().len());
    let overview = browser.overview().await;
    assert_eq!(section(&overview, "library")["state"], "refused");
    assert_eq!(exchange_party.asked().len(), exchanges);
    assert!(source.asked().len() > calls, "the sources that need no token of the login are asked all the same");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_login_s_token_is_renewed_with_its_session() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let (exchange_party, source) = (Party::exchange().await, Party::source().await);
    let (exchange_url, source_url) = (exchange_party.url(), source.url());
    let folder = tempfile::TempDir::new().expect("a folder");
    copy_contracts(folder.path());
    // It reaches everybody, also those whose municipality the provider does not name.
    let file = folder.path().join("public-payments/payments/connector.yaml");
    let contract = std::fs::read_to_string(&file).expect("a contract");
    std::fs::write(&file, contract.replace(SHIPPED, &exchange(Source::Payments))).expect("written");
    let contracts = folder.path().to_owned();
    let system = provider
        .system_with(move |config: &mut Config| {
            config.contracts = Some(ContractsConfig { directory: contracts });
            let payments = config.sources.get_mut("payments").expect("the source");
            (payments.base_url, payments.token_url) = (Some(source_url), Some(exchange_url));
        })
        .await;
    let (mut browser, _) = ProviderStandIn::log_in(&system).await;
    browser.overview().await;
    system.pass(Duration::from_secs(301));
    provider.pass(Duration::from_secs(301));
    browser.overview().await;
    let tokens = exchange_party.login_tokens();
    let (first, last) = (tokens.first().expect("an exchange"), tokens.last().expect("an exchange"));
    assert_ne!(first, last, "the one that came with the refresh");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r45_what_the_gateway_signs_about_a_citizen_verifies_by_its_published_keys() {
    let source = Party::source().await;
    let source_url = source.url();
    let audience = token_check::audience(Source::Library);
    let system = Setup::default()
        .contract(Source::Library, SHIPPED, &format!("citizenAssertion: {{ audience: \"{audience}\" }}"))
        .adjust(move |config| config.sources.get_mut("library").expect("the source").base_url = Some(source_url))
        .start()
        .await;
    let mut browser = system.logged_in("twins-tove").await;
    browser.overview().await;
    let issuer = system.demo.url.origin().ascii_serialization();
    let keys = format!("{issuer}/jwks.json");
    let check = check(&mut browser, Source::Library, &issuer, &keys).await;
    let shown = source.bearer_tokens();
    assert!(!shown.is_empty());
    let mut ids = std::collections::BTreeSet::new();
    for token in &shown {
        let claims = check.token(token, CITIZEN_ASSERTION_TYPE).expect("accepted");
        assert_eq!((claims.cpr.as_deref(), claims.client_id.as_str()), (System::citizen("twins-tove").cpr, "overblik"));
        assert_eq!((claims.loa.as_deref(), claims.act), (Some("Substantial"), None));
        ids.insert(claims.jti);
        assert!(!system.log().contains(token.as_str()), "an assertion in the log");
    }
    assert_eq!(ids.len(), shown.len(), "each call has its own");
    system.stop(&[&browser]).await;
}
