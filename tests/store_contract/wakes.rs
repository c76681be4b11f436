use std::time::Duration;

use figurine::{
    domain::{Mode, State},
    store::{JobRef, Topic, Wake},
};
use tokio::time::{Instant, timeout};

use crate::bench::{Bench, LONG, job};

crate::contract! {
    a_new_job_wakes_workers
    every_change_of_a_job_wakes_who_waits_for_it
    a_change_between_looking_and_waiting_is_not_missed
    without_a_change_the_wait_ends_at_its_limit
}

/// A wake-up that must come.
async fn rings(wake: Wake) {
    let limit = Duration::from_secs(20);
    timeout(limit / 2, wake.within(limit)).await.expect("a wake-up");
}

async fn a_new_job_wakes_workers(bench: &Bench) {
    let wake = bench.store.listen(Topic::Jobs(Mode::Live));
    let ((), _job) = tokio::join!(rings(wake), bench.accept(job()));
}

async fn every_change_of_a_job_wakes_who_waits_for_it(bench: &Bench) {
    let job = bench.accept(job()).await;
    let claim = bench.claim(LONG).await;
    let listen = async |job: &JobRef| {
        tokio::join!(rings(bench.store.listen(Topic::Job(job))), rings(bench.store.listen(Topic::Events(job))));
    };
    let (follows, advanced) =
        (bench.store.listen(Topic::Events(&job)), bench.store.advance(&claim.lease, State::Rendering));
    tokio::join!(rings(follows), advanced).1.unwrap().unwrap();
    let mut told;
    told = listen(&job);
    tokio::join!(told, bench.store.cancel(&job, LONG)).1.unwrap();
    told = listen(&job);
    assert_eq!(tokio::join!(told, bench.finish(&claim.lease, State::Canceled)).1, Ok(()));
    told = listen(&job);
    let at = bench.store.now().await.unwrap();
    tokio::join!(told, bench.store.mark_purged(&job, at)).1.unwrap();
    told = listen(&job);
    tokio::join!(told, bench.store.mark_deleted(&job)).1.unwrap();
}

async fn a_change_between_looking_and_waiting_is_not_missed(bench: &Bench) {
    let (workers, job) = (bench.store.listen(Topic::Jobs(Mode::Live)), job());
    let waiter = bench.store.listen(Topic::Events(&job.job));
    bench.accept(job).await;
    let claim = bench.claim(LONG).await;
    bench.store.advance(&claim.lease, State::Rendering).await.unwrap().unwrap();
    tokio::join!(rings(workers), rings(waiter));
}

async fn without_a_change_the_wait_ends_at_its_limit(bench: &Bench) {
    let (wake, clock) = (bench.store.listen(Topic::Job(&job().job)), Instant::now());
    wake.within(Duration::from_millis(50)).await;
    // It may come early, but never late.
    assert!(clock.elapsed() < Duration::from_secs(5));
}
