use std::time::Duration;

use figurine::{
    domain::{State, UploadId},
    store::{CancelOutcome, Claim, JobRef, LeaseLost, NewJob, NotFinished, TIME_TO_END},
};

use crate::bench::{Bench, LONG, SHORT, job, job_of, neighbor, owner, stranger};

crate::contract! {
    jobs_are_handed_out_once_and_in_order
    jobs_of_all_accounts_are_handed_out
    a_lapsed_lease_is_handed_out_again_and_the_late_worker_is_refused_everything
    a_lease_counts_until_somebody_else_has_the_job
    a_renewed_lease_does_not_lapse
    the_states_of_a_running_job_are_recorded
    canceling_a_job_that_waits_takes_it_away_from_the_queue
    a_job_taken_out_of_its_turn_stays_with_who_took_it
    what_was_taken_by_a_canceler_who_is_gone_is_handed_out_again
    a_running_job_that_is_canceled_ends_as_canceled_alone
    only_what_is_there_can_be_canceled
    a_job_past_its_deadline_is_taken_when_nobody_works_on_it
    a_job_past_its_deadline_is_taken_from_who_does_not_end_it
    a_lease_of_another_account_or_job_is_worth_nothing
}

async fn jobs_are_handed_out_once_and_in_order(bench: &Bench) {
    bench.nothing_to_claim(LONG).await;
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.push(bench.accept(job()).await);
    }
    for (waiting, job) in (0..5).rev().zip(&jobs) {
        let claim = bench.claim(LONG).await;
        assert_eq!((&claim.lease.job, claim.lease.token), (job, 1));
        assert_eq!((&claim.job.of, claim.job.claims, claim.job.state), (job, 1, State::Queued));
        assert_eq!(bench.store.queued().await.unwrap(), waiting);
    }
    bench.nothing_to_claim(LONG).await;
}

async fn jobs_of_all_accounts_are_handed_out(bench: &Bench) {
    let mut jobs = Vec::new();
    for number in 0..40 {
        jobs.push(bench.accept(job_of(&owner(number))).await);
    }
    let mut claimed = Vec::new();
    for _ in 0..40 {
        claimed.push(bench.claim(LONG).await.lease.job);
    }
    jobs.sort();
    claimed.sort();
    assert_eq!(jobs, claimed);
    bench.nothing_to_claim(LONG).await;
}

async fn refused_everything(bench: &Bench, late: &Claim) {
    let lease = &late.lease;
    assert_eq!(bench.store.renew(lease, LONG).await.unwrap(), Err(LeaseLost));
    assert_eq!(bench.store.advance(lease, State::Rendering).await.unwrap(), Err(LeaseLost));
    assert_eq!(bench.finish(lease, State::Succeeded).await, Err(NotFinished::LeaseLost));
    assert_eq!(bench.finish(lease, State::Canceled).await, Err(NotFinished::LeaseLost));
}

async fn a_lapsed_lease_is_handed_out_again_and_the_late_worker_is_refused_everything(bench: &Bench) {
    let job = bench.accept(job()).await;
    let mut late = Vec::new();
    for token in 1..=4 {
        let claim = bench.claim(SHORT).await;
        assert_eq!((&claim.lease.job, claim.lease.token, claim.job.claims), (&job, token, token));
        late.push(claim);
        bench.pass(SHORT).await;
    }
    let last = bench.claim(SHORT).await;
    for claim in &late {
        refused_everything(bench, claim).await;
    }
    assert_eq!(bench.store.job(&job).await.unwrap().unwrap().state, State::Queued);
    assert_eq!(bench.finish(&last.lease, State::Succeeded).await, Ok(()));
    for claim in &late {
        refused_everything(bench, claim).await;
    }
    assert_eq!(bench.store.renew(&last.lease, LONG).await.unwrap(), Err(LeaseLost));
    assert_eq!(bench.store.advance(&last.lease, State::Rendering).await.unwrap(), Err(LeaseLost));
    bench.pass(SHORT).await;
    bench.nothing_to_claim(SHORT).await;
}

async fn a_lease_counts_until_somebody_else_has_the_job(bench: &Bench) {
    bench.accept(job()).await;
    let claim = bench.claim(SHORT).await;
    bench.pass(SHORT).await;
    assert_eq!(bench.store.advance(&claim.lease, State::Rendering).await.unwrap(), Ok(()));
    assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Ok(()));
    bench.nothing_to_claim(SHORT).await;
}

