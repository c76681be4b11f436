//! Faults of a shared Redis under real nodes, and one node's order that another carries out.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use crate::{
    app::{json_of, problem_of},
    installation::{Installation, Node},
    private_redis::PrivateRedis,
};

/// How soon a node is to work again after a fault has ended.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);

/// Forgets the consumer groups of all shards.
const FORGET_GROUPS: &str =
    "for _, name in ipairs(redis.call('KEYS', 'fig:*:jobs')) do redis.call('XGROUP', 'DESTROY', name, 'makers') end";

fn tell(it: &Installation, command: &[&str]) {
    redis::cmd(command[0]).arg(&command[1..]).query::<redis::Value>(&mut it.redis.raw()).unwrap();
}

async fn ready_again(node: &Node) {
    let limit = Instant::now() + ALIVE_WITHIN;
    while node.get("/readyz").send().await.unwrap().status() != StatusCode::OK {
        assert!(Instant::now() < limit, "the node works again within 5 s");
    }
}

/// A request is refused in time as one that may be sent again.
async fn refused(node: &Node) {
    let clock = Instant::now();
    problem_of(node.post().send().await.unwrap(), 503, "store_unavailable").await;
    assert!(clock.elapsed() < Duration::from_secs(4), "{:?}", clock.elapsed());
}

/// A job is under way on a node whose engine is held.
async fn under_way(it: &Installation, node: &Node) -> String {
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let id = node.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_killed_and_restarted_with_its_data_costs_no_job() {
    let redis = PrivateRedis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let mut it = Installation::new(redis, None).await;
    it.found();
    let node = it.node();
    let id = under_way(&it, &node).await;
    it.redis.kill();
    refused(&node).await;
    problem_of(node.get("/readyz").send().await.unwrap(), 503, "store_unavailable").await;
    it.redis.restart();
    ready_again(&node).await;
    it.engine.release();
    assert_eq!(node.ended(&id).await["status"], "succeeded");
    json_of(node.post().send().await.unwrap(), 201).await;
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_restarted_without_its_data_is_told_as_lost() {
    let mut it = Installation::founded().await;
    let node = it.node();
    let id = under_way(&it, &node).await;
    it.redis.kill();
    it.redis.restart();
    let path = format!("/v1/figures/{id}");
    let limit = Instant::now() + ALIVE_WITHIN;
    loop {
        let answer = node.get(&path).send().await.unwrap();
        let problem = json_of(answer, 503).await;
        if problem["code"] == "store_lost" {
            break;
        }
        assert!(problem["code"] == "store_unavailable" && Instant::now() < limit, "{problem:#}");
    }
    problem_of(node.post().send().await.unwrap(), 503, "store_lost").await;
    it.engine.release();
    it.found();
    problem_of(node.get(&path).send().await.unwrap(), 404, "not_found").await;
    json_of(node.post().send().await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_or_read_only_redis_refuses_work_and_serves_again_afterwards() {
    let it = Installation::founded().await;
    let node = it.node();
    let made = json_of(node.post().send().await.unwrap(), 201).await;
    let faults: [(&[&str], &[&str]); 2] = [
        (&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
        (&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]),
    ];
    for (fault, cure) in faults {
        let id = under_way(&it, &node).await;
        tell(&it, fault);
        refused(&node).await;
        // A request that cannot be counted is not let in, whatever it asks for.
        let read = made["links"]["self"].as_str().unwrap();
        problem_of(node.get(read).send().await.unwrap(), 503, "store_unavailable").await;
        tell(&it, cure);
        it.engine.release();
        assert_eq!(node.ended(&id).await["status"], "succeeded");
        json_of(node.post().send().await.unwrap(), 201).await;
    }
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_pauses_for_five_seconds_costs_no_job() {
    let it = Installation::founded().await;
    let node = it.node();
    let id = under_way(&it, &node).await;
    tell(&it, &["CLIENT", "PAUSE", "5000", "ALL"]);
    it.engine.release();
    refused(&node).await;
    // From now on nobody waits for what is known to be away.
    let clock = Instant::now();
    for _ in 0..10 {
        problem_of(node.get("/readyz").send().await.unwrap(), 503, "store_unavailable").await;
        problem_of(node.post().send().await.unwrap(), 503, "store_unavailable").await;
    }
    assert!(clock.elapsed() < Duration::from_secs(1), "20 refusals take {:?}", clock.elapsed());
    // This is answered when the pause is over.
    tell(&it, &["PING"]);
    ready_again(&node).await;
    assert_eq!(node.ended(&id).await["status"], "succeeded");
    json_of(node.post().send().await.unwrap(), 201).await;
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_scripts_a_forgotten_group_and_killed_connections_are_not_noticed() {
    let it = Installation::founded().await;
    let node = it.node();
    for _ in 0..10 {
        let id = under_way(&it, &node).await;
        tell(&it, &["SCRIPT", "FLUSH"]);
        tell(&it, &["EVAL", FORGET_GROUPS, "0"]);
        tell(&it, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        tell(&it, &["CLIENT", "KILL", "TYPE", "pubsub"]);
        it.engine.release();
        let (more, ended) = tokio::join!(node.post().send(), node.ended(&id));
        json_of(more.unwrap(), 201).await;
        assert_eq!(ended["status"], "succeeded", "{ended:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_on_one_node_closes_the_upstream_call_of_another() {
    let it = Installation::founded().await;
    let one = it.node();
    let id = under_way(&it, &one).await;
    let two = it.node();
    let deleted = two.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    tokio::time::timeout(ALIVE_WITHIN, it.engine.wait_for_ends(1)).await.expect("the call ends");
    let calls = it.engine.calls();
    assert!(calls.len() == 1 && calls[0].client_left, "{calls:#?}");
    assert_eq!(one.ended(&id).await["status"], "canceled");
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}
