//! Reading a figure, whatever its state.

use super::{Flow, FlowError, end::opened, problem::by_code};
use crate::{
    domain::{Figure, FigureId, JobProblem, Owner, SecretBytes, Stage},
    jobs::JobsError,
    store::{Job, JobRef, StoreKey},
    vault::VaultError,
};

impl Flow {
    /// The figure object of a job; `None` when it has ended and its result is gone.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn read(&self, job: &Job) -> Result<Option<Figure>, FlowError> {
        let read = if job.state.is_terminal() { self.read_ended(job).await? } else { self.read_open(job).await? };
        let Some(mut figure) = read else { return Ok(None) };
        if let Some(photo) = job.photo {
            figure.upload.purged_at = job.purged_at;
            figure.upload.receipt = match figure.upload.id {
                _ if job.purged_at.is_none() => None,
                Some(_) => self.kept_receipt(&job.of.owner, &photo).await?,
                None => self.read_receipt(&job.of.owner, &job.of.figure).await?,
            };
        }
        Ok(Some(figure))
    }

    /// The signed deletion receipt of a figure, for 30 days after its end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_receipt(&self, owner: &Owner, figure: &FigureId) -> Result<Option<String>, FlowError> {
        let kept = self.store.get(&StoreKey::receipt(owner, figure)).await?;
        Ok(kept.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }

    /// Why a job has ended without an image; `None` for one that has its image or has not ended.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn read_problem(&self, of: &JobRef) -> Result<Option<JobProblem>, FlowError> {
        let Some(job) = self.store.job(of).await? else { return Ok(None) };
        let Some(code) = job.code else { return Ok(None) };
        let told = match self.read_ended(&job).await {
            Ok(figure) => figure.and_then(|figure| figure.problem),
            Err(error @ (FlowError::Store(_) | FlowError::Vault(VaultError::Store(_)))) => return Err(error),
            // The record will never be read; the job remembers the code.
            Err(_) => None,
        };
        Ok(Some(told.unwrap_or_else(|| by_code(code, Stage::Finish))))
    }

    /// The bytes of one image; `None` when it is gone or never was.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn read_image(&self, job: &Job, index: u32) -> Result<Option<SecretBytes>, FlowError> {
        gone_is_none(self.vault.open(&StoreKey::image(&job.of.owner, &job.of.figure, index)).await)
    }

    async fn read_ended(&self, job: &Job) -> Result<Option<Figure>, FlowError> {
        let record = gone_is_none(self.vault.open(&StoreKey::record(&job.of.owner, &job.of.figure)).await)?;
        record.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| FlowError::Record)).transpose()
    }

    async fn read_open(&self, job: &Job) -> Result<Option<Figure>, FlowError> {
        match self.jobs.spec(&job.of).await {
            Ok(spec) => {
                let mut figure = opened(&job.of, &spec, job.created_at);
                figure.status = job.state;
                Ok(Some(figure))
            }
            // It may have ended between the two looks.
            Err(JobsError::Vault(VaultError::Gone)) => self.read_ended(job).await,
            Err(error) => Err(error.into()),
        }
    }
}

fn gone_is_none<T>(opened: Result<T, VaultError>) -> Result<Option<T>, FlowError> {
    match opened {
        Ok(value) => Ok(Some(value)),
        Err(VaultError::Gone) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
