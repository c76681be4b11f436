//! One budget of memory that every decode takes its share of before it begins.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::IntakeError;
use crate::telemetry;

/// Bytes that one permit stands for.
const UNIT: u64 = 1024;

/// The memory that all decodes together may hold; who asked first is served first.
pub(super) struct Budget {
    bytes: u64,
    all: usize,
    permits: Arc<Semaphore>,
}

/// A share of the memory, given back when dropped.
pub(super) struct Share {
    permit: Option<OwnedSemaphorePermit>,
    budget: Arc<Semaphore>,
    all: usize,
}

impl Share {
    fn tell(&self) {
        telemetry::decode_memory(self.all.saturating_sub(self.budget.available_permits()) as u64 * UNIT);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.tell();
    }
}

impl Budget {
    pub(super) fn new(bytes: u64) -> Self {
        let most = u64::from(u32::MAX).min(Semaphore::MAX_PERMITS as u64);
        let permits = usize::try_from((bytes / UNIT).min(most)).unwrap_or(Semaphore::MAX_PERMITS);
        Self { bytes, all: permits, permits: Arc::new(Semaphore::new(permits)) }
    }

    /// Refuses what would never fit, before anybody waits for it.
    ///
    /// # Errors
    ///
    /// [`IntakeError::TooMuchMemory`].
    pub(super) fn check(&self, needed: u64) -> Result<(), IntakeError> {
        if needed > self.bytes {
            return Err(IntakeError::TooMuchMemory { needed, max: self.bytes });
        }
        Ok(())
    }

    /// Waits until `needed` bytes are free.
    ///
    /// # Errors
    ///
    /// [`IntakeError::TooMuchMemory`].
    pub(super) async fn share(&self, needed: u64) -> Result<Share, IntakeError> {
        self.check(needed)?;
        let permits = u32::try_from(needed.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let permits = permits.min(u32::try_from(self.bytes / UNIT).unwrap_or(u32::MAX));
        let permit = Arc::clone(&self.permits).acquire_many_owned(permits).await;
        let permit = permit.map_err(|_| IntakeError::Busy)?;
        let share = Share { permit: Some(permit), budget: Arc::clone(&self.permits), all: self.all };
        share.tell();
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_decode_waits_until_there_is_memory_for_it() {
        let budget = Budget::new(10 * UNIT);
        let first = budget.share(6 * UNIT).await.unwrap();
        let mut second = pin!(budget.share(5 * UNIT));
        let mut context = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn what_never_fits_is_refused_at_once() {
        let refused = Budget::new(10 * UNIT).share(11 * UNIT).await.err();
        assert_eq!(refused, Some(IntakeError::TooMuchMemory { needed: 11 * UNIT, max: 10 * UNIT }));
    }
}
