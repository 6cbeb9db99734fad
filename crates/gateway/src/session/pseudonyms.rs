//! What stands for citizens and for the identity provider's sessions in keys and logs: keyed hashes under a master key, so
//! that every instance makes the same ones and nobody without the key can tell whose they are.

use aws_lc_rs::hmac;
use overblik_connectors::Pseudonym;

use super::{master_keys::MasterKey, sealing::joined, store::ProviderSession};

/// Reads a pseudonym as the log writes it: 32 hexadecimal digits.
#[must_use]
pub fn parse(text: &str) -> Option<Pseudonym> {
    let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hexadecimal)?;
    Some(Pseudonym::from_keyed_hash(number.to_be_bytes()))
}

impl MasterKey {
    /// The pseudonym of a person whom an identity provider knows by this subject.
    #[must_use]
    pub fn pseudonym(&self, issuer: &str, subject: &str) -> Pseudonym {
        Pseudonym::from_keyed_hash(self.short_hash(&[b"citizen", issuer.as_bytes(), subject.as_bytes()]))
    }

    /// What stands for somebody who works at the console: never what stands for a citizen, be it the same human.
    #[must_use]
    pub fn console_person(&self, issuer: &str, subject: &str) -> Pseudonym {
        Pseudonym::from_keyed_hash(self.short_hash(&[b"console-person", issuer.as_bytes(), subject.as_bytes()]))
    }

    /// What stands for a session of theirs at an identity provider: never what stands for a citizen's, be it the same session.
    #[must_use]
    pub fn console_provider_session(&self, issuer: &str, session: &str) -> ProviderSession {
        ProviderSession(self.short_hash(&[b"console-provider-session", issuer.as_bytes(), session.as_bytes()]))
    }

    /// What stands for a session at an identity provider.
    #[must_use]
    pub fn provider_session(&self, issuer: &str, session: &str) -> ProviderSession {
        ProviderSession(self.short_hash(&[b"provider-session", issuer.as_bytes(), session.as_bytes()]))
    }

    /// A keyed hash of these parts, each behind its length; the first names what it is for.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes()));
        context.update(&joined(parts));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    fn short_hash(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut short = [0; 16];
        short.iter_mut().zip(self.hash(parts)).for_each(|(to, from)| *to = from);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::master_keys::KeyId;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse("a").expect("an id"), [byte; 32])
    }

    #[test]
    fn a_pseudonym_is_read_as_the_log_writes_it() {
        let pseudonym = key(1).pseudonym("a", "b");
        assert_eq!(parse(&pseudonym.to_string()), Some(pseudonym.clone()));
        let written = pseudonym.to_string();
        let (_, shorter) = written.split_at(1);
        for wrong in ["", "x", shorter, &format!("{written}0"), &format!("+{shorter}")] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn pseudonyms_tell_persons_and_keys_apart_and_are_the_same_at_every_instance() {
        assert_eq!(key(1).pseudonym("a", "b"), key(1).pseudonym("a", "b"));
        assert_ne!(key(1).pseudonym("ab", "c"), key(1).pseudonym("a", "bc"));
        assert_ne!(key(1).pseudonym("a", "b"), key(2).pseudonym("a", "b"));
        assert_ne!(key(1).pseudonym("a", "b").bytes(), key(1).provider_session("a", "b").0);
        assert_ne!(key(1).pseudonym("a", "b"), key(1).console_person("a", "b"));
        assert_ne!(key(1).provider_session("a", "b"), key(1).console_provider_session("a", "b"));
    }
}
