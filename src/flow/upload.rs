//! Photos that are kept ahead of use.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{AcceptError, Flow, FlowError, Received, Source, end::RECEIPT_KEPT};
use crate::{
    admission::Ticket,
    domain::{FigureId, KeyId, Mode, Moment, Owner, PhotoReport, Upload, UploadId, UploadLinks, UploadStatus},
    jobs::JobsError,
    store::{Held, HeldId, JobRef, Known, Once, StoreError, StoreKey},
    vault::{
        Deposit, PhotoTrace, VaultError,
        receipt::{Reason, Recipient, Salt, verify},
    },
};

/// Why an upload cannot be used or read.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// There is none of this name in the account.
    #[error("there is no such upload")]
    Unknown,
    /// A figure has taken it.
    #[error("the upload was taken by a figure")]
    Taken(Option<FigureId>),
    /// Its time is over.
    #[error("the upload's time is over")]
    Expired(UploadId),
    /// It was deleted on request.
    #[error("the upload was deleted")]
    Deleted(UploadId),
    /// Store, vault or receipt failed.
    #[error("the upload cannot be handled")]
    Flow(#[from] FlowError),
}

impl From<VaultError> for UploadError {
    fn from(error: VaultError) -> Self {
        Self::Flow(error.into())
    }
}

impl From<StoreError> for UploadError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// What is known of an upload, sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) photo: PhotoReport,
    pub(super) trace: PhotoTrace,
    expires_at: Moment,
    figure: Option<FigureId>,
    /// The key that keeps it, and its place among what that key keeps.
    #[serde(default)]
    place: Option<(KeyId, UploadId)>,
}

/// For how long an upload is remembered after its time.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3_600);

/// For how long a request that is to be done once is remembered.
pub(super) const ONCE_KEPT: Duration = Duration::from_secs(24 * 3_600);

impl Flow {
    /// Takes a photo in and keeps it ahead of use, or finds the one that the same request kept before; says which. Must
    /// run to its end once begun.
    ///
    /// # Errors
    /// When the photo cannot be taken, what the same request kept is gone, or vault or store fail.
    pub async fn keep(&self, ticket: &Ticket, received: Received) -> Result<(Upload, bool), AcceptError> {
        let (Received { source, order }, owner) = (received, ticket.owner());
        let once = self.once(owner, &order, &source);
        let _turn = self.turn(&once).await;
        if let Some(known) = self.jobs.known(&once).await? {
            return self.kept_before(owner, known).await;
        }
        let bytes = match source {
            Source::File(bytes) => bytes,
            Source::Upload(_) | Source::Analysis(_) => return Err(UploadError::Unknown.into()),
        };
        let place = self.take_place(ticket).await?;
        let kept = self.keep_at(ticket, (bytes, order.salt), once.first(), place).await;
        if !matches!(kept, Ok((_, false))) {
            self.leave_place(owner, Some(place)).await;
        }
        kept
    }

    async fn keep_at(
        &self,
        ticket: &Ticket,
        (bytes, salt): (Bytes, Option<Salt>),
        once: Option<&Once>,
        place: (KeyId, UploadId),
    ) -> Result<(Upload, bool), AcceptError> {
        let owner = ticket.owner();
        let deposit = self.deposit(ticket, bytes, salt).await?;
        let id = deposit.trace().upload;
        match self.write_down(&deposit, once, place).await {
            Ok(None) => Ok((self.upload(owner, &id).await?, false)),
            otherwise => {
                // What cannot be destroyed now goes when its time is over.
                let _ = self.vault.purge_photo(owner, &id).await;
                match otherwise? {
                    Some(known) => self.kept_before(owner, known).await,
                    None => Err(UploadError::Unknown.into()),
                }
            }
        }
    }

    async fn take_place(&self, ticket: &Ticket) -> Result<(KeyId, UploadId), AcceptError> {
        let (place, most) = (UploadId::random(), ticket.uploads());
        let name = StoreKey::places(ticket.owner(), &ticket.key());
        if self.store.take_place(&name, &place, most, self.upload_ttl).await.map_err(UploadError::from)? {
            return Ok((ticket.key(), place));
        }
        Err(AcceptError::TooManyUploads(most))
    }

    /// Leaves a place early; what fails here is free when the upload's time is over.
    async fn leave_place(&self, owner: &Owner, place: Option<(KeyId, UploadId)>) {
        let Some((key, place)) = place else { return };
        if let Err(error) = self.store.leave_place(&StoreKey::places(owner, &key), &place).await {
            tracing::warn!(%error, "an upload's place was not left");
        }
    }

    /// The same for an upload that is to be erased.
    pub(super) async fn leave_place_of(&self, owner: &Owner, id: &UploadId) {
        if let Ok((kept, _)) = self.known_upload(owner, id).await {
            self.leave_place(owner, kept.place).await;
        }
    }

