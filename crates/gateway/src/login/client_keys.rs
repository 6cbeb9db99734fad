//! Our own keys at the identity provider: we sign who we are, and publish the public halves (requirement R6).

use std::{fmt, path::Path};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use overblik_connectors::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::verification_key::{FEWEST_RSA_BITS, thumbprint};
use crate::{
    followed_file::{FileMistake, FollowedFile},
    secrets::random_token,
};

/// Seconds that an assertion lasts.
const ASSERTION_LIFE_S: i64 = 60;

/// The type of an assertion (RFC 7523bis), so that it passes for no other token.
const ASSERTION_TYPE: &str = "client-authentication+jwt";

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

const HINT: &str = "one or two private keys in PEM (PKCS #8); `openssl genpkey -algorithm EC -pkeyopt \
                    ec_paramgen_curve:P-256` makes one";

/// A file of our keys that is followed.
pub(super) type ClientKeyFile = FollowedFile<ClientKeys>;

/// Reads a file of our keys for the first time.
///
/// # Errors
/// [`FileMistake`], which quotes nothing of a key.
pub(super) fn open(path: &Path) -> Result<(ClientKeyFile, ClientKeys), FileMistake> {
    ClientKeyFile::open(path, parse, HINT)
}

/// Reads keys that a configuration made in code holds itself; `None` if they are none.
pub(super) fn made(text: &Secret) -> Option<ClientKeys> {
    parse(text.reveal()).ok()
}

/// Reads the key of a program that proves itself somewhere: one or two private keys in PEM, or one as a JSON Web Key, which
/// keeps the id that it has there.
///
/// # Errors
/// What is wrong, without anything of a key.
pub(crate) fn of_program(text: &Secret) -> Result<ClientKeys, String> {
    let text = text.reveal();
    if text.trim_start().starts_with('{') { of_json(text) } else { parse(text) }
}

/// A private key on P-256 as a JSON Web Key (RFC 7518 section 6.2).
#[derive(Deserialize)]
struct PrivateJsonKey {
    kty: String,
    crv: Option<String>,
    x: String,
    y: String,
    d: Zeroizing<String>,
    kid: Option<String>,
}

fn of_json(text: &str) -> Result<ClientKeys, String> {
    let no_key = || " is no private JSON Web Key on P-256; a key of another kind is read as PEM (PKCS #8)".to_owned();
    let key: PrivateJsonKey = serde_json::from_str(text).map_err(|_| no_key())?;
    if key.kty != "EC" || key.crv.as_deref() != Some("P-256") {
        return Err(no_key());
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| no_key());
    let (private, point) = (Zeroizing::new(bytes(&key.d)?), [vec![4], bytes(&key.x)?, bytes(&key.y)?].concat());
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &point);
    let document = pair.map_err(|_| no_key())?.to_pkcs8v1().map_err(|_| no_key())?;
    let mut signing = ClientKey::read(document.as_ref())?;
    if let (Some(id), Some(members)) = (key.kid, signing.public.as_object_mut()) {
        members.insert("kid".to_owned(), id.as_str().into());
        signing.id = id;
    }
    Ok(ClientKeys { signing, other: None })
}

/// A key for a gateway that lasts no longer than its process, as text, with its public half (RFC 7517); `None` when there
/// is no randomness.
#[cfg(feature = "demo")]
pub(crate) fn random() -> Option<(Secret, Value)> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
    let private = pair.to_pkcs8v1().ok().map(|document| Secret::new(pem(document.as_ref()).to_string()))?;
    let published = made(&private)?.published();
    Some((private, published))
}

/// Our keys: one that signs, and perhaps another that is published beside it while they are exchanged.
pub(crate) struct ClientKeys {
    signing: ClientKey,
    other: Option<ClientKey>,
}

/// The claims of an assertion.
#[derive(Serialize)]
struct Assertion<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    iat: i64,
    exp: i64,
    jti: String,
}

struct ClientKey {
    /// The thumbprint of the public half (RFC 7638).
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    /// The public half as a JSON Web Key.
    public: Value,
    verifying: DecodingKey,
}

