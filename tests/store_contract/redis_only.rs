//! What a store on Redis meets besides: other nodes, and a server that forgets.

use std::time::{Duration, Instant};

use bytes::Bytes;
use figurine::{
    domain::{FigureId, KeyId, Mode, Owner, State},
    store::{
        ConnectError, Lease, NewJob, RedisAddress, RedisStore, Store, StoreError, StoreKey, StoreNature, Submission,
        Topic,
    },
    tasks::Tasks,
};
use redis::Value;
use secrecy::{ExposeSecret, SecretString};
use tokio::{runtime::Handle, time::timeout};

use crate::{
    bench::{Bench, LONG, SHORT, connect, job, job_of, owner, stranger},
    private_redis::PrivateRedis,
    reach,
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
        let wake = other.listen(Topic::Jobs(Mode::Live));
        bench.accept(job()).await;
        if timeout(Duration::from_millis(100), wake.within(LONG)).await.is_ok() {
            break;
        }
        assert!(Instant::now() < limit, "a new job wakes the workers of another node");
    }
    let claim = bench.claim(LONG).await;
    let wake = other.listen(Topic::Events(&claim.lease.job));
    bench.store.advance(&claim.lease, State::Rendering).await.unwrap().unwrap();
    timeout(Duration::from_secs(10), wake.within(LONG)).await.expect("a wake-up on another node");
}

#[tokio::test]
async fn a_job_of_one_node_is_ended_by_another() {
    let bench = Bench::redis().await;
    let other = connect(bench.server.as_ref().unwrap()).await;
    let job = bench.accept(job()).await;
    let claim = other.claim(Mode::Live, SHORT).await.unwrap().unwrap();
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
async fn a_job_whose_entry_is_gone_is_still_done() {
    let bench = Bench::redis().await;
    let job = bench.accept(job()).await;
    tell(&bench, &["DEL", &stream()]);
    let claim = bench.claim(LONG).await;
    assert_eq!(claim.lease.job, job);
    assert_eq!(bench.store.renew(&claim.lease, LONG).await.unwrap(), Ok(()));
    assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Ok(()));
}

#[tokio::test]
async fn a_job_that_waits_in_no_list_is_found_in_the_stream() {
    let bench = Bench::redis().await;
    let (one, two) = (bench.accept(job()).await, bench.accept(job()).await);
    let prefix = format!("fig:{{s{}}}:", owner(1).shard());
    tell(&bench, &["DEL", &format!("{prefix}turns:live"), &format!("{prefix}wait:live:{}", owner(1).as_str())]);
    assert_eq!(bench.claim(LONG).await.lease.job, one);
    assert_eq!(bench.claim(LONG).await.lease.job, two);
    bench.nothing_to_claim(LONG).await;
}

#[tokio::test]
async fn accounts_are_served_alike_however_they_fall_on_shards() {
    let bench = Bench::redis().await;
    let crowded = (0..=u8::MAX).map(owner).filter(|other| other.shard() == owner(1).shard()).take(4);
    let accounts: Vec<_> = crowded.chain([stranger(&owner(1))]).collect();
    for account in &accounts {
        for _ in 0..60 {
            bench.accept(NewJob { places: 1_000, ..job_of(account) }).await;
        }
    }
    let mut served = vec![0; accounts.len()];
    for _ in 0..100 {
        let job = bench.claim(LONG).await.lease.job;
        served[accounts.iter().position(|account| *account == job.owner).unwrap()] += 1;
    }
    // The one with a shard of its own has a fifth of the claims and not a half; of 100 draws 4 to 40 is beyond chance.
    assert!((4..=40).contains(&served[4]), "{served:?}");
    let (least, most) = (served[..4].iter().min().unwrap(), served[..4].iter().max().unwrap());
    assert!(most - least <= 1, "{served:?}");
}

