//! Operations on a store, in any order, and what they speak of.

use figurine::{
    domain::{KeyId, Moment, Owner, State, UploadId},
    store::{Held, HeldId, JobRef, NewJob, StoreKey},
};
use proptest::{
    option,
    prelude::{Just, Strategy, any, prop_oneof},
};

use crate::bench::{job_of, neighbor, owner};

/// How many jobs, values and keys a sequence speaks of, so that operations meet.
const FEW: usize = 4;

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Value(ValueOp),
    Look(LookOp),
    Submit(SubmitOp),
    Lease(LeaseOp),
}

#[derive(Debug, Clone)]
pub(crate) enum ValueOp {
    Put(usize),
    Get(usize),
    Expire(usize),
    Delete(usize, usize),
    CountPresent(usize, usize),
    Add(usize, u64),
    Sums(usize),
    Revoke(usize),
    IsRevoked(usize),
}

#[derive(Debug, Clone)]
pub(crate) enum LookOp {
    Job(usize),
    JobsOf { owner: usize, before: Option<usize>, limit: usize },
    Events { job: usize, after: u64 },
    Unpurged { at_once: bool, limit: usize },
    MarkPurged(usize),
    MarkDeleted(usize),
    Forget(usize),
    Noted { owner: usize, before: Option<usize>, limit: usize },
    Strike(usize),
    Queued,
}

#[derive(Debug, Clone)]
pub(crate) struct SubmitOp {
    pub(crate) job: usize,
    /// Under which name, and with which of two meanings.
    pub(crate) once: Option<(usize, bool)>,
    pub(crate) consumes: Option<usize>,
    pub(crate) seats: u32,
    pub(crate) places: usize,
    pub(crate) listed: bool,
}

/// Leases are named by how many claims ago they were taken.
#[derive(Debug, Clone)]
pub(crate) enum LeaseOp {
    Claim,
    ClaimOverdue,
    Cancel(usize),
    Renew(usize),
    Advance(usize, State),
    Finish { ago: usize, state: State, release: bool, adopt: usize },
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => value().prop_map(Op::Value),
        3 => look().prop_map(Op::Look),
        3 => submit().prop_map(Op::Submit),
        6 => lease().prop_map(Op::Lease),
    ]
}

fn few() -> std::ops::Range<usize> {
    0..FEW
}

fn value() -> impl Strategy<Value = ValueOp> {
    prop_oneof![
        few().prop_map(ValueOp::Put),
        few().prop_map(ValueOp::Get),
        few().prop_map(ValueOp::Expire),
        (few(), few()).prop_map(|(value, mark)| ValueOp::Delete(value, mark)),
        (few(), few()).prop_map(|(value, mark)| ValueOp::CountPresent(value, mark)),
        (few(), any::<u32>()).prop_map(|(name, amount)| ValueOp::Add(name, amount.into())),
        few().prop_map(ValueOp::Sums),
        few().prop_map(ValueOp::Revoke),
        few().prop_map(ValueOp::IsRevoked),
    ]
}

fn look() -> impl Strategy<Value = LookOp> {
    let list = (0..2_usize, option::of(few()), 0..5_usize);
    prop_oneof![
        few().prop_map(LookOp::Job),
        list.prop_map(|(owner, before, limit)| LookOp::JobsOf { owner, before, limit }),
        (few(), 0..6_u64).prop_map(|(job, after)| LookOp::Events { job, after }),
        (any::<bool>(), 1..5_usize).prop_map(|(at_once, limit)| LookOp::Unpurged { at_once, limit }),
        few().prop_map(LookOp::MarkPurged),
        few().prop_map(LookOp::MarkDeleted),
        few().prop_map(LookOp::Forget),
        (0..2_usize, option::of(few()), 0..5_usize).prop_map(|(owner, before, limit)| LookOp::Noted {
            owner,
            before,
            limit
        }),
        few().prop_map(LookOp::Strike),
        Just(LookOp::Queued),
    ]
}

fn submit() -> impl Strategy<Value = SubmitOp> {
    let once = option::of((few(), any::<bool>()));
    let consumes = option::weighted(0.2, few());
    (few(), once, consumes, 1..4_u32, 1..5_usize, any::<bool>()).prop_map(
        |(job, once, consumes, seats, places, listed)| SubmitOp { job, once, consumes, seats, places, listed },
    )
}

fn lease() -> impl Strategy<Value = LeaseOp> {
    let under_way = prop_oneof![Just(State::Analyzing), Just(State::Enhancing), Just(State::Rendering)];
    let ended = prop_oneof![Just(State::Succeeded), Just(State::Failed), Just(State::Blocked), Just(State::Canceled)];
    let finish = (few(), ended, any::<bool>(), few());
    prop_oneof![
        3 => Just(LeaseOp::Claim),
        1 => Just(LeaseOp::ClaimOverdue),
        1 => few().prop_map(LeaseOp::Cancel),
        1 => few().prop_map(LeaseOp::Renew),
        1 => (few(), under_way).prop_map(|(ago, state)| LeaseOp::Advance(ago, state)),
        3 => finish.prop_map(|(ago, state, release, adopt)| LeaseOp::Finish { ago, state, release, adopt }),
    ]
}

/// What the operations speak of: accounts of one shard, since the order between shards is not promised.
pub(crate) struct World {
    pub(crate) owners: [Owner; 2],
    pub(crate) jobs: Vec<NewJob>,
    uploads: Vec<UploadId>,
    pub(crate) keys: Vec<KeyId>,
}

impl World {
    pub(crate) fn new() -> Self {
        let owners = [owner(1), neighbor(&owner(1))];
        let keys: Vec<_> = std::iter::repeat_with(KeyId::random).take(FEW).collect();
        let job = |at: usize| NewJob { key: keys[at / 2], ..job_of(&owners[at % 2]) };
        let jobs = (0..FEW).map(job).collect();
        Self { owners, jobs, uploads: std::iter::repeat_with(UploadId::random).take(FEW).collect(), keys }
    }

    pub(crate) fn job(&self, at: usize) -> &JobRef {
        &self.jobs[at].job
    }

    pub(crate) fn value(&self, at: usize) -> StoreKey {
        StoreKey::image(&self.owners[0], &self.jobs[at].job.figure, 0)
    }

    pub(crate) fn unused(&self, at: usize) -> StoreKey {
        StoreKey::unused(&self.owners[0], &self.uploads[at])
    }

    /// The line of a job that was submitted without a key of its caller's for it.
    pub(crate) fn line(&self, at: usize) -> String {
        Held { id: HeldId::Figure(self.jobs[at].job.figure), once: None, person: Some("p".to_owned()) }.to_string()
    }

    pub(crate) fn counters(&self, at: usize) -> StoreKey {
        StoreKey::usage(&self.owners[0], &self.keys[at], Moment::from_unix_millis(0), 'h')
    }
}