impl ClientKeys {
    /// Signs claims under a header of this type.
    ///
    /// # Errors
    /// When the library cannot.
    pub(super) fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        self.signing.sign(kind, claims)
    }

    /// Says who signs to an audience (RFC 7523 section 3), once and for a minute: the audience alone, as one text, for an
    /// assertion that named an endpoint could be played on to another party.
    ///
    /// # Errors
    /// When the library cannot.
    pub(crate) fn assertion(
        &self,
        client: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Secret, jsonwebtoken::errors::Error> {
        let now = now.as_second();
        let claims = Assertion {
            iss: client,
            sub: client,
            aud: audience,
            iat: now,
            exp: now.saturating_add(ASSERTION_LIFE_S),
            jti: random_token(),
        };
        self.sign(ASSERTION_TYPE, &claims).map(Secret::new)
    }

    /// The id of the key that signs.
    pub(super) fn signing_id(&self) -> &str {
        &self.signing.id
    }

    /// The public halves (RFC 7517 section 5).
    pub(crate) fn published(&self) -> Value {
        let keys: Vec<_> = self.all().map(|key| &key.public).collect();
        json!({ "keys": keys })
    }

    /// Whether every key signs what its published half verifies (requirement R75).
    pub(crate) fn work(&self) -> bool {
        self.all().all(ClientKey::works)
    }

    fn all(&self) -> impl Iterator<Item = &ClientKey> {
        [&self.signing].into_iter().chain(&self.other)
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientKeys({}, ..)", self.signing.id)
    }
}

impl ClientKey {
    /// Reads a private key in PKCS #8.
    fn read(der: &[u8]) -> Result<Self, &'static str> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            // An uncompressed point (SEC 1 section 2.3.3): 4, then both coordinates.
            let (x, y) = match pair.public_key().as_ref().split_first() {
                Some((4, coordinates)) if coordinates.len() == 64 => coordinates.split_at(32),
                _ => return Err("the key's public half is of another form"),
            };
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            let verifying = DecodingKey::from_ec_components(&x, &y).map_err(|_| "the key cannot be used")?;
            let public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
            return Self::new(Algorithm::ES256, EncodingKey::from_ec_der(der), public, verifying);
        }
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| "the key is neither EC on P-256 nor RSA, in PKCS #8")?;
        if pair.public_modulus_len().saturating_mul(8) < FEWEST_RSA_BITS {
            return Err("the RSA key has fewer than 2048 bits");
        }
        let half = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(half.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(half.exponent().big_endian_without_leading_zero());
        let verifying = DecodingKey::from_rsa_components(&n, &e).map_err(|_| "the key cannot be used")?;
        let private = EncodingKey::from_rsa_pem(pem(der).as_bytes()).map_err(|_| "the key cannot be used")?;
        let public = json!({ "kty": "RSA", "n": n, "e": e });
        Self::new(Algorithm::PS256, private, public, verifying)
    }

    fn new(
        algorithm: Algorithm,
        private: EncodingKey,
        mut public: Value,
        verifying: DecodingKey,
    ) -> Result<Self, &'static str> {
        let id = thumbprint(&public).ok_or("the key has no thumbprint")?;
        if let Some(members) = public.as_object_mut() {
            let name = if algorithm == Algorithm::ES256 { "ES256" } else { "PS256" };
            members
                .extend([("kid", id.as_str()), ("use", "sig"), ("alg", name)].map(|(k, v)| (k.to_owned(), v.into())));
        }
        Ok(Self { id, algorithm, private, public, verifying })
    }

    fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(self.algorithm);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.private)
    }

    fn works(&self) -> bool {
        let mut validation = Validation::new(self.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let signed = self.sign("JWT", &json!({ "self": "test" }));
        signed.is_ok_and(|token| decode::<Value>(&token, &self.verifying, &validation).is_ok())
    }
}

fn pem(der: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der)))
}

