//! What a proof must be, part by part.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::proof::{Asked, LONGEST_ID, PRIVATE_MEMBERS, Proof};
use crate::{
    login::thumbprint,
    secrets::sha256,
    tokens::specimen::{NOW, Signer, encoded},
};

const ADDRESS: &str = "https://overblik.example/api/v1/overview";

/// An app's key, what it signs, and how that is sent.
struct App {
    signer: Signer,
    header: Value,
    claims: Value,
}

fn app_with(signer: Signer) -> App {
    let mut jwk = signer.published("k");
    jwk.as_object_mut().expect("a key").remove("kid");
    let header = json!({ "alg": signer.algorithm(), "typ": "dpop+jwt", "jwk": jwk });
    let claims = json!({ "htm": "GET", "htu": ADDRESS, "iat": NOW, "jti": "id-1", "ath": encoded(sha256("token")) });
    App { signer, header, claims }
}

fn app() -> App {
    app_with(Signer::es256())
}

impl App {
    fn sent(&self) -> HeaderMap {
        let proof = self.signer.token(&self.header.to_string(), &self.claims.to_string());
        [(HeaderName::from_static("dpop"), HeaderValue::from_str(&proof).expect("a value"))].into_iter().collect()
    }

    fn verified_at(&self, address: &str) -> Result<Proof, &'static str> {
        let thumbprint = thumbprint(&app_key(&self.signer)).expect("a thumbprint");
        verify(&self.sent(), address, &thumbprint)
    }

    fn is_accepted(&self) -> bool {
        self.verified_at(ADDRESS).is_ok()
    }

    fn accepts_header(&self, name: &str, value: Value) -> bool {
        let mut header = self.header.clone();
        header[name] = value;
        self.with(&header, &self.claims)
    }

    fn accepts_claim(&self, name: &str, value: Value) -> bool {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.with(&self.header, &claims)
    }

    fn with(&self, header: &Value, claims: &Value) -> bool {
        let proof = self.signer.token(&header.to_string(), &claims.to_string());
        self.accepts_proof(&proof)
    }

    fn accepts_proof(&self, proof: &str) -> bool {
        let thumbprint = thumbprint(&app_key(&self.signer)).expect("a thumbprint");
        let mut headers = HeaderMap::new();
        headers.insert("dpop", HeaderValue::from_str(proof).expect("a value"));
        verify(&headers, ADDRESS, &thumbprint).is_ok()
    }
}

fn app_key(signer: &Signer) -> Value {
    signer.published("k")
}

fn verify(headers: &HeaderMap, address: &str, thumbprint: &str) -> Result<Proof, &'static str> {
    let address = Url::parse(address).expect("an address");
    let now = Timestamp::from_second(NOW).expect("a time");
    let asked = Asked { method: &Method::GET, address: &address, token: "token", thumbprint, now };
    Proof::verify(headers, &asked)
}

#[test]
fn r16_a_proof_that_is_right_is_accepted() {
    for signer in [Signer::es256(), Signer::rsa("PS256")] {
        let mut app = app_with(signer);
        assert_eq!(app.verified_at(ADDRESS), Ok(Proof { id: "id-1".into(), nonce: None }));
        app.claims["nonce"] = json!("a-nonce");
        assert_eq!(app.verified_at(ADDRESS), Ok(Proof { id: "id-1".into(), nonce: Some("a-nonce".into()) }));
    }
}

#[test]
fn r16_a_proof_is_about_this_request_and_no_other() {
    let app = app();
    for (name, wrong) in [
        ("htm", vec![json!("POST"), json!("get"), json!(""), json!(null), json!(["GET"])]),
        (
            "htu",
            vec![
                json!("https://overblik.example/api/v1/session"),
                json!("https://overblik.example/api/v1/overview/"),
                json!("http://overblik.example/api/v1/overview"),
                json!("https://overblik.example:444/api/v1/overview"),
                json!("https://evil.example/api/v1/overview"),
                json!("https://a@overblik.example/api/v1/overview"),
                json!("/api/v1/overview"),
                json!("overblik.example/api/v1/overview"),
                json!(""),
                json!([ADDRESS]),
                json!(null),
            ],
        ),
        ("ath", vec![json!(encoded(sha256("other"))), json!(encoded("token")), json!(""), json!("token"), json!(null)]),
        ("jti", vec![json!(""), json!(null), json!(1), json!("x".repeat(LONGEST_ID + 1))]),
        ("nonce", vec![json!(""), json!(null), json!(1)]),
        (
            "iat",
            vec![json!(NOW - 61), json!(NOW + 61), json!(NOW.to_string()), json!(1.8e9), json!(null), json!(i64::MAX)],
        ),
    ] {
        for value in wrong {
            assert!(!app.accepts_claim(name, value.clone()), "{name}: {value}");
        }
        let mut without = app.claims.clone();
        without.as_object_mut().expect("claims").remove(name);
        assert_eq!(app.with(&app.header, &without), name == "nonce", "without {name}");
    }
    for (name, right) in [("iat", json!(NOW - 60)), ("iat", json!(NOW + 60)), ("jti", json!("x".repeat(LONGEST_ID)))] {
        assert!(app.accepts_claim(name, right.clone()), "{name}: {right}");
    }
    for same in ["https://overblik.example/api/v1/overview?lang=en#x", "HTTPS://OVERBLIK.example:443/api/v1/./overview"]
    {
        assert!(app.accepts_claim("htu", json!(same)), "{same}");
    }
}

