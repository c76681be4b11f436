//! Letting requests in, and the whole installation's spend.

use std::{sync::LazyLock, time::Duration};

use redis::{Script, ScriptInvocation};

use super::{
    Link, RedisStore, Shard, fields,
    link::{garbled, millis, script},
};
use crate::{
    domain::{FigureId, KeyId, MicroUsd, Moment, Owner, UploadId},
    store::{Admittance, Gate, JobRef, Result, Standing, Standings, StoreError, StoreKey},
};

static ADMIT: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/admit.lua")));
static TAKE_PLACE: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/take_place.lua")));
static RESERVE_SPEND: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/reserve_spend.lua")));
static SETTLE_SPEND: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/settle_spend.lua")));

/// What the names of the installation's spend begin with. All of it lies in one slot of a cluster, of no shard.
const SPEND: &str = "fig:{spend}:";

impl RedisStore {
    pub(super) async fn admit_key(&self, of: (&Owner, &KeyId), gates: &[Gate], requests: u32) -> Result<Admittance> {
        let mark = self.founding.mark(&self.link).await?;
        let mut answer: Vec<String> = self.link.run(admit(of, &mark, gates, requests)).await?;
        if answer == ["lost"] {
            let mark = self.founding.read_again(&self.link).await?;
            answer = self.link.run(admit(of, &mark, gates, requests)).await?;
        }
        match answer.first().map(String::as_str) {
            Some("lost") => Err(StoreError::Lost),
            Some("revoked") => Ok(Admittance::Revoked),
            _ => admittance(&answer).filter(|_| answer.len() == 3 + 5 * gates.len()).ok_or_else(garbled),
        }
    }
}

fn admit((owner, key): (&Owner, &KeyId), mark: &str, gates: &[Gate], requests: u32) -> ScriptInvocation<'static> {
    let shard = Shard::of(owner);
    let mut call = ADMIT.prepare_invoke();
    call.key(shard.prefix()).key(shard.revoked(key)).arg(mark).arg(requests);
    for gate in gates {
        call.key(gate.name.as_str()).arg(gate.step()).arg(gate.limits.burst);
    }
    call
}

fn admittance(answer: &[String]) -> Option<Admittance> {
    let [late, most, at, each @ ..] = answer else { return None };
    let standing = |of: &[String]| -> Option<Standing> {
        Some(Standing {
            requests_left: of.first()?.parse().ok()?,
            rested_in: Duration::from_micros(of.get(1)?.parse().ok()?),
            in_flight: of.get(2)?.parse().ok()?,
            figures: of.get(3)?.parse().ok()?,
            micro_usd: MicroUsd(of.get(4)?.parse().ok()?),
        })
    };
    let each = each.chunks(5).map(standing).collect::<Option<_>>()?;
    let standings = Standings { at: Moment::from_unix_millis(at.parse().ok()?), each };
    match late.parse::<i64>().ok()? {
        -1 => Some(Admittance::Admitted(standings)),
        gate => {
            let after = Duration::from_micros(most.parse().ok()?);
            Some(Admittance::TooFast { gate: usize::try_from(gate).ok()?, after, standings })
        }
    }
}

pub(super) async fn take_place(
    link: &Link,
    name: &StoreKey,
    place: &UploadId,
    (most, ttl): (u32, Duration),
) -> Result<bool> {
    let mut call = TAKE_PLACE.prepare_invoke();
    call.key(name.shard_prefix()).key(name.as_str()).arg(place.to_string()).arg(most).arg(millis(ttl));
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("taken") => Ok(true),
        Some("full") => Ok(false),
        _ => Err(garbled()),
    }
}

pub(super) async fn leave_place(link: &Link, name: &StoreKey, place: &UploadId) -> Result<()> {
    let mut command = redis::cmd("ZREM");
    command.arg(name.as_str()).arg(place.to_string());
    link.ask(command).await
}

pub(super) async fn reserve_spend(link: &Link, job: &JobRef, most: MicroUsd, ceiling: MicroUsd) -> Result<bool> {
    let mut call = RESERVE_SPEND.prepare_invoke();
    call.key(SPEND).arg(name(job)).arg(most.0).arg(ceiling.0);
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("reserved") => Ok(true),
        Some("refused") => Ok(false),
        _ => Err(garbled()),
    }
}

pub(super) async fn settle_spend(link: &Link, job: &JobRef, spent: Option<MicroUsd>) -> Result<()> {
    let mut call = SETTLE_SPEND.prepare_invoke();
    call.key(SPEND).arg(name(job)).arg(spent.map(|spent| spent.0.to_string()).unwrap_or_default());
    link.run::<Vec<String>>(call).await.map(drop)
}

pub(super) async fn open_spend(link: &Link, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
    let late = link.time().await?.unix_millis() - i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let mut command = redis::cmd("ZRANGEBYSCORE");
    command.arg(format!("{SPEND}since")).arg("-inf").arg(late).arg("LIMIT").arg(0).arg(limit);
    let found: Vec<String> = link.ask(command).await?;
    found.iter().map(|name| job_named(name).ok_or_else(garbled)).collect()
}

fn name(job: &JobRef) -> String {
    format!("{} {}", job.owner.as_str(), job.figure)
}

fn job_named(name: &str) -> Option<JobRef> {
    let (owner, figure) = name.split_once(' ')?;
    Some(JobRef { owner: fields::owner(owner)?, figure: FigureId::parse(figure).ok()? })
}
