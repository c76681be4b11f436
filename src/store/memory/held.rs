//! What the store in memory holds, and the steps that change several parts of it at once.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use bytes::Bytes;

use super::{
    gates::{Gates, Spend, Taken},
    lanes::Lanes,
};
use crate::{
    domain::{KeyId, Mode, Moment, Owner, State, UploadId},
    store::{
        Claim, Event, Finish, Happening, HeldId, Job, JobRef, Known, KnownKey, Lease, LeaseLost, Line, MOST_KEYS,
        NewJob, NotFinished, Settlement, StoreKey, Submission, Tally, line,
    },
};

#[derive(Default)]
pub(super) struct Held {
    pub(super) values: HashMap<StoreKey, Timed<Bytes>>,
    pub(super) lasting: HashMap<StoreKey, Bytes>,
    pub(super) sums: HashMap<StoreKey, Timed<BTreeMap<String, u64>>>,
    pub(super) logs: HashMap<StoreKey, Timed<BTreeMap<String, Moment>>>,
    /// When each key was revoked, and until when that is remembered.
    pub(super) revoked: HashMap<KeyId, Timed<Moment>>,
    pub(super) keys: HashMap<Owner, BTreeMap<KeyId, Timed<Bytes>>>,
    pub(super) jobs: HashMap<JobRef, Entry>,
    pub(super) places: HashMap<StoreKey, HashMap<UploadId, Moment>>,
    pub(super) gates: Gates,
    pub(super) spend: Spend,
    pub(super) lanes: Lanes,
    /// Jobs that are handed out, and until when: the pending list.
    pub(super) pending: BTreeMap<JobRef, Moment>,
}

pub(super) struct Timed<T> {
    pub(super) value: T,
    pub(super) until: Moment,
}

pub(super) struct Entry {
    pub(super) job: Job,
    pub(super) events: Vec<Event>,
    retention: Duration,
    remembered: Duration,
    once: Vec<StoreKey>,
    listed: bool,
    taken: Taken,
    pub(super) lane: Mode,
    /// Whether it was handed out past its deadline, to be ended.
    pub(super) late: bool,
}

