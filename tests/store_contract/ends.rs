use figurine::{
    domain::{Code, Moment, State},
    store::{Adoption, Finish, LeaseLost, NewJob, NotFinished, StoreKey},
};

use crate::bench::{Bench, LONG, SHORT, end, job, tally};

crate::contract! {
    an_ended_job_says_how_and_when
    staged_values_become_results_for_the_time_of_the_result
    a_refused_end_adopts_nothing
    an_end_whose_answer_was_lost_is_told_again_to_the_same_worker_alone
    an_ended_job_is_forgotten_after_its_time
    what_has_ended_is_unpurged_until_its_photo_is_found_gone
    a_photo_is_found_gone_once
    a_deleted_result_is_told
}

async fn an_ended_job_says_how_and_when(bench: &Bench) {
    for (state, code) in [(State::Succeeded, None), (State::Failed, Some(Code::Internal))] {
        let job = bench.accept(job()).await;
        let claim = bench.claim(LONG).await;
        let before = bench.store.now().await.unwrap();
        assert_eq!(bench.finish(&claim.lease, state).await, Ok(()));
        let ended = bench.store.job(&job).await.unwrap().unwrap();
        let at = ended.ended_at.unwrap();
        assert_eq!((ended.state, ended.code), (state, code));
        assert!(at >= before && at <= bench.store.now().await.unwrap());
        assert_eq!(ended.expires_at, Some(at.plus(LONG)));
        assert_eq!((ended.purged_at, ended.claims, ended.deleted), (None, 1, false));
    }
}

async fn staged_values_become_results_for_the_time_of_the_result(bench: &Bench) {
    let new = NewJob { retention: SHORT, ..job() };
    let name = |index| StoreKey::image(&new.job.owner, &new.job.figure, index);
    let adoption = |index| Adoption { staged: name(index).staged(1), name: name(index) };
    bench.put(&name(0).staged(1), "image").await;
    bench.put(&name(1).staged(1), "other").await;
    bench.accept(new.clone()).await;
    let claim = bench.claim(LONG).await;
    let finish = Finish { adopt: vec![adoption(0), adoption(1), adoption(2)], ..end(State::Succeeded) };
    assert_eq!(bench.store.finish(&claim.lease, finish).await.unwrap(), Ok(()));
    let all: Vec<_> = (0..3).flat_map(|index| [name(index), name(index).staged(1)]).collect();
    let there = bench.store.count_present(&all).await.unwrap();
    // With so short a time they may be gone already; a staged name is gone in any case.
    assert!(there <= 2, "{there}");
    assert_eq!(bench.get(&name(0).staged(1)).await, None);
    bench.pass(SHORT).await;
    assert_eq!(bench.store.count_present(&all).await.unwrap(), 0);
}

async fn a_refused_end_adopts_nothing(bench: &Bench) {
    let new = job();
    let name = StoreKey::record(&new.job.owner, &new.job.figure);
    bench.put(&name.staged(1), "record").await;
    bench.accept(new.clone()).await;
    let claim = bench.claim(LONG).await;
    bench.store.cancel(&new.job, LONG).await.unwrap();
    let adopt = vec![Adoption { staged: name.staged(1), name: name.clone() }];
    let refused = bench.store.finish(&claim.lease, Finish { adopt: adopt.clone(), ..end(State::Succeeded) }).await;
    assert!(refused.unwrap().is_err());
    assert_eq!(bench.get(&name).await, None);
    let ended = bench.store.finish(&claim.lease, Finish { adopt, ..end(State::Canceled) }).await;
    assert_eq!(ended.unwrap(), Ok(()));
    assert_eq!(bench.get(&name).await.as_deref(), Some("record"));
}

