use figurine::{
    domain::{FigureId, Owner, State},
    store::{Happening, JobRef, NewJob},
};

use crate::bench::{Bench, LONG, SHORT, job, job_of, neighbor, owner};

crate::contract! {
    events_are_numbered_from_one_without_gaps
    events_are_for_their_own_account_alone
    an_account_sees_its_own_jobs_newest_first
    a_list_is_read_page_by_page
    what_is_gone_is_left_out_of_the_list
}

async fn events_are_numbered_from_one_without_gaps(bench: &Bench) {
    let before = bench.store.now().await.unwrap();
    let job = bench.accept(job()).await;
    let claim = bench.claim(LONG).await;
    for state in [State::Analyzing, State::Rendering] {
        bench.store.advance(&claim.lease, state).await.unwrap().unwrap();
    }
    assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Ok(()));
    let purged_at = bench.store.now().await.unwrap();
    bench.store.mark_purged(&job, purged_at).await.unwrap();
    let events = bench.store.events(&job, 0).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.id, event.what)).collect();
    let reached = |id, state| (id, Happening::Reached(state));
    assert_eq!(
        told,
        [
            reached(1, State::Queued),
            reached(2, State::Analyzing),
            reached(3, State::Rendering),
            reached(4, State::Succeeded),
            (5, Happening::Purged),
        ]
    );
    assert!(events.is_sorted_by_key(|event| event.at) && events[0].at >= before);
    assert_eq!(events[4].at, purged_at);
    for after in 0..7 {
        let left = bench.store.events(&job, after).await.unwrap();
        assert_eq!(left, events.get(usize::try_from(after).unwrap()..).unwrap_or_default());
    }
}

async fn events_are_for_their_own_account_alone(bench: &Bench) {
    let job = bench.accept(job()).await;
    let theirs = JobRef { owner: neighbor(&job.owner), figure: job.figure };
    assert!(bench.store.events(&theirs, 0).await.unwrap().is_empty());
    assert_eq!(bench.store.events(&job, 0).await.unwrap().len(), 1);
}

async fn list(bench: &Bench, owner: &Owner, before: Option<FigureId>, limit: usize) -> Vec<FigureId> {
    let jobs = bench.store.jobs_of(owner, before, limit).await.unwrap();
    jobs.into_iter().map(|job| job.of.figure).collect()
}

async fn an_account_sees_its_own_jobs_newest_first(bench: &Bench) {
    let mut own = Vec::new();
    for _ in 0..4 {
        own.insert(0, bench.accept(job()).await.figure);
        bench.accept(job_of(&neighbor(&owner(1)))).await;
        bench.accept(NewJob { listed: false, ..job() }).await;
    }
    assert_eq!(list(bench, &owner(1), None, 100).await, own);
    assert_eq!(list(bench, &neighbor(&owner(1)), None, 100).await.len(), 4);
    assert!(list(bench, &owner(77), None, 100).await.is_empty());
}

async fn a_list_is_read_page_by_page(bench: &Bench) {
    let mut own = Vec::new();
    for _ in 0..7 {
        own.insert(0, bench.accept(job()).await.figure);
    }
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page = list(bench, &owner(1), before, 3).await;
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        before = Some(*last);
        read.extend(page);
    }
    assert_eq!(read, own);
    assert!(list(bench, &owner(1), None, 0).await.is_empty());
}

async fn what_is_gone_is_left_out_of_the_list(bench: &Bench) {
    let (deleted, kept) = (bench.done(job()).await, bench.done(job()).await);
    bench.done(NewJob { retention: SHORT, ..job() }).await;
    bench.done(NewJob { retention: SHORT, remembered: SHORT, ..job() }).await;
    let runs = bench.accept(job()).await;
    bench.store.mark_deleted(&deleted).await.unwrap();
    bench.pass(SHORT * 2).await;
    assert_eq!(list(bench, &owner(1), None, 2).await, [runs.figure, kept.figure]);
    assert_eq!(list(bench, &owner(1), None, 100).await, [runs.figure, kept.figure]);
}
