//! Nodes that share a Redis Cluster, as a user with the rights that the README gives.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::{
    app::{json_of, problem_of},
    installation::Installation,
    private_redis::{
        PrivateRedis,
        cluster::{PrivateCluster, make_user, master, on_free_port, tell},
    },
};

/// Names of photos, their data keys and specifications in a cluster.
fn photos_kept(cluster: &PrivateCluster) -> Vec<String> {
    let names = cluster.names().into_iter().flatten();
    names.filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_a_cluster_as_they_share_a_server() {
    let cluster = PrivateCluster::start();
    let mut it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.store_url = cluster.url(0);
    let (sound, said) = it.check(&[]);
    assert!(!sound && said.contains("wrong  store: no founding mark"), "{said}");
    it.found();
    let one = it.node();
    it.store_url = cluster.url(1);
    let two = it.node();
    let made = json_of(one.post().send().await.unwrap(), 201).await;
    let path = made["links"]["self"].as_str().unwrap();
    assert_eq!(json_of(two.get(path).send().await.unwrap(), 200).await["images"], made["images"]);
    let image = two.get(made["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.status(), 200);
    assert!(photos_kept(&cluster).is_empty(), "{:?}", photos_kept(&cluster));

    let calls = it.engine.calls().len() as u64;
    it.engine.hold();
    let id = one.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    assert_eq!(photos_kept(&cluster).len(), 2, "a photo and a specification: {:?}", photos_kept(&cluster));
    let deleted = two.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    it.engine.wait_for_ends(calls + 1).await;
    assert!(it.engine.calls().pop().unwrap().client_left, "the upstream call was closed");
    assert_eq!(one.ended(&id).await["status"], "canceled");
    assert!(photos_kept(&cluster).is_empty(), "{:?}", photos_kept(&cluster));

    redis::cmd("FLUSHALL").query::<()>(&mut cluster.masters[0].raw()).unwrap();
    problem_of(two.get("/readyz").send().await.unwrap(), 503, "store_lost").await;
    problem_of(two.post().send().await.unwrap(), 503, "store_lost").await;
}

/// Starts a server that takes over when a master fails, and waits until it follows that.
fn add_replica(cluster: &PrivateCluster, of: usize) -> PrivateRedis {
    let (replica, port) = on_free_port(master);
    make_user(&replica);
    tell(&cluster.masters[0], "MEET", &["127.0.0.1".to_owned(), port]);
    let id: String = redis::cmd("CLUSTER").arg("MYID").query(&mut cluster.masters[of].raw()).unwrap();
    let mut raw = replica.raw();
    let mut told = |command: &[&str]| redis::cmd(command[0]).arg(&command[1..]).query::<String>(&mut raw);
    let limit = Instant::now() + Duration::from_secs(20);
    let in_time = || assert!(Instant::now() < limit, "the replica follows its master within 20 s");
    // It refuses until it has heard of the master.
    while told(&["CLUSTER", "REPLICATE", &id]).is_err() {
        in_time();
    }
    while !told(&["INFO", "replication"]).unwrap().contains("master_link_status:up") {
        in_time();
    }
    drop(raw);
    replica
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_takes_over_from_a_killed_master_costs_no_job() {
    let mut cluster = PrivateCluster::start();
    let mut it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.store_url = cluster.url(0);
    it.found();
    let node = it.node();
    let made = json_of(node.post().send().await.unwrap(), 201).await;
    let home = cluster.names().iter().position(|names| names.iter().any(|name| name.contains(":job:"))).unwrap();
    let replica = add_replica(&cluster, home);
    let calls = it.engine.calls().len() as u64;
    it.engine.hold();
    let id = node.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    // It waits for what its own connection has written, and so for all before that.
    let mark = cluster.names()[home].iter().find(|name| name.ends_with(":founding")).unwrap().clone();
    let mut last = redis::pipe();
    last.cmd("APPEND").arg(mark).arg("").ignore().cmd("WAIT").arg(1).arg(5_000);
    let (copied,): (i64,) = last.query(&mut cluster.masters[home].raw()).unwrap();
    assert_eq!(copied, 1, "the replica has it all");
    cluster.masters[home].kill();
    problem_of(node.post().send().await.unwrap(), 503, "store_unavailable").await;
    it.engine.release();
    let limit = Instant::now() + Duration::from_secs(20);
    let role = || redis::cmd("ROLE").query::<Vec<redis::Value>>(&mut replica.raw()).unwrap().remove(0);
    while role() != redis::Value::BulkString(b"master".to_vec()) {
        assert!(Instant::now() < limit, "the replica takes over");
    }
    let limit = Instant::now() + Duration::from_secs(5);
    while node.get("/readyz").send().await.unwrap().status() != 200 {
        assert!(Instant::now() < limit, "the node works again within 5 s");
    }
    assert_eq!(node.ended(&id).await["status"], "succeeded");
    assert_eq!(node.get(made["links"]["self"].as_str().unwrap()).send().await.unwrap().status(), 200);
    json_of(node.post().send().await.unwrap(), 201).await;
    let left: Vec<String> = redis::cmd("KEYS").arg("*:photo:*").query(&mut replica.raw()).unwrap();
    assert!(left.is_empty(), "{left:?}");
}
