//! One key that the provider publishes, and which tokens it may verify (requirements R9 and R14).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use openidconnect::{
    JsonWebKeyId,
    core::{CoreJsonCurveType, CoreJsonWebKey},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{config::SignatureAlgorithm, secrets::sha256, tokens::TokenHeader};

/// Fewest bits of an RSA modulus (requirement R14).
pub(super) const FEWEST_RSA_BITS: usize = 2048;

/// Most bits of an RSA modulus that openidconnect verifies with.
const MOST_RSA_BITS: usize = 4096;

/// A public key for verifying signatures.
#[derive(Clone, Debug)]
pub(crate) struct VerificationKey {
    key_id: Option<String>,
    /// The algorithms whose signatures it may verify. Never empty.
    algorithms: Vec<SignatureAlgorithm>,
    public: PublicKey,
}

/// The key itself.
#[derive(Clone, Debug)]
enum PublicKey {
    P256(Point),
    P384(Point),
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

/// A point on a curve, each coordinate in as many bytes as the curve's field has.
#[derive(Clone, Debug)]
struct Point {
    x: Vec<u8>,
    y: Vec<u8>,
}

/// The members of a JSON Web Key that count (RFC 7517 section 4, RFC 7518 section 6).
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    #[serde(default, deserialize_with = "bytes")]
    x: Vec<u8>,
    #[serde(default, deserialize_with = "bytes")]
    y: Vec<u8>,
    #[serde(default, deserialize_with = "bytes")]
    n: Vec<u8>,
    #[serde(default, deserialize_with = "bytes")]
    e: Vec<u8>,
}

/// Some providers write the members of other key types as null: those are absent.
fn bytes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    URL_SAFE_NO_PAD.decode(text).map_err(serde::de::Error::custom)
}

impl VerificationKey {
    /// Reads a published key; `None` when no signature that we accept could be verified with it.
    pub(crate) fn read(published: &Value) -> Option<Self> {
        let published = Published::deserialize(published).ok()?;
        let for_signatures = published.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && published.key_ops.as_ref().is_none_or(|uses| uses.iter().any(|one| one == "verify"));
        if !for_signatures {
            return None;
        }
        let is_strong = (FEWEST_RSA_BITS..=MOST_RSA_BITS).contains(&bits(&published.n)) && !published.e.is_empty();
        let (x, y) = (published.x, published.y);
        let point = |bytes: usize| (x.len() == bytes && y.len() == bytes).then_some(Point { x, y });
        let (possible, public) = match (published.kty.as_str(), published.crv.as_deref()) {
            ("EC", Some("P-256")) => (vec![SignatureAlgorithm::ES256], PublicKey::P256(point(32)?)),
            ("EC", Some("P-384")) => (vec![SignatureAlgorithm::ES384], PublicKey::P384(point(48)?)),
            ("RSA", _) if is_strong => {
                let key = PublicKey::Rsa { modulus: published.n, exponent: published.e };
                (vec![SignatureAlgorithm::PS256, SignatureAlgorithm::RS256], key)
            }
            _ => return None,
        };
        let named = published.alg.as_deref();
        let may = |algorithm: &SignatureAlgorithm| named.is_none_or(|name| name == algorithm.name());
        let algorithms: Vec<_> = possible.into_iter().filter(may).collect();
        (!algorithms.is_empty()).then_some(Self { key_id: published.kid, algorithms, public })
    }

