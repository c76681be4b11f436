//! The store: a dozen atomic primitives without judgment. What they mean is decided above.
//!
//! Everything has a lifetime at birth. Everything that belongs to an account lies in the account's shard, so that one
//! primitive never has to touch two. Times are the store's own.

mod bells;
mod gate;
mod job;
mod key;
mod line;
mod memory;
mod patience;
mod redis;
mod tally;

use std::time::Duration;

pub use self::redis::{ConnectError, RedisAddress, RedisStore};
use async_trait::async_trait;
use bytes::Bytes;
pub use gate::{Admittance, Bound, Gate, Reservation, Settlement, Standing, Standings};
pub use job::{
    Adoption, CancelOutcome, Claim, Event, Finish, Happening, Job, JobRef, Known, KnownKey, Lease, LeaseLost, NewJob,
    NotFinished, Once, Submission,
};
pub use key::StoreKey;
pub use line::{HELD_KEPT, Held, HeldId, Line};
pub use memory::{Clock, MemoryStore};
pub use patience::{Away, patiently};
pub use tally::Tally;
use tokio::sync::watch;

use crate::domain::{FigureId, KeyId, MicroUsd, Mode, Moment, Owner, State, UploadId};

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer. What was asked may or may not have been done.
    #[error("the store does not answer")]
    Unavailable,
    /// It answers, but was never founded or is not what was founded: what it held is gone, revocations and jobs alike.
    #[error("the store has lost its data or was never founded")]
    Lost,
}

/// The result of a primitive.
pub type Result<T> = std::result::Result<T, StoreError>;

/// How a store keeps what it is given; stands in receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreNature {
    /// `memory` or `redis`.
    pub kind: &'static str,
    /// What survives: `none`, or the server's persistence mode.
    pub persistence: &'static str,
}

impl StoreNature {
    /// Whether other nodes may work on the same jobs, now or after this one.
    pub fn is_shared(self) -> bool {
        self.kind != "memory"
    }
}