impl Held {
    pub(super) fn add(&mut self, tally: &Tally, now: Moment) {
        let until = now.plus(tally.kept);
        let timed = self.sums.entry(tally.name.clone()).or_insert_with(|| Timed { value: BTreeMap::new(), until });
        if timed.until <= now {
            *timed = Timed { value: BTreeMap::new(), until };
        }
        for (name, amount) in &tally.sums {
            let sum = timed.value.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
    }

    pub(super) fn note(&mut self, log: &StoreKey, line: &Line, now: Moment) -> bool {
        let until = now.plus(line.kept);
        let timed = self.logs.entry(log.clone()).or_insert_with(|| Timed { value: BTreeMap::new(), until });
        timed.value.retain(|_, until| *until > now);
        timed.until = timed.until.max(until);
        let new = timed.value.insert(line.text.clone(), until).is_none();
        while timed.value.len() > line.most as usize {
            timed.value.pop_first();
        }
        new
    }

    pub(super) fn forget(&mut self, job: &JobRef, now: Moment) -> Option<u32> {
        let entry = self.jobs.remove(job).filter(|entry| !entry.forgotten(now))?;
        self.release(&entry.once, job);
        self.lanes.wait_no_more(entry.lane, job);
        self.pending.remove(job);
        if entry.job.ended_at.is_none() {
            self.gates.settle(job, &entry.taken, Settlement::default());
        }
        Some(entry.job.claims)
    }

    /// Lets the request that made a job be done again.
    fn release(&mut self, once: &[StoreKey], job: &JobRef) {
        let figure = job.figure.to_string();
        // Since its time was over, another job may have taken the name.
        let own = |timed: &Timed<Bytes>| timed.value.starts_with(figure.as_bytes());
        self.values.retain(|name, timed| !once.contains(name) || !own(timed));
    }

    pub(super) fn note_key(&mut self, owner: &Owner, key: KeyId, record: Timed<Bytes>, now: Moment) -> bool {
        let keys = self.keys.entry(owner.clone()).or_default();
        keys.retain(|_, timed| timed.until > now);
        if keys.len() >= MOST_KEYS && !keys.contains_key(&key) {
            return false;
        }
        keys.entry(key).or_insert(record);
        true
    }

    pub(super) fn take_place(
        &mut self,
        name: &StoreKey,
        place: UploadId,
        most: u32,
        (now, until): (Moment, Moment),
    ) -> bool {
        let places = self.places.entry(name.clone()).or_default();
        places.retain(|_, until| *until > now);
        let free = places.contains_key(&place) || places.len() < most as usize;
        if free {
            places.insert(place, until);
        }
        free
    }

    pub(super) fn known_keys(&self, owner: &Owner, now: Moment) -> impl Iterator<Item = KnownKey> {
        let keys = self.keys.get(owner).into_iter().flatten().rev();
        keys.filter(move |(_, timed)| timed.until > now).map(move |(key, timed)| KnownKey {
            key: *key,
            record: timed.value.clone(),
            revoked_at: self.revoked.get(key).filter(|timed| timed.until > now).map(|timed| timed.value),
        })
    }

    pub(super) fn submit(&mut self, new: NewJob, now: Moment) -> Submission {
        if let Some(entry) = self.jobs.get(&new.job).filter(|entry| !entry.forgotten(now)) {
            return Submission::Accepted { at: entry.job.created_at };
        }
        if let Some(known) = self.known(&new, now) {
            return Submission::Known(known);
        }
        let unused = |name: &StoreKey| self.values.get(name).is_some_and(|timed| timed.until > now);
        if !new.consumes.as_ref().is_none_or(unused) {
            return Submission::Consumed;
        }
        if self.lanes.waiting(new.lane) >= new.places {
            return Submission::NoPlace;
        }
        if let Some((gate, by)) = self.gates.bound(&new.gates, new.reserve, now) {
            return Submission::Bounded { gate, by };
        }
        let taken = self.gates.take(&new.gates, &new.job, new.reserve, (now, new.deadline));
        if let Some(once) = new.once.first() {
            let value = once.value(new.job.figure).into();
            self.values.insert(once.name.clone(), Timed { value, until: now.plus(once.kept) });
        }
        if let Some(name) = &new.consumes {
            self.values.remove(name);
        }
        let once = new.once.first().map(|once| &once.name);
        let held = line::Held::new(HeldId::Figure(new.job.figure), once, new.person.as_deref()).line();
        self.note(&StoreKey::held(&new.job.owner), &held, now);
        if let Some(person) = &new.person {
            self.note(&StoreKey::person(&new.job.owner, person), &held, now);
        }
        self.lanes.wait(new.lane, &new.job);
        self.jobs.insert(new.job.clone(), Entry::new(new, taken, now));
        Submission::Accepted { at: now }
    }

    fn known(&self, new: &NewJob, now: Moment) -> Option<Known> {
        new.once.iter().find_map(|once| {
            let kept = self.values.get(&once.name).filter(|timed| timed.until > now)?;
            once.known(&kept.value)
        })
    }

    /// The running job under a lease that still counts.
    pub(super) fn leased(&mut self, lease: &Lease) -> Result<&mut Entry, LeaseLost> {
        let pending = self.pending.contains_key(&lease.job);
        let entry = self.jobs.get_mut(&lease.job).ok_or(LeaseLost)?;
        if pending && entry.job.claims == lease.token { Ok(entry) } else { Err(LeaseLost) }
    }

    pub(super) fn hand_out(&mut self, job: JobRef, now: Moment, lease: Duration) -> Option<Claim> {
        let entry = self.jobs.get_mut(&job)?;
        entry.job.claims += 1;
        entry.late |= entry.job.deadline_at <= now;
        self.lanes.wait_no_more(entry.lane, &job);
        let claim =
            Claim { lease: Lease { job: job.clone(), token: entry.job.claims }, job: entry.job.clone(), at: now };
        self.pending.insert(job, now.plus(lease));
        Some(claim)
    }

    pub(super) fn finish(&mut self, lease: &Lease, finish: Finish, now: Moment) -> Result<(), NotFinished> {
        let done = |job: &Job| job.claims == lease.token && job.ended_at.is_some() && job.state == finish.state;
        if self.jobs.get(&lease.job).is_some_and(|entry| done(&entry.job)) {
            return Ok(());
        }
        let entry = self.leased(lease).map_err(|LeaseLost| NotFinished::LeaseLost)?;
        if entry.job.cancel_asked && finish.state != State::Canceled {
            return Err(NotFinished::CancelAsked);
        }
        let until = now.plus(entry.retention);
        entry.job.code = finish.code;
        entry.job.ended_at = Some(now);
        entry.job.expires_at = Some(until);
        entry.reach(finish.state, now);
        entry.job.spent = finish.settle.spent;
        let (taken, once) = (entry.taken.clone(), entry.once.clone());
        for adoption in finish.adopt {
            if let Some(staged) = self.values.remove(&adoption.staged) {
                self.values.insert(adoption.name, Timed { value: staged.value, until });
            }
        }
        if finish.release {
            self.release(&once, &lease.job);
        }
        for tally in &finish.tallies {
            self.add(tally, now);
        }
        self.pending.remove(&lease.job);
        self.gates.settle(&lease.job, &taken, finish.settle);
        Ok(())
    }
}

impl Entry {
    fn new(new: NewJob, taken: Taken, now: Moment) -> Self {
        let job = Job {
            of: new.job,
            key: new.key,
            photo: new.photo,
            state: State::Queued,
            code: None,
            created_at: now,
            deadline_at: now.plus(new.deadline),
            ended_at: None,
            expires_at: None,
            spent: None,
            purged_at: None,
            claims: 0,
            cancel_asked: false,
            deleted: false,
        };
        let once = new.once.into_iter().take(1).map(|once| once.name).collect();
        let (retention, remembered, listed, lane) = (new.retention, new.remembered, new.listed, new.lane);
        let mut entry = Self { job, events: Vec::new(), retention, remembered, once, listed, taken, lane, late: false };
        entry.reach(State::Queued, now);
        entry
    }

    pub(super) fn reach(&mut self, state: State, at: Moment) {
        self.job.state = state;
        self.tell(Happening::Reached(state), at);
    }

    pub(super) fn purged(&mut self, at: Moment) {
        if self.job.purged_at.is_none() {
            self.job.purged_at = Some(at);
            self.tell(Happening::Purged, at);
        }
    }

    pub(super) fn is_listed(&self, owner: &Owner, now: Moment) -> bool {
        let over = self.job.deleted || self.job.expires_at.is_some_and(|at| at <= now);
        self.listed && self.job.of.owner == *owner && !over
    }

    /// Whether even the memory of it is over.
    pub(super) fn forgotten(&self, now: Moment) -> bool {
        self.job.expires_at.is_some_and(|at| at.plus(self.remembered) <= now)
    }

    fn tell(&mut self, what: Happening, at: Moment) {
        let id = self.events.last().map_or(0, |event| event.id) + 1;
        self.events.push(Event { id, at, what });
    }
}