    /// The key that a token's header points to: the only one that fits. A header without a key id points to a key only
    /// where no other could be meant.
    pub(crate) fn choose<'k>(keys: &'k [Self], header: &TokenHeader) -> Option<&'k Self> {
        let mut fitting = keys.iter().filter(|key| {
            key.algorithms.contains(&header.algorithm) && (header.key_id.is_none() || key.key_id == header.key_id)
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The key as openidconnect takes it, for ID tokens.
    pub(crate) fn json_web_key(&self) -> CoreJsonWebKey {
        let key_id = self.key_id.clone().map(JsonWebKeyId::new);
        let on = |curve, Point { x, y }: &Point| CoreJsonWebKey::new_ec(x.clone(), y.clone(), curve, key_id.clone());
        match &self.public {
            PublicKey::P256(point) => on(CoreJsonCurveType::P256, point),
            PublicKey::P384(point) => on(CoreJsonCurveType::P384, point),
            PublicKey::Rsa { modulus, exponent } => CoreJsonWebKey::new_rsa(modulus.clone(), exponent.clone(), key_id),
        }
    }

    /// Its thumbprint (RFC 7638).
    pub(crate) fn thumbprint(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let on = |curve, Point { x, y }: &Point| json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) });
        let published = match &self.public {
            PublicKey::P256(point) => on("P-256", point),
            PublicKey::P384(point) => on("P-384", point),
            PublicKey::Rsa { modulus, exponent } => json!({ "kty": "RSA", "n": text(modulus), "e": text(exponent) }),
        };
        // Every member that it takes is there.
        thumbprint(&published).unwrap_or_default()
    }

    /// The key as jsonwebtoken takes it, for access and logout tokens.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        match &self.public {
            // An uncompressed point (SEC 1 section 2.3.3): 4, then both coordinates.
            PublicKey::P256(Point { x, y }) | PublicKey::P384(Point { x, y }) => {
                DecodingKey::from_ec_der(&[&[4], x.as_slice(), y].concat())
            }
            PublicKey::Rsa { modulus, exponent } => DecodingKey::from_rsa_raw_components(modulus, exponent),
        }
    }
}