#[tokio::test]
async fn leases_that_are_over_are_found_beside_jobs_that_wait_elsewhere() {
    let (bench, lease) = (Bench::redis().await, SHORT * 10);
    for _ in 0..4 {
        bench.accept(job()).await;
        bench.claim(lease).await;
    }
    bench.pass(lease).await;
    let others: Vec<_> = (0..=u8::MAX).map(owner).filter(|other| other.shard() != owner(1).shard()).take(40).collect();
    for other in &others {
        bench.accept(job_of(other)).await;
    }
    // All jobs are looked at once a second.
    let (limit, mut again) = (Instant::now() + Duration::from_secs(5), 0);
    while again < 4 {
        let claim = bench.claim(lease).await;
        again += u32::from(claim.lease.token > 1);
        if claim.lease.token == 1 {
            assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Ok(()));
            bench.accept(job_of(&claim.lease.job.owner)).await;
        }
        assert!(Instant::now() < limit, "{again} of 4 were handed out again");
    }
}

#[tokio::test]
async fn jobs_under_way_take_no_place_of_those_that_wait() {
    let bench = Bench::redis().await;
    let new = |of: &Owner| NewJob { places: 16, ..job_of(of) };
    for _ in 0..15 {
        bench.accept(new(&owner(1))).await;
        bench.claim(LONG).await;
    }
    let other = stranger(&owner(1));
    let burst = futures_util::future::join_all((0..12).map(|_| async { bench.submit(&new(&other)).await })).await;
    assert!(burst.iter().all(|told| matches!(told, Submission::Accepted { .. })), "{burst:?}");
}

#[tokio::test]
async fn a_job_whose_list_and_entry_are_gone_is_still_ended_by_its_deadline() {
    let bench = Bench::redis().await;
    let job = bench.accept(NewJob { deadline: SHORT, ..job() }).await;
    let prefix = format!("fig:{{s{}}}:", owner(1).shard());
    let list = format!("{prefix}wait:live:{}", owner(1).as_str());
    tell(&bench, &["DEL", &stream(), &format!("{prefix}turns:live"), &list]);
    bench.nothing_to_claim(LONG).await;
    bench.pass(SHORT).await;
    let claim = bench.store.claim_overdue(LONG).await.unwrap().expect("the job");
    assert_eq!(claim.lease.job, job);
    assert!(bench.store.claim_overdue(LONG).await.unwrap().is_none(), "it is held");
    assert_eq!(bench.finish(&claim.lease, State::Failed).await, Ok(()));
}

/// Runs a script of account 1's shard, as a node does when it asks again.
fn run(bench: &Bench, script: &str, args: &[&str]) -> Vec<String> {
    let script = redis::Script::new(&[include_str!("../../src/store/redis/lua/common.lua"), script].concat());
    let mut call = script.key(stream().replace("jobs", ""));
    for arg in args {
        call.arg(*arg);
    }
    call.invoke(&mut bench.server.as_ref().unwrap().raw()).unwrap()
}

