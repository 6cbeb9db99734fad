//! The public keys of somebody who is registered, as the configuration holds them or a file that is followed.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bearer::PRIVATE_MEMBERS,
    followed_file::{FileMistake, FileStanding, FollowedFile},
    login::VerificationKey,
};

pub(crate) const HINT: &str =
    "a JSON Web Key Set of public keys for signatures: EC on P-256 or P-384, or RSA of 2048 bits or more";

/// Keys of one client that are looked at.
const MOST_KEYS: usize = 8;

/// Somebody's keys.
pub(crate) struct RegisteredKeys {
    keys: RwLock<Arc<Vec<VerificationKey>>>,
    file: Option<FollowedFile<Vec<VerificationKey>>>,
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysMistake {
    /// The file.
    #[error("keys_file: {0}")]
    File(#[from] FileMistake),
    /// The set in the configuration.
    #[error("keys: {0}\n  hint: write the public keys as a JSON Web Key Set")]
    Set(String),
}

impl RegisteredKeys {
    /// No key: nothing that anybody signs counts.
    pub(crate) fn none() -> Self {
        Self { keys: RwLock::default(), file: None }
    }

    /// The keys of a file, or else of a set.
    ///
    /// # Errors
    /// [`KeysMistake`].
    pub(crate) fn open(file: Option<&Path>, set: Option<&Value>) -> Result<Self, KeysMistake> {
        let (file, keys) = match file {
            Some(path) => {
                let (file, keys) = FollowedFile::open(path, keys_in, HINT)?;
                (Some(file), keys)
            }
            None => {
                let keys = set.ok_or_else(|| "no keys".to_owned()).and_then(keys_of).map_err(KeysMistake::Set)?;
                (None, keys)
            }
        };
        Ok(Self { keys: RwLock::new(Arc::new(keys)), file })
    }

    /// How their file stands, if there is one.
    pub(crate) fn file(&self) -> Option<Arc<FileStanding>> {
        self.file.as_ref().map(FollowedFile::standing)
    }

    /// The keys at this moment.
    pub(crate) fn current(&self) -> Arc<Vec<VerificationKey>> {
        // What is under the lock is exchanged whole; a panic elsewhere cannot leave it half-done.
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn exchange(&self, keys: Vec<VerificationKey>, whose: &str) {
        tracing::info!(client = whose, keys = keys.len(), "keys of a client exchanged");
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

/// Takes a client's keys from their file whenever it changes, until stopped.
pub(crate) fn follow<C: Send + Sync + 'static>(
    client: Arc<C>,
    whose: String,
    keys: fn(&C) -> &RegisteredKeys,
    tasks: &TaskTracker,
    stop: CancellationToken,
) {
    let Some(mut file) = keys(&client).file.clone() else { return };
    tasks.spawn(async move {
        while let Some(outcome) = stop.run_until_cancelled(file.changed()).await {
            match outcome {
                Ok(read) => keys(&client).exchange(read, &whose),
                Err(mistake) => {
                    tracing::error!(client = whose, %mistake, "keys of a client not exchanged, the former ones stay");
                }
            }
        }
    });
}

/// The keys in a file.
fn keys_in(text: &str) -> Result<Vec<VerificationKey>, String> {
    let set = serde_json::from_str(text).map_err(|error| format!(":{}: is not JSON: {error}", error.line()))?;
    keys_of(&set).map_err(|what| format!(" {what}"))
}

/// The keys of a set, each public and strong enough. One that cannot be used is a mistake: its client would wonder why
/// nothing that it signs counts.
///
/// # Errors
/// What is wrong with the set.
pub(crate) fn keys_of(set: &Value) -> Result<Vec<VerificationKey>, String> {
    let keys = set.get("keys").and_then(Value::as_array).ok_or("holds no list `keys`")?;
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(format!("holds {} keys, and must hold 1 to {MOST_KEYS}", keys.len()));
    }
    let read = keys.iter().enumerate().map(|(place, key)| {
        if PRIVATE_MEMBERS.iter().any(|member| key.get(member).is_some()) {
            return Err(format!("keys[{place}] holds a private or shared key: only public keys leave the client"));
        }
        VerificationKey::read(key).ok_or_else(|| format!("keys[{place}] is no public key that we accept"))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.3.
    fn public() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "a",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn r69_a_client_has_public_keys_and_no_shared_secret() {
        assert_eq!(keys_of(&json!({ "keys": [public()] })).expect("a key").len(), 1);
        let mut private = public();
        private["d"] = json!("x");
        let shared = json!({ "kty": "oct", "k": "c2hhcmVk" });
        for (set, said) in [
            (json!({ "keys": [public(), private] }), "keys[1] holds a private or shared key"),
            (json!({ "keys": [shared] }), "keys[0] holds a private or shared key"),
            (json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "x" }] }), "keys[0] is no public key"),
            (json!({ "keys": [] }), "holds 0 keys"),
            (json!([public()]), "holds no list"),
        ] {
            let mistake = keys_of(&set).expect_err("a mistake");
            assert!(mistake.contains(said), "{said}: {mistake}");
        }
        assert!(keys_in("{\n\nx").expect_err("a mistake").starts_with(":3: is not JSON"));
    }
}
