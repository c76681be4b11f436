//! Results between their making and the end of their job: sealed, named by a fencing token, and nobody's yet.

use std::time::Duration;

use super::{Flow, FlowError, Made};
use crate::{
    domain::{Figure, ImageMade, MOST_IMAGES},
    jobs::MADE_WAITS,
    store::{Adoption, Claim, Job, JobRef, StoreKey, patiently},
};

/// How much longer than a result its data key may live: for its adoption.
const STAGING: Duration = Duration::from_secs(60);

/// The names of all results that a job may have.
pub(super) fn results_of(job: &JobRef) -> Vec<StoreKey> {
    let images = (0..MOST_IMAGES).map(|index| StoreKey::image(&job.owner, &job.figure, index));
    images.chain([StoreKey::record(&job.owner, &job.figure)]).collect()
}

impl Flow {
    /// Stages the images and, last, the figure object that names them.
    pub(super) async fn stage(
        &self,
        claim: &Claim,
        figure: &mut Figure,
        made: Made,
    ) -> Result<Vec<Adoption>, FlowError> {
        let (job, token) = (&claim.lease.job, claim.lease.token);
        let left = figure.completed_at.map_or(Duration::ZERO, |now| claim.job.deadline_at.since(now));
        let times = (left + MADE_WAITS, figure.options.kept_for() + STAGING);
        let mut adopt = Vec::with_capacity(made.images.len() + 1);
        for (index, image) in (0..).zip(made.images) {
            let name = StoreKey::image(&job.owner, &job.figure, index);
            figure.images.push(ImageMade {
                index,
                media_type: image.media_type.to_owned(),
                width: image.width,
                height: image.height,
                bytes: image.bytes.len() as u64,
                sha256: image.sha256,
                href: format!("/v1/figures/{}/images/{index}", job.figure),
                data: None,
            });
            adopt.push(self.vault.stage(&name, token, image.bytes, times).await?);
        }
        let name = StoreKey::record(&job.owner, &job.figure);
        let record = serde_json::to_vec(figure).map_err(|_| FlowError::Record)?;
        adopt.push(self.vault.stage(&name, token, record.into(), times).await?);
        Ok(adopt)
    }

    /// The data keys of a result go with it. Where that cannot be said now, they outlive it for a while and open nothing.
    pub(super) async fn adopted(&self, figure: &Figure, adopt: &[Adoption], token: u32) {
        if let Err(error) = self.vault.adopted(adopt, token, figure.options.kept_for() + STAGING).await {
            tracing::warn!(figure.id = %figure.id, %error, "the data keys of a result outlive it");
        }
    }

    /// Nobody adopts what was made for a job that was erased meanwhile, or what is still staged when it has ended. Where
    /// it has not, another works on it and may do so.
    pub(super) async fn unstage_if_forgotten(
        &self,
        of: &JobRef,
        adopt: &[Adoption],
        token: u32,
    ) -> Result<(), FlowError> {
        match patiently(|| self.store.job(of)).await? {
            None => self.vault.unstage(adopt, token).await?,
            Some(job) if job.state.is_terminal() => {
                let staged: Vec<_> = adopt.iter().map(|adoption| adoption.staged.clone()).collect();
                self.store.delete(&staged).await?;
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// What workers before the last have staged for a job that has ended is adopted by nobody.
    pub(super) async fn forget_staged(&self, job: &Job) -> Result<(), FlowError> {
        if job.claims > 1 {
            let names = results_of(&job.of);
            let tokens = || 1..job.claims;
            let staged: Vec<_> = names.iter().flat_map(|name| tokens().map(|token| name.staged(token))).collect();
            self.store.delete(&staged).await?;
        }
        Ok(())
    }

    /// What was made for a job that its caller has canceled is destroyed, whoever made it.
    pub(super) async fn discard(&self, adopt: &[Adoption], token: u32) -> Result<(), FlowError> {
        let names: Vec<_> = adopt.iter().map(|adoption| adoption.name.clone()).collect();
        patiently(|| self.vault.destroy(&names, token)).await?;
        Ok(patiently(|| self.vault.unstage(adopt, token)).await?)
    }
}
