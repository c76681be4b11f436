//! Operations on a store, in any order, and what they speak of.

use figurine::{
    domain::{KeyId, Limits, MicroUsd, Mode, Moment, Owner, State, UploadId},
    store::{Gate, Held, HeldId, JobRef, NewJob, Reservation, StoreKey},
};
use proptest::{
    option,
    prelude::{Just, Strategy, any, prop_oneof},
};

use crate::bench::{gates, job_of, neighbor, owner};

/// How many jobs, values and keys a sequence speaks of, so that operations meet.
const FEW: usize = 4;

/// One request a minute.
pub(crate) const SLOW: Limits = Limits { rpm: 1, burst: 3, in_flight: 3, figures_per_day: 5, micro_usd_per_month: 150 };

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
    Key(KeyOp),
    Spend(SpendOp),
}

#[derive(Debug, Clone)]
pub(crate) enum KeyOp {
    Revoke(usize),
    IsRevoked(usize),
    Admit { key: usize, requests: u32, burst: u32 },
    Note { owner: usize, key: usize },
    Known { owner: usize, key: usize },
    Of { owner: usize, before: Option<usize>, limit: usize },
}

#[derive(Debug, Clone)]
pub(crate) enum SpendOp {
    Reserve(usize, u64),
    Settle(usize, Option<u64>),
    Open,
    Take(usize, usize),
    Leave(usize, usize),
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
    pub(crate) limits: Limits,
    pub(crate) reserve: Reservation,
    pub(crate) places: usize,
    pub(crate) listed: bool,
}

/// Leases are named by how many claims ago they were taken.
#[derive(Debug, Clone)]
pub(crate) enum LeaseOp {
    Claim(Mode),
    ClaimOverdue,
    Cancel(usize),
    Renew(usize),
    Advance(usize, State),
    Finish { ago: usize, state: State, release: bool, adopt: usize, charged: u64 },
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
        1 => few().prop_map(ValueOp::Put),
        1 => few().prop_map(ValueOp::Get),
        1 => few().prop_map(ValueOp::Expire),
        1 => (few(), few()).prop_map(|(value, mark)| ValueOp::Delete(value, mark)),
        1 => (few(), few()).prop_map(|(value, mark)| ValueOp::CountPresent(value, mark)),
        1 => (few(), any::<u32>()).prop_map(|(name, amount)| ValueOp::Add(name, amount.into())),
        1 => few().prop_map(ValueOp::Sums),
        3 => key().prop_map(ValueOp::Key),
        1 => spend().prop_map(ValueOp::Spend),
    ]
}

fn key() -> impl Strategy<Value = KeyOp> {
    prop_oneof![
        few().prop_map(KeyOp::Revoke),
        few().prop_map(KeyOp::IsRevoked),
        (few(), 0..3_u32, 1..6_u32).prop_map(|(key, requests, burst)| KeyOp::Admit { key, requests, burst }),
        (0..2_usize, few()).prop_map(|(owner, key)| KeyOp::Note { owner, key }),
        (0..2_usize, few()).prop_map(|(owner, key)| KeyOp::Known { owner, key }),
        (0..2_usize, option::of(few()), 0..5_usize).prop_map(|(owner, before, limit)| KeyOp::Of {
            owner,
            before,
            limit
        }),
    ]
}

fn spend() -> impl Strategy<Value = SpendOp> {
    prop_oneof![
        (few(), 0..60_u64).prop_map(|(job, most)| SpendOp::Reserve(job, most)),
        (few(), option::of(0..60_u64)).prop_map(|(job, spent)| SpendOp::Settle(job, spent)),
        Just(SpendOp::Open),
        (few(), few()).prop_map(|(key, place)| SpendOp::Take(key, place)),
        (few(), few()).prop_map(|(key, place)| SpendOp::Leave(key, place)),
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
    let limits = (1..4_u32, 0..4_u32, 0..100_u64).prop_map(|(in_flight, figures_per_day, micro_usd_per_month)| {
        Limits { in_flight, figures_per_day, micro_usd_per_month, ..SLOW }
    });
    let reserve =
        (0..2_u32, 0..60_u64).prop_map(|(figures, micro_usd)| Reservation { figures, micro_usd: MicroUsd(micro_usd) });
    (few(), once, consumes, limits, reserve, 1..5_usize, any::<bool>()).prop_map(
        |(job, once, consumes, limits, reserve, places, listed)| SubmitOp {
            job,
            once,
            consumes,
            limits,
            reserve,
            places,
            listed,
        },
    )
}

fn lease() -> impl Strategy<Value = LeaseOp> {
    let under_way = prop_oneof![Just(State::Analyzing), Just(State::Enhancing), Just(State::Rendering)];
    let ended = prop_oneof![Just(State::Succeeded), Just(State::Failed), Just(State::Blocked), Just(State::Canceled)];
    let finish = (few(), ended, any::<bool>(), few(), 0..60_u64);
    prop_oneof![
        3 => Just(LeaseOp::Claim(Mode::Live)),
        1 => Just(LeaseOp::Claim(Mode::Test)),
        1 => Just(LeaseOp::ClaimOverdue),
        1 => few().prop_map(LeaseOp::Cancel),
        1 => few().prop_map(LeaseOp::Renew),
        1 => (few(), under_way).prop_map(|(ago, state)| LeaseOp::Advance(ago, state)),
        3 => finish.prop_map(|(ago, state, release, adopt, charged)| LeaseOp::Finish { ago, state, release, adopt, charged }),
    ]
}

/// What the operations speak of: accounts of one shard, since the order between shards is not promised.
pub(crate) struct World {
    pub(crate) owners: [Owner; 2],
    pub(crate) jobs: Vec<NewJob>,
    pub(crate) uploads: Vec<UploadId>,
    pub(crate) keys: Vec<KeyId>,
}

impl World {
    pub(crate) fn new() -> Self {
        let owners = [owner(1), neighbor(&owner(1))];
        let keys: Vec<_> = std::iter::repeat_with(KeyId::random).take(FEW).collect();
        let lane = |at| if at == FEW - 1 { Mode::Test } else { Mode::Live };
        let job = |at: usize| NewJob { key: keys[at / 2], lane: lane(at), ..job_of(&owners[at % 2]) };
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

    pub(crate) fn places(&self, key: usize) -> StoreKey {
        StoreKey::places(&self.owners[0], &self.keys[key])
    }

    /// What bounds a key and its account, so slow that a sequence's own time does not count.
    pub(crate) fn gates(&self, job: usize, limits: Limits) -> Vec<Gate> {
        let new = &self.jobs[job];
        gates(&new.job.owner, &new.key, limits, Limits { in_flight: 3, figures_per_day: 5, ..limits })
    }

    pub(crate) fn counters(&self, at: usize) -> StoreKey {
        StoreKey::usage(&self.owners[0], &self.keys[at], Moment::from_unix_millis(0), 'h')
    }
}
