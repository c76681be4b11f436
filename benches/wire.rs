//! Gemini's JSON with a photo or an image in it: what writing and reading takes.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use figurine::engine::{Photo64, wire::Response};

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let photo = vec![0x5a; 577_000];
    group.throughput(Throughput::Bytes(photo.len() as u64));
    group.bench_function("write a photo as base64", |bench| bench.iter(|| Photo64::jpeg(black_box(&photo))));
    let data = "Qk1F".repeat(300_000);
    let part = format!(r#"{{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}"#);
    let usage = r#""usageMetadata":{"promptTokenCount":1391,"candidatesTokenCount":1290},"modelVersion":"m""#;
    let answer = format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}},"finishReason":"STOP"}}],{usage}}}"#);
    group.throughput(Throughput::Bytes(answer.len() as u64));
    group.bench_function("read an answer with 1.2 MB of base64", |bench| {
        bench.iter(|| serde_json::from_str::<Response<'_>>(black_box(&answer)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
