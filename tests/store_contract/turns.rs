use figurine::{
    domain::{Mode, Owner, State},
    store::{JobRef, NewJob, Submission},
};

use crate::bench::{Bench, LONG, job_of, neighbor, owner};

crate::contract! {
    accounts_take_turns_and_their_own_jobs_come_in_order
    who_comes_late_waits_for_one_round_at_most
    a_canceled_job_gives_up_its_accounts_turn
    a_forgotten_job_gives_up_its_accounts_turn
    live_and_test_jobs_wait_apart
}

/// Jobs of an account that wait.
async fn waiting(bench: &Bench, owner: &Owner, count: usize) -> Vec<JobRef> {
    let mut jobs = Vec::new();
    for _ in 0..count {
        jobs.push(bench.accept(job_of(owner)).await);
    }
    jobs
}

async fn claimed(bench: &Bench, count: usize) -> Vec<JobRef> {
    let mut jobs = Vec::new();
    for _ in 0..count {
        jobs.push(bench.claim(LONG).await.lease.job);
    }
    jobs
}

async fn accounts_take_turns_and_their_own_jobs_come_in_order(bench: &Bench) {
    let (one, two) = (owner(1), neighbor(&owner(1)));
    let (many, few) = (waiting(bench, &one, 20).await, waiting(bench, &two, 3).await);
    let mut expected: Vec<JobRef> = many.iter().zip(&few).flat_map(|(one, two)| [one.clone(), two.clone()]).collect();
    expected.extend_from_slice(&many[few.len()..]);
    assert_eq!(claimed(bench, 23).await, expected);
    bench.nothing_to_claim(LONG).await;
}

async fn who_comes_late_waits_for_one_round_at_most(bench: &Bench) {
    let (one, two) = (owner(1), neighbor(&owner(1)));
    let many = waiting(bench, &one, 9).await;
    assert_eq!(claimed(bench, 3).await, many[..3]);
    let late = waiting(bench, &two, 1).await;
    assert_eq!(claimed(bench, 3).await, [many[3].clone(), late[0].clone(), many[4].clone()]);
    let later = waiting(bench, &two, 2).await;
    assert_eq!(claimed(bench, 3).await, [many[5].clone(), later[0].clone(), many[6].clone()]);
}

async fn a_canceled_job_gives_up_its_accounts_turn(bench: &Bench) {
    let (one, two) = (owner(1), neighbor(&owner(1)));
    let (first, second) = (waiting(bench, &one, 1).await, waiting(bench, &two, 2).await);
    bench.store.cancel(&first[0], LONG).await.unwrap();
    let again = waiting(bench, &one, 1).await;
    assert_eq!(claimed(bench, 3).await, [second[0].clone(), again[0].clone(), second[1].clone()]);
}

async fn a_forgotten_job_gives_up_its_accounts_turn(bench: &Bench) {
    let (one, two) = (owner(1), neighbor(&owner(1)));
    let (first, second) = (waiting(bench, &one, 1).await, waiting(bench, &two, 2).await);
    bench.store.forget(&first[0]).await.unwrap();
    assert_eq!(bench.store.queued().await.unwrap(), 2);
    let again = waiting(bench, &one, 1).await;
    assert_eq!(claimed(bench, 3).await, [second[0].clone(), again[0].clone(), second[1].clone()]);
    bench.nothing_to_claim(LONG).await;
}

async fn live_and_test_jobs_wait_apart(bench: &Bench) {
    let of_test = |places| NewJob { lane: Mode::Test, places, ..job_of(&owner(1)) };
    let test = bench.accept(of_test(1)).await;
    assert_eq!(bench.submit(&of_test(1)).await, Submission::NoPlace);
    bench.nothing_to_claim(LONG).await;
    let live = bench.accept(NewJob { places: 1, ..job_of(&owner(1)) }).await;
    assert_eq!(bench.store.queued().await.unwrap(), 2);
    assert_eq!(bench.claim(LONG).await.lease.job, live);
    let claim = bench.store.claim(Mode::Test, LONG).await.unwrap().expect("the test job");
    assert_eq!(claim.lease.job, test);
    assert_eq!(bench.store.renew(&claim.lease, LONG).await.unwrap(), Ok(()));
    assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Ok(()));
    assert!(bench.store.claim(Mode::Test, LONG).await.unwrap().is_none());
}
