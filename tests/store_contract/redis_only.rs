//! What a store on Redis meets besides: other nodes, and a server that forgets.

use std::time::{Duration, Instant};

use figurine::{
    domain::{KeyId, State},
    store::{ConnectError, NewJob, RedisAddress, RedisStore, Store, StoreError, StoreNature, Submission, Topic},
    tasks::Tasks,
};
use redis::Value;
use secrecy::SecretString;
use tokio::{runtime::Handle, time::timeout};

use crate::{
    bench::{Bench, LONG, SHORT, connect, job, job_of, owner},
    private_redis::PrivateRedis,
};

fn tell(bench: &Bench, command: &[&str]) -> Value {
    let mut wanted = redis::cmd(command[0]);
    wanted.arg(&command[1..]).query(&mut bench.server.as_ref().unwrap().raw()).unwrap()
}

fn stream() -> String {
    format!("fig:{{s{}}}:jobs", owner(1).shard())
}

#[tokio::test]
async fn a_change_on_one_node_wakes_the_others() {
    let bench = Bench::redis().await;
    let other = connect(bench.server.as_ref().unwrap()).await;
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        let wake = other.listen(Topic::Jobs);
        bench.accept(job()).await;
        if timeout(Duration::from_millis(100), wake.within(LONG)).await.is_ok() {
            break;
        }
        assert!(Instant::now() < limit, "a new job wakes the workers of another node");
    }
    let claim = bench.claim(LONG).await;
    let wake = other.listen(Topic::Job(&claim.lease.job));
    bench.store.advance(&claim.lease, State::Rendering).await.unwrap().unwrap();
    timeout(Duration::from_secs(10), wake.within(LONG)).await.expect("a wake-up on another node");
}

#[tokio::test]
async fn a_job_of_one_node_is_ended_by_another() {
    let bench = Bench::redis().await;
    let other = connect(bench.server.as_ref().unwrap()).await;
    let job = bench.accept(job()).await;
    let claim = other.claim(SHORT).await.unwrap().unwrap();
    bench.pass(SHORT).await;
    let again = bench.claim(SHORT).await;
    assert_eq!((claim.lease.token, again.lease.token), (1, 2));
    assert!(other.advance(&claim.lease, State::Rendering).await.unwrap().is_err());
    assert_eq!(bench.finish(&again.lease, State::Succeeded).await, Ok(()));
    assert_eq!(other.job(&job).await.unwrap().unwrap().state, State::Succeeded);
}

#[tokio::test]
async fn entries_that_make_no_sense_are_dropped() {
    let bench = Bench::redis().await;
    tell(&bench, &["XADD", &stream(), "*", "nonsense", "\u{1}\u{2}"]);
    tell(&bench, &["XADD", &stream(), "*", "figure", "fig_nobody"]);
    let first = bench.accept(job()).await;
    tell(&bench, &["XADD", &stream(), "*", "figure", &first.figure.to_string()]);
    assert_eq!(bench.claim(LONG).await.lease.job, first);
    bench.nothing_to_claim(LONG).await;
    assert_eq!(tell(&bench, &["XLEN", &stream()]), Value::Int(1));
    assert_eq!(bench.store.queued().await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_forgot_scripts_and_group_is_told_them_again() {
    let bench = Bench::redis().await;
    let (one, two) = (bench.accept(job()).await, bench.accept(job()).await);
    let held = bench.claim(LONG).await;
    tell(&bench, &["SCRIPT", "FLUSH"]);
    tell(&bench, &["XGROUP", "DESTROY", &stream(), "makers"]);
    assert_eq!(held.lease.job, one);
    assert_eq!(bench.claim(LONG).await.lease.job, two);
    bench.nothing_to_claim(LONG).await;
    assert_eq!(bench.store.renew(&held.lease, LONG).await.unwrap(), Ok(()));
    assert_eq!(bench.finish(&held.lease, State::Succeeded).await, Ok(()));
}

#[tokio::test]
async fn a_job_whose_entry_is_gone_is_still_ended_by_its_deadline() {
    let bench = Bench::redis().await;
    let job = bench.accept(NewJob { deadline: SHORT, ..job() }).await;
    tell(&bench, &["DEL", &stream()]);
    bench.nothing_to_claim(LONG).await;
    bench.pass(SHORT).await;
    let claim = bench.store.claim_overdue(LONG).await.unwrap().expect("the job");
    assert_eq!(claim.lease.job, job);
    assert!(bench.store.claim_overdue(LONG).await.unwrap().is_none(), "it is held");
    assert_eq!(bench.finish(&claim.lease, State::Failed).await, Ok(()));
}

#[tokio::test]
async fn a_store_that_was_emptied_is_told_as_lost_and_then_used_again() {
    let bench = Bench::redis().await;
    let job = bench.accept(job()).await;
    tell(&bench, &["FLUSHALL"]);
    let lost = |error: StoreError| matches!(error, StoreError::Lost);
    assert!(bench.store.job(&job).await.is_err_and(lost));
    assert!(bench.store.is_revoked(&KeyId::random()).await.is_err_and(lost));
    assert!(bench.store.submit(job_of(&owner(1))).await.is_err_and(lost));
    assert!(bench.store.claim(LONG).await.is_err_and(lost));
    let limit = Instant::now() + Duration::from_secs(5);
    loop {
        match bench.store.submit(job_of(&owner(1))).await {
            Ok(submitted) => break assert!(matches!(submitted, Submission::Accepted { .. })),
            Err(error) => assert!(lost(error) && Instant::now() < limit),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(bench.store.job(&job).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_of_another_layout_is_refused() {
    let server = PrivateRedis::start();
    redis::cmd("SET").arg("fig:founding").arg("1 32 x").query::<()>(&mut server.raw()).unwrap();
    let address = RedisAddress { url: SecretString::from(server.url()), ca: None };
    let refused = RedisStore::connect(&address, &Tasks::new(Handle::current())).await;
    assert!(matches!(refused, Err(ConnectError::Foreign { .. })));
}

#[tokio::test]
async fn everything_that_is_kept_has_an_end() {
    let bench = Bench::redis().await;
    bench.done(NewJob { once: vec![crate::bench::once("d", "f")], ..job() }).await;
    bench.accept(job()).await;
    bench.store.revoke(&KeyId::random(), LONG).await.unwrap();
    let mut raw = bench.server.as_ref().unwrap().raw();
    let names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut raw).unwrap();
    assert!(names.len() > 20, "{names:?}");
    for name in names.iter().filter(|name| !name.ends_with("founding")) {
        let left: i64 = redis::cmd("PTTL").arg(name).query(&mut raw).unwrap();
        assert!(left > 0, "{name}: {left}");
    }
}

#[tokio::test]
async fn a_server_without_persistence_is_known_as_such() {
    let bench = Bench::redis().await;
    assert_eq!(bench.store.nature(), StoreNature { kind: "redis", persistence: "none" });
    tell(&bench, &["CONFIG", "SET", "appendonly", "yes"]);
    assert_eq!(connect(bench.server.as_ref().unwrap()).await.nature().persistence, "aof");
}
