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

/// Calls again and again, so many at once, until the time is over.
pub(crate) async fn closed_loop<F: AsyncFn(usize)>(clients: usize, length: Duration, call: F) -> Sample {
    let start = Instant::now();
    let call = &call;
    let all = (0..clients).map(|client| async move {
        let (mut own, mut number) = (Sample::default(), client);
        while own.count() == 0 || start.elapsed() < length {
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
