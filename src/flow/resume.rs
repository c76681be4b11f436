//! Jobs whose worker was stopped at their very end.

use super::{
    Flow, FlowError,
    end::{tallies, tell},
};
use crate::{
    domain::Figure,
    jobs::Spec,
    store::{Adoption, Claim, Finish, NotFinished, StoreKey, patiently},
    vault::VaultError,
};

impl Flow {
    /// Ends a job as a worker before this one was about to: that one has destroyed the photo's key, or the job's deadline
    /// is over, so that nothing can be made anew, and its results wait under its fencing token. Says whether there were any.
    ///
    /// # Errors
    /// When the lease is over, or store or vault fail.
    pub async fn resume(&self, claim: &Claim, spec: &Spec) -> Result<bool, FlowError> {
        for token in (1..claim.lease.token).rev() {
            let Some((figure, adopt)) = self.left_by(claim, token).await? else { continue };
            let problem = figure.problem.as_ref();
            let tallies = tallies(claim, spec, &figure, figure.images.len() as u64);
            let finish = Finish {
                state: figure.status,
                code: problem.map(|problem| problem.code),
                adopt: adopt.clone(),
                release: problem.is_some_and(|problem| problem.retryable && !problem.charged),
                settle: self.settlement(spec, &figure, token),
                tallies,
            };
            if let Some(photo) = &claim.job.photo {
                patiently(|| self.vault.destroy_photo_key(&claim.lease.job.owner, photo)).await?;
            }
            match patiently(|| self.store.finish(&claim.lease, finish.clone())).await? {
                Ok(()) => {
                    tell(&figure, spec.work);
                    self.adopted(&figure, &adopt, token).await;
                    self.complete_purge(&claim.lease.job).await?;
                }
                Err(NotFinished::LeaseLost) => return Err(FlowError::LeaseLost),
                Err(NotFinished::CancelAsked) => return Ok(false),
            }
            tracing::info!(figure.id = %claim.lease.job.figure, "a job was ended as its last worker had meant to");
            return Ok(true);
        }
        Ok(false)
    }

    /// The results that a worker has staged, if all of them are there.
    async fn left_by(&self, claim: &Claim, token: u32) -> Result<Option<(Figure, Vec<Adoption>)>, FlowError> {
        let job = &claim.lease.job;
        let record = StoreKey::record(&job.owner, &job.figure);
        let figure: Figure = match patiently(|| self.vault.open_staged(&record, token)).await {
            Ok(record) => serde_json::from_slice(&record).map_err(|_| FlowError::Record)?,
            Err(VaultError::Gone) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let images = figure.images.iter().map(|image| StoreKey::image(&job.owner, &job.figure, image.index));
        let names = images.chain([record]);
        let adopt: Vec<_> = names.map(|name| Adoption { staged: name.staged(token), name }).collect();
        let staged: Vec<_> = adopt.iter().map(|adoption| adoption.staged.clone()).collect();
        let whole = patiently(|| self.store.count_present(&staged)).await? == staged.len() as u64;
        Ok(whole.then_some((figure, adopt)))
    }
}
