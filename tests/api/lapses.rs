//! Nodes that die or sleep in the middle of a job: another ends it, once. A lease lasts 30 s, and so do these tests.

use std::time::{Duration, Instant};

use figurine::simulator::{CallKind, Carry, Step};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    app::json_of,
    installation::{Installation, Node},
    private_redis::PrivateRedis,
};

/// An answer that never comes.
fn never(kind: CallKind) -> Step {
    Step::new(Carry::Latency { ms: 600_000 }).of(kind)
}

/// How often a job has reached each end, by its events.
fn ends(it: &Installation, id: &str) -> Vec<String> {
    let mut raw = it.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg(format!("fig:*:events:{id}")).query(&mut raw).unwrap();
    let entries: Vec<(String, Vec<String>)> =
        redis::cmd("XRANGE").arg(&names[0]).arg("-").arg("+").query(&mut raw).unwrap();
    let told = entries.into_iter().map(|(_, mut fields)| fields.remove(3));
    told.filter(|what| ["succeeded", "failed", "blocked", "canceled", "purged"].contains(&what.as_str())).collect()
}

/// The state of a job, past every node.
fn state(it: &Installation, id: &str) -> String {
    let mut raw = it.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg(format!("fig:*:job:{id}")).query(&mut raw).unwrap();
    redis::cmd("HGET").arg(&names[0]).arg("state").query(&mut raw).unwrap()
}

async fn wait_for_state(node: &Node, id: &str, state: &str) {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let figure = json_of(node.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 200).await;
        if figure["status"] == state {
            return;
        }
        assert!(Instant::now() < limit, "{state}: {figure:#}");
    }
}

async fn undisturbed_cost(node: &Node) -> Value {
    let figure = json_of(node.post().send().await.unwrap(), 201).await;
    assert!(figure["cost"]["charged_micro_usd"].as_u64().unwrap() > 0, "{figure:#}");
    figure["cost"]["charged_micro_usd"].clone()
}

/// Another node ends each job once, and nothing of them is left.
async fn ended_once(it: &Installation, node: &Node, ids: &[String], cost: &Value) {
    for id in ids {
        let figure = node.ended(id).await;
        assert_eq!(
            (&figure["status"], &figure["cost"]["charged_micro_usd"]),
            (&"succeeded".into(), cost),
            "{figure:#}"
        );
        assert_eq!(ends(it, id), ["succeeded", "purged"]);
    }
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_of_a_killed_node_are_ended_once_by_another() {
    let it = Installation::founded().await;
    let one = it.node_with(&[("FIGURINE_JOBS_IN_FLIGHT", "3")]);
    let cost = undisturbed_cost(&one).await;
    let mut ids = Vec::new();
    for (kind, state) in
        [(CallKind::Analysis, "analyzing"), (CallKind::Prompt, "enhancing"), (CallKind::Image, "rendering")]
    {
        it.engine.script(vec![never(kind)]);
        let id = one.submit().await;
        wait_for_state(&one, &id, state).await;
        ids.push(id);
    }
    ids.push(one.submit().await);
    wait_for_state(&one, &ids[3], "queued").await;
    one.process.tell(Signal::KILL);
    it.engine.script(Vec::new());
    ended_once(&it, &it.node(), &ids, &cost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_node_killed_at_its_very_end_is_ended_once_by_another() {
    let it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.found();
    let one = it.node();
    let cost = undisturbed_cost(&one).await;
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let id = one.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    // A key store that sleeps holds the job where its results are to be kept.
    let told: String = redis::cmd("INFO").arg("server").query(&mut it.key_redis.as_ref().unwrap().raw()).unwrap();
    let pid = told.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap();
    let sleeper = Pid::from_raw(pid.parse().unwrap()).unwrap();
    kill_process(sleeper, Signal::STOP).unwrap();
    it.engine.release();
    let limit = Instant::now() + Duration::from_secs(20);
    while state(&it, &id) != "finishing" {
        assert!(Instant::now() < limit, "the job is about to end");
    }
    one.process.tell(Signal::KILL);
    assert_eq!(state(&it, &id), "finishing");
    kill_process(sleeper, Signal::CONT).unwrap();
    ended_once(&it, &it.node(), &[id], &cost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_slept_past_its_lease_writes_nothing_when_it_awakes() {
    let it = Installation::founded().await;
    let one = it.node();
    let cost = undisturbed_cost(&one).await;
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let id = one.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    one.process.tell(Signal::STOP);
    it.engine.release();
    let two = it.node();
    ended_once(&it, &two, std::slice::from_ref(&id), &cost).await;
    let before = json_of(two.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 200).await;
    one.process.tell(Signal::CONT);
    one.process.line_with("a lease was lost");
    let after = json_of(one.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 200).await;
    assert_eq!(before, after);
    assert_eq!(ends(&it, &id), ["succeeded", "purged"]);
}
