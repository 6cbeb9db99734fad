//! The keys that the provider publishes (requirement R13).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{provider::ProviderCallError, renewed::Renewed, verification_key::VerificationKey};
use crate::{api_error::ApiError, telemetry::Fetch, tokens::TokenHeader};

/// How long unknown keys are refused without asking after the provider was asked for one.
const COOLDOWN: Duration = Duration::from_secs(30);
/// Most keys in a set that is read.
const MOST_KEYS: usize = 100;

/// Who brought a token whose key is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bringer {
    /// The provider itself, in answer to us: there are as many as logins, and they are what they say. They wait for
    /// whoever is fetching the keys.
    Provider,
    /// Anybody: apps, and whoever calls our doors. There may be any number, and nobody waits.
    Anybody,
}

/// The provider's keys.
pub(super) struct Keys {
    published: Renewed<Vec<VerificationKey>>,
    /// When an unknown key last made us ask: each bringer apart, so that no stranger's token keeps a login from a new key.
    asked_for_provider: Mutex<Option<Instant>>,
    asked_for_anybody: Mutex<Option<Instant>>,
}

impl Keys {
    /// None yet.
    pub(super) fn new(counted: Fetch) -> Self {
        Self {
            published: Renewed::new("keys", counted),
            asked_for_provider: Mutex::default(),
            asked_for_anybody: Mutex::default(),
        }
    }

    /// The key that a token's header points to. One that is not known makes us ask the provider, once in a while for
    /// the whole process and each bringer: the keys may have been changed. Everybody else with an unknown key is refused
    /// at once, or when whoever asks has the answer.
    ///
    /// # Errors
    /// [`ApiError::LoginRefused`] when there is no such key, [`ApiError::ProviderAway`] when no keys are to be had.
    pub(super) async fn key_for<F>(
        &self,
        header: &TokenHeader,
        bringer: Bringer,
        fetch: impl Fn() -> F,
    ) -> Result<VerificationKey, ApiError>
    where
        F: Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + 'static,
    {
        let known = self.get(&fetch).await?;
        match VerificationKey::choose(&known, header) {
            Some(key) => Ok(key.clone()),
            None => self.newer_key_for(header, bringer, fetch).await.ok_or(ApiError::LoginRefused),
        }
    }

    /// As [`Keys::key_for`], after the key that is known did not verify a signature: the provider may have changed the
    /// key under its id, or under none. Where the provider was asked not long ago, what it said then counts.
    pub(super) async fn newer_key_for<F>(
        &self,
        header: &TokenHeader,
        bringer: Bringer,
        fetch: impl Fn() -> F,
    ) -> Option<VerificationKey>
    where
        F: Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + 'static,
    {
        // The turn first: whoever has none fetches nothing, and must not keep others from it either.
        let turn = match bringer {
            Bringer::Provider => self.published.wait_for_turn().await,
            Bringer::Anybody => self.published.turn()?,
        };
        let newest =
            if self.may_ask(bringer) { self.published.fetch(turn, fetch()).await? } else { self.published.held()? };
        VerificationKey::choose(&newest, header).cloned()
    }

    /// Fetches them anew if they were ever fetched and are old.
    pub(super) async fn keep_fresh<F>(&self, fetch: impl Fn() -> F)
    where
        F: Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + 'static,
    {
        if self.published.held().is_some() {
            // A failure is logged where it happens.
            drop(self.get(fetch).await);
        }
    }

    async fn get<F>(&self, fetch: impl Fn() -> F) -> Result<Arc<Vec<VerificationKey>>, ApiError>
    where
        F: Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + 'static,
    {
        self.published.get(fetch).await
    }

