//! A few threads that decode, a fair queue and one budget of memory in front of them, and what a decoder's panic becomes.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::buffer;
use crate::domain::KeyId;
use crate::telemetry;

/// How long a thread without work keeps its buffers.
const IDLE: Duration = Duration::from_secs(10);

/// How long what comes may have to wait before it is better not received at all.
const CROWDED: Duration = Duration::from_millis(1_200);

/// What a photo takes as long as none was read: one of 12 megapixels takes about that.
const USUAL: Duration = Duration::from_millis(100);

/// The most that one photo counts for, so that one key's slow ones do not shut out all others.
const SLOWEST: Duration = Duration::from_millis(300);

/// Whose jobs stand behind one another: a key's, or the house's own.
pub(super) type Line = Option<KeyId>;

/// Why a job gave no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The queue is full, or no thread could be started.
    Busy,
    /// The job panicked.
    Panicked,
}

/// Dedicated threads; they end once the pool is dropped and the queue empty.
///
/// Lines take turns, one job each, and within a line who came first goes first. The job whose turn it is waits until
/// there is memory for it, and nobody overtakes it meanwhile.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Told when a job has come or memory is free.
    news: Condvar,
    /// Jobs that may wait.
    most: usize,
    /// Bytes that all jobs together may hold.
    memory: u64,
}

struct State {
    closed: bool,
    /// What a photo has taken lately, the newest counting for an eighth.
    usual: Duration,
    /// Bytes that nobody holds.
    free: u64,
    waiting: usize,
    running: usize,
    lines: HashMap<Line, VecDeque<Waiting>>,
    /// Whose turn it is, for every line that is not empty.
    turns: VecDeque<Line>,
}

struct Waiting {
    /// Whether it reads a photo; other work says nothing of how long one takes.
    is_photo: bool,
    /// Bytes that it will hold.
    memory: u64,
    job: Box<dyn FnOnce() + Send>,
}

impl Pool {
    /// Jobs that may wait for each thread; the house's own, which were paid for, come on top.
    const WAITING: usize = 32;
    /// Stack of each thread in bytes: coding trees of HEVC are walked by recursion.
    const STACK: usize = 4 << 20;

    /// Starts the threads, which may hold `memory` bytes together; those that the system refuses are missing, and with
    /// none every job is [`Lost::Busy`].
    pub(super) fn new(threads: NonZeroUsize, memory: u64) -> Self {
        let work_of = |shared: &Arc<Shared>| {
            let shared = Arc::clone(shared);
            move || shared.work()
        };
        let state = Mutex::new(State::with(memory));
        let most = threads.get().saturating_mul(Self::WAITING);
        let shared = Arc::new(Shared { state, news: Condvar::new(), most, memory });
        let start = || Builder::new().name("intake".to_owned()).stack_size(Self::STACK).spawn(work_of(&shared)).is_ok();
        let started = (0..threads.get()).take_while(|_| start()).count();
        shared.state().closed = started == 0;
        Self { shared }
    }

    /// Whether what comes now would wait long. Since lines take turns, of a longer one no more is before it than is in
    /// its own.
    pub(super) fn is_crowded_for(&self, line: Line) -> bool {
        let state = self.shared.state();
        let own = state.lines.get(&line).map_or(0, VecDeque::len);
        let before: usize = state.lines.values().map(|jobs| jobs.len().min(own + 1)).sum();
        let (ahead, threads) = (before + state.running, self.shared.most / Self::WAITING);
        if before < threads {
            // Nobody waits long, however slow those are that are being read.
            return false;
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        state.usual.saturating_mul(count(ahead)) >= CROWDED.saturating_mul(count(threads))
    }

    /// Queues `job`, which will hold that much memory of what the pool has, and waits for its value. Dropping the future
    /// drops a job that has not begun.
    ///
    /// # Errors
    ///
    /// [`Lost`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        line: Line,
        memory: u64,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        let (answer, value) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                let value = catch_unwind(AssertUnwindSafe(job)).map_err(|_| Lost::Panicked);
                // The one who asked may have left.
                drop(answer.send(value));
            }
        };
        self.shared.state().push(
            line,
            Waiting { is_photo: line.is_some(), memory, job: Box::new(job) },
            self.shared.most,
        )?;
        self.shared.news.notify_one();
        value.await.unwrap_or(Err(Lost::Busy))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.news.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Jobs run outside of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(Waiting { is_photo, memory, job }) = state.take() {
                telemetry::decode_memory(self.memory - state.free);
                drop(state);
                let begun = Instant::now();
                job();
                let took = begun.elapsed();
                state = self.state();
                if is_photo {
                    state.usual = state.usual * 7 / 8 + took.min(SLOWEST) / 8;
                }
                state.free += memory;
                state.running -= 1;
                telemetry::decode_memory(self.memory - state.free);
                self.news.notify_all();
            } else if state.closed && state.waiting == 0 {
                break;
            } else {
                state = self.wait(state);
            }
        }
    }

    /// Waits for news; what a thread keeps for the next photo goes back when there is none for long.
    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        if !buffer::keeps() {
            return self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (state, waited) = self.news.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            buffer::let_go();
        }
        state
    }
}

impl State {
    fn with(memory: u64) -> Self {
        Self {
            closed: false,
            usual: USUAL,
            free: memory,
            waiting: 0,
            running: 0,
            lines: HashMap::new(),
            turns: VecDeque::new(),
        }
    }

    /// Puts a job at the end of its line. When the queue is full, the last of the longest line has to go for one whose
    /// line is shorter. What the house itself must do is never refused.
    fn push(&mut self, line: Line, waiting: Waiting, most: usize) -> Result<(), Lost> {
        if self.closed {
            return Err(Lost::Busy);
        }
        if self.waiting >= most && line.is_some() {
            let own = self.lines.get(&line).map_or(0, VecDeque::len);
            let others = self.lines.iter_mut().filter(|(line, _)| line.is_some()).map(|(_, jobs)| jobs);
            let longest = others.max_by_key(|jobs| jobs.len()).filter(|jobs| jobs.len() > own + 1);
            // Its caller is told as the job is dropped.
            longest.and_then(VecDeque::pop_back).ok_or(Lost::Busy)?;
            self.waiting -= 1;
        }
        let jobs = self.lines.entry(line).or_default();
        if jobs.is_empty() {
            self.turns.push_back(line);
        }
        jobs.push_back(waiting);
        self.waiting += 1;
        Ok(())
    }

    /// The job whose turn it is, if there is memory for it.
    fn take(&mut self) -> Option<Waiting> {
        let line = *self.turns.front()?;
        let jobs = self.lines.get_mut(&line)?;
        if jobs.front()?.memory > self.free {
            return None;
        }
        let job = jobs.pop_front()?;
        self.turns.pop_front();
        if jobs.is_empty() {
            self.lines.remove(&line);
        } else {
            self.turns.push_back(line);
        }
        self.waiting -= 1;
        self.running += 1;
        self.free -= job.memory;
        Some(job)
    }
}

#[cfg(test)]
mod tests;
