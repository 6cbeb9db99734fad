//! Access and logout tokens through the whole of the verification.

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    AccessToken, ClaimSet, LoggedOut, LogoutToken, TokenError, TokenKind, Window, header,
    specimen::{self, Away, NOW, SESSION_S, Signer, encoded, expected},
};
use crate::{config::SignatureAlgorithm, login::VerificationKey};

const KINDS: [TokenKind; 2] = [TokenKind::Access, TokenKind::Logout];

/// What [`accepts`] tells of a refusal.
const DOES_NOT_VERIFY: TokenError = TokenError::Refused("the token does not verify");

/// A provider with one key.
struct Provider {
    signer: Signer,
    keys: Vec<VerificationKey>,
}

impl Provider {
    fn of(signer: Signer) -> Self {
        let keys = vec![signer.key("k")];
        Self { signer, keys }
    }

    fn header(&self, kind: TokenKind) -> Value {
        specimen::header(kind, self.signer.algorithm(), "k")
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        self.signer.token(&header.to_string(), &claims.to_string())
    }

    /// A token of a kind whose header and claims were changed.
    fn changed(&self, kind: TokenKind, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = (self.header(kind), specimen::claims(kind));
        change(&mut header, &mut claims);
        self.token(&header, &claims)
    }

    async fn accepts(&self, kind: TokenKind, token: &str) -> Result<(), TokenError> {
        match kind {
            TokenKind::Id => panic!("openidconnect verifies ID tokens"),
            TokenKind::Proof => panic!("a proof brings its own key along"),
            TokenKind::ClientAssertion => panic!("a portal's keys are in the configuration"),
            TokenKind::Access => AccessToken::verify(token, &expected(), &self.keys).await.map(drop),
            TokenKind::Logout => LogoutToken::verify(token, &expected(), &self.keys).await.map(drop),
        }
    }

    async fn accepts_claim(&self, kind: TokenKind, name: &str, value: Value) -> bool {
        let token = self.changed(kind, |_, claims| claims[name] = value);
        self.accepts(kind, &token).await.is_ok()
    }

    async fn accepts_header(&self, kind: TokenKind, name: &str, value: Value) -> bool {
        let token = self.changed(kind, |header, _| header[name] = value);
        self.accepts(kind, &token).await.is_ok()
    }
}

#[tokio::test]
async fn an_access_token_is_read() {
    let provider = Provider::of(Signer::es256());
    let thumbprint = encoded([7; 32]);
    let token = provider.changed(TokenKind::Access, |_, claims| {
        claims["cnf"] = json!({ "jkt": thumbprint });
        claims["cpr"] = json!("6101010001");
    });
    let token = AccessToken::verify(&token, &expected(), &provider.keys).await.expect("a token");
    assert_eq!((token.subject.as_str(), token.client.as_str()), ("the-subject", "the-app"));
    assert_eq!(token.scopes.iter().map(String::as_str).collect::<Vec<_>>(), ["other", "overview"]);
    assert_eq!((token.issued.as_second(), token.expires.as_second()), (NOW, NOW + 60));
    assert_eq!(token.provider_session.as_deref(), Some("the-session"));
    assert_eq!(token.key_thumbprint, Some(thumbprint));
    assert_eq!(token.claims.text("cpr"), Some("6101010001"));
    let printed = format!("{token:?}");
    assert!(!printed.contains("6101010001") && !printed.contains("the-subject"), "{printed}");
}

#[tokio::test]
async fn a_logout_token_ends_one_login_or_all_of_a_citizen() {
    let provider = Provider::of(Signer::rsa("PS256"));
    let ends = async |change: fn(&mut Value, &mut Value)| {
        let token = provider.changed(TokenKind::Logout, change);
        LogoutToken::verify(&token, &expected(), &provider.keys).await.map(|token| token.ends)
    };
    let session = LoggedOut::ProviderSession("the-session".to_owned());
    assert_eq!(ends(|_, _| {}).await, Ok(session.clone()), "both: the login decides");
    assert_eq!(
        ends(|_, claims| drop(claims.as_object_mut().expect("claims").remove("sub"))).await,
        Ok(session.clone())
    );
    let citizen = LoggedOut::Citizen("the-subject".to_owned());
    assert!(!format!("{session:?}{citizen:?}").contains("the-s"), "R59");
    assert_eq!(ends(|_, claims| drop(claims.as_object_mut().expect("claims").remove("sid"))).await, Ok(citizen));
}

