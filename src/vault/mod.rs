//! Photo → Deposit: everything that describes a person is kept sealed under a data key of its own, which lies apart
//! from it; and photos are destroyed here, with proof.

mod deposit;
mod owners;
mod purge;
pub mod receipt;
mod seal;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use bytes::Bytes;
pub use deposit::{Deposit, Original, PhotoTrace};
use owners::FirstKey;
pub use owners::{ACCOUNT_KNOWN_FOR, FIRST_KEY_KNOWN_FOR};
pub use purge::Witness;
use seal::DataKey;
pub use seal::SealError;

use crate::{
    config::{NamedKey, NamedKeys},
    domain::{SecretBytes, hex},
    store::{Adoption, Away, Store, StoreError, StoreKey, StoreNature, patiently},
};

/// Why the vault could not keep, open or destroy something.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store did not do its part.
    #[error("the vault's store failed")]
    Store(#[from] StoreError),
    /// Sealing or opening failed.
    #[error("the vault's seal failed")]
    Seal(#[from] SealError),
    /// What is asked for is not there, or its key is not.
    #[error("what is asked for is gone")]
    Gone,
    /// Something was destroyed and is there all the same.
    #[error("something destroyed is still there")]
    StillThere,
}

impl Away for VaultError {
    fn is_away(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_away())
    }
}

/// How often something is destroyed that somebody may be writing at the same time.
const LOOKS: usize = 3;

/// The data keys that values may have that were made under fencing tokens up to this one.
fn data_keys(names: &[StoreKey], newest_token: u32) -> Vec<StoreKey> {
    let tokens = || 0..=newest_token;
    names.iter().flat_map(|name| tokens().map(|token| name.data_key(token))).collect()
}

/// Keeps sealed values in one store and their data keys in another (or the same).
pub struct Vault {
    blobs: Arc<dyn Store>,
    data_keys: Arc<dyn Store>,
    seal_keys: NamedKeys,
    index_keys: NamedKeys,
    first_key: FirstKey,
}

impl Vault {
    /// A vault over two stores. Of either set of keys the first is used and all are known; neither may be empty.
    pub fn new(blobs: Arc<dyn Store>, data_keys: Arc<dyn Store>, seal_keys: NamedKeys, index_keys: NamedKeys) -> Self {
        Self { blobs, data_keys, seal_keys, index_keys, first_key: FirstKey::default() }
    }

