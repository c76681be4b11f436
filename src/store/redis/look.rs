//! Looking at jobs, and marks upon them.

use std::{sync::LazyLock, time::Duration};

use redis::{Pipeline, Script, Value};

use super::{
    Link, Shard, fields,
    link::{garbled, script},
    shard::{MAKERS, home},
};
use crate::{
    domain::{FigureId, Mode, Moment, Owner, State},
    store::{Event, Happening, Job, JobRef, Result},
};

static JOBS_OF: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/jobs_of.lua")));
static UNPURGED: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/unpurged.lua")));
static MARK_PURGED: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/mark_purged.lua")));
static MARK_DELETED: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/mark_deleted.lua")));

/// A job, and the founding mark of its shard.
pub(super) async fn job(link: &Link, job: &JobRef) -> Result<(Option<Job>, Option<String>)> {
    let mut commands = redis::pipe();
    commands.cmd("HGETALL").arg(home(job).job(&job.figure)).cmd("GET").arg(home(job).founding());
    let (found, mark): (Vec<String>, Option<String>) = link.ask_all(commands).await?;
    if found.is_empty() {
        return Ok((None, mark));
    }
    Ok((Some(fields::job(&found).ok_or_else(garbled)?), mark))
}

pub(super) async fn jobs_of(link: &Link, owner: &Owner, before: Option<FigureId>, limit: usize) -> Result<Vec<Job>> {
    let shard = Shard::of(owner);
    let from = before.map_or_else(|| "+".to_owned(), |before| format!("({before}"));
    let mut call = JOBS_OF.prepare_invoke();
    call.key(shard.prefix()).key(shard.list(owner)).arg(from).arg(limit);
    let found: Vec<Vec<String>> = link.run(call).await?;
    found.iter().map(|found| fields::job(found).ok_or_else(garbled)).collect()
}

pub(super) async fn events(link: &Link, job: &JobRef, after: u64) -> Result<Vec<Event>> {
    let shard = home(job);
    let mut commands = redis::pipe();
    commands.cmd("HGET").arg(shard.job(&job.figure)).arg("owner");
    commands.cmd("XRANGE").arg(shard.events(&job.figure)).arg(format!("({after}-0")).arg("+");
    let (owner, found): (Option<String>, Vec<(String, Vec<String>)>) = link.ask_all(commands).await?;
    if owner.as_deref() != Some(job.owner.as_str()) {
        return Ok(Vec::new());
    }
    found.iter().map(|(id, found)| event(id, found).ok_or_else(garbled)).collect()
}

fn event(id: &str, found: &[String]) -> Option<Event> {
    let [_, at, _, what] = found else { return None };
    let what = match what.as_str() {
        "purged" => Happening::Purged,
        state => Happening::Reached(State::parse(state)?),
    };
    let id = id.strip_suffix("-0")?.parse().ok()?;
    Some(Event { id, at: Moment::from_unix_millis(at.parse().ok()?), what })
}

pub(super) async fn unpurged(link: &Link, since: Duration, limit: usize) -> Result<Vec<JobRef>> {
    let mut late = Vec::new();
    let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    for shard in with(link, "ZCARD", Shard::unpurged).await? {
        let mut call = UNPURGED.prepare_invoke();
        call.key(shard.prefix()).arg(since).arg(limit.saturating_sub(late.len()));
        let found: Vec<String> = link.run(call).await?;
        for pair in found.chunks_exact(2) {
            let owner = fields::owner(&pair[0]).ok_or_else(garbled)?;
            late.push(JobRef { owner, figure: FigureId::parse(&pair[1]).map_err(|_| garbled())? });
        }
        if late.len() >= limit {
            break;
        }
    }
    Ok(late)
}

pub(super) async fn mark_purged(link: &Link, job: &JobRef, at: Moment) -> Result<()> {
    let mut call = MARK_PURGED.prepare_invoke();
    call.key(home(job).prefix()).arg(job.figure.to_string()).arg(job.owner.as_str()).arg(at.unix_millis());
    link.run::<Vec<String>>(call).await.map(drop)
}

pub(super) async fn mark_deleted(link: &Link, job: &JobRef) -> Result<()> {
    let mut call = MARK_DELETED.prepare_invoke();
    call.key(home(job).prefix()).arg(job.figure.to_string()).arg(job.owner.as_str());
    link.run::<Vec<String>>(call).await.map(drop)
}

/// How many jobs are in each shard's stream: those that wait, and those that are worked on.
pub(super) async fn streamed(link: &Link, lane: Mode) -> Result<Vec<usize>> {
    sizes(link, "XLEN", |shard| shard.stream(lane)).await
}