#[tokio::test]
async fn a_call_that_comes_again_since_its_answer_was_lost_is_given_the_same_job() {
    let bench = Bench::redis().await;
    let (first, second) = (bench.accept(job()).await, bench.accept(job()).await);
    let Value::BulkString(mark) = tell(&bench, &["GET", &stream().replace("jobs", "founding")]) else {
        panic!("a mark")
    };
    let mark = String::from_utf8(mark).unwrap();
    let claim = |call| {
        timeless(run(&bench, include_str!("../../src/store/redis/lua/claim.lua"), &[&mark, "600000", "live", call]))
    };
    let given = claim("a");
    assert!(given.contains(&first.figure.to_string()), "{given:?}");
    assert_eq!(claim("a"), given);
    assert!(claim("b").contains(&second.figure.to_string()));
    assert_eq!(claim("a"), given);
    let known = bench.store.job(&first).await.unwrap().unwrap();
    assert_eq!(known.claims, 1);
    let lease = Lease { job: first, token: 1 };
    assert_eq!(bench.finish(&lease, State::Succeeded).await, Ok(()));
    assert_eq!(claim("a"), ["none"]);

    let third = bench.accept(job()).await;
    let (figure, owner) = (third.figure.to_string(), third.owner.as_str().to_owned());
    let cancel =
        |call| timeless(run(&bench, include_str!("../../src/store/redis/lua/cancel.lua"), &[&figure, &owner, call]));
    let taken = cancel("c");
    assert!(taken[0] == "taken" && taken.contains(&figure), "{taken:?}");
    assert_eq!(cancel("c"), taken);
    assert_eq!(cancel("d"), ["asked"]);

    let fourth = bench.accept(NewJob { deadline: SHORT, ..job() }).await;
    bench.pass(SHORT).await;
    let overdue =
        |call| timeless(run(&bench, include_str!("../../src/store/redis/lua/overdue.lua"), &["600000", "2000", call]));
    let late = overdue("e");
    assert!(late.contains(&fourth.figure.to_string()), "{late:?}");
    assert_eq!(overdue("e"), late);
    assert_eq!(overdue("f"), ["none"]);
}

/// An answer without the time when it was given.
fn timeless(mut told: Vec<String>) -> Vec<String> {
    if told[0] == "taken" {
        told.remove(1);
    }
    told
}

fn lost<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Lost))
}

/// Everything by which work comes in or values are given out says that the store is lost.
async fn refuses_work(store: &RedisStore) {
    assert!(lost(&store.check().await));
    assert!(lost(&store.is_revoked(&KeyId::random()).await));
    assert!(lost(&store.submit(job_of(&owner(1))).await));
    assert!(lost(&store.claim(Mode::Live, LONG).await));
    let name = StoreKey::record(&owner(1), &FigureId::random());
    assert!(lost(&store.get(&name).await));
    assert!(lost(&store.put(&name, Bytes::from_static(b"v"), LONG).await));
    assert!(lost(&store.expire(&name.staged(1), LONG).await));
    assert!(lost(&store.job(&job().job).await));
}

#[tokio::test]
async fn a_store_is_refused_until_it_is_founded_on_purpose() {
    let server = PrivateRedis::start();
    let (node, other) = (connect(&server).await, connect(&server).await);
    for _ in 0..2 {
        refuses_work(&node).await;
    }
    refuses_work(&connect(&server).await).await;
    node.found().await.unwrap();
    for store in [&node, &other] {
        store.check().await.unwrap();
        assert!(matches!(store.submit(job()).await.unwrap(), Submission::Accepted { .. }));
    }
    // What is founded stays as it is.
    other.found().await.unwrap();
    assert_eq!(node.queued().await.unwrap(), 2);
    node.check().await.unwrap();
}