async fn a_renewed_lease_does_not_lapse(bench: &Bench) {
    let (lease, most) = (Duration::from_secs(1), Duration::from_millis(550));
    bench.accept(job()).await;
    let claim = bench.claim(lease).await;
    for _ in 0..2 {
        bench.pass(most).await;
        assert_eq!(bench.store.renew(&claim.lease, lease).await.unwrap(), Ok(()));
        bench.nothing_to_claim(lease).await;
    }
    bench.pass(lease).await;
    assert_eq!(bench.claim(lease).await.lease.token, 2);
}

async fn the_states_of_a_running_job_are_recorded(bench: &Bench) {
    let job = bench.accept(job()).await;
    let claim = bench.claim(LONG).await;
    for state in [State::Analyzing, State::Enhancing, State::Rendering, State::Finishing] {
        assert_eq!(bench.store.advance(&claim.lease, state).await.unwrap(), Ok(()));
        assert_eq!(bench.store.job(&job).await.unwrap().unwrap().state, state);
    }
}

async fn taken(bench: &Bench, job: &JobRef, lease: Duration) -> Claim {
    let outcome = bench.store.cancel(job, lease).await.unwrap();
    let CancelOutcome::Taken(claim) = outcome else { panic!("{outcome:?}") };
    *claim
}

async fn canceling_a_job_that_waits_takes_it_away_from_the_queue(bench: &Bench) {
    let job = bench.accept(job()).await;
    let claim = taken(bench, &job, LONG).await;
    assert_eq!((&claim.lease.job, claim.lease.token), (&job, 1));
    assert!(claim.job.cancel_asked);
    assert_eq!(bench.store.queued().await.unwrap(), 0);
    bench.nothing_to_claim(LONG).await;
    assert!(matches!(bench.store.cancel(&job, LONG).await.unwrap(), CancelOutcome::Asked));
    assert_eq!(bench.finish(&claim.lease, State::Failed).await, Err(NotFinished::CancelAsked));
    assert_eq!(bench.finish(&claim.lease, State::Canceled).await, Ok(()));
    assert!(matches!(bench.store.cancel(&job, LONG).await.unwrap(), CancelOutcome::Terminal));
    bench.nothing_to_claim(LONG).await;
}

async fn a_job_taken_out_of_its_turn_stays_with_who_took_it(bench: &Bench) {
    let (one, two, three) = (bench.accept(job()).await, bench.accept(job()).await, bench.accept(job()).await);
    let middle = taken(bench, &two, LONG).await;
    assert_eq!(bench.store.queued().await.unwrap(), 2);
    assert_eq!(bench.claim(LONG).await.lease.job, one);
    assert_eq!(bench.claim(LONG).await.lease.job, three);
    bench.nothing_to_claim(LONG).await;
    assert_eq!(bench.store.queued().await.unwrap(), 0);
    assert_eq!(bench.store.renew(&middle.lease, LONG).await.unwrap(), Ok(()));
    assert_eq!(bench.finish(&middle.lease, State::Canceled).await, Ok(()));
}

async fn what_was_taken_by_a_canceler_who_is_gone_is_handed_out_again(bench: &Bench) {
    let (job, other) = (bench.accept(job()).await, bench.accept(job()).await);
    let late = taken(bench, &job, SHORT).await;
    bench.pass(SHORT).await;
    let again = bench.claim(SHORT).await;
    assert_eq!((&again.lease.job, again.lease.token), (&job, 2));
    assert!(again.job.cancel_asked);
    refused_everything(bench, &late).await;
    assert_eq!(bench.store.renew(&again.lease, LONG).await.unwrap(), Ok(()));
    assert_eq!(bench.claim(LONG).await.lease.job, other);
    assert_eq!(bench.finish(&again.lease, State::Canceled).await, Ok(()));
}

