//! What a job takes of limits, and how the whole installation's spend is kept within a day's ceiling.

use std::time::Duration;

use super::{Jobs, JobsError};
use crate::{
    admission::Policy,
    domain::{MicroUsd, Work},
    store::{Bound, Job, JobRef, Reservation},
};

/// How long spend may be set aside before the sweeper looks what has become of its job.
const OPEN: Duration = Duration::from_secs(60);

/// How many of them it looks at in a round.
const LOOKED_AT: usize = 1_000;

/// What work takes beside its seat.
pub(super) fn reservation(work: Work, worst: Option<MicroUsd>) -> Reservation {
    let figures = match work {
        Work::Figure => 1,
        Work::Analysis | Work::Prompt | Work::Upload => 0,
    };
    // What has no price cannot be counted.
    Reservation { figures, micro_usd: worst.unwrap_or_default() }
}

impl Jobs {
    pub(super) async fn bounded(&self, gate: usize, by: Bound) -> Result<JobsError, JobsError> {
        let policy = match by {
            Bound::InFlight => Policy::InFlight,
            Bound::Figures => Policy::Figures,
            Bound::Money => Policy::Money,
        };
        Ok(JobsError::Bounded { policy: policy.name(gate), by, at: self.store.now().await? })
    }

    /// Sets aside what a job may cost upstream. It is settled when the job has ended, by whoever is there then.
    pub(super) async fn set_spend_aside(&self, job: &JobRef, most: MicroUsd) -> Result<(), JobsError> {
        let Some(ceiling) = self.limits.spend.filter(|_| most > MicroUsd::ZERO) else { return Ok(()) };
        if self.store.reserve_spend(job, most, ceiling).await? {
            return Ok(());
        }
        Err(JobsError::Ceiling { at: self.store.now().await? })
    }

    /// Gives back what was set aside for a job that was not accepted.
    pub(super) async fn give_spend_back(&self, job: &JobRef) -> Result<(), JobsError> {
        if self.limits.spend.is_some() {
            self.store.settle_spend(job, Some(MicroUsd::ZERO)).await?;
        }
        Ok(())
    }

    /// Settles the spend of a job that has ended, or is about to be forgotten, at what it has cost. Where that is not known,
    /// all that was set aside stays counted: what was asked of the engine may be paid for though nobody will tell. Safe to
    /// do again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_spend(&self, job: &Job) -> Result<(), JobsError> {
        if self.limits.spend.is_some() {
            self.store.settle_spend(&job.of, job.spent).await?;
        }
        Ok(())
    }

    /// Settles what was set aside for jobs that have ended or were never accepted, where a crash kept others from it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_open_spend(&self) -> Result<(), JobsError> {
        if self.limits.spend.is_none() {
            return Ok(());
        }
        for of in self.store.open_spend(OPEN, LOOKED_AT).await? {
            match self.store.job(&of).await? {
                Some(job) if job.ended_at.is_some() => self.settle_spend(&job).await?,
                Some(_) => {}
                None => self.store.settle_spend(&of, Some(MicroUsd::ZERO)).await?,
            }
        }
        Ok(())
    }
}
