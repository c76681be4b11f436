//! A photo that lies in the vault.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Vault, VaultError,
    receipt::{Commitments, Salt, commit},
};
use crate::{
    domain::{Moment, Owner, PhotoReport, UploadId},
    intake::Photo,
    store::StoreKey,
};

/// A photo that was sealed and stored; made by [`Vault::deposit`] alone. Whoever holds one must see it into a job or
/// destroy it.
#[derive(Debug)]
#[must_use = "the photo stays until its time is over"]
pub struct Deposit {
    owner: Owner,
    report: PhotoReport,
    trace: PhotoTrace,
}

/// What must be known to destroy a photo and to write its receipt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhotoTrace {
    /// Under which name it lies.
    pub upload: UploadId,
    /// When it was stored.
    pub stored_at: Moment,
    /// What it is committed to in the receipt.
    pub commitments: Commitments,
    /// The salt of the commitments, base64url.
    pub salt: String,
}

impl Deposit {
    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// What was received.
    pub fn report(&self) -> &PhotoReport {
        &self.report
    }

    /// What must be known to destroy it.
    pub fn trace(&self) -> &PhotoTrace {
        &self.trace
    }
}

/// A file as it came, to be committed to in the receipt.
#[derive(Debug)]
pub struct Original<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What keys the commitments; without, a salt is made.
    pub salt: Option<Salt>,
}

impl Vault {
    /// Seals a photo and stores it. It is committed to as it came, too.
    ///
    /// # Errors
    /// When the store or the seal fails; then nothing is left that opens.
    pub async fn deposit(
        &self,
        owner: &Owner,
        photo: Photo,
        original: Original<'_>,
        ttl: Duration,
    ) -> Result<Deposit, VaultError> {
        let salt = match original.salt {
            Some(salt) => salt,
            None => Salt::generate().map_err(|_| super::SealError::NoRandomness)?,
        };
        let commitments =
            Commitments { received: commit(&salt, original.bytes), sent: Some(commit(&salt, photo.jpeg())) };
        let (jpeg, report) = photo.into_parts();
        let upload = UploadId::random();
        self.put(&StoreKey::photo(owner, &upload), jpeg, ttl).await?;
        let stored_at = self.blobs.now().await?;
        let trace = PhotoTrace { upload, stored_at, commitments, salt: salt.expose().to_string() };
        Ok(Deposit { owner: owner.clone(), report, trace })
    }
}