/// What waiters can be woken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic<'a> {
    /// A job of this lane was added to the queue.
    Jobs(Mode),
    /// This job has ended, its photo or itself is gone, or its end was asked for.
    Job(&'a JobRef),
    /// Something has happened to this job, be it that its making goes on.
    Events(&'a JobRef),
    /// This API key was revoked.
    Key(&'a KeyId),
}

/// A wake-up that may come early or, over a network, never: look again after it and after a while.
#[must_use]
pub struct Wake(watch::Receiver<u64>);

impl Wake {
    /// Waits for the next change, at most `limit`.
    pub async fn within(mut self, limit: Duration) {
        // A closed channel means that the store is gone; the caller looks again and learns it there.
        let _ = tokio::time::timeout(limit, self.0.changed()).await;
    }
}

/// The primitives. Implementations: [`MemoryStore`] and [`RedisStore`].
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The store's clock.
    async fn now(&self) -> Result<Moment>;

    /// Looks whether it answers and is the store that was founded.
    async fn check(&self) -> Result<()>;

    /// How this store keeps what it is given, as it was when it was reached.
    fn nature(&self) -> StoreNature;

    /// The same as of now: a server's persistence can be turned on and off while it runs. What cannot be seen is
    /// `unknown`.
    async fn nature_now(&self) -> StoreNature;

    /// Keeps a value until its time is over.
    async fn put(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<()>;

    /// Keeps a value where there is none yet; gives the one that is there already.
    async fn put_new(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<Option<Bytes>>;

    /// Reads a value.
    async fn get(&self, key: &StoreKey) -> Result<Option<Bytes>>;

    /// Sets a value's remaining time; false when there is no such value.
    async fn expire(&self, key: &StoreKey, ttl: Duration) -> Result<bool>;

    /// Deletes values; says how many there were.
    async fn delete(&self, keys: &[StoreKey]) -> Result<u64>;

    /// Counts those of the values that are there.
    async fn count_present(&self, keys: &[StoreKey]) -> Result<u64>;

    /// Keeps a value without an end: for what somebody has decided, and nothing else.
    async fn put_lasting(&self, key: &StoreKey, value: Bytes) -> Result<()>;

    /// Adds to named counters, all of one account; their time starts with the first addition.
    async fn add(&self, tallies: &[Tally]) -> Result<()>;

    /// Reads the counters under a key, in the order of their names.
    async fn sums(&self, key: &StoreKey) -> Result<Vec<(String, u64)>>;

    /// Writes a line into a log; says whether it was not there yet.
    async fn note(&self, log: &StoreKey, line: &Line) -> Result<bool>;

    /// The lines of a log, newest first, those older than `before` alone.
    async fn noted(&self, log: &StoreKey, before: Option<&str>, limit: usize) -> Result<Vec<String>>;

    /// Takes lines out of a log; says how many there were.
    async fn strike(&self, log: &StoreKey, lines: &[String]) -> Result<u64>;

    /// Notes an API key of an account, unless it is noted already; false when the account has no room for more keys.
    async fn note_key(&self, owner: &Owner, key: &KeyId, record: Bytes, ttl: Duration) -> Result<bool>;

    /// The keys noted of an account, newest first, those older than `before` alone.
    async fn keys_of(&self, owner: &Owner, before: Option<KeyId>, limit: usize) -> Result<Vec<KnownKey>>;

    /// One key noted of an account.
    async fn known_key(&self, owner: &Owner, key: &KeyId) -> Result<Option<KnownKey>>;

    /// Marks an API key as revoked, if it is not yet. Told by [`Topic::Key`].
    async fn revoke(&self, key: &KeyId, ttl: Duration) -> Result<()>;

    /// Whether an API key is revoked.
    async fn is_revoked(&self, key: &KeyId) -> Result<bool>;

    /// Lets requests of a key in, in one step: if the key is not revoked and they do not come too fast for any of the
    /// gates. No requests at all are a mere look at the gates. What lies in the account's shard decides.
    async fn admit(&self, owner: &Owner, key: &KeyId, gates: &[Gate], requests: u32) -> Result<Admittance>;

    /// Adds a job, in one step and this order: if the same was not asked for before, if the upload that it takes is
    /// unused, if the queue has a free place, and if every gate has a free seat, the figures and the money that it
    /// reserves. A refusal changes nothing; a job that was added before is accepted as it was.
    async fn submit(&self, job: NewJob) -> Result<Submission>;

    /// Hands out a job of a lane whose lease is over, or the next of those that wait: accounts take turns, and an
    /// account's own jobs come in the order in which they were submitted. Live and test are lanes of their own.
    async fn claim(&self, lane: Mode, lease: Duration) -> Result<Option<Claim>>;

    /// Extends a lease.
    async fn renew(&self, lease: &Lease, by: Duration) -> Result<std::result::Result<(), LeaseLost>>;

    /// Records the state that a running job has reached.
    async fn advance(&self, lease: &Lease, state: State) -> Result<std::result::Result<(), LeaseLost>>;

    /// Ends a running job: state, seats, settlement, and the staged results under their final names, in one step. One
    /// that was asked to stop ends as canceled alone. Ending it again in the same state under the same token changes
    /// nothing and is answered alike, since the first answer may have been lost.
    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<std::result::Result<(), NotFinished>>;

    /// Takes a job that waits away from the queue, so that the caller of this can end it; asks the worker of one that
    /// runs to stop.
    async fn cancel(&self, job: &JobRef, lease: Duration) -> Result<CancelOutcome>;

    /// Reads a job.
    async fn job(&self, job: &JobRef) -> Result<Option<Job>>;

    /// An account's listed jobs whose results are not over or deleted, newest first, those older than `before` alone.
    async fn jobs_of(&self, owner: &Owner, before: Option<FigureId>, limit: usize) -> Result<Vec<Job>>;

    /// What has happened to a job after its event `after`, in order. Told by [`Topic::Events`].
    async fn events(&self, job: &JobRef, after: u64) -> Result<Vec<Event>>;

    /// Hands out a job that is past its deadline and that no worker holds. A worker that has held it since before has
    /// [`TIME_TO_END`] for its end; then it counts for dead, whatever its lease.
    async fn claim_overdue(&self, lease: Duration) -> Result<Option<Claim>>;

    /// Jobs that have ended at least `since` ago and whose photo is not yet known to be gone.
    async fn unpurged(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>>;

    /// Records that a job's photo is gone.
    async fn mark_purged(&self, job: &JobRef, at: Moment) -> Result<()>;

    /// Records that a job's result was deleted on request.
    async fn mark_deleted(&self, job: &JobRef) -> Result<()>;

    /// Forgets a job at once, whatever its state, with its place, its events and what remembers its request; who works on
    /// it has lost the lease. Says how often it was handed out; `None` when there is no such job.
    async fn forget(&self, job: &JobRef) -> Result<Option<u32>>;

    /// Takes a place among at most so many under a name, for a while; false when none is free. Taking it again keeps it.
    async fn take_place(&self, name: &StoreKey, place: &UploadId, most: u32, ttl: Duration) -> Result<bool>;

    /// Leaves a place.
    async fn leave_place(&self, name: &StoreKey, place: &UploadId) -> Result<()>;

    /// Sets a job's share of the whole installation's spend upstream aside, for the day on which it is asked; false
    /// when that would go beyond the day's ceiling. Asking again for the same job changes nothing.
    async fn reserve_spend(&self, job: &JobRef, most: MicroUsd, ceiling: MicroUsd) -> Result<bool>;

    /// Puts what was really spent in place of what was set aside for a job, or leaves all of it counted where that is not
    /// known; where nothing is set aside, nothing happens.
    async fn settle_spend(&self, job: &JobRef, spent: Option<MicroUsd>) -> Result<()>;

    /// Jobs for which spend was set aside at least `since` ago and not settled.
    async fn open_spend(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>>;

    /// How many jobs wait.
    async fn queued(&self) -> Result<usize>;

    /// Registers for a wake-up; register first, then look, then wait, and no change is missed.
    fn listen(&self, topic: Topic<'_>) -> Wake;

    /// Drops what is past its time, where the store does not do so by itself.
    async fn sweep(&self) -> Result<()>;
}

/// How long past a job's deadline it is left to the worker that holds it.
pub const TIME_TO_END: Duration = Duration::from_secs(2);

/// The most keys that are noted of an account.
pub const MOST_KEYS: usize = 1_000;

/// The hash tag that keeps everything of an account in one place.
fn shard_tag(owner: &Owner) -> String {
    format!("{{s{}}}", owner.shard())
}