#[tokio::test]
async fn r9_no_algorithm_but_one_on_the_list_verifies_anything() {
    let provider = Provider::of(Signer::es256());
    let public = provider.signer.published("k");
    let coordinate = public["x"].as_str().expect("a coordinate").as_bytes().to_vec();
    for kind in KINDS {
        for name in ["none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "es256", "ES384", "RS256", "EdDSA", ""]
        {
            assert!(!provider.accepts_header(kind, "alg", json!(name)).await, "{kind:?}: {name}");
        }
        for value in [json!(null), json!(1), json!(["ES256"]), json!({ "ES256": null })] {
            assert!(!provider.accepts_header(kind, "alg", value.clone()).await, "{kind:?}: {value}");
        }
        let mut header = provider.header(kind);
        header["alg"] = json!("HS256");
        for secret in [b"".to_vec(), public.to_string().into_bytes(), coordinate.clone()] {
            let unsigned = [header.to_string(), specimen::claims(kind).to_string()].map(encoded).join(".");
            let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), unsigned.as_bytes());
            let token = format!("{unsigned}.{}", encoded(signature));
            assert!(provider.accepts(kind, &token).await.is_err(), "{kind:?}");
        }
        header["alg"] = json!("none");
        let unsigned = [header.to_string(), specimen::claims(kind).to_string()].map(encoded).join(".");
        assert!(provider.accepts(kind, &format!("{unsigned}.")).await.is_err(), "{kind:?}");
        let signed = provider.changed(kind, |_, _| {});
        let (unsigned, _) = signed.rsplit_once('.').expect("a signature");
        assert_eq!(provider.accepts(kind, &format!("{unsigned}.")).await, Err(DOES_NOT_VERIFY), "{kind:?}");
        assert_eq!(provider.accepts(kind, &signed).await, Ok(()), "{kind:?}");
    }
}

#[tokio::test]
async fn r9_the_list_is_of_the_use() {
    let rsa = Provider::of(Signer::rsa("RS256"));
    for kind in KINDS {
        let token = rsa.changed(kind, |_, _| {});
        assert!(rsa.accepts(kind, &token).await.is_err(), "RS256 is not on the list");
        let wider = super::Expected { algorithms: &[SignatureAlgorithm::RS256], ..expected() };
        let accepted = match kind {
            TokenKind::Access => AccessToken::verify(&token, &wider, &rsa.keys).await.map(drop),
            _ => LogoutToken::verify(&token, &wider, &rsa.keys).await.map(drop),
        };
        assert_eq!(accepted, Ok(()), "{kind:?}: but where it is, it verifies");
        let relabelled = rsa.changed(kind, |header, _| header["alg"] = json!("PS256"));
        assert_eq!(rsa.accepts(kind, &relabelled).await, Err(DOES_NOT_VERIFY), "another padding");
    }
}

#[tokio::test]
async fn r9_keys_that_a_token_brings_along_are_never_used() {
    let (provider, own) = (Provider::of(Signer::es256()), Signer::es256());
    for kind in KINDS {
        for (member, value) in [
            ("jwk", own.published("k")),
            ("jku", json!("https://evil.example/jwks")),
            ("x5u", json!("https://evil.example/chain")),
            ("x5c", json!(["MIIB"])),
        ] {
            let mut header = provider.header(kind);
            header[member] = value;
            let foreign = own.token(&header.to_string(), &specimen::claims(kind).to_string());
            assert_eq!(provider.accepts(kind, &foreign).await, Err(DOES_NOT_VERIFY), "{kind:?}: {member}");
        }
    }
}

