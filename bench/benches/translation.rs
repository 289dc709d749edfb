//! Translation against its bound: a typed parse of the same bytes in the same run. The ratio counts, not the time.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use interlingua_bench as work;

fn streams(c: &mut Criterion) {
    let (bytes, reply) = (work::responses_stream(), work::reply(interlingua_translate::Api::Chat));
    let mut group = c.benchmark_group("stream");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    for chunk in [16 * 1024, 64] {
        group.bench_with_input(BenchmarkId::new("bound", chunk), &chunk, |b, &chunk| {
            b.iter(|| work::parse_stream(&bytes, chunk));
        });
        group.bench_with_input(BenchmarkId::new("translate", chunk), &chunk, |b, &chunk| {
            b.iter(|| work::translate_stream(&reply, &bytes, chunk));
        });
    }
    group.finish();
}

fn requests(c: &mut Criterion) {
    for (name, bytes) in [("50 messages, 10 tools", work::long_request()), ("4 MiB image", work::image_request())] {
        let mut group = c.benchmark_group(format!("request/{name}"));
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("bound", |b| b.iter(|| work::parse_request(&bytes)));
        group.bench_function("translate", |b| b.iter(|| work::translate_request(&bytes)));
        group.finish();
    }
}

criterion_group!(benches, streams, requests);
criterion_main!(benches);
