//! What the store knows of a job. Nothing here describes a photo or a person.

use std::{fmt::Display, time::Duration};

use bytes::Bytes;

use super::{Bound, Gate, Reservation, Settlement, StoreKey, Tally};
use crate::domain::{Code, FigureId, KeyId, MicroUsd, Mode, Moment, Owner, State, UploadId};

/// A job and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobRef {
    /// The account's pseudonym.
    pub owner: Owner,
    /// The figure that the job makes.
    pub figure: FigureId,
}

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which job.
    pub job: JobRef,
    /// The API key that asks for it.
    pub key: KeyId,
    /// The photo that goes with the job's end.
    pub photo: Option<UploadId>,
    /// What bounds its key and its account: it takes a seat of each.
    pub gates: Vec<Gate>,
    /// What it takes of each beside the seat.
    pub reserve: Reservation,
    /// Whether it waits with the jobs of live keys or with those of test keys.
    pub lane: Mode,
    /// Places that the lane's queue has.
    pub places: usize,
    /// How long until the job's deadline.
    pub deadline: Duration,
    /// For how long its result is kept.
    pub retention: Duration,
    /// For how long after that the job is remembered.
    pub remembered: Duration,
    /// What makes the same request again find this job. The first is written; any that is there counts. Empty without
    /// the caller's asking for it.
    pub once: Vec<Once>,
    /// The mark of the unused upload that the job takes for itself.
    pub consumes: Option<StoreKey>,
    /// Whether it stands in its account's list.
    pub listed: bool,
    /// The keyed hash of the person that the integrator names.
    pub person: Option<String>,
}

/// A request that is to be done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Where it is remembered.
    pub name: StoreKey,
    /// A keyed hash of what was asked for, as text.
    pub fingerprint: String,
    /// For how long it is remembered.
    pub kept: Duration,
}

impl Once {
    /// What is written under its name: the id of what the request made.
    pub fn value(&self, made: impl Display) -> String {
        format!("{made} {}", self.fingerprint)
    }

    /// What is known under its name, read from the value there. Fingerprints of requests that make different things
    /// differ.
    pub fn known<I: TryFrom<String>>(&self, value: &[u8]) -> Option<Known<I>> {
        let (made, fingerprint) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        if FigureId::parse(made).is_err() && UploadId::parse(made).is_err() {
            return None;
        }
        let same = I::try_from(made.to_owned()).ok().filter(|_| fingerprint == self.fingerprint);
        Some(same.map_or(Known::Other, Known::Same))
    }
}

/// What an earlier request with the same key was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<I = FigureId> {
    /// The same; it made this.
    Same(I),
    /// Another.
    Other,
}

/// What became of a job to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submission {
    /// It waits for a worker.
    Accepted {
        /// When, by the store's clock.
        at: Moment,
    },
    /// The request was made before.
    Known(Known),
    /// The upload was taken by another job, or is gone.
    Consumed,
    /// One of the gates has not what it needs.
    Bounded {
        /// Which gate.
        gate: usize,
        /// What it has no more of.
        by: Bound,
    },
    /// The queue has no free place.
    NoPlace,
}

/// What is known of an API key of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Which key.
    pub key: KeyId,
    /// What was noted of it.
    pub record: Bytes,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

/// The right to work on a job for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which job.
    pub job: JobRef,
    /// The fencing token: how often the job was handed out. An older one is refused everything.
    pub token: u32,
}

/// The lease is over and the job is somebody else's, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease is over")]
pub struct LeaseLost;

/// Why a job was not ended as wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFinished {
    /// It is somebody else's, or has ended.
    #[error("the lease is over")]
    LeaseLost,
    /// Its caller asked for it to stop, so it ends as canceled or not at all.
    #[error("its caller has canceled it")]
    CancelAsked,
}

/// A job handed out.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The right to work on it.
    pub lease: Lease,
    /// What is known of it.
    pub job: Job,
    /// When it was handed out.
    pub at: Moment,
}

/// A staged value that gets its final name.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The name under which it is staged.
    pub staged: StoreKey,
    /// Its final name.
    pub name: StoreKey,
}

/// The end of a job.
#[derive(Debug, Clone)]
pub struct Finish {
    /// A terminal state.
    pub state: State,
    /// Why there is no image.
    pub code: Option<Code>,
    /// Values that become its result, each for the job's retention.
    pub adopt: Vec<Adoption>,
    /// Whether the same request may be done again.
    pub release: bool,
    /// What it has really taken.
    pub settle: Settlement,
    /// What is counted with the end, and so exactly once.
    pub tallies: Vec<Tally>,
}

/// Something that happened to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its number among the job's events, from 1, without gaps.
    pub id: u64,
    /// When.
    pub at: Moment,
    /// What.
    pub what: Happening,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// It reached a state.
    Reached(State),
    /// Its photo was found gone.
    Purged,
}

/// What became of a cancellation.
#[derive(Debug, Clone)]
pub enum CancelOutcome {
    /// It waited; whoever asked now holds it and must end it.
    Taken(Box<Claim>),
    /// It runs; its worker was asked to stop.
    Asked,
    /// It had ended before.
    Terminal,
    /// There is no such job.
    Unknown,
}

/// What is known of a job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which job.
    pub of: JobRef,
    /// The API key that made it.
    pub key: KeyId,
    /// The photo that goes with its end.
    pub photo: Option<UploadId>,
    /// Where it is on its way.
    pub state: State,
    /// Why there is no image.
    pub code: Option<Code>,
    /// When it was accepted.
    pub created_at: Moment,
    /// When it ends at the latest.
    pub deadline_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// When its result goes; set at its end.
    pub expires_at: Option<Moment>,
    /// What was paid upstream for it; set at its end, where it is known.
    pub spent: Option<MicroUsd>,
    /// When its photo was found gone.
    pub purged_at: Option<Moment>,
    /// How often it was handed out.
    pub claims: u32,
    /// Whether its caller asked for it to stop.
    pub cancel_asked: bool,
    /// Whether its caller deleted its result.
    pub deleted: bool,
}
