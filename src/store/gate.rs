//! Gates: what bounds a key or an account, and how much of it is used.

use std::time::Duration;

use super::StoreKey;
use crate::domain::{Limits, MicroUsd, Moment};

/// What bounds a key or an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Where it is kept what is used.
    pub name: StoreKey,
    /// The bounds. Days and months are those of UTC.
    pub limits: Limits,
}

impl Gate {
    /// The time that a request takes of a gate's pace, in microseconds.
    pub(super) fn step(&self) -> i64 {
        60_000_000 / i64::from(self.limits.rpm.max(1))
    }
}

/// A kind of bound that a job can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Jobs under way at once.
    InFlight,
    /// Figures a day.
    Figures,
    /// Money a month.
    Money,
}

/// What a job takes of every gate beside a seat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reservation {
    /// Figures of this day.
    pub figures: u32,
    /// The most that it may cost, of this month.
    pub micro_usd: MicroUsd,
}

/// What a job has really taken when it ends; the rest of its reservation goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Whether its figures were made.
    pub delivered: bool,
    /// What is charged for them.
    pub charged: MicroUsd,
    /// What was paid upstream, whatever came of it; `None` where that is not known.
    pub spent: Option<MicroUsd>,
}

/// How much of a gate is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many requests may come now at once.
    pub requests_left: u32,
    /// When that many are as many as ever.
    pub rested_in: Duration,
    /// Jobs under way.
    pub in_flight: u64,
    /// Figures of this day, those under way included.
    pub figures: u64,
    /// Money of this month, what is set aside for jobs under way included.
    pub micro_usd: MicroUsd,
}

/// How much of several gates is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standings {
    /// When, by the store's clock.
    pub at: Moment,
    /// Each, in the order of the gates.
    pub each: Vec<Standing>,
}

/// Whether requests are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admittance {
    /// The key is revoked. Nothing was taken.
    Revoked,
    /// They are, and were taken of every gate.
    Admitted(Standings),
    /// They come too fast for one of the gates. Nothing was taken of any.
    TooFast {
        /// Which gate has to be waited for longest.
        gate: usize,
        /// After how long they would be let in.
        after: Duration,
        /// What is used.
        standings: Standings,
    },
}
