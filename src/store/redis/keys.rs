//! API keys: which are known of an account, and which are revoked.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use redis::Script;

use super::{
    Link, Shard,
    link::{garbled, millis, script},
    shard::WAKE,
};
use crate::{
    domain::{KeyId, Moment, Owner},
    store::{KnownKey, MOST_KEYS, Result},
};

static NOTE_KEY: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/note_key.lua")));
static KEYS_OF: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/keys_of.lua")));

pub(super) async fn note(link: &Link, owner: &Owner, key: &KeyId, record: Bytes, ttl: Duration) -> Result<bool> {
    let shard = Shard::of(owner);
    let mut call = NOTE_KEY.prepare_invoke();
    call.key(shard.prefix()).key(shard.keys(owner)).arg(key.to_string()).arg(record.as_ref());
    call.arg(millis(ttl)).arg(MOST_KEYS);
    let answer: Vec<String> = link.run(call).await?;
    match answer.first().map(String::as_str) {
        Some("noted") => Ok(true),
        Some("full") => Ok(false),
        _ => Err(garbled()),
    }
}

/// Which keys of an account are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) before: Option<KeyId>,
    pub(super) only: Option<KeyId>,
    pub(super) limit: usize,
}

pub(super) async fn known(link: &Link, owner: &Owner, wanted: Wanted) -> Result<Vec<KnownKey>> {
    let shard = Shard::of(owner);
    let text = |key: Option<KeyId>| key.map(|key| key.to_string()).unwrap_or_default();
    let mut call = KEYS_OF.prepare_invoke();
    call.key(shard.prefix()).key(shard.keys(owner));
    call.arg(text(wanted.before)).arg(wanted.limit).arg(text(wanted.only));
    let found: Vec<(String, Vec<u8>, String)> = link.run(call).await?;
    let known = found.into_iter().map(|(key, record, revoked)| {
        let key = KeyId::parse(&key).map_err(|_| garbled())?;
        let revoked_at = revoked.parse().ok().map(Moment::from_unix_millis);
        Ok(KnownKey { key, record: record.into(), revoked_at })
    });
    known.collect()
}

/// Marks a key as revoked, in every shard, since who revokes may not know its account.
pub(super) async fn revoke(link: &Link, key: &KeyId, ttl: Duration) -> Result<()> {
    let at = link.time().await?.unix_millis();
    let mark = |shard: Shard| {
        let mut mark = redis::pipe();
        mark.cmd("SET").arg(shard.revoked(key)).arg(at).arg("PX").arg(millis(ttl)).arg("NX");
        mark
    };
    link.ask_parts(Shard::all().map(mark).collect()).await?;
    let mut told = redis::cmd("PUBLISH");
    told.arg(WAKE).arg(key.to_string());
    link.ask(told).await
}
