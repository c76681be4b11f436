//! What was measured of many calls.

use std::time::{Duration, Instant};

/// Latencies, and in how long they came about.
#[derive(Default)]
pub(crate) struct Sample {
    latencies: Vec<Duration>,
    pub(crate) wall: Duration,
}

impl Sample {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.latencies.push(latency);
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.wall += other.wall;
    }

    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn rate(&self) -> f64 {
        self.count() as f64 / self.wall.as_secs_f64()
    }

    /// The latency that so many of a thousand do not exceed, in milliseconds.
    pub(crate) fn ms(&self, of_a_thousand: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * of_a_thousand / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    }
}

/// How a closed loop goes.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How many at once.
    pub(crate) clients: usize,
    /// When each ends its last call.
    pub(crate) until: Until,
    /// Over how long they begin one after the other: what takes long is else done by all in step, in bursts.
    pub(crate) spread: Duration,
}

/// When clients stop.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// After so long, but never without a call.
    Elapsed(Duration),
    /// After so many calls of each.
    Calls(usize),
}

/// Calls again and again, all clients at once, until the time is over.
pub(crate) async fn closed_loop<F: AsyncFn(usize)>(clients: usize, length: Duration, call: F) -> Sample {
    paced(Pace { clients, until: Until::Elapsed(length), spread: Duration::ZERO }, call).await
}

/// Calls again and again, each client after its own last call.
pub(crate) async fn paced<F: AsyncFn(usize)>(pace: Pace, call: F) -> Sample {
    let Pace { clients, until, spread } = pace;
    let start = Instant::now();
    let call = &call;
    let goes_on = |calls| match until {
        Until::Elapsed(length) => calls == 0 || start.elapsed() < length,
        Until::Calls(most) => calls < most,
    };
    let goes_on = &goes_on;
    let all = (0..clients).map(|client| async move {
        tokio::time::sleep(spread.mul_f64(client as f64 / clients as f64)).await;
        let (mut own, mut number) = (Sample::default(), client);
        while goes_on(own.count()) {
            let begun = Instant::now();
            call(number).await;
            own.add(begun.elapsed());
            number += clients;
        }
        own
    });
    let mut sample = Sample::default();
    for own in futures_util::future::join_all(all).await {
        sample.join(own);
    }
    sample.wall = start.elapsed();
    sample
}