/// How many jobs wait in each shard: those in the stream that are not in the pending list.
pub(super) async fn waiting(link: &Link, lane: Mode) -> Result<Vec<usize>> {
    let count = |shard: Shard| {
        let mut count = redis::pipe();
        count.cmd("XLEN").arg(shard.stream(lane)).cmd("XPENDING").arg(shard.stream(lane)).arg(MAKERS);
        count
    };
    let answers = link.ask_parts(Shard::all().map(count).collect()).await?;
    answers.iter().map(|pair| not_pending(pair).ok_or_else(garbled)).collect()
}

fn not_pending(answers: &[Value]) -> Option<usize> {
    let [Value::Int(length), pending] = answers else { return None };
    let pending = if let Value::Array(parts) = pending {
        let Some(Value::Int(pending)) = parts.first() else { return None };
        *pending
    } else {
        // Where there is no stream yet, there is no group to ask; other errors were told before.
        let Value::ServerError(_) = pending else { return None };
        0
    };
    usize::try_from(length.saturating_sub(pending).max(0)).ok()
}

/// The shards in which jobs of a lane wait, in a random order in which each comes first the likelier the more accounts have
/// jobs that wait in it: so accounts are served alike, however they fall on shards.
pub(super) async fn with_turns(link: &Link, lane: Mode) -> Result<Vec<Shard>> {
    let accounts = sizes(link, "ZCARD", |shard| shard.turns(lane)).await?;
    Ok(in_turn(Shard::all().zip(accounts).filter(|(_, accounts)| *accounts > 0)))
}

/// All shards that hold jobs of a lane: those first in which none waits, since leases that are over are found there by nothing
/// else, and then the others in the same order. And the founding mark, if every shard has the same.
pub(super) async fn with_jobs(link: &Link, lane: Mode) -> Result<([Vec<Shard>; 2], Option<String>)> {
    let look = |shard: Shard| {
        let mut look = redis::pipe();
        look.cmd("XLEN").arg(shard.stream(lane)).cmd("ZCARD").arg(shard.turns(lane));
        look.cmd("GET").arg(shard.founding());
        look
    };
    let answers = link.ask_parts(Shard::all().map(look).collect()).await?;
    let held = Shard::all().zip(&answers).filter_map(|(shard, answer)| {
        let (jobs, accounts) = (size(answer.first()?)?, size(answer.get(1)?)?);
        (jobs > 0 || accounts > 0).then_some((shard, accounts))
    });
    let (idle, turns): (Vec<_>, Vec<_>) = held.partition(|(_, accounts)| *accounts == 0);
    let idle = idle.into_iter().map(|(shard, _)| shard).collect();
    let first = answers.first().and_then(|answer| answer.get(2));
    let same = answers.iter().all(|answer| answer.get(2) == first);
    let mark = first.filter(|_| same).cloned().unwrap_or(Value::Nil);
    Ok(([idle, in_turn(turns.into_iter())], redis::from_redis_value(mark).map_err(|_| garbled())?))
}

/// Draws when each shard's turn is: after a time that is the shorter, the more accounts wait.
fn in_turn(shards: impl Iterator<Item = (Shard, usize)>) -> Vec<Shard> {
    let mut drawn: Vec<(Shard, f64)> = shards.map(|(shard, accounts)| (shard, time_of(accounts))).collect();
    drawn.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    drawn.into_iter().map(|(shard, _)| shard).collect()
}

fn time_of(accounts: usize) -> f64 {
    let [.., a, b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    let uniform = (f64::from(u32::from_le_bytes([a, b, c, d])) + 1.0) / (f64::from(u32::MAX) + 1.0);
    -uniform.ln() / f64::from(u32::try_from(accounts).unwrap_or(u32::MAX))
}

/// The shards that hold jobs which have not ended.
pub(super) async fn with_due(link: &Link) -> Result<Vec<Shard>> {
    with(link, "ZCARD", Shard::due).await
}

async fn with(link: &Link, command: &str, name: impl Fn(Shard) -> String) -> Result<Vec<Shard>> {
    let sizes = sizes(link, command, name).await?;
    Ok(Shard::all().zip(sizes).filter(|(_, size)| *size > 0).map(|(shard, _)| shard).collect())
}

/// What a command tells of the size of each shard's value.
async fn sizes(link: &Link, command: &str, name: impl Fn(Shard) -> String) -> Result<Vec<usize>> {
    let ask = |shard: Shard| -> Pipeline {
        let mut ask = redis::pipe();
        ask.cmd(command).arg(name(shard));
        ask
    };
    let answers = link.ask_parts(Shard::all().map(ask).collect()).await?;
    answers.iter().map(|answer| answer.first().and_then(size).ok_or_else(garbled)).collect()
}

fn size(answer: &Value) -> Option<usize> {
    let Value::Int(size) = answer else { return None };
    usize::try_from(*size).ok()
}
