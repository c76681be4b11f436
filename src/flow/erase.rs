//! Deletion on request.

use tokio::time::Instant;

use super::{Ending, Flow, FlowError, Made, staged::results_of};
use crate::{
    domain::{Code, MOST_IMAGES, Stage},
    jobs::JobsError,
    store::{CancelOutcome, Claim, Job, StoreKey},
    vault::VaultError,
};

impl Flow {
    /// Deletes a figure on request: stops it where it is under way and waits for its end, erases its result where it has
    /// ended. Says whether it is gone by `limit`; must run to its end once begun.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn erase(&self, job: &Job, limit: Instant) -> Result<bool, FlowError> {
        self.stop_or_erase(job).await?;
        let known = self.jobs.wait(&job.of, limit).await?;
        Ok(known.is_none_or(|job| job.purged_at.is_some()))
    }

    async fn stop_or_erase(&self, job: &Job) -> Result<(), FlowError> {
        match self.jobs.cancel(&job.of).await? {
            CancelOutcome::Taken(claim) => self.cancel_waiting(&claim).await,
            CancelOutcome::Terminal => {
                // Looked at again: it may have been claimed and ended since.
                let known = self.store.job(&job.of).await?;
                self.erase_result(known.as_ref().unwrap_or(job)).await
            }
            CancelOutcome::Asked | CancelOutcome::Unknown => Ok(()),
        }
    }

    pub(super) async fn cancel_waiting(&self, claim: &Claim) -> Result<(), FlowError> {
        let spec = match self.jobs.spec(&claim.lease.job).await {
            Ok(spec) => spec,
            Err(JobsError::Store(error) | JobsError::Vault(VaultError::Store(error))) => return Err(error.into()),
            Err(_) => return self.give_up(claim, Code::CanceledByCaller).await,
        };
        let ending = Ending::Without(FlowError::Canceled.problem(Stage::Queue));
        self.end(claim, &spec, Made::default(), &ending).await
    }

    /// Erases what was delivered whole: one image, and with the last of them the figure.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn erase_image(&self, job: &Job, index: u32) -> Result<(), FlowError> {
        let name = |index| StoreKey::image(&job.of.owner, &job.of.figure, index);
        self.vault.destroy(&[name(index)], job.claims).await?;
        let all: Vec<_> = (0..MOST_IMAGES).map(name).collect();
        if self.store.count_present(&all).await? > 0 { Ok(()) } else { self.erase_result(job).await }
    }

    /// Erases the result of a job that has ended.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn erase_result(&self, job: &Job) -> Result<(), FlowError> {
        self.vault.destroy(&results_of(&job.of), job.claims).await?;
        Ok(self.store.mark_deleted(&job.of).await?)
    }
}
