//! What a collector is told of logins and of what is asked of an identity provider.

use std::collections::BTreeSet;

use http::StatusCode;
use opentelemetry_proto::tonic::trace::v1::Span;
use overblik_tests::{LeakSearch, Person, ProviderStandIn, SigningKey, TokenOrder};

use crate::{
    collector::{Collector, word},
    console::Desk,
};

async fn provider() -> ProviderStandIn {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    provider.offer_pushing();
    provider
}

/// What the provider was asked for within a part of a trace, and what came of it.
fn asked(spans: &[Span], within: &Span) -> BTreeSet<(String, String, bool)> {
    let asked = spans.iter().filter(|span| span.name == "provider" && span.parent_span_id == within.span_id);
    let asked = asked.inspect(|span| assert_eq!(span.trace_id, within.trace_id));
    asked.map(|span| (word(span, "overblik.what"), word(span, "overblik.end"), span.status.is_some())).collect()
}

fn good(what: &str, end: &str) -> (String, String, bool) {
    (what.to_owned(), end.to_owned(), false)
}

#[track_caller]
fn only<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let named: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let [one] = named[..] else { panic!("one {name}: {named:?}") };
    one
}

#[tokio::test]
async fn r61_each_step_of_a_login_is_told_with_what_it_asked_and_nothing_that_it_sent() {
    let (collector, provider) = (Collector::start().await, provider().await);
    let system = provider.system_with(collector.adjusting()).await;
    let (browser, landed) = ProviderStandIn::log_in(&system).await;
    assert_eq!(landed.status, StatusCode::OK, "{}", landed.text);
    let secrets = browser.secrets();
    system.stop(&[&browser]).await;

    let spans = collector.spans();
    let (begun, returned) = (only(&spans, "login"), only(&spans, "login_return"));
    assert_ne!(begun.trace_id, returned.trace_id, "nothing is kept of the first that would lead to it");
    assert!(begun.parent_span_id.is_empty() && returned.parent_span_id.is_empty());
    let of = |span, names: [&str; 3]| names.map(|name| word(span, name));
    assert_eq!(of(begun, ["overblik.of", "overblik.kind", "overblik.end"]), ["citizens", "login", "begun"]);
    assert_eq!(of(returned, ["overblik.of", "overblik.kind", "overblik.end"]), ["citizens", "", "logged_in"]);
    assert_eq!(asked(&spans, begun), [good("metadata", "fetched"), good("pushed", "answered")].into());
    assert_eq!(asked(&spans, returned), [good("keys", "fetched"), good("token", "answered")].into());
    assert!([begun, returned].iter().all(|span| span.status.is_none()));

    let mut search = LeakSearch::new();
    let person = Person::default();
    search.text("the provider's address", &provider.issuer);
    search.text("its host", provider.issuer.trim_start_matches("http://"));
    search.text("a subject", &person.subject);
    search.text("a session there", &person.session);
    for secret in &secrets {
        search.text("a secret of the session", secret);
    }
    let mut sent = 0;
    for request in [provider.received("/par"), provider.received("/token")].concat() {
        for name in ["state", "nonce", "code", "code_verifier", "code_challenge", "redirect_uri", "client_secret"] {
            if !request.field(name).is_empty() {
                search.text(name, request.field(name));
                sent += 1;
            }
        }
    }
    assert!(sent >= 6, "the control: {sent}");
    for body in collector.bodies() {
        assert_eq!(search.find(&body), None);
    }
}

#[tokio::test]
async fn a_login_that_comes_to_nothing_says_whether_that_is_somebody_s_failure() {
    let (collector, provider) = (Collector::start().await, provider().await);
    let system = provider.system_with(collector.adjusting()).await;
    provider.order(TokenOrder::InvalidGrant);
    let (_, refused) = ProviderStandIn::log_in(&system).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text);
    provider.order(TokenOrder::Status(StatusCode::SERVICE_UNAVAILABLE));
    let (_, away) = ProviderStandIn::log_in(&system).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE, "{}", away.text);
    // The citizen thinks better of it.
    let mut browser = system.browser();
    let begun = browser.get("/auth/login").await;
    let state = provider.received("/par").pop().expect("a request").field("state").to_owned();
    assert!(begun.location().is_some());
    let cancelled =
        browser.get(&format!("/auth/callback?state={state}&error=access_denied&iss={}", provider.issuer)).await;
    assert!(cancelled.text.contains("login-cancelled"), "{}", cancelled.text);
    // Another's callback is no step of a login.
    let unknown = browser.get("/auth/callback?state=nobodys&code=x").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    system.stop(&[]).await;

    let returned = collector.named("login_return");
    let ends: Vec<_> = returned.iter().map(|span| (word(span, "overblik.end"), span.status.is_some())).collect();
    let expected = [("login-refused", true), ("login-unavailable", true), ("login-cancelled", false)];
    assert_eq!(ends, expected.map(|(end, failed)| (end.to_owned(), failed)));
    let spans = collector.spans();
    let of_token = |span| asked(&spans, span).into_iter().find(|(what, ..)| what == "token");
    let failed = |end: &str| Some(("token".to_owned(), end.to_owned(), true));
    assert_eq!(of_token(&returned[0]), failed("refused"));
    assert_eq!(of_token(&returned[1]), failed("unavailable"));
    assert_eq!(of_token(&returned[2]), None, "nothing was redeemed");
}

#[tokio::test]
async fn r61_a_login_at_the_console_is_told_as_such_and_not_who_logged_in() {
    let collector = Collector::start().await;
    let desk = Desk::start_with(collector.adjusting()).await;
    let subject = "authority:birkerup-libraries/lis";
    let browser = desk.person(subject).await;
    desk.stop(&[&browser]).await;

    let spans = collector.spans();
    let (begun, returned) = (only(&spans, "login"), only(&spans, "login_return"));
    for (step, end) in [(begun, "begun"), (returned, "logged_in")] {
        assert_eq!((word(step, "overblik.of"), word(step, "overblik.end")), ("console".to_owned(), end.to_owned()));
    }
    assert!(asked(&spans, returned).contains(&good("token", "answered")));
    let of_provider = spans.iter().filter(|span| span.name == "provider");
    assert!(of_provider.clone().count() >= 3 && of_provider.clone().all(|span| word(span, "overblik.of") == "console"));
    let mut search = LeakSearch::new();
    search.text("a subject", subject);
    for body in collector.bodies() {
        assert_eq!(search.find(&body), None);
    }
}