    async fn kept_before(&self, owner: &Owner, known: Known<UploadId>) -> Result<(Upload, bool), AcceptError> {
        match known {
            Known::Same(id) => Ok((self.upload(owner, &id).await?, true)),
            Known::Other => Err(JobsError::Mismatch.into()),
        }
    }

    /// Writes down that a photo is kept. Gives what the same request was found to be elsewhere meanwhile.
    async fn write_down(
        &self,
        deposit: &Deposit,
        once: Option<&Once>,
        place: (KeyId, UploadId),
    ) -> Result<Option<Known<UploadId>>, UploadError> {
        let (owner, trace) = (deposit.owner(), deposit.trace());
        let expires_at = trace.stored_at.plus(self.upload_ttl);
        let photo = deposit.report().clone();
        let kept = Kept { photo, trace: trace.clone(), expires_at, figure: None, place: Some(place) };
        // Before it is there, so that nothing is there unknown.
        self.note_held(owner, &trace.upload, once.map(|once| &once.name), None).await?;
        self.remember(owner, &kept).await?;
        self.store.put(&StoreKey::unused(owner, &trace.upload), "unused".into(), self.upload_ttl).await?;
        let Some(once) = once else { return Ok(None) };
        let value = once.value(trace.upload);
        let known = self.store.put_new(&once.name, value.into(), once.kept).await?;
        let Some(known) = known.and_then(|value| once.known(&value)) else { return Ok(None) };
        let names = [StoreKey::unused(owner, &trace.upload)];
        self.store.delete(&names).await?;
        self.vault.destroy(&[StoreKey::upload(owner, &trace.upload)], 0).await?;
        Ok(Some(known))
    }

    async fn remember(&self, owner: &Owner, kept: &Kept) -> Result<(), UploadError> {
        let record = serde_json::to_vec(kept).map_err(|_| FlowError::Record)?;
        let name = StoreKey::upload(owner, &kept.trace.upload);
        Ok(self.vault.put(&name, record.into(), self.upload_ttl + REMEMBERED_FOR).await?)
    }

    /// Notes which figure has taken an upload. Without the note it is known as taken all the same.
    pub(super) async fn note_taken(&self, job: &JobRef, id: &UploadId, person: Option<&str>) {
        let noted = self.try_note_taken(job, id, person).await;
        if let Err(error) = noted {
            tracing::warn!(figure.id = %job.figure, %error, "it was not noted which figure took an upload");
        }
    }

    async fn try_note_taken(&self, job: &JobRef, id: &UploadId, person: Option<&str>) -> Result<(), UploadError> {
        if person.is_some() {
            self.note_held(&job.owner, id, None, person).await?;
        }
        let (kept, _) = self.known_upload(&job.owner, id).await?;
        self.leave_place(&job.owner, kept.place).await;
        self.remember(&job.owner, &Kept { figure: Some(job.figure), ..kept }).await?;
        if self.store.job(job).await?.is_none() {
            // It was erased meanwhile, and what was just written must not be what is left.
            self.vault.destroy(&[StoreKey::upload(&job.owner, id)], 0).await?;
            self.strike_held(&job.owner, id, person).await?;
        }
        Ok(())
    }

    /// Writes down that an upload is held for an account, and for one of its people, so that it is found by whoever may
    /// see or erase it.
    pub(super) async fn note_held(
        &self,
        owner: &Owner,
        id: &UploadId,
        once: Option<&StoreKey>,
        person: Option<&str>,
    ) -> Result<(), StoreError> {
        let line = Held::new(HeldId::Upload(*id), once, person).line();
        self.store.note(&StoreKey::held(owner), &line).await?;
        if let Some(person) = person {
            self.store.note(&StoreKey::person(owner, person), &line).await?;
        }
        Ok(())
    }

    /// Takes back what [`Self::note_held`] wrote down without a request.
    pub(super) async fn strike_held(
        &self,
        owner: &Owner,
        id: &UploadId,
        person: Option<&str>,
    ) -> Result<(), StoreError> {
        let lines = [Held::new(HeldId::Upload(*id), None, person).to_string()];
        self.store.strike(&StoreKey::held(owner), &lines).await?;
        if let Some(person) = person {
            self.store.strike(&StoreKey::person(owner, person), &lines).await?;
        }
        Ok(())
    }

    /// Notes that an upload is shown to somebody without its being taken, for its receipt.
    pub(super) async fn note_read(&self, ticket: &Ticket, id: &UploadId) -> Result<(), UploadError> {
        if self.recipients(ticket.mode()).is_empty() {
            return Ok(());
        }
        let mark = StoreKey::shown(ticket.owner(), id);
        Ok(self.store.put(&mark, "shown".into(), self.upload_ttl + REMEMBERED_FOR).await?)
    }

    /// Who may have got the photo of an upload before a figure took it.
    pub(super) async fn shown_to(&self, owner: &Owner, id: &UploadId) -> Result<Vec<Recipient>, StoreError> {
        let shown = self.store.count_present(&[StoreKey::shown(owner, id)]).await? > 0;
        Ok(if shown { self.recipients(Mode::Live) } else { Vec::new() })
    }

