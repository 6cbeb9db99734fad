//! Keys that sign whatever a test wants signed.

use aws_lc_rs::{
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// A key pair of an identity provider.
pub struct SigningKey {
    /// Its `kid`.
    pub id: &'static str,
    /// The algorithm it signs by.
    pub algorithm: &'static str,
    /// Its public half, as a JSON Web Key.
    pub public: Value,
    pair: Pair,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

#[expect(clippy::expect_used, clippy::panic, reason = "a test that cannot make its keys must fail and say why")]
impl SigningKey {
    /// A new key for ES256.
    ///
    /// # Panics
    /// When none can be made.
    #[must_use]
    pub fn es256(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        // An uncompressed point (SEC 1 section 2.3.3): 4, then both coordinates.
        let (x, y) = pair.public_key().as_ref().get(1..).expect("a point").split_at(32);
        let public = json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": encoded(x), "y": encoded(y) });
        Self { id, algorithm: "ES256", public, pair: Pair::Ecdsa(pair) }
    }

    /// A new key of 2048 bits for PS256.
    ///
    /// # Panics
    /// When none can be made.
    #[must_use]
    pub fn ps256(id: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
        let n = encoded(n.big_endian_without_leading_zero());
        let e = encoded(e.big_endian_without_leading_zero());
        let public = json!({ "kty": "RSA", "kid": id, "n": n, "e": e });
        Self { id, algorithm: "PS256", public, pair: Pair::Rsa(pair) }
    }

    /// Signs, and encodes the signature as tokens do.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn sign(&self, message: &str) -> String {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => encoded(pair.sign(&random, message.as_bytes()).expect("a signature").as_ref()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signature).expect("a signature");
                encoded(&signature)
            }
        }
    }

    /// The private half in PEM (PKCS #8).
    ///
    /// # Panics
    /// When it is no key for ES256.
    #[must_use]
    pub fn private_pem(&self) -> String {
        let Pair::Ecdsa(pair) = &self.pair else { panic!("a key for ES256") };
        let document = STANDARD.encode(pair.to_pkcs8v1().expect("a document").as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{document}\n-----END PRIVATE KEY-----\n")
    }

    /// The private half as a JSON Web Key.
    ///
    /// # Panics
    /// When it is no key for ES256.
    #[must_use]
    pub fn private_json(&self) -> Value {
        let Pair::Ecdsa(pair) = &self.pair else { panic!("a key for ES256") };
        let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().expect("its bytes");
        self.published_with(&json!({ "d": encoded(private.as_ref()) }))
    }

    /// The public half with members added or changed.
    #[must_use]
    pub fn published_with(&self, members: &Value) -> Value {
        let mut public = self.public.clone();
        if let (Some(public), Some(members)) = (public.as_object_mut(), members.as_object()) {
            public.extend(members.clone());
        }
        public
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and claims of a token that the key which it names verifies, among those of a published set: by another library
/// than the gateway's.
#[must_use]
pub fn verified(token: &str, key_set: &Value) -> Option<[Value; 2]> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let [header, claims]: [Value; 2] =
        [serde_json::from_slice(&bytes(header)?).ok()?, serde_json::from_slice(&bytes(claims)?).ok()?];
    let signature = bytes(signature)?;
    let named = header.get("kid")?;
    let key = key_set.get("keys")?.as_array()?.iter().find(|key| key.get("kid") == Some(named))?;
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let member = |name: &str| text(name).and_then(bytes);
    let verified = match (header.get("alg")?.as_str()?, text("alg")?, text("kty")?) {
        ("ES256", "ES256", "EC") => {
            let point = [vec![4], member("x")?, member("y")?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message.as_bytes(), &signature)
        }
        ("PS256", "PS256", "RSA") => RsaPublicKeyComponents { n: member("n")?, e: member("e")? }.verify(
            &RSA_PSS_2048_8192_SHA256,
            message.as_bytes(),
            &signature,
        ),
        _ => return None,
    };
    verified.ok().map(|()| [header, claims])
}