/// Reads one or two private keys. What stands outside the keys is for people.
fn parse(text: &str) -> Result<ClientKeys, String> {
    let mut keys: Vec<ClientKey> = Vec::new();
    let mut encoded: Option<Zeroizing<String>> = None;
    for (index, line) in text.lines().enumerate() {
        let at = |what: &str| format!(":{}: {what}", index + 1);
        let line = line.trim();
        match &mut encoded {
            None if line == BEGIN => encoded = Some(Zeroizing::new(String::with_capacity(4096))),
            None if line.starts_with("-----") => return Err(at("is not the beginning of a private key in PKCS #8")),
            None => {}
            Some(whole) if line == END => {
                let der = Zeroizing::new(STANDARD.decode(whole.as_bytes()).map_err(|_| at("ends what is no base64"))?);
                let key = ClientKey::read(&der).map_err(at)?;
                if keys.iter().any(|other| other.id == key.id) {
                    return Err(at("this key stands twice"));
                }
                keys.push(key);
                encoded = None;
            }
            Some(whole) => whole.push_str(line),
        }
    }
    if encoded.is_some() {
        return Err(" ends within a key".to_owned());
    }
    let mut keys = keys.into_iter();
    match (keys.next(), keys.next(), keys.next()) {
        (Some(signing), other, None) => Ok(ClientKeys { signing, other }),
        (None, ..) => Err(" holds no key".to_owned()),
        _ => Err(" holds more than two keys".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{encoding::AsDer, rsa::KeySize, signature::ECDSA_P384_SHA384_FIXED_SIGNING};

    use super::*;
    use crate::secrets::sha256;

    fn ec() -> String {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        pem(pair.to_pkcs8v1().expect("a document").as_ref()).to_string()
    }

    fn rsa() -> String {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        pem(pair.as_der().expect("a document").as_ref()).to_string()
    }

    #[test]
    fn r6_the_first_key_signs_and_all_public_halves_are_published() {
        let (ec, rsa) = (ec(), rsa());
        for (text, algorithms) in [
            (ec.clone(), vec!["ES256"]),
            (rsa.clone(), vec!["PS256"]),
            (format!("ours, since November\n{ec}\nthe former one\n{rsa}"), vec!["ES256", "PS256"]),
            (format!("{rsa}{ec}").replace('\n', "\r\n"), vec!["PS256", "ES256"]),
        ] {
            let keys = parse(&text).expect("keys");
            let published = keys.published();
            let published = published["keys"].as_array().expect("keys");
            let named: Vec<_> = published.iter().filter_map(|key| key["alg"].as_str()).collect();
            assert_eq!(named, algorithms);
            assert_eq!(published[0]["kid"], keys.signing_id());
            assert!(
                published.iter().all(|key| key["use"] == "sig" && key.get("d").is_none() && key.get("p").is_none())
            );
            assert!(keys.work());
            let token = keys.sign("client-authentication+jwt", &json!({})).expect("a token");
            let header = jsonwebtoken::decode_header(&token).expect("a header");
            assert_eq!(header.typ.as_deref(), Some("client-authentication+jwt"));
            assert_eq!(header.kid.as_deref(), Some(keys.signing_id()));
        }
    }

    #[test]
    fn r6_a_key_s_id_is_its_thumbprint() {
        let keys = parse(&ec()).expect("keys");
        let key = &keys.published()["keys"][0];
        let text = |name: &str| key[name].as_str().expect("a text").to_owned();
        let whole = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"));
        assert_eq!(text("kid"), URL_SAFE_NO_PAD.encode(sha256(&whole)));
    }

    #[test]
    fn r47_a_program_s_key_is_pem_or_a_json_web_key_which_keeps_its_id() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = pair.public_key().as_ref().split_at(1).1.split_at(32);
        let private: aws_lc_rs::encoding::EcPrivateKeyBin<'_> =
            aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&pair.private_key()).expect("its bytes");
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": "k-1", "x": text(point.0), "y": text(point.1), "d": text(private.as_ref()),
        });
        let read = |text: &str| of_program(&Secret::new(text.to_owned()));
        let keys = read(&key.to_string()).expect("keys");
        assert!(keys.work());
        assert_eq!((keys.signing_id(), &keys.published()["keys"][0]["kid"]), ("k-1", &json!("k-1")));
        let assertion = keys.assertion("a/ci", "https://x", Timestamp::UNIX_EPOCH).expect("an assertion");
        let header = jsonwebtoken::decode_header(assertion.reveal()).expect("a header");
        assert_eq!((header.kid.as_deref(), header.typ.as_deref()), (Some("k-1"), Some(ASSERTION_TYPE)));
        assert!(read(&ec()).expect("keys").work() && read(&rsa()).expect("keys").work());
        for (member, value) in [("crv", "P-384"), ("kty", "RSA"), ("d", "!"), ("x", "AAAA"), ("y", &text(point.0))] {
            let mut wrong = key.clone();
            wrong[member] = value.into();
            let mistake = read(&wrong.to_string()).expect_err(member);
            assert!(!mistake.contains(&text(private.as_ref())), "{mistake}");
        }
    }

    #[test]
    fn r75_what_is_no_key_for_us_is_refused_and_never_quoted() {
        let key = ec();
        let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key");
        let p384 = pem(p384.to_pkcs8v1().expect("a document").as_ref()).to_string();
        let cases = [
            (String::new(), " holds no key"),
            ("a comment".to_owned(), " holds no key"),
            (key.replace(END, ""), " ends within a key"),
            (key.replace("PRIVATE KEY", "EC PRIVATE KEY"), ":1: is not the beginning"),
            (key.replace("PRIVATE KEY", "CERTIFICATE"), ":1: is not the beginning"),
            (format!("{BEGIN}\n!\n{END}"), ":3: ends what is no base64"),
            (format!("{BEGIN}\nAAAA\n{END}"), ":3: the key is neither"),
            (p384, ":3: the key is neither"),
            (format!("{key}{key}"), ":6: this key stands twice"),
            (format!("{}{}{}", ec(), ec(), ec()), " holds more than two keys"),
        ];
        let secret = key.lines().nth(1).expect("the key's text");
        for (text, expected) in cases {
            let mistake = parse(&text).expect_err(expected);
            assert!(mistake.starts_with(expected), "{mistake}");
            assert!(!mistake.contains(secret), "{mistake}");
        }
        assert!(!format!("{:?}", parse(&key).expect("keys")).contains(secret));
    }
}
