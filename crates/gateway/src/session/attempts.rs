//! Login attempts, sealed before the store sees them, opened by what the provider's answer and the browser's cookie bring
//! together.

use aws_lc_rs::digest;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::{
    LoginAttempt,
    master_keys::MasterKey,
    sealing::{Purpose, Ticket},
    sessions::Sessions,
    store::{AttemptKey, LOGIN_ATTEMPT_KEPT, StoreError},
};
use crate::secrets::sha256;

impl Sessions {
    /// Keeps a login attempt for the browser that holds this secret.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn save_attempt(&self, state: &str, browser: &str, attempt: &LoginAttempt) -> Result<(), StoreError> {
        let keys = self.ring().keys();
        let (master, ticket) = (keys.first(), attempt_ticket(state, browser));
        let sealed = master.seal(Purpose::LoginAttempt, &ticket, &[], attempt.to_contents());
        self.store.save_attempt(attempt_key(master, &ticket), sealed).await
    }

    /// Takes the login attempt that a browser began: it gets it once (requirement R3), and another browser neither gets
    /// nor spoils it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn take_attempt(&self, state: &str, browser: &str) -> Result<Option<LoginAttempt>, StoreError> {
        let ticket = attempt_ticket(state, browser);
        for master in self.ring().keys().iter() {
            let Some(sealed) = self.store.take_attempt(attempt_key(master, &ticket)).await? else { continue };
            let contents = master.open(Purpose::LoginAttempt, &ticket, &[], &sealed);
            let attempt = contents.ok().and_then(|contents| LoginAttempt::from_contents(&contents));
            if attempt.is_none() {
                tracing::error!("a login attempt's record does not open: it was changed in the store");
            }
            let kept = SignedDuration::try_from(LOGIN_ATTEMPT_KEPT).unwrap_or(SignedDuration::ZERO);
            return Ok(attempt.filter(|attempt| self.clock.now().duration_since(attempt.begun) < kept));
        }
        Ok(None)
    }
}

fn attempt_key(master: &MasterKey, ticket: &Ticket) -> AttemptKey {
    AttemptKey(master.record_key(Purpose::LoginAttempt, ticket.id()))
}

/// A browser holds its attempt's ticket as `state` and the secret of its cookie. The id is made of both, so that with
/// one of them nobody finds the record.
fn attempt_ticket(state: &str, browser: &str) -> Ticket {
    let (state, browser) = (sha256(state), sha256(browser));
    let mut id = [0; 32];
    id.copy_from_slice(digest::digest(&digest::SHA256, &[state, browser].concat()).as_ref());
    Ticket::of(id, browser)
}

impl LoginAttempt {
    fn to_contents(&self) -> Zeroizing<Vec<u8>> {
        #[expect(clippy::expect_used, reason = "JSON has a form for every value of these types")]
        Zeroizing::new(serde_json::to_vec(self).expect("an attempt has a form in JSON"))
    }

    fn from_contents(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
