//! Symmetric keys with a name: `kid:base64(32 bytes)`.

use std::fmt;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// A 256-bit key and its name.
#[derive(Clone)]
pub struct NamedKey {
    /// The key's name, 1 to 32 characters of `A-Z a-z 0-9 . _ -`.
    pub kid: String,
    /// The key.
    pub key: Zeroizing<[u8; 32]>,
}

impl NamedKey {
    /// Reads `kid:base64(32 bytes)`.
    pub fn parse(text: &str) -> Option<Self> {
        let (kid, encoded) = text.split_once(':')?;
        let named = (1..=32).contains(&kid.len())
            && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let key = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
        named.then(|| Self { kid: kid.to_owned(), key })
    }

    /// A new key of random bytes. `None` when the system has no randomness.
    pub fn random(kid: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        rand::fill(key.as_mut_slice()).ok()?;
        Some(Self { kid: kid.to_owned(), key })
    }
}

impl fmt::Debug for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedKey({})", self.kid)
    }
}

/// Keys in order: the first is used, all are known. Empty means that one is made at start.
pub type NamedKeys = Vec<NamedKey>;
