//! The same operations, in any order, on memory and on Redis: the answers are the same.

use std::time::Duration;

use bytes::Bytes;
use figurine::{
    domain::{Code, KeyId, Limits, MicroUsd, State},
    store::{
        Admittance, Adoption, CancelOutcome, Claim, Finish, Job, KnownKey, Lease, NewJob, RedisStore, Settlement,
        Store, StoreKey,
    },
};
use proptest::{collection::vec, prelude::ProptestConfig, test_runner::TestRunner};
use tokio::runtime::Runtime;

use crate::{
    bench::{Bench, LONG, connect, connect_to, flush, once, tally},
    operations::{KeyOp, LeaseOp, LookOp, Op, SLOW, SpendOp, SubmitOp, ValueOp, World, op},
    private_redis::{PrivateRedis, cluster::PrivateCluster},
};

#[test]
fn memory_and_redis_answer_any_sequence_alike() {
    let (runtime, server) = (Runtime::new().unwrap(), PrivateRedis::start());
    let redis = runtime.block_on(connect(&server));
    alike(128, &runtime, &redis, || redis::cmd("FLUSHALL").query(&mut server.raw()).unwrap());
}

#[test]
fn memory_and_a_cluster_answer_any_sequence_alike() {
    let (runtime, cluster) = (Runtime::new().unwrap(), PrivateCluster::start());
    let redis = runtime.block_on(connect_to(&cluster.url(0)));
    alike(16, &runtime, &redis, || flush(&cluster));
}

fn alike(cases: u32, runtime: &Runtime, redis: &RedisStore, forget: impl Fn()) {
    let cases = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let ran = TestRunner::new(cases).run(&vec(op(), 1..80), |ops| {
        runtime.block_on(async {
            forget();
            redis.found().await.unwrap();
            let (world, memory) = (World::new(), Bench::memory());
            let mut ours = Run { store: memory.store.as_ref(), world: &world, leases: Vec::new() };
            let mut theirs = Run { store: redis, world: &world, leases: Vec::new() };
            for (at, op) in ops.iter().enumerate() {
                let (one, other) = (ours.answer(op).await, theirs.answer(op).await);
                assert_eq!(one, other, "memory and Redis, after {:?}", &ops[..=at]);
            }
        });
        Ok(())
    });
    ran.unwrap();
}

/// One store under a sequence, and the leases that it gave out.
struct Run<'a> {
    store: &'a dyn Store,
    world: &'a World,
    leases: Vec<Lease>,
}