async fn a_running_job_that_is_canceled_ends_as_canceled_alone(bench: &Bench) {
    let job = bench.accept(job()).await;
    let claim = bench.claim(LONG).await;
    assert!(matches!(bench.store.cancel(&job, LONG).await.unwrap(), CancelOutcome::Asked));
    assert!(bench.store.job(&job).await.unwrap().unwrap().cancel_asked);
    assert_eq!(bench.store.advance(&claim.lease, State::Rendering).await.unwrap(), Ok(()));
    for state in [State::Succeeded, State::Failed, State::Blocked] {
        assert_eq!(bench.finish(&claim.lease, state).await, Err(NotFinished::CancelAsked));
    }
    assert_eq!(bench.store.job(&job).await.unwrap().unwrap().state, State::Rendering);
    assert_eq!(bench.finish(&claim.lease, State::Canceled).await, Ok(()));
    assert_eq!(bench.store.job(&job).await.unwrap().unwrap().state, State::Canceled);
}

async fn only_what_is_there_can_be_canceled(bench: &Bench) {
    let unknown = job().job;
    assert!(matches!(bench.store.cancel(&unknown, LONG).await.unwrap(), CancelOutcome::Unknown));
    let job = bench.accept(job()).await;
    let theirs = JobRef { owner: neighbor(&job.owner), figure: job.figure };
    assert!(matches!(bench.store.cancel(&theirs, LONG).await.unwrap(), CancelOutcome::Unknown));
    assert!(!bench.store.job(&job).await.unwrap().unwrap().cancel_asked);
    let ended = bench.claim(LONG).await;
    assert_eq!(bench.finish(&ended.lease, State::Succeeded).await, Ok(()));
    assert!(matches!(bench.store.cancel(&job, LONG).await.unwrap(), CancelOutcome::Terminal));
    assert!(!bench.store.job(&job).await.unwrap().unwrap().cancel_asked);
}

async fn a_job_past_its_deadline_is_taken_when_nobody_works_on_it(bench: &Bench) {
    let overdue = async |lease| bench.store.claim_overdue(lease).await.unwrap();
    let in_time = bench.accept(NewJob { photo: Some(UploadId::random()), ..job() }).await;
    assert!(overdue(LONG).await.is_none());
    let waits = bench.accept(NewJob { deadline: SHORT, ..job_of(&stranger(&in_time.owner)) }).await;
    bench.pass(SHORT).await;
    let claim = overdue(SHORT).await.expect("a job that waits past its deadline");
    assert_eq!((&claim.lease.job, claim.lease.token), (&waits, 1));
    assert_eq!(bench.store.queued().await.unwrap(), 1);
    assert!(overdue(LONG).await.is_none(), "it is held");
    bench.pass(SHORT).await;
    let again = overdue(SHORT).await.expect("a job whose lease has lapsed");
    assert_eq!((&again.lease.job, again.lease.token), (&waits, 2));
    refused_everything(bench, &claim).await;
    assert_eq!(bench.finish(&again.lease, State::Failed).await, Ok(()));
    bench.pass(SHORT).await;
    assert!(overdue(SHORT).await.is_none());
    assert_eq!(bench.claim(LONG).await.lease.job, in_time);
}

async fn a_job_past_its_deadline_is_taken_from_who_does_not_end_it(bench: &Bench) {
    let overdue = async || bench.store.claim_overdue(LONG).await.unwrap();
    let deadline = Duration::from_millis(1_500);
    let job = bench.accept(NewJob { deadline, ..job() }).await;
    let late = bench.claim(LONG).await;
    bench.pass(deadline).await;
    assert!(overdue().await.is_none(), "its worker is about to end it");
    assert_eq!(bench.store.advance(&late.lease, State::Rendering).await.unwrap(), Ok(()));
    bench.pass(TIME_TO_END).await;
    let claim = overdue().await.expect("a job that its worker does not end");
    assert_eq!((&claim.lease.job, claim.lease.token), (&job, 2));
    refused_everything(bench, &late).await;
    assert!(overdue().await.is_none(), "who was given it to end it has a lease for that");
    assert_eq!(bench.finish(&claim.lease, State::Failed).await, Ok(()));
    assert!(overdue().await.is_none());
}

async fn a_lease_of_another_account_or_job_is_worth_nothing(bench: &Bench) {
    let first = bench.accept(job()).await;
    let mut claim = bench.claim(LONG).await;
    claim.lease.job.owner = neighbor(&first.owner);
    refused_everything(bench, &claim).await;
    claim.lease.job = bench.accept(job()).await;
    refused_everything(bench, &claim).await;
    claim.lease.job = job().job;
    refused_everything(bench, &claim).await;
}