    /// Looks whether the stores answer and are those that were founded.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub async fn check_stores(&self) -> Result<(), VaultError> {
        self.blobs.check().await?;
        Ok(self.data_keys.check().await?)
    }

    /// Keyed hashes of a text for one purpose, in hexadecimal digits: HMAC-SHA256 (RFC 2104) with each index key, the one
    /// in use first, so that what was written under an older one is still found.
    pub fn keyed_hashes(&self, purpose: &str, text: &[u8]) -> Vec<String> {
        let hash = |named: &NamedKey| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, named.key.as_slice());
            let mut context = hmac::Context::with_key(&key);
            context.update(purpose.as_bytes());
            context.update(b"\0");
            context.update(text);
            hex(context.sign().as_ref())
        };
        self.index_keys.iter().map(hash).collect()
    }

    /// Seals a value and keeps it.
    ///
    /// # Errors
    /// When the store or the seal fails.
    pub async fn put(&self, name: &StoreKey, plain: SecretBytes, ttl: Duration) -> Result<(), VaultError> {
        let (sealed, wrapped) = self.seal(name, 0, plain)?;
        self.data_keys.put(&name.data_key(0), wrapped, ttl).await?;
        Ok(self.blobs.put(name, sealed, ttl).await?)
    }

    /// Seals a value under its final name and keeps it under another, until the end of the job that holds the fencing
    /// token adopts it, for as long as it waits for that at most. Its data key has the time of the result beyond that
    /// from the start: alone it opens nothing. A store that is away is waited for, since what is staged was paid for.
    ///
    /// # Errors
    /// When the store or the seal fails.
    pub async fn stage(
        &self,
        name: &StoreKey,
        token: u32,
        plain: SecretBytes,
        (waits, kept): (Duration, Duration),
    ) -> Result<Adoption, VaultError> {
        let (sealed, wrapped) = self.seal(name, token, plain)?;
        let (staged, key) = (name.staged(token), name.data_key(token));
        patiently(|| self.data_keys.put(&key, wrapped.clone(), waits + kept)).await?;
        patiently(|| self.blobs.put(&staged, sealed.clone(), waits)).await?;
        Ok(Adoption { staged, name: name.clone() })
    }

    /// Gives the data keys of what was adopted the time of the result, now that it waits no more.
    ///
    /// # Errors
    /// When the store fails; they then stay for as long as it might have waited.
    pub async fn adopted(&self, adoptions: &[Adoption], token: u32, kept: Duration) -> Result<(), VaultError> {
        for adoption in adoptions {
            self.data_keys.expire(&adoption.name.data_key(token), kept).await?;
        }
        Ok(())
    }

    /// Opens a value.
    ///
    /// # Errors
    /// [`VaultError::Gone`] when it or its key is not there; otherwise when the store or the seal fails.
    pub async fn open(&self, name: &StoreKey) -> Result<SecretBytes, VaultError> {
        self.open_at(name, name).await
    }

    /// Opens a value that was staged and not adopted.
    ///
    /// # Errors
    /// The same.
    pub async fn open_staged(&self, name: &StoreKey, token: u32) -> Result<SecretBytes, VaultError> {
        self.open_at(&name.staged(token), name).await
    }

    async fn open_at(&self, place: &StoreKey, name: &StoreKey) -> Result<SecretBytes, VaultError> {
        let kept = self.blobs.get(place).await?.ok_or(VaultError::Gone)?;
        let (sealed, generation) = kept.split_last_chunk().ok_or(SealError::Unopenable)?;
        let generation = u32::from_be_bytes(*generation);
        let wrapped = self.data_keys.get(&name.data_key(generation)).await?.ok_or(VaultError::Gone)?;
        let key = DataKey::unwrap(name.as_str(), &wrapped, &self.seal_keys)?;
        Ok(key.open(name.as_str(), sealed)?)
    }

    /// How the stores of sealed values and of data keys keep them, as it was when they were reached.
    pub fn natures(&self) -> [StoreNature; 2] {
        [self.blobs.nature(), self.data_keys.nature()]
    }

    /// Destroys what was staged under a fencing token and will not be adopted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unstage(&self, adoptions: &[Adoption], token: u32) -> Result<(), VaultError> {
        let keys: Vec<_> = adoptions.iter().map(|adoption| adoption.name.data_key(token)).collect();
        self.data_keys.delete(&keys).await?;
        let staged: Vec<_> = adoptions.iter().map(|adoption| adoption.staged.clone()).collect();
        self.blobs.delete(&staged).await?;
        Ok(())
    }

    /// Destroys values that were made under fencing tokens up to this one: data keys first, since without them nothing
    /// opens.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn destroy(&self, names: &[StoreKey], newest_token: u32) -> Result<(), VaultError> {
        self.destroy_keys(names, newest_token).await?;
        self.blobs.delete(names).await?;
        Ok(())
    }

    /// The same, and looks whether all of it is gone.
    ///
    /// # Errors
    /// When the store fails; [`VaultError::StillThere`] when something is found, as often as it is destroyed.
    pub async fn destroy_and_look(&self, names: &[StoreKey], newest_token: u32) -> Result<(), VaultError> {
        for _ in 0..LOOKS {
            self.destroy(names, newest_token).await?;
            let keys = data_keys(names, newest_token);
            if self.data_keys.count_present(&keys).await? + self.blobs.count_present(names).await? == 0 {
                return Ok(());
            }
        }
        Err(VaultError::StillThere)
    }

    async fn destroy_keys(&self, names: &[StoreKey], newest_token: u32) -> Result<(), VaultError> {
        self.data_keys.delete(&data_keys(names, newest_token)).await?;
        Ok(())
    }

    /// Seals a value under a new data key; gives the ciphertext, whose last four bytes say which of the name's data keys
    /// opens it, and the data key, itself sealed. That has to be kept first.
    fn seal(&self, name: &StoreKey, generation: u32, plain: SecretBytes) -> Result<(Bytes, Bytes), SealError> {
        let key = DataKey::random()?;
        let mut sealed = key.seal(name.as_str(), plain)?;
        sealed.extend_from_slice(&generation.to_be_bytes());
        let first = self.seal_keys.first().ok_or(SealError::Unopenable)?;
        let wrapped = key.wrap(name.as_str(), first)?;
        Ok((sealed.into(), wrapped))
    }
}
