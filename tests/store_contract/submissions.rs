use figurine::{
    domain::{Moment, State, UploadId},
    store::{Bound, Finish, Known, NewJob, Once, StoreKey, Submission},
};

use crate::bench::{Bench, LONG, SHORT, end, job, job_of, job_with, neighbor, once, owner, seated, stranger};

/// The key has no free seat.
const NO_SEAT: Submission = Submission::Bounded { gate: 0, by: Bound::InFlight };

crate::contract! {
    an_accepted_job_is_known_as_it_was_submitted
    a_job_submitted_again_is_accepted_as_it_was_and_done_once
    a_job_is_found_with_its_own_account_alone
    the_same_request_finds_the_job_that_it_made
    a_name_that_an_upload_has_used_is_no_jobs
    what_is_known_comes_before_every_other_refusal
    the_first_name_is_written_and_any_counts
    a_remembered_request_is_forgotten_after_its_time
    a_taken_upload_comes_before_a_full_queue_and_that_before_a_full_key
    an_upload_is_taken_by_one_job
    a_refusal_changes_nothing
    seats_belong_to_a_key_and_come_back_with_the_end
    places_are_counted_over_all_accounts
    the_request_of_a_job_that_ended_so_may_be_done_again
    another_jobs_claim_on_the_same_request_is_left_alone
}

async fn an_accepted_job_is_known_as_it_was_submitted(bench: &Bench) {
    let new = job();
    let before = bench.store.now().await.unwrap();
    let Submission::Accepted { at } = bench.submit(&new).await else { panic!("it is accepted") };
    assert!(at >= before && at <= bench.store.now().await.unwrap());
    let known = bench.store.job(&new.job).await.unwrap().unwrap();
    assert_eq!((&known.of, known.key, known.photo), (&new.job, new.key, new.photo));
    assert_eq!((known.state, known.code, known.claims), (State::Queued, None, 0));
    assert_eq!((known.created_at, known.deadline_at), (at, at.plus(new.deadline)));
    assert_eq!((known.ended_at, known.expires_at, known.purged_at), (None::<Moment>, None, None));
    assert!(!known.cancel_asked && !known.deleted);
    assert_eq!(bench.store.queued().await.unwrap(), 1);
}

async fn a_job_submitted_again_is_accepted_as_it_was_and_done_once(bench: &Bench) {
    let new = NewJob { once: vec![once("d", "f")], places: 1, ..job_with(1) };
    let first = bench.submit(&new).await;
    bench.pass(SHORT).await;
    assert_eq!(bench.submit(&new).await, first);
    assert_eq!((bench.claim(LONG).await.lease.job, bench.store.queued().await.unwrap()), (new.job, 0));
    bench.nothing_to_claim(LONG).await;
}

async fn a_job_is_found_with_its_own_account_alone(bench: &Bench) {
    let mut of = bench.accept(NewJob { photo: None, ..job() }).await;
    assert_eq!(bench.store.job(&of).await.unwrap().unwrap().photo, None);
    let own = of.owner.clone();
    for other in [neighbor(&own), stranger(&own)] {
        of.owner = other;
        assert!(bench.store.job(&of).await.unwrap().is_none());
    }
}

async fn the_same_request_finds_the_job_that_it_made(bench: &Bench) {
    let first = NewJob { once: vec![once("d", "f")], ..job() };
    bench.accept(first.clone()).await;
    let again = NewJob { once: vec![once("d", "f")], ..job() };
    assert_eq!(bench.submit(&again).await, Submission::Known(Known::Same(first.job.figure)));
    let other = NewJob { once: vec![once("d", "g")], ..job() };
    assert_eq!(bench.submit(&other).await, Submission::Known(Known::Other));
    bench.accept(NewJob { once: vec![once("e", "f")], ..job() }).await;
    assert_eq!(bench.store.queued().await.unwrap(), 2);
}

async fn a_name_that_an_upload_has_used_is_no_jobs(bench: &Bench) {
    let (upload, once) = (UploadId::random(), once("d", "f"));
    bench.store.put_new(&once.name, once.value(upload).into(), LONG).await.unwrap();
    assert_eq!(bench.submit(&NewJob { once: vec![once], ..job() }).await, Submission::Known(Known::Other));
}

async fn what_is_known_comes_before_every_other_refusal(bench: &Bench) {
    let first = NewJob { once: vec![once("d", "f")], ..job() };
    bench.accept(first.clone()).await;
    let consumes = Some(StoreKey::unused(&owner(1), &UploadId::random()));
    let again = NewJob { once: first.once.clone(), places: 0, consumes, ..job_with(0) };
    assert_eq!(bench.submit(&again).await, Submission::Known(Known::Same(first.job.figure)));
}

async fn the_first_name_is_written_and_any_counts(bench: &Bench) {
    let first = bench.accept(NewJob { once: vec![once("new", "f"), once("old", "f")], ..job() }).await;
    let by_old = NewJob { once: vec![once("old", "f")], ..job() };
    let second = bench.accept(by_old).await;
    let both = NewJob { once: vec![once("none", "f"), once("old", "f"), once("new", "f")], ..job() };
    assert_eq!(bench.submit(&both).await, Submission::Known(Known::Same(second.figure)));
    let by_new = NewJob { once: vec![once("new", "f")], ..job() };
    assert_eq!(bench.submit(&by_new).await, Submission::Known(Known::Same(first.figure)));
}

