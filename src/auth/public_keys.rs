use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::jws::{ALGORITHM, decode, encode};

/// Bytes of an Ed25519 public key.
pub(super) const PUBLIC_KEY_BYTES: usize = 32;

/// `SubjectPublicKeyInfo` of Ed25519 up to the key itself (RFC 8410, section 4): there is one form.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// Why a key, or a set of them, is refused; nothing of the key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not exactly one PEM block of a private or a public key.
    #[error("not one PEM block of a PKCS#8 private key or a public key")]
    Pem,
    /// Not an Ed25519 key.
    #[error("not an Ed25519 key")]
    NotEd25519,
    /// The same key twice.
    #[error("the same key is given twice")]
    Twice,
    /// The first key cannot sign.
    #[error("the first key is not a private key, so nothing can be signed")]
    NoSigner,
    /// The document is no JWK set with a usable Ed25519 key.
    #[error("not a JWK set with an Ed25519 key")]
    Jwks,
    /// The document holds a private key.
    #[error("the JWK set holds a private key")]
    PrivateJwk,
    /// The set does not verify what it signs.
    #[error("the key set fails its self-test")]
    SelfTest,
}

struct PublicKey {
    kid: String,
    x: String,
    key: DecodingKey,
}

/// Ed25519 public keys, each named by its RFC 7638 thumbprint.
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// Reads a JWK set (RFC 7517, section 5); keys of other types are passed over.
    ///
    /// # Errors
    /// [`KeyError`] when it is no JWK set, has no Ed25519 key, holds a private or a doubled key, or
    /// a key whose `kid` is not its thumbprint.
    pub fn from_jwks(jwks: &Value) -> Result<Self, KeyError> {
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or(KeyError::Jwks)?;
        let mut set = Self::empty();
        for jwk in keys {
            if let Some(bytes) = read_jwk(jwk)? {
                set.add(bytes)?;
            }
        }
        if set.0.is_empty() { Err(KeyError::Jwks) } else { Ok(set) }
    }

    /// The set as a JWK set, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        let keys: Vec<_> = self
            .0
            .iter()
            .map(|key| {
                json!({
                    "kty": "OKP", "crv": "Ed25519", "x": key.x,
                    "kid": key.kid, "alg": ALGORITHM, "use": "sig",
                })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// The keys' ids, in order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.kid.as_str())
    }

    pub(super) const fn empty() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, bytes: [u8; PUBLIC_KEY_BYTES]) -> Result<(), KeyError> {
        let x = encode(&bytes);
        let kid = thumbprint(&x);
        if self.find(&kid).is_some() {
            return Err(KeyError::Twice);
        }
        self.0.push(PublicKey { kid, x, key: DecodingKey::from_ed_der(&bytes) });
        Ok(())
    }

    pub(super) fn find(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.iter().find(|key| key.kid == kid).map(|key| &key.key)
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kids()).finish()
    }
}

/// The raw key in a `SubjectPublicKeyInfo`.
pub(super) fn from_spki(der: &[u8]) -> Result<[u8; PUBLIC_KEY_BYTES], KeyError> {
    der.strip_prefix(&SPKI_PREFIX).and_then(|raw| raw.try_into().ok()).ok_or(KeyError::NotEd25519)
}

fn read_jwk(jwk: &Value) -> Result<Option<[u8; PUBLIC_KEY_BYTES]>, KeyError> {
    if jwk.get("d").is_some() {
        return Err(KeyError::PrivateJwk);
    }
    let is = |name: &str, wanted: &str| jwk.get(name).and_then(Value::as_str) == Some(wanted);
    if !is("kty", "OKP") || !is("crv", "Ed25519") {
        return Ok(None);
    }
    let absent_or = |name: &str, wanted: &str| jwk.get(name).is_none() || is(name, wanted);
    let x = jwk.get("x").and_then(Value::as_str).ok_or(KeyError::Jwks)?;
    let fits = absent_or("alg", ALGORITHM) && absent_or("use", "sig");
    if !fits || !absent_or("kid", &thumbprint(x)) {
        return Err(KeyError::Jwks);
    }
    let bytes = decode(x).map_err(|_| KeyError::Jwks)?;
    bytes.try_into().map(Some).map_err(|_| KeyError::Jwks)
}

/// RFC 7638 thumbprint of an OKP key (members by RFC 8037, section 2), from its `x`.
fn thumbprint(x: &str) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    encode(digest(&SHA256, jwk.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendices A.2 and A.3.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037() {
        assert_eq!(thumbprint(X), KID);
    }

    #[test]
    fn a_jwk_set_comes_back_as_it_was_written() {
        let jwk = json!({"kty":"OKP","crv":"Ed25519","x":X,"kid":KID,"alg":"EdDSA","use":"sig"});
        let jwks = json!({ "keys": [jwk] });
        assert_eq!(PublicKeys::from_jwks(&jwks).unwrap().jwks(), jwks);
        let bare = json!({"keys":[{"kty":"RSA","n":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":X}]});
        assert_eq!(PublicKeys::from_jwks(&bare).unwrap().jwks(), jwks);
    }

    #[test]
    fn odd_jwk_sets_are_refused() {
        let good = json!({"kty":"OKP","crv":"Ed25519","x":X});
        let with = |name: &str, value: Value| {
            let mut jwk = good.clone();
            jwk[name] = value;
            json!({ "keys": [jwk] })
        };
        let stray = format!("{}p", &X[..42]);
        for bad in [
            json!(null),
            json!([]),
            json!({}),
            json!({"keys": {}}),
            json!({"keys": []}),
            json!({"keys": [good, good]}),
            with("kid", json!("other")),
            with("alg", json!("ES256")),
            with("use", json!("enc")),
            with("d", json!("secret")),
            with("x", json!(stray)),
            with("x", json!("AAAA")),
            with("x", json!(5)),
            with("kty", json!("EC")),
        ] {
            assert!(PublicKeys::from_jwks(&bad).is_err(), "{bad}");
        }
    }
}