    /// An upload that can be used now.
    pub(super) async fn usable(&self, owner: &Owner, id: &UploadId) -> Result<Kept, UploadError> {
        match self.known_upload(owner, id).await? {
            (kept, true) => Ok(kept),
            (kept, false) => Err(UploadError::Taken(kept.figure)),
        }
    }

    /// An upload within its time, taken or not.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn upload(&self, owner: &Owner, id: &UploadId) -> Result<Upload, UploadError> {
        let (kept, unused) = self.known_upload(owner, id).await?;
        Ok(Upload {
            id: *id,
            object: "upload",
            status: if unused { UploadStatus::Ready } else { UploadStatus::Consumed },
            created_at: kept.trace.stored_at,
            expires_at: kept.expires_at,
            photo: kept.photo,
            figure: kept.figure,
            commitment_salt: kept.trace.salt,
            links: UploadLinks::of(id),
        })
    }

    /// An upload within its time, and whether it is unused.
    async fn known_upload(&self, owner: &Owner, id: &UploadId) -> Result<(Kept, bool), UploadError> {
        let record = match self.vault.open(&StoreKey::upload(owner, id)).await {
            Ok(record) => record,
            Err(VaultError::Gone) => return Err(self.fate(owner, id).await?),
            Err(error) => return Err(error.into()),
        };
        let kept: Kept = serde_json::from_slice(&record).map_err(|_| FlowError::Record)?;
        if kept.expires_at <= self.store.now().await? {
            self.expire(owner, &kept).await?;
            return Err(UploadError::Expired(*id));
        }
        let unused = self.store.count_present(&[StoreKey::unused(owner, id)]).await? > 0;
        Ok((kept, unused))
    }

    /// What became of an upload that is not remembered, by its receipt.
    async fn fate(&self, owner: &Owner, id: &UploadId) -> Result<UploadError, UploadError> {
        let Some(receipt) = self.kept_receipt(owner, id).await? else { return Ok(UploadError::Unknown) };
        let receipt = verify(&receipt, &self.receipt_keys.jwks()).map_err(FlowError::from)?;
        let deleted = receipt.reason == Reason::Deleted;
        Ok(if deleted { UploadError::Deleted(*id) } else { UploadError::Expired(*id) })
    }

    /// Writes the receipt of an upload whose time is over, unless the photo is still there: then a figure has it.
    async fn expire(&self, owner: &Owner, kept: &Kept) -> Result<(), UploadError> {
        if kept.figure.is_some() || self.vault.holds_photo(owner, &kept.trace.upload).await? {
            return Ok(());
        }
        self.purge_upload(owner, kept, Reason::Expired).await
    }

    /// Deletes an upload that no figure has taken. Deleting twice is no error.
    ///
    /// # Errors
    /// [`UploadError::Taken`], [`UploadError::Unknown`]; otherwise when store or vault fail.
    pub async fn delete_upload(&self, owner: &Owner, id: &UploadId) -> Result<(), UploadError> {
        let kept = match self.known_upload(owner, id).await {
            Ok((kept, _)) => kept,
            Err(UploadError::Deleted(_) | UploadError::Expired(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        // Whoever takes the mark away has the upload: either a figure or this deletion.
        if self.store.delete(&[StoreKey::unused(owner, id)]).await? == 0 {
            return Err(UploadError::Taken(kept.figure));
        }
        self.purge_upload(owner, &kept, Reason::Deleted).await
    }

    async fn purge_upload(&self, owner: &Owner, kept: &Kept, reason: Reason) -> Result<(), UploadError> {
        let id = &kept.trace.upload;
        let witness = self.vault.purge_photo(owner, id).await?;
        self.leave_place(owner, kept.place).await;
        let recipients = self.shown_to(owner, id).await?;
        let receipt = self.receipt((owner, None, Some(*id)), &kept.trace, (&witness, reason), recipients)?;
        self.store.put(&StoreKey::upload_receipt(owner, id), receipt.into(), RECEIPT_KEPT).await?;
        Ok(self.vault.destroy(&[StoreKey::upload(owner, id)], 0).await?)
    }

    /// The signed deletion receipt of an upload, for 30 days after its end; `None` while its photo is there.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn upload_receipt(&self, owner: &Owner, id: &UploadId) -> Result<Option<String>, UploadError> {
        // One whose time is over gets its receipt when it is looked for.
        if let Err(error @ UploadError::Flow(_)) = self.known_upload(owner, id).await {
            return Err(error);
        }
        Ok(self.kept_receipt(owner, id).await?)
    }

    pub(super) async fn kept_receipt(&self, owner: &Owner, id: &UploadId) -> Result<Option<String>, FlowError> {
        let kept = self.store.get(&StoreKey::upload_receipt(owner, id)).await?;
        Ok(kept.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }
}
