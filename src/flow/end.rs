//! The end of a job, whatever the end: results kept, photo destroyed, receipt signed, seat free.

use std::time::Duration;

use super::{Flow, FlowError, Made};
use crate::{
    domain::{Code, Figure, FigureLinks, ImageMade, JobProblem, Moment, State, UploadTrace},
    jobs::Spec,
    store::{Adoption, Claim, Finish, JobRef, LeaseLost, StoreKey},
    vault::VaultError,
};

/// How a job ended.
pub enum Ending {
    /// With its image.
    Succeeded,
    /// Without.
    Without(JobProblem),
}

impl Ending {
    fn state(&self) -> State {
        match self {
            Self::Succeeded => State::Succeeded,
            Self::Without(problem) if problem.category.is_some() => State::Blocked,
            Self::Without(problem) if problem.code == Code::CanceledByCaller => State::Canceled,
            Self::Without(_) => State::Failed,
        }
    }

    fn problem(&self) -> Option<&JobProblem> {
        match self {
            Self::Succeeded => None,
            Self::Without(problem) => Some(problem),
        }
    }
}

/// For how long a receipt is kept.
const RECEIPT_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Flow {
    /// Ends a job that this node holds. In this order, so that a crash at any point leaves nothing that opens: the
    /// photo's data key is destroyed; the job is finished in one step; the ciphertext is unlinked and looked for; the
    /// receipt is signed; the end is told.
    ///
    /// # Errors
    /// When the lease is over, or store or vault fail; the sweeper then completes what is left.
    pub async fn end(&self, claim: &Claim, spec: &Spec, made: Made, ending: &Ending) -> Result<(), FlowError> {
        let lease = &claim.lease;
        let mut figure = self.outcome(claim, spec, &made, ending).await?;
        let adopt = self.stage(claim, &mut figure, made).await?;
        if self.store.renew(lease, crate::jobs::LEASE).await? == Err(LeaseLost) {
            return Err(FlowError::LeaseLost);
        }
        self.vault.destroy_photo_key(&lease.job.owner, &spec.trace.upload).await?;
        let code = ending.problem().map(|problem| problem.code);
        let finish = Finish { state: ending.state(), code, adopt };
        if self.store.finish(lease, finish).await? == Err(LeaseLost) {
            return Err(FlowError::LeaseLost);
        }
        self.purge(&lease.job, spec, ending.state(), code).await
    }

    /// Completes the purge of a job that has ended; safe to do again.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn complete_purge(&self, of: &JobRef) -> Result<(), FlowError> {
        let Some(job) = self.store.job(of).await? else { return Ok(()) };
        match self.jobs.spec(of).await {
            Ok(spec) => self.purge(of, &spec, job.state, job.code).await,
            Err(crate::jobs::JobsError::Vault(VaultError::Gone)) => {
                // The specification lives as long as the photo at least, so the photo's time is over, too.
                self.store.mark_purged(of, self.store.now().await?).await.map_err(FlowError::from)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn purge(&self, of: &JobRef, spec: &Spec, state: State, code: Option<Code>) -> Result<(), FlowError> {
        let witness = self.vault.purge_photo(&of.owner, &spec.trace.upload).await?;
        let receipt = self.receipt(of, spec, &witness, super::receipt::reason(state, code))?;
        self.store.put(&StoreKey::receipt(&of.owner, &of.figure), receipt.into(), RECEIPT_KEPT).await?;
        self.vault.destroy(&[StoreKey::spec(&of.owner, &of.figure)], 0).await?;
        Ok(self.store.mark_purged(of, witness.purged_at).await?)
    }

    /// Stages the images and, last, the figure object that names them.
    async fn stage(&self, claim: &Claim, figure: &mut Figure, made: Made) -> Result<Vec<Adoption>, FlowError> {
        let (job, token) = (&claim.lease.job, claim.lease.token);
        let kept = Duration::from_secs(figure.options.retention_seconds) + STAGING;
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
            adopt.push(self.vault.stage(&name, token, image.bytes, kept).await?);
        }
        let name = StoreKey::record(&job.owner, &job.figure);
        let record = serde_json::to_vec(figure).map_err(|_| FlowError::Record)?;
        adopt.push(self.vault.stage(&name, token, record.into(), kept).await?);
        Ok(adopt)
    }

    async fn outcome(&self, claim: &Claim, spec: &Spec, made: &Made, ending: &Ending) -> Result<Figure, FlowError> {
        let now = self.store.now().await?;
        let mut figure = opened(&claim.lease.job, spec, claim.job.created_at);
        figure.status = ending.state();
        figure.completed_at = Some(now);
        figure.expires_at = Some(now.plus(Duration::from_secs(spec.options.retention_seconds)));
        figure.analysis.clone_from(&made.analysis);
        figure.prompt.clone_from(&made.prompt);
        figure.engine.clone_from(&made.engine);
        figure.provenance.clone_from(&made.provenance);
        figure.cost = made.cost;
        if matches!(ending, Ending::Succeeded) {
            // What a delivered image cost upstream is what is charged; without an image nothing is.
            figure.cost.charged_micro_usd = made.cost.upstream_micro_usd;
        }
        figure.timings_ms = made.timings;
        figure.timings_ms.intake = Some(spec.intake_ms);
        figure.timings_ms.total = u64::try_from(now.since(claim.job.created_at).as_millis()).ok();
        figure.problem = ending.problem().cloned();
        Ok(figure)
    }
}

/// How much longer than a result its data key may live: from staging to adoption.
const STAGING: Duration = Duration::from_secs(60);

/// The figure object of a job that has not ended.
pub(super) fn opened(job: &JobRef, spec: &Spec, created_at: Moment) -> Figure {
    Figure {
        id: job.figure,
        object: crate::domain::FigureObject::Figure,
        status: State::Queued,
        created_at,
        completed_at: None,
        expires_at: None,
        options: spec.options.clone(),
        photo: spec.photo.clone(),
        analysis: None,
        prompt: None,
        images: Vec::new(),
        engine: None,
        provenance: None,
        cost: crate::domain::Cost::default(),
        timings_ms: crate::domain::Timings { intake: Some(spec.intake_ms), ..Default::default() },
        upload: UploadTrace {
            stored_at: Some(spec.trace.stored_at),
            purged_at: None,
            commitment_salt: Some(spec.trace.salt.clone()),
            receipt: None,
        },
        problem: None,
        problems: Vec::new(),
        end_user: None,
        metadata: std::collections::BTreeMap::new(),
        links: FigureLinks::of(&job.figure),
    }
}
