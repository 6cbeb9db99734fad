//! Tokens that we sign for ourselves: JSON Web Signatures under keys that every instance derives from the master keys.
//! Those are exchanged within minutes of one another, so a token counts under each of them. A token of one kind is none of
//! another: each has a header and a key of its own.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::session::master_keys::{MasterKey, MasterKeys};

/// Largest token looked at, in bytes.
const LARGEST: usize = 4 * 1024;

/// A kind of token.
pub(crate) struct OwnToken {
    /// The one header. Nobody else makes these tokens, so no other is read.
    pub(crate) header: &'static str,
    /// What the key is derived for.
    pub(crate) key: &'static [u8],
}

impl OwnToken {
    /// Signs claims that JSON can say.
    pub(crate) fn sign(&self, claims: &impl Serialize, keys: &MasterKeys) -> String {
        let claims = serde_json::to_string(claims).unwrap_or_default();
        let message = [self.header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let signature = hmac::sign(&self.key(keys.first()), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// The claims of a token that we signed. For whom and until when it is good, they say.
    ///
    /// # Errors
    /// What is wrong with it, for our log.
    pub(crate) fn verify<C: DeserializeOwned>(&self, token: &str, keys: &MasterKeys) -> Result<C, &'static str> {
        if token.len() > LARGEST {
            return Err("the token is too large");
        }
        let (message, signature) = token.rsplit_once('.').ok_or("the token has no signature")?;
        let (header, claims) = message.split_once('.').ok_or("the token has no claims")?;
        if header != URL_SAFE_NO_PAD.encode(self.header) {
            return Err("the token is of another type");
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the signature is not base64url")?;
        let is_ours = |master: &MasterKey| {
            let ours = hmac::sign(&self.key(master), message.as_bytes());
            verify_slices_are_equal(ours.as_ref(), &signature).is_ok()
        };
        if !keys.iter().any(is_ours) {
            return Err("the token is not of our making");
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| "the claims are not base64url")?;
        serde_json::from_slice(&claims).map_err(|_| "the claims have another form")
    }

    fn key(&self, master: &MasterKey) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &master.hash(&[self.key]))
    }
}
