//! A few threads that decode, a fair queue in front of them, and what a decoder's panic becomes.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Why a job gave no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The queue is full, or no thread could be started.
    Busy,
    /// The job panicked.
    Panicked,
}

/// Dedicated threads behind a first-in-first-out queue; they end once the pool is dropped and the queue empty.
pub(super) struct Pool {
    queue: Sender<Job>,
    threads: usize,
    /// Jobs that wait or are under way.
    inside: Arc<AtomicUsize>,
}

impl Pool {
    /// Jobs that may wait for each thread; those that must be done come on top.
    const WAITING: usize = 32;
    /// Jobs for each thread from which on it is crowded: what comes waits for seconds.
    const CROWDED: usize = 12;
    /// Stack of each thread in bytes: coding trees of HEVC are walked by recursion.
    const STACK: usize = 4 << 20;

    /// Starts the threads; those that the system refuses are missing, and with none every job is
    /// [`Lost::Busy`].
    pub(super) fn new(threads: NonZeroUsize) -> Self {
        let (queue, jobs) = channel();
        let (jobs, threads) = (Arc::new(Mutex::new(jobs)), threads.get());
        for _ in 0..threads {
            let jobs = Arc::clone(&jobs);
            let thread = Builder::new().name("intake".to_owned()).stack_size(Self::STACK);
            if thread.spawn(move || work(&jobs)).is_err() {
                break;
            }
        }
        Self { queue, threads, inside: Arc::default() }
    }

    /// Whether what comes now would wait long.
    pub(super) fn is_crowded(&self) -> bool {
        self.inside.load(Ordering::Relaxed) >= self.threads.saturating_mul(Self::CROWDED)
    }

    /// Queues `job` where there is a place and waits for its value. Dropping the future drops a job that has not begun.
    ///
    /// # Errors
    ///
    /// [`Lost`].
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
        if self.inside.load(Ordering::Relaxed) > self.threads.saturating_mul(Self::WAITING) {
            return Err(Lost::Busy);
        }
        self.run_surely(job).await
    }

    /// The same for a job that must not be refused: what it works on was paid for. Its callers are bounded in number.
    ///
    /// # Errors
    ///
    /// [`Lost`], and [`Lost::Busy`] only where there is no thread.
    pub(super) async fn run_surely<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        let (answer, value) = oneshot::channel();
        let place = Place::taken(&self.inside);
        let job = move || {
            let _place = place;
            if !answer.is_closed() {
                let value = catch_unwind(AssertUnwindSafe(job)).map_err(|_| Lost::Panicked);
                // The one who asked may have left.
                drop(answer.send(value));
            }
        };
        self.queue.send(Box::new(job)).map_err(|_| Lost::Busy)?;
        value.await.unwrap_or(Err(Lost::Busy))
    }
}

/// A place in the pool, which a job holds until it was done or dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn taken(inside: &Arc<AtomicUsize>) -> Self {
        inside.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(inside))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: whoever waits longest takes the next job.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn pool() -> Arc<Pool> {
        Arc::new(Pool::new(NonZeroUsize::MIN))
    }

    #[tokio::test]
    async fn a_panic_loses_its_own_job_only() {
        let pool = pool();
        assert_eq!(pool.run(|| panic!("as a decoder might")).await, Err::<(), _>(Lost::Panicked));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn jobs_begin_in_the_order_in_which_they_came() {
        let pool = pool();
        let (release, released) = channel::<()>();
        let (begun, order) = channel();
        let mut first = Box::pin(pool.run(move || released.recv().is_ok()));
        poll_once(&mut first);
        let mut jobs: Vec<_> = (0..20)
            .map(|number| {
                let begun = begun.clone();
                Box::pin(pool.run(move || begun.send(number).is_ok()))
            })
            .collect();
        jobs.iter_mut().for_each(poll_once);
        release.send(()).unwrap();
        assert_eq!(first.await, Ok(true));
        for job in jobs {
            assert_eq!(job.await, Ok(true));
        }
        drop(begun);
        assert_eq!(order.iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_job_whose_caller_has_left_is_never_begun() {
        let pool = pool();
        let (release, released) = channel::<()>();
        let (begun, seen) = channel();
        let mut first = Box::pin(pool.run(move || released.recv().is_ok()));
        poll_once(&mut first);
        let mut second = Box::pin(pool.run(move || begun.send(()).is_ok()));
        poll_once(&mut second);
        drop(second);
        release.send(()).unwrap();
        assert_eq!(first.await, Ok(true));
        assert_eq!(pool.run(|| ()).await, Ok(()));
        assert!(seen.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_full_queue_is_told_at_once_but_to_what_must_be_done() {
        let pool = pool();
        let (release, released) = channel::<()>();
        let mut first = Box::pin(pool.run(move || released.recv().is_ok()));
        poll_once(&mut first);
        let mut waiting: Vec<_> = (0..=Pool::WAITING).map(|_| Box::pin(pool.run(|| ()))).collect();
        waiting.iter_mut().for_each(poll_once);
        assert!(pool.is_crowded());
        assert_eq!(pool.run(|| ()).await, Err(Lost::Busy));
        let mut sure = Box::pin(pool.run_surely(|| 7));
        poll_once(&mut sure);
        release.send(()).unwrap();
        assert_eq!((first.await, sure.await), (Ok(true), Ok(7)));
        assert!(!pool.is_crowded());
    }

    fn poll_once<F: Future + Unpin>(future: &mut F) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::pin::Pin::new(future).poll(&mut context);
    }
}
