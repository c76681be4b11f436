//! The vault over the store in memory: what sealing and opening takes.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::{sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use figurine::{
    config::NamedKey,
    domain::{AccountId, FigureId, SecretBytes},
    store::{Clock, MemoryStore, StoreKey},
    vault::Vault,
};
use tokio::runtime::Runtime;

fn seal(criterion: &mut Criterion) {
    let (runtime, store) = (Runtime::new().unwrap(), Arc::new(MemoryStore::new(Clock::default())));
    let keys = || vec![NamedKey::random("a").unwrap()];
    let vault = Vault::new(store.clone(), store, keys(), keys());
    let owner = vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    let name = StoreKey::image(&owner, &FigureId::random(), 0);
    let ttl = Duration::from_secs(600);
    let mut group = criterion.benchmark_group("vault");
    for (size, bytes) in [("1 kB", 1_000), ("4 MiB", 4 << 20)] {
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("seal and put {size}"), |bench| {
            bench.to_async(&runtime).iter_batched(
                || SecretBytes::new(vec![7; bytes]),
                |plain| async { vault.put(&name, plain, ttl).await.unwrap() },
                BatchSize::LargeInput,
            );
        });
        group.bench_function(format!("get and open {size}"), |bench| {
            bench.to_async(&runtime).iter(|| async { vault.open(&name).await.unwrap() });
        });
    }
    group.finish();
}

criterion_group!(benches, seal);
criterion_main!(benches);
