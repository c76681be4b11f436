//! Handing out jobs, and what only the holder of a lease may do. The pending list of the shard's stream is the lease.

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Script, ScriptInvocation};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Link, RedisStore, Shard, fields,
    link::{garbled, millis, script},
    look,
    shard::home,
    values,
};
use crate::{
    domain::{Mode, State},
    store::{CancelOutcome, Claim, Finish, JobRef, Lease, LeaseLost, NotFinished, Result, TIME_TO_END},
};

static CLAIM: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/claim.lua")));
static OVERDUE: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/overdue.lua")));
static RENEW: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/renew.lua")));
static ADVANCE: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/advance.lua")));
static FINISH: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/finish.lua")));
static FORGET: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/forget.lua")));
static CANCEL: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/cancel.lua")));

/// When all jobs of each lane were looked at last.
#[derive(Default)]
pub(super) struct Looked([Mutex<Option<Instant>>; 2]);

/// How long leases that are over may stand behind jobs that wait.
const LOOK_AT_ALL: Duration = Duration::from_secs(1);

impl Looked {
    fn of(&self, lane: Mode) -> MutexGuard<'_, Option<Instant>> {
        let [live, test] = &self.0;
        let looked = match lane {
            Mode::Live => live,
            Mode::Test => test,
        };
        // Nothing panics while it is held.
        looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self, lane: Mode) -> bool {
        self.of(lane).is_none_or(|at| at.elapsed() >= LOOK_AT_ALL)
    }
}

impl RedisStore {
    /// Jobs that wait are found by one command for each shard. All jobs are looked at when none waits, and once in a while:
    /// that finds leases that are over, and what the stream alone knows.
    pub(super) async fn claim_next(&self, lane: Mode, lease: Duration) -> Result<Option<Claim>> {
        let mark = self.founding.mark(&self.link).await?;
        if !self.looked.is_due(lane) {
            let shards = look::with_turns(&self.link, lane).await?;
            let claim = self.claim_in(shards, &mark, (lane, lease)).await?;
            if claim.is_some() {
                return Ok(claim);
            }
        }
        let ([idle, turns], seen) = look::with_jobs(&self.link, lane).await?;
        self.founding.check(&self.link, seen.as_deref()).await?;
        let claim = self.claim_in(idle, &mark, (lane, lease)).await?;
        if claim.is_some() {
            // There may be more of them, so all are looked at again.
            return Ok(claim);
        }
        *self.looked.of(lane) = Some(Instant::now());
        self.claim_in(turns, &mark, (lane, lease)).await
    }

    async fn claim_in(&self, shards: Vec<Shard>, mark: &str, (lane, lease): (Mode, Duration)) -> Result<Option<Claim>> {
        for shard in shards {
            let mut call = CLAIM.prepare_invoke();
            call.key(shard.prefix()).arg(mark).arg(millis(lease)).arg(lane.as_str()).arg(only_here());
            let answer: Vec<String> = self.link.run(call).await?;
            if answer.first().map(String::as_str) == Some("lost") {
                self.founding.read_again(&self.link).await?;
                return Ok(None);
            }
            if let Some(claim) = handed_out(&answer)? {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }
}

pub(super) async fn claim_overdue(link: &Link, lease: Duration) -> Result<Option<Claim>> {
    for shard in look::with_due(link).await? {
        let mut call = OVERDUE.prepare_invoke();
        call.key(shard.prefix()).arg(millis(lease)).arg(millis(TIME_TO_END)).arg(only_here());
        let answer: Vec<String> = link.run(call).await?;
        if let Some(claim) = handed_out(&answer)? {
            return Ok(Some(claim));
        }
    }
    Ok(None)
}

pub(super) async fn renew(link: &Link, lease: &Lease) -> Result<std::result::Result<(), LeaseLost>> {
    done(link, under(&RENEW, lease)).await
}

pub(super) async fn advance(link: &Link, lease: &Lease, state: State) -> Result<std::result::Result<(), LeaseLost>> {
    let mut call = under(&ADVANCE, lease);
    call.arg(state.as_str());
    done(link, call).await
}

pub(super) async fn finish(
    link: &Link,
    lease: &Lease,
    finish: &Finish,
) -> Result<std::result::Result<(), NotFinished>> {
    let mut call = under(&FINISH, lease);
    for adoption in &finish.adopt {
        call.key(adoption.staged.as_str()).key(adoption.name.as_str());
    }
    call.arg(finish.state.as_str());
    call.arg(finish.code.map_or("", |code| code.as_str())).arg(u8::from(finish.release));
    call.arg(values::written(&finish.tallies)?);
    let settle = finish.settle;
    call.arg(u8::from(settle.delivered)).arg(settle.charged.0);
    call.arg(settle.spent.map(|spent| spent.0.to_string()).unwrap_or_default());
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("done") => Ok(Ok(())),
        Some("lease_lost") => Ok(Err(NotFinished::LeaseLost)),
        Some("cancel_asked") => Ok(Err(NotFinished::CancelAsked)),
        _ => Err(garbled()),
    }
}

pub(super) async fn cancel(link: &Link, job: &JobRef) -> Result<CancelOutcome> {
    let mut call = CANCEL.prepare_invoke();
    call.key(home(job).prefix()).arg(job.figure.to_string()).arg(job.owner.as_str()).arg(only_here());
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("unknown") => Ok(CancelOutcome::Unknown),
        Some("terminal") => Ok(CancelOutcome::Terminal),
        Some("asked") => Ok(CancelOutcome::Asked),
        _ => match handed_out(&answer)? {
            Some(claim) => Ok(CancelOutcome::Taken(Box::new(claim))),
            None => Err(garbled()),
        },
    }
}

/// What a call is known by when it comes again, since its answer was lost: it is then given the same job, under the same token.
fn only_here() -> String {
    Uuid::now_v7().simple().to_string()
}

/// A call on behalf of whoever holds a lease.
fn under(script: &'static Script, lease: &Lease) -> ScriptInvocation<'static> {
    let mut call = script.prepare_invoke();
    call.key(home(&lease.job).prefix());
    call.arg(lease.job.figure.to_string()).arg(lease.job.owner.as_str()).arg(lease.token);
    call
}

async fn done(link: &Link, call: ScriptInvocation<'static>) -> Result<std::result::Result<(), LeaseLost>> {
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("done") => Ok(Ok(())),
        Some("lease_lost") => Ok(Err(LeaseLost)),
        _ => Err(garbled()),
    }
}

pub(super) async fn forget(link: &Link, job: &JobRef) -> Result<Option<u32>> {
    let mut call = FORGET.prepare_invoke();
    call.key(home(job).prefix()).arg(job.figure.to_string()).arg(job.owner.as_str());
    link.run(call).await
}

fn handed_out(answer: &[String]) -> Result<Option<Claim>> {
    match answer.split_first() {
        Some((first, _)) if first == "none" => Ok(None),
        Some((first, job)) if first == "taken" => fields::claim(job).map(Some).ok_or_else(garbled),
        _ => Err(garbled()),
    }
}
