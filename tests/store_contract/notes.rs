//! Logs, what is held of whom, and forgetting.

use figurine::{
    domain::{FigureId, State},
    store::{Finish, Held, HeldId, JobRef, Line, NewJob, NotFinished, StoreKey},
};

use crate::bench::{Bench, LONG, SHORT, end, job, job_with, neighbor, once, owner, seated, tally};

crate::contract! {
    lines_are_read_newest_first_page_by_page
    lines_go_with_their_time
    of_too_many_lines_the_oldest_go
    a_job_is_held_for_its_account_and_its_person
    what_is_counted_with_an_end_is_counted_once
    a_forgotten_job_leaves_nothing_and_its_worker_nothing_to_end
    a_forgotten_job_gives_its_place_and_its_request_back
}

fn line(text: &str, kept: std::time::Duration) -> Line {
    Line { text: text.to_owned(), kept, most: 3 }
}

/// The beginning of a line that is written now, and of one after it.
fn ids() -> [String; 4] {
    let mut ids = [(); 4].map(|()| FigureId::random().to_string()[4..].to_owned());
    ids.sort();
    ids
}

async fn lines_are_read_newest_first_page_by_page(bench: &Bench) {
    let (log, other) = (StoreKey::audit(&owner(1)), StoreKey::audit(&owner(2)));
    let [a, b, c, _] = ids();
    for id in [&b, &a, &c] {
        assert!(bench.store.note(&log, &line(id, LONG)).await.unwrap());
    }
    assert!(!bench.store.note(&log, &line(&b, LONG)).await.unwrap());
    assert_eq!(bench.store.noted(&log, None, 2).await.unwrap(), [c.clone(), b.clone()]);
    assert_eq!(bench.store.noted(&log, Some(&b), 2).await.unwrap(), std::slice::from_ref(&a));
    assert!(bench.store.noted(&other, None, 9).await.unwrap().is_empty());
    assert_eq!(bench.store.strike(&log, &[b.clone(), "x".to_owned()]).await.unwrap(), 1);
    assert_eq!(bench.store.noted(&log, None, 9).await.unwrap(), [c, a]);
    assert_eq!(bench.store.strike(&log, &[]).await.unwrap(), 0);
    assert_eq!(bench.store.delete(std::slice::from_ref(&log)).await.unwrap(), 1);
    assert!(bench.store.noted(&log, None, 9).await.unwrap().is_empty());
}

async fn lines_go_with_their_time(bench: &Bench) {
    let short = StoreKey::audit(&owner(3));
    bench.store.note(&short, &line(&ids()[0], SHORT)).await.unwrap();
    bench.pass(SHORT).await;
    assert!(bench.store.noted(&short, None, 9).await.unwrap().is_empty());
}

async fn of_too_many_lines_the_oldest_go(bench: &Bench) {
    let log = StoreKey::audit(&owner(1));
    let [a, b, c, d] = ids();
    for id in [&a, &b, &c, &d] {
        bench.store.note(&log, &line(id, LONG)).await.unwrap();
    }
    assert_eq!(bench.store.noted(&log, None, 9).await.unwrap(), [d, c, b]);
}

async fn a_job_is_held_for_its_account_and_its_person(bench: &Bench) {
    let first = NewJob { once: vec![once("d", "f")], person: Some("p".to_owned()), ..job() };
    let of = first.job.owner.clone();
    bench.accept(first.clone()).await;
    let second = bench.accept(NewJob { listed: false, ..job() }).await;
    let refused = NewJob { person: Some("p".to_owned()), ..job_with(0) };
    bench.submit(&refused).await;
    let held = |figure, once: Option<&str>| Held {
        id: HeldId::Figure(figure),
        once: once.map(str::to_owned),
        person: once.map(|_| "p".to_owned()),
    };
    let (one, two) = (held(first.job.figure, Some("d")), held(second.figure, None));
    let read = |log| async move {
        let lines = bench.store.noted(&log, None, 9).await.unwrap();
        lines.iter().map(|line| Held::parse(line).unwrap()).collect::<Vec<_>>()
    };
    let all = read(StoreKey::held(&of)).await;
    assert!(all.len() == 2 && all.contains(&one) && all.contains(&two), "{all:?}");
    assert_eq!(read(StoreKey::person(&of, "p")).await, [one]);
    assert!(read(StoreKey::person(&of, "q")).await.is_empty());
    assert!(read(StoreKey::held(&neighbor(&of))).await.is_empty());
}

async fn what_is_counted_with_an_end_is_counted_once(bench: &Bench) {
    let new = job();
    let name = StoreKey::usage(&new.job.owner, &new.key, bench.store.now().await.unwrap(), 'd');
    bench.accept(new).await;
    let claim = bench.claim(LONG).await;
    let finish = Finish { tallies: vec![tally(&name, &[("figures", 1)], LONG)], ..end(State::Succeeded) };
    for _ in 0..2 {
        assert_eq!(bench.store.finish(&claim.lease, finish.clone()).await.unwrap(), Ok(()));
    }
    assert_eq!(bench.store.sums(&name).await.unwrap(), [("figures".to_owned(), 1)]);
}

async fn a_forgotten_job_leaves_nothing_and_its_worker_nothing_to_end(bench: &Bench) {
    let job = bench.accept(job()).await;
    let claim = bench.claim(LONG).await;
    let theirs = JobRef { owner: neighbor(&job.owner), figure: job.figure };
    assert_eq!(bench.store.forget(&theirs).await.unwrap(), None);
    assert_eq!(bench.store.forget(&job).await.unwrap(), Some(1));
    assert_eq!(bench.store.forget(&job).await.unwrap(), None);
    assert!(bench.store.job(&job).await.unwrap().is_none());
    assert!(bench.store.events(&job, 0).await.unwrap().is_empty());
    assert!(bench.store.jobs_of(&job.owner, None, 9).await.unwrap().is_empty());
    assert!(bench.store.renew(&claim.lease, LONG).await.unwrap().is_err());
    assert!(bench.store.advance(&claim.lease, State::Rendering).await.unwrap().is_err());
    assert_eq!(bench.finish(&claim.lease, State::Succeeded).await, Err(NotFinished::LeaseLost));
    bench.nothing_to_claim(LONG).await;
    assert_eq!(bench.store.queued().await.unwrap(), 0);
    // Neither does one that has ended.
    let job = bench.done(crate::bench::job()).await;
    assert_eq!(bench.store.forget(&job).await.unwrap(), Some(1));
    assert!(bench.store.unpurged(std::time::Duration::ZERO, 9).await.unwrap().is_empty());
}

async fn a_forgotten_job_gives_its_place_and_its_request_back(bench: &Bench) {
    let first = NewJob { once: vec![once("d", "f")], places: 1, ..job_with(1) };
    bench.accept(first.clone()).await;
    assert_eq!(bench.store.forget(&first.job).await.unwrap(), Some(0));
    let again = NewJob { key: first.key, once: vec![once("d", "f")], places: 1, ..job() };
    bench.accept(seated(1, again)).await;
}