async fn an_end_whose_answer_was_lost_is_told_again_to_the_same_worker_alone(bench: &Bench) {
    let new = job();
    let counter = StoreKey::usage(&new.job.owner, &new.key, Moment::from_unix_millis(0), 'h');
    let tallied = |state| Finish { tallies: vec![tally(&counter, &[("ended", 1)], LONG)], ..end(state) };
    bench.accept(new.clone()).await;
    let late = bench.claim(SHORT).await;
    bench.pass(SHORT).await;
    let claim = bench.claim(SHORT).await;
    assert_eq!(claim.lease.token, 2);
    for _ in 0..2 {
        assert_eq!(bench.store.finish(&claim.lease, tallied(State::Succeeded)).await.unwrap(), Ok(()));
    }
    let other = bench.finish(&claim.lease, State::Failed).await;
    assert_eq!((bench.finish(&late.lease, State::Succeeded).await, other), (LOST, LOST));
    assert_eq!(bench.store.renew(&claim.lease, LONG).await.unwrap(), Err(LeaseLost));
    assert_eq!(bench.store.sums(&counter).await.unwrap(), [("ended".to_owned(), 1)]);
    assert_eq!(bench.store.events(&new.job, 0).await.unwrap().len(), 2);
}

const LOST: Result<(), NotFinished> = Err(NotFinished::LeaseLost);

async fn an_ended_job_is_forgotten_after_its_time(bench: &Bench) {
    let job = bench.done(NewJob { retention: SHORT, remembered: SHORT, ..job() }).await;
    bench.pass(SHORT * 2).await;
    assert!(bench.store.job(&job).await.unwrap().is_none());
    assert!(bench.store.events(&job, 0).await.unwrap().is_empty());
    bench.store.sweep().await.unwrap();
    assert!(bench.store.job(&job).await.unwrap().is_none());
    assert!(bench.store.unpurged(SHORT, 10).await.unwrap().is_empty());
}

async fn what_has_ended_is_unpurged_until_its_photo_is_found_gone(bench: &Bench) {
    let mut jobs = vec![bench.done(job()).await, bench.done(job()).await, bench.done(job()).await];
    bench.accept(job()).await;
    assert!(bench.store.unpurged(LONG, 10).await.unwrap().is_empty());
    bench.pass(SHORT).await;
    let mut unpurged = bench.store.unpurged(SHORT, 10).await.unwrap();
    unpurged.sort();
    jobs.sort();
    assert_eq!(unpurged, jobs);
    assert_eq!(bench.store.unpurged(SHORT, 2).await.unwrap().len(), 2);
    for left in (0..3).rev() {
        bench.store.mark_purged(&jobs.pop().unwrap(), bench.store.now().await.unwrap()).await.unwrap();
        assert_eq!(bench.store.unpurged(SHORT, 10).await.unwrap().len(), left);
    }
}

async fn a_photo_is_found_gone_once(bench: &Bench) {
    let job = bench.done(job()).await;
    let at = bench.store.now().await.unwrap();
    bench.store.mark_purged(&job, at).await.unwrap();
    bench.store.mark_purged(&job, at.plus(LONG)).await.unwrap();
    assert_eq!(bench.store.job(&job).await.unwrap().unwrap().purged_at, Some(at));
    assert_eq!(bench.store.events(&job, 0).await.unwrap().len(), 3);
    // Of a job that nobody knows, nothing is told.
    let unknown = crate::bench::job().job;
    bench.store.mark_purged(&unknown, at).await.unwrap();
    bench.store.mark_deleted(&unknown).await.unwrap();
    assert!(bench.store.job(&unknown).await.unwrap().is_none());
}

async fn a_deleted_result_is_told(bench: &Bench) {
    let job = bench.done(job()).await;
    bench.store.mark_deleted(&job).await.unwrap();
    assert!(bench.store.job(&job).await.unwrap().unwrap().deleted);
    let theirs = figurine::store::JobRef { owner: crate::bench::neighbor(&job.owner), figure: job.figure };
    bench.store.mark_purged(&theirs, bench.store.now().await.unwrap()).await.unwrap();
    assert_eq!(bench.store.job(&job).await.unwrap().unwrap().purged_at, None);
}
