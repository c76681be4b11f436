//! Five times as many requests as can be served: what is served all the same, how fast the rest is refused, and whether
//! all is well at once when it is over.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, future::Either, stream::FuturesUnordered};

use crate::{
    caller::Caller,
    photo,
    sample::{Sample, closed_loop},
    site::Site,
};

/// Requests for each that can be served.
const TIMES: f64 = 5.0;

/// What must hold where the engine is the bound: of the peak that is served in the flood and after it, in percent, the
/// milliseconds in which all but one of a hundred refusals are told, and memory beside that of the peak, in percent.
const SERVED: f64 = 90.0;
const REFUSED_MS: f64 = 100.0;
const MEMORY: f64 = 150.0;

#[derive(Default)]
struct Counts {
    served: Sample,
    refused: Sample,
    /// Accepted, and not there in time.
    late: usize,
    broken: usize,
}

/// Gives how many of the promises did not hold.
pub(crate) async fn measure(length: Duration) -> usize {
    // As in use, the engine is the bound: eight jobs at once of three calls that take 100 ms each. Caller and node share the
    // processors, so that of a flood that they bound nothing can be promised here.
    let bounds = [("FIGURINE_JOBS_IN_FLIGHT", "8"), ("FIGURINE_JOBS_QUEUED", "8")];
    let failed = scene("bound by the engine", Site::new(false, 100).set(&bounds), 12, length).await;
    scene("bound by the processors", Site::new(false, 0), 12, length).await;
    failed
}

/// What was seen: before the flood, in it and after it, and the most memory before and in it.
struct Seen {
    peak: Counts,
    flood: Counts,
    after: Counts,
    memory: [f64; 2],
}

/// So many clients together use all there is.
async fn scene(name: &str, site: Site, enough: usize, length: Duration) -> usize {
    let node = site.node();
    let photo = Bytes::from(photo::jpeg(1_024, 768, 200_000));
    let caller = Caller::new(&node.url, &site.keys);
    let steady = async || {
        let counts = RefCell::new(Counts::default());
        let turn = closed_loop(enough, length, async |number| {
            let told = one(&caller, number, photo.clone()).await;
            note(&mut counts.borrow_mut(), told);
        });
        let wall = turn.await.wall;
        let mut counts = counts.into_inner();
        counts.served.wall = wall;
        counts
    };
    steady().await;
    node.forget_peak();
    let (peak, before) = (steady().await, node.peak());
    node.forget_peak();
    let flood = flood(&caller, &photo, peak.served.rate() * TIMES, length * 2).await;
    let memory = [before, node.peak()];
    let seen = Seen { peak, flood, after: steady().await, memory };
    seen.print(name, node.memory());
    seen.broken_promises()
}

impl Seen {
    /// What was served of the peak, in percent.
    fn of_peak(&self, counts: &Counts) -> f64 {
        counts.served.rate() / self.peak.served.rate() * 100.0
    }

    fn broken_promises(&self) -> usize {
        let kept = [
            self.of_peak(&self.flood) >= SERVED,
            self.of_peak(&self.after) >= SERVED,
            self.flood.refused.ms(990) < REFUSED_MS,
            self.memory[1] <= self.memory[0] * MEMORY / 100.0,
            self.flood.broken + self.after.broken == 0,
        ];
        kept.iter().filter(|kept| !**kept).count()
    }

    fn print(&self, name: &str, memory_now: f64) {
        let Self { peak, flood, after, memory } = self;
        println!(
            "\noverload, {name}: peak {:.1} figures/s (p95 {:.0} ms); at {TIMES} times that: served {:.1}/s ({:.0} % of \
             peak, p95 {:.0} ms), refused {} in p50 {:.1} ms, p99 {:.1} ms, late {}, broken {}",
            peak.served.rate(),
            peak.served.ms(950),
            flood.served.rate(),
            self.of_peak(flood),
            flood.served.ms(950),
            flood.refused.count(),
            flood.refused.ms(500),
            flood.refused.ms(990),
            flood.late,
            flood.broken
        );
        println!(
            "overload, {name}: peak memory {:.0} MiB before, {:.0} in it, {memory_now:.0} MiB now; afterwards {:.1} \
             figures/s ({:.0} %), refused {}, broken {}",
            memory[0],
            memory[1],
            after.served.rate(),
            self.of_peak(after),
            after.refused.count(),
            after.broken
        );
    }
}

/// Begins requests at a rate, whatever becomes of those before.
async fn flood(caller: &Caller, photo: &Bytes, rate: f64, length: Duration) -> Counts {
    let (start, mut number) = (Instant::now(), 0_usize);
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let (mut under_way, mut counts) = (FuturesUnordered::new(), Counts::default());
    while start.elapsed() < length {
        let next = std::pin::pin!(ticks.tick());
        let ended = async {
            match under_way.next().await {
                Some(told) => told,
                None => std::future::pending().await,
            }
        };
        match futures_util::future::select(next, std::pin::pin!(ended)).await {
            Either::Left(_) => {}
            Either::Right((told, _)) => {
                note(&mut counts, told);
                continue;
            }
        }
        under_way.push(one(caller, number, photo.clone()));
        number += 1;
    }
    counts.served.wall = start.elapsed();
    // What was served by now counts; what comes later was not served in this time.
    let served = counts.served;
    counts.served = Sample::default();
    while let Some(told) = under_way.next().await {
        note(&mut counts, told);
    }
    counts.served = served;
    counts
}

fn note(counts: &mut Counts, (status, latency): (Option<u16>, Duration)) {
    match status {
        Some(201) => counts.served.add(latency),
        Some(429 | 503) => counts.refused.add(latency),
        Some(202 | 303) => counts.late += 1,
        Some(_) | None => counts.broken += 1,
    }
}

async fn one(caller: &Caller, number: usize, photo: Bytes) -> (Option<u16>, Duration) {
    let begun = Instant::now();
    let status = async {
        let answer = caller.image(number, photo).send().await.ok()?;
        let status = answer.status().as_u16();
        answer.bytes().await.ok().map(|_| status)
    };
    (status.await, begun.elapsed())
}
