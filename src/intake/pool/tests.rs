use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn pool() -> Arc<Pool> {
    Arc::new(Pool::new(NonZeroUsize::MIN, 100))
}

/// Keeps the only thread busy until something is sent.
fn held(pool: &Arc<Pool>) -> (impl Future<Output = Result<bool, Lost>> + use<>, Sender<()>) {
    let ((release, released), (begins, has_begun)) = (channel::<()>(), channel());
    let pool = Arc::clone(pool);
    let job = move || begins.send(()).is_ok() && released.recv().is_ok();
    let mut first = Box::pin(async move { pool.run(None, 60, job).await });
    poll_once(&mut first);
    has_begun.recv().unwrap();
    (first, release)
}

/// Queues a job that tells its number when it begins.
fn told(
    pool: &Arc<Pool>,
    line: Line,
    memory: u64,
    number: u32,
    begun: &Sender<u32>,
) -> impl Future<Output = Result<bool, Lost>> + Unpin + use<> {
    let (pool, begun) = (Arc::clone(pool), begun.clone());
    let mut job = Box::pin(async move { pool.run(line, memory, move || begun.send(number).is_ok()).await });
    poll_once(&mut job);
    job
}

fn all(begun: Sender<u32>, order: &Receiver<u32>) -> Vec<u32> {
    drop(begun);
    order.iter().collect()
}

#[tokio::test]
async fn a_panic_loses_its_own_job_only() {
    let pool = pool();
    assert_eq!(pool.run(None, 1, || panic!("as a decoder might")).await, Err::<(), _>(Lost::Panicked));
    assert_eq!(pool.run(None, 100, || 7).await, Ok(7));
}

#[tokio::test]
async fn jobs_of_one_line_begin_in_the_order_in_which_they_came() {
    let pool = pool();
    let (first, release) = held(&pool);
    let (begun, order) = channel();
    let jobs: Vec<_> = (0..20).map(|number| told(&pool, None, 1, number, &begun)).collect();
    release.send(()).unwrap();
    assert_eq!(first.await, Ok(true));
    for job in jobs {
        assert_eq!(job.await, Ok(true));
    }
    assert_eq!(all(begun, &order), (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn lines_take_turns_however_long_they_are() {
    let pool = pool();
    let (first, release) = held(&pool);
    let (begun, order) = channel();
    let (one, two) = (Some(KeyId::random()), Some(KeyId::random()));
    let jobs: Vec<_> = (0..10)
        .map(|number| told(&pool, one, 1, number, &begun))
        .chain((10..12).map(|number| told(&pool, two, 1, number, &begun)))
        .collect();
    release.send(()).unwrap();
    assert_eq!(first.await, Ok(true));
    for job in jobs {
        assert_eq!(job.await, Ok(true));
    }
    assert_eq!(all(begun, &order), [0, 10, 1, 11, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_job_waits_for_its_memory_and_nobody_overtakes_it() {
    let mut state = State { free: 40, ..State::with(0) };
    let (large, small) = (Some(KeyId::random()), Some(KeyId::random()));
    for (line, memory) in [(large, 50), (small, 10)] {
        state.push(line, Waiting { is_photo: true, memory, job: Box::new(|| ()) }, 9).unwrap();
    }
    assert!(state.take().is_none());
    state.free += 60;
    assert_eq!(
        [state.take(), state.take(), state.take()].map(|taken| taken.map(|job| job.memory)),
        [Some(50), Some(10), None]
    );
    assert_eq!(state.free, 40);
}

#[tokio::test]
async fn memory_comes_back_when_a_job_has_ended() {
    let pool = pool();
    for _ in 0..3 {
        assert_eq!(pool.run(None, 100, || 7).await, Ok(7));
    }
}

#[tokio::test]
async fn a_job_whose_caller_has_left_is_never_begun() {
    let pool = pool();
    let (first, release) = held(&pool);
    let (begun, order) = channel();
    drop(told(&pool, None, 1, 1, &begun));
    release.send(()).unwrap();
    assert_eq!(first.await, Ok(true));
    assert_eq!(pool.run(None, 1, || ()).await, Ok(()));
    assert!(all(begun, &order).is_empty());
}

#[tokio::test]
async fn a_full_queue_is_told_at_once_and_the_longest_line_makes_room_for_others() {
    let pool = pool();
    let (first, release) = held(&pool);
    let (begun, order) = channel();
    let (one, two) = (Some(KeyId::random()), Some(KeyId::random()));
    let number = |index: usize| u32::try_from(index).unwrap();
    let mut many: Vec<_> = (0..Pool::WAITING).map(|index| told(&pool, one, 1, number(index), &begun)).collect();
    assert_eq!(pool.run(one, 1, || ()).await, Err(Lost::Busy));
    let other = told(&pool, two, 1, 100, &begun);
    assert_eq!(many.pop().unwrap().await, Err(Lost::Busy));
    let sure = told(&pool, None, 1, 101, &begun);
    assert!(pool.is_crowded_for(one) && !pool.is_crowded_for(two), "who floods waits, and nobody else");
    release.send(()).unwrap();
    assert_eq!((first.await, other.await, sure.await), (Ok(true), Ok(true), Ok(true)));
    for job in many {
        assert_eq!(job.await, Ok(true));
    }
    assert_eq!(all(begun, &order).len(), Pool::WAITING + 1);
    assert!(!pool.is_crowded_for(one));
}

#[tokio::test]
async fn what_takes_little_is_not_crowded_by_as_many() {
    let pool = pool();
    let key = Some(KeyId::random());
    for _ in 0..40 {
        pool.run(key, 1, || ()).await.unwrap();
    }
    let (first, release) = held(&pool);
    let (begun, _order) = channel();
    let many: Vec<_> = (0..Pool::WAITING).map(|_| told(&pool, key, 1, 0, &begun)).collect();
    assert!(!pool.is_crowded_for(key), "all of them are read in no time");
    release.send(()).unwrap();
    assert_eq!(first.await, Ok(true));
    drop(many);
}

fn poll_once<F: Future + Unpin>(future: &mut F) {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = std::pin::Pin::new(future).poll(&mut context);
}
