//! What a job takes of Redis's memory, by Redis's own count.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use crate::{
    app::{jpeg, json_of},
    installation::Installation,
    private_redis::PrivateRedis,
    program::client,
};

/// Tells the bytes of one job: while it is under way, while its result is kept, and when that is erased.
pub(crate) async fn tell(it: &Installation, url: &str) {
    let request = |method: Method, path: &str| client().request(method, format!("{url}{path}")).bearer_auth(&it.key);
    let before = held(it);
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let order =
        request(Method::POST, "/v1/figures").header("Prefer", "respond-async").header("Idempotency-Key", "size");
    let id =
        json_of(order.body(jpeg(1_536, 1_152)).send().await.unwrap(), 202).await["id"].as_str().unwrap().to_owned();
    it.engine.wait_for_calls(calls + 1).await;
    println!("bytes of one job in Redis while it is under way: {}", since(&before, &held(it)));
    it.engine.release();
    let path = format!("/v1/figures/{id}");
    loop {
        let waited = request(Method::GET, &path).header("Prefer", "wait=10").send().await.unwrap();
        let figure: Value = json_of(waited, 200).await;
        if !figure["upload"]["purged_at"].is_null() {
            break;
        }
    }
    println!("while its result is kept: {}", since(&before, &held(it)));
    assert_eq!(request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    println!("afterwards, for a day (the receipt: 30 days): {}", since(&before, &held(it)));
}

/// Bytes by kind of key, in both servers.
fn held(it: &Installation) -> BTreeMap<String, i64> {
    let mut held = BTreeMap::new();
    for redis in [&it.redis].into_iter().chain(&it.key_redis) {
        add(redis, &mut held);
    }
    held
}

fn add(redis: &PrivateRedis, held: &mut BTreeMap<String, i64>) {
    let mut raw = redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg("fig:*").query(&mut raw).unwrap();
    for name in names {
        let bytes: Option<i64> =
            redis::cmd("MEMORY").arg("USAGE").arg(&name).arg("SAMPLES").arg(0).query(&mut raw).unwrap();
        let kind = if name.contains(":dek:") { "data keys" } else { name.split(':').nth(2).unwrap_or("founding") };
        *held.entry(kind.to_owned()).or_default() += bytes.unwrap_or_default();
    }
}

fn since(before: &BTreeMap<String, i64>, now: &BTreeMap<String, i64>) -> String {
    let more = now.iter().map(|(kind, bytes)| (kind, bytes - before.get(kind).copied().unwrap_or_default()));
    let more: Vec<_> = more.filter(|(_, bytes)| *bytes > 0).collect();
    let sum: i64 = more.iter().map(|(_, bytes)| bytes).sum();
    let parts: Vec<_> = more.iter().map(|(kind, bytes)| format!("{kind} {bytes}")).collect();
    format!("{sum} ({})", parts.join(", "))
}
