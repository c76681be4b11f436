//! The store on Redis. Every primitive is one command or one script of a single shard; only this module knows Redis.

mod breaker;
mod fields;
mod founding;
mod gates;
mod keys;
mod leases;
mod link;
mod listener;
mod look;
mod nature;
mod reach;
mod shard;
mod submit;
mod values;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

pub use self::reach::RedisAddress;
use self::{founding::Founding, link::Link, reach::Client, shard::Shard};
use super::{
    Admittance, CancelOutcome, Claim, Event, Finish, Gate, Job, JobRef, KnownKey, Lease, LeaseLost, Line, NewJob,
    NotFinished, Result, Store, StoreKey, StoreNature, Submission, Tally, Topic, Wake, bells::Bells,
};
use crate::{
    domain::{FigureId, KeyId, MicroUsd, Mode, Moment, Owner, State, UploadId},
    tasks::Tasks,
};

/// Why a store on Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL or the certificate makes no sense.
    #[error("the store's URL or certificate cannot be used")]
    Settings,
    /// The server does not answer, or refuses us.
    #[error("the store does not answer: {0}")]
    Unreachable(String),
    /// It was founded by a version that lays its data out differently.
    #[error("the store was founded by another version (schema and shards {found}, here {own})")]
    Foreign {
        /// What its founding mark says.
        found: String,
        /// What this version would write.
        own: String,
    },
}

/// The store on a Redis of at least version 6.2, or a cluster of them.
pub struct RedisStore {
    link: Link,
    founding: Founding,
    bells: Arc<Bells>,
    nature: StoreNature,
    told: nature::Told,
    looked: leases::Looked,
}

impl RedisStore {
    /// Reaches a Redis. Where no store was founded yet, every look answers [`StoreError::Lost`](super::StoreError::Lost)
    /// until one is. Its wake-ups run as long as `tasks` does.
    ///
    /// # Errors
    /// When it cannot be reached, or holds a store of another layout.
    pub async fn connect(address: &RedisAddress, tasks: &Tasks) -> std::result::Result<Self, ConnectError> {
        let client = Client::of(address)?;
        let link = Link::open(&client, tasks).await?;
        let founding = Founding::of(&link).await?;
        let nature = nature::read(&link).await;
        let bells = Arc::new(Bells::new());
        drop(tasks.start(listener::listen(client, bells.clone(), tasks.stopping())));
        Ok(Self { link, founding, bells, nature, told: nature::Told::default(), looked: leases::Looked::default() })
    }

    /// Founds the store where there is none. Nodes that run take notice by themselves.
    ///
    /// # Errors
    /// When the server does not answer, or holds a store of another layout.
    pub async fn found(&self) -> std::result::Result<(), ConnectError> {
        founding::found(&self.link).await
    }