#[tokio::test]
async fn r9_headers_that_must_be_understood_are_refused() {
    let provider = Provider::of(Signer::es256());
    for kind in KINDS {
        for (name, value) in [
            ("crit", json!(["must"])),
            ("crit", json!(["b64"])),
            ("crit", json!([])),
            ("crit", json!(null)),
            ("b64", json!(false)),
            ("b64", json!(true)),
            ("kid", json!("another")),
            ("kid", json!(["k"])),
        ] {
            assert!(!provider.accepts_header(kind, name, value.clone()).await, "{kind:?}: {name} {value}");
        }
        let twice = provider.header(kind).to_string().replacen('{', r#"{"alg":"none","#, 1);
        let token = provider.signer.token(&twice, &specimen::claims(kind).to_string());
        assert!(provider.accepts(kind, &token).await.is_err(), "{kind:?}");
    }
}

#[tokio::test]
async fn r9_r14_keys_that_are_weak_or_not_for_verifying_verify_nothing() {
    let Provider { signer, .. } = Provider::of(Signer::es256());
    for members in [
        json!({ "use": "enc" }),
        json!({ "key_ops": ["encrypt"] }),
        json!({ "key_ops": ["sign"] }),
        json!({ "alg": "ES384" }),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
        json!({ "crv": "P-384" }),
    ] {
        let mut published = signer.published("k");
        for (name, value) in members.as_object().expect("members") {
            published[name] = value.clone();
        }
        assert!(VerificationKey::read(&published).is_none(), "{members}");
    }
    let weak = RsaKey::of_bits(1024);
    assert!(VerificationKey::read(&weak).is_none());
    let off_curve = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": encoded([7; 32]), "y": encoded([7; 32]) });
    let keys = vec![VerificationKey::read(&off_curve).expect("the form is right")];
    let provider = Provider { signer, keys };
    for kind in KINDS {
        let token = provider.changed(kind, |_, _| {});
        assert_eq!(provider.accepts(kind, &token).await, Err(DOES_NOT_VERIFY), "no point of the curve");
    }
}

/// A published RSA key that nobody has the private half of.
struct RsaKey;

impl RsaKey {
    fn of_bits(bits: usize) -> Value {
        json!({ "kty": "RSA", "kid": "weak", "n": encoded(vec![0xff; bits / 8]), "e": "AQAB" })
    }
}

#[tokio::test]
async fn r10_no_kind_stands_in_for_another() {
    let provider = Provider::of(Signer::es256());
    for made in [TokenKind::Id, TokenKind::Access, TokenKind::Logout] {
        // All claims of all kinds, so that only the type tells them apart.
        let token = provider.changed(made, |_, claims| {
            for kind in KINDS {
                let others = specimen::claims(kind);
                claims.as_object_mut().expect("claims").extend(others.as_object().expect("claims").clone());
            }
            claims.as_object_mut().expect("claims").remove("nonce");
        });
        assert_eq!(header(&token, TokenKind::Id, expected().algorithms).is_ok(), made == TokenKind::Id, "{made:?}");
        for read_as in KINDS {
            assert_eq!(provider.accepts(read_as, &token).await.is_ok(), made == read_as, "{made:?} as {read_as:?}");
        }
    }
    for (kind, name, accepted) in [
        (TokenKind::Access, json!("application/at+jwt"), true),
        (TokenKind::Access, json!("AT+JWT"), true),
        (TokenKind::Access, json!("JWT"), false),
        (TokenKind::Access, json!("at+jwt "), false),
        (TokenKind::Access, json!(["at+jwt"]), false),
        (TokenKind::Access, json!(null), false),
        (TokenKind::Logout, json!("secevent+jwt"), false),
        (TokenKind::Logout, json!(null), false),
        (TokenKind::Logout, json!("Logout+JWT"), true),
    ] {
        assert_eq!(provider.accepts_header(kind, "typ", name.clone()).await, accepted, "{kind:?}: {name}");
    }
}

#[tokio::test]
async fn r11_no_claim_may_be_missing_or_mistyped() {
    let provider = Provider::of(Signer::es256());
    let common = ["iss", "aud", "exp", "iat", "jti"];
    let own = |kind| match kind {
        TokenKind::Access => ["sub", "client_id"].as_slice(),
        _ => &["events"],
    };
    for kind in KINDS {
        for name in common.iter().chain(own(kind)) {
            let without =
                provider.changed(kind, |_, claims| drop(claims.as_object_mut().expect("claims").remove(*name)));
            assert!(provider.accepts(kind, &without).await.is_err(), "{kind:?}: no {name}");
            let right = specimen::claims(kind)[*name].clone();
            let alone_in_an_array = if *name == "aud" { json!([right, "other"]) } else { json!([right]) };
            for wrong in [json!(null), json!(true), json!({}), json!([]), json!(""), json!(-1), alone_in_an_array] {
                assert!(!provider.accepts_claim(kind, name, wrong.clone()).await, "{kind:?}: {name} {wrong}");
            }
        }
        let optional: &[&str] = if kind == TokenKind::Access { &["sid", "scope"] } else { &["sid", "sub"] };
        for name in optional {
            let without =
                provider.changed(kind, |_, claims| drop(claims.as_object_mut().expect("claims").remove(*name)));
            assert!(provider.accepts(kind, &without).await.is_ok(), "{kind:?}: {name} may be missing");
            for wrong in [json!(null), json!(""), json!(1), json!(["x"]), json!({})] {
                assert!(!provider.accepts_claim(kind, name, wrong.clone()).await, "{kind:?}: {name} {wrong}");
            }
        }
    }
}

#[tokio::test]
async fn r11_the_issuer_is_ours_and_the_audience_we_alone() {
    let provider = Provider::of(Signer::es256());
    for kind in KINDS {
        for (name, value, accepted) in [
            ("iss", json!("https://login.example/"), false),
            ("iss", json!("https://evil.example"), false),
            ("iss", json!(["https://login.example"]), false),
            ("iss", json!(["https://login.example", "https://evil.example"]), false),
            ("aud", json!(["overblik"]), true),
            ("aud", json!("other"), false),
            ("aud", json!(["overblik", "other"]), false),
            ("aud", json!(["overblik", "overblik"]), false),
            ("aud", json!(["other", 1]), false),
            ("aud", json!([["overblik"]]), false),
            ("aud", json!("Overblik"), false),
        ] {
            assert_eq!(provider.accepts_claim(kind, name, value.clone()).await, accepted, "{kind:?}: {name} {value}");
        }
        let twice = specimen::claims(kind).to_string().replacen('{', r#"{"iss":"https://evil.example","#, 1);
        let token = provider.signer.token(&provider.header(kind).to_string(), &twice);
        assert!(provider.accepts(kind, &token).await.is_err(), "{kind:?}: an issuer twice");
    }
}

#[tokio::test]
async fn r11_times_hold_to_the_second() {
    let provider = Provider::of(Signer::es256());
    let cases = [
        (TokenKind::Access, "exp", NOW - 59, NOW - 60),
        (TokenKind::Access, "iat", NOW + 60, NOW + 61),
        (TokenKind::Access, "iat", NOW - SESSION_S - 60, NOW - SESSION_S - 61),
        (TokenKind::Access, "nbf", NOW + 60, NOW + 61),
        (TokenKind::Logout, "exp", NOW - 59, NOW - 60),
        (TokenKind::Logout, "iat", NOW + 120, NOW + 121),
        (TokenKind::Logout, "iat", NOW - 120, NOW - 121),
        (TokenKind::Logout, "nbf", NOW + 60, NOW + 61),
    ];
    for (kind, name, good, bad) in cases {
        assert!(provider.accepts_claim(kind, name, json!(good)).await, "{kind:?}: {name} {}", good - NOW);
        assert!(!provider.accepts_claim(kind, name, json!(bad)).await, "{kind:?}: {name} {}", bad - NOW);
    }
    for kind in KINDS {
        for name in ["exp", "iat", "nbf"] {
            for wrong in [
                json!(NOW.to_string()),
                json!(1.8e9 + 0.5),
                json!(1.8e9),
                json!(u64::MAX),
                json!(i64::MAX),
                json!(1e300),
                json!(null),
                json!([NOW]),
            ] {
                assert!(!provider.accepts_claim(kind, name, wrong.clone()).await, "{kind:?}: {name} {wrong}");
            }
        }
    }
}

#[tokio::test]
async fn r28_a_logout_token_says_that_it_is_one_and_answers_no_login() {
    let provider = Provider::of(Signer::es256());
    let event = specimen::EVENT;
    for (name, value, accepted) in [
        ("events", json!({ event: {}, "http://another.example/event": {} }), true),
        ("events", json!({ event: { "reason": "x" } }), true),
        ("events", json!({ event: null }), false),
        ("events", json!({ event: "x" }), false),
        ("events", json!({ event: [] }), false),
        ("events", json!({ event: true }), false),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout/": {} }), false),
        ("events", json!([{ event: {} }]), false),
        ("events", json!([event]), false),
        ("events", json!(event), false),
        ("nonce", json!("n"), false),
        ("nonce", json!(null), false),
        ("nonce", json!(""), false),
    ] {
        assert_eq!(provider.accepts_claim(TokenKind::Logout, name, value.clone()).await, accepted, "{name} {value}");
    }
    let nobody = provider.changed(TokenKind::Logout, |_, claims| {
        let claims = claims.as_object_mut().expect("claims");
        claims.remove("sub");
        claims.remove("sid");
    });
    assert!(provider.accepts(TokenKind::Logout, &nobody).await.is_err());
}

#[tokio::test]
async fn r16_a_token_that_is_bound_in_an_unknown_way_is_no_bearer_token() {
    let provider = Provider::of(Signer::es256());
    let thumbprint = encoded([7; 32]);
    for (value, accepted) in [
        (json!({ "jkt": thumbprint }), true),
        (json!({ "jkt": thumbprint, "x5t#S256": thumbprint }), false),
        (json!({ "x5t#S256": thumbprint }), false),
        (json!({ "jkt": encoded([7; 31]) }), false),
        (json!({ "jkt": "" }), false),
        (json!({ "jkt": [thumbprint] }), false),
        (json!({}), false),
        (json!(null), false),
        (json!(thumbprint), false),
    ] {
        assert_eq!(provider.accepts_claim(TokenKind::Access, "cnf", value.clone()).await, accepted, "{value}");
    }
}

#[tokio::test]
async fn r12_what_is_too_large_or_of_another_form_is_refused_before_any_key_is_asked_for() {
    let provider = Provider::of(Signer::es256());
    for kind in KINDS {
        let good = provider.changed(kind, |_, _| {});
        let large = provider.changed(kind, |_, claims| claims["x"] = json!("x".repeat(16 * 1024)));
        let large_header = provider.changed(kind, |header, _| header["x"] = json!("x".repeat(2048)));
        let (unsigned, signature) = good.rsplit_once('.').expect("a signature");
        for bad in [
            large,
            large_header,
            format!("{good}.a.b"),
            format!("{good}."),
            unsigned.to_owned(),
            format!("{good}=="),
            format!("{good} "),
            format!("{unsigned}.{signature}\n"),
            String::new(),
            ".".repeat(64 * 1024),
        ] {
            let asked_nobody = match kind {
                TokenKind::Access => AccessToken::verify(&bad, &expected(), &Away).await.map(drop),
                _ => LogoutToken::verify(&bad, &expected(), &Away).await.map(drop),
            };
            assert!(matches!(asked_nobody, Err(TokenError::Refused(_))), "{kind:?}");
        }
        let large_but_not_too_large = provider.changed(kind, |_, claims| claims["x"] = json!("x".repeat(8 * 1024)));
        assert_eq!(provider.accepts(kind, &large_but_not_too_large).await, Ok(()));
    }
}

#[tokio::test]
async fn without_the_provider_s_keys_nobody_can_say() {
    let provider = Provider::of(Signer::es256());
    let token = provider.changed(TokenKind::Logout, |_, _| {});
    assert_eq!(LogoutToken::verify(&token, &expected(), &Away).await, Err(TokenError::KeysAway));
}

#[tokio::test]
async fn the_signature_is_of_exactly_this_token() {
    let provider = Provider::of(Signer::es256());
    for kind in KINDS {
        let good = provider.changed(kind, |_, _| {});
        let other = provider.changed(kind, |_, claims| claims["sub"] = json!("another-subject"));
        let (_, signature) = good.rsplit_once('.').expect("a signature");
        let (unsigned, _) = other.rsplit_once('.').expect("a signature");
        assert_eq!(provider.accepts(kind, &format!("{unsigned}.{signature}")).await, Err(DOES_NOT_VERIFY));
    }
}

#[test]
fn windows_never_overflow() {
    let claims = ClaimSet::from(specimen::claims(TokenKind::Access).as_object().expect("claims").clone());
    assert_eq!(
        claims.check_times(expected().now, Window::at_most(i64::MAX)),
        Ok(Timestamp::from_second(NOW).expect("a time"))
    );
}
