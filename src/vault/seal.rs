//! Authenticated encryption: AES-256-GCM (NIST SP 800-38D) with a random nonce and a key of its own for each object.

use crate::domain::SecretBytes;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};
use bytes::Bytes;
use zeroize::Zeroizing;

use crate::config::NamedKey;

const TAG_LEN: usize = 16;

/// Something sealed cannot be opened: it was changed, belongs elsewhere, or its key is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The ciphertext, its name or its key is not the one that it was sealed with.
    #[error("what was sealed cannot be opened")]
    Unopenable,
    /// The system gives no randomness.
    #[error("no randomness")]
    NoRandomness,
}

/// The key of one stored object.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    pub(super) fn random() -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        rand::fill(key.as_mut_slice()).map_err(|_| SealError::NoRandomness)?;
        Ok(Self(key))
    }

    /// Encrypts in place: the plaintext's buffer becomes the ciphertext's. Layout: ciphertext, tag, nonce.
    pub(super) fn seal(&self, name: &str, mut plain: SecretBytes) -> Result<Vec<u8>, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, self.0.as_slice()).map_err(|_| SealError::Unopenable)?;
        let (nonce, tag) = key
            .seal_in_place_separate_tag(Aad::from(name.as_bytes()), plain.as_mut_slice())
            .map_err(|_| SealError::NoRandomness)?;
        // From here the buffer holds ciphertext: it may grow and move, and is not cleared again.
        let mut sealed = std::mem::take(&mut *plain);
        sealed.reserve_exact(TAG_LEN + NONCE_LEN + size_of::<u32>());
        sealed.extend_from_slice(tag.as_ref());
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Result<SecretBytes, SealError> {
        let split = sealed.len().checked_sub(NONCE_LEN).ok_or(SealError::Unopenable)?;
        let (body, nonce) = sealed.split_at(split);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Unopenable)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, self.0.as_slice()).map_err(|_| SealError::Unopenable)?;
        let mut plain = SecretBytes::new(body.to_vec());
        let length = key
            .open_in_place(nonce, Aad::from(name.as_bytes()), plain.as_mut_slice())
            .map_err(|_| SealError::Unopenable)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The data key under the first sealing key. Layout: length of the key's name, its name, the sealed data key.
    pub(super) fn wrap(&self, name: &str, by: &NamedKey) -> Result<Bytes, SealError> {
        let sealed = DataKey(by.key.clone()).seal(name, SecretBytes::new(self.0.to_vec()))?;
        let length = u8::try_from(by.kid.len()).map_err(|_| SealError::Unopenable)?;
        Ok([&[length], by.kid.as_bytes(), sealed.as_slice()].concat().into())
    }

    pub(super) fn unwrap(name: &str, wrapped: &[u8], keys: &[NamedKey]) -> Result<Self, SealError> {
        let (length, rest) = wrapped.split_first().ok_or(SealError::Unopenable)?;
        let (kid, sealed) = rest.split_at_checked(usize::from(*length)).ok_or(SealError::Unopenable)?;
        let by = keys.iter().find(|key| key.kid.as_bytes() == kid).ok_or(SealError::Unopenable)?;
        let plain = DataKey(by.key.clone()).open(name, sealed)?;
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| SealError::Unopenable)?;
        Ok(Self(Zeroizing::new(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_under_its_own_name_and_key_alone() {
        let key = DataKey::random().unwrap();
        let sealed = key.seal("photo:a", SecretBytes::new(b"the photo".to_vec())).unwrap();
        assert!(!sealed.windows(5).any(|window| window == b"photo"));
        assert_eq!(key.open("photo:a", &sealed).unwrap().as_slice(), b"the photo");
        assert_eq!(key.open("photo:b", &sealed), Err(SealError::Unopenable));
        assert_eq!(DataKey::random().unwrap().open("photo:a", &sealed), Err(SealError::Unopenable));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("photo:a", &changed), Err(SealError::Unopenable), "byte {at}");
            assert_eq!(key.open("photo:a", &sealed[..at]), Err(SealError::Unopenable), "cut at {at}");
        }
    }

    #[test]
    fn a_wrapped_data_key_opens_with_any_known_sealing_key_and_no_other() {
        let (old, new) = (NamedKey::random("old").unwrap(), NamedKey::random("new").unwrap());
        let key = DataKey::random().unwrap();
        let sealed = key.seal("n", SecretBytes::new(vec![7; 100])).unwrap();
        let wrapped = key.wrap("n", &old).unwrap();
        let again = DataKey::unwrap("n", &wrapped, &[new.clone(), old]).unwrap();
        assert_eq!(again.open("n", &sealed).unwrap().as_slice(), [7; 100]);
        assert!(DataKey::unwrap("n", &wrapped, std::slice::from_ref(&new)).is_err());
        let impostor = NamedKey { kid: "old".to_owned(), key: new.key };
        assert!(DataKey::unwrap("n", &wrapped, &[impostor]).is_err());
    }
}
