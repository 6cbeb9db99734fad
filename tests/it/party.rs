//! The relying party by itself, without a gateway around it: for what happens between it and the provider alone.

use overblik_gateway::{
    api_error::ApiError,
    clock::Clock,
    config::Config,
    login::{Login, VerifiedLogin},
    telemetry::{PartOf, ProviderMetrics},
};
use overblik_tests::{MORNING, ProviderStandIn};
use overblik_widgets::AssuranceLevel;
use serde_json::{Value, json};

/// A configuration for this provider, with members of its `login` section added or changed; null takes one away.
pub(crate) fn configuration(provider: &ProviderStandIn, login: &Value) -> Config {
    let mut whole = json!({
        "server": { "public_url": "http://localhost:1" },
        "login": { "issuer": provider.issuer, "client_id": "overblik-demo", "client_secret": "s3cr3t s3cr3t & %" },
        "development": { "fictitious_persons": true, "loopback_http": true },
    });
    for (name, value) in login.as_object().into_iter().flatten() {
        whole["login"][name] = value.clone();
    }
    serde_json::from_value(whole).expect("a configuration")
}

/// A relying party of this provider.
pub(crate) fn at(provider: &ProviderStandIn, login: &Value) -> Login {
    let clock = Clock::new(|| MORNING.parse().expect("a time"));
    Login::new(&configuration(provider, login), clock, ProviderMetrics::default()).expect("a relying party")
}

/// A whole login, without a browser.
pub(crate) async fn log_in(provider: &ProviderStandIn, login: &Login) -> Result<VerifiedLogin, ApiError> {
    let begun = login.begin(AssuranceLevel::Substantial, None, PartOf::NOTHING).await?;
    login.finish(provider.code(&begun.redirect), begun.nonce, begun.verifier, PartOf::NOTHING).await
}
