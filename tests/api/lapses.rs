//! Nodes that die or sleep in the middle of a job: another ends it, once. A lease lasts 30 s, and so do these tests.

use std::time::{Duration, Instant};

use figurine::simulator::{CallKind, Carry, Step};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    app::json_of,
    installation::{Installation, Node},
    private_redis::{PrivateRedis, cluster::make_user},
};

/// An answer that never comes.
fn never(kind: CallKind) -> Step {
    Step::new(Carry::Latency { ms: 600_000 }).of(kind)
}

/// How many calls a job makes up to one of this kind.
fn up_to(kind: CallKind) -> u64 {
    1 + u64::from(kind != CallKind::Analysis) + u64::from(kind == CallKind::Image)
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
    let me = node.get("/v1/me").send().await.unwrap();
    let left = me.headers()["ratelimit"].to_str().unwrap();
    assert!(left.contains("\"in_flight\";r=8,"), "every seat is back: {left}");
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
        let calls = it.engine.calls().len() as u64;
        let id = one.submit().await;
        wait_for_state(&one, &id, state).await;
        // The script counts when a call comes, so the next must not be told before.
        it.engine.wait_for_calls(calls + up_to(kind)).await;
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

/// An installation whose nodes reach the store as a user of whom rights can be taken away.
async fn with_user() -> Installation {
    let mut it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    make_user(&it.redis);
    it.store_url = format!("{}?user=figurine&pass=sesame", it.redis.url());
    it.found();
    it
}

fn grant(it: &Installation, right: &str) {
    redis::cmd("ACL").arg(&["SETUSER", "figurine", right]).query::<()>(&mut it.redis.raw()).unwrap();
}

/// A node is killed when the end of its job was stopped for lack of a right: the photo's key is destroyed, its ciphertext is
/// there. The job has reached a state by then.
async fn killed_without_right(
    it: &Installation,
    settings: &[(&str, &str)],
    right: &str,
    reached: &str,
) -> (String, Value) {
    let one = it.node_with(settings);
    let cost = undisturbed_cost(&one).await;
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let id = one.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    grant(it, &format!("-{right}"));
    it.engine.release();
    let holds = |redis: &PrivateRedis| {
        let names: Vec<String> = redis::cmd("KEYS").arg("fig:*:photo:*").query(&mut redis.raw()).unwrap();
        !names.is_empty()
    };
    let limit = Instant::now() + Duration::from_secs(20);
    while holds(it.key_redis.as_ref().unwrap()) || state(it, &id) != reached {
        assert!(Instant::now() < limit, "the key is destroyed; the job is {}", state(it, &id));
    }
    one.process.tell(Signal::KILL);
    assert!(holds(&it.redis) && !holds(it.key_redis.as_ref().unwrap()), "what is left does not open");
    grant(it, &format!("+{right}"));
    (id, cost)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_between_a_photos_key_and_the_end_of_its_job_has_its_results_taken_up() {
    let it = with_user().await;
    // The end gives results their names.
    let (id, cost) = killed_without_right(&it, &[], "rename", "finishing").await;
    let mut raw = it.redis.raw();
    let staged: Vec<String> = redis::cmd("KEYS").arg("fig:*:staged:*").query(&mut raw).unwrap();
    for name in &staged {
        let left: i64 = redis::cmd("PTTL").arg(name).query(&mut raw).unwrap();
        assert!(left > 600_000, "{name} waits for 10 minutes beyond the job's deadline at least: {left}");
    }
    assert_eq!(staged.len(), 2, "an image and what is told of it: {staged:?}");
    let calls = it.engine.calls().len();
    ended_once(&it, &it.node(), std::slice::from_ref(&id), &cost).await;
    assert_eq!(it.engine.calls().len(), calls, "nothing is made and paid again");
}

const DEADLINE: [(&str, &str); 2] = [("FIGURINE_JOB_DEADLINE_SECONDS", "8"), ("FIGURINE_MAX_WAIT_SECONDS", "7")];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_node_had_made_is_delivered_when_the_deadline_is_over() {
    let it = with_user().await;
    let (id, cost) = killed_without_right(&it, &DEADLINE, "rename", "finishing").await;
    let (calls, clock) = (it.engine.calls().len(), Instant::now());
    ended_once(&it, &it.node_with(&DEADLINE), std::slice::from_ref(&id), &cost).await;
    assert!(clock.elapsed() < Duration::from_secs(20), "no lease has to lapse: {:?}", clock.elapsed());
    assert_eq!(it.engine.calls().len(), calls, "nothing is made and paid again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_killed_node_misses_its_deadline_by_no_lease() {
    let it = Installation::founded().await;
    let one = it.node_with(&DEADLINE);
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let (id, clock) = (one.submit().await, Instant::now());
    it.engine.wait_for_calls(calls + 1).await;
    one.process.tell(Signal::KILL);
    let figure = it.node_with(&DEADLINE).ended(&id).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"failed".into(), &"deadline_exceeded".into()));
    assert!(clock.elapsed() < Duration::from_secs(20), "{:?}", clock.elapsed());
    assert_eq!(ends(&it, &id), ["failed", "purged"]);
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_the_end_of_a_job_is_waited_for() {
    let it = with_user().await;
    let node = it.node();
    let cost = undisturbed_cost(&node).await;
    // The first of these renews the lease before the end, the second gives results their names at the end.
    for right in ["xclaim", "rename"] {
        it.engine.hold();
        let calls = it.engine.calls().len() as u64;
        let id = node.submit().await;
        it.engine.wait_for_calls(calls + 1).await;
        redis::cmd("ACL").arg(&["LOG", "RESET"]).query::<()>(&mut it.redis.raw()).unwrap();
        grant(&it, &format!("-{right}"));
        it.engine.release();
        let limit = Instant::now() + Duration::from_secs(20);
        loop {
            let refused: Vec<redis::Value> = redis::cmd("ACL").arg("LOG").query(&mut it.redis.raw()).unwrap();
            if !refused.is_empty() && state(&it, &id) == "finishing" {
                break;
            }
            assert!(Instant::now() < limit, "{right} is refused; the job is {}", state(&it, &id));
        }
        let (made, clock) = (it.engine.calls().len(), Instant::now());
        grant(&it, &format!("+{right}"));
        ended_once(&it, &node, std::slice::from_ref(&id), &cost).await;
        assert!(clock.elapsed() < Duration::from_secs(10), "no lease has to lapse: {:?}", clock.elapsed());
        assert_eq!(it.engine.calls().len(), made, "nothing is made and paid again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_between_the_end_of_a_job_and_its_unlinking_has_it_done_by_the_sweeper_of_another() {
    let it = with_user().await;
    let (id, cost) = killed_without_right(&it, &[], "unlink", "succeeded").await;
    let clock = Instant::now();
    ended_once(&it, &it.node(), std::slice::from_ref(&id), &cost).await;
    assert!(clock.elapsed() < Duration::from_secs(10), "no lease has to lapse: {:?}", clock.elapsed());
}
