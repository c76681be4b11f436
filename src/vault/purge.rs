//! The end of a photo: first its data key, then the ciphertext, then a look whether both are gone.

use std::time::Duration;

use super::{Vault, VaultError};
use crate::{
    domain::{Moment, Owner, UploadId},
    store::{StoreKey, StoreNature},
};

/// What was seen after a photo was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// When both were found gone.
    pub purged_at: Moment,
    /// The store that held the ciphertext.
    pub blobs: StoreNature,
    /// The store that held the data key.
    pub data_keys: StoreNature,
}

impl Vault {
    /// Sets a photo's remaining time, and its key's.
    ///
    /// # Errors
    /// [`VaultError::Gone`] when it is not there any more.
    pub async fn keep_photo(&self, owner: &Owner, upload: &UploadId, ttl: Duration) -> Result<(), VaultError> {
        let name = StoreKey::photo(owner, upload);
        let kept = self.blobs.expire(&name, ttl).await? && self.data_keys.expire(&name.data_key(0), ttl).await?;
        if kept { Ok(()) } else { Err(VaultError::Gone) }
    }

    /// Destroys a photo's data key: from here on no copy of the ciphertext opens.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn destroy_photo_key(&self, owner: &Owner, upload: &UploadId) -> Result<(), VaultError> {
        self.destroy_keys(&[StoreKey::photo(owner, upload)], 0).await
    }

    /// Whether a photo or its data key is there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn holds_photo(&self, owner: &Owner, upload: &UploadId) -> Result<bool, VaultError> {
        let name = StoreKey::photo(owner, upload);
        let keys = self.data_keys.count_present(&[name.data_key(0)]).await?;
        Ok(keys + self.blobs.count_present(&[name]).await? > 0)
    }

    /// Destroys a photo, its key again included, and looks whether both are gone.
    ///
    /// # Errors
    /// When the store fails; [`VaultError::StillThere`] when something is found.
    pub async fn purge_photo(&self, owner: &Owner, upload: &UploadId) -> Result<Witness, VaultError> {
        let name = StoreKey::photo(owner, upload);
        self.destroy_and_look(std::slice::from_ref(&name), 0).await?;
        self.witness().await
    }

    /// What can be said of what is found gone now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn witness(&self) -> Result<Witness, VaultError> {
        let (blobs, data_keys) = (self.blobs.nature_now().await, self.data_keys.nature_now().await);
        Ok(Witness { purged_at: self.blobs.now().await?, blobs, data_keys })
    }
}