    /// The server's version, such as `7.2.15`; of a cluster, each server's.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn versions(&self) -> Result<Vec<String>> {
        nature::versions(&self.link).await
    }

    /// The policy by which it drops values when it is full; `None` when it keeps them and refuses new ones, as it must.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn evicting(&self) -> Result<Option<String>> {
        nature::evicting(&self.link).await
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn now(&self) -> Result<Moment> {
        self.link.time().await
    }

    async fn check(&self) -> Result<()> {
        self.founding.read_again(&self.link).await.map(drop)
    }

    fn nature(&self) -> StoreNature {
        self.nature
    }

    async fn nature_now(&self) -> StoreNature {
        self.told.nature(&self.link).await
    }

    async fn put(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<()> {
        let mark = values::put(&self.link, key, value, ttl).await?;
        self.founding.check(&self.link, mark.as_deref()).await
    }

    async fn put_new(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<Option<Bytes>> {
        values::put_new(&self.link, key, value, ttl).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Bytes>> {
        let (value, mark) = values::get(&self.link, key).await?;
        if value.is_none() {
            // Gone, or everything is.
            self.founding.check(&self.link, mark.as_deref()).await?;
        }
        Ok(value)
    }

    async fn expire(&self, key: &StoreKey, ttl: Duration) -> Result<bool> {
        let (there, mark) = values::expire(&self.link, key, ttl).await?;
        if !there {
            self.founding.check(&self.link, mark.as_deref()).await?;
        }
        Ok(there)
    }

    async fn delete(&self, keys: &[StoreKey]) -> Result<u64> {
        values::of_all(&self.link, "UNLINK", keys).await
    }

    async fn count_present(&self, keys: &[StoreKey]) -> Result<u64> {
        values::of_all(&self.link, "EXISTS", keys).await
    }

    async fn put_lasting(&self, key: &StoreKey, value: Bytes) -> Result<()> {
        values::put_lasting(&self.link, key, value).await
    }

    async fn add(&self, tallies: &[Tally]) -> Result<()> {
        values::add(&self.link, tallies).await
    }

    async fn note(&self, log: &StoreKey, line: &Line) -> Result<bool> {
        values::note(&self.link, log, line).await
    }

    async fn noted(&self, log: &StoreKey, before: Option<&str>, limit: usize) -> Result<Vec<String>> {
        values::noted(&self.link, log, before, limit).await
    }

    async fn strike(&self, log: &StoreKey, lines: &[String]) -> Result<u64> {
        values::strike(&self.link, log, lines).await
    }

    async fn sums(&self, key: &StoreKey) -> Result<Vec<(String, u64)>> {
        values::sums(&self.link, key).await
    }

    async fn note_key(&self, owner: &Owner, key: &KeyId, record: Bytes, ttl: Duration) -> Result<bool> {
        keys::note(&self.link, owner, key, record, ttl).await
    }

    async fn keys_of(&self, owner: &Owner, before: Option<KeyId>, limit: usize) -> Result<Vec<KnownKey>> {
        keys::known(&self.link, owner, keys::Wanted { before, limit, only: None }).await
    }

    async fn known_key(&self, owner: &Owner, key: &KeyId) -> Result<Option<KnownKey>> {
        let wanted = keys::Wanted { only: Some(*key), limit: 1, before: None };
        Ok(keys::known(&self.link, owner, wanted).await?.pop())
    }

    async fn revoke(&self, key: &KeyId, ttl: Duration) -> Result<()> {
        let revoked = keys::revoke(&self.link, key, ttl).await;
        self.bells.ring_key(key);
        revoked
    }

    async fn is_revoked(&self, key: &KeyId) -> Result<bool> {
        let (revoked, mark) = values::is_revoked(&self.link, key).await?;
        self.founding.check(&self.link, mark.as_deref()).await?;
        Ok(revoked)
    }

    async fn admit(&self, owner: &Owner, key: &KeyId, gates: &[Gate], requests: u32) -> Result<Admittance> {
        self.admit_key((owner, key), gates, requests).await
    }

    async fn submit(&self, job: NewJob) -> Result<Submission> {
        self.submit_job(job).await
    }

    async fn claim(&self, lane: Mode, lease: Duration) -> Result<Option<Claim>> {
        self.claim_next(lane, lease).await
    }

    async fn renew(&self, lease: &Lease, _by: Duration) -> Result<std::result::Result<(), LeaseLost>> {
        leases::renew(&self.link, lease).await
    }

    async fn advance(&self, lease: &Lease, state: State) -> Result<std::result::Result<(), LeaseLost>> {
        let advanced = leases::advance(&self.link, lease, state).await;
        self.bells.ring_on(&lease.job.figure);
        advanced
    }

    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<std::result::Result<(), NotFinished>> {
        let finished = leases::finish(&self.link, lease, &finish).await;
        self.bells.ring(&lease.job.figure);
        finished
    }

    async fn cancel(&self, job: &JobRef, _lease: Duration) -> Result<CancelOutcome> {
        let outcome = leases::cancel(&self.link, job).await;
        self.bells.ring(&job.figure);
        outcome
    }

    async fn job(&self, job: &JobRef) -> Result<Option<Job>> {
        let (known, mark) = look::job(&self.link, job).await?;
        if known.is_none() {
            self.founding.check(&self.link, mark.as_deref()).await?;
        }
        Ok(known.filter(|known| known.of == *job))
    }

    async fn jobs_of(&self, owner: &Owner, before: Option<FigureId>, limit: usize) -> Result<Vec<Job>> {
        look::jobs_of(&self.link, owner, before, limit).await
    }

    async fn events(&self, job: &JobRef, after: u64) -> Result<Vec<Event>> {
        look::events(&self.link, job, after).await
    }

    async fn claim_overdue(&self, lease: Duration) -> Result<Option<Claim>> {
        leases::claim_overdue(&self.link, lease).await
    }

    async fn unpurged(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
        look::unpurged(&self.link, since, limit).await
    }

    async fn mark_purged(&self, job: &JobRef, at: Moment) -> Result<()> {
        let marked = look::mark_purged(&self.link, job, at).await;
        self.bells.ring(&job.figure);
        marked
    }

    async fn mark_deleted(&self, job: &JobRef) -> Result<()> {
        let marked = look::mark_deleted(&self.link, job).await;
        self.bells.ring(&job.figure);
        marked
    }

    async fn forget(&self, job: &JobRef) -> Result<Option<u32>> {
        let forgotten = leases::forget(&self.link, job).await;
        self.bells.ring(&job.figure);
        forgotten
    }

    async fn take_place(&self, name: &StoreKey, place: &UploadId, most: u32, ttl: Duration) -> Result<bool> {
        gates::take_place(&self.link, name, place, (most, ttl)).await
    }

    async fn leave_place(&self, name: &StoreKey, place: &UploadId) -> Result<()> {
        gates::leave_place(&self.link, name, place).await
    }

    async fn reserve_spend(&self, job: &JobRef, most: MicroUsd, ceiling: MicroUsd) -> Result<bool> {
        gates::reserve_spend(&self.link, job, most, ceiling).await
    }

    async fn settle_spend(&self, job: &JobRef, spent: Option<MicroUsd>) -> Result<()> {
        gates::settle_spend(&self.link, job, spent).await
    }

    async fn open_spend(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
        gates::open_spend(&self.link, since, limit).await
    }

    async fn queued(&self) -> Result<usize> {
        let (live, test) = (look::waiting(&self.link, Mode::Live).await?, look::waiting(&self.link, Mode::Test).await?);
        Ok(live.into_iter().chain(test).sum())
    }

    fn listen(&self, topic: Topic<'_>) -> Wake {
        self.bells.listen(topic)
    }

    async fn sweep(&self) -> Result<()> {
        // Redis drops what is past its time by itself.
        Ok(())
    }
}
