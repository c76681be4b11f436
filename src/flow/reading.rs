//! How many photos of one key are read at once: as many as the key has seats, so that a burst leaves the readers to others.

use crate::{
    admission::{Policy, Ticket, Turn, Turns},
    domain::Moment,
    jobs::JobsError,
    store::Bound,
};

/// The photos that are being read, by key.
#[derive(Debug, Default)]
pub struct Reading(Turns);

impl Reading {
    /// # Errors
    /// [`JobsError::Bounded`] when as many photos of the key are being read as it has seats.
    pub(super) fn begin(&self, ticket: &Ticket) -> Result<Turn, JobsError> {
        let bounded =
            || JobsError::Bounded { policy: Policy::InFlight.name(0), by: Bound::InFlight, at: Moment::now() };
        self.0.begin(ticket.key(), ticket.seats()).ok_or_else(bounded)
    }
}
