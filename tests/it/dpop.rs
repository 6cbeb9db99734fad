//! Access tokens that are bound to a key of the app's, and the proofs that go with them (requirement R16).

use std::time::Duration;

use overblik_demo::Source;
use overblik_gateway::config::Dpop;
use overblik_tests::{Answer, Draft, Setup, SigningKey, section};
use serde_json::{Value, json};

use crate::native_app::{AppKey, Apps, DPOP, OVERVIEW, SESSION, assert_invalid, assert_refused, now};

const PROOF: [&str; 2] = ["Bearer", r#"DPoP error="invalid_dpop_proof", algs="ES256 PS256""#];
const NONCE: [&str; 2] = ["Bearer", r#"DPoP error="use_dpop_nonce", algs="ES256 PS256""#];
const TOKEN: [&str; 2] = ["Bearer", r#"DPoP error="invalid_token", algs="ES256 PS256""#];

/// An app with a key, and a token that is bound to it.
struct Bound {
    apps: Apps,
    key: AppKey,
    token: String,
}

impl Bound {
    async fn start() -> Self {
        Self::of(Apps::start().await, AppKey::new())
    }

    fn of(apps: Apps, key: AppKey) -> Self {
        let token = apps.token_with("cnf", json!({ "jkt": key.thumbprint() }));
        Self { apps, key, token }
    }

    fn address(&self, path: &str) -> String {
        self.apps.system.browser().at(path).to_string()
    }

    fn proof(&self, id: &str, nonce: Option<&str>) -> Draft {
        self.key.proof(&self.address(OVERVIEW), &self.token, id, nonce)
    }

    async fn ask(&self, path: &str, proof: &str) -> Answer {
        self.apps.send(path, &[("authorization", &format!("DPoP {}", self.token)), ("dpop", proof)]).await
    }

    /// The nonce that the first answer brings.
    async fn nonce(&self) -> String {
        let answer = self.ask(OVERVIEW, &self.proof("asks-for-a-nonce", None).signed()).await;
        assert_refused(&answer, "no nonce", (401, "use-dpop-nonce"), &NONCE);
        let nonce = answer.header("dpop-nonce").to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        nonce
    }

    async fn stop(self) {
        let token = self.token;
        self.apps.stop(&[], &[&token]).await;
    }
}

#[tokio::test]
async fn r16_a_bound_token_opens_the_api_with_a_proof_that_holds_our_nonce() {
    for key in [AppKey::new(), AppKey::of(SigningKey::ps256("of-the-app"))] {
        let bound = Bound::of(Apps::start().await, key);
        let nonce = bound.nonce().await;
        assert_eq!(bound.apps.system.calls(Source::Library), 0);
        let answer = bound.ask(OVERVIEW, &bound.proof("1", Some(&nonce)).signed()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(section(&answer.json(), "library")["state"], "ready");
        assert_eq!(answer.header("dpop-nonce"), nonce, "the one to use next");
        let session = bound.key.proof(&bound.address(SESSION), &bound.token, "2", Some(&nonce)).signed();
        let left = bound.ask(SESSION, &session).await;
        assert_eq!((left.status.as_u16(), &left.json()["absolute_seconds_left"]), (200, &json!(300)));
        // The scheme in any case; the address without its query.
        let proof = bound.proof("3", Some(&nonce)).signed();
        let headers = [("authorization", format!("dPOP {}", bound.token)), ("dpop", proof)];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(bound.apps.send(&format!("{OVERVIEW}?lang=en"), &headers).await.status, 200);
        bound.stop().await;
    }
}

/// What is wrong with a proof, and how it is made so.
type Fault = (&'static str, fn(&mut Draft));

#[tokio::test]
async fn r16_no_part_of_a_proof_may_be_wrong_or_missing() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    let faults: [Fault; 18] = [
        ("another method", |draft| draft.claims["htm"] = json!("POST")),
        ("another path", |draft| draft.claims["htu"] = json!(draft.claims["htu"].as_str().map(|it| format!("{it}s")))),
        ("another host", |draft| draft.claims["htu"] = json!("http://evil.example/api/v1/overview")),
        ("no address", |draft| draft.claims["htu"] = json!("/api/v1/overview")),
        ("too old", |draft| draft.claims["iat"] = json!(now() - 61)),
        ("ahead", |draft| draft.claims["iat"] = json!(now() + 61)),
        ("another token's", |draft| draft.claims["ath"] = json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")),
        ("no id", |draft| draft.claims["jti"] = json!("")),
        ("a nonce that is no text", |draft| draft.claims["nonce"] = json!(1)),
        ("another type", |draft| draft.header["typ"] = json!("at+jwt")),
        ("another algorithm", |draft| draft.header["alg"] = json!("PS256")),
        ("none", |draft| draft.header["alg"] = json!("none")),
        ("no key", |draft| draft.header["jwk"] = json!({})),
        ("a private key", |draft| draft.header["jwk"]["d"] = json!("AQAB")),
        ("another key brought along", |draft| draft.header["jwk"] = SigningKey::es256("x").public),
        ("signed by another key", |draft| draft.key = std::sync::Arc::new(SigningKey::es256("x"))),
        ("a good proof by another key", |draft| {
            let key = AppKey::new();
            draft.header["jwk"] = key.key.public.clone();
            draft.key = key.key;
        }),
        ("what must be understood", |draft| draft.header["crit"] = json!(["x"])),
    ];
    for (what, fault) in faults {
        let mut draft = bound.proof(what, Some(&nonce));
        fault(&mut draft);
        assert_refused(&bound.ask(OVERVIEW, &draft.signed()).await, what, (401, "invalid-dpop-proof"), &PROOF);
    }
    for name in ["htm", "htu", "iat", "ath", "jti"] {
        let mut draft = bound.proof(name, Some(&nonce));
        draft.claims.as_object_mut().expect("claims").remove(name);
        assert_refused(&bound.ask(OVERVIEW, &draft.signed()).await, name, (401, "invalid-dpop-proof"), &PROOF);
    }
    for proof in ["", "x", "a.b.c"] {
        assert_refused(&bound.ask(OVERVIEW, proof).await, proof, (401, "invalid-dpop-proof"), &PROOF);
    }
    let authorization = format!("DPoP {}", bound.token);
    let without = bound.apps.send(OVERVIEW, &[("authorization", &authorization)]).await;
    assert_refused(&without, "no proof", (401, "invalid-dpop-proof"), &PROOF);
    assert_eq!(without.header("dpop-nonce"), nonce, "so that the next proof can be right at once");
    let (one, two) = (bound.proof("one", Some(&nonce)).signed(), bound.proof("two", Some(&nonce)).signed());
    let twice = [("authorization", authorization.as_str()), ("dpop", one.as_str()), ("dpop", two.as_str())];
    assert_refused(&bound.apps.send(OVERVIEW, &twice).await, "two", (401, "invalid-dpop-proof"), &PROOF);
    assert_eq!(bound.apps.system.calls(Source::Library), 0, "nobody was asked");
    assert_eq!(bound.ask(OVERVIEW, &one).await.status, 200, "the control");
    bound.stop().await;
}

#[tokio::test]
async fn r16_a_proof_is_for_one_request() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    let proof = bound.proof("once", Some(&nonce)).signed();
    let (first, second) = futures::join!(bound.ask(OVERVIEW, &proof), bound.ask(OVERVIEW, &proof));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "of two at once, one");
    assert_refused(&bound.ask(OVERVIEW, &proof).await, "again", (401, "invalid-dpop-proof"), &PROOF);
    let mut same_id = bound.proof("once", Some(&nonce));
    same_id.claims["iat"] = json!(now() + 1);
    let signed = same_id.signed();
    assert_refused(&bound.ask(OVERVIEW, &signed).await, "the same id", (401, "invalid-dpop-proof"), &PROOF);
    // For as long as it could count: one made a minute ahead counts for two.
    let mut ahead = bound.proof("ahead", Some(&nonce));
    ahead.claims["iat"] = json!(now() + 60);
    let ahead = ahead.signed();
    assert_eq!(bound.ask(OVERVIEW, &ahead).await.status, 200);
    bound.apps.system.pass(Duration::from_secs(119));
    assert_refused(&bound.ask(OVERVIEW, &ahead).await, "two minutes on", (401, "invalid-dpop-proof"), &PROOF);
    bound.stop().await;
}

#[tokio::test]
async fn r16_the_ids_of_one_app_s_proofs_are_nothing_to_another_app() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    let other = AppKey::new();
    let token = bound.apps.token_with("cnf", json!({ "jkt": other.thumbprint() }));
    let proof = other.proof(&bound.address(OVERVIEW), &token, "the-same", Some(&nonce)).signed();
    assert_eq!(bound.ask(OVERVIEW, &bound.proof("the-same", Some(&nonce)).signed()).await.status, 200);
    let authorization = format!("DPoP {token}");
    let of_other = bound.apps.send(OVERVIEW, &[("authorization", &authorization), ("dpop", &proof)]).await;
    assert_eq!(of_other.status, 200, "{}", of_other.text);
    // A good proof, of the other token.
    let mixed = bound.proof("mixed", Some(&nonce)).signed();
    let stolen = bound.apps.send(OVERVIEW, &[("authorization", &authorization), ("dpop", &mixed)]).await;
    assert_refused(&stolen, "a stolen token", (401, "invalid-dpop-proof"), &PROOF);
    bound.stop().await;
}

#[tokio::test]
async fn r16_a_nonce_counts_for_a_while_and_a_made_up_one_never() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    let part = nonce.split_at(1).1;
    for (what, made_up) in [("made up", "AAAAAAAAAAAAAAAAAAAAAA"), ("a part", part)] {
        let answer = bound.ask(OVERVIEW, &bound.proof(what, Some(made_up)).signed()).await;
        assert_refused(&answer, what, (401, "use-dpop-nonce"), &NONCE);
    }
    let at = |passed: i64, id: &str, nonce: &str| {
        let mut draft = bound.proof(id, Some(nonce));
        draft.claims["iat"] = json!(now() + passed);
        draft.signed()
    };
    bound.apps.system.pass(Duration::from_mins(2));
    let answer = bound.ask(OVERVIEW, &at(120, "later", &nonce)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let next = answer.header("dpop-nonce").to_owned();
    assert_ne!(next, nonce, "a newer one comes along before the old one lapses");
    bound.apps.system.pass(Duration::from_mins(2));
    let answer = bound.ask(OVERVIEW, &at(240, "too-late", &nonce)).await;
    assert_refused(&answer, "an old one", (401, "use-dpop-nonce"), &NONCE);
    assert_eq!(bound.ask(OVERVIEW, &at(240, "in-time", &next)).await.status, 200);
    bound.stop().await;
}

#[tokio::test]
async fn r16_a_bound_token_is_no_bearer_token_and_a_bearer_token_takes_no_proof() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    assert_invalid(&bound.apps.show(OVERVIEW, &bound.token).await, "a bound token alone");
    let proof = bound.proof("beside", Some(&nonce)).signed();
    let bearer = format!("Bearer {}", bound.token);
    let answer = bound.apps.send(OVERVIEW, &[("authorization", &bearer), ("dpop", &proof)]).await;
    assert_invalid(&answer, "a bound token as a bearer token, with a good proof");
    let free = bound.apps.token("family-signe");
    let proof = bound.key.proof(&bound.address(OVERVIEW), &free, "free", Some(&nonce)).signed();
    let authorization = format!("DPoP {free}");
    let answer = bound.apps.send(OVERVIEW, &[("authorization", &authorization), ("dpop", &proof)]).await;
    assert_refused(&answer, "a token that is bound to nothing", (401, "invalid-token"), &TOKEN);
    assert_eq!(bound.apps.show(OVERVIEW, &free).await.status, 200, "the control");
    bound.stop().await;
}

#[tokio::test]
async fn r16_where_proofs_are_required_a_token_alone_opens_nothing() {
    let apps = Apps::start_with(Setup::default(), |config| {
        config.api.as_mut().expect("the app is let in").dpop = Dpop::Required;
    });
    let bound = Bound::of(apps.await, AppKey::new());
    let challenge = r#"DPoP error="invalid_token", algs="ES256 PS256""#;
    let answer = bound.apps.show(OVERVIEW, &bound.apps.token("family-signe")).await;
    assert_refused(&answer, "a bearer token", (401, "invalid-token"), &[challenge]);
    let answer = bound.ask(OVERVIEW, &bound.proof("1", None).signed()).await;
    let nonce = answer.header("dpop-nonce").to_owned();
    assert_refused(&answer, "no nonce", (401, "use-dpop-nonce"), &[NONCE[1]]);
    assert_eq!(bound.ask(OVERVIEW, &bound.proof("2", Some(&nonce)).signed()).await.status, 200);
    bound.stop().await;
}

#[tokio::test]
async fn r15_r16_what_else_is_wrong_with_a_bound_token_is_told_to_the_holder_of_its_key_alone() {
    let bound = Bound::start().await;
    let nonce = bound.nonce().await;
    let mut draft = bound.apps.draft("family-signe");
    draft.claims["cnf"] = json!({ "jkt": bound.key.thumbprint() });
    draft.claims["scope"] = json!("openid");
    let token = draft.signed();
    let authorization = format!("DPoP {token}");
    let with = async |key: &AppKey, id: &str| {
        let proof = key.proof(&bound.address(OVERVIEW), &token, id, Some(&nonce)).signed();
        bound.apps.send(OVERVIEW, &[("authorization", &authorization), ("dpop", &proof)]).await
    };
    let thief = with(&AppKey::new(), "1").await;
    assert_refused(&thief, "another key", (401, "invalid-dpop-proof"), &PROOF);
    let scope = r#"DPoP error="insufficient_scope", scope="overblik", algs="ES256 PS256""#;
    assert_refused(&with(&bound.key, "2").await, "the key", (403, "insufficient-scope"), &["Bearer", scope]);
    let nothing: Value = bound.apps.send(OVERVIEW, &[]).await.json();
    assert_eq!(nothing["code"], "not-logged-in");
    assert!(bound.apps.send(OVERVIEW, &[]).await.header_all("www-authenticate").any(|challenge| challenge == DPOP));
    bound.stop().await;
}
