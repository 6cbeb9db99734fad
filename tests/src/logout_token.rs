//! Logout tokens of the provider stand-in, and the way that its server brings them to the gateway.

use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Answer, Draft, MORNING, Person, ProviderStandIn, System};

/// Where logout tokens are brought to.
pub const LOGOUT_DOOR: &str = "/auth/backchannel-logout";

/// What makes a token a logout token.
pub const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

static TOKENS_MADE: AtomicU64 = AtomicU64::new(0);

impl ProviderStandIn {
    /// A logout token of the morning as it should be, with these claims as to what is over.
    ///
    /// # Panics
    /// When the morning is no time.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the morning is a time")]
    pub fn logout_draft(&self, what: &Value) -> Draft {
        let now = MORNING.parse::<Timestamp>().expect("a time").as_second();
        let key = self.key();
        let mut claims = json!({
            "iss": self.issuer, "aud": "overblik-demo", "iat": now, "exp": now + 120, "events": { LOGOUT_EVENT: {} },
            "jti": format!("logout-{}", TOKENS_MADE.fetch_add(1, Ordering::Relaxed)),
        });
        if let (Some(claims), Some(what)) = (claims.as_object_mut(), what.as_object()) {
            claims.extend(what.clone());
        }
        let header = json!({ "alg": key.algorithm, "kid": key.id, "typ": "logout+jwt" });
        Draft { header, claims, raw: [None, None], key, of_refresh: false }
    }

    /// A token that ends one login of a person.
    #[must_use]
    pub fn logout_of_session(&self, person: &Person) -> Draft {
        self.logout_draft(&json!({ "sub": person.subject, "sid": person.session }))
    }

    /// A token that ends everything of a person.
    #[must_use]
    pub fn logout_of_all(&self, person: &Person) -> Draft {
        self.logout_draft(&json!({ "sub": person.subject }))
    }
}

impl System {
    /// Brings a logout token as the provider's server does.
    pub async fn bring_logout(&self, token: &str) -> Answer {
        let form = [("logout_token".to_owned(), token.to_owned())];
        let mut server = self.browser();
        let url = server.at(LOGOUT_DOOR);
        server.send(Method::POST, &url, &[], Some(&form)).await
    }
}