impl Run<'_> {
    async fn answer(&mut self, op: &Op) -> String {
        match op {
            Op::Value(op) => self.value(op).await,
            Op::Look(op) => self.look(op).await,
            Op::Submit(op) => self.submit(op).await,
            Op::Lease(op) => self.lease(op).await,
        }
    }

    async fn value(&self, op: &ValueOp) -> String {
        let (store, world) = (self.store, self.world);
        match op {
            ValueOp::Put(at) => {
                for name in [world.value(*at), world.value(*at).staged(1), world.unused(*at)] {
                    store.put(&name, Bytes::from(at.to_string()), LONG).await.unwrap();
                }
                String::new()
            }
            ValueOp::Get(at) => format!("{:?}", store.get(&world.value(*at)).await),
            ValueOp::Expire(at) => format!("{:?}", store.expire(&world.value(*at), LONG).await),
            ValueOp::Delete(value, mark) => {
                format!("{:?}", store.delete(&[world.value(*value), world.unused(*mark)]).await)
            }
            ValueOp::CountPresent(value, mark) => {
                let names = [world.value(*value), world.value(*value).staged(1), world.unused(*mark)];
                format!("{:?}", store.count_present(&names).await)
            }
            ValueOp::Add(at, amount) => {
                format!("{:?}", store.add(&[tally(&world.counters(*at), &[("b", *amount), ("a", 1)], LONG)]).await)
            }
            ValueOp::Sums(at) => format!("{:?}", store.sums(&world.counters(*at)).await),
            ValueOp::Key(op) => self.key(op).await,
            ValueOp::Spend(op) => self.spend(op).await,
        }
    }

    async fn key(&self, op: &KeyOp) -> String {
        let (store, world) = (self.store, self.world);
        match op {
            KeyOp::Revoke(at) => format!("{:?}", store.revoke(&world.keys[*at], LONG).await),
            KeyOp::IsRevoked(at) => format!("{:?}", store.is_revoked(&world.keys[*at]).await),
            KeyOp::Admit { key, requests, burst } => {
                let (new, limits) = (&world.jobs[*key], Limits { burst: *burst, ..SLOW });
                let gates = world.gates(*key, limits);
                admitted(&store.admit(&new.job.owner, &new.key, &gates, *requests).await.unwrap())
            }
            KeyOp::Note { owner, key } => {
                let record = Bytes::from(key.to_string());
                format!("{:?}", store.note_key(&world.owners[*owner], &world.keys[*key], record, LONG).await)
            }
            KeyOp::Known { owner, key } => {
                let known = store.known_key(&world.owners[*owner], &world.keys[*key]).await.unwrap();
                format!("{:?}", known.map(noted))
            }
            KeyOp::Of { owner, before, limit } => {
                let before = before.map(|at| world.keys[at]);
                let known = store.keys_of(&world.owners[*owner], before, *limit).await.unwrap();
                format!("{:?}", known.into_iter().map(noted).collect::<Vec<_>>())
            }
        }
    }

    async fn spend(&self, op: &SpendOp) -> String {
        let (store, world) = (self.store, self.world);
        match op {
            SpendOp::Take(key, place) => {
                format!("{:?}", store.take_place(&world.places(*key), &world.uploads[*place], 2, LONG).await)
            }
            SpendOp::Leave(key, place) => {
                format!("{:?}", store.leave_place(&world.places(*key), &world.uploads[*place]).await)
            }
            SpendOp::Reserve(at, most) => {
                format!("{:?}", store.reserve_spend(world.job(*at), MicroUsd(*most), MicroUsd(100)).await)
            }
            SpendOp::Settle(at, spent) => {
                format!("{:?}", store.settle_spend(world.job(*at), spent.map(MicroUsd)).await)
            }
            SpendOp::Open => {
                // Which of several come first is not promised.
                let mut open = store.open_spend(Duration::ZERO, 100).await.unwrap();
                open.sort();
                format!("{open:?}")
            }
        }
    }

    async fn look(&self, op: &LookOp) -> String {
        let (store, world) = (self.store, self.world);
        match op {
            LookOp::Job(at) => store.job(world.job(*at)).await.unwrap().as_ref().map(told).unwrap_or_default(),
            LookOp::JobsOf { owner, before, limit } => {
                let before = before.map(|at| world.job(at).figure);
                let found = store.jobs_of(&world.owners[*owner], before, *limit).await.unwrap();
                found.iter().map(told).collect()
            }
            LookOp::Events { job, after } => {
                let events = store.events(world.job(*job), *after).await.unwrap();
                format!("{:?}", events.iter().map(|event| (event.id, event.what)).collect::<Vec<_>>())
            }
            LookOp::Unpurged { at_once, limit } => {
                let since = if *at_once { Duration::ZERO } else { LONG };
                // Which of several come first is not promised.
                store.unpurged(since, *limit).await.unwrap().len().to_string()
            }
            LookOp::MarkPurged(at) => {
                let now = store.now().await.unwrap();
                format!("{:?}", store.mark_purged(world.job(*at), now).await)
            }
            LookOp::MarkDeleted(at) => format!("{:?}", store.mark_deleted(world.job(*at)).await),
            LookOp::Forget(at) => format!("{:?}", store.forget(world.job(*at)).await),
            LookOp::Noted { owner, before, limit } => {
                let before = before.map(|at| world.line(at));
                let owner = &world.owners[*owner];
                let held = store.noted(&StoreKey::held(owner), before.as_deref(), *limit).await;
                format!("{held:?} {:?}", store.noted(&StoreKey::person(owner, "p"), before.as_deref(), *limit).await)
            }
            LookOp::Strike(at) => {
                let log = StoreKey::held(&world.job(*at).owner);
                format!("{:?}", store.strike(&log, &[world.line(*at)]).await)
            }
            LookOp::Queued => format!("{:?}", store.queued().await),
        }
    }

    async fn submit(&self, op: &SubmitOp) -> String {
        let meaning = |same: bool| if same { "f" } else { "g" };
        let new = NewJob {
            once: op.once.iter().map(|(at, same)| once(&at.to_string(), meaning(*same))).collect(),
            consumes: op.consumes.map(|at| self.world.unused(at)),
            gates: self.world.gates(op.job, op.limits),
            reserve: op.reserve,
            places: op.places,
            listed: op.listed,
            person: op.listed.then(|| "p".to_owned()),
            ..self.world.jobs[op.job].clone()
        };
        // All but when it was accepted.
        let submitted = format!("{:?}", self.store.submit(new).await.unwrap());
        submitted.split(" {").next().unwrap().to_owned()
    }

    async fn lease(&mut self, op: &LeaseOp) -> String {
        let store = self.store;
        match op {
            LeaseOp::Claim(lane) => self.taken(store.claim(*lane, LONG).await.unwrap()),
            LeaseOp::ClaimOverdue => self.taken(store.claim_overdue(LONG).await.unwrap()),
            LeaseOp::Cancel(at) => match store.cancel(self.world.job(*at), LONG).await.unwrap() {
                CancelOutcome::Taken(claim) => self.taken(Some(*claim)),
                outcome @ (CancelOutcome::Asked | CancelOutcome::Terminal | CancelOutcome::Unknown) => {
                    format!("{outcome:?}")
                }
            },
            LeaseOp::Renew(ago) => match self.taken_ago(*ago) {
                Some(lease) => format!("{:?}", store.renew(lease, LONG).await),
                None => String::new(),
            },
            LeaseOp::Advance(ago, state) => match self.taken_ago(*ago) {
                Some(lease) => format!("{:?}", store.advance(lease, *state).await),
                None => String::new(),
            },
            LeaseOp::Finish { ago, state, release, adopt, charged } => {
                let Some(lease) = self.taken_ago(*ago) else { return String::new() };
                let tallies = vec![tally(&self.world.counters(*adopt), &[("ended", 1)], LONG)];
                let name = self.world.value(*adopt);
                let adopt = vec![Adoption { staged: name.staged(1), name }];
                let code = (*state == State::Failed).then_some(Code::Internal);
                let (charged, delivered) = (MicroUsd(*charged), *state == State::Succeeded);
                let settle = Settlement { delivered, charged, spent: (charged.0 % 2 == 0).then_some(charged) };
                let finish = Finish { state: *state, code, adopt, release: *release, settle, tallies };
                format!("{:?}", store.finish(lease, finish).await)
            }
        }
    }

    fn taken_ago(&self, ago: usize) -> Option<&Lease> {
        self.leases.iter().rev().nth(ago)
    }

    fn taken(&mut self, claim: Option<Claim>) -> String {
        let Some(claim) = claim else { return "nothing".to_owned() };
        self.leases.push(claim.lease.clone());
        format!("{:?} {}", claim.lease, told(&claim.job))
    }
}

/// All that is known of a key but times.
fn noted(known: KnownKey) -> (KeyId, Bytes, bool) {
    (known.key, known.record, known.revoked_at.is_some())
}

/// All that an admission says but times.
fn admitted(admittance: &Admittance) -> String {
    let (gate, standings) = match admittance {
        Admittance::Revoked => return "revoked".to_owned(),
        Admittance::Admitted(standings) => (None, standings),
        Admittance::TooFast { gate, standings, .. } => (Some(gate), standings),
    };
    let left = standings.each.iter().map(|of| (of.requests_left, of.in_flight, of.figures, of.micro_usd));
    format!("{gate:?} {:?}", left.collect::<Vec<_>>())
}

/// All that is known of a job but times, of which only whether they are known counts.
fn told(job: &Job) -> String {
    let times = (job.ended_at.is_some(), job.expires_at.is_some(), job.purged_at.is_some());
    let rest = (job.claims, job.cancel_asked, job.deleted, job.spent);
    format!("{:?} {:?} {:?} {:?} {:?} {times:?} {rest:?};", job.of, job.key, job.photo, job.state, job.code)
}
