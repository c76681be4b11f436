//! Values, counters and revocations: plain commands.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use redis::Script;

use super::{
    link::{Link, garbled, millis, script},
    shard::{Shard, founding_beside, texts},
};
use crate::{
    domain::KeyId,
    store::{Line, Result, StoreKey, Tally},
};

static PUT_NEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/put_new.lua")));

static ADD: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/add.lua")));
static NOTE: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/note.lua")));

/// Keeps a value; gives the founding mark of its shard.
pub(super) async fn put(link: &Link, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<Option<String>> {
    let commands = || {
        let mut commands = redis::pipe();
        commands.cmd("SET").arg(key.as_str()).arg(value.as_ref()).arg("PX").arg(millis(ttl)).ignore();
        commands.cmd("GET").arg(founding_beside(key));
        commands
    };
    let (mark,) = link.carry(value.len(), commands).await?;
    Ok(mark)
}

pub(super) async fn put_new(link: &Link, key: &StoreKey, value: Bytes, ttl: Duration) -> Result<Option<Bytes>> {
    let mut call = PUT_NEW.prepare_invoke();
    call.key(key.as_str()).arg(value.as_ref()).arg(millis(ttl));
    link.run(call).await
}

/// A value, and the founding mark of its shard.
pub(super) async fn get(link: &Link, key: &StoreKey) -> Result<(Option<Bytes>, Option<String>)> {
    let mut commands = redis::pipe();
    commands.cmd("GET").arg(key.as_str()).cmd("GET").arg(founding_beside(key));
    link.fetch(commands).await
}

/// Whether there is such a value, and the founding mark of its shard.
pub(super) async fn expire(link: &Link, key: &StoreKey, ttl: Duration) -> Result<(bool, Option<String>)> {
    let mut commands = redis::pipe();
    commands.cmd("PEXPIRE").arg(key.as_str()).arg(millis(ttl)).cmd("GET").arg(founding_beside(key));
    link.ask_all(commands).await
}

/// A command that says of how many of the values it was true. They are of one account, so of one slot.
pub(super) async fn of_all(link: &Link, command: &str, keys: &[StoreKey]) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let mut command = redis::cmd(command);
    command.arg(texts(keys));
    link.ask(command).await
}

pub(super) async fn put_lasting(link: &Link, key: &StoreKey, value: Bytes) -> Result<()> {
    let mut command = redis::cmd("SET");
    command.arg(key.as_str()).arg(value.as_ref());
    link.ask(command).await
}

pub(super) async fn add(link: &Link, tallies: &[Tally]) -> Result<()> {
    let Some(first) = tallies.first() else { return Ok(()) };
    let mut call = ADD.prepare_invoke();
    call.key(first.name.shard_prefix()).arg(written(tallies)?);
    link.run::<Vec<String>>(call).await.map(drop)
}

/// Tallies as scripts read them.
pub(super) fn written(tallies: &[Tally]) -> Result<String> {
    // Redis counts to 2^63 - 1, and Lua's own numbers are less exact.
    let amount = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX).to_string();
    let tallies: Vec<_> = tallies
        .iter()
        .map(|tally| {
            let sums = tally.sums.iter().map(|(name, sum)| (name, amount(*sum))).collect();
            (tally.name.as_str(), millis(tally.kept).to_string(), sums)
        })
        .collect::<Vec<(_, _, Vec<_>)>>();
    serde_json::to_string(&tallies).map_err(|_| garbled())
}

pub(super) async fn note(link: &Link, log: &StoreKey, new: &Line) -> Result<bool> {
    let mut call = NOTE.prepare_invoke();
    call.key(log.shard_prefix()).key(log.as_str()).arg(&new.text).arg(millis(new.kept)).arg(new.most);
    link.run(call).await
}

pub(super) async fn noted(link: &Link, log: &StoreKey, before: Option<&str>, limit: usize) -> Result<Vec<String>> {
    let newest = before.map_or_else(|| "+".to_owned(), |before| format!("({before}"));
    let mut command = redis::cmd("ZREVRANGEBYLEX");
    command.arg(log.as_str()).arg(newest).arg("-").arg("LIMIT").arg(0).arg(limit);
    link.ask(command).await
}

pub(super) async fn strike(link: &Link, log: &StoreKey, lines: &[String]) -> Result<u64> {
    if lines.is_empty() {
        return Ok(0);
    }
    let mut command = redis::cmd("ZREM");
    command.arg(log.as_str()).arg(lines);
    link.ask(command).await
}

pub(super) async fn sums(link: &Link, key: &StoreKey) -> Result<Vec<(String, u64)>> {
    let mut command = redis::cmd("HGETALL");
    command.arg(key.as_str());
    let mut sums: Vec<(String, u64)> = link.ask(command).await?;
    sums.sort();
    Ok(sums)
}

/// Whether a key is revoked, and the founding mark beside it.
pub(super) async fn is_revoked(link: &Link, key: &KeyId) -> Result<(bool, Option<String>)> {
    let shard = Shard::of_key(key);
    let mut commands = redis::pipe();
    commands.cmd("GET").arg(shard.revoked(key)).cmd("GET").arg(shard.founding());
    let (revoked, mark): (Option<String>, Option<String>) = link.ask_all(commands).await?;
    Ok((revoked.is_some(), mark))
}
