//! What a store on a Redis Cluster meets besides: parts of it that forget or are away.

use std::time::{Duration, Instant};

use figurine::{
    domain::{FigureId, KeyId, Mode, State},
    store::{RedisStore, Store, StoreError, StoreKey, Submission, Topic},
};
use tokio::time::timeout;

use crate::{
    bench::{Bench, LONG, connect_to, job_of, owner},
    private_redis::cluster::{PrivateCluster, make_user},
};

#[tokio::test]
async fn everything_is_spread_over_the_servers_and_found_again() {
    let cluster = PrivateCluster::start();
    let (bench, other) = (Bench::on(&cluster).await, connect_to(&cluster.url(1)).await);
    let keys: Vec<_> = std::iter::repeat_with(KeyId::random).take(24).collect();
    for (key, number) in keys.iter().zip(0..) {
        bench.store.revoke(key, LONG).await.unwrap();
        bench.accept(job_of(&owner(number))).await;
    }
    for key in &keys {
        assert!(other.is_revoked(key).await.unwrap());
    }
    assert_eq!(other.queued().await.unwrap(), 24);
    for names in cluster.names() {
        let (revoked, jobs) = (holding(&names, ":revoked:"), holding(&names, ":job:"));
        assert!(revoked > 0 && jobs > 0, "{revoked} revocations and {jobs} jobs in {names:#?}");
    }
}

fn holding(names: &[String], part: &str) -> usize {
    names.iter().filter(|name| name.contains(part)).count()
}

#[tokio::test]
async fn a_change_on_one_node_wakes_another_that_listens_to_another_server() {
    let cluster = PrivateCluster::start();
    let bench = Bench::on(&cluster).await;
    for first in [1, 2] {
        let other = connect_to(&cluster.url(first)).await;
        let limit = Instant::now() + Duration::from_secs(10);
        loop {
            let wake = other.listen(Topic::Jobs(Mode::Live));
            bench.accept(job_of(&owner(1))).await;
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
}

/// Whether the store refuses whatever rests on what a server has forgotten.
async fn refuses(store: &RedisStore, revoked: &[KeyId]) {
    for key in revoked {
        let known = store.is_revoked(key).await;
        assert!(matches!(known, Ok(true) | Err(StoreError::Lost)), "{known:?}");
    }
    assert!(matches!(store.check().await, Err(StoreError::Lost)));
    assert!(matches!(store.claim(Mode::Live, LONG).await, Err(StoreError::Lost)));
    assert!(matches!(store.is_revoked(&KeyId::random()).await, Err(StoreError::Lost)));
    let record = StoreKey::record(&owner(1), &FigureId::random());
    assert!(matches!(store.get(&record).await, Err(StoreError::Lost)));
}

#[tokio::test]
async fn one_server_that_forgot_makes_no_revoked_key_valid() {
    let cluster = PrivateCluster::start();
    let revoked: Vec<_> = std::iter::repeat_with(KeyId::random).take(24).collect();
    for emptied in 0..3 {
        let bench = Bench::on(&cluster).await;
        for key in &revoked {
            bench.store.revoke(key, LONG).await.unwrap();
        }
        let node = connect_to(&cluster.url(0)).await;
        redis::cmd("FLUSHALL").query::<()>(&mut cluster.masters[emptied].raw()).unwrap();
        refuses(&node, &revoked).await;
        refuses(&connect_to(&cluster.url(0)).await, &revoked).await;
        node.found().await.unwrap();
        node.check().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_in_time_and_used_again_when_it_is_back() {
    let mut cluster = PrivateCluster::start();
    let bench = Bench::on(&cluster).await;
    cluster.masters[1].kill();
    let clock = Instant::now();
    assert!(matches!(bench.store.check().await, Err(StoreError::Unavailable)));
    assert!(clock.elapsed() < Duration::from_secs(3), "{:?}", clock.elapsed());
    cluster.masters[1].restart();
    make_user(&cluster.masters[1]);
    cluster.wait_until_whole();
    let limit = Instant::now() + Duration::from_secs(5);
    // It comes back without its data.
    while !matches!(bench.store.check().await, Err(StoreError::Lost)) {
        assert!(Instant::now() < limit, "the store is looked at again within 5 s");
    }
    connect_to(&cluster.url(2)).await.found().await.unwrap();
    for number in 0..8 {
        let submitted = bench.submit(&job_of(&owner(number))).await;
        assert!(matches!(submitted, Submission::Accepted { .. }), "{submitted:?}");
    }
}
