//! The store in this process's memory: gone at restart.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::{
    CancelOutcome, Claim, Finish, Job, JobRef, Lease, LeaseLost, NewJob, Result, Store, StoreKey, StoreNature,
    Submission, Topic, Wake,
};
use crate::domain::{Code, KeyId, Moment, State};

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

/// Bells that ring on a change. A fixed number: a job rings the one that its id falls on, so waiters may wake early.
const BELLS: usize = 256;

/// The store in memory.
pub struct MemoryStore {
    clock: Clock,
    held: Mutex<Held>,
    jobs_bell: watch::Sender<u64>,
    bells: Vec<watch::Sender<u64>>,
}

#[derive(Default)]
struct Held {
    values: HashMap<StoreKey, Timed<Bytes>>,
    sums: HashMap<StoreKey, Timed<BTreeMap<&'static str, u64>>>,
    revoked: HashMap<KeyId, Moment>,
    jobs: HashMap<JobRef, Entry>,
    seats: HashMap<KeyId, HashSet<JobRef>>,
    queue: VecDeque<JobRef>,
    /// Jobs that are handed out, and until when: the pending list.
    pending: BTreeMap<JobRef, Moment>,
}

struct Timed<T> {
    value: T,
    until: Moment,
}

struct Entry {
    job: Job,
    retention: Duration,
    remembered: Duration,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Clock) -> Self {
        let bell = || watch::channel(0).0;
        Self {
            clock,
            held: Mutex::default(),
            jobs_bell: bell(),
            bells: std::iter::repeat_with(bell).take(BELLS).collect(),
        }
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

    fn bell(&self, job: &JobRef) -> &watch::Sender<u64> {
        let digest =
            job.figure.to_string().bytes().fold(5_381_usize, |sum, byte| sum.wrapping_mul(33) ^ usize::from(byte));
        &self.bells[digest % BELLS]
    }

    fn ring(&self, job: &JobRef) {
        self.bell(job).send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Held {
    /// The running job under a lease that still counts.
    fn leased(&mut self, lease: &Lease) -> std::result::Result<&mut Entry, LeaseLost> {
        let pending = self.pending.contains_key(&lease.job);
        let entry = self.jobs.get_mut(&lease.job).ok_or(LeaseLost)?;
        if pending && entry.job.claims == lease.token { Ok(entry) } else { Err(LeaseLost) }
    }

    fn hand_out(&mut self, job: JobRef, until: Moment) -> Option<Claim> {
        let entry = self.jobs.get_mut(&job)?;
        entry.job.claims += 1;
        self.queue.retain(|waiting| *waiting != job);
        let claim = Claim { lease: Lease { job: job.clone(), token: entry.job.claims }, job: entry.job.clone() };
        self.pending.insert(job, until);
        Some(claim)
    }

    fn end(&mut self, job: &JobRef, state: State, code: Option<Code>, now: Moment) {
        self.pending.remove(job);
        if let Some(entry) = self.jobs.get_mut(job) {
            entry.job.state = state;
            entry.job.code = code;
            entry.job.ended_at = Some(now);
            entry.job.expires_at = Some(now.plus(entry.retention));
            if let Some(seats) = self.seats.get_mut(&entry.job.key) {
                seats.remove(job);
            }
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<Moment> {
        Ok(self.clock.now())
    }

    fn nature(&self) -> StoreNature {
        StoreNature { kind: "memory", persistence: "none" }
    }

    async fn put(&self, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<()> {
        let until = self.clock.now().plus(ttl);
        self.held().values.insert(key.clone(), Timed { value, until });
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Bytes>> {
        let now = self.clock.now();
        Ok(self.held().values.get(key).filter(|timed| timed.until > now).map(|timed| timed.value.clone()))
    }

    async fn expire(&self, key: &StoreKey, ttl: Duration) -> Result<bool> {
        let now = self.clock.now();
        let mut held = self.held();
        let timed = held.values.get_mut(key).filter(|timed| timed.until > now);
        Ok(timed.map(|timed| timed.until = now.plus(ttl)).is_some())
    }

    async fn delete(&self, keys: &[StoreKey]) -> Result<u64> {
        let mut held = self.held();
        Ok(keys.iter().map(|key| u64::from(held.values.remove(key).is_some())).sum())
    }

    async fn count_present(&self, keys: &[StoreKey]) -> Result<u64> {
        let (now, held) = (self.clock.now(), self.held());
        Ok(keys.iter().map(|key| u64::from(held.values.get(key).is_some_and(|timed| timed.until > now))).sum())
    }

    async fn add(&self, key: &StoreKey, sums: &[(&'static str, u64)], ttl: Duration) -> Result<()> {
        let until = self.clock.now().plus(ttl);
        let mut held = self.held();
        let timed = held.sums.entry(key.clone()).or_insert_with(|| Timed { value: BTreeMap::new(), until });
        for (name, amount) in sums {
            let sum = timed.value.entry(name).or_default();
            *sum = sum.saturating_add(*amount);
        }
        Ok(())
    }

    async fn sums(&self, key: &StoreKey) -> Result<Vec<(String, u64)>> {
        let now = self.clock.now();
        let held = self.held();
        let found = held.sums.get(key).filter(|timed| timed.until > now);
        Ok(found
            .map(|timed| timed.value.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect())
            .unwrap_or_default())
    }

    async fn revoke(&self, key: &KeyId, ttl: Duration) -> Result<()> {
        let until = self.clock.now().plus(ttl);
        self.held().revoked.insert(*key, until);
        Ok(())
    }

    async fn is_revoked(&self, key: &KeyId) -> Result<bool> {
        let now = self.clock.now();
        Ok(self.held().revoked.get(key).is_some_and(|until| *until > now))
    }

    async fn submit(&self, new: NewJob) -> Result<Submission> {
        let now = self.clock.now();
        {
            let mut held = self.held();
            if held.queue.len() >= new.places {
                return Ok(Submission::NoPlace);
            }
            let seats = held.seats.entry(new.key).or_default();
            if seats.len() >= new.seats as usize {
                return Ok(Submission::NoSeat);
            }
            seats.insert(new.job.clone());
            held.queue.push_back(new.job.clone());
            let job = Job {
                of: new.job.clone(),
                key: new.key,
                state: State::Queued,
                code: None,
                created_at: now,
                deadline_at: now.plus(new.deadline),
                ended_at: None,
                expires_at: None,
                purged_at: None,
                claims: 0,
                cancel_asked: false,
                deleted: false,
            };
            held.jobs.insert(new.job, Entry { job, retention: new.retention, remembered: new.remembered });
        }
        self.jobs_bell.send_modify(|count| *count = count.wrapping_add(1));
        Ok(Submission::Accepted { at: now })
    }

    async fn claim(&self, lease: Duration) -> Result<Option<Claim>> {
        let now = self.clock.now();
        let mut held = self.held();
        let lapsed = held.pending.iter().find(|(_, until)| **until <= now).map(|(job, _)| job.clone());
        let next = lapsed.or_else(|| held.queue.front().cloned());
        Ok(next.and_then(|job| held.hand_out(job, now.plus(lease))))
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
        let advanced = self.held().leased(lease).map(|entry| entry.job.state = state);
        self.ring(&lease.job);
        Ok(advanced)
    }

    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<std::result::Result<(), LeaseLost>> {
        let now = self.clock.now();
        {
            let mut held = self.held();
            let Ok(entry) = held.leased(lease) else { return Ok(Err(LeaseLost)) };
            let until = now.plus(entry.retention);
            for adoption in finish.adopt {
                if let Some(staged) = held.values.remove(&adoption.staged) {
                    held.values.insert(adoption.name, Timed { value: staged.value, until });
                }
            }
            held.end(&lease.job, finish.state, finish.code, now);
        }
        self.ring(&lease.job);
        Ok(Ok(()))
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
                    let taken = if running { None } else { held.hand_out(job.clone(), now.plus(lease)) };
                    taken.map_or(CancelOutcome::Asked, |claim| CancelOutcome::Taken(Box::new(claim)))
                }
            }
        };
        self.ring(job);
        Ok(outcome)
    }

    async fn job(&self, job: &JobRef) -> Result<Option<Job>> {
        let now = self.clock.now();
        let held = self.held();
        Ok(held.jobs.get(job).filter(|entry| !entry.forgotten(now)).map(|entry| entry.job.clone()))
    }

    async fn claim_overdue(&self, lease: Duration) -> Result<Option<Claim>> {
        let now = self.clock.now();
        let mut held = self.held();
        let overdue = held.jobs.values().map(|entry| &entry.job).find(|job| {
            let working = held.pending.get(&job.of).is_some_and(|until| *until > now);
            !job.state.is_terminal() && !working && job.deadline_at <= now
        });
        let overdue = overdue.map(|job| job.of.clone());
        Ok(overdue.and_then(|job| held.hand_out(job, now.plus(lease))))
    }

    async fn unpurged(&self, limit: usize) -> Result<Vec<JobRef>> {
        let held = self.held();
        let ended = held.jobs.values().map(|entry| &entry.job);
        let unpurged = ended.filter(|job| job.state.is_terminal() && job.purged_at.is_none());
        Ok(unpurged.take(limit).map(|job| job.of.clone()).collect())
    }

    async fn mark_purged(&self, job: &JobRef, at: Moment) -> Result<()> {
        if let Some(entry) = self.held().jobs.get_mut(job) {
            entry.job.purged_at.get_or_insert(at);
        }
        self.ring(job);
        Ok(())
    }

    async fn mark_deleted(&self, job: &JobRef) -> Result<()> {
        if let Some(entry) = self.held().jobs.get_mut(job) {
            entry.job.deleted = true;
        }
        self.ring(job);
        Ok(())
    }

    async fn queued(&self) -> Result<usize> {
        Ok(self.held().queue.len())
    }

    fn listen(&self, topic: Topic<'_>) -> Wake {
        Wake(match topic {
            Topic::Jobs => self.jobs_bell.subscribe(),
            Topic::Job(job) => self.bell(job).subscribe(),
        })
    }

    async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let mut held = self.held();
        held.values.retain(|_, timed| timed.until > now);
        held.sums.retain(|_, timed| timed.until > now);
        held.revoked.retain(|_, until| *until > now);
        held.seats.retain(|_, seats| !seats.is_empty());
        held.jobs.retain(|_, entry| !entry.forgotten(now));
        Ok(())
    }
}

impl Entry {
    fn forgotten(&self, now: Moment) -> bool {
        self.job.expires_at.is_some_and(|at| at.plus(self.remembered) <= now)
    }
}
