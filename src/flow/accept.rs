//! Ticket and received bytes → job.

use bytes::Bytes;
use tokio::time::Instant;

use super::{Flow, millis};
use crate::{
    admission::Ticket,
    intake::IntakeError,
    jobs::{Accepted, JobsError, Spec},
    studio::CheckedOptions,
    vault::VaultError,
};

/// A received file, whole, and what is to be made of it.
#[derive(Debug)]
pub struct Received {
    /// The file's bytes.
    pub bytes: Bytes,
    /// The options, checked.
    pub options: CheckedOptions,
}

/// Why nothing was accepted. Nothing was spent and nothing is left.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The photo cannot be taken.
    #[error("the photo was refused")]
    Intake(#[from] IntakeError),
    /// The vault failed.
    #[error("the photo could not be kept")]
    Vault(#[from] VaultError),
    /// There was no room, or the store failed.
    #[error("the job was not accepted")]
    Jobs(#[from] JobsError),
}

impl Flow {
    /// Takes a photo in, keeps it sealed and makes a job of it. Must run to its end once begun: it is never left to a
    /// handler, which may be dropped at any await.
    ///
    /// # Errors
    /// When the photo cannot be taken, there is no room, or vault or store fail.
    pub async fn accept(&self, ticket: &Ticket, received: Received) -> Result<Accepted, AcceptError> {
        let clock = Instant::now();
        let photo = self.intake.take_in(received.bytes.clone()).await?;
        let deposit = self.vault.deposit(ticket.owner(), photo, &received.bytes, self.upload_ttl).await?;
        // The file as it came is not needed any more, so it does not wait with the job.
        drop(received.bytes);
        let spec = Spec {
            key: ticket.key(),
            mode: ticket.mode(),
            options: received.options.for_photo(deposit.report()),
            photo: deposit.report().clone(),
            intake_ms: millis(clock).unwrap_or_default(),
            trace: deposit.trace().clone(),
        };
        Ok(self.jobs.submit(ticket, deposit, spec).await?)
    }
}
