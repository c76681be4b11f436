//! How many photos of one key are read at once: as many as the key has seats, so that a burst leaves the readers to others.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{admission::Ticket, domain::KeyId, jobs::JobsError};

/// The photos that are being read, by key.
#[derive(Debug, Default)]
pub struct Reading(Mutex<HashMap<KeyId, u32>>);

/// Leave to read one photo.
#[derive(Debug)]
pub(super) struct Turn<'r> {
    reading: &'r Reading,
    key: KeyId,
}

impl Reading {
    /// # Errors
    /// [`JobsError::NoSeat`] when as many photos of the key are being read as it has seats.
    pub(super) fn begin(&self, ticket: &Ticket) -> Result<Turn<'_>, JobsError> {
        let mut counts = self.counts();
        let count = counts.entry(ticket.key()).or_default();
        if *count >= ticket.seats() {
            return Err(JobsError::NoSeat);
        }
        *count += 1;
        Ok(Turn { reading: self, key: ticket.key() })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<KeyId, u32>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut counts = self.reading.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
