//! API keys: what it takes to check one, and to refuse one.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use figurine::{
    auth::{Expected, KeySet, MintRequest, check, mint},
    domain::AccountId,
};
use secrecy::ExposeSecret;

const NOW: u64 = 1_800_000_000;

fn keys(criterion: &mut Criterion) {
    let keys = KeySet::generate().unwrap();
    let names = Expected { issuer: "figurine".to_owned(), audience: "figurine-api".to_owned() };
    let request = MintRequest::new(AccountId::parse("acme").unwrap(), &names);
    let text = mint(&keys, &request, NOW).unwrap().text.expose_secret().to_owned();
    let forged = format!("{}A", &text[..text.len() - 1]);
    let long = "x".repeat(20_000);
    criterion.bench_function("check a key", |bench| {
        bench.iter(|| check(&keys, &names, NOW, black_box(&text)).unwrap());
    });
    criterion.bench_function("refuse a forged key", |bench| {
        bench.iter(|| check(&keys, &names, NOW, black_box(&forged)).unwrap_err());
    });
    criterion.bench_function("refuse a text of 20 kB", |bench| {
        bench.iter(|| check(&keys, &names, NOW, black_box(&long)).unwrap_err());
    });
    criterion.bench_function("mint a key", |bench| bench.iter(|| mint(&keys, black_box(&request), NOW).unwrap()));
}

criterion_group!(benches, keys);
criterion_main!(benches);
