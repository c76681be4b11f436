use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::Value;
use zeroize::Zeroizing;

use super::jws::SigningFailed;
use super::pem::{self, Label};
use super::public_keys::{KeyError, PUBLIC_KEY_BYTES, PublicKeys, from_spki};

/// The signing keys of one purpose: the first signs, all verify.
///
/// Only the first private key is kept; of every other the public half is.
pub struct KeySet {
    signer: EncodingKey,
    signing_kid: String,
    public: PublicKeys,
}

impl KeySet {
    /// Reads PEM texts, one key each: Ed25519 private keys as PKCS#8 version 1 or 2 (RFC 5208,
    /// RFC 5958) and, after the first, retired public keys (RFC 8410) that only verify.
    ///
    /// # Errors
    /// [`KeyError`] when a text is no such key, the first is not private, one is there twice, or
    /// the set does not verify what it signs.
    pub fn from_pem<T: AsRef<str>>(texts: &[T]) -> Result<Self, KeyError> {
        let mut public = PublicKeys::empty();
        let mut signer = None;
        for (index, text) in texts.iter().enumerate() {
            let (label, der) = pem::read(text.as_ref())?;
            public.add(match label {
                Label::PrivateKey => public_half(&der)?,
                Label::PublicKey => from_spki(&der)?,
            })?;
            if index == 0 && label == Label::PrivateKey {
                signer = Some(EncodingKey::from_ed_der(&der));
            }
        }
        Self::tested(signer.ok_or(KeyError::NoSigner)?, public)
    }

    /// A set with one fresh key that lives as long as the process.
    ///
    /// # Errors
    /// [`KeyError::SelfTest`] when the library cannot make a key.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pem(&[generate_pem()?.as_str()])
    }

    /// The public keys.
    pub const fn public(&self) -> &PublicKeys {
        &self.public
    }

    /// The public keys as a JWK set (RFC 7517), the signing key first.
    pub fn jwks(&self) -> Value {
        self.public.jwks()
    }

    /// The id of the key that signs: its RFC 7638 thumbprint.
    pub fn signing_kid(&self) -> &str {
        &self.signing_kid
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<String, SigningFailed> {
        crypto::sign(message, &self.signer, Algorithm::EdDSA).map_err(|_| SigningFailed)
    }

    // A library built without its backend panics at first use: better at start than at a request.
    fn tested(signer: EncodingKey, public: PublicKeys) -> Result<Self, KeyError> {
        let signing_kid = public.kids().next().ok_or(KeyError::NoSigner)?.to_owned();
        let set = Self { signer, signing_kid, public };
        let message = b"figurine self-test";
        let signature = set.sign(message).map_err(|_| KeyError::SelfTest)?;
        let key = set.public.find(&set.signing_kid).ok_or(KeyError::SelfTest)?;
        let verifies = |bytes: &[u8]| crypto::verify(&signature, bytes, key, Algorithm::EdDSA);
        match (verifies(message), verifies(b"another message")) {
            (Ok(true), Ok(false)) => Ok(set),
            _ => Err(KeyError::SelfTest),
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A fresh Ed25519 private key as PKCS#8 PEM: version 1, which every OpenSSL reads.
///
/// # Errors
/// [`KeyError::SelfTest`] when the library cannot make a key.
pub fn generate_pem() -> Result<Zeroizing<String>, KeyError> {
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::SelfTest)?;
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::SelfTest)?;
    Ok(pem::write(Label::PrivateKey, der.as_ref()))
}

fn public_half(pkcs8: &[u8]) -> Result<[u8; PUBLIC_KEY_BYTES], KeyError> {
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::NotEd25519)?;
    let spki = pair.public_key().as_der().map_err(|_| KeyError::NotEd25519)?;
    from_spki(spki.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.3: the same key as version 1 and version 2.
    const V1: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    fn v2_of(pair: &Ed25519KeyPair) -> Zeroizing<String> {
        pem::write(Label::PrivateKey, pair.to_pkcs8().unwrap().as_ref())
    }

    #[test]
    fn version_1_and_version_2_of_a_key_give_the_same_set() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let v1 = pem::write(Label::PrivateKey, pair.to_pkcs8v1().unwrap().as_ref());
        let v2 = v2_of(&pair);
        assert_ne!(*v1, *v2);
        let sets = [v1, v2].map(|text| KeySet::from_pem(&[text.as_str()]).unwrap());
        assert_eq!(sets[0].jwks(), sets[1].jwks());
    }

    #[test]
    fn the_example_key_of_rfc_8410_has_its_public_key() {
        let set = KeySet::from_pem(&[V1]).unwrap();
        let mut public = PublicKeys::empty();
        public.add(from_spki(&pem::read(PUBLIC).unwrap().1).unwrap()).unwrap();
        assert_eq!(set.jwks(), public.jwks());
    }

    #[test]
    fn a_retired_public_key_verifies_but_never_signs() {
        let fresh = generate_pem().unwrap();
        let set = KeySet::from_pem(&[fresh.as_str(), PUBLIC]).unwrap();
        assert_eq!(set.public().kids().count(), 2);
        assert_eq!(KeySet::from_pem(&[PUBLIC, fresh.as_str()]).unwrap_err(), KeyError::NoSigner);
        assert_eq!(KeySet::from_pem(&[V1, PUBLIC]).unwrap_err(), KeyError::Twice);
    }

    #[test]
    fn texts_that_are_no_ed25519_key_are_refused() {
        let two = format!("{V1}{V1}");
        let cut = V1.replace("VhC", "");
        let certificate = V1.replace("PRIVATE KEY", "CERTIFICATE");
        let swapped = V1.replace("PRIVATE", "PUBLIC");
        let other_oid = V1.replace("BQYDK2Vw", "BQYDK2Vx");
        for bad in ["", "x", &two, &cut, &certificate, &swapped, &other_oid] {
            assert!(KeySet::from_pem(&[bad]).is_err(), "{bad}");
        }
        assert_eq!(KeySet::from_pem::<&str>(&[]).unwrap_err(), KeyError::NoSigner);
    }

    #[test]
    fn nothing_of_a_private_key_is_shown() {
        let shown = format!("{:?}", KeySet::from_pem(&[V1]).unwrap());
        assert!(!shown.contains("1O5y2") && !shown.contains("212, 238"), "{shown}");
        assert!(shown.contains("public"));
    }
}
