//! A credential that is obtained once, held while it lasts, and replaced once when a source no longer takes it.
//!
//! Whoever needs it while it is being obtained waits for that, and shares what becomes of it, failure too: fifty calls at
//! once cost one request for a token. The same holds when fifty calls are refused at once: the first of them lets go of
//! the refused one, the others find that it is gone.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{error::ConnectorError, secret::Secret, session_memory::SessionMemory};

/// A source that takes nothing is not asked for more and more credentials: after a refusal another one is obtained, and
/// the next refusal counts only when that is at least this long ago.
const REPLACED_AT_MOST_EVERY: Duration = Duration::from_secs(5);

/// How long a failure can be of interest: no source's time limit is longer, so nobody has waited longer.
const FAILURE_KEPT: Duration = Duration::from_secs(10);

/// A credential that was just obtained.
pub(super) struct Obtained {
    /// The header's whole value.
    pub(super) value: Secret,
    /// How long it may be used.
    pub(super) lasts: Duration,
}

/// How obtaining it went wrong, for those who waited.
struct Failure {
    error: ConnectorError,
    at: Instant,
}

/// A source did not take the former one.
struct Replaced;

/// The place of one credential.
pub(super) struct Held<'m> {
    /// Where it is held: with the session it belongs to, or with its source.
    pub(super) memory: &'m SessionMemory,
    /// The source's slug: what is held for one source is never shown to another (requirements R45 and R46).
    pub(super) source: &'m str,
}

// Under `auth`, so that nothing that a contract names can be meant.
const CREDENTIAL: &str = "auth: credential";
const FAILURE: &str = "auth: failure";
const REPLACED: &str = "auth: replaced";

impl Held<'_> {
    /// The credential: the one that is held, or else what this obtains.
    ///
    /// # Errors
    /// What obtaining it said, whoever did.
    pub(super) async fn get(
        &self,
        obtain: impl Future<Output = Result<Obtained, ConnectorError>>,
    ) -> Result<Arc<Secret>, ConnectorError> {
        if let Some(held) = self.present() {
            return Ok(held);
        }
        let asked = Instant::now();
        let gate = self.memory.gate(self.source, CREDENTIAL);
        // Whoever holds the gate and goes away opens it: then the next one obtains.
        let _passed = gate.lock().await;
        if let Some(held) = self.present() {
            return Ok(held);
        }
        if let Some(failure) = self.memory.recall::<Failure>(self.source, FAILURE)
            && failure.at > asked
        {
            return Err(failure.error);
        }
        match obtain.await {
            Ok(Obtained { value, lasts }) => {
                let value = Arc::new(value);
                self.memory.remember(self.source, CREDENTIAL, Arc::clone(&value), lasts);
                Ok(value)
            }
            Err(error) => {
                let failure = Arc::new(Failure { error, at: Instant::now() });
                self.memory.remember(self.source, FAILURE, failure, FAILURE_KEPT);
                Err(error)
            }
        }
    }

    /// Lets go of a credential that the source refused. Whether asking with another one is worth trying.
    pub(super) fn replace(&self, refused: &Arc<Secret>) -> bool {
        if !self.holds(refused) {
            return true;
        }
        if self.memory.recall::<Replaced>(self.source, REPLACED).is_some() {
            // Marked by who has let go of this very one just now, or because of the one before it.
            return !self.holds(refused);
        }
        if self.memory.forget_this(self.source, CREDENTIAL, refused) {
            self.memory.remember(self.source, REPLACED, Arc::new(Replaced), REPLACED_AT_MOST_EVERY);
        }
        true
    }

    fn present(&self) -> Option<Arc<Secret>> {
        self.memory.recall(self.source, CREDENTIAL)
    }

    fn holds(&self, credential: &Arc<Secret>) -> bool {
        self.present().is_some_and(|held| Arc::ptr_eq(&held, credential))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    /// Counts how often something is obtained, which takes a second.
    #[derive(Default)]
    struct Issuer {
        memory: SessionMemory,
        asked: AtomicUsize,
    }

    impl Issuer {
        fn held(&self) -> Held<'_> {
            Held { memory: &self.memory, source: "library" }
        }

        async fn get(&self, lasts_s: u64, fails: bool) -> Result<Arc<Secret>, ConnectorError> {
            self.held()
                .get(async {
                    let number = self.asked.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    if fails {
                        return Err(ConnectorError::CredentialsRefused(400));
                    }
                    let value = Secret::new(format!("token-{number}"));
                    Ok(Obtained { value, lasts: Duration::from_secs(lasts_s) })
                })
                .await
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r45_fifty_calls_obtain_one_token_and_fifty_refusals_one_more() {
        let issuer = Issuer::default();
        let first = join_all((0..50).map(|_| issuer.get(60, false))).await;
        assert_eq!(issuer.asked(), 1);
        let again = first.into_iter().map(|token| async {
            let token = token.expect("a token");
            assert!(issuer.held().replace(&token), "another may be tried");
            issuer.get(60, false).await.expect("a token")
        });
        let again = join_all(again).await;
        assert_eq!(issuer.asked(), 2, "one renewal for fifty refusals");
        assert!(again.iter().all(|token| token.reveal() == "token-1"));
        // The source refuses that one too.
        assert!(again.iter().all(|token| !issuer.held().replace(token)), "nobody tries a third");
        tokio::time::advance(REPLACED_AT_MOST_EVERY).await;
        assert!(issuer.held().replace(&again[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_refusal_of_the_former_token_does_not_cost_the_new_one() {
        let issuer = Issuer::default();
        let former = issuer.get(60, false).await.expect("a token");
        assert!(issuer.held().replace(&former));
        let new = issuer.get(60, false).await.expect("a token");
        assert!(issuer.held().replace(&former));
        assert!(issuer.held().holds(&new));
        assert_eq!(issuer.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_shares_a_failure_and_who_comes_later_tries_again() {
        let issuer = Issuer::default();
        let outcomes = join_all((0..50).map(|_| issuer.get(60, true))).await;
        assert!(outcomes.iter().all(Result::is_err));
        assert_eq!(issuer.asked(), 1);
        assert!(issuer.get(60, false).await.is_ok());
        assert_eq!(issuer.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_while_obtaining_leaves_it_to_the_next() {
        let issuer = Issuer::default();
        let gone = tokio::time::timeout(Duration::from_millis(500), issuer.get(60, false));
        let (gone, stayed) = futures::join!(gone, issuer.get(60, false));
        assert!(gone.is_err() && stayed.is_ok());
        assert_eq!(issuer.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_obtained_anew_once_it_has_lapsed() {
        let issuer = Issuer::default();
        issuer.get(30, false).await.expect("a token");
        tokio::time::advance(Duration::from_secs(29)).await;
        issuer.get(30, false).await.expect("a token");
        assert_eq!(issuer.asked(), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        issuer.get(30, false).await.expect("a token");
        assert_eq!(issuer.asked(), 2);
    }
}
