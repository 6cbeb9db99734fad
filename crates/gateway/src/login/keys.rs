//! The keys that the provider publishes (requirement R13).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{provider::ProviderCallError, renewed::Renewed, verification_key::VerificationKey};
use crate::{api_error::ApiError, tokens::TokenHeader};

/// How long unknown keys are refused without asking after the provider was asked for one.
const COOLDOWN: Duration = Duration::from_secs(30);
/// Most keys in a set that is read.
const MOST_KEYS: usize = 100;

/// The provider's keys.
pub(super) struct Keys {
    published: Renewed<Vec<VerificationKey>>,
    /// When an unknown key last made us ask.
    asked: Mutex<Option<Instant>>,
}

impl Keys {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { published: Renewed::new("keys"), asked: Mutex::default() }
    }

    /// The key that a token's header points to. One that is not known makes us ask the provider, once in a while for
    /// the whole process: the keys may have been changed. Everybody else with an unknown key is refused at once.
    ///
    /// # Errors
    /// [`ApiError::LoginRefused`] when there is no such key, [`ApiError::ProviderAway`] when no keys are to be had.
    pub(super) async fn key_for<F>(
        &self,
        header: &TokenHeader,
        fetch: impl Fn() -> F,
    ) -> Result<VerificationKey, ApiError>
    where
        F: Future<Output = Result<Vec<u8>, ProviderCallError>>,
    {
        let read = || async { read(&fetch().await?) };
        let known = self.published.get(read).await?;
        if let Some(key) = VerificationKey::choose(&known, header) {
            return Ok(key.clone());
        }
        let renewed = if self.may_ask() { self.published.renew(read).await } else { None };
        renewed.and_then(|keys| VerificationKey::choose(&keys, header).cloned()).ok_or(ApiError::LoginRefused)
    }

    /// Whether the provider may be asked for an unknown key; it is then no longer for a while, however the asking ends.
    fn may_ask(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
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
fn read(body: &[u8]) -> Result<Vec<VerificationKey>, ProviderCallError> {
    let set: KeySet = serde_json::from_slice(body).map_err(|_| ProviderCallError::Malformed)?;
    if set.keys.len() > MOST_KEYS {
        return Err(ProviderCallError::TooLarge);
    }
    Ok(set.keys.iter().filter_map(VerificationKey::read).collect())
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, iter::repeat_n};

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::config::SignatureAlgorithm;

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

    #[tokio::test(start_paused = true)]
    async fn r13_an_unknown_key_makes_us_ask_once_per_cooldown() {
        let (keys, asked) = (Keys::new(), Cell::new(0));
        let published = Cell::new(set([key("a")]));
        let fetch = || {
            asked.set(asked.get() + 1);
            let body = published.take();
            published.set(body.clone());
            async { Ok(body) }
        };
        assert!(keys.key_for(&header("a"), fetch).await.is_ok());
        for unknown in 0..1000 {
            let answer = keys.key_for(&header(&format!("unknown-{unknown}")), fetch).await;
            assert_eq!(answer.err(), Some(ApiError::LoginRefused));
        }
        assert_eq!(asked.get(), 2);
        published.set(set([key("b")]));
        tokio::time::advance(COOLDOWN.saturating_sub(Duration::from_secs(1))).await;
        assert!(keys.key_for(&header("b"), fetch).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(keys.key_for(&header("b"), fetch).await.is_ok());
        assert!(keys.key_for(&header("a"), fetch).await.is_err(), "a key that was withdrawn counts no more");
        assert_eq!(asked.get(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_while_the_provider_is_asked_others_with_unknown_keys_are_refused_at_once() {
        let keys = Keys::new();
        assert!(keys.key_for(&header("a"), || async { Ok(set([key("a")])) }).await.is_ok());
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            Ok(set([key("a"), key("b")]))
        };
        let unneeded = || async { panic!("asked without need") };
        let (known, unknown) = (header("a"), header("b"));
        let started = Instant::now();
        let (first, at_once) = futures::join!(keys.key_for(&unknown, slow), async {
            let others = futures::future::join_all((0..100).map(|_| keys.key_for(&unknown, unneeded))).await;
            assert!(others.iter().all(|other| other.as_ref().err() == Some(&ApiError::LoginRefused)));
            assert!(keys.key_for(&known, unneeded).await.is_ok(), "known keys serve meanwhile");
            started.elapsed()
        });
        assert!(first.is_ok());
        assert_eq!(at_once, Duration::ZERO);
        assert!(keys.key_for(&unknown, unneeded).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_failed_asking_keeps_the_old_keys() {
        let keys = Keys::new();
        assert!(keys.key_for(&header("a"), || async { Ok(set([key("a")])) }).await.is_ok());
        for answer in ["<html>", r#"{"keys":1}"#] {
            let fetch = || async { Ok(answer.as_bytes().to_vec()) };
            assert!(keys.key_for(&header("b"), fetch).await.is_err());
            assert!(keys.key_for(&header("a"), fetch).await.is_ok());
            tokio::time::advance(COOLDOWN).await;
        }
    }
}
