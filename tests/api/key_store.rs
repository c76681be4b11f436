//! Data keys in a Redis of their own: what it is good for, and what its loss costs.

use std::sync::Arc;

use bytes::Bytes;
use figurine::{
    config::NamedKey,
    domain::{AccountId, SecretBytes, UploadId},
    store::{Clock, MemoryStore, Store, StoreKey},
    vault::{
        Vault,
        receipt::{Grade, Persistence, verify},
    },
};
use reqwest::Method;
use tokio::time::Duration;

use crate::{
    app::{json_of, problem_of},
    installation::{Installation, SEAL_KEY},
    private_redis::PrivateRedis,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_store_is_told_as_such_and_not_as_the_end_of_a_figures_time() {
    let mut it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.found();
    let node = it.node();
    let made = json_of(node.post().send().await.unwrap(), 201).await;
    let (path, image) = (made["links"]["self"].as_str().unwrap(), made["images"][0]["href"].as_str().unwrap());
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let key_redis = it.key_redis.as_mut().unwrap();
    let lost = async {
        it.engine.wait_for_calls(calls + 1).await;
        key_redis.kill();
        key_redis.restart();
        it.engine.release();
    };
    let (waited, ()) = tokio::join!(node.post().send(), lost);
    let refused = problem_of(waited.unwrap(), 503, "store_lost").await;
    assert_eq!((&refused["retryable"], &refused["charged"]), (&true.into(), &false.into()));
    for _ in 0..2 {
        problem_of(node.get(path).send().await.unwrap(), 503, "store_lost").await;
        problem_of(node.get(image).send().await.unwrap(), 503, "store_lost").await;
        problem_of(node.post().send().await.unwrap(), 503, "store_lost").await;
        problem_of(node.get("/readyz").send().await.unwrap(), 503, "store_lost").await;
    }
    it.found();
    json_of(node.post().send().await.unwrap(), 201).await;
    // Its key does not come back, so that asking again is vain although its time is not over.
    let under_way = format!("/v1/figures/{}", refused["figure"].as_str().unwrap());
    for gone in [path, image, &under_way] {
        let problem = problem_of(node.get(gone).send().await.unwrap(), 410, "figure_expired").await;
        assert_eq!(problem["retryable"], false, "{problem:#}");
    }
    assert_eq!(node.request(Method::DELETE, path).send().await.unwrap().status(), 204);
    problem_of(node.get(path).send().await.unwrap(), 410, "figure_deleted").await;
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

/// Every command in the append-only files of a Redis, part by part.
fn appended(redis: &PrivateRedis) -> Vec<Vec<Vec<u8>>> {
    let files = std::fs::read_dir(redis.dir().join("appendonlydir")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "aof")).collect();
    assert!(!files.is_empty());
    files.iter().flat_map(|file| commands(&std::fs::read(file).unwrap())).collect()
}

/// Reads commands as Redis writes them (RESP arrays of bulk strings).
fn commands(mut rest: &[u8]) -> Vec<Vec<Vec<u8>>> {
    fn line<'a>(rest: &mut &'a [u8]) -> &'a str {
        let end = rest.windows(2).position(|it| it == b"\r\n").expect("a whole line");
        let (line, after) = rest.split_at(end);
        *rest = &after[2..];
        std::str::from_utf8(line).unwrap()
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let count: usize = line(&mut rest).strip_prefix('*').expect("an array").parse().unwrap();
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let length: usize = line(&mut rest).strip_prefix('$').expect("a string").parse().unwrap();
            parts.push(rest[..length].to_vec());
            rest = &rest[length + 2..];
        }
        found.push(parts);
    }
    found
}

/// Values that were ever set, by name.
fn set(redis: &PrivateRedis) -> Vec<(String, Vec<u8>)> {
    let sets = appended(redis).into_iter().filter(|parts| parts[0].eq_ignore_ascii_case(b"set"));
    sets.map(|mut parts| (String::from_utf8(parts.remove(1)).unwrap(), parts.remove(1))).collect()
}