    /// Whether the provider may be asked for an unknown key; it is then no longer for a while, however the asking ends.
    fn may_ask(&self, bringer: Bringer) -> bool {
        let asked = match bringer {
            Bringer::Provider => &self.asked_for_provider,
            Bringer::Anybody => &self.asked_for_anybody,
        };
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let may = asked.is_none_or(|asked| asked.elapsed() >= COOLDOWN);
        if may {
            *asked = Some(Instant::now());
        }
        may
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// Reads a key set (RFC 7517 section 5). A key that cannot be used is left out alone.
pub(super) fn read(body: &[u8]) -> Result<Vec<VerificationKey>, ProviderCallError> {
    let set: KeySet = serde_json::from_slice(body).map_err(|_| ProviderCallError::Malformed)?;
    if set.keys.len() > MOST_KEYS {
        return Err(ProviderCallError::TooLarge);
    }
    Ok(set.keys.iter().filter_map(VerificationKey::read).collect())
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::{Bringer::Anybody, *};
    use crate::config::SignatureAlgorithm;

    fn keys_of_nobody() -> Keys {
        Keys::new(crate::telemetry::ProviderMetrics::default().keys())
    }

    fn key(key_id: &str) -> Value {
        let coordinate = URL_SAFE_NO_PAD.encode([7; 32]);
        json!({ "kty": "EC", "crv": "P-256", "kid": key_id, "x": coordinate, "y": coordinate })
    }

    fn set(keys: impl IntoIterator<Item = Value>) -> Vec<u8> {
        json!({ "keys": keys.into_iter().collect::<Vec<_>>() }).to_string().into_bytes()
    }

    fn header(key_id: &str) -> TokenHeader {
        TokenHeader { algorithm: SignatureAlgorithm::ES256, key_id: Some(key_id.to_owned()) }
    }

    #[test]
    fn r13_a_key_that_does_not_parse_is_left_out_alone() {
        let odd = [json!({ "kty": "new" }), json!(1), json!({}), json!({ "kty": "EC", "use": ["sig"] }), json!(null)];
        assert_eq!(read(&set(odd.into_iter().chain([key("a")]))).expect("a set").len(), 1);
        assert_eq!(read(&set([])).expect("a set").len(), 0);
        assert_eq!(read(&set(repeat_n(key("a"), MOST_KEYS))).expect("a set").len(), MOST_KEYS);
        assert!(read(&set(repeat_n(key("a"), MOST_KEYS + 1))).is_err());
        for malformed in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>", r#"{"keys":[]"#] {
            assert!(read(malformed.as_bytes()).is_err(), "{malformed}");
        }
    }

    /// A provider that counts how often it is asked for its keys, and may be slow.
    #[derive(Clone)]
    struct Published(Arc<Mutex<(Vec<u8>, usize)>>, Duration);

    impl Published {
        fn new(keys: impl IntoIterator<Item = Value>, takes: Duration) -> Self {
            Self(Arc::new(Mutex::new((set(keys), 0))), takes)
        }

        fn publish(&self, body: Vec<u8>) {
            self.0.lock().expect("a lock").0 = body;
        }

        fn asked(&self) -> usize {
            self.0.lock().expect("a lock").1
        }

        fn fetch(&self) -> impl Future<Output = Result<Vec<VerificationKey>, ProviderCallError>> + Send + use<> {
            let own = self.clone();
            async move {
                own.0.lock().expect("a lock").1 += 1;
                tokio::time::sleep(own.1).await;
                let body = own.0.lock().expect("a lock").0.clone();
                read(&body)
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r13_an_unknown_key_makes_us_ask_once_per_cooldown() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::ZERO));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
        for unknown in 0..1000 {
            let answer = keys.key_for(&header(&format!("unknown-{unknown}")), Anybody, fetch).await;
            assert_eq!(answer.err(), Some(ApiError::LoginRefused));
        }
        assert_eq!(published.asked(), 2);
        published.publish(set([key("b")]));
        tokio::time::advance(COOLDOWN.saturating_sub(Duration::from_secs(1))).await;
        assert!(keys.key_for(&header("b"), Anybody, fetch).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(keys.key_for(&header("b"), Anybody, fetch).await.is_ok());
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_err(), "a key that was withdrawn counts no more");
        assert_eq!(published.asked(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_ten_thousand_random_key_ids_in_ten_seconds_cause_two_requests_at_most() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::from_millis(300)));
        for _ in 0..100 {
            let asking = (0..100).map(|_| async {
                let unknown = header(&crate::secrets::random_token());
                keys.key_for(&unknown, Anybody, || published.fetch()).await.is_err()
            });
            assert!(futures::future::join_all(asking).await.into_iter().all(|refused| refused));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!((1..=2).contains(&published.asked()), "{}", published.asked());
        assert!(keys.key_for(&header("a"), Anybody, || published.fetch()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn r13_while_the_provider_is_asked_others_with_unknown_keys_are_refused_at_once() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::from_secs(4)));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
        published.publish(set([key("a"), key("b")]));
        let (known, unknown) = (header("a"), header("b"));
        let started = Instant::now();
        let (first, at_once) = futures::join!(keys.key_for(&unknown, Anybody, fetch), async {
            let others = futures::future::join_all((0..100).map(|_| keys.key_for(&unknown, Anybody, fetch))).await;
            assert!(others.iter().all(|other| other.as_ref().err() == Some(&ApiError::LoginRefused)));
            assert!(keys.key_for(&known, Anybody, fetch).await.is_ok(), "known keys serve meanwhile");
            started.elapsed()
        });
        assert!(first.is_ok());
        assert_eq!(at_once, Duration::ZERO);
        assert!(keys.key_for(&unknown, Anybody, fetch).await.is_ok());
        assert_eq!(published.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_who_finds_somebody_fetching_does_not_begin_the_cooldown() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::from_secs(4)));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
        tokio::time::advance(super::super::renewed::RENEW_AFTER).await;
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok(), "an ordinary renewal has begun");
        assert!(keys.key_for(&header("b"), Anybody, fetch).await.is_err());
        tokio::time::sleep(Duration::from_secs(5)).await;
        published.publish(set([key("b")]));
        assert!(
            keys.key_for(&header("b"), Anybody, fetch).await.is_ok(),
            "the provider is asked: nobody was asking for a key yet"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn r13_logins_that_meet_a_change_of_keys_wait_for_the_one_that_asks() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::from_secs(4)));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Bringer::Provider, fetch).await.is_ok());
        let (b, c) = (header("b"), header("c"));
        assert!(keys.key_for(&c, Anybody, fetch).await.is_err(), "a stranger made us ask");
        published.publish(set([key("b")]));
        let logins = (0..50).map(|_| keys.key_for(&b, Bringer::Provider, fetch));
        assert!(futures::future::join_all(logins).await.iter().all(Result::is_ok));
        assert_eq!(published.asked(), 3);
        let started = Instant::now();
        let logins = (0..50).map(|_| keys.key_for(&c, Bringer::Provider, fetch));
        assert!(futures::future::join_all(logins).await.iter().all(Result::is_err));
        assert_eq!((published.asked(), started.elapsed()), (3, Duration::ZERO), "nor do they wait in vain");
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_login_that_is_cancelled_does_not_lose_the_keys_that_it_asked_for() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::from_secs(4)));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
        published.publish(set([key("b")]));
        let b = header("b");
        assert!(tokio::time::timeout(Duration::from_secs(1), keys.key_for(&b, Anybody, fetch)).await.is_err());
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(keys.key_for(&b, Anybody, fetch).await.is_ok(), "though the cooldown runs");
        assert_eq!(published.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_failed_asking_keeps_the_old_keys() {
        let (keys, published) = (keys_of_nobody(), Published::new([key("a")], Duration::ZERO));
        let fetch = || published.fetch();
        assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
        for answer in ["<html>", r#"{"keys":1}"#] {
            published.publish(answer.as_bytes().to_vec());
            assert!(keys.key_for(&header("b"), Anybody, fetch).await.is_err());
            assert!(keys.key_for(&header("a"), Anybody, fetch).await.is_ok());
            tokio::time::advance(COOLDOWN).await;
        }
    }
}
