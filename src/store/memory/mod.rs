//! The store in this process's memory: gone at restart.

mod gates;
mod held;
mod lanes;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use self::held::{Entry, Held, Timed};
use super::{
    Admittance, CancelOutcome, Claim, Event, Finish, Gate, Job, JobRef, KnownKey, Lease, LeaseLost, Line, NewJob,
    NotFinished, Result, Store, StoreKey, StoreNature, Submission, TIME_TO_END, Tally, Topic, Wake, bells::Bells,
};
use crate::domain::{FigureId, KeyId, MicroUsd, Mode, Moment, Owner, State, UploadId};

/// The store's clock: this machine's, plus an offset that lets time be moved on.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    fn now(&self) -> Moment {
        Moment::from_unix_millis(Moment::now().unix_millis().saturating_add(self.0.load(Ordering::SeqCst)))
    }
}

/// The store in memory.
pub struct MemoryStore {
    clock: Clock,
    held: Mutex<Held>,
    bells: Bells,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Clock) -> Self {
        Self { clock, held: Mutex::default(), bells: Bells::new() }
    }

    /// The names of everything that is held, whatever it is: for audits of what the store holds.
    pub fn names(&self) -> Vec<String> {
        let held = self.held();
        let named = held.values.keys().chain(held.lasting.keys()).chain(held.sums.keys()).chain(held.logs.keys());
        let jobs = held.jobs.keys().map(|job| format!("job:{}", job.figure));
        named.map(|name| name.as_str().to_owned()).chain(jobs).collect()
    }

    /// Every value that is kept, by name: for audits of what the store holds.
    pub fn dump(&self) -> BTreeMap<String, Bytes> {
        let held = self.held();
        held.values.iter().map(|(key, timed)| (key.as_str().to_owned(), timed.value.clone())).collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // No code panics between two changes that belong together, so a poisoned lock holds sound data.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<Moment> {
        Ok(self.clock.now())
    }

    async fn check(&self) -> Result<()> {
        Ok(())
    }

    fn nature(&self) -> StoreNature {
        StoreNature { kind: "memory", persistence: "none" }
    }

    async fn nature_now(&self) -> StoreNature {
        self.nature()
    }

    async fn put(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<()> {
        let until = self.clock.now().plus(ttl);
        self.held().values.insert(key.clone(), Timed { value, until });
        Ok(())
    }

    async fn put_new(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<Option<Bytes>> {
        let (mut held, now) = (self.held(), self.clock.now());
        if let Some(timed) = held.values.get(key).filter(|timed| timed.until > now) {
            return Ok(Some(timed.value.clone()));
        }
        held.values.insert(key.clone(), Timed { value, until: now.plus(ttl) });
        Ok(None)
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Bytes>> {
        let (held, now) = (self.held(), self.clock.now());
        let timed = held.values.get(key).filter(|timed| timed.until > now).map(|timed| &timed.value);
        Ok(timed.or_else(|| held.lasting.get(key)).cloned())
    }

    async fn expire(&self, key: &StoreKey, ttl: Duration) -> Result<bool> {
        let now = self.clock.now();
        let mut held = self.held();
        let timed = held.values.get_mut(key).filter(|timed| timed.until > now);
        Ok(timed.map(|timed| timed.until = now.plus(ttl)).is_some())
    }

    async fn delete(&self, keys: &[StoreKey]) -> Result<u64> {
        let mut held = self.held();
        let mut removed = 0;
        for key in keys {
            let value = held.values.remove(key).is_some() || held.lasting.remove(key).is_some();
            removed += u64::from(value || held.sums.remove(key).is_some() || held.logs.remove(key).is_some());
        }
        Ok(removed)
    }

    async fn count_present(&self, keys: &[StoreKey]) -> Result<u64> {
        let (now, held) = (self.clock.now(), self.held());
        let value = |key: &StoreKey| held.values.get(key).is_some_and(|timed| timed.until > now);
        let sums = |key: &StoreKey| held.sums.get(key).is_some_and(|timed| timed.until > now);
        let present = |key: &StoreKey| value(key) || sums(key) || held.lasting.contains_key(key);
        Ok(keys.iter().map(|key| u64::from(present(key) || held.logs.contains_key(key))).sum())
    }

    async fn put_lasting(&self, key: &StoreKey, value: Bytes) -> Result<()> {
        let mut held = self.held();
        held.values.remove(key);
        held.lasting.insert(key.clone(), value);
        Ok(())
    }

    async fn add(&self, tallies: &[Tally]) -> Result<()> {
        let (mut held, now) = (self.held(), self.clock.now());
        for tally in tallies {
            held.add(tally, now);
        }
        Ok(())
    }

    async fn note(&self, log: &StoreKey, line: &Line) -> Result<bool> {
        Ok(self.held().note(log, line, self.clock.now()))
    }

    async fn noted(&self, log: &StoreKey, before: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let (held, now) = (self.held(), self.clock.now());
        let lines = held.logs.get(log).filter(|timed| timed.until > now).map(|timed| timed.value.keys());
        let older = lines.into_iter().flatten().rev().filter(|line| before.is_none_or(|before| line.as_str() < before));
        Ok(older.take(limit).cloned().collect())
    }

    async fn strike(&self, log: &StoreKey, lines: &[String]) -> Result<u64> {
        let mut held = self.held();
        let Some(timed) = held.logs.get_mut(log) else { return Ok(0) };
        let struck = lines.iter().map(|line| u64::from(timed.value.remove(line).is_some())).sum();
        held.logs.retain(|_, timed| !timed.value.is_empty());
        Ok(struck)
    }

    async fn sums(&self, key: &StoreKey) -> Result<Vec<(String, u64)>> {
        let now = self.clock.now();
        let held = self.held();
        let found = held.sums.get(key).filter(|timed| timed.until > now);
        Ok(found.map(|timed| timed.value.iter().map(|(name, sum)| (name.clone(), *sum)).collect()).unwrap_or_default())
    }

    async fn note_key(&self, owner: &Owner, key: &KeyId, record: Bytes, ttl: Duration) -> Result<bool> {
        let now = self.clock.now();
        Ok(self.held().note_key(owner, *key, Timed { value: record, until: now.plus(ttl) }, now))
    }

    async fn keys_of(&self, owner: &Owner, before: Option<KeyId>, limit: usize) -> Result<Vec<KnownKey>> {
        let (held, now) = (self.held(), self.clock.now());
        let older = held.known_keys(owner, now).filter(|known| before.is_none_or(|before| known.key < before));
        Ok(older.take(limit).collect())
    }

    async fn known_key(&self, owner: &Owner, key: &KeyId) -> Result<Option<KnownKey>> {
        let (held, now) = (self.held(), self.clock.now());
        Ok(held.known_keys(owner, now).find(|known| known.key == *key))
    }

    async fn revoke(&self, key: &KeyId, ttl: Duration) -> Result<()> {
        let now = self.clock.now();
        let mut held = self.held();
        held.revoked.retain(|_, timed| timed.until > now);
        held.revoked.entry(*key).or_insert(Timed { value: now, until: now.plus(ttl) });
        drop(held);
        self.bells.ring_key(key);
        Ok(())
    }

    async fn is_revoked(&self, key: &KeyId) -> Result<bool> {
        let now = self.clock.now();
        Ok(self.held().revoked.get(key).is_some_and(|timed| timed.until > now))
    }

    async fn admit(&self, _owner: &Owner, key: &KeyId, gates: &[Gate], requests: u32) -> Result<Admittance> {
        let (mut held, now) = (self.held(), self.clock.now());
        if held.revoked.get(key).is_some_and(|timed| timed.until > now) {
            return Ok(Admittance::Revoked);
        }
        Ok(held.gates.admit(gates, requests, now))
    }

    async fn submit(&self, new: NewJob) -> Result<Submission> {
        let lane = new.lane;
        let submission = self.held().submit(new, self.clock.now());
        self.bells.ring_jobs(lane);
        Ok(submission)
    }

    async fn claim(&self, lane: Mode, lease: Duration) -> Result<Option<Claim>> {
        let now = self.clock.now();
        let mut held = self.held();
        let in_lane = |job: &JobRef| held.jobs.get(job).is_some_and(|entry| entry.lane == lane);
        let lapsed = held.pending.iter().find(|(job, until)| **until <= now && in_lane(job));
        let lapsed = lapsed.map(|(job, _)| job.clone());
        let next = lapsed.or_else(|| held.lanes.next(lane));
        Ok(next.and_then(|job| held.hand_out(job, now, lease)))
    }

    async fn renew(&self, lease: &Lease, by: Duration) -> Result<std::result::Result<(), LeaseLost>> {
        let until = self.clock.now().plus(by);
        let mut held = self.held();
        if held.leased(lease).is_err() {
            return Ok(Err(LeaseLost));
        }
        held.pending.insert(lease.job.clone(), until);
        Ok(Ok(()))
    }

    async fn advance(&self, lease: &Lease, state: State) -> Result<std::result::Result<(), LeaseLost>> {
        let now = self.clock.now();
        let advanced = self.held().leased(lease).map(|entry| entry.reach(state, now));
        self.bells.ring_on(&lease.job.figure);
        Ok(advanced)
    }

    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<std::result::Result<(), NotFinished>> {
        let finished = self.held().finish(lease, finish, self.clock.now());
        self.bells.ring(&lease.job.figure);
        Ok(finished)
    }

    async fn cancel(&self, job: &JobRef, lease: Duration) -> Result<CancelOutcome> {
        let now = self.clock.now();
        let outcome = {
            let mut held = self.held();
            let running = held.pending.contains_key(job);
            match held.jobs.get_mut(job) {
                None => CancelOutcome::Unknown,
                Some(entry) if entry.job.state.is_terminal() => CancelOutcome::Terminal,
                Some(entry) => {
                    entry.job.cancel_asked = true;
                    let taken = if running { None } else { held.hand_out(job.clone(), now, lease) };
                    taken.map_or(CancelOutcome::Asked, |claim| CancelOutcome::Taken(Box::new(claim)))
                }
            }
        };
        self.bells.ring(&job.figure);
        Ok(outcome)
    }

    async fn job(&self, job: &JobRef) -> Result<Option<Job>> {
        let now = self.clock.now();
        let held = self.held();
        Ok(held.jobs.get(job).filter(|entry| !entry.forgotten(now)).map(|entry| entry.job.clone()))
    }

    async fn jobs_of(&self, owner: &Owner, before: Option<FigureId>, limit: usize) -> Result<Vec<Job>> {
        let now = self.clock.now();
        let held = self.held();
        let own = held.jobs.values().filter(|entry| entry.is_listed(owner, now)).map(|entry| &entry.job);
        let mut jobs: Vec<_> = own.filter(|job| before.is_none_or(|before| job.of.figure < before)).cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.of.figure));
        jobs.truncate(limit);
        Ok(jobs)
    }

    async fn events(&self, job: &JobRef, after: u64) -> Result<Vec<Event>> {
        let now = self.clock.now();
        let held = self.held();
        let known = held.jobs.get(job).filter(|entry| !entry.forgotten(now));
        let events = known.map(|entry| entry.events.iter().filter(|event| event.id > after).copied().collect());
        Ok(events.unwrap_or_default())
    }

    async fn claim_overdue(&self, lease: Duration) -> Result<Option<Claim>> {
        let now = self.clock.now();
        let mut held = self.held();
        let overdue = held.jobs.values().find(|Entry { job, late, .. }| {
            let leased = held.pending.get(&job.of).is_some_and(|until| *until > now);
            let working = leased && (*late || job.deadline_at.plus(TIME_TO_END) > now);
            !job.state.is_terminal() && !working && job.deadline_at <= now
        });
        let overdue = overdue.map(|entry| entry.job.of.clone());
        Ok(overdue.and_then(|job| held.hand_out(job, now, lease)))
    }

    async fn unpurged(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
        let now = self.clock.now();
        let held = self.held();
        let ended = held.jobs.values().map(|entry| &entry.job);
        let is_late = |job: &&Job| job.ended_at.is_some_and(|at| at.plus(since) <= now);
        let unpurged = ended.filter(|job| job.purged_at.is_none()).filter(is_late);
        Ok(unpurged.take(limit).map(|job| job.of.clone()).collect())
    }

    async fn mark_purged(&self, job: &JobRef, at: Moment) -> Result<()> {
        if let Some(entry) = self.held().jobs.get_mut(job) {
            entry.purged(at);
        }
        self.bells.ring(&job.figure);
        Ok(())
    }

    async fn mark_deleted(&self, job: &JobRef) -> Result<()> {
        if let Some(entry) = self.held().jobs.get_mut(job) {
            entry.job.deleted = true;
        }
        self.bells.ring(&job.figure);
        Ok(())
    }

    async fn forget(&self, job: &JobRef) -> Result<Option<u32>> {
        let forgotten = self.held().forget(job, self.clock.now());
        self.bells.ring(&job.figure);
        Ok(forgotten)
    }

    async fn take_place(&self, name: &StoreKey, place: &UploadId, most: u32, ttl: Duration) -> Result<bool> {
        let now = self.clock.now();
        Ok(self.held().take_place(name, *place, most, (now, now.plus(ttl))))
    }

    async fn leave_place(&self, name: &StoreKey, place: &UploadId) -> Result<()> {
        if let Some(places) = self.held().places.get_mut(name) {
            places.remove(place);
        }
        Ok(())
    }

    async fn reserve_spend(&self, job: &JobRef, most: MicroUsd, ceiling: MicroUsd) -> Result<bool> {
        let now = self.clock.now();
        Ok(self.held().spend.reserve(job, most, ceiling, now))
    }

    async fn settle_spend(&self, job: &JobRef, spent: Option<MicroUsd>) -> Result<()> {
        self.held().spend.settle(job, spent);
        Ok(())
    }

    async fn open_spend(&self, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
        let now = self.clock.now();
        Ok(self.held().spend.open(since, limit, now))
    }

    async fn queued(&self) -> Result<usize> {
        let held = self.held();
        Ok(held.lanes.waiting(Mode::Live) + held.lanes.waiting(Mode::Test))
    }

    fn listen(&self, topic: Topic<'_>) -> Wake {
        self.bells.listen(topic)
    }

    async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let mut held = self.held();
        held.values.retain(|_, timed| timed.until > now);
        held.sums.retain(|_, timed| timed.until > now);
        held.logs.retain(|_, timed| timed.until > now);
        held.revoked.retain(|_, timed| timed.until > now);
        held.keys.values_mut().for_each(|keys| keys.retain(|_, timed| timed.until > now));
        held.keys.retain(|_, keys| !keys.is_empty());
        held.places.values_mut().for_each(|places| places.retain(|_, until| *until > now));
        held.places.retain(|_, places| !places.is_empty());
        held.gates.sweep(now);
        held.spend.sweep(now);
        held.jobs.retain(|_, entry| !entry.forgotten(now));
        Ok(())
    }
}