#[tokio::test]
async fn a_store_that_was_emptied_is_refused_until_it_is_founded_again() {
    let bench = Bench::redis().await;
    let node = connect(bench.server.as_ref().unwrap()).await;
    let job = bench.accept(job()).await;
    tell(&bench, &["FLUSHALL"]);
    refuses_work(&node).await;
    assert!(lost(&bench.store.job(&job).await));
    connect(bench.server.as_ref().unwrap()).await.found().await.unwrap();
    // The first look after that may be any.
    assert!(matches!(bench.submit(&job_of(&owner(1))).await, Submission::Accepted { .. }));
    assert!(node.job(&job).await.unwrap().is_none());
    assert!(node.claim(Mode::Live, LONG).await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_that_was_emptied_and_founded_unseen_is_used_as_it_is() {
    let bench = Bench::redis().await;
    let job = bench.accept(job()).await;
    tell(&bench, &["FLUSHALL"]);
    connect(bench.server.as_ref().unwrap()).await.found().await.unwrap();
    assert!(matches!(bench.submit(&job_of(&owner(1))).await, Submission::Accepted { .. }));
    assert!(bench.store.job(&job).await.unwrap().is_none());
}

#[tokio::test]
async fn a_shard_that_lost_its_part_is_as_bad_as_the_whole() {
    let bench = Bench::redis().await;
    let mark = stream().replace("jobs", "founding");
    assert_eq!(tell(&bench, &["DEL", &mark]), Value::Int(1));
    assert!(lost(&bench.store.submit(job()).await));
    assert!(lost(&bench.store.check().await));
    connect(bench.server.as_ref().unwrap()).await.found().await.unwrap();
    assert!(matches!(bench.submit(&job()).await, Submission::Accepted { .. }));
}

#[tokio::test]
async fn a_store_of_another_layout_is_refused() {
    let server = PrivateRedis::start();
    redis::cmd("SET").arg("fig:founding").arg("1 32 x").query::<()>(&mut server.raw()).unwrap();
    let address = RedisAddress { url: SecretString::from(server.url()), ca: None };
    let refused = RedisStore::connect(&address, &Tasks::new(Handle::current())).await;
    assert!(matches!(refused, Err(ConnectError::Foreign { .. })));
    // Nor is it founded over, when it comes while a node runs.
    let bench = Bench::redis().await;
    let node = connect(bench.server.as_ref().unwrap()).await;
    tell(&bench, &["SET", "fig:founding", "1 16 x"]);
    assert!(lost(&node.check().await));
    assert!(matches!(node.found().await, Err(ConnectError::Foreign { .. })));
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
    assert_eq!(bench.store.nature_now().await.persistence, "aof", "it is asked again");
    assert_eq!(connect(bench.server.as_ref().unwrap()).await.nature().persistence, "aof");
}

#[tokio::test]
async fn a_server_that_was_restarted_with_its_data_goes_on_where_it_was() {
    let mut server = PrivateRedis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = connect(&server).await;
    store.found().await.unwrap();
    let revoked = KeyId::random();
    store.revoke(&revoked, LONG).await.unwrap();
    let new = job();
    assert!(matches!(store.submit(new.clone()).await.unwrap(), Submission::Accepted { .. }));
    let claim = store.claim(Mode::Live, LONG).await.unwrap().unwrap();
    assert!(std::fs::read_dir(server.dir().join("appendonlydir")).unwrap().count() > 0);
    server.kill();
    assert!(matches!(store.job(&new.job).await, Err(StoreError::Unavailable)));
    server.restart();
    let limit = Instant::now() + Duration::from_secs(5);
    while store.check().await.is_err() {
        assert!(Instant::now() < limit, "the store is used again within 5 s");
        tokio::task::yield_now().await;
    }
    assert!(store.is_revoked(&revoked).await.unwrap());
    assert!(store.claim(Mode::Live, LONG).await.unwrap().is_none(), "the lease still counts");
    assert_eq!(store.renew(&claim.lease, LONG).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_server_of_another_authority_or_a_wrong_password_is_refused() {
    let (_server, address) = reach::tls();
    let other = tempfile::tempdir().unwrap();
    crate::authority::certificates(other.path());
    let stranger = std::fs::read(other.path().join("ca.pem")).unwrap();
    let (url, ca) = (address.url.expose_secret().replace("sesame", "wrong"), address.ca.clone());
    for address in [
        RedisAddress { ca: Some(stranger), ..address.clone() },
        RedisAddress { ca: None, ..address.clone() },
        RedisAddress { url: SecretString::from(url), ca },
    ] {
        let refused = RedisStore::connect(&address, &Tasks::new(Handle::current())).await;
        let Err(ConnectError::Unreachable(why)) = refused else { panic!("it is refused") };
        assert!(!why.contains("wrong") && !why.contains("sesame"), "{why}");
    }
    assert!(RedisStore::connect(&address, &Tasks::new(Handle::current())).await.is_ok());
}