#[test]
fn r16_a_proof_brings_the_public_key_along_that_the_token_is_bound_to() {
    let app = app();
    let other = Signer::es256();
    assert!(!app.accepts_header("jwk", other.published("k")), "not the key that signed");
    assert!(!app.accepts_proof(&other.token(&app.header.to_string(), &app.claims.to_string())), "signed by another");
    let thief = app_with(Signer::es256());
    assert!(!app.with(&thief.header, &app.claims));
    let of_thief = thief.signer.token(&thief.header.to_string(), &thief.claims.to_string());
    assert!(!app.accepts_proof(&of_thief), "a good proof of another key");
    let key = app_key(&app.signer);
    for member in PRIVATE_MEMBERS {
        let mut private = key.clone();
        private[member] = json!("AQAB");
        assert!(!app.accepts_header("jwk", private), "{member}");
    }
    let odd = [json!(null), json!("key"), json!([key.clone()]), json!({}), json!({ "kty": "oct", "k": "AQAB" })];
    for value in odd {
        assert!(!app.accepts_header("jwk", value.clone()), "{value}");
    }
    for (member, value) in [("use", "enc"), ("alg", "ES384"), ("alg", "PS256"), ("crv", "P-384"), ("kty", "RSA")] {
        let mut changed = key.clone();
        changed[member] = json!(value);
        assert!(!app.accepts_header("jwk", changed), "{member}: {value}");
    }
    let mut without = app.header.clone();
    without.as_object_mut().expect("a header").remove("jwk");
    assert!(!app.with(&without, &app.claims));
    assert!(app.is_accepted(), "the control");
}

#[test]
fn r14_r16_a_weak_key_proves_nothing() {
    let mut app = app_with(Signer::rsa("PS256"));
    assert!(app.is_accepted(), "the control");
    let modulus = [0xff; 128];
    app.header["jwk"]["n"] = json!(encoded(modulus));
    assert_eq!(app.verified_at(ADDRESS), Err("the proof's key cannot verify anything"));
}

#[test]
fn r9_r10_a_proof_is_of_its_type_and_of_an_algorithm_on_the_list() {
    let app = app();
    for value in ["JWT", "at+jwt", "logout+jwt", "dpop", "", "dpop+jwt "] {
        assert!(!app.accepts_header("typ", json!(value)), "{value}");
    }
    for value in ["none", "HS256", "RS256", "ES384", "es256", "PS256"] {
        assert!(!app.accepts_header("alg", json!(value)), "{value}");
    }
    for (member, value) in [("crit", json!(["x"])), ("b64", json!(false))] {
        assert!(!app.accepts_header(member, value), "{member}");
    }
    let mut without = app.header.clone();
    without.as_object_mut().expect("a header").remove("typ");
    assert!(!app.with(&without, &app.claims));
    let rsa = app_with(Signer::rsa("RS256"));
    assert!(!rsa.is_accepted(), "RS256 is not on the list");
}

#[test]
fn r16_there_is_one_proof_and_its_form_is_right() {
    let app = app();
    let good = app.sent();
    let proof = good.get("dpop").and_then(|value| value.to_str().ok()).expect("a proof").to_owned();
    let address = ADDRESS;
    let thumbprint = thumbprint(&app_key(&app.signer)).expect("a thumbprint");
    let mut twice = good.clone();
    twice.append("dpop", good["dpop"].clone());
    assert!(verify(&twice, address, &thumbprint).is_err());
    assert!(verify(&HeaderMap::new(), address, &thumbprint).is_err());
    let (start, signature) = proof.rsplit_once('.').expect("three parts");
    for bad in ["", "x", "..", start, &format!("{start}."), &format!("{proof}."), &format!("{start}.AA{signature}")] {
        assert!(!app.accepts_proof(bad), "{bad}");
    }
    let twice_named = app.claims.to_string().replacen('{', r#"{"htm":"GET","#, 1);
    assert!(!app.accepts_proof(&app.signer.token(&app.header.to_string(), &twice_named)));
    assert!(verify(&good, address, &encoded([7; 32])).is_err(), "the token is bound to another key");
    assert!(verify(&good, address, "").is_err());
    assert!(verify(&good, address, &thumbprint).is_ok(), "the control");
}
