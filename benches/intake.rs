//! How long intake takes for photos as phones make them, drawn here, and what two at once gain.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and fails as a test does")]

mod photos;

use std::{
    hint::black_box,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group};
use figurine::{domain::KeyId, intake::Intake};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};
use zeroizing_alloc::ZeroAlloc;

/// As the server has it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() {
    benches();
    two_at_once(if photos::measures() { 60 } else { 1 });
    Criterion::default().configure_from_args().final_summary();
}

criterion_group!(benches, intake);

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn intake(criterion: &mut Criterion) {
    let runtime = runtime();
    let intake = Intake::new(photos::LIMITS, NonZeroUsize::MIN);
    let mut group = criterion.benchmark_group("intake");
    group.sample_size(10);
    let grid = include_bytes!("../tests/fixtures/heic/grid.heic").to_vec();
    for (name, file) in photos::all().into_iter().chain([("HEIC of 12 small tiles", grid)]) {
        let file = Bytes::from(file);
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(name, |bench| bench.iter(|| take_in(&runtime, &intake, &file)));
    }
    group.finish();
}

fn take_in(runtime: &Runtime, intake: &Intake, file: &Bytes) {
    black_box(runtime.block_on(intake.take_in(KeyId::random(), file.clone())).unwrap());
}

/// What two photos at once gain over one after the other, beside what the machine itself gives just then: two loops that
/// touch no memory. Each round runs all four, so that whatever else runs here disturbs all.
///
/// # Panics
///
/// When photos are measured and two at once gain less than nine tenths of that, or each takes a tenth more of the
/// processor than alone.
fn two_at_once(rounds: usize) {
    let (runtime, intake) = (runtime(), Intake::new(photos::LIMITS, NonZeroUsize::new(2).unwrap()));
    let file = Bytes::from(photos::all().swap_remove(0).1);
    let take_in = || async { intake.take_in(KeyId::random(), file.clone()).await.unwrap() };
    let mut took: [Vec<Took>; 4] = Default::default();
    for _ in 0..rounds {
        took[0].push(Took::by(|| runtime.block_on(async { (take_in().await, take_in().await) })));
        took[1].push(Took::by(|| runtime.block_on(async { tokio::join!(take_in(), take_in()) })));
        took[2].push(Took::by(|| (spin(), spin())));
        took[3].push(Took::by(|| {
            std::thread::scope(|scope| {
                let other = scope.spawn(spin);
                (spin(), other.join().unwrap())
            })
        }));
    }
    let [apart, together, spin_apart, spin_together] = took.map(|took| Took::median(&took));
    let (gain, ceiling) = (apart.wall / together.wall, spin_apart.wall / spin_together.wall);
    let cpu = 2.0 * apart.cpu / together.cpu;
    println!("two photos at once on two threads: {gain:.2} times one after the other; two empty loops: {ceiling:.2}");
    println!("by CPU time, whoever else runs: {cpu:.2} of 2");
    if photos::measures() {
        assert!(gain >= 0.9 * ceiling, "two photos at once gain {gain:.2} where {ceiling:.2} can be had");
        assert!(cpu >= 1.8, "two photos at once cost more than one after the other");
    }
}

/// Some 15 ms in registers.
fn spin() -> u64 {
    (0..black_box(5_000_000_u64)).fold(1, |x, _| {
        let x = x ^ x << 13;
        let x = x ^ x >> 7;
        x ^ x << 17
    })
}

/// Seconds.
struct Took {
    cpu: f64,
    wall: f64,
}

impl Took {
    fn by<T>(act: impl FnOnce() -> T) -> Self {
        let (cpu, wall) = (cpu_time(), Instant::now());
        black_box(act());
        Self { cpu: cpu_time().saturating_sub(cpu).as_secs_f64(), wall: wall.elapsed().as_secs_f64() }
    }

    fn median(all: &[Self]) -> Self {
        let of = |which: fn(&Self) -> f64| {
            let mut numbers: Vec<f64> = all.iter().map(which).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        Self { cpu: of(|took| took.cpu), wall: of(|took| took.wall) }
    }
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}
