//! The master keys that session records are sealed under: the first seals, all open, a removed one opens nothing any
//! more (requirement R22).

use std::{
    fmt, iter,
    sync::{Arc, PoisonError, RwLock},
};

use zeroize::Zeroizing;

use crate::secrets::random_bytes;

/// What a master key is called, in its file and beside the records that it sealed. No secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// Reads an id: 1 to 32 letters, digits, `-`, `_` or `.`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        ((1..=32).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A master key: 256 bits under an id.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(id: KeyId, bytes: [u8; 32]) -> Self {
        Self { id, bytes: Zeroizing::new(bytes) }
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, ..)", self.id.as_str())
    }
}

/// At least one master key, in the order of the file.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    first: MasterKey,
    others: Vec<MasterKey>,
}

impl MasterKeys {
    /// These keys; the first seals.
    #[must_use]
    pub fn new(first: MasterKey, others: Vec<MasterKey>) -> Self {
        Self { first, others }
    }

    /// A random key that nobody else knows: what it sealed ends with the process.
    #[must_use]
    pub fn random() -> Self {
        Self::new(MasterKey::new(KeyId("process".into()), random_bytes()), Vec::new())
    }

    /// The key that seals.
    #[must_use]
    pub fn first(&self) -> &MasterKey {
        &self.first
    }

    /// All keys; the one that seals first.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        iter::once(&self.first).chain(&self.others)
    }
}

/// The master keys in use. They may be exchanged at any time; work that is under way goes on with those it began with.
#[derive(Debug)]
pub struct KeyRing(RwLock<Arc<MasterKeys>>);

impl KeyRing {
    /// A ring of these keys.
    #[must_use]
    pub fn new(keys: MasterKeys) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// The keys at this moment.
    #[must_use]
    pub fn keys(&self) -> Arc<MasterKeys> {
        // What is under the lock is exchanged whole; a panic elsewhere cannot leave it half-done.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Exchanges the keys, and names those that are gone: absent now, or another key of the same name.
    pub fn exchange(&self, keys: MasterKeys) -> Vec<KeyId> {
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let gone = ring.iter().filter(|old| keys.iter().all(|new| new != *old)).map(|old| old.id.clone()).collect();
        *ring = Arc::new(keys);
        gone
    }
}