/// The thumbprint of a public key (RFC 7638): the hash of its required members in alphabetical order.
pub(crate) fn thumbprint(key: &Value) -> Option<String> {
    let member = |name: &str| key.get(name).and_then(Value::as_str);
    // What is compared are texts: `VerificationKey` reads each number in one spelling only, but for leading zeros of a
    // modulus, with which the thumbprint is another and fits nothing.
    let required = match member("kty")? {
        "EC" => json!({ "crv": member("crv")?, "kty": "EC", "x": member("x")?, "y": member("y")? }),
        "RSA" => json!({ "e": member("e")?, "kty": "RSA", "n": member("n")? }),
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(sha256(&required.to_string())))
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> usize {
    let mut rest = number.iter().skip_while(|byte| **byte == 0);
    let first = rest.next().map_or(0, |byte| u8::BITS - byte.leading_zeros());
    usize::try_from(first).unwrap_or_default() + 8 * rest.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_r16_the_thumbprint_is_that_of_the_standard() {
        // RFC 7638 section 3.1.
        let key = json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        assert_eq!(thumbprint(&key).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        assert_eq!(thumbprint(&json!({ "kty": "oct", "k": "c2VjcmV0" })), None);
    }

    #[test]
    fn members_of_other_key_types_may_be_null() {
        let nulls = ec(|key| {
            for member in ["n", "e", "use", "key_ops", "alg"] {
                key[member] = Value::Null;
            }
        });
        assert!(nulls.is_some());
        assert!(ec(|key| key["x"] = Value::Null).is_none(), "but not of its own");
    }

    fn ec(change: impl FnOnce(&mut Value)) -> Option<VerificationKey> {
        let coordinate = URL_SAFE_NO_PAD.encode([7; 32]);
        let mut key = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": coordinate, "y": coordinate });
        change(&mut key);
        VerificationKey::read(&key)
    }

    fn rsa(modulus: &[u8], change: impl FnOnce(&mut Value)) -> Option<VerificationKey> {
        let mut key = json!({ "kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB" });
        change(&mut key);
        VerificationKey::read(&key)
    }

    fn header(algorithm: SignatureAlgorithm, key_id: Option<&str>) -> TokenHeader {
        TokenHeader { algorithm, key_id: key_id.map(str::to_owned) }
    }

    #[test]
    fn r9_a_key_verifies_only_when_its_use_operations_and_algorithm_say_so() {
        let cases = [
            (json!({}), true),
            (json!({ "use": "sig" }), true),
            (json!({ "use": "enc" }), false),
            (json!({ "use": "SIG" }), false),
            (json!({ "use": ["sig"] }), false),
            (json!({ "key_ops": ["verify"] }), true),
            (json!({ "key_ops": ["sign", "verify"] }), true),
            (json!({ "key_ops": ["encrypt"] }), false),
            (json!({ "key_ops": [] }), false),
            (json!({ "key_ops": "verify" }), false),
            (json!({ "alg": "ES256" }), true),
            (json!({ "alg": "ES384" }), false),
            (json!({ "alg": "ECDH-ES" }), false),
            (json!({ "alg": "es256" }), false),
            (json!({ "kty": "oct", "k": "c2VjcmV0" }), false),
            (json!({ "kty": "RSA" }), false),
            (json!({ "kty": "OKP" }), false),
            (json!({ "kty": 1 }), false),
            (json!({ "kid": 1 }), false),
        ];
        for (members, usable) in cases {
            let read = ec(|key| {
                for (name, value) in members.as_object().expect("an object") {
                    key[name] = value.clone();
                }
            });
            assert_eq!(read.is_some(), usable, "{members}");
        }
    }

    #[test]
    fn r14_weak_rsa_keys_and_points_off_their_curve_s_size_are_left_out() {
        let mut modulus = vec![0xff; 256];
        assert!(rsa(&modulus, |_| {}).is_some());
        modulus.insert(0, 0);
        assert!(rsa(&modulus, |_| {}).is_some(), "a leading zero is no part of the number");
        assert!(rsa(&vec![0xff; 255], |_| {}).is_none());
        assert!(rsa(&[0xff; 128], |_| {}).is_none());
        modulus[1] = 0x7f;
        assert!(rsa(&modulus, |_| {}).is_none(), "2047 bits");
        modulus.splice(0..1, [0; 40]);
        assert!(rsa(&modulus, |_| {}).is_none(), "zeros do not make a key strong");
        assert!(ec(|key| key["crv"] = json!("P-384")).is_none());
        assert!(ec(|key| key["crv"] = json!("P-521")).is_none());
        assert!(ec(|key| key["crv"] = json!("secp256k1")).is_none());
        assert!(ec(|key| key["x"] = json!(URL_SAFE_NO_PAD.encode([7; 31]))).is_none());
        assert!(ec(|key| key["x"] = json!("not base64url!")).is_none());
        assert!(ec(|key| drop(key.as_object_mut().expect("an object").remove("y"))).is_none());
    }

    #[test]
    fn r9_the_key_is_chosen_by_id_and_type() {
        let strong = vec![0xff; 256];
        let keys = [
            ec(|_| {}),
            ec(|key| key["kid"] = json!("k2")),
            rsa(&strong, |_| {}),
            rsa(&strong, |key| key["alg"] = json!("RS256")),
        ];
        let keys: Vec<_> = keys.into_iter().flatten().collect();
        let found = |algorithm, key_id| VerificationKey::choose(&keys, &header(algorithm, key_id)).is_some();
        assert!(found(SignatureAlgorithm::ES256, Some("k")) && found(SignatureAlgorithm::ES256, Some("k2")));
        assert!(!found(SignatureAlgorithm::ES256, Some("r")), "the right id on a key of another type");
        assert!(!found(SignatureAlgorithm::PS256, Some("k")));
        assert!(!found(SignatureAlgorithm::ES256, Some("")));
        assert!(!found(SignatureAlgorithm::ES384, Some("k")));
        assert!(!found(SignatureAlgorithm::ES256, None), "two could be meant");
        assert!(found(SignatureAlgorithm::PS256, None), "only one allows PS256");
        assert!(!found(SignatureAlgorithm::RS256, Some("r")), "two keys share the id");
    }
}
