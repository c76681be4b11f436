//! What a figure costs beside the calls to the engine that it is made of.

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;

use crate::{
    caller::{Caller, client, must},
    photo,
    process::Process,
    sample::{Pace, Sample, Until, closed_loop, paced},
    site::Site,
};

/// How often Figurine and direct calls take turns.
const TURNS: u32 = 2;

/// The most photos that are kept at once: each takes its size in the store.
const MOST_KEPT: usize = 256;

pub(crate) async fn measure(clients: &[usize], length: Duration) {
    let photo = photo::jpeg(1_536, 1_152, 577_000);
    println!("\ncost: a JPEG of {} bytes in, a PNG of about 0.9 MB out, three calls to the engine", photo.len());
    for (store, in_redis, delay_ms) in [
        ("memory", false, 0),
        ("redis", true, 0),
        ("memory, 1 s each call", false, 1_000),
        ("redis, 1 s each call", true, 1_000),
    ] {
        let site = Site::new(in_redis, delay_ms);
        let bench = Bench::new(&site, &photo, delay_ms).await;
        println!(
            "\n{store}: listens after {:.0} ms, with {:.0} MiB; intake takes {:.1} CPU-ms; the call for an image sends {:.1} MiB",
            bench.node.start.as_secs_f64() * 1_000.0,
            bench.idle,
            bench.intake(length).await,
            bench.calls[2].1.len() as f64 / f64::from(1 << 20)
        );
        println!(
            "photo    clients  req/s    p50    p95    p99 ms | direct p50    p95 | added p50    p95 | CPU-ms  peak MiB  MiB a job  refused"
        );
        // Slow calls are waited for, so that one client more or less says nothing.
        let all = if delay_ms == 0 { clients } else { &clients[clients.len() - 1..] };
        // Those that are kept come last: in memory they count with what the node takes.
        for photos in [Photos::Sent, Photos::Kept] {
            for clients in all {
                bench.row(photos, *clients, length).await;
            }
        }
    }
}

/// How photos come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Photos {
    /// With the request that makes a figure.
    Sent,
    /// Ahead of it, and that is not measured: what is, is all but intake.
    Kept,
}

struct Bench<'s> {
    node: Process,
    caller: Caller,
    photo: Bytes,
    calls: Vec<(String, Bytes)>,
    idle: f64,
    delay: Duration,
    site: &'s Site,
}

impl<'s> Bench<'s> {
    async fn new(site: &'s Site, photo: &[u8], delay_ms: u64) -> Self {
        let calls = site.calls(photo).await.into_iter().map(|(path, body)| (path, Bytes::from(body))).collect();
        let node = site.node();
        let (caller, idle) = (Caller::new(&node.url, &site.keys), node.memory());
        let delay = Duration::from_millis(delay_ms);
        let bench = Self { node, caller, photo: Bytes::copy_from_slice(photo), calls, idle, delay, site };
        bench.caller.figure(0, photo).await;
        bench
    }

    /// CPU of reading the photo: of a dry run, less that of one with as many bytes and next to no pixels.
    async fn intake(&self, length: Duration) -> f64 {
        let mut small = photo::jpeg(16, 16, 1);
        small.resize(self.photo.len(), 0);
        let mut cost = [0.0; 2];
        for (photo, cost) in [self.photo.clone(), small.into()].into_iter().zip(&mut cost) {
            let before = self.node.cpu_ms();
            let dry = closed_loop(1, length, async |number| self.caller.validate(number, photo.clone()).await).await;
            *cost = (self.node.cpu_ms() - before) / dry.count() as f64;
        }
        cost[0] - cost[1]
    }

    async fn row(&self, photos: Photos, clients: usize, length: Duration) {
        let (mut through, mut direct, mut cpu) = (Sample::default(), Sample::default(), 0.0);
        self.node.forget_peak();
        let client = client();
        for _ in 0..TURNS {
            let pace = self.pace(clients, length / TURNS);
            direct.join(paced(pace, async |_| self.direct(&client).await).await);
            let kept = if photos == Photos::Kept { self.keep(clients, &direct).await } else { Vec::new() };
            let pace = if kept.is_empty() { pace } else { Pace { until: Until::Calls(kept.len() / clients), ..pace } };
            let before = self.node.cpu_ms();
            let turn = paced(pace, async |number| match kept.get(number) {
                Some(upload) => self.caller.figure_of(number, upload).await,
                None => self.caller.figure(number, &self.photo).await,
            });
            through.join(turn.await);
            cpu += self.node.cpu_ms() - before;
        }
        println!(
            "{:<8} {clients:>7} {:>6.1} {:>6.1} {:>6.1} {:>6.1}    | {:>10.1} {:>6.1} | {:>9.1} {:>6.1} | {:>6.1}  {:>8.0}  {:>9.1}  {:>7}",
            format!("{photos:?}").to_lowercase(),
            through.rate(),
            through.ms(500),
            through.ms(950),
            through.ms(990),
            direct.ms(500),
            direct.ms(950),
            through.ms(500) - direct.ms(500),
            through.ms(950) - direct.ms(950),
            cpu / through.count() as f64,
            self.node.peak(),
            (self.node.peak() - self.idle) / clients as f64,
            self.caller.refused.swap(0, Ordering::Relaxed)
        );
    }

    /// Clients that wait for slow calls begin one after the other, so that they do not all come at once ever after.
    fn pace(&self, clients: usize, length: Duration) -> Pace {
        let spread = self.delay * u32::try_from(self.calls.len()).unwrap();
        Pace { clients, until: Until::Elapsed(length.max(spread * 2)), spread }
    }

    /// Keeps as many photos as can be used in one turn, by what direct calls could do.
    async fn keep(&self, clients: usize, direct: &Sample) -> Vec<String> {
        let each = (direct.count() / clients).min(MOST_KEPT / clients).max(1);
        let uploads = (0..each * clients).map(|number| self.caller.upload(number, &self.photo));
        // In order: whose key has kept one must use it.
        futures_util::stream::iter(uploads).buffered(4).collect().await
    }

    async fn direct(&self, client: &reqwest::Client) {
        for (path, body) in &self.calls {
            let call = client.post(format!("{}{path}", self.site.engine.url)).header("x-goog-api-key", "k");
            let call = call.header("Content-Type", "application/json").body(body.clone());
            must(call.send().await.unwrap(), 200).await;
        }
    }
}
