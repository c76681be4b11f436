//! Five times as many requests as can be served: what is served all the same, how fast the rest is refused, and whether
//! all is well at once when it is over.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, future::Either, stream::FuturesUnordered};

use crate::{
    caller::Caller,
    photo,
    process::Process,
    sample::{Sample, closed_loop},
    site::Site,
};

/// Clients that together use all there is.
const ENOUGH: usize = 12;

/// Requests for each that can be served.
const TIMES: f64 = 5.0;

#[derive(Default)]
struct Counts {
    served: Sample,
    refused: Sample,
    /// Accepted, and not there in time.
    late: usize,
    broken: usize,
}

pub(crate) async fn measure(length: Duration) {
    let site = Site::new(false, 0);
    let node = site.node();
    let photo = Bytes::from(photo::jpeg(1_024, 768, 200_000));
    let caller = Caller::new(&node.url, &site.keys);
    let steady = async || closed_loop(ENOUGH, length, async |number| caller.figure(number, &photo).await).await;
    steady().await;
    node.forget_peak();
    let (peak, memory) = (steady().await, node.peak());
    node.forget_peak();
    let counts = flood(&caller, &photo, peak.rate() * TIMES, length * 2).await;
    let flooded = node.peak();
    let after = steady().await;
    report(&node, (&peak, &counts, &after), (memory, flooded));
}

fn report(node: &Process, (peak, counts, after): (&Sample, &Counts, &Sample), (memory, flooded): (f64, f64)) {
    let of_peak = |rate: f64| rate / peak.rate() * 100.0;
    println!(
        "\noverload: peak {:.1} figures/s (p95 {:.0} ms); at {TIMES} times that: served {:.1}/s ({:.0} % of peak, p95 \
         {:.0} ms), refused {} in p50 {:.1} ms, p99 {:.1} ms, late {}, broken {}",
        peak.rate(),
        peak.ms(950),
        counts.served.rate(),
        of_peak(counts.served.rate()),
        counts.served.ms(950),
        counts.refused.count(),
        counts.refused.ms(500),
        counts.refused.ms(990),
        counts.late,
        counts.broken
    );
    println!(
        "overload: peak memory {memory:.0} MiB before, {flooded:.0} in it, {:.0} MiB now; afterwards {:.1} figures/s \
         ({:.0} %)",
        node.memory(),
        after.rate(),
        of_peak(after.rate())
    );
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
