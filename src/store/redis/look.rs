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

/// The shards that hold jobs of a lane, in a random order in which each comes first the likelier the more accounts have
/// jobs that wait in it: so accounts are served alike, however they fall on shards. And the founding mark, if every
/// shard has the same.
pub(super) async fn with_jobs(link: &Link, lane: Mode) -> Result<(Vec<Shard>, Option<String>)> {
    let look = |shard: Shard| {
        let mut look = redis::pipe();
        look.cmd("XLEN").arg(shard.stream(lane)).cmd("ZCARD").arg(shard.turns(lane));
        look.cmd("GET").arg(shard.founding());
        look
    };
    let answers = link.ask_parts(Shard::all().map(look).collect()).await?;
    let mut shards: Vec<_> = Shard::all().zip(&answers).filter_map(drawn).collect();
    shards.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let first = answers.first().and_then(|answer| answer.get(2));
    let same = answers.iter().all(|answer| answer.get(2) == first);
    let mark = first.filter(|_| same).cloned().unwrap_or(Value::Nil);
    let shards = shards.into_iter().map(|(shard, _)| shard).collect();
    Ok((shards, redis::from_redis_value(mark).map_err(|_| garbled())?))
}

/// Draws when a shard's turn is: after a time that is the shorter, the more accounts wait. One with jobs that run alone
/// has its turn, too, since their leases may be over.
fn drawn((shard, answer): (Shard, &Vec<Value>)) -> Option<(Shard, f64)> {
    let [Value::Int(jobs), Value::Int(accounts), _] = &answer[..] else { return None };
    if *jobs == 0 && *accounts == 0 {
        return None;
    }
    let [.., a, b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    let uniform = (f64::from(u32::from_le_bytes([a, b, c, d])) + 1.0) / (f64::from(u32::MAX) + 1.0);
    let accounts = f64::from(u32::try_from(*accounts).unwrap_or(u32::MAX).max(1));
    Some((shard, -uniform.ln() / accounts))
}

/// The shards that hold jobs which have not ended.
pub(super) async fn with_due(link: &Link) -> Result<Vec<Shard>> {
    with(link, "ZCARD", Shard::due).await
}

async fn with(link: &Link, command: &str, name: impl Fn(Shard) -> String) -> Result<Vec<Shard>> {
    let size = |shard: Shard| -> Pipeline {
        let mut size = redis::pipe();
        size.cmd(command).arg(name(shard));
        size
    };
    Ok(not_empty(&link.ask_parts(Shard::all().map(size).collect()).await?))
}

fn not_empty(sizes: &[Vec<Value>]) -> Vec<Shard> {
    let shards = Shard::all().zip(sizes).filter(|(_, size)| size.first() != Some(&Value::Int(0)));
    shards.map(|(shard, _)| shard).collect()
}
