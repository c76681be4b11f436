//! Waiting for a job: register, look, wait for a wake-up or a while, look again.

use std::time::Duration;

use tokio::time::Instant;

use super::{Jobs, JobsError};
use crate::store::{Event, Job, JobRef, Topic};

/// The longest that a waiter trusts a wake-up to come.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Jobs {
    /// Waits until a job has ended and its photo is gone, at most until `limit`; gives what is then known of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wait(&self, job: &JobRef, limit: Instant) -> Result<Option<Job>, JobsError> {
        loop {
            let wake = self.store.listen(Topic::Job(job));
            let known = self.store.job(job).await?;
            let left = limit.saturating_duration_since(Instant::now());
            let over = known.as_ref().is_none_or(|job| job.purged_at.is_some());
            if over || left.is_zero() {
                return Ok(known);
            }
            wake.within(left.min(LOOK_AGAIN)).await;
        }
    }

    /// What has happened to a job after its event `after`. Waits for something to happen, at most until `limit`; gives
    /// nothing when nothing did.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events_after(&self, job: &JobRef, after: u64, limit: Instant) -> Result<Vec<Event>, JobsError> {
        loop {
            let wake = self.store.listen(Topic::Events(job));
            let events = self.store.events(job, after).await?;
            let left = limit.saturating_duration_since(Instant::now());
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
            wake.within(left.min(LOOK_AGAIN)).await;
        }
    }
}