/// Values that a Redis holds now.
fn held(redis: &PrivateRedis) -> Vec<(String, Vec<u8>)> {
    let mut raw = redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut raw).unwrap();
    names.into_iter().map(|name| (name.clone(), redis::cmd("GET").arg(name).query(&mut raw).unwrap())).collect()
}

/// Tries every value as the data key of every copy of a photo; gives the photos that open.
async fn opened(copies: &[(String, Vec<u8>)], values: &[(String, Vec<u8>)]) -> Vec<SecretBytes> {
    let keys = vec![NamedKey::parse(SEAL_KEY).unwrap()];
    let store = Arc::new(MemoryStore::new(Clock::default()));
    let vault = Vault::new(store.clone(), store.clone(), keys.clone(), keys);
    let owner = vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    let put = async |name: &StoreKey, value: &[u8]| {
        store.put(name, Bytes::copy_from_slice(value), Duration::from_secs(60)).await.unwrap();
    };
    let mut photos = Vec::new();
    for (name, copy) in copies {
        let (_, upload) = name.split_once(":photo:").unwrap();
        let name = StoreKey::photo(&owner, &UploadId::parse(upload).unwrap());
        put(&name, copy).await;
        for (_, value) in values {
            put(&name.data_key(0), value).await;
            photos.extend(vault.open(&name).await);
        }
    }
    photos
}

fn photos(values: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    values.iter().filter(|(name, _)| name.contains(":photo:") && !name.contains(":dek:")).cloned().collect()
}

/// Runs a figure to its end and its deletion. Gives how many photos in the append-only file opened while it ran, and
/// how many after its deletion.
async fn photos_opened(it: &Installation) -> (usize, usize) {
    it.found();
    let node = it.node();
    it.engine.hold();
    let id = node.submit().await;
    it.engine.wait_for_calls(1).await;
    let all = || [set(&it.redis), it.key_redis.as_ref().map(held).unwrap_or_default()].concat();
    let mid_flight = opened(&photos(&set(&it.redis)), &all()).await;
    assert!(mid_flight.iter().all(|photo| photo.starts_with(b"\xff\xd8")), "they are photos");
    it.engine.release();
    assert_eq!(node.ended(&id).await["status"], "succeeded");
    assert_eq!(node.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap().status(), 204);
    let copies = photos(&set(&it.redis));
    assert_eq!(copies.len(), 1, "the append-only file still has the sealed photo");
    (mid_flight.len(), opened(&copies, &all()).await.len())
}

fn append_only() -> PrivateRedis {
    PrivateRedis::start_with(&["--appendonly", "yes", "--appendfsync", "always"])
}

#[tokio::test(flavor = "multi_thread")]
async fn with_data_keys_apart_no_copy_in_the_append_only_file_opens_after_deletion() {
    let it = Installation::new(append_only(), Some(PrivateRedis::start())).await;
    assert_eq!(photos_opened(&it).await, (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_in_one_append_only_file_a_copy_still_opens_as_the_check_warns() {
    let it = Installation::new(append_only(), None).await;
    assert_eq!(photos_opened(&it).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_tells_how_data_keys_are_kept_when_it_is_signed_and_not_when_the_node_started() {
    let it = Installation::founded().await;
    let node = it.node();
    redis::cmd("CONFIG").arg(&["SET", "appendonly", "yes"]).query::<()>(&mut it.redis.raw()).unwrap();
    let made = json_of(node.post().send().await.unwrap(), 201).await;
    let path = format!("{}/receipt", made["links"]["self"].as_str().unwrap());
    let receipt = node.get(&path).send().await.unwrap().text().await.unwrap();
    let jwks = json_of(node.get("/.well-known/jwks.json").send().await.unwrap(), 200).await;
    let absent = verify(&receipt, &jwks).unwrap().verified_absent.unwrap();
    assert_eq!((absent.persistence, absent.grade), (Persistence::Unknown, Grade::Measured));
}
