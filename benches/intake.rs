//! How long intake takes for photos as phones make them, drawn here.

#![expect(clippy::unwrap_used, reason = "a bench fails as a test does")]

mod photos;

use std::{hint::black_box, num::NonZeroUsize};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use figurine::{domain::KeyId, intake::Intake};
use tokio::runtime::{Builder, Runtime};

fn intake(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().unwrap();
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

fn two_at_once(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let intake = Intake::new(photos::LIMITS, NonZeroUsize::new(2).unwrap());
    let file = Bytes::from(photos::all().swap_remove(0).1);
    let mut group = criterion.benchmark_group("two threads");
    group.sample_size(10).throughput(Throughput::Elements(2));
    group.bench_function("two photos", |bench| {
        bench.iter_batched(
            || [file.clone(), file.clone()],
            |[one, two]| {
                let (keys, files) = ([KeyId::random(), KeyId::random()], [one, two]);
                let [one, two] = files;
                runtime.block_on(async { tokio::join!(intake.take_in(keys[0], one), intake.take_in(keys[1], two)) })
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn take_in(runtime: &Runtime, intake: &Intake, file: &Bytes) {
    black_box(runtime.block_on(intake.take_in(KeyId::random(), file.clone())).unwrap());
}

criterion_group!(benches, intake, two_at_once);
criterion_main!(benches);