async fn a_remembered_request_is_forgotten_after_its_time(bench: &Bench) {
    let short = || vec![Once { kept: SHORT, ..once("d", "f") }];
    bench.accept(NewJob { once: short(), ..job() }).await;
    bench.pass(SHORT).await;
    bench.accept(NewJob { once: short(), ..job() }).await;
}

async fn a_taken_upload_comes_before_a_full_queue_and_that_before_a_full_key(bench: &Bench) {
    let upload = StoreKey::unused(&owner(1), &UploadId::random());
    let new = NewJob { places: 0, consumes: Some(upload.clone()), ..job_with(0) };
    assert_eq!(bench.submit(&new).await, Submission::Consumed);
    bench.put(&upload, "").await;
    assert_eq!(bench.submit(&new).await, Submission::NoPlace);
    let placed = NewJob { places: 1, ..new };
    assert_eq!(bench.submit(&placed).await, NO_SEAT);
    bench.accept(seated(1, placed)).await;
}

async fn an_upload_is_taken_by_one_job(bench: &Bench) {
    let upload = StoreKey::unused(&owner(1), &UploadId::random());
    bench.put(&upload, "").await;
    let taking = || NewJob { consumes: Some(upload.clone()), ..job() };
    bench.accept(taking()).await;
    assert_eq!(bench.get(&upload).await, None);
    assert_eq!(bench.submit(&taking()).await, Submission::Consumed);
}

async fn a_refusal_changes_nothing(bench: &Bench) {
    let upload = StoreKey::unused(&owner(1), &UploadId::random());
    bench.put(&upload, "").await;
    let whole = NewJob { once: vec![once("d", "f")], consumes: Some(upload.clone()), ..job_with(1) };
    let gone = Some(StoreKey::unused(&owner(1), &UploadId::random()));
    for refused in
        [seated(0, whole.clone()), NewJob { places: 0, ..whole.clone() }, NewJob { consumes: gone, ..whole.clone() }]
    {
        let submitted = bench.submit(&refused).await;
        assert!(!matches!(submitted, Submission::Accepted { .. } | Submission::Known(_)), "{submitted:?}");
        assert!(bench.get(&upload).await.is_some());
        assert_eq!(bench.get(&whole.once[0].name).await, None);
        assert!(bench.store.job(&whole.job).await.unwrap().is_none());
        assert!(bench.store.events(&whole.job, 0).await.unwrap().is_empty());
        assert!(bench.store.jobs_of(&owner(1), None, 10).await.unwrap().is_empty());
        assert_eq!(bench.store.queued().await.unwrap(), 0);
        bench.nothing_to_claim(LONG).await;
    }
    bench.accept(whole).await;
}

async fn seats_belong_to_a_key_and_come_back_with_the_end(bench: &Bench) {
    let first = job_with(1);
    bench.accept(first.clone()).await;
    let same_key = seated(1, NewJob { key: first.key, ..job() });
    assert_eq!(bench.submit(&same_key).await, NO_SEAT);
    let claim = bench.claim(LONG).await;
    assert_eq!(bench.submit(&same_key).await, NO_SEAT);
    bench.accept(job_with(1)).await;
    bench.finish(&claim.lease, State::Failed).await.unwrap();
    bench.accept(same_key).await;
}

async fn places_are_counted_over_all_accounts(bench: &Bench) {
    let few = |new: NewJob| NewJob { places: 2, ..new };
    bench.accept(few(job())).await;
    bench.accept(few(job_of(&stranger(&owner(1))))).await;
    assert_eq!(bench.submit(&few(job())).await, Submission::NoPlace);
    assert_eq!(bench.submit(&few(job_of(&stranger(&owner(1))))).await, Submission::NoPlace);
    // What is handed out does not wait.
    bench.claim(LONG).await;
    assert_eq!(bench.store.queued().await.unwrap(), 1);
    bench.accept(few(job())).await;
}

async fn the_request_of_a_job_that_ended_so_may_be_done_again(bench: &Bench) {
    for (release, again) in [(false, false), (true, true)] {
        let digest = format!("d{release}");
        bench.accept(NewJob { once: vec![once(&digest, "f"), once("old", "f")], ..job() }).await;
        let claim = bench.claim(LONG).await;
        let ended = bench.store.finish(&claim.lease, Finish { release, ..end(State::Failed) }).await;
        assert_eq!(ended.unwrap(), Ok(()));
        let submitted = bench.submit(&NewJob { once: vec![once(&digest, "f")], ..job() }).await;
        assert_eq!(matches!(submitted, Submission::Accepted { .. }), again, "{submitted:?}");
    }
}

async fn another_jobs_claim_on_the_same_request_is_left_alone(bench: &Bench) {
    let short = vec![Once { kept: SHORT, ..once("d", "f") }];
    bench.accept(NewJob { once: short, ..job() }).await;
    let first = bench.claim(LONG).await;
    bench.pass(SHORT).await;
    let second = NewJob { once: vec![once("d", "f")], ..job() };
    bench.accept(second.clone()).await;
    let ended = bench.store.finish(&first.lease, Finish { release: true, ..end(State::Failed) }).await;
    assert_eq!(ended.unwrap(), Ok(()));
    let again = NewJob { once: second.once.clone(), ..job() };
    assert_eq!(bench.submit(&again).await, Submission::Known(Known::Same(second.job.figure)));
}
