//! The retry budget: retries stay a tenth of the asks, so that they cannot feed an overload.

use std::sync::{Mutex, PoisonError};

/// Thousandths of a retry; whole numbers, so that nothing is lost by rounding.
const RETRY: u32 = 1000;
const PER_ASK: u32 = 100;
const FULL: u32 = 10 * RETRY;

/// A bucket that each ask fills by a tenth and each retry empties by one. Starts full.
#[derive(Debug)]
pub(super) struct Budget(Mutex<u32>);

impl Budget {
    pub(super) fn full() -> Self {
        Self(Mutex::new(FULL))
    }

    pub(super) fn ask_begins(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + PER_ASK).min(FULL);
    }

    /// Takes leave for one retry; `false` when there is none.
    #[must_use]
    pub(super) fn take_retry(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = *left >= RETRY;
        if enough {
            *left -= RETRY;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_reserve_one_retry_in_ten_asks_is_left() {
        let budget = Budget::full();
        assert_eq!((0..100).filter(|_| budget.take_retry()).count(), 10);
        let retried = (0..1000).filter(|_| {
            budget.ask_begins();
            budget.take_retry()
        });
        assert_eq!(retried.count(), 100);
    }
}
